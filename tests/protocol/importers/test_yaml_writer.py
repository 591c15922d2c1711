"""The YAML writer: every protocol in the box is written and read back as the same protocol."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.protocol.language.goal import parse_goal

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


@given(
    names=st.lists(st.text(min_size=1, max_size=12), min_size=1),
    losses=st.lists(st.text(max_size=20), max_size=3),
)
def test_whatever_names_and_losses_an_import_has_its_file_is_read_back_with_every_limit(
    tmp_path_factory, names, losses
):
    draft = Draft(program="ours", stem="ours")
    for place, name in enumerate(names):
        structure = draft.structure("one", name)
        if structure:
            draft.add("one", Constraint(structures=(structure,), goal=parse_goal(f"Dmax < {place + 1} Gy")))
    for loss in losses:
        draft.lose("one", loss)
    if not draft.constraints:
        return
    made = draft.imported(title="".join(losses), site="\ud800")
    path = tmp_path_factory.mktemp("made") / "made.yaml"
    path.write_text(made.yaml, encoding="utf-8")
    assert content(load_protocol(path).constraints) == content(made.protocol.constraints)
