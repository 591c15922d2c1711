"""`if_drawn` and --drawn-only: an absent organ is not applicable and listed; what may hide a violation never is."""

import io
import json
import sys

import pytest
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

import rtcheck
from rtcheck.checking.structures.presence import is_target
from rtcheck.cli.main import main
from rtcheck.protocol.file.library import protocol_files
from rtcheck.report import render
from rtcheck.report.telling.telling import telling_of

CORD = "{structure: SpinalCord, goal: Dmax < 45 Gy%s}"
DEFAULT = "if_drawn: true"


def plan_with(tmp_path, *names):
    boxes = [box(name, number, type="ORGAN") for number, name in enumerate(names, start=2)]
    return write_plan(tmp_path / "plan", [box("PTV", type="PTV"), *boxes])


# --- what is absent -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "options"),
    [
        (constraints("PTV: Dmax < 24 Gy", CORD % ", if_drawn: true"), ()),
        (constraints("PTV: Dmax < 24 Gy", CORD % "", more=DEFAULT), ()),
        (constraints("PTV: Dmax < 24 Gy", CORD % ""), ("--drawn-only",)),
    ],
)
def test_an_organ_that_is_not_drawn_is_not_applicable_and_listed(plan, protocol, options):
    ran = check(plan, protocol, *options)
    assert outcomes(ran) == ["met", "not_applicable"]
    assert (ran.json()["verdict"], ran.status) == ("pass", 0)
    assert [each["not_drawn"] for each in ran.json()["constraints"]] == [False, True]
    (remark,) = [each for each in ran.json()["warnings"] if each["code"] == "structures.not-drawn"]
    assert "SpinalCord" in remark["text"]


def test_without_it_the_same_organ_is_not_evaluated(plan):
    ran = check(plan, constraints("PTV: Dmax < 24 Gy", CORD % ""))
    assert (outcomes(ran), ran.status) == (["met", "not_evaluated"], 3)


def test_an_organ_that_is_drawn_is_judged_as_ever(tmp_path):
    plan = plan_with(tmp_path, "SpinalCord")
    assert check(plan, constraints("SpinalCord: Dmax < 10 Gy", more=DEFAULT)).status == 1


def test_nothing_drawn_at_all_is_never_a_pass(plan):
    ran = check(plan, constraints(CORD % "", more=DEFAULT))
    assert (outcomes(ran), ran.status) == (["not_applicable"], 3)


# --- what stays required ------------------------------------------------------------------------------------------

REQUIRED = {
    "a target": ("GTV: Dmax < 24 Gy", DEFAULT),
    "all of a kind of target": ("all CTV: Dmax < 24 Gy", DEFAULT),
    "made from a target": ("PTV_ring: Dmax < 24 Gy", DEFAULT),
    "a target, said so of it": ("{structure: GTV, goal: Dmax < 24 Gy, if_drawn: true}", ""),
    "a bed of a target": ("Boost: Dmax < 24 Gy", DEFAULT),
    "a goal that asks for dose": ("Prostate: D95% > 10 Gy", DEFAULT),
    "an index": ("Prostate: CI_RTOG < 2", DEFAULT),
    "said so by the constraint": (CORD % ", if_drawn: false", DEFAULT),
    "required by the protocol": (CORD % "", f"{DEFAULT}\nrequired_structures: SpinalCord"),
    "required as a part": ("SpinalCord | Brainstem: Dmax < 24 Gy", f"{DEFAULT}\nrequired_structures: SpinalCord"),
}


@pytest.mark.parametrize(("constraint", "more"), REQUIRED.values(), ids=REQUIRED)
@pytest.mark.parametrize("options", [(), ("--drawn-only",)])
def test_what_must_be_drawn_stays_required(plan, constraint, more, options):
    ran = check(plan, constraints("PTV: Dmax < 24 Gy", constraint, more=more), *options)
    assert (outcomes(ran), ran.status) == (["met", "not_evaluated"], 3)


