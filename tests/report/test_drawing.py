"""Bars, plots, colours and words of a report."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.report_anatomy import phantom_dose, phantom_drawings
from support.reports import D95, LIMITS, MAX, goal, phantom_report, result

from rtcheck.case import Case, Patient, Roi, StructureSet
from rtcheck.geometry.contours import Structure
from rtcheck.report.charts.axes import round_up, ticks
from rtcheck.report.charts.bars import row_bar
from rtcheck.report.charts.dvh import dvh_plot, plot_svg
from rtcheck.report.charts.palette import line_styles
from rtcheck.report.charts.reach import reach_pictures
from rtcheck.report.charts.svg import element
from rtcheck.report.formats.notebook import report_fragment
from rtcheck.report.formats.page import css_string
from rtcheck.report.telling import amounts, words
from rtcheck.report.telling.anonymous import anonymous_command, scrubber
from rtcheck.report.telling.outcomes import LOOKS
from rtcheck.report.telling.verdict import reason_of

STOMACH = StructureSet(rois=(Roi(number=1, name="stomach"),), load=lambda _: Structure(name="stomach", number=1))
LIGHT, DARK = "#ffffff", "#15191e"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


NAMES = ["PTV", "GTV", "CTV", "Liver-GTV", "Stomach", "Duodenum", "Bag_Bowel", "Kidney_L", "Kidney_R", "SpinalCord",
         "Heart", "PTV_Low", *(f"Unknown {n}" for n in range(20))]  # fmt: skip


def test_every_line_reads_on_paper_on_dark_and_on_black() -> None:
    for style in line_styles(NAMES).values():
        assert contrast(style.light, LIGHT) >= 4.5, style
        assert contrast(style.dark, DARK) >= 4.5, style
        assert contrast(style.on_black, "#000000") >= 4.5, style


def test_no_two_structures_share_both_hue_and_dash() -> None:
    styles = line_styles(NAMES)
    assert len({(style.light, style.dash) for style in styles.values()}) == len(NAMES)


def test_the_words_of_outcomes_read_on_paper() -> None:
    for look in LOOKS.values():
        assert contrast(look.ink, LIGHT) >= 4.5
        assert contrast(look.ink, look.tint) >= 4.5
        assert contrast(look.ink_dark, DARK) >= 4.5
        assert contrast(look.ink_dark, look.tint_dark) >= 4.5


def widths(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.findall(rf'<rect class="{kind}"(?: x="([\d.]+)%")? width="([\d.]+)%"', svg)
    return [(float(x or 0), float(width)) for x, width in found]


def test_an_upper_limit_has_its_red_zone_on_the_right_and_a_lower_one_on_the_left() -> None:
    upper = row_bar(result("A", goal(MAX, "<", 50), 40.0, "met"))
    lower = row_bar(result("B", goal(D95, ">=", 95), 97.0, "met"))
    at_limit = 100 / 1.12
    assert widths(upper, "zone") == [(pytest.approx(at_limit, abs=0.01), pytest.approx(100 - at_limit, abs=0.01))]
    assert widths(lower, "zone") == [(0.0, pytest.approx(at_limit, abs=0.01))]


def test_only_the_part_beyond_the_limit_is_red() -> None:
    svg = row_bar(result("A", goal(MAX, "<", 50), 52.0, "violated"))
    ((_, grey),) = widths(svg, "b-met")
    ((start, red),) = widths(svg, "b-over")
    assert grey == pytest.approx(start)
    assert red == pytest.approx(4 / 1.12, abs=0.01)  # 2 of 50 Gy are 4 % of the limit
    short = row_bar(result("B", goal(D95, ">=", 95), 90.25, "violated"))
    ((start, missing),) = widths(short, "b-short")
    assert (start, missing) == (pytest.approx(95 / 1.12, abs=0.01), pytest.approx(5 / 1.12, abs=0.01))


def test_a_value_far_beyond_its_limit_stays_inside_the_cell() -> None:
    for value in (1e-9, 500.0, 1e9):
        for x, width in widths(row_bar(result("A", goal(MAX, "<", 50), value, "violated")), r"[\w-]+"):
            assert 0 <= x <= x + width <= 100.01


def test_a_limit_of_zero_and_a_missing_value_have_no_bar() -> None:
    assert "b-met" not in row_bar(result("A", goal(MAX, "<", 0), 1.0, "violated"))
    assert "b-met" not in row_bar(result("A", goal(MAX, "<", 50), None, "not_evaluated"))


def test_ticks_are_round_and_hold_the_ends() -> None:
    assert ticks(0, 60) == (0, 10, 20, 30, 40, 50, 60)
    assert ticks(53.2, 55.6, most=5) == (53.5, 54, 54.5, 55, 55.5)
    assert ticks(1, 1) == (1,)
    assert round_up(58.4) == 60
    assert round_up(0) == 1


def test_the_plot_s_numbers_are_those_of_the_dvh() -> None:
    report = phantom_report()
    drawings = phantom_drawings(phantom_dose())
    plot = dvh_plot(report, drawings, line_styles([d.name for d in drawings]))
    assert plot is not None
    for curve, drawing in zip(plot.curves, drawings, strict=True):
        dose = np.arange(len(curve.volume_percent)) * plot.step_gy
        expected = (
            100 * np.interp(dose, drawing.dvh.dose_gy, drawing.dvh.volume_at_least_cc, right=0) / drawing.dvh.volume_cc
        )
        assert np.abs(curve.volume_percent - expected).max() < 1e-9
    svg = plot_svg(plot)
    first = re.search(r'data-n="s3"[^>]* d="M([^"]+)"', svg)
    assert first
    doses = [float(pair.split(",")[0]) for pair in first.group(1).split()]
    assert np.allclose(np.diff(doses), plot.step_gy)


def test_limits_stand_at_their_dose_and_volume() -> None:
    report = phantom_report()
    drawings = phantom_drawings(phantom_dose())
    plot = dvh_plot(report, drawings, line_styles([d.name for d in drawings]))
    assert plot is not None
    marks = {(m.style.name, m.shape): (m.dose_gy, m.volume_percent, m.toward) for m in plot.markers}
    assert marks["Stomach", "flag"] == (54, 0, "left")
    assert marks["PTV", "goal"] == (pytest.approx(0.98 * 54), 95, "right")  # D95% >= 98 % of 54 Gy
    assert marks["Heart", "goal"] == (20, 10, "below")  # V20Gy <= 10 %


def test_other_conventions_make_the_band_that_holds_the_curve() -> None:
    report = phantom_report()
    (drawing,) = phantom_drawings(phantom_dose())[:1]
    colder = replace(drawing.dvh, dose_gy=drawing.dvh.dose_gy * 0.98)
    plot = dvh_plot(report, [replace(drawing, conventions=(colder,))], line_styles([drawing.name]))
    assert plot is not None
    band = plot.curves[0].band_percent
    assert band is not None
    assert (band[0] <= plot.curves[0].volume_percent).all()
    assert (band[1] >= plot.curves[0].volume_percent).all()
    assert 'class="bnd s0"' in plot_svg(plot)


def test_the_worst_failure_is_told_first_and_the_others_are_named() -> None:
    report = phantom_report()
    over = goal(MAX, "<", 50)
    results = (result("A", over, 51.0, "violated"), result("B", over, 60.0, "violated"), result("C", over, 10.0, "met"))
    text = reason_of(replace(report, results=results, prescription=()))
    assert text == "B Dmax < 50 Gy is not met: 60.00 Gy, 10.00 Gy over; also A Dmax < 50 Gy."


def test_a_plan_that_fails_by_its_prescription_says_so() -> None:
    report = phantom_report()
    item = replace(report.prescription[1], outcome="violated", found="40")
    text = reason_of(replace(report, results=(), prescription=(item,), eligibility=()))
    assert text == "Fractions: 40, expected 25 to 30."


def test_a_pass_names_the_tightest_constraint() -> None:
    results = (result("A", goal(MAX, "<", 50), 49.0, "met"), result("B", goal(MAX, "<", 50), 10.0, "met"))
    text = reason_of(replace(phantom_report(), verdict="pass", results=results))
    # two limits, the prescribed dose, the fractions and the liver's volume; what only warns is no requirement
    assert text == "All 5 requirements are met; the smallest margin is that of A Dmax < 50 Gy, 1.00 Gy to spare."


def test_reach_rounds_down_what_is_allowed_and_up_what_is_needed() -> None:
    report = phantom_report()
    assert report.isotoxic is not None
    (svg,), beyond = reach_pictures(report.isotoxic)
    assert beyond == ()
    assert ">52.8, binding<" in svg  # 52.826
    assert ">from 51.0<" in svg  # coverage needs 50.943
    assert "not evaluated" in svg
    assert max(limit.prescription_gy or 0 for limit in LIMITS) > 1000
    assert "→ over" in svg


def test_a_css_string_holds_nothing_that_ends_it() -> None:
    assert css_string('a"b\\c</style>') == '"a\\22 b\\5c c\\3c \\2f style\\3e "'


def test_svg_attributes_and_texts_are_escaped() -> None:
    assert element("text", '<b>&"', data_name='"><script>') == (
        '<text data-name="&#34;&gt;&lt;script&gt;">&lt;b&gt;&amp;&#34;</text>'
    )


def test_scrubbing_takes_names_dates_paths_and_uids_but_leaves_the_sense() -> None:
    scrub = scrubber(phantom_report().case)
    text = scrub(
        "RD.1.dcm of Doe^Jane (apa-017): dose in /data/x/y.dcm, UID 1.2.840.10008.1, planned 20261112, 53.20 Gy"
    )
    for secret in ("RD.1", "Doe", "Jane", "apa-017", "/data", "1.2.840", "20261112"):
        assert secret not in text
    assert "53.20 Gy" in text
    assert "dose in" in text


def test_scrubbing_leaves_common_words_and_structures_though_files_are_called_so() -> None:
    case = phantom_report().case
    common = replace(case.sources[0], path=Path("/x/data/plan.dcm"))
    stomach = replace(case, patient=replace(case.patient, name="Sample^Stomach"), sources=(common,), structures=STOMACH)
    text = scrubber(stomach)("Stomach of Sample: on 2024-03-12, the date of the plan plan.dcm")
    assert text == "Stomach of [omitted]: on [omitted], the date of the plan [omitted]"


def test_a_patients_name_is_found_next_to_underscores_and_digits_but_not_within_words_and_structures() -> None:
    rois = tuple(Roi(number=number, name=name) for number, name in enumerate(("Lung_L", "PTV_Lung_1")))
    structures = StructureSet(rois=rois, load=lambda number: Structure(name="", number=number))
    scrub = scrubber(Case(patient=Patient(id="42", name="Lung^Smith"), structures=structures))
    assert scrub("beam 1 (Smith_AP), Smith2, Smithers") == "beam 1 ([omitted]_AP), [omitted]2, Smithers"
    assert scrub("Lung_L, PTV_Lung_1, Lung_boost") == "Lung_L, PTV_Lung_1, [omitted]_boost"
    assert scrub("42_boost, 42 Gy, 142 and 425") == "[omitted]_boost, [omitted] Gy, 142 and 425"


def test_an_anonymous_command_drops_files_that_are_joined_to_their_options() -> None:
    command = ["rtcheck", "a", "--waivers=/Smith/w.yaml", "--protocol=apatinib", "--protocol", "Smith/p.yaml"]
    expected = "rtcheck PATH --waivers=PATH --protocol=apatinib --protocol PATH"
    assert anonymous_command(command) == expected


def test_an_anonymous_command_keeps_options_and_drops_every_path() -> None:
    command = [
        "rtcheck",
        "check",
        "Doe/plan.dcm",
        "--dose",
        "x.dcm",
        "--protocol",
        "apatinib",
        "--end-caps",
        "full",
        "-o",
        "Doe.html",
    ]
    assert anonymous_command(command) == "rtcheck check PATH --dose PATH --protocol apatinib --end-caps full -o PATH"


def test_small_and_large_shares_of_a_limit_keep_their_digits() -> None:
    assert amounts.share_of_limit(result("A", goal(MAX, "<", 54), 55.2, "violated")) == "2.2 % of the limit"
    assert amounts.share_of_limit(result("A", goal(MAX, "<", 54), 27.0, "met")) == "50 % of the limit"
    assert words.listed(("A", "B", "C", "D", "E")) == "A, B, C and 2 more"


def test_a_notebook_gets_the_table_and_the_plot_without_script_or_style_sheet() -> None:
    report = phantom_report()
    nasty = replace(report, results=(replace(report.results[0], structure="<script>"), *report.results[1:]))
    fragment = report_fragment(nasty)
    assert "-1.20" in fragment
    assert "VIOLATED" in fragment
    assert fragment.count("<path") > 9
    assert "<script" not in fragment
    assert "<style" not in fragment
