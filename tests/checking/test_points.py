"""Structures drawn as one point (point A, ICRU points): the dose there, and no pass for anything else."""

from dataclasses import replace

import numpy as np
import pytest
from support.command_line import run
from support.known_plans import box, check, write_plan
from support.shapes import dose_over

from rtcheck.checking.courses.added_doses import added
from rtcheck.checking.points import _dose_gy

TARGET = box("CTV_HR", type="CTV")
LINES = """name: mine
constraints:
  - {structure: A_L, goal: Dpoint >= 30 Gy}
  - {structure: A_L, goal: 'EQD2[10] Dpoint >= 30 Gy'}
  - {structure: A_L, goal: Dpoint >= 60 %}
"""


def point_of(*positions, kind="POINT"):
    """The box of number 2 in the files becomes these points."""

    def change(files):
        (drawn,) = [each for each in files.structures.ROIContourSequence if each.ReferencedROINumber == 2]
        first = drawn.ContourSequence[0]
        made = []
        for position in positions:
            item = type(first)()
            item.ContourGeometricType, item.NumberOfContourPoints = kind, len(position) // 3
            item.ContourData = list(position)
            made.append(item)
        drawn.ContourSequence = made

    return change


def plan(folder, *positions, kind="POINT"):
    """45 Gy and 0.5 Gy/mm along x, 0.2 Gy/mm along y: at (20, 10, 5) 57 Gy."""
    boxes = [TARGET, box("A_L", 2, at_mm=(30.0, 0.0, 0.0))]
    change = point_of(*positions, kind=kind) if positions else (lambda files: None)
    return write_plan(
        folder, boxes, dose_gy=lambda x, y, z: 45 + 0.5 * x + 0.2 * y + 0 * z, prescribed_gy=50.0, change=change
    )


def test_the_dose_at_a_point_is_trilinear_and_converted_with_its_fractions(tmp_path):
    """57 Gy in 25 fractions: EQD2[10] 57 (2.28 + 10) / 12 = 58.33 Gy; of 50 Gy 114 %."""
    ran = check(plan(tmp_path / "p", (20.0, 10.0, 5.0)), LINES)
    physical, eqd2, percent = ran.json()["constraints"]
    assert physical["value"] == pytest.approx(57.0, abs=1e-3)
    assert eqd2["value"] == pytest.approx(57 * 12.28 / 12, abs=1e-3)
    assert percent["value"] == pytest.approx(114.0, abs=1e-2)
    assert [each["outcome"] for each in (physical, eqd2, percent)] == ["met"] * 3


@pytest.mark.parametrize(
    ("positions", "kind", "said"),
    [
        ((), "", "contoured as an area"),
        (((20.0, 10.0, 5.0), (-20.0, 10.0, 5.0)), "POINT", "has 2 points"),
        (((500.0, 10.0, 5.0),), "POINT", "outside the dose grid"),
        (((20.0, 10.0, 5.0, 30.0, 10.0, 5.0, 30.0, 20.0, 5.0),), "OPEN_PLANAR", "contoured as an area"),
    ],
)
def test_what_is_not_one_point_in_the_grid_is_not_evaluated(tmp_path, positions, kind, said):
    ran = check(plan(tmp_path / "p", *positions, kind=kind), LINES)
    first = ran.json()["constraints"][0]
    assert (ran.status, first["outcome"]) == (3, "not_evaluated")
    assert said in first["undefined"]


def test_a_point_has_no_other_metric(tmp_path):
    text = "name: mine\nconstraints: [{structure: A_L, goal: Dmax < 90 Gy}, {structure: A_L, goal: V5Gy < 90 cc}]\n"
    ran = check(plan(tmp_path / "p", (20.0, 10.0, 5.0)), text)
    assert [each["outcome"] for each in ran.json()["constraints"]] == ["not_evaluated"] * 2


def test_point_a_adds_with_the_external_dose(tmp_path):
    """Two fractions of 7 Gy at point A after 45 Gy in 25: 44.25 + 2 x 7 x 17 / 12 = 64.08 Gy EQD2[10]."""
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nconstraints: [{structure: A_L, goal: 'EQD2[10] Dpoint >= 60 Gy'}]\n", encoding="utf-8"
    )
    paths = []
    for number in (1, 2):
        move = point_of((20.0, 10.0, 5.0))

        def change(files, number=number, move=move):
            move(files)
            for each in (files.plan, files.dose):
                each.SOPInstanceUID += f".{number}"
            files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
            files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = 1
            files.plan.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamDose = 7.0

        boxes = [TARGET, box("A_L", 2, at_mm=(30.0, 0.0, 0.0))]
        paths.append(write_plan(tmp_path / str(number), boxes, dose_gy=7.0, prescribed_gy=7.0, change=change))
    ran = run(*paths, "-p", tmp_path / "mine.yaml", "--sum-values", "--external", "45/25", "-f", "json")
    assert ran.json()["constraints"][0]["value"] == pytest.approx(44.25 + 14 * 17 / 12, abs=1e-3)
    assert ran.status == 0


def test_of_a_sum_a_point_has_a_dose_where_the_grids_of_all_plans_reach():
    """45 and 10 Gy; the smaller grid ends at 13.5 mm, and between its last node and that face its dose goes on."""
    both = added([dose_over(-30, 30, 3, 45.0), dose_over(-12, 12, 3, 10.0)], [None, None])
    assert [_dose_gy(both, (x, 0.0, 0.0)) for x in (1.0, 13.0)] == [pytest.approx(55.0)] * 2
    assert "of one of the plans" in _dose_gy(both, (14.0, 0.0, 0.0))


def test_a_point_next_to_a_dose_that_is_cut_off_has_none():
    """Between 60 Gy, which may be more, and 10 Gy: the 35 Gy in the middle may be more as well."""
    dose = dose_over(-6, 6, 3, lambda x, y, z: np.where(np.abs(x) < 1, 60.0, 10.0) + 0 * (y + z))
    dose = replace(dose, is_cut_off=dose.dose_gy >= 60.0)
    assert "cut off" in _dose_gy(dose, (1.5, 0.0, 0.0))
    assert _dose_gy(dose, (4.5, 0.0, 0.0)) == 10.0