HIDING = {
    "a near miss that means nothing else": ("SpinlCord", "SpinalCord: Dmax < 10 Gy"),
    "one of two kidneys": ("Kidney_L", "Kidney_L | Kidney_R: Dmean < 10 Gy"),
    "one of both sides": ("Lung_L", "Lungs: Dmean < 10 Gy"),
    "a kidney of unknown side": ("Kidney", "Kidney_L: Dmean < 10 Gy"),
    "together, one drawn": (
        "Kidney_L",
        "{structure: [Kidney_L, Kidney_R], combine: together, goal: Dmax < 9 Gy}",
    ),
    "an organ less an unknown target": ("Liver", "Liver - all GTV: Dmean < 10 Gy"),
    "a surrogate": ("SpinalCanal", "{structure: SpinalCord, surrogates: SpinalCanal, goal: Dmean < 10 Gy}"),
}


@pytest.mark.parametrize(("drawn", "constraint"), HIDING.values(), ids=HIDING)
def test_what_may_be_drawn_is_not_evaluated(tmp_path, drawn, constraint):
    ran = check(plan_with(tmp_path, drawn), constraints("PTV: Dmax < 24 Gy", constraint, more=DEFAULT))
    assert (outcomes(ran), ran.status) == (["met", "not_evaluated"], 3)


def test_two_rois_of_one_name_are_ambiguous_not_absent(tmp_path):
    plan = plan_with(tmp_path, "Spinal Cord", "spinal_cord")
    assert outcomes(check(plan, constraints(CORD % "", more=DEFAULT))) == ["not_evaluated"]


def test_an_alias_settles_a_near_miss(tmp_path):
    (tmp_path / "aliases.yaml").write_text("Esophagus: SpinlCord\n", encoding="utf-8")
    plan = plan_with(tmp_path, "SpinlCord")
    text = constraints("PTV: Dmax < 24 Gy", CORD % "", more=DEFAULT)
    assert outcomes(check(plan, text, "--aliases", tmp_path / "aliases.yaml")) == ["met", "not_applicable"]


@pytest.mark.parametrize(
    ("drawn", "asked"),
    [
        ("Kidneys", "Kidney_L"),
        ("Kidney_L_PRV05", "Kidney_L"),
        ("Bowel", "Bowel_Small"),
        ("Cord 5mm", "SpinalCord"),
        ("zMyelon", "SpinalCord"),
        ("SpinalCanal", "SpinalCord"),
    ],
)
def test_the_organ_under_another_name_is_a_doubt(tmp_path, drawn, asked):
    text = constraints("PTV: Dmax < 24 Gy", f"{asked}: Dmean < 10 Gy", more=DEFAULT)
    report = rtcheck.check(str(plan_with(tmp_path, drawn)), rtcheck.parse_protocol(text))
    assert [each.outcome for each in report.results] == ["met", "not_applicable"]
    assert "structures.drawn-otherwise" in {doubt.code for doubt in report.doubts}


def test_a_contoured_structure_next_to_an_absent_one_is_no_doubt(tmp_path):
    text = constraints("{structure: [PTV, Heart], goal: Dmax < 24 Gy}")
    ran = check(plan_with(tmp_path), text, "--drawn-only")
    assert outcomes(ran) == ["met", "not_applicable"]
    assert "structures.drawn-otherwise" not in codes(ran)


def test_the_other_side_is_no_doubt(tmp_path):
    text = constraints("PTV: Dmax < 24 Gy", "Kidney_L: Dmean < 10 Gy", more=DEFAULT)
    ran = check(plan_with(tmp_path, "Kidney_R"), text)
    assert outcomes(ran) == ["met", "not_applicable"]
    assert "structures.drawn-otherwise" not in codes(ran)


def without_contours(files):
    (contours,) = [each for each in files.structures.ROIContourSequence if each.ReferencedROINumber == 2]
    del contours.ContourSequence


def in_one_point(files):
    (contours,) = [each for each in files.structures.ROIContourSequence if each.ReferencedROINumber == 2]
    del contours.ContourSequence[1:]
    contours.ContourSequence[0].ContourData = [0.0, 0.0, 0.0]
    contours.ContourSequence[0].NumberOfContourPoints = 1
    contours.ContourSequence[0].ContourGeometricType = "POINT"


