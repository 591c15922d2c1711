"""The YAML writer: every protocol in the box is written and read back as the same protocol."""

import dataclasses
from typing import Any

import pytest

from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml

PLACES = {"path", "sha256", "file", "line"}


def content(value: Any) -> Any:
    """`value` as nested tuples, without the places in files."""
    if isinstance(value, tuple):
        return tuple(content(one) for one in value)
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.name not in PLACES]
        return type(value).__name__, tuple((name, content(getattr(value, name))) for name in names)
    return value


@pytest.mark.parametrize("name", [*sorted(protocol_files()), "qa"])
def test_a_protocol_is_read_back_as_it_was_written(tmp_path, name):
    protocol = load_protocol(name)
    path = tmp_path / f"{name}.yaml"
    path.write_text(protocol_to_yaml(protocol), encoding="utf-8")
    assert content(load_protocol(path)) == content(protocol)


def test_the_header_stands_at_the_top_as_comments():
    text = protocol_to_yaml(load_protocol("axitinib"), header=["Ours.", "", "Twice."])
    assert text.startswith("# Ours.\n#\n# Twice.\n\nrtcheck: 1\nname: axitinib\n")
