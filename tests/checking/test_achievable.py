"""The lowest value that the geometry allows: closed forms for slabs and balls; it never changes an outcome."""

import math
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan
from support.shapes import cube, sphere

from rtcheck.conformance.phantom import PhantomSet
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.margins.from_surface import distances_mm

TARGET = box("PTV", type="PTV", at_mm=(-15.0, 0.0, 0.0), size_mm=(20.0, 100.0, 90.0))
ORGAN = box("Bowel", 2, at_mm=(25.0, 0.0, 0.0), size_mm=(40.0, 10.0, 12.0))
"""Faces the target like a slab: its parts are 10 to 50 mm from the target's plane at x = -5."""
LIMITS = ("Bowel: Dmean < 1 Gy", "Bowel: D0.12cc < 40 Gy", "Bowel: V20Gy < 1 %", "Bowel: CV20Gy >= 4.8 cc",
          "Bowel: V20% < 1 %", "PTV: Dmean < 1 Gy")  # fmt: skip

NOT_HELPED = "a lower dose does not help to meet the limit"


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan(tmp_path_factory.mktemp("beside") / "plan", [TARGET, ORGAN], dose_gy=50.0)


def nodes_around(low: float, high: float) -> tuple[Lattice, np.ndarray]:
    lattice = Lattice.around(np.full(2, low), np.full(2, high), spacing_mm=2.0)
    return lattice, np.linspace(low, high, 9)


def grid_of(lattice: Lattice, z_mm: np.ndarray) -> tuple[np.ndarray, ...]:
    x_mm, y_mm = lattice.x_mm(np.arange(lattice.node_columns)), lattice.y_mm(np.arange(lattice.node_rows))
    z, y, x = np.meshgrid(z_mm, y_mm, x_mm, indexing="ij")
    return x, y, z


@pytest.mark.parametrize(("low", "high"), [(-20.0, 30.0), (12.0, 40.0)], ids=["around it", "to one side"])
def test_the_distance_from_a_cube_is_that_of_pythagoras(low, high):
    lattice, z_mm = nodes_around(low, high)
    away = [np.maximum(np.maximum(-at, at - 10.0), 0.0) for at in grid_of(lattice, z_mm)]
    found = distances_mm(build_solid(cube(10.0)), lattice, z_mm)
    assert found == pytest.approx(np.sqrt(sum(each**2 for each in away)), abs=1e-6)


def test_the_distance_from_a_ball_is_the_radius_beyond_its_own():
    lattice, z_mm = nodes_around(-30.0, 30.0)
    beyond = np.maximum(np.sqrt(sum(at**2 for at in grid_of(lattice, z_mm))) - 15.0, 0.0)
    found = distances_mm(build_solid(sphere(15.0, 1.0)), lattice, z_mm)
    assert np.abs(found - beyond).max() < 0.6  # the ball is drawn in slices of 1 mm


@pytest.mark.parametrize("percent", [5, 10])
def test_beside_a_slab_the_best_dose_is_exponential(beside, percent):
    ran = check(beside, constraints(*LIMITS), "--fall-off", percent)
    told = [each["achievable"] for each in ran.json()["constraints"]]
    rate = -math.log(1 - percent / 100)
    deep_mm = math.log(50 / 20) / rate - 10  # of the organ, that receives 20 Gy or more
    mean = 50 * (math.exp(-10 * rate) - math.exp(-50 * rate)) / (40 * rate)
    near = 50 * math.exp(-11 * rate)  # 0.12 cc are 1 mm of its depth
    share = 100 * max(deep_mm, 0.0) / 40
    tenth = 100 * (math.log(5) / rate - 10) / 40
    expected = [mean, near, share, 4.8 * (1 - share / 100), tenth]
    assert [each["value"] for each in told if each] == pytest.approx(expected, rel=0.01, abs=0.01)
    assert told[0] == {"value": told[0]["value"], "fall_off_percent_per_mm": pytest.approx(percent),
                       "targets": [{"name": "PTV", "dose_gy": 50.0}]}  # fmt: skip
    assert told[-1] is None
    assert ran.json()["constraints"][-1]["achievable_reason"] == "the limit is on a target"


def test_it_changes_no_outcome_and_is_left_out_at_zero(beside):
    found = [check(beside, constraints(*LIMITS), *words) for words in ((), ("--fall-off", 0), ("--fall-off", 60))]
    plain, without, steep = (ran.json() for ran in found)
    nothing = {"achievable": None, "achievable_reason": None}
    without_best = [[{**each, **nothing} for each in told["constraints"]] for told in (plain, without, steep)]
    assert without_best[0] == without_best[1] == without_best[2]
    assert all(each["achievable"] is each["achievable_reason"] is None for each in without["constraints"])
    assert len({ran.status for ran in found}) == len({told["verdict"] for told in (plain, without, steep)}) == 1


@pytest.mark.parametrize("percent", ["100", "150", "nan", "-5"])
def test_a_fall_off_that_leaves_nothing_or_is_no_part_is_a_usage_error(beside, percent):
    assert check(beside, constraints(*LIMITS), "--fall-off", percent).status == 2


def test_the_report_states_value_assumption_and_whether_it_would_meet_the_limit(beside):
    (beside.parent / "mine.yaml").write_text(constraints("Bowel: D0.12cc < 40 Gy", "Bowel: Dmean < 1 Gy"), "utf-8")
    told = " ".join(run(beside, "-p", beside.parent / "mine.yaml", "--unit", "cGy").out.split())
    assumed = "(assuming PTV at 5000 cGy and a dose that falls by 10 % per mm outside)"
    assert f"Lowest achievable value: 1569 cGy, which would meet the limit {assumed}." in told
    assert f"Lowest achievable value: 408 cGy, which would not meet the limit either {assumed}." in told