@pytest.mark.parametrize(("change", "outcome"), [(without_contours, "not_applicable"), (in_one_point, "not_evaluated")])
def test_a_listed_roi_is_absent_only_without_any_contour(tmp_path, change, outcome):
    plan = write_plan(tmp_path / "plan", [box("PTV", type="PTV"), box("SpinalCord", 2)], change=change)
    text = constraints("PTV: Dmax < 24 Gy", CORD % "", more=DEFAULT)
    assert outcomes(check(plan, text)) == ["met", outcome]


def test_any_of_several_leaves_out_the_absent(tmp_path):
    text = constraints("{structure: [Rib, Chestwall], combine: any, goal: Dmax < 10 Gy}", more=DEFAULT)
    assert outcomes(check(plan_with(tmp_path, "Rib"), text)) == ["violated"]
    assert outcomes(check(write_plan(tmp_path / "other"), text)) == ["not_applicable"]


def test_names_of_targets():
    assert all(map(is_target, ("PTV", "PTV_High", "GTVp", "iGTV", "CTV-TV", "PTV-Rectum", "(PTV | CTV)", "TumorBed")))
    assert not any(map(is_target, ("SpinalCord", "Liver-GTV", "Lungs", "Liver - all GTV", "Body")))


# --- in every format, repeated, on the command line ---------------------------------------------------------------


def test_every_format_names_what_is_not_drawn(plan):
    text = constraints("PTV: Dmax < 99 Gy", "Cochlea_L: Dmean < 9 Gy", more=DEFAULT)
    report = rtcheck.check(str(plan), rtcheck.parse_protocol(text))
    line = "Not contoured, therefore not applicable: Cochlea_L."
    assert line in telling_of(report).summary
    for name in ("html", "markdown", "junit"):
        assert line in str(render(report, name)).replace("\\", ""), name
    assert line in str(report)
    assert "Cochlea_L" not in str(report).replace(line, "")
    assert "not_applicable" in report.to_csv()


def test_a_record_is_repeated_with_it(plan, tmp_path):
    record = check(plan, constraints("PTV: Dmax < 24 Gy", CORD % ""), "--drawn-only").json()
    (tmp_path / "report.json").write_text(json.dumps(record), encoding="utf-8")
    from rtcheck.records.verifying import verify

    assert record["provenance"]["options"]["drawn_only"] is True
    assert verify(record).numbers_agree


def test_a_protocol_from_standard_input(plan, monkeypatch, capsys):
    text = constraints("PTV: Dmax < 24 Gy")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(SystemExit) as left:
        main([str(plan), "-p", "-", "-q"])
    assert (left.value.code, capsys.readouterr().out[2:6]) == (0, "PASS")


def test_faults_of_a_text_are_listed_with_its_name_and_lines():
    with pytest.raises(rtcheck.ProtocolError, match=r"mine.yaml:3: constraints\[0\].goal"):
        rtcheck.parse_protocol("name: x\nconstraints:\n  - {structure: A, goal: D0.03 < 4 Gy}\n", name="mine.yaml")


def test_a_required_structure_that_no_constraint_names_is_a_fault():
    with pytest.raises(rtcheck.ProtocolError, match='no constraint is on "SpinalCrod"; did you mean SpinalCord'):
        rtcheck.parse_protocol(constraints(CORD % "", more="required_structures: [SpinalCrod]"))


def test_an_extending_protocol_takes_it_over_and_can_turn_it_off(tmp_path):
    (tmp_path / "base.yaml").write_text(constraints(CORD % "", more=f"{DEFAULT}\nrequired_structures: SpinalCord"))
    for stated, expected in (("", True), ("if_drawn: false\n", False)):
        (tmp_path / "own.yaml").write_text(f"name: own\nextends: base.yaml\n{stated}")
        own = rtcheck.load_protocol(tmp_path / "own.yaml")
        assert (own.if_drawn, own.required_structures) == (expected, ("SpinalCord",))


def test_the_included_tables_for_every_organ_use_it():
    tables = [name for name in protocol_files() if name.startswith(("tg101", "hytec_1fx", "quantec", "corsair"))]
    assert tables
    assert all(rtcheck.load_protocol(name).if_drawn for name in tables)
