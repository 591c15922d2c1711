"""Protocols in the files of other programs: what is written, and that whatever is lost is listed."""

import csv
import hashlib
import io
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_line import run

from rtcheck.errors import UsageError
from rtcheck.protocol.exporters import FORMS, NothingExportedError, export_protocol
from rtcheck.protocol.file.load import load_protocol, parse_protocol
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.file.score_curve import points_at
from rtcheck.protocol.importers import import_protocol
from rtcheck.protocol.importers.imported import as_volume_below
from rtcheck.report.telling.words import goal_text

SUFFIX = {"planscorecard": ".json", "proknow": ".json", "raystation": ".csv", "clearplan": ".csv", "csv": ".csv"}


def protocol(*constraints: str, head: str = "") -> Protocol:
    return parse_protocol(f"name: ours\n{head}\nconstraints:\n" + "".join(f"  - {{{one}}}\n" for one in constraints))


def read_back(folder: Path, text: str, form: str) -> Protocol:
    path = folder / f"ours{SUFFIX[form]}"
    path.write_text(text, encoding="utf-8")
    return import_protocol(path).protocol


def facts(one: Protocol) -> list[tuple[object, ...]]:
    return [
        (
            constraint.structures[0],
            as_volume_below(constraint.goal).text,
            constraint.variation.text if constraint.variation else "",
            "required" if constraint.is_required else constraint.priority,
            constraint.note,
            constraint.score,
        )
        for constraint in one.constraints
    ]


# --- what a form can say comes back the same --------------------------------------------------------------------------

SCORED = (
    "structure: Heart, goal: Dmean < 26 Gy, score: [10 at 20 Gy, 4 at 24 Gy, 0 at 26 Gy]",
    "structure: SpinalCord, goal: D1cc <= 45 Gy, variation: D1cc < 50 Gy, score: [9 at 30 Gy, 5 at 45 Gy, 0 at 50 Gy]",
    "structure: Liver, goal: DC700cc < 15 Gy, score: [5 at 10 Gy, 0 at 15 Gy]",
    "structure: Lungs, goal: V20Gy < 37 %, score: [8 at 20 %, 0 at 37 %]",
    "structure: Kidneys, goal: V18Gy < 300 cc, score: [8 at 200 cc, 0 at 300 cc]",
    "structure: Bowel, goal: Dmax < 55 Gy, score: [3 at 50 Gy, 0 at 55 Gy]",
    "structure: Parotid_L, goal: D50% < 30 Gy, score: [3 at 20 Gy, 0 at 30 Gy]",
)
LIMITS = (
    "structure: Heart, goal: Dmean <= 26 Gy, variation: Dmean <= 30 Gy, priority: 2",
    "structure: SpinalCord, goal: D0.03cc <= 45 Gy",
    "structure: PTV, goal: D95% >= 57 Gy, variation: D95% >= 54 Gy",
    "structure: Lungs, goal: V20Gy <= 30.5 %, variation: V20Gy <= 35 %",
    "structure: Bowel, goal: V45Gy <= 195 cc",
    "structure: PTV, goal: V57Gy >= 95 %",
)
STRICT = (
    "structure: Heart, goal: Dmean < 26 Gy, variation: Dmean < 30 Gy",
    "structure: Liver, goal: CV15Gy >= 700 cc",
    "structure: GTV, goal: Dmin > 50 Gy, variation: Dmin >= 48 Gy",
    "structure: Liver, goal: Volume > 700 cc",
)


@pytest.mark.parametrize(
    ("form", "constraints"),
    [
        ("planscorecard", SCORED),
        ("proknow", (*SCORED, *STRICT, *(one for one in LIMITS if "priority" not in one))),
        (
            "proknow",
            (
                "structure: Lungs, goal: V10-20Gy < 30 %",
                "structure: Liver, goal: CV15Gy >= 700 cc, variation: CV15Gy > 600 cc",
            ),
        ),
        ("raystation", LIMITS),
        ("clearplan", (*LIMITS, *STRICT, "structure: PTV, goal: V95% >= 98 %, note: of the whole")),
        (
            "csv",
            (*LIMITS, *STRICT, "structure: PTV, goal: V95% >= 98 %", "structure: Rectum, goal: 'EQD2[3] D2cc < 65 Gy'"),
        ),
    ],
)
def test_what_a_form_can_say_is_read_back_equal_and_nothing_is_lost(tmp_path, form, constraints):
    ours = protocol(*constraints)
    exported = export_protocol(ours, form)
    assert facts(read_back(tmp_path, exported.text, form)) == facts(ours)
    assert [loss for loss in exported.losses if not loss.startswith("title")] == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["apatinib", "nrg_hn004_70gy_35fx", "uk_sabr_2022_5fx", "prostate_igrt_2009"])
