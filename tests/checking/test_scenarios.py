"""Doses of a plan under its uncertainties: how many limits hold, what a protocol demands, and what is refused."""

import json
from dataclasses import replace
from functools import partial

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, check, codes, constraints, write_plan

import rtcheck
from rtcheck.checking.kept import Kept
from rtcheck.checking.what_if.dose_scale import scaled_case
from rtcheck.report import render

CORD = box("SpinalCord")


def scenario(folder, name, dose_gy, description=None, change=lambda file: None):
    """A further dose of the plan in the folder, everywhere as high, with its text in the file."""
    path = folder / f"{name}.dcm"
    file = dcmread(folder / "dose.dcm")
    file.SOPInstanceUID += f".{9 + sum(map(ord, name))}"
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID
    file.PixelData = (file.pixel_array * 0 + round(dose_gy / float(file.DoseGridScaling))).astype("<u4").tobytes()
    if description is not None:
        file.SeriesDescription = description
    change(file)
    file.save_as(path)
    return path


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """20 Gy everywhere, and four scenarios of 21, 22, 23 and 24 Gy."""
    folder = write_plan(tmp_path_factory.mktemp("scenarios") / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    for number in (1, 2, 3, 4):
        scenario(folder, f"s{number}", 20.0 + number, f"Perturbed dose, range +{number} %")
    return folder


def limit(goal, robust=""):
    return constraints(f"{{structure: SpinalCord, goal: {goal}{robust and f', robust: {robust}'}}}")


def only(ran):
    (one,) = ran.json()["constraints"]
    return one


def test_scenarios_are_known_by_their_texts_and_counted_without_changing_the_verdict(plan):
    ran = check(plan, limit("Dmean < 22.5 Gy"))
    (row,) = ran.json()["scenarios"]["constraints"]
    assert ran.status == 0
    assert only(ran)["value"] == pytest.approx(20.0, abs=1e-3)
    assert (row["passing"], row["evaluated"], row["flips"]) == (2, 4, True)
    assert (row["worst"], row["worst_scenario"]) == (pytest.approx(24.0, abs=1e-3), "Perturbed dose, range +4 %")
    assert (row["voxel_low"], row["voxel_high"]) == (pytest.approx(20.0, abs=1e-3), pytest.approx(24.0, abs=1e-3))
    assert "dose.scenarios" in {each["code"] for each in ran.json()["warnings"]}
    roles = [each["role"] for each in ran.json()["provenance"]["files"]]
    assert (roles.count("dose"), roles.count("scenario")) == (1, 4)


@pytest.mark.parametrize(
    ("goal", "robust", "outcome", "value"),
    [
        ("Dmean < 22.5 Gy", "worst", "violated", 24.0),
        ("Dmean < 24.5 Gy", "worst", "met", 24.0),
        ("Dmean < 22.5 Gy", "{hold: 50 %}", "met", 22.0),
        ("Dmean < 22.5 Gy", "{hold: 51 %}", "violated", 23.0),
        ("Dmean < 22.5 Gy", "{hold: 75 %}", "violated", 23.0),
        ("Dmean > 20.5 Gy", "{hold: 100 %}", "violated", 20.0),  # nominal alone fails: it must hold as well
        ("Dmean < 22.5 Gy, variation: Dmean < 24.5 Gy", "worst", "variation", 24.0),
    ],
)
def test_a_protocol_demands_the_worst_scenario_or_a_share_of_them(plan, goal, robust, outcome, value):
    """Of four scenarios 50 % are two, 51 % three; the value is that of the scenario which makes up the share."""
    found = only(check(plan, limit(goal, robust)))
    assert (found["outcome"], found["value"]) == (outcome, pytest.approx(value, abs=1e-3))
    assert "scenarios" in " ".join(found["notes"])


def test_what_is_kept_of_scenarios_between_edits_gives_the_same_as_a_fresh_check(plan, tmp_path):
    case = rtcheck.read_case(plan)
    reads: list[str] = []

    def read(scenario):
        reads.append(scenario.name)
        return scenario.load()

    counted = tuple(replace(each, load=partial(read, each)) for each in case.scenarios)
    case, kept = replace(case, scenarios=counted), Kept(asked="the same")
    first, other = (write_protocol(tmp_path, name, limit(goal)) for name, goal in GOALS.items())
    before = rtcheck.check(case, first, kept=kept).scenarios
    assert before == rtcheck.check(case, first).scenarios
    assert set(reads) == {each.name for each in case.scenarios}
    reads.clear()
    assert (rtcheck.check(case, first, kept=kept).scenarios, reads) == (before, [])
    edited = replace(first, constraints=(*first.constraints, *other.constraints))
    assert rtcheck.check(case, edited, kept=kept).scenarios == rtcheck.check(case, edited).scenarios


GOALS = {"first": "Dmean < 22.5 Gy", "other": "Dmax < 23.5 Gy"}


def write_protocol(folder, name, text):
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return rtcheck.load_protocol(path)


def test_without_scenarios_what_is_demanded_is_not_evaluated(tmp_path):
    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    for text in (
        limit("Dmean < 22 Gy", "worst"),
        limit("Dmean < 22 Gy").replace("name: mine", "name: mine\nrobust: worst"),
    ):
        ran = check(folder, text)
        assert (ran.status, only(ran)["outcome"]) == (3, "not_evaluated")
    assert only(check(folder, limit("Dmean < 19 Gy", "worst")))["outcome"] == "violated"
    assert only(check(folder, limit("Volume > 1 cc", "worst")))["outcome"] == "met"  # no dose decides it


def test_scenarios_are_named_by_option_and_the_record_is_verified(tmp_path):
    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    path = scenario(folder, "other", 26.0)
    (tmp_path / "mine.yaml").write_text(limit("Dmean < 22 Gy", "worst"), encoding="utf-8")
    record = tmp_path / "report.json"
    ran = run(folder, "-p", tmp_path / "mine.yaml", "--scenario", f"range +3 %={path}", "-o", record)
    told = json.loads(record.read_text("utf-8"))
    assert (ran.status, told["scenarios"]["names"]) == (1, ["range +3 %"])
    assert told["constraints"][0]["value"] == pytest.approx(26.0, abs=1e-3)
    assert run("verify", record).status == 0
    twice = run(folder, "-p", tmp_path / "mine.yaml", "--scenario", f"one={path}", "--scenario", f"two={path}")
    assert (twice.status, "one and two have the same dose" in twice.err) == (2, True)


def test_scenarios_of_one_dose_are_a_doubt(plan, tmp_path):
    """A plan of which every scenario was exported with the same dose is robust against nothing."""
    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    for name in ("up", "down"):
        scenario(folder, name, 20.0, f"Perturbed dose, range {name}")
    ran = check(folder, limit("Dmean < 22 Gy", "worst"), "--strict")
    assert (ran.status, only(ran)["outcome"]) == (3, "met")
    assert "dose.scenarios-same" in codes(ran)
    assert "dose.scenarios-same" not in codes(check(plan, limit("Dmean < 25 Gy", "worst")))


def test_doses_that_no_text_tells_apart_are_left_to_the_user(tmp_path):
    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    scenario(folder, "other", 26.0, "Plan dose")
    ran = check(folder, limit("Dmean < 22 Gy"))
    assert (ran.status, "--scenario NAME=FILE" in ran.err) == (2, True)


def moved(file):
    file.ImagePositionPatient = [float(each) + 5 for each in file.ImagePositionPatient]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (moved, "different grids"),
        (lambda file: setattr(file, "FrameOfReferenceUID", "2.25.3"), "different frames of reference"),
        (lambda file: setattr(file.ReferencedRTPlanSequence[0], "ReferencedSOPInstanceUID", "2.25.4"), "another plan"),
        (lambda file: setattr(file, "DoseSummationType", "BEAM"), "must be that of the whole plan"),
        (lambda file: setattr(file, "DoseGridScaling", float(file.DoseGridScaling) / 25), "different scales"),
    ],
)
def test_scenarios_that_do_not_fit_the_nominal_dose_are_refused(tmp_path, change, said):
    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0)
    path = scenario(folder, "other", 26.0, change=change)
    ran = check(folder, limit("Dmean < 22 Gy"), "--scenario", f"one={path}")
    assert (ran.status, said in ran.err) == (3, True)


