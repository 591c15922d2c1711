"""Sums of plans: uniform doses add, other grids are resampled without loss in a linear dose, and mixing is refused."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from support.cases import case_of, protocol_of
from support.known_plans import box, write_plan
from support.shapes import cube, dose_on, dose_over, gradient, nodes, prism, square

from rtcheck.case import Patient
from rtcheck.checking.check import check
from rtcheck.checking.courses.sums import summed
from rtcheck.dicom.case_reader import read_case
from rtcheck.errors import UsageError

EARLIER, LATER = date(2024, 5, 6), date(2026, 1, 2)
CORD = replace(cube(10.0, corner=(-5.0, -5.0, -5.0)), name="SpinalCord")


def plan(dose, *, prescription_gy=50.0, fractions=25):
    return case_of([CORD], dose, prescription_gy=prescription_gy, fractions=fractions)


def test_two_uniform_doses_and_their_prescriptions_add():
    both = summed(
        [plan(dose_over(-30, 30, 3, 50.0)), plan(dose_over(-30, 30, 3, 10.0), prescription_gy=16.0, fractions=8)]
    )
    assert float(both.dose.dose_gy.max()) == pytest.approx(60.0)
    assert both.plan.prescription.dose_gy == pytest.approx(66.0)
    assert both.plan.fractions == 33
    assert [notice.code for notice in both.notices] == ["sum.doses"]


def test_the_date_of_a_sum_is_that_of_its_latest_plan():
    first, second = (plan(dose_over(-30, 30, 3, gy)) for gy in (50.0, 10.0))
    dated = [
        replace(each, plan=replace(each.plan, planned_on=day)) for each, day in ((first, LATER), (second, EARLIER))
    ]
    assert summed(dated).plan.planned_on == summed(dated[::-1]).plan.planned_on == LATER
    assert summed([first, dated[1]]).plan.planned_on == EARLIER


def test_grids_of_other_spacing_and_place_add_exactly_in_a_linear_dose(tmp_path):
    coarse = dose_over(-40.0, 40.0, 4.0, gradient("x", centre_gy=20.0))
    fine = dose_on(nodes(-31, 31, 2.5), nodes(-29, 29, 2.5), nodes(-33, 33, 2.5), gradient("y", centre_gy=10.0))
    both = summed([plan(coarse), plan(fine)])
    x, y, z = (np.flatnonzero(np.abs(nodes_mm) < 29) for nodes_mm in both.dose.axes_mm)  # where both have their nodes
    expected = 30.0 + both.dose.x_mm[x] + both.dose.y_mm[y][:, None] + 0 * both.dose.z_mm[z][:, None, None]
    assert np.abs(both.dose.dose_gy[np.ix_(z, y, x)] - expected).max() < 1e-4
    (result,) = check(
        both, protocol_of(tmp_path, "name: s\nconstraints: [{structure: SpinalCord, goal: Dmean < 45 Gy}]\n")
    ).results
    assert result.measurement.value == pytest.approx(30.0, abs=1e-4)


def test_eqd2_is_formed_plan_by_plan_with_its_own_fractions():
    # alpha/beta 2: 45 Gy in 25 is 42.75; 30 Gy in 3 is 30 (10 + 2)/(2 + 2) = 90
    cases = [
        plan(dose_over(-30, 30, 3, 45.0), prescription_gy=45.0),
        plan(dose_over(-30, 30, 3, 30.0), prescription_gy=30.0, fractions=3),
    ]
    both = summed(cases, eqd2_alpha_beta_gy=2.0)
    assert float(both.dose.dose_gy.max()) == pytest.approx(132.75)
    assert both.plan.prescription.dose_gy == pytest.approx(132.75)


@pytest.mark.parametrize("alpha_beta_gy", [0.0, -2.0, math.nan, math.inf])
def test_an_alpha_beta_that_is_not_above_zero_is_refused(alpha_beta_gy):
    with pytest.raises(UsageError, match="above 0 Gy"):
        summed([plan(dose_over(-30, 30, 3, 45.0))] * 2, eqd2_alpha_beta_gy=alpha_beta_gy)


def test_structure_sets_of_one_uid_that_are_drawn_differently_are_in_doubt(tmp_path):
    here = write_plan(
        tmp_path / "here", [box("Cord", 1)], change=lambda files: setattr(files.dose, "SOPInstanceUID", "1.2")
    )
    there = write_plan(tmp_path / "there", [box("Cord", 1, at_mm=(30.0, 0.0, 0.0))])
    copy = write_plan(tmp_path / "copy", [box("Cord", 1)])
    said = [[notice.code for notice in summed([read_case(here), read_case(other)]).notices] for other in (there, copy)]
    assert ["sum.structures-differ" in codes for codes in said] == [True, False]


def test_a_sum_reaches_as_far_as_any_of_its_grids_and_counts_what_is_known():
    """50 Gy in the large grid, 10 Gy more in the small one, whose last voxels end at 13.5 mm."""
    both = summed([plan(dose_over(-30, 30, 3, 50.0)), plan(dose_over(-12, 12, 3, 10.0))])
    assert (both.dose.low_mm, both.dose.high_mm) == ((-31.5,) * 3, (31.5,) * 3)
    middle = np.abs(both.dose.x_mm) < 13.6
    along_x = both.dose.dose_gy[len(both.dose.z_mm) // 2, len(both.dose.y_mm) // 2]
    assert set(along_x[~middle]) == {50.0}
    assert sorted(set(along_x[middle])) == [50.0, 60.0]  # a node 0.001 mm outside the face has 50


CORD_LIMIT = "name: s\nconstraints: [{{structure: SpinalCord, goal: {}}}]\n"


def with_boost(boost_gy):
    """50 Gy over all of a cord of 60 mm, and a boost of 16 Gy whose grid holds the middle 15 mm of it."""
    cord = replace(prism([square(-5, -5, 10)], low=-30, planes=20, spacing=3), name="SpinalCord")
    boost = dose_on(nodes(-18, 18, 3), nodes(-18, 18, 3), [-6.0, -3.0, 0.0, 3.0, 6.0], boost_gy)
    first = case_of([cord], dose_over(-40, 40, 4, 50.0))
    return summed([first, case_of([cord], boost, prescription_gy=16.0, fractions=8)])


@pytest.mark.parametrize(
    ("boost_gy", "bounds"),
    [
        # 10 Gy on the faces are more than a tenth of the prescription: outside it may be 10 Gy, the grid's maximum.
        pytest.param(10.0, (50 + 10 * 15 / 60, 60.0), id="a dose that does not end in the grid"),
        # 1 Gy on the faces, 9 Gy in the middle: 2.6 Gy on average inside, at most 1 Gy outside.
        pytest.param(
            lambda x, y, z: 1.0 + 8 * np.maximum(1 - np.abs(z) / 3, 0) + 0 * (x + y),
            (50 + 2.6 * 15 / 60, 50 + 2.6 * 15 / 60 + 1.0 * 45 / 60),
            id="a dose that ends in the grid",
        ),
    ],
)
def test_outside_its_own_grid_a_plans_dose_is_bounded_and_the_others_are_known(tmp_path, boost_gy, bounds):
    report = check(with_boost(boost_gy), protocol_of(tmp_path, CORD_LIMIT.format("Dmean < 100 Gy")))
    assert report.results[0].measurement.bounds == pytest.approx(bounds, abs=1e-3)


def test_a_sum_whose_boost_ends_at_the_grids_faces_is_not_decided_by_the_first_plans_maximum(tmp_path):
    """The cord has 59 Gy where the boost has 9, and at most 51 Gy outside the boost's grid."""
    boost = with_boost(lambda x, y, z: 1.0 + 8 * np.maximum(1 - np.abs(z) / 3, 0) + 0 * (x + y))
    report = check(boost, protocol_of(tmp_path, CORD_LIMIT.format("Dmax < 59.5 Gy")))
    (result,) = report.results
    assert (result.outcome, result.measurement.value) == ("met", pytest.approx(59.0, abs=1e-3))


