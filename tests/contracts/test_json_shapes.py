"""The JSON of check, dvh and isotoxic: the keys that were promised, the published schemas, and what traces a number."""

import hashlib
import json

import pytest
from jsonschema import Draft202012Validator
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan
from support.samples import PASSES, SAMPLES, protocol_of

import rtcheck

OF_A_CHECK = {
    "schema", "verdict", "eligibility_verdict", "case", "protocol", "constraints", "prescription", "eligibility",
    "warnings", "provenance",
}  # fmt: skip
OF_A_CONSTRAINT = {
    "structure", "matched", "metric", "goal", "value", "unit", "uncertainty", "low", "high", "bounds", "margin",
    "outcome", "borderline", "readings", "notes",
}  # fmt: skip
VERDICTS = {"pass", "variation", "fail", "not_evaluated"}


def schema(name):
    return Draft202012Validator(json.loads(run("schema", name).out))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_check_has_the_keys_and_keeps_to_its_schema(sample):
    told = run(sample, "-p", protocol_of(sample), "-f", "json").json()
    schema("report").validate(told)
    assert told["schema"] == "rtcheck.report/1"
    assert told.keys() >= OF_A_CHECK
    assert {told["verdict"], told["eligibility_verdict"]} <= VERDICTS
    for each in told["constraints"]:
        assert each.keys() >= OF_A_CONSTRAINT
        assert isinstance(each["matched"], list)
        assert (each["value"] is None) == (each["margin"] is None)
        assert each["value"] is None or each["unit"]
    for warning in told["warnings"]:
        assert warning["code"]
        assert warning["text"]


@pytest.mark.parametrize("gone", ["plan.dcm", "dose.dcm", "struct.dcm"])
def test_a_set_that_lacks_a_file_keeps_to_the_schema_too(tmp_path, gone):
    plan = write_plan(tmp_path / "plan")
    (plan / gone).unlink()
    told = check(plan, constraints("PTV: D95% >= 95 %", "PTV: Dmax < 24 Gy")).json()
    schema("report").validate(told)
    assert told["verdict"] == "not_evaluated"


def test_an_input_that_cannot_be_read_keeps_to_the_schema_in_every_format(tmp_path):
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "plan.dcm").write_bytes(b"nothing")
    ran = check(tmp_path / "plan", constraints("PTV: Dmax < 24 Gy"))
    schema("report").validate(ran.json())
    for form in ("html", "csv", "junit", "markdown"):
        again = run(tmp_path / "plan", "-p", tmp_path / "mine.yaml", "-f", form)
        assert (again.status, again.err) == (3, ran.err)
        assert again.out


def test_dvh_has_the_keys_and_keeps_to_its_schema():
    told = run("dvh", PASSES, "-r", "Liver", "-r", "Nothing", "-m", "Dmean", "-m", "D9999cc", "-f", "json").json()
    schema("dvh").validate(told)
    assert told["schema"] == "rtcheck.dvh/1"
    assert told.keys() >= {"structures", "warnings", "provenance"}
    liver, nothing = told["structures"]
    assert liver.keys() >= {"name", "number", "volume_cc", "metrics"}
    assert liver["metrics"]["Dmean"].keys() >= {"value", "unit", "uncertainty", "undefined"}
    assert liver["metrics"]["D9999cc"]["value"] is None
    assert liver["metrics"]["D9999cc"]["undefined"]
    assert nothing["volume_cc"] is None


def test_isotoxic_has_the_keys_and_keeps_to_its_schema():
    told = run("isotoxic", PASSES, "-p", "axitinib", "-f", "json").json()
    schema("isotoxic").validate(told)
    assert told["schema"] == "rtcheck.isotoxic/1"
    assert told.keys() >= {
        "planned_gy", "fractions", "limits", "binding", "unrounded_gy", "allowed_gy", "advice", "warnings",
    }  # fmt: skip
    assert told["limits"][0].keys() >= {"structure", "metric", "goal", "scale", "prescription_gy"}


def test_isotoxic_scales_dose_and_prescription_together_and_rounds_down(tmp_path):
    """20 Gy where 25 Gy are prescribed: a maximum of 24 Gy allows 1.2 x 25 = 30 Gy, one of 30 Gy 37.5 Gy."""
    plan = write_plan(tmp_path / "plan", prescribed_gy=25.0)
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax <= 24 Gy", "PTV: Dmean <= 30 Gy"))
    told = run("isotoxic", plan, "-p", tmp_path / "mine.yaml", "-f", "json").json()
    assert (told["planned_gy"], told["fractions"]) == (25.0, 25)
    assert [each["scale"] for each in told["limits"]] == pytest.approx([1.2, 1.5], rel=1e-5)
    assert [each["prescription_gy"] for each in told["limits"]] == pytest.approx([30.0, 37.5], rel=1e-5)
    assert told["binding"]["goal"] == "Dmax <= 24 Gy"
    assert told["unrounded_gy"] == pytest.approx(30.0, rel=1e-5)
    assert told["allowed_gy"] <= told["unrounded_gy"]


def test_isotoxic_gives_no_prescription_while_a_required_limit_is_unknown(tmp_path):
    plan = write_plan(tmp_path / "plan")
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax <= 24 Gy", "Heart: Dmean <= 30 Gy"))
    ran = run("isotoxic", plan, "-p", tmp_path / "mine.yaml", "-f", "json")
    assert ran.json()["allowed_gy"] is None
    assert ran.status == 3


def test_a_report_lists_what_it_was_made_from_so_that_it_can_be_made_again(tmp_path):
    plan = write_plan(tmp_path / "plan")
    told = check(plan, constraints("PTV: Dmax < 24 Gy", more='version: "7"'), "--end-caps", "full").json()
    made = told["provenance"]
    for each in made["files"]:
        content = next(path for path in plan.iterdir() if path.name in each["path"]).read_bytes()
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["sop_instance_uid"].startswith("2.25.")
    assert made["protocol"]["sha256"] == hashlib.sha256((tmp_path / "mine.yaml").read_bytes()).hexdigest()
    assert made["protocol"]["version"] == told["protocol"]["version"] == "7"
    assert rtcheck.__version__ in made["program"]
    shape = {"shape": "slabs", "end_caps": "full", "dose_interpolation": "linear"}
    assert made["settings"] == {**shape, "gaps": "bounds", "outside": "auto"}


def test_matched_names_the_rois_as_drawn(tmp_path):
    kidneys = [box("kidney left", at_mm=(40.0, 0.0, 0.0)), box("Kidney_R", 2, at_mm=(-40.0, 0.0, 0.0))]
    line = "{structure: [Kidney_L, Kidney_R], combine: together, goal: Dmean < 24 Gy}"
    (found,) = check(write_plan(tmp_path / "plan", kidneys), constraints(line)).json()["constraints"]
    assert found["structure"] == "Kidney_L | Kidney_R"
    assert found["matched"] == ["kidney left", "Kidney_R"]
