"""Boxes of dose -> a cumulative histogram: round edges, boxes by hand, plateaus as steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dosimetry.histogram import LEAST_BINS, bins_over, cumulative, empty_tally, tally_boxes


def histogram(doses, spreads, volumes, low, high):
    bins = bins_over(low, high)
    tally = tally_boxes(np.array(doses, dtype=float), np.array(spreads, dtype=float), np.array(volumes, float), bins)
    return cumulative(tally, bins)


def at_least(dose, doses, volumes):
    return np.interp(dose, doses, volumes)


@given(st.floats(0, 80), st.floats(0.02, 80))
def test_bins_are_round_fine_and_hold_the_range(low, span):
    bins = bins_over(low, low + span)
    mantissa = bins.width_gy / 10 ** np.floor(np.log10(bins.width_gy) + 1e-9)
    assert mantissa == pytest.approx(1) or mantissa == pytest.approx(2) or mantissa == pytest.approx(5)
    assert bins.width_gy <= span / LEAST_BINS * (1 + 1e-6)
    assert bins.edges_gy[0] <= low + 1e-9
    assert bins.edges_gy[-1] >= low + span - 1e-9
    assert bins.count < 3 * LEAST_BINS


def test_a_wide_box_falls_linearly_over_its_width():
    doses, volumes = histogram([30.0], [20.0], [2.0], 10, 50)
    for dose, expected in ((15, 2), (20, 2), (25, 1.5), (30, 1), (40, 0), (45, 0)):
        assert at_least(dose, doses, volumes) == pytest.approx(expected, abs=2e-3)


def test_a_plateau_is_a_step_that_counts_at_its_own_dose():
    doses, volumes = histogram([20.0, 40.0], [0.0, 0.0], [1.0, 3.0], 0, 60)
    step = np.flatnonzero(np.isclose(doses, 20.0, rtol=0, atol=1e-9))
    assert volumes[step].tolist() == [4.0, 3.0]
    assert at_least(40.0, doses, volumes) == pytest.approx(3.0)
    assert at_least(40.001, doses, volumes) == pytest.approx(0.0)


def test_boxes_that_leave_the_range_keep_their_volume():
    _, volumes = histogram([10.0, 50.0], [4.0, 4.0], [1.0, 2.0], 10, 50)
    assert volumes[0] == pytest.approx(3.0)
    assert volumes[-1] == pytest.approx(0.0)


def test_tallies_of_portions_add_up():
    bins = bins_over(0, 60)
    one = tally_boxes(np.array([10.0]), np.array([5.0]), np.array([1.0]), bins)
    other = tally_boxes(np.array([30.0]), np.array([0.0]), np.array([2.0]), bins)
    doses, volumes = cumulative(empty_tally(bins) + one + other, bins)
    assert at_least(20, doses, volumes) == pytest.approx(2)
    assert volumes[0] == pytest.approx(3)
