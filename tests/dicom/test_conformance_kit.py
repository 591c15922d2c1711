"""The conformance kit: every legal form gives the phantom's numbers, every mutant gives its sign."""

from pathlib import Path

import pytest
from support.phantom_case import read_phantom

from rtcheck.conformance.kit import SPECIMENS, run_kit, table, write_kit, write_specimen
from rtcheck.conformance.registry import Specimen
from rtcheck.conformance.verdicts import Finding, Verdict, judge

LEGAL = [specimen for specimen in SPECIMENS if specimen.is_legal]
MUTANTS = [specimen for specimen in SPECIMENS if not specimen.is_legal]


@pytest.mark.parametrize("specimen", LEGAL, ids=lambda specimen: specimen.name)
def test_every_legal_form_gives_the_closed_forms(specimen: Specimen, tmp_path: Path) -> None:
    found = judge(specimen, write_specimen(specimen, tmp_path))
    assert (found.refusal, found.missing, found.wrong) == ("", (), ())


@pytest.mark.parametrize("specimen", MUTANTS, ids=lambda specimen: specimen.name)
def test_every_mutant_gives_its_sign(specimen: Specimen, tmp_path: Path) -> None:
    found = judge(specimen, write_specimen(specimen, tmp_path))
    assert Verdict(specimen=specimen, rtcheck=found).is_as_expected, found.describe()
    assert bool(found.text) == bool(found.refusal)
    assert not found.text or 20 < len(found.text) < 900, "an error is a sentence, and no longer than a paragraph"


def test_the_plain_phantom_gives_no_warning_at_all(tmp_path: Path) -> None:
    assert [notice.code for notice in read_phantom(tmp_path / "set").notices] == []


def test_every_set_has_a_name_of_its_own() -> None:
    assert len({specimen.name for specimen in SPECIMENS}) == len(SPECIMENS) >= 224


def test_readme_and_guide_count_the_sets_of_the_kit() -> None:
    root = Path(__file__).resolve().parents[2]
    readme = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    guide = " ".join((root / "rtcheck" / "guides" / "dicom.md").read_text(encoding="utf-8").split())
    assert f"{len(SPECIMENS)} DICOM sets with known answers, {len(MUTANTS)} of them with a defect" in readme
    assert f"{len(LEGAL)} legal variants, and {len(MUTANTS)} mutants" in guide
    assert f"all {len(SPECIMENS)} sets" in guide


def test_the_table_counts_wrong_numbers_without_a_sign() -> None:
    silent = Verdict(specimen=MUTANTS[0], rtcheck=Finding(wrong=("PTV Dmean",)), dicompyler="1 of 4 WRONG, no warning")
    text = table([silent])
    assert "1 with a wrong number and no warning" in text.splitlines()[-2]
    assert text.startswith(f"BAD {MUTANTS[0].name}")


def test_the_kit_is_written_with_a_list_of_what_is_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = (LEGAL[0], MUTANTS[0])
    monkeypatch.setattr("rtcheck.conformance.kit.SPECIMENS", few)
    write_kit(tmp_path)
    listed = (tmp_path / "README.tsv").read_text(encoding="utf-8").splitlines()
    assert listed[1].split("\t")[:2] == ["legal/dose-HFS", "agree"]
    assert all(verdict.is_as_expected for verdict in run_kit(tmp_path))
