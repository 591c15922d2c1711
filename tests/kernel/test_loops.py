"""What loops measure, and loops in another order and direction: the compiled kernel against its numpy twin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.kernels import in_numpy, needs_compiled

from rtcheck.errors import GeometryError
from rtcheck.geometry import _kernel
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Contour, Structure, drawn, drawn_in_numpy
from rtcheck.geometry.loops import gathered_in_numpy, loops_in_plane, loops_of, measured_in_numpy, touching_loops

pytestmark = needs_compiled

ROUNDING = 1e-12

ordinates = st.one_of(
    st.integers(-3, 12).map(float), st.floats(-4, 13), st.sampled_from([1e-300, -5e-324, 1e-4, 1e5, -1e5, 0.05])
)
loops = st.lists(st.tuples(ordinates, ordinates), min_size=3, max_size=30).map(np.array)


def is_of_a_patient(loop):
    """Not hundreds of metres wide: what may be missing there is searched for on a lattice of millimetres."""
    return np.abs(loop).max() < 1000


many_loops = st.lists(loops, min_size=1, max_size=6)
near = st.one_of(st.integers(-3, 12).map(float), st.floats(-4, 13))
drawn_loops = st.lists(st.tuples(near, near), min_size=3, max_size=12).map(np.array)


@given(many_loops)
@settings(max_examples=150)
@example([np.zeros((3, 2))])
def test_measures_are_the_same(drawn):
    drawn = loops_in_plane(drawn)
    ours, reference = drawn.measures.rows, measured_in_numpy(drawn)
    size = np.abs(drawn.points_mm).max() + 1.0
    np.testing.assert_array_equal(ours[:, 3:7], reference[:, 3:7])
    np.testing.assert_allclose(ours[:, :2], reference[:, :2], rtol=ROUNDING, atol=ROUNDING * size**2)
    np.testing.assert_allclose(ours[:, 2], reference[:, 2], rtol=ROUNDING, atol=0)
    np.testing.assert_allclose(ours[:, 7:], reference[:, 7:], rtol=ROUNDING, atol=ROUNDING * size)


@given(many_loops, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_chosen_and_turned_loops_are_the_same_to_the_last_bit(drawn, random):
    drawn = loops_in_plane(drawn)
    drawn.measures  # noqa: B018  they go along
    chosen = np.array([random.randrange(len(drawn)) for _ in range(random.randrange(6))], dtype=np.int64)
    turned = np.array([random.random() < 0.5 for _ in chosen], dtype=np.bool_)
    made = drawn._gathered(chosen, turned)
    assert made.points_mm.tobytes() == gathered_in_numpy(drawn, chosen, turned).tobytes()
    expected = replace(made).measures
    np.testing.assert_array_equal(made.measures.low_mm, expected.low_mm)
    size = np.abs(drawn.points_mm).max() + 1.0
    np.testing.assert_allclose(
        made.signed_area_mm2, expected.signed_area_mm2, rtol=ROUNDING, atol=ROUNDING * size**2
    )  # fmt: skip


@given(many_loops, st.lists(st.integers(0, 3), max_size=30), st.sampled_from([0.0, np.nan, np.inf, -np.inf]))
@settings(max_examples=150)
@example([np.zeros((3, 2))], [], 0.0)
@example([np.array([[0.0, -0.0], [-0.0, 0.0], [0.0, 1.0]])], [], np.nan)
def test_points_that_repeat_others_are_left_out_alike(contours, repeats, odd):
    repeated = [
        np.repeat(each, [1 + n for n in (*repeats, *[0] * len(each))[: len(each)]], axis=0) for each in contours
    ]
    points = np.concatenate([np.insert(each, 2, 3.0 * k, axis=1) for k, each in enumerate(repeated)])
    points[-1, 2] += odd
    counts = np.array([len(each) for each in repeated])
    ours, reference = drawn(points, counts), drawn_in_numpy(points, counts)
    assert ours.is_finite == reference.is_finite == np.isfinite(odd)
    for name in ("points_mm", "counts", "low_z_mm", "high_z_mm"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name))


@pytest.mark.parametrize("counts", [[4], [0, 3], [-1], [2, 2], [2**62, 2**62]])
def test_contours_of_other_points_than_there_are_are_refused(counts):
    counts = np.array(counts, dtype=np.int64)
    with pytest.raises(ValueError, match="kernel"):
        _kernel.native.drawn(np.zeros((3, 3)), counts, np.zeros((9, 2)), np.zeros((9, 2)))


@given(st.lists(many_loops, min_size=1, max_size=3))
@settings(max_examples=150)
@example([[np.zeros((3, 2)), np.zeros((4, 2))]])  # nothing but one point: no height to sort by
@example([[np.array([[0.0, k % 2] for k in range(40)])]])  # many edges in one bin
@example([[np.array([[0.0, 0], [1e300, 1e300], [0, -1e300]]), np.array([[0.0, 0], [1, 0], [1, 1]])]])
def test_loops_that_touch_are_the_same(planes):
    vertices = [loop for loops in planes for loop in loops]
    counts = np.array([len(loop) for loop in vertices])
    z_mm = np.repeat(np.arange(len(planes), dtype=float), [len(loops) for loops in planes])
    stacked = loops_of(
        drawn(np.insert(np.concatenate(vertices), 2, 0, axis=1), counts), z_mm, np.zeros(len(counts), dtype=bool)
    )
    assume(len(stacked))
    with np.errstate(all="ignore"):
        touching = touching_loops(stacked)
        with in_numpy():
            np.testing.assert_array_equal(touching, touching_loops(stacked))


@given(st.lists(st.lists(drawn_loops, min_size=1, max_size=3), min_size=1, max_size=6), st.booleans())
@settings(max_examples=60)
def test_solids_are_the_same(planes, is_xor):
    contours = tuple(
        Contour(vertices_mm=np.insert(loop, 2, 3.0 * k, axis=1), is_xor=is_xor)
        for k, loops in enumerate(planes)
        for loop in loops
    )
    structure = Structure(name="Any", number=1, contours=contours, slices_mm=np.arange(0.0, 3.0 * len(planes), 3.0))
    with in_numpy():
        try:
            reference = build_solid(structure)
        except GeometryError:
            reference = None
    assume(reference is not None)
    solid = build_solid(structure)
    assert [notice.text for notice in solid.notices] == [notice.text for notice in reference.notices]
    assert solid.reasons == reference.reasons
    for ours, theirs in zip(solid.slabs, reference.slabs, strict=True):
        assert (ours.z_low_mm, ours.z_high_mm) == (theirs.z_low_mm, theirs.z_high_mm)
        np.testing.assert_array_equal(ours.edges_mm, theirs.edges_mm)


@pytest.mark.parametrize(
    ("starts", "chosen"), [([0, 3, 9], [0]), ([0, 5, 4], [0]), ([-1, 4], [0]), ([0, 4], [1]), ([0, 4], [-1]), ([], [])]
)
def test_loops_that_are_not_there_are_refused(starts, chosen):
    starts, chosen = np.array(starts, dtype=np.int64), np.array(chosen, dtype=np.int64)
    with pytest.raises(ValueError, match="kernel"):
        _kernel.native.gathered(np.zeros((4, 2)), starts, chosen, np.zeros(len(chosen), dtype=bool), np.zeros((9, 2)))