def test_each_limit_of_an_included_protocol_is_read_back_or_listed(tmp_path, form, name):
    ours = load_protocol(name)
    exported = export_protocol(ours, form)
    found = read_back(tmp_path, exported.text, form).constraints
    there = {(one.structures[0], as_volume_below(one.goal).text) for one in found}
    for one in ours.constraints:
        listed = [loss for loss in exported.losses if one.goal.text in loss]
        for name in one.structures:
            is_there = (name, as_volume_below(one.goal).text) in there
            assert is_there or any(loss.startswith((name, " | ".join(one.structures))) for loss in listed)


METRICS = [
    ("Dmean", "Gy", 80), ("D2cc", "Gy", 80), ("D95%", "Gy", 80), ("V20Gy", "%", 100), ("V20Gy", "cc", 900),
    ("CV15Gy", "cc", 900), ("V95%", "%", 100),
]  # fmt: skip


@st.composite
def constraint_text(draw):
    metric, unit, top = draw(st.sampled_from(METRICS))
    sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
    limit = draw(st.integers(10, 10 * top - 10)) / 10
    step = draw(st.sampled_from([0, 0.5])) * (1 if sign[0] == "<" else -1)
    varied = f", variation: {metric} {sign} {limit + step:g} {unit}" if step else ""
    ends = sorted(draw(st.lists(st.integers(0, 10 * top), min_size=2, max_size=5, unique=True)), reverse=sign[0] == "<")
    scored = draw(st.booleans())
    points = ", ".join(f"{3 * count} at {at / 10:g} {unit}" for count, at in enumerate(ends))
    score = f", score: [{points}]" if scored else ""
    return f"structure: Heart, goal: '{metric} {sign} {limit:g} {unit}'{varied}{score}"


@settings(max_examples=40)
@given(one=constraint_text(), form=st.sampled_from(FORMS))
def test_any_constraint_is_read_back_equal_or_its_loss_is_listed(tmp_path_factory, one, form):
    ours = protocol(one)
    try:
        exported = export_protocol(ours, form)
    except NothingExportedError:
        return
    (stated,), (found,) = ours.constraints, read_back(tmp_path_factory.mktemp("a"), exported.text, form).constraints
    listed = " ".join(loss for loss in exported.losses if loss.startswith("Heart"))
    assert as_volume_below(found.goal) == as_volume_below(stated.goal) or f'the goal is "{found.goal.text}"' in listed
    assert found.variation == stated.variation or "variation" in listed
    if stated.score and "score" not in listed:
        assert all(points_at(found.score, at) == pytest.approx(points_at(stated.score, at)) for at in range(0, 900, 7))


# --- the documented forms ---------------------------------------------------------------------------------------------


def test_a_proknow_limit_has_the_bins_that_its_documentation_shows():
    # "PASS ... max 1: values up to a maximum of 1 will fall into the PASS bin"; with min in FAIL, 1 itself fails.
    exported = export_protocol(
        protocol("structure: PTV, goal: D2cc <= 1 Gy", "structure: PTV, goal: Dmean < 1 Gy"), "proknow"
    )
    at_most, below = json.loads(exported.text)["computed"]
    assert at_most["objectives"] == [
        {"label": "PASS", "color": [18, 191, 0], "max": 1},
        {"label": "FAIL", "color": [255, 0, 0]},
    ]
    assert below["objectives"] == [
        {"label": "PASS", "color": [18, 191, 0]},
        {"label": "FAIL", "color": [255, 0, 0], "min": 1},
    ]
    assert (at_most["type"], at_most["roi_name"], at_most["arg_1"]) == ("DOSE_VOLUME_CC_ROI", "PTV", 2)


KEYS = ("GoalCriteria", "GoalType", "PrimaryAcceptanceLevel", "ParameterValue")


def test_raystation_goals_are_in_its_own_units():
    text = export_protocol(
        protocol("structure: Lungs, goal: V20Gy <= 30 %", "structure: SpinalCord, goal: D0.03cc <= 45 Gy"), "raystation"
    ).text
    lungs, cord = ([row[key] for key in KEYS] for row in csv.DictReader(io.StringIO(text)))
    assert lungs == ["AtMost", "VolumeAtDose", "0.3", "2000"]
    assert cord == ["AtMost", "DoseAtAbsoluteVolume", "4500", "0.03"]