def test_other_frames_of_reference_are_refused():
    here = replace(dose_over(-30, 30, 3, 50.0), frame_of_reference_uid="1.2.3")
    there = replace(here, frame_of_reference_uid="1.2.4")
    with pytest.raises(UsageError, match="different frames of reference"):
        summed([plan(here), plan(there)])


def test_other_patients_are_refused_without_naming_them():
    first = replace(plan(dose_over(-30, 30, 3, 50.0)), patient=Patient(id="SECRET1"))
    second = replace(first, patient=Patient(id="SECRET2"))
    with pytest.raises(UsageError, match="different patients") as raised:
        summed([first, second])
    assert "SECRET" not in str(raised.value)


def test_grids_that_do_not_overlap_are_refused():
    far = dose_on(nodes(100, 130, 3), nodes(-30, 30, 3), nodes(-30, 30, 3), 10.0)
    with pytest.raises(UsageError, match="do not overlap"):
        summed([plan(dose_over(-30, 30, 3, 50.0)), plan(far)])


EQD2_LIMIT = "name: s\nconstraints: [{{structure: SpinalCord, goal: 'EQD2[{}] Dmax < 140 Gy'}}]\n"


def test_eqd2_of_a_sum_is_formed_course_by_course(tmp_path):
    # 45 Gy in 25 and 30 Gy in 3: EQD2[2] is 132.75 Gy; 75 Gy taken as 28 equal fractions would be 87.7 Gy
    cases = [plan(dose_over(-30, 30, 3, 45.0)), plan(dose_over(-30, 30, 3, 30.0), fractions=3)]
    report = check(summed(cases), protocol_of(tmp_path, EQD2_LIMIT.format(2)))
    assert report.results[0].measurement.value == pytest.approx(132.75)
    assert report.verdict == "pass"