@pytest.mark.parametrize("option", ["one", "=x.dcm", "one="])
def test_a_scenario_has_a_name_and_a_file(plan, option):
    ran = check(plan, limit("Dmean < 22 Gy"), "--scenario", option)
    assert (ran.status, "expected NAME=FILE" in ran.err) == (2, True)


def test_shifts_of_the_dose_are_refused_for_ion_beams_unless_overridden(tmp_path):
    def protons(files):
        for beam in files.plan.BeamSequence:
            beam.RadiationType = "PROTON"

    folder = write_plan(tmp_path / "plan", [CORD], dose_gy=20.0, prescribed_gy=20.0, change=protons)
    ran = check(folder, limit("Dmean < 22 Gy"), "--robust", "3mm")
    assert (ran.status, "--ignore robust.ions" in ran.err) == (2, True)
    assert check(folder, limit("Dmean < 22 Gy"), "--robust", "3mm", "--ignore", "robust.ions").status == 0


@pytest.fixture(scope="module")
def report(plan):
    path = plan.parent / "worst.yaml"
    path.write_text(limit("Dmean < 22.5 Gy", "worst"), encoding="utf-8")
    return rtcheck.check(rtcheck.read_case(plan), path)


@pytest.mark.parametrize("kind", ["html", "csv", "table", "json", "markdown", "junit"])
def test_every_format_lists_the_scenarios_and_names_none_in_an_anonymous_report(report, kind):
    told, hidden = (str(render(report, kind, anonymous=anonymous)) for anonymous in (False, True))
    assert "Perturbed dose, range" in told
    assert "Perturbed" not in hidden
    assert "of 4" in told or "2,4" in told or '"scenarios": 4' in told


def test_at_another_dose_scale_the_scenarios_are_scaled_too(plan, tmp_path):
    """The workbench's scaled dose: 24 Gy in the worst scenario become 28.8 Gy at a scale of 1.2."""
    path = tmp_path / "scaled.yaml"
    path.write_text(limit("Dmean < 26 Gy", "worst"), encoding="utf-8")
    case = rtcheck.read_case(plan)
    assert rtcheck.check(case, path).verdict == "pass"
    (result,) = rtcheck.check(scaled_case(case, 1.2), path).results
    assert (result.outcome, result.measurement.value) == ("violated", pytest.approx(28.8, abs=1e-3))
