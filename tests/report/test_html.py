"""The page: what it says, that it is safe whatever the files say, and that it needs nothing from outside."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from support.reports import ISOTOXIC, LIMITS, phantom_case, phantom_report
from support.samples import INCOMPLETE

from rtcheck import check, load_protocol, read_case
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.report.formats import html
from rtcheck.results import Report

NASTY = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def page() -> str:
    return html.render(phantom_report())


def hash_in_policy(page: str, directive: str) -> str:
    found = re.search(rf"{directive} '(sha256-[^']+)'", page)
    assert found
    return found.group(1)


def sha256_of(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_sections_stand_in_the_order_of_a_reader_s_questions(page: str) -> None:
    names = ("constraints", "curves", "where", "eligibility", "reach", "warnings", "checks", "provenance")
    order = [page.index(f'<section id="{name}"') for name in names]
    assert order == sorted(order)
    assert page.index('class="verdict over"') < order[0]


def test_the_verdict_says_why_in_one_sentence(page: str) -> None:
    text = re.sub(r"<[^>]+>", "", page)
    assert "Stomach Dmax &lt; 54 Gy is not met: 55.20 Gy, 1.20 Gy over." in text


def test_margins_are_over_or_to_spare_never_signs(page: str) -> None:
    assert "1.20 Gy over" in page
    assert "1.80 Gy to spare" in page
    assert "1.90 % short" in page


def test_what_is_not_evaluated_has_no_value_but_a_reason(page: str) -> None:
    row = page[page.index('id="c5"') : page.index('id="c6"')]
    assert "no value" in row
    assert "ROI “Bowel_Small” has no contours." in row
    assert "b-met" not in row


def test_a_structure_that_the_dose_grid_cuts_shows_both_bounds_and_never_one_as_its_value() -> None:
    settings = EngineSettings(outside="maximum")  # 31 % of the kidney lie outside, where up to 52.39 Gy may be
    page = html.render(check(read_case(INCOMPLETE), load_protocol("apatinib"), settings=settings))
    row = page[page.index('id="c3"') : page.index('id="c4"')]
    assert "Kidney_R" in row
    values = re.findall(r"<b>([^<]+)</b><small> (?:Gy|± [^<]+)</small>", row)
    assert values == ["0.46 to 16.50"]
    assert ">0.46 to 16.50</text>" in row  # the close-up


def test_every_outcome_has_a_shape_of_its_own(page: str) -> None:
    symbols = re.findall(r'<symbol id="g-(\w+)" viewBox="0 0 20 20">(.*?)</symbol>', page)
    assert {name for name, _ in symbols} == {"met", "edge", "var", "over", "ne", "na", "waived"}
    assert len({shape for _, shape in symbols}) == len(symbols)


def test_ten_structures_stay_below_500_kilobytes(page: str) -> None:
    assert page.count("<tr data-n=") == 9  # of ten drawn, the one that no constraint names is left out
    assert len(page.encode()) < 500_000


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r'<(?:script|link|img|iframe|object)[^>]*\s(?:src|href|data)="?https?:', page)
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_names_the_exact_bytes_of_style_and_script(page: str) -> None:
    style = page[page.index("<style>") + 7 : page.index("</style>")]
    script = page[page.rindex("<script>") + 8 : page.rindex("</script>")]
    assert hash_in_policy(page, "style-src") == sha256_of(style)
    assert hash_in_policy(page, "script-src") == sha256_of(script)


def test_no_element_has_a_style_attribute_that_the_policy_would_refuse(page: str) -> None:
    assert not re.search(r"<[^>]+\sstyle=", page[page.index("<body>") :])


def poisoned(report: Report) -> Report:
    """Every text that a file or a person brings in, replaced by something that would run."""
    case = phantom_case(patient_name=NASTY, patient_id=NASTY)
    assert case.plan is not None
    case = replace(case, plan=replace(case.plan, label=NASTY, name=NASTY, approval_status=NASTY))
    limits = tuple(replace(limit, structure=NASTY, goal=NASTY) for limit in LIMITS)
    results = tuple(replace(r, structure=NASTY, notes=(NASTY,), waiver=NASTY) for r in report.results)
    drawings = tuple(replace(drawing, name=NASTY + drawing.name) for drawing in report.drawings())
    return replace(
        report,
        case=case,
        results=results,
        notices=tuple(replace(notice, text=NASTY, code=NASTY, structures=(NASTY,)) for notice in report.notices),
        prescription=tuple(replace(item, item=NASTY, found=NASTY, expected=NASTY) for item in report.prescription),
        eligibility=tuple(replace(item, item=NASTY, found=NASTY, note=NASTY) for item in report.eligibility),
        cross_checks=tuple(replace(c, structure=NASTY, others=((NASTY, 1.0, 0.1),)) for c in report.cross_checks),
        provenance={"command": [NASTY], NASTY: NASTY},
        drawings=lambda: drawings,
        isotoxic=replace(ISOTOXIC, limits=limits, advice=(NASTY,)),
    )


def test_a_patient_named_script_is_a_name_and_no_script() -> None:
    page = html.render(poisoned(phantom_report()))
    assert "<script>alert" not in page
    assert page.count("<script") == 1
    assert page.count("<style") == 1
    assert "&lt;script&gt;alert" in page


def test_a_web_address_that_is_no_web_address_is_not_made_a_link() -> None:
    report = phantom_report()
    source = replace(report.protocol.sources[0], url="javascript:alert(1)")
    page = html.render(replace(report, protocol=replace(report.protocol, sources=(source,))))
    assert "javascript:" not in page


def test_an_anonymous_page_names_nobody_and_shows_no_picture() -> None:
    report = phantom_report()
    notice = replace(
        report.notices[0], text="RD.1.dcm of Doe^Jane (APA-017), /clinic/Doe_Jane/RD.1.dcm, born 1968-04-02"
    )
    page = html.render(replace(report, notices=(notice,)), anonymous=True)
    for secret in (
        "Doe",
        "Jane",
        "APA-017",
        "1968",
        "HCC_54Gy",
        "RD.1",
        "RS.set",
        "/clinic",
        "1.2.826",
        "data:image",
        "2026-11-12",
    ):
        assert secret not in page, secret
    assert "rtcheck check PATH --protocol apatinib" in page
    assert "5f" * 32 in page  # hashes stay: they identify nobody who lacks the files


def test_a_report_without_plan_dose_or_structures_is_still_a_page() -> None:
    report = phantom_report()
    bare = replace(
        report,
        case=replace(
            report.case, plan=None, dose=None, patient=replace(report.case.patient, id="", name=""), sources=()
        ),
        results=(),
        prescription=(),
        eligibility=(),
        notices=(),
        cross_checks=(),
        isotoxic=None,
        drawings=tuple,
        verdict="not_evaluated",
        failure="The input could not be read.",
    )
    page = html.render(bare)
    assert "The input could not be read." in page
    assert "NOT EVALUATED" in page
    assert 'id="curves"' not in page