def test_a_sum_in_eqd2_is_not_converted_again(tmp_path):
    cases = [plan(dose_over(-30, 30, 3, 45.0)), plan(dose_over(-30, 30, 3, 30.0), fractions=3)]
    both = summed(cases, eqd2_alpha_beta_gy=2.0)
    (result,) = check(both, protocol_of(tmp_path, EQD2_LIMIT.format(2))).results
    assert result.measurement.value == pytest.approx(132.75)
    assert result.measurement.uncertainty == pytest.approx(0.0, abs=1e-3)
    assert result.headroom is None  # EQD2 is not proportional to the monitor units
    (other,) = check(both, protocol_of(tmp_path, EQD2_LIMIT.format(3))).results
    assert other.outcome == "not_evaluated"


def test_a_copy_of_a_dose_is_added_and_puts_the_verdict_in_doubt():
    """The copy has UIDs of its own, so only its voxels tell."""
    hill = dose_over(-30, 30, 3, gradient("x", centre_gy=40.0))
    said = {notice.code for notice in summed([plan(hill), plan(replace(hill))]).notices}
    assert said == {"sum.doses", "sum.same-dose"}
    lower = dose_over(-30, 30, 3, gradient("x", centre_gy=39.0))
    assert "sum.same-dose" not in {notice.code for notice in summed([plan(hill), plan(lower)]).notices}


def test_plans_without_ids_of_patients_of_two_names_are_not_added():
    first, second = plan(dose_over(-30, 30, 3, 40.0)), plan(dose_over(-30, 30, 3, 10.0))
    no_id = replace(first, patient=Patient(id="", name="A")), replace(second, patient=Patient(id="", name="B"))
    with pytest.raises(UsageError, match="no patient IDs"):
        summed(no_id)