def test_several_targets_count_only_with_a_dose_of_their_own(tmp_path):
    boost = box("PTV2", 3, type="PTV", at_mm=(60.0, 0.0, 0.0), size_mm=(10.0, 10.0, 12.0))
    plan = write_plan(tmp_path / "plan", [TARGET, ORGAN, boost], dose_gy=50.0)

    def targets(*words: object) -> list[str] | None:
        best = check(plan, constraints("Bowel: Dmean < 1 Gy"), *words).json()["constraints"][0]["achievable"]
        return best and [each["name"] for each in best["targets"]]

    plain, both = targets(), targets("--dose-rx", "PTV=50", "--dose-rx", "PTV2=60")
    assert "PTV2" not in (plain or ())
    assert both == ["PTV", "PTV2"]


def without_reference(files: PhantomSet) -> None:
    del files.plan.DoseReferenceSequence


def hill_gy(x, y, z):
    return 50 * np.exp(-(x**2 + y**2 + z**2) / 900)


def reason_of(plan: Path, limit: str, *words: object) -> str:
    (told,) = check(plan, constraints(limit), *words).json()["constraints"]
    assert told["outcome"] == "violated"
    assert told["achievable"] is None
    return told["achievable_reason"]


def test_without_a_value_the_reason_is_given(beside, tmp_path):
    boost = box("PTV2", 3, type="PTV", at_mm=(60.0, 0.0, 0.0))
    two = write_plan(tmp_path / "two", [TARGET, ORGAN, boost], dose_gy=50.0, change=without_reference)
    none = write_plan(tmp_path / "none", [ORGAN], dose_gy=50.0)
    assert reason_of(beside, "Bowel: D50% > 51 Gy") == reason_of(beside, "Bowel: Volume < 1 cc") == NOT_HELPED
    assert reason_of(beside, "PTV: Dmax < 1 Gy") == reason_of(beside, "PTV: D50% > 51 Gy") == "the limit is on a target"
    assert reason_of(none, "Bowel: Dmax < 1 Gy") == "no target is contoured"
    hill = write_plan(tmp_path / "hill", [box("PTV", type="PTV")], dose_gy=hill_gy)
    assert reason_of(hill, "Isodose(25 Gy): Dmax < 1 Gy").startswith("the structure depends on an isodose")
    untied = "no prescribed dose is linked to one of the targets (PTV, PTV2); give it with --dose-rx PTV=GY"
    both = ("--dose-rx", "50")
    assert reason_of(two, "Bowel: Dmax < 1 Gy", *both) == untied
    ran = run(two, "-p", two.parent / "mine.yaml", *both)
    assert f"Lowest achievable value: not computed, {untied}." in " ".join(ran.out.split())


def renumber(files: PhantomSet) -> None:
    for file in (files.plan, files.dose):
        file.SOPInstanceUID = generate_uid()
    files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID


def test_a_sum_of_plans_has_the_best_dose_of_its_whole_prescription(tmp_path):
    """30 Gy and 20 Gy to one target are 50 Gy beside it."""
    plans = [
        write_plan(tmp_path / str(dose_gy), [TARGET, ORGAN], dose_gy=dose_gy, prescribed_gy=dose_gy, change=renumber)
        for dose_gy in (30.0, 20.0)
    ]
    limits = constraints("Bowel: D0.12cc < 1 Gy", "{structure: Bowel, goal: 'EQD2[3] Dmean < 1 Gy'}")
    physical, effect = check(plans[0], limits, plans[1], "--sum").json()["constraints"]
    assert physical["achievable"]["value"] == pytest.approx(50 * 0.9**11, rel=0.01)
    assert physical["achievable"]["targets"] == [{"name": "PTV", "dose_gy": 50.0}]
    assert effect["achievable"] is None
    assert effect["achievable_reason"].startswith("EQD2 and BED of several courses")
    added = check(plans[0], limits, plans[1], "--sum-values").json()["constraints"][0]
    assert added["achievable_reason"].startswith("values are added")


def test_an_uncertain_organ_has_the_best_value_that_it_can_have(tmp_path):
    """Half of its slices are missing: it has 2.4 cc or more, at the same distances from the target."""

    def without_slices(files: PhantomSet) -> None:
        contours = files.structures.ROIContourSequence[1].ContourSequence
        files.structures.ROIContourSequence[1].ContourSequence = [contours[0], contours[-1]]

    plan = write_plan(tmp_path / "plan", [TARGET, ORGAN], dose_gy=50.0, change=without_slices)
    (told,) = check(plan, constraints("Bowel: V10Gy < 0.1 cc")).json()["constraints"]
    assert told["bounds"][0] == pytest.approx(2.4, abs=0.01)
    share = (math.log(5) / -math.log(0.9) - 10) / 40
    assert told["achievable"]["value"] == pytest.approx(2.4 * share, rel=0.02)


def test_a_large_organ_has_a_value_too(tmp_path):
    """The whole body around a cube: its maximum is the target's dose."""
    body = box("BODY", 2, type="EXTERNAL", size_mm=(420.0, 300.0, 240.0))
    plan = write_plan(tmp_path / "plan", [box("PTV", type="PTV"), body], dose_gy=60.0, prescribed_gy=50.0)
    (told,) = check(plan, constraints("BODY: Dmax < 55 Gy")).json()["constraints"]
    assert told["achievable"]["value"] == pytest.approx(50.0, rel=0.02)
