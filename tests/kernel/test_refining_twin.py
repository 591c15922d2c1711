"""Doses on finer grids: the compiled kernel against its numpy twin, which is the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import shapes
from support.kernels import in_numpy, needs_compiled

from rtcheck.dosimetry.cubic import cubic_dose
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry import _kernel
from rtcheck.geometry.build import build_solid

pytestmark = needs_compiled


@st.composite
def doses(draw):
    """Rough, smooth or stepped doses of 2 to 9 nodes an axis, even or not, ending at their nodes or at their faces."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axes = []
    for nodes in draw(st.tuples(*[st.integers(2, 9)] * 3)):
        step = random.uniform(1.0, 4.0, nodes) if draw(st.booleans()) else np.full(nodes, draw(st.sampled_from([2, 5])))
        axes.append(np.cumsum(step) - step.sum() / 2)
    x, y, z = axes
    smooth = 40 * np.exp(-(x**2 + y[:, None] ** 2 + z[:, None, None] ** 2) / 80)
    dose_gy = draw(st.sampled_from([smooth, np.round(smooth / 20) * 20, random.uniform(0, 60, smooth.shape)]))
    is_cut_off = dose_gy >= dose_gy.max() if draw(st.booleans()) else None
    return DoseGrid(
        dose_gy=dose_gy.astype(np.float32), x_mm=x, y_mm=y, z_mm=z, ends_at_nodes=draw(st.booleans()),
        is_cut_off=is_cut_off,
    )  # fmt: skip


@given(doses(), st.floats(1, 20), st.tuples(*[st.floats(-15, 15)] * 3))
@settings(max_examples=100)
def test_cubic_doses_are_the_same_to_the_last_bit(dose, side, corner):
    solid = build_solid(shapes.cube(side, corner=corner))
    ours = cubic_dose(dose, [solid])
    with in_numpy():
        reference = cubic_dose(dose, [solid])
    np.testing.assert_array_equal(ours.dose_gy, reference.dose_gy)
    assert ours.dose_gy.shape == tuple(map(len, (ours.z_mm, ours.y_mm, ours.x_mm)))


def test_axes_that_are_not_cut_evenly_are_refused():
    axis = np.ones((3, 2), dtype=np.float32), np.ones((3, 5), dtype=np.float32)
    dose, fine = np.zeros((2, 2, 2), dtype=np.float32), np.zeros(125, dtype=np.float32)
    whole = np.array([[4, 0, 5]] * 3)
    assert _kernel.native.refine(dose, *axis * 3, whole, fine) == 0
    for wrong in ([3, 0, 5], [4, 1, 5], [4, -1, 5], [4, 0, 0], [0, 0, 1]):
        with pytest.raises(ValueError, match="not cut evenly"):
            _kernel.native.refine(dose, *axis * 3, np.array([wrong, [4, 0, 5], [4, 0, 5]]), fine)
    with pytest.raises(ValueError, match="too short"):
        _kernel.native.refine(dose, *axis * 3, whole, fine[:100])
