"""The protocols in the box: found by name, readable, quick to load."""

import subprocess
import sys
from pathlib import Path

import pytest

from rtcheck.protocol.file import library
from rtcheck.protocol.file.library import library_folder, protocol_files
from rtcheck.protocol.file.load import available_protocols, load_protocol


def test_the_two_trials_are_in_the_box() -> None:
    assert {"apatinib", "axitinib"} <= set(protocol_files())


@pytest.mark.parametrize("name", protocol_files())
def test_a_protocol_is_called_like_its_file(name: str) -> None:
    assert load_protocol(name).name == name


def test_all_protocols_in_the_box_can_be_read() -> None:
    assert [protocol.name for protocol in available_protocols()] == list(protocol_files())


def test_an_installed_package_brings_its_own_protocols(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The wheel puts the files into the package itself (rtcheck/constraints)."""
    (tmp_path / "rtcheck" / "constraints").mkdir(parents=True)
    monkeypatch.setattr(library, "__file__", str(tmp_path / "rtcheck" / "protocol" / "file" / "library.py"))
    assert library_folder() == tmp_path / "rtcheck" / "constraints"


def test_loading_a_protocol_imports_no_heavy_package() -> None:
    heavy = ("pydantic", "pydicom", "scipy", "rich", "typer")
    code = (
        "import sys; from rtcheck.protocol.file.load import load_protocol; load_protocol('apatinib');"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
