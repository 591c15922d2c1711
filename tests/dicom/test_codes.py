"""The table of codes and what --ignore and --error make of them."""

import re
from pathlib import Path

import pytest
from support.phantom_case import read_phantom, warnings_of

import rtcheck
from rtcheck.codes import CODES
from rtcheck.errors import DicomError, UsageError

_EMITTED = re.compile(
    r"(?:\.(?:warn|tell|refuse|refuse_unless_ignored)\(|code=|_remark\()\s*f?\"([a-z-]+\.[a-z-]+)\"", re.DOTALL
)


def _codes_in_sources() -> set[str]:
    rooms = ("dicom", "geometry", "checking")
    sources = [path for room in rooms for path in (Path(rtcheck.__file__).parent / room).rglob("*.py")]
    return {code for path in sources for code in _EMITTED.findall(path.read_text(encoding="utf-8"))}


def test_every_code_that_the_sources_give_is_in_the_table() -> None:
    assert _codes_in_sources() - {code.code for code in CODES} == {"input.unreadable"} & _codes_in_sources()


def test_codes_are_listed_once_and_every_meaning_is_a_sentence() -> None:
    assert len({code.code for code in CODES}) == len(CODES)
    assert all(code.meaning.endswith(".") and code.meaning[0].isupper() for code in CODES)


def _another_frame(phantom) -> None:
    phantom.dose.FrameOfReferenceUID = "1.2.3"


def test_an_ignored_refusal_becomes_a_warning_that_says_so(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "set", _another_frame, ignore={"frame.mismatch"})
    lifted = [notice for notice in case.notices if notice.code == "frame.mismatch"]
    assert lifted[0].severity == "warning"
    assert "--ignore frame.mismatch" in lifted[0].text


def test_an_ignored_warning_becomes_a_remark_that_says_so(tmp_path: Path) -> None:
    def unapproved(phantom) -> None:
        phantom.plan.ApprovalStatus = "UNAPPROVED"

    case = read_phantom(tmp_path / "set", unapproved, ignore={"plan.unapproved"})
    assert warnings_of(case) == set()
    assert "ignored by --ignore plan.unapproved" in case.notices[0].text


def test_a_warning_made_an_error_is_refused_with_its_code(tmp_path: Path) -> None:
    def unapproved(phantom) -> None:
        phantom.plan.ApprovalStatus = "UNAPPROVED"

    with pytest.raises(DicomError, match=r"--error plan\.unapproved") as refusal:
        read_phantom(tmp_path / "set", unapproved, errors={"plan.unapproved"})
    assert refusal.value.code == "plan.unapproved"


def test_a_warning_of_the_engine_can_be_made_an_error_too(tmp_path: Path) -> None:
    def twice(phantom) -> None:
        contours = phantom.structures.ROIContourSequence[0].ContourSequence
        contours.append(contours[0])

    case = read_phantom(tmp_path / "set", twice, errors={"structure.duplicate-contours"})
    with pytest.raises(DicomError, match=r"--error structure\.duplicate-contours"):
        rtcheck.measure_structures(case, [rtcheck.parse_metric("Dmean")])


def test_an_unknown_code_is_answered_with_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"frame\.mismatch"):
        read_phantom(tmp_path / "set", ignore={"frame.missmatch"})


def test_what_makes_numbers_impossible_cannot_be_ignored(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be overridden"):
        read_phantom(tmp_path / "set", ignore={"dose.scaling"})


def test_the_command_lists_every_code_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    from rtcheck.cli.commands.codes import codes

    codes()
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == [code.code for code in CODES]
