"""`rtcheck diff`: what a transfer may change without a word, and what it must not."""

import json

import pytest
from jsonschema import Draft202012Validator
from support.command_line import run
from support.plan_faults import moved, sample_with

from rtcheck.report.schemas import schema_text


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return sample_with(tmp_path_factory.mktemp("plain") / "a")


def compared(a, b, *options):
    ran = run("diff", a, b, "--format", "json", *options)
    told = ran.json()
    Draft202012Validator(json.loads(schema_text("diff"))).validate(told)
    off = {
        (entry["where"], entry["element"]): entry for entry in told["entries"] if entry["kind"] in ("beyond", "missing")
    }
    return ran.status, told, off


def test_a_plan_agrees_with_itself(plain):
    status, told, off = compared(plain, plain)
    assert (status, off, told["agree"]) == (0, {}, True)


def _point(beam, point, **elements):
    def change(plan):
        for keyword, value in elements.items():
            setattr(plan.BeamSequence[beam].ControlPointSequence[point], keyword, value)

    return change


def _leaf(plan):
    device = plan.BeamSequence[2].ControlPointSequence[4].BeamLimitingDevicePositionSequence[-1]
    positions = [float(value) for value in device.LeafJawPositions]
    positions[20] -= 2
    device.LeafJawPositions = positions


def _without_collimator(plan):
    del plan.BeamSequence[1].ControlPointSequence[0].BeamLimitingDeviceAngle


@pytest.mark.parametrize(
    ("change", "where", "element", "apart"),
    [
        (lambda p: setattr(p.FractionGroupSequence[0].ReferencedBeamSequence[0], "BeamMeterset", 64.1),
         "beam 1 (G180)", "meterset", 1.0),
        (_point(0, 0, GantryAngle=181), "beam 1 (G180)", "gantry", 1.0),
        (_point(0, 0, IsocenterPosition=[-59, -6, 1]), "beam 1 (G180)", "isocentre x", 1.0),
        (_point(0, 0, PatientSupportAngle=359), "beam 1 (G180)", "couch", 1.0),
        (_leaf, "beam 3 (G250)", "MLCX positions", 2.0),
        (lambda p: setattr(p.BeamSequence[0], "TreatmentMachineName", "Other"), "beam 1 (G180)", "machine", None),
        (lambda p: setattr(p.FractionGroupSequence[0], "NumberOfFractionsPlanned", 24), "plan", "fractions", None),
        (_without_collimator, "beam 2 (G215)", "collimator", None),
    ],
)  # fmt: skip
def test_one_changed_parameter_is_the_only_difference(plain, tmp_path, change, where, element, apart):
    status, _, off = compared(plain, sample_with(tmp_path / "b", plan=change))
    assert (status, list(off)) == (1, [(where, element)])
    assert off[where, element]["apart"] == (None if apart is None else pytest.approx(apart))


def test_a_difference_within_its_tolerance_agrees(plain, tmp_path):
    b = sample_with(tmp_path / "b", plan=_point(0, 0, GantryAngle=180.4))
    assert compared(plain, b)[0] == 1
    assert compared(plain, b, "--tolerance", "gantry=0.5")[0] == 0


def test_renamed_beams_are_matched_by_geometry_and_agree(plain, tmp_path):
    def renamed(plan):
        for beam in plan.BeamSequence:
            beam.BeamName = f"Field {beam.BeamNumber}"
        plan.BeamSequence[0], plan.BeamSequence[6] = plan.BeamSequence[6], plan.BeamSequence[0]

    status, told, _ = compared(plain, sample_with(tmp_path / "b", plan=renamed))
    assert status == 0
    assert {pair["matched_by"] for pair in told["beams"]} == {"geometry"}
    assert [pair["b"][:6] for pair in told["beams"]] == [pair["a"][:6] for pair in told["beams"]]


def test_exchanged_names_do_not_hide_that_beams_agree(plain, tmp_path):
    def exchanged(plan):
        one, other = plan.BeamSequence[0], plan.BeamSequence[1]
        one.BeamName, other.BeamName = other.BeamName, one.BeamName

    status, told, _ = compared(plain, sample_with(tmp_path / "b", plan=exchanged))
    assert status == 0
    assert sum(pair["matched_by"] == "geometry" for pair in told["beams"]) == 2


def test_a_missing_beam_is_missing(plain, tmp_path):
    def fewer(plan):
        del plan.BeamSequence[3]
        del plan.FractionGroupSequence[0].ReferencedBeamSequence[3]

    _, _, off = compared(plain, sample_with(tmp_path / "b", plan=fewer))
    assert ("beam 4 (G285)", "beam") in off


def test_contours_and_doses_are_compared_where_both_are_there(plain, tmp_path):
    def other_set(structures):
        structures.SOPInstanceUID = "2.25.99"
        moved(structures, "Heart", (3.0, 0.0, 0.0))

    def higher(dose):
        dose.DoseGridScaling = float(dose.DoseGridScaling) * 1.02

    def refers(plan):
        plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = "2.25.99"

    b = sample_with(tmp_path / "b", plan=refers, structures=other_set, dose=higher)
    _, _, off = compared(plain, b, "--ignore", "structures.plan-and-dose-differ")
    assert set(off) == {("Heart", "contours"), ("Heart", "outline"), ("dose", "dose")}
    assert off["Heart", "outline"]["apart"] == pytest.approx(3.0)
    assert off["dose", "dose"]["apart"] == pytest.approx(2.0, abs=0.01)


def test_plans_of_two_patients_are_not_compared(plain, tmp_path):
    def other(dataset):
        dataset.PatientID = "OTHER"

    b = sample_with(tmp_path / "b", plan=other, structures=other, dose=other)
    ran = run("diff", plain, b)
    assert ran.status == 2
    assert "OTHER" not in ran.err
    assert run("diff", plain, b, "--ignore", "patient.mismatch").status == 0


def test_a_tolerance_of_an_unknown_element_is_a_usage_error(plain):
    ran = run("diff", plain, plain, "--tolerance", "leafs=1")
    assert (ran.status, "unknown element" in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["html", "csv", "markdown", "json", "table"])
def test_every_format_shows_what_differs_and_runs_nothing_of_it(plain, tmp_path, name):
    def hostile(plan):
        plan.BeamSequence[0].TreatmentMachineName = "=<b>|M"
        plan.FractionGroupSequence[0].ReferencedBeamSequence[1].BeamMeterset = 12.5

    out = tmp_path / f"out.{name}"
    ran = run("diff", plain, sample_with(tmp_path / "b", plan=hostile), "--format", name, "-o", out)
    told = out.read_text("utf-8")
    assert ran.status == 1
    assert "12.5 MU" in told
    assert "<b>" not in told or name in ("csv", "json", "table")
    assert ",=<b>" not in told
    assert name != "markdown" or "\\|M" in told


def test_the_decimal_comma_is_that_of_all_tables(plain, tmp_path):
    ran = run("diff", plain, plain, "--format", "csv", "--decimal-comma")
    assert "leaves" not in ran.err
    assert ran.out.startswith("where;element;a;b;")


def test_contours_that_moved_under_one_uid_differ(plain, tmp_path):
    other = sample_with(tmp_path / "b", structures=lambda s: moved(s, "GTV", (-17.0, 0.0, 0.0)))
    status, _, off = compared(plain, other)
    assert (status, set(off)) == (1, {("GTV", "contours"), ("GTV", "outline")})
