"""From a structure's centre to the isocentre: Pythagoras, and every case in which it is unknown."""

from copy import deepcopy

import numpy as np
import pytest
from support.known_plans import box, check, constraints, write_plan
from support.shapes import circle, cube, prism, square

from rtcheck.geometry.build import build_solid
from rtcheck.geometry.centre import centre_mm
from rtcheck.geometry.solid import Solid


def test_the_centre_of_a_cube_is_its_middle_and_an_empty_solid_has_none():
    assert centre_mm(build_solid(cube(10, corner=(1, 2, 3)))) == pytest.approx((6.0, 7.0, 8.0))
    assert centre_mm(Solid()) is None


def test_a_hole_pushes_the_centre_away_from_it():
    # 400 mm2 around the origin without 100 mm2 around (5, 0): 400 * 0 - 100 * 5 over 300
    drilled = prism([square(-10, -10, 20), square(0, -5, 10)], low=-5)
    assert centre_mm(build_solid(drilled)) == pytest.approx((-5 / 3, 0.0, 0.0), abs=1e-9)
    assert centre_mm(build_solid(prism([circle(8.0, centre=(3.0, -4.0))]))) == pytest.approx((3.0, -4.0, 5.0))


def plan_at(folder, *isocentres):
    """A box of 20 x 20 x 18 mm around (30, 40, 0), and beams with these isocentres."""

    def change(files):
        beams = [deepcopy(files.plan.BeamSequence[0]) for _ in isocentres]
        for number, (beam, place) in enumerate(zip(beams, isocentres, strict=True), start=1):
            beam.BeamNumber = number
            if place is not None:
                beam.ControlPointSequence[0].IsocenterPosition = list(place)
        files.plan.BeamSequence = beams

    lesion = box("PTV", type="PTV", at_mm=(30.0, 40.0, 0.0), size_mm=(20.0, 20.0, 18.0))
    return write_plan(folder, [lesion], change=change)


@pytest.mark.parametrize(
    ("limit", "outcome"), [("<= 50 mm", "met"), ("< 5 cm", "violated"), ("<= 49.9 mm", "violated")]
)
def test_the_distance_is_that_of_pythagoras_and_does_not_depend_on_the_dose(tmp_path, limit, outcome):
    ran = check(plan_at(tmp_path / "plan", (0, 0, 0)), constraints(f"each PTV: IsocentreDistance {limit}"))
    (found,) = ran.json()["constraints"]
    assert (found["value"], found["unit"], found["outcome"]) == (pytest.approx(50.0), "mm", outcome)
    assert found["headroom"]["scale"] is None


@pytest.mark.parametrize(
    ("isocentres", "reason"),
    [
        ((None,), "does not state the isocentre"),
        (((0, 0, 0), None), "does not state the isocentre"),
        (((0, 0, 0), (0, 0, 30)), "several isocentres, up to 30 mm apart"),
    ],
)
def test_without_one_isocentre_there_is_no_distance(tmp_path, isocentres, reason):
    ran = check(plan_at(tmp_path / "plan", *isocentres), constraints("PTV: IsocentreDistance <= 99 mm"))
    (found,) = ran.json()["constraints"]
    assert found["outcome"] == "not_evaluated"
    assert reason in found["undefined"]


def test_the_isocentre_of_two_beams_is_one_if_it_is_rounded_otherwise(tmp_path):
    ran = check(plan_at(tmp_path / "plan", (0, 0, 0), (0, 0, 0.1)), constraints("PTV: IsocentreDistance <= 99 mm"))
    assert ran.json()["constraints"][0]["value"] == pytest.approx(np.hypot(30, 40))
