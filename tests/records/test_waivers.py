"""Waivers turn a fail into waived, never silently, and only until they expire."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from support.samples import PASSES, STOMACH_FAILS

import rtcheck
from rtcheck.records.verifying import verify

TOMORROW = date.today() + timedelta(days=1)
YESTERDAY = date.today() - timedelta(days=1)


def waiver_file(folder: Path, *, until: date, constraint: str = "Stomach Dmax < 54 Gy", more: str = "") -> Path:
    path = folder / "waivers.yaml"
    entry = f"constraint: {constraint}, reason: tumour board of May, who: Dr A, until: {until}{more}"
    path.write_text(f"waivers:\n  - {{{entry}}}\n", "utf-8")
    return path


def checked(path: Path, plan: Path = STOMACH_FAILS) -> rtcheck.Report:
    return rtcheck.check(rtcheck.read_case(plan), rtcheck.load_protocol("apatinib"), waivers=rtcheck.read_waivers(path))


def stomach(report: rtcheck.Report) -> rtcheck.Result:
    return next(result for result in report.results if result.structure == "Stomach")


def codes(report: rtcheck.Report) -> set[str]:
    return {notice.code for notice in report.notices if notice.code.startswith("waiver.")}


def test_a_valid_waiver_waives_a_violated_constraint_and_the_report_says_who_and_why(tmp_path: Path) -> None:
    report = checked(waiver_file(tmp_path, until=TOMORROW))
    assert stomach(report).outcome == "waived"
    assert stomach(report).waiver == f"tumour board of May (Dr A, until {TOMORROW})"
    assert (report.verdict, report.exit_status) == ("pass", 0)
    assert "Waived: Stomach Dmax < 54 Gy" in report.reason
    assert codes(report) == {"waiver.applied"}
    assert verify(report.to_dict()).numbers_agree is True


def test_a_waiver_of_several_items_or_constraints_states_all_that_it_covers(tmp_path: Path) -> None:
    protocol = rtcheck.parse_protocol(
        "name: p\nstructure_checks: {inside: {Liver: GTV, Stomach: PTV}}\n"
        "constraints: [{structure: Stomach, goal: Dmax < 5 Gy}, {structure: Stomach, goal: Dmax < 5 Gy}]\n"
    )
    for constraint, words in (
        ("structures.inside", "covers 2 violated items: Liver inside GTV, Stomach inside PTV"),
        ("Stomach Dmax < 5 Gy", "covers 2 violated constraints"),
    ):
        waivers = rtcheck.read_waivers(waiver_file(tmp_path, until=TOMORROW, constraint=constraint))
        report = rtcheck.check(rtcheck.read_case(PASSES), protocol, waivers=waivers)
        (told,) = [notice.text for notice in report.notices if notice.code == "waiver.applied"]
        assert words in told


def test_a_waiver_holds_on_its_last_day(tmp_path: Path) -> None:
    assert stomach(checked(waiver_file(tmp_path, until=date.today()))).outcome == "waived"


def test_an_expired_waiver_does_nothing_but_warn(tmp_path: Path) -> None:
    report = checked(waiver_file(tmp_path, until=YESTERDAY))
    assert stomach(report).outcome == "violated"
    assert report.exit_status == 1
    assert codes(report) == {"waiver.expired"}


def test_a_waiver_of_another_limit_of_the_same_structure_does_nothing_but_warn(tmp_path: Path) -> None:
    report = checked(waiver_file(tmp_path, until=TOMORROW, constraint="Stomach Dmax < 55 Gy"))
    assert report.exit_status == 1
    assert codes(report) == {"waiver.unused"}


def test_a_waiver_for_another_plan_does_nothing(tmp_path: Path) -> None:
    report = checked(waiver_file(tmp_path, until=TOMORROW, more=", plan: 1.2.3"))
    assert report.exit_status == 1
    assert codes(report) == {"waiver.other-plan"}


def test_a_waiver_that_is_not_needed_is_said(tmp_path: Path) -> None:
    report = checked(waiver_file(tmp_path, until=TOMORROW), PASSES)
    assert stomach(report).outcome == "met"
    assert codes(report) == {"waiver.not-needed"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("waivers: [{constraint: a, reason: b, who: c}]", "until"),
        ("waivers: [{constraint: a, reason: b, who: c, until: soon}]", "expected a date"),
        ("waivers: [{constraint: a, reason: b, until: 2030-01-01}]", "who"),
        ("- x", "expected a waiver file"),
        ("waiver: []", "unknown key"),
    ],
)
def test_a_faulty_waiver_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(rtcheck.ProtocolError, match=said) as refused:
        rtcheck.read_waivers(path)
    assert "waivers.yaml:1" in str(refused.value)
