"""Volumes in a dose range, V10-20Gy, against closed forms: at their ends, scaled, in EQD2 and where dose is missing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import shapes
from support.cases import case_of, protocol_of

from rtcheck.checking.check import check
from rtcheck.checking.what_if.isotoxic import isotoxic_prescription
from rtcheck.dosimetry.curve import Dvh, Possible, Span
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.dosimetry.metrics import measure
from rtcheck.dosimetry.scaling import scale_at_limit, scaled
from rtcheck.geometry.build import build_solid
from rtcheck.protocol.language.goal import parse_metric


def even(low_gy: float, high_gy: float, volume_cc: float = 1000.0) -> Dvh:
    """Dose spread evenly over low..high."""
    return Dvh(
        dose_gy=np.linspace(low_gy, high_gy, 401), volume_at_least_cc=np.linspace(volume_cc, 0.0, 401),
        volume_cc=volume_cc, mean_gy=(low_gy + high_gy) / 2, min_gy=low_gy, max_gy=high_gy,
    )  # fmt: skip


def value(text: str, dvh: Dvh, **relative_to) -> float | None:
    return measure(parse_metric(text), dvh, **relative_to).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V10-20Gy", 250.0),  # 10 of 40 Gy
        ("V10-20Gy[%]", 25.0),
        ("V0-40Gy[%]", 100.0 - 100 * 40e-6 / 40),  # what receives 40 Gy, to the rounding of stored doses, is above it
        ("V30-90Gy[%]", 25.0),
        ("V50-60Gy[%]", 0.0),
        ("V25-50%[%]", 12.5),  # 5 to 10 Gy of 20 Gy
        ("V1-2Gy/fx[%]", 25.0),  # 10 to 20 Gy in 10 fractions
        ("V2Gy/fx[%]", 50.0),  # 20 Gy in 10 fractions
    ],
)
def test_an_even_spread_from_0_to_40_gy_holds_in_a_range_what_the_range_is_of_40_gy(text, expected):
    assert value(text, even(0.0, 40.0), prescription_gy=20.0, fractions=10) == pytest.approx(expected, rel=1e-5)


@settings(max_examples=40)
@given(st.floats(0.0, 45.0), st.floats(0.001, 45.0))
def test_a_range_is_the_difference_of_the_volumes_at_its_ends(low_gy, width_gy):
    asked = replace(parse_metric("V10-20Gy"), at=_gy(low_gy), until=_gy(low_gy + width_gy))
    ends = [
        measure(replace(parse_metric("V1Gy"), at=_gy(at)), even(5.0, 40.0)).value for at in (low_gy, low_gy + width_gy)
    ]
    assert measure(asked, even(5.0, 40.0)).value == pytest.approx(ends[0] - ends[1], abs=1e-9)


def _gy(amount: float):
    return replace(parse_metric("V1Gy").at, amount=amount)


def test_in_eqd2_the_ends_are_the_physical_doses_with_that_effect():
    # D (D/20 + 3) / 5 = 10 and 20 Gy at 13.588989 and 23.851648 Gy: the roots of the two quadratics
    assert value("EQD2[3] V10-20Gy[%]", even(0.0, 40.0), fractions=20) == pytest.approx(25.65665, rel=1e-4)


def test_a_structure_in_the_dose_of_the_upper_end_is_not_in_the_range_and_in_that_of_the_lower_end_it_is():
    cube = build_solid(shapes.cube(10, corner=(-5, -5, -5)))
    ten_gy = compute_dvh(cube, shapes.dose_over(-12, 12, 2, 10.0))
    assert (value("V5-10Gy", ten_gy), value("V10-20Gy", ten_gy)) == pytest.approx((0.0, 1.0))


def test_a_cube_in_a_gradient_has_in_a_range_the_slab_between_two_isodoses():
    cube = build_solid(shapes.cube(10, corner=(-5, -5, -5)))  # 11 to 21 Gy, 1 Gy per mm
    dvh = compute_dvh(cube, shapes.dose_over(-12, 12, 2, shapes.gradient("x")))
    assert value("V12-14.5Gy", dvh) == pytest.approx(0.25, abs=1e-4)


def test_the_scale_is_the_lowest_at_which_the_range_holds_its_limit():
    # at the scale s the spread is 0..40 s: (40 s - 10) / 40 s = 30 % at s = 1 / 2.8
    asked = parse_metric("V10-20Gy[%]")
    assert scale_at_limit(asked, 30.0, even(0.0, 40.0)) == pytest.approx(1 / 2.8, rel=1e-6)
    assert scale_at_limit(asked, 51.0, even(0.0, 40.0)) is None  # the most is 50 %, where 20 Gy is the maximum


def test_the_scale_in_eqd2_brings_the_volume_to_its_limit():
    asked, dvh = parse_metric("EQD2[3] V10-20Gy[%]"), even(0.0, 40.0)
    scale = scale_at_limit(asked, 20.0, dvh, fractions=20)
    assert measure(asked, scaled(dvh, scale), fractions=20).value == pytest.approx(20.0, abs=1e-3)
    # 40 s - 13.588989 = 20 % of 40 s
    assert scale == pytest.approx(13.588989 / 32, rel=1e-5)


def test_a_volume_per_fraction_scales_with_the_dose_of_its_fractions():
    # 2 Gy in 10 fractions, 20 Gy, is the median at s = 1
    assert scale_at_limit(parse_metric("V2Gy/fx[%]"), 25.0, even(0.0, 40.0), fractions=10) == pytest.approx(
        2 / 3, rel=1e-4
    )


def of_voxels(doses_gy, volume_cc: float) -> Dvh:
    """The DVH of voxels of equal volume: steps between a dose and the next number above it."""
    ordered = np.sort(np.asarray(doses_gy, dtype=float))
    edges = np.unique(np.concatenate([ordered, np.nextafter(ordered, np.inf)]))
    at_least = np.array([np.count_nonzero(ordered >= edge) for edge in edges]) * (volume_cc / max(len(ordered), 1))
    return Dvh(
        dose_gy=edges, volume_at_least_cc=at_least, volume_cc=volume_cc if len(ordered) else 0.0,
        mean_gy=float(ordered.mean()) if len(ordered) else np.nan,
        min_gy=float(ordered.min()) if len(ordered) else np.nan,
        max_gy=float(ordered.max()) if len(ordered) else np.nan,
    )  # fmt: skip


voxel = st.tuples(st.integers(0, 40), st.integers(0, 15), st.floats(0, 1), st.booleans())


@settings(max_examples=60)
@given(st.lists(voxel, min_size=1, max_size=8), st.lists(voxel, max_size=8), st.sampled_from(["cc", "%"]))
def test_no_dose_and_no_solid_within_the_doubt_leaves_the_bounds(certain, doubtful, unit):
    """Voxels that are surely or perhaps in the structure, each with a dose between two: any choice is within bounds."""
    both = [*certain, *doubtful]
    least = Span(
        low=of_voxels([a for a, *_ in certain], len(certain)),
        high=of_voxels([a + w for a, w, *_ in certain], len(certain)),
    )
    most = Span(
        low=of_voxels([a for a, *_ in both], len(both)), high=of_voxels([a + w for a, w, *_ in both], len(both))
    )
    chosen = [a + w * part for a, w, part, _ in certain] + [a + w * part for a, w, part, is_in in doubtful if is_in]
    asked = parse_metric(f"V10.5-20.5Gy[{unit}]")
    actual = measure(asked, of_voxels(chosen, len(chosen)))
    known = replace(of_voxels(chosen, len(chosen)), possible=Possible(least=least, most=most, reasons=("doubt",)))
    low, high = measure(asked, known).bounds or (1.0, 0.0)
    assert low - 1e-9 <= actual.value <= high + 1e-9


def test_bounds_are_those_of_all_that_can_be_in_the_range():
    """100 cc receive 0 to 30 Gy, no more is known: all of it, or nothing, may be in 10 to 20 Gy."""
    span = Span(low=of_voxels([0.0], 100.0), high=of_voxels([30.0], 100.0))
    dvh = replace(of_voxels([12.0], 100.0), possible=Possible(least=span, most=span, reasons=("unknown",)))
    assert measure(parse_metric("V10-20Gy"), dvh).bounds == (0.0, 100.0)
    warm = Span(low=of_voxels([11.0], 100.0), high=of_voxels([19.0], 100.0))
    assert measure(
        parse_metric("V10-20Gy"), replace(dvh, possible=Possible(least=warm, most=warm, reasons=()))
    ).bounds == (100.0, 100.0)


PROTOCOL = "name: ranges\nprescription: {dose: 10-60 Gy, fractions: 15}\nconstraints:\n"


def report_of(tmp_path, *goals: str, centre_gy: float, low: float = -30.0):
    """A cube of 20 mm in a gradient of 1 Gy per mm: an even spread of 20 Gy around `centre_gy`."""
    organ = replace(shapes.cube(20.0, corner=(-10.0, -10.0, -10.0)), name="Liver")
    across = shapes.nodes(-30.0, 30.0, 2.0)
    along = shapes.gradient("x", centre_gy=centre_gy)
    dose = shapes.dose_on(shapes.nodes(low, 30.0, 2.0), across, across, along)
    case = case_of([organ], dose, prescription_gy=30.0, fractions=15)
    lines = "".join(f"  - {{structure: Liver, goal: '{goal}'}}\n" for goal in goals)
    return check(case, protocol_of(tmp_path, PROTOCOL + lines))


def test_the_outcome_and_the_headroom_of_an_upper_limit_that_more_dose_would_break(tmp_path):
    # 30 to 50 Gy: 25 % are in 45 to 60 Gy; scaled by s the part above 45 is (50 s - 45) / 20 s = 30 % at 45 / 44
    (result,) = report_of(tmp_path, "V45-60Gy < 30 %", centre_gy=40.0).results
    assert (result.outcome, result.measurement.value) == ("met", pytest.approx(25.0, abs=0.01))
    assert result.headroom.scale == pytest.approx(45 / 44, rel=1e-3)


def test_a_limit_that_is_met_beyond_its_range_has_no_scale_and_stops_the_isotoxic_prescription(tmp_path):
    # 30 to 50 Gy: nothing is in 10 to 20 Gy, but at half the dose a part is
    report = report_of(tmp_path, "V10-20Gy < 10 %", "Dmean < 45 Gy", centre_gy=40.0)
    result, _ = report.results
    assert (result.outcome, result.headroom) == ("met", None)
    found = isotoxic_prescription(report)
    assert found.allowed_gy is None
    assert "rises and falls with the dose" in found.limits[0].reason


def test_a_lower_limit_has_no_scale(tmp_path):
    (result,) = report_of(tmp_path, "V35-45Gy >= 40 %", centre_gy=40.0).results
    assert (result.outcome, result.headroom) == ("met", None)


def test_a_structure_partly_outside_the_grid_is_judged_only_where_both_bounds_agree(tmp_path):
    # the last cell of the grid ends at x = -3: 35 % of the 20 mm may receive anything up to the maximum
    undecided, violated, met = report_of(
        tmp_path, "V40-45Gy < 30 %", "V39-49Gy < 5 %", "V40-45Gy < 70 %", centre_gy=40.0, low=-2.0
    ).results
    assert (undecided.outcome, met.outcome) == ("not_evaluated", "met")
    assert undecided.measurement.value == pytest.approx(25.0, abs=0.01)
    assert undecided.measurement.bounds[1] == pytest.approx(60.0, abs=0.01)
    assert violated.outcome == "violated"
