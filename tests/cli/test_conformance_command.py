"""`rtcheck conformance`: writes the kit, runs it and says what came of it."""

from pathlib import Path

import pytest

from rtcheck.cli.commands.conformance import conformance
from rtcheck.conformance.kit import SPECIMENS
from rtcheck.errors import UsageError


@pytest.fixture(autouse=True)
def _few_specimens(monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = next(each for each in SPECIMENS if each.name == "units-relative")
    monkeypatch.setattr("rtcheck.conformance.kit.SPECIMENS", (SPECIMENS[0], mutant))


def test_the_command_writes_the_kit_and_prints_expected_and_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conformance(tmp_path / "kit", dicompyler=True) == 0
    printed = capsys.readouterr().out
    assert "ok  units-relative" in printed
    assert "refused: dose.relative-units" in printed
    assert "2 sets, 2 as expected, 0 with a wrong number and no warning." in printed
    assert "dicompyler-core: 2 sets" in printed


def test_the_kit_can_be_written_for_others_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance(tmp_path / "kit", write_only=True) == 0
    assert (tmp_path / "kit" / "mutants" / "units-relative" / "dose.dcm").is_file()
    assert "README.tsv" in capsys.readouterr().out


def test_a_place_where_no_kit_can_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        conformance(tmp_path / "file")