def test_a_limit_without_a_score_is_a_step_in_a_score_card_and_that_is_listed():
    exported = export_protocol(protocol("structure: PTV, goal: D95% >= 57 Gy"), "planscorecard")
    (metric,) = json.loads(exported.text)["ScoreTemplates"]
    assert [(point["PointX"], point["Score"]) for point in metric["ScorePoints"]] == [(57, 0), (57, 1), (114, 1)]
    assert any("without a score" in loss for loss in exported.losses)


@pytest.mark.parametrize(
    ("constraint", "loss"),
    [
        (
            "structure: [Lung_L, Lung_R], combine: together, goal: Dmean < 15 Gy",
            "a limit of several structures together",
        ),
        ("structure: each PTV, goal: V95% >= 95 %", "not a drawn one"),
        ("structure: Liver - GTV, goal: Dmean < 15 Gy", "not a drawn one"),
        ("structure: Heart, goal: Dmean < 15 Gy, when: prescription >= 54 Gy", "when prescription >= 54 Gy"),
        ("structure: Heart, goal: Dmean < 15 Gy, if_drawn: true", "only where drawn"),
        ("structure: Heart, goal: V50% < 15 %, target: PTV", "percentages of the prescription of PTV"),
    ],
)
def test_what_a_table_cannot_hold_is_listed(constraint, loss):
    assert any(loss in each for each in export_protocol(protocol(constraint, LIMITS[1]), "csv").losses)


def test_nothing_to_export_is_an_error_that_names_the_limits():
    with pytest.raises(NothingExportedError, match=r"Rectum, EQD2\[3\] D2cc < 65 Gy"):
        export_protocol(protocol("structure: Rectum, goal: 'EQD2[3] D2cc < 65 Gy'"), "proknow")


def test_a_cell_that_a_spreadsheet_would_run_is_made_inert():
    text = export_protocol(protocol("structure: '=1+1', goal: Dmean < 15 Gy"), "csv").text
    assert "\n'=1+1," in text


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_workbook_is_read_back_and_has_what_is_not_in_it_on_a_sheet(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = tmp_path / "hn.xlsx"
    result = run("protocols", "export", "nrg_hn004_70gy_35fx", "-o", book)
    assert result.status == 3
    sheet = openpyxl.load_workbook(book)["Not in the table"]
    assert f"not carried over: {sheet['A2'].value}" in result.err
    text = export_protocol(load_protocol("nrg_hn004_70gy_35fx"), "csv").text
    assert facts(import_protocol(book).protocol) == facts(read_back(tmp_path, text, "csv"))


def test_the_pdf_has_every_limit(tmp_path):
    pytest.importorskip("typst")
    assert run("protocols", "export", "rtog_0415", "-o", tmp_path / "a.pdf").status == 0
    command = ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [one for one in load_protocol("rtog_0415").constraints if goal_text(one.goal) not in text] == []


def test_an_extension_that_does_not_tell_the_form_is_a_usage_error(tmp_path):
    result = run("protocols", "export", "rtog_0415", "-o", tmp_path / "a.json")
    assert result.status == 2
    assert "planscorecard" in result.err


# --- other programs' files as the protocol of a check -----------------------------------------------------------------


def test_a_file_of_another_form_is_checked_against_as_it_is(tmp_path):
    card = tmp_path / "card.json"
    card.write_text(export_protocol(protocol(SCORED[0], SCORED[3]), "proknow").text, encoding="utf-8")
    loaded = load_protocol(card)
    assert [one.goal.text for one in loaded.constraints] == ["Dmean < 26 Gy", "V20Gy < 37 %"]
    assert loaded.sha256 == hashlib.sha256(card.read_bytes()).hexdigest()


def test_a_file_of_which_a_limit_would_be_lost_is_not_a_protocol(tmp_path):
    table = tmp_path / "limits.csv"
    table.write_text("Organ,Limit\nHeart,Dmean < 26 Gy\nLiver,V20 ~ 30\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"(?s)row 3, Liver.*rtcheck protocols import"):
        load_protocol(table)
    table.write_text("Organ,Limit\nHeart,Dmean < 26 Gy\n", encoding="utf-8")
    assert [one.goal.text for one in load_protocol(table).constraints] == ["Dmean < 26 Gy"]
