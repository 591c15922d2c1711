"""The compiled kernel against its numpy twin, which is the reference: same cells, volumes and doses."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.kernels import in_numpy, needs_compiled, step_by_step

from rtcheck.dicom.encoding.decimals import plain_decimals
from rtcheck.dosimetry.dose_around import Outline, SlabEdges, measures_in_numpy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import compute_dvh, extremes_of, known_dvh
from rtcheck.dosimetry.extremes_only import mean_gy_within
from rtcheck.dosimetry.histogram import Bins, cumulative, cumulative_in_numpy, tally_boxes
from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Contour, Structure, drawn
from rtcheck.geometry.coverage import (
    IN_CELLS,
    EvenLines,
    cover,
    cover_in_numpy,
    cover_outline,
    cut_at_grid_lines,
    cut_in_numpy,
)
from rtcheck.geometry.loops import containment, loops_in_plane, loops_of, touching_loops
from rtcheck.geometry.outlines import outlines_of, overlap_any
from rtcheck.geometry.solid import LoopSlabs, Slab, Solid

pytestmark = needs_compiled

ROWS, COLUMNS = 7, 9
PIECES = ("slab", "row", "column", "sign", "u0", "v0", "u1", "v1", "is_clamped")
CELLS = ("slab", "row", "column")
RUNS = ("run_slab", "run_row", "run_column", "run_length")
MOMENTS = ("mean_u", "mean_v", "mean_uv", "mean_uu", "mean_vv")
ROUNDING = 1e-12

# On grid lines, near them, between them, and outside the grid: repeated points and level edges come by themselves.
ordinates = st.one_of(
    st.integers(-3, 12).map(float),
    st.floats(-4, 13),
    st.integers(-2, 11).flatmap(lambda whole: st.sampled_from([whole + 1e-13, whole - 1e-13, whole + 0.5])),
)
loops = st.lists(st.tuples(ordinates, ordinates), min_size=3, max_size=9).map(np.array)
planes = st.lists(st.lists(loops, min_size=1, max_size=3), min_size=1, max_size=3)


def edges_of(planes):
    edges = [loops_in_plane(loops).edges_mm for loops in planes]
    return np.concatenate(edges), np.repeat(np.arange(len(edges)), [len(each) for each in edges])


@given(planes)
@settings(max_examples=80)
@example([[np.array([[0.0, 0], [0, 0], [0, 0]])]])
@example([[np.array([[0.0, 0], [5, 5e-324], [5, 2]])]])  # a rise so small that no slope can be told
@example([[np.array([[-5e-324, 0.0], [5e-324, 2], [3, 2]])]])
def test_pieces_are_the_same_to_the_last_bit(planes):
    edges, slab = edges_of(planes)
    assert calls.cut(edges, slab, ROWS, COLUMNS, IN_CELLS) is not None, "the room for pieces is enough"
    ours, reference = cut_at_grid_lines(edges, slab, ROWS, COLUMNS), cut_in_numpy(edges, slab, ROWS, COLUMNS)
    for name in PIECES:
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name), err_msg=name)


@given(planes)
@settings(max_examples=80)
def test_covered_cells_are_the_same(planes):
    edges, slab = edges_of(planes)
    pieces = cut_in_numpy(edges, slab, ROWS, COLUMNS)
    ours, reference = cover(pieces, ROWS, COLUMNS), cover_in_numpy(pieces, ROWS, COLUMNS)
    for name in RUNS:
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name), err_msg=name)
    mine, its = ours.area > 1e-9, reference.area > 1e-9  # below, rounding decides whether a cell counts as touched
    for name in CELLS:
        np.testing.assert_array_equal(getattr(ours, name)[mine], getattr(reference, name)[its], err_msg=name)
    np.testing.assert_allclose(ours.area[mine], reference.area[its], rtol=0, atol=ROUNDING)
    for name in MOMENTS:
        mine_of, its_of = (
            getattr(ours, name)[mine] * ours.area[mine],
            getattr(reference, name)[its] * reference.area[its],
        )
        np.testing.assert_allclose(mine_of, its_of, rtol=0, atol=ROUNDING, err_msg=name)


def polygon(centre, radius, points, wobble, seed):
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, points))
    return np.array(centre) + (radius * (1 + wobble * random.uniform(-1, 1, points)))[:, None] * np.column_stack(
        [np.cos(angle), np.sin(angle)]
    )


@st.composite
def plans(draw):
    """A stack of wobbly or angular slabs, and a rough dose of even or uneven nodes that may not hold all of it."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    axes = []
    for nodes in draw(st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(2, 6))):
        step = random.uniform(1.0, 4.0, nodes) if draw(st.booleans()) else np.full(nodes, 2.5)
        axes.append(np.cumsum(step) - step.sum() / 2)
    dose = random.uniform(0, 60, [len(nodes) for nodes in reversed(axes)]).astype(np.float32)
    if draw(st.booleans()):
        dose = np.round(dose / 20) * 20  # plateaus: equal doses side by side
    edge, slabs = draw(st.sampled_from([0.0, 0.3, 1.3])), []
    z_mm = np.cumsum(random.uniform(0.5, 3.0, draw(st.integers(2, 5)))) - 4.0
    for k, (low, high) in enumerate(pairwise(z_mm)):
        outline = polygon(random.uniform(-4, 4, 2), draw(st.floats(0.2, 12)), draw(st.integers(3, 24)), 0.2, k)
        if draw(st.booleans()):
            outline = np.round(outline)
        slabs.append(Slab(z_low_mm=low + edge, z_high_mm=high + edge, edges_mm=loops_in_plane([outline]).edges_mm))
    return Solid(slabs=tuple(slabs)), DoseGrid(dose_gy=dose, x_mm=axes[0], y_mm=axes[1], z_mm=axes[2])


@given(plans())
@settings(max_examples=80)
def test_dvhs_are_the_same(plan):
    solid, dose = plan
    ours = compute_dvh(solid, dose)
    with in_numpy():
        reference = compute_dvh(solid, dose)
    assume(reference.volume_cc > 1e-9)
    for name in ("volume_cc", "volume_outside_cc", "mean_gy", "min_gy", "max_gy"):
        # what lies outside is a difference of volumes, and as exact as they are
        rounding = ROUNDING * reference.volume_cc if name == "volume_outside_cc" else 1e-15
        assert getattr(ours, name) == pytest.approx(
            getattr(reference, name), rel=ROUNDING, abs=rounding, nan_ok=True
        ), name
    assert ours.min_position_mm == reference.min_position_mm
    assert ours.max_position_mm == reference.max_position_mm
    assert (len(ours.dose_gy) == 0) == (len(reference.dose_gy) == 0)
    if not len(reference.dose_gy):
        return
    # an extreme on the edge of a bin may, by its last digit, have one more bin that holds nothing
    assert abs(len(ours.dose_gy) - len(reference.dose_gy)) <= 2
    at_gy = np.union1d(ours.dose_gy, reference.dose_gy)
    found, expected = (np.interp(at_gy, each.dose_gy, each.volume_at_least_cc) for each in (ours, reference))
    np.testing.assert_allclose(found, expected, rtol=0, atol=10 * ROUNDING * reference.volume_cc)


DVH_VALUES = ("volume_cc", "volume_outside_cc", "mean_gy", "min_gy", "max_gy", "min_position_mm", "max_position_mm")


def assert_same_at_once_and_step_by_step(solid, dose, refinement=1, drawn=None):
    """The kernel's one call against its single ones."""
    at_once = known_dvh(solid, dose, refinement=refinement, drawn=drawn)
    with step_by_step():
        in_steps = known_dvh(solid, dose, refinement=refinement, drawn=drawn)
    for name in ("dose_gy", "volume_at_least_cc"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(in_steps, name))
    for name in DVH_VALUES:
        np.testing.assert_equal(getattr(at_once, name), getattr(in_steps, name), err_msg=name)


@given(plans(), st.integers(1, 2), st.none() | plans())
@settings(max_examples=120)
def test_dvhs_at_once_are_the_same_as_step_by_step_to_the_last_bit(plan, refinement, other):
    solid, dose = plan
    assert_same_at_once_and_step_by_step(solid, dose, refinement, drawn=other and other[0])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("levels", [60, 3])
def test_dvhs_of_many_slabs_in_a_wide_grid_are_the_same_at_once_and_step_by_step(seed, levels):
    random = np.random.default_rng(seed)
    nodes = np.arange(120.0) * 2.0
    dose = np.round(random.uniform(0, 60, (20, 120, 120)) * levels / 60) * 60 / levels
    dose += np.linspace(0, 9, 120)  # the highest and the lowest are looked for at opposite ends
    slabs = tuple(
        Slab(
            z_low_mm=z_mm, z_high_mm=z_mm + 1.0,
            edges_mm=loops_in_plane([polygon((115, 120), 110 - k, 60, 0.05, k)]).edges_mm,
        ) for k, z_mm in enumerate(np.arange(-3.0, 36.0))
    )  # fmt: skip
    grid = DoseGrid(dose_gy=dose.astype(np.float32), x_mm=nodes, y_mm=nodes, z_mm=np.arange(20.0) * 2.0)
    assert_same_at_once_and_step_by_step(Solid(slabs=slabs), grid)


@pytest.mark.parametrize("range_gy", [8192, 16384, 40960, 81920, 81.92, 8.192, 8.192e-3, 1e-6, 0])
def test_bins_at_once_are_the_same_where_their_width_is_just_a_round_number(range_gy):
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    solid = Solid(slabs=(Slab(z_low_mm=0.0, z_high_mm=10.0, edges_mm=loops_in_plane([square]).edges_mm),))
    ends = np.array([0.0, 10.0])
    dose = np.zeros((2, 2, 2), dtype=np.float32)
    dose[..., 1] = range_gy
    assert_same_at_once_and_step_by_step(solid, DoseGrid(dose_gy=dose, x_mm=ends, y_mm=ends, z_mm=ends))


@given(plans())
@settings(max_examples=80)
def test_extremes_and_means_alone_are_the_same_at_once_and_step_by_step(plan):
    solid, dose = plan
    at_once = extremes_of(solid, dose), mean_gy_within(solid, dose)
    with step_by_step():
        assert at_once == (extremes_of(solid, dose), mean_gy_within(solid, dose))


@given(plans())
@settings(max_examples=80)
def test_means_without_a_histogram_are_the_same(plan):
    solid, dose = plan
    ours = mean_gy_within(solid, dose)
    with in_numpy():
        reference = mean_gy_within(solid, dose)
    assert (ours is None) == (reference is None)
    if reference is not None:
        assert ours == pytest.approx(reference, rel=ROUNDING, abs=1e-15)


def stacked(planes):
    """All loops of all planes, ascending in z."""
    vertices = [loop for loops in planes for loop in loops]
    z_mm = np.repeat(np.arange(len(planes), dtype=float), [len(loops) for loops in planes])
    counts = np.array([len(loop) for loop in vertices])
    return loops_of(
        drawn(np.insert(np.concatenate(vertices), 2, 0, axis=1), counts), z_mm, np.zeros(len(counts), dtype=bool)
    )


@given(planes)
@settings(max_examples=80)
@example([[np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]]), np.array([[2.0, 2], [3, 2], [3, 3], [2, 3]])]])
def test_loops_that_touch_and_loops_in_others_are_the_same(planes):
    loops = stacked(planes)
    assume(len(loops))
    touching, inside = touching_loops(loops), containment(loops)
    with in_numpy():
        np.testing.assert_array_equal(touching, touching_loops(loops))
        np.testing.assert_array_equal(inside, containment(loops))


@given(st.lists(loops, min_size=1, max_size=4), st.lists(loops, min_size=1, max_size=4))
@settings(max_examples=80)
def test_outlines_that_overlap_others_are_the_same(some, others):
    outlines, other_outlines = outlines_of(some), outlines_of(others)
    found = overlap_any(outlines, other_outlines)
    with in_numpy():
        assert found == overlap_any(outlines, other_outlines)


def test_tens_of_thousands_of_islands_are_not_taken_for_a_tangle():
    square = np.array([[0.0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]])
    spots = np.stack(np.meshgrid(*[np.arange(150) * 3.0] * 2, [0.0, 3.0]), axis=-1).reshape(-1, 3)
    contours = tuple(Contour(vertices_mm=square + spot) for spot in spots)
    solid = build_solid(Structure(name="Vessels", number=1, contours=contours))
    assert [len(slab.edges_mm) for slab in solid.slabs] == [90_000, 90_000]


numbers = st.one_of(
    st.from_regex(r"[+-]?[0-9]{0,9}\.?[0-9]{0,9}", fullmatch=True),
    st.floats(-1e4, 1e4).map(lambda value: f"{value:.3f}"),
    st.sampled_from(["", ".", "-", "1e3", "1_0", "nan", " 1", "0x1", "1.2.3", "-0", "1,5"]),
)


@given(st.lists(st.lists(numbers, min_size=1, max_size=6), min_size=1, max_size=5))
@settings(max_examples=150)
def test_decimal_strings_are_read_bit_for_bit_as_python_reads_them_or_left_to_python(values):
    texts = ["\\".join(value).encode() for value in values]
    padded = [b" " + text + b"\0 " for text in texts]
    ends = np.cumsum([len(text) for text in padded])
    found = calls.decimals(b"".join(padded), ends - [len(text) for text in padded], ends)
    assert found is not None
    read, counts = found
    lasts = np.cumsum(np.maximum(counts, 0))
    for text, last, count in zip(texts, lasts, counts, strict=True):
        stripped = text.strip(b"\0 ")
        plain = plain_decimals([stripped]) if stripped else [np.empty(0)]
        assert (count >= 0) == (plain is not None), text
        if plain is not None:
            expected = [float(part) for part in stripped.split(b"\\")] if stripped else []
            assert read[last - count : last].tobytes() == np.array(expected).tobytes()


def test_a_library_built_from_other_sources_is_not_loaded():
    assert _kernel._is_of_these_sources(_kernel.native.FINGERPRINT)
    assert not _kernel._is_of_these_sources("0" * 16)


@pytest.mark.parametrize(("choice", "shown"), [("numpy", "numpy"), ("compiled", "compiled"), ("", "compiled")])
def test_the_kernel_is_chosen_by_the_environment_and_shown_by_version(choice, shown, monkeypatch):
    monkeypatch.setenv("RTCHECK_KERNEL", choice)
    done = subprocess.run([sys.executable, "-m", "rtcheck", "version"], capture_output=True, text=True, check=True)
    assert f"DVH kernel: {shown}" in done.stdout


@pytest.mark.parametrize("words", [["no.dcm", "-p", "apatinib"], ["dvh", "no.dcm"], ["structures", "no.dcm"]])
def test_an_unknown_kernel_is_a_usage_error(words, monkeypatch):
    monkeypatch.setenv("RTCHECK_KERNEL", "fast")
    done = subprocess.run([sys.executable, "-m", "rtcheck", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "rtcheck: RTCHECK_KERNEL: expected one of auto, compiled, numpy, not 'fast'.\n"


def test_arrays_that_are_too_short_are_refused():
    whole = np.zeros(3, dtype=np.int64)
    with pytest.raises(ValueError, match="too short"):
        _kernel.native.cut(
            np.zeros((4, 4)), whole, 1, 1, *IN_CELLS, 10, whole, np.zeros(5), np.zeros(1, dtype=np.bool_)
        )


@pytest.mark.parametrize("place", [(0, 2, 2, 0, 0, 0), (2, 2, 2, 2, 0, 0), (2, 2, 2, -2, 0, 0), (9, 2, 2, 0, 0, 0)])
def test_a_box_that_lies_outside_its_grid_is_refused(place):
    """Of 2 x 2 x 2 doses only those are known, and one node before or beyond them."""
    whole, numbers = np.zeros(1, dtype=np.int64), np.zeros(1)
    axes = [np.array([0.0, 1.0])] * 3
    box = (np.zeros((2, 2, 2), dtype=np.float32), np.array(place, dtype=np.int64), *axes)
    with pytest.raises(ValueError, match="kernel"):
        _kernel.native.extremes(
            *[whole] * 3, *[numbers] * 4, np.zeros(1, dtype=np.bool_), numbers, numbers + 1, *box, np.empty(8), 1
        )


NO_EDGES = np.empty((0, 4)), np.empty(0, dtype=np.int64)
NO_LOOPS = np.empty((0, 2)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)


def one_edge(slab):
    return np.zeros((1, 4)), np.array([slab]), *NO_LOOPS


def loops_of_three_points(starts, first_loop):
    return *NO_EDGES, np.zeros((3, 2)), np.array(starts), np.array(first_loop)


@pytest.mark.parametrize(
    ("outline", "parts", "refinement"),
    [
        (one_edge(1), 1, 1), (one_edge(-1), 1, 1), (one_edge(0), 0, 1), (one_edge(0), 65, 1), (one_edge(0), 1, 0),
        (one_edge(0), np.nan, 1), (loops_of_three_points([0, 4], [0, 1]), 1, 1),
        (loops_of_three_points([0, 2, 1], [0, 2]), 1, 1), (loops_of_three_points([0, 3], [0, 2]), 1, 1),
        (loops_of_three_points([0, 3], [1, 0]), 1, 1), (loops_of_three_points([0, 3], [-1, 1]), 1, 1),
        (loops_of_three_points([0, 3], [0]), 1, 1),
    ],
)  # fmt: skip
def test_an_outline_of_slabs_or_loops_that_are_not_there_or_too_many_parts_are_refused(outline, parts, refinement):
    axes, place = [np.array([0.0, 1.0])] * 3, np.array([2, 2, 2, 0, 0, 0])
    with pytest.raises(ValueError, match="kernel"):
        _kernel.native.dvh(
            *outline, np.zeros(1), np.ones(1), np.zeros((2, 2, 2), dtype=np.float32), place, *axes, np.empty(10),
            0.0, 1.0, 0.0, 1.0, parts, 1.0, refinement, 1.0, 7,
        )  # fmt: skip


@given(plans(), st.integers(0, 3))
@settings(max_examples=80)
def test_a_solid_of_loops_is_the_same_as_one_of_their_edges_to_the_last_bit(plan, holes):
    solid, dose = plan
    vertices = [
        loop for slab in solid.slabs for loop in (slab.edges_mm[:, :2], slab.edges_mm[::-1, :2] / 2)[: 1 + holes]
    ]
    each = len(vertices) // len(solid.slabs)
    faces = (np.array([getattr(slab, name) for slab in solid.slabs]) for name in ("z_low_mm", "z_high_mm"))
    low_mm, high_mm = faces
    slabs = LoopSlabs(
        loops=loops_in_plane(vertices),
        first_loop=np.arange(len(solid.slabs) + 1) * each,
        low_mm=low_mm,
        high_mm=high_mm,
    )
    of_loops, of_edges = (known_dvh(Solid(slabs=form), dose) for form in (slabs, tuple(slabs)))
    for name in (*DVH_VALUES, "dose_gy", "volume_at_least_cc"):
        np.testing.assert_array_equal(getattr(of_loops, name), getattr(of_edges, name), err_msg=name)
    with in_numpy():
        reference = known_dvh(Solid(slabs=slabs), dose)
    size = 10 * ROUNDING * sum(abs(slab.edges_mm).max() ** 2 * (slab.z_high_mm - slab.z_low_mm) for slab in slabs)
    assert of_loops.volume_cc * 1000 == pytest.approx(reference.volume_cc * 1000, abs=size)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.floats(0, 5)), max_size=30), st.integers(-5, 40))
def test_curves_of_tallies_are_the_same_to_the_last_bit(cells, first):
    bins = Bins(first_gy=first * 0.002, width_gy=0.002, count=30)
    low, high, volume = (np.array(column, dtype=float) for column in (zip(*cells, strict=True) if cells else [()] * 3))
    middle, spread = bins.first_gy + (low + high) / 2 * bins.width_gy, np.abs(high - low) * bins.width_gy
    tally = tally_boxes(middle, spread, volume, bins)
    for ours, reference in zip(cumulative(tally, bins), cumulative_in_numpy(tally, bins), strict=True):
        np.testing.assert_array_equal(ours, reference)


@given(planes, st.floats(-500, 500), st.floats(0.01, 3), st.integers(1, 4))
def test_pieces_of_edges_in_millimetres_are_the_same_to_the_last_bit(planes, first_mm, per_mm, parts):
    edges, slab = edges_of(planes)
    lines = EvenLines(x0=first_mm, per_x=per_mm, y0=-first_mm, per_y=2 * per_mm, parts=parts)
    edges = edges / per_mm / parts + np.array([first_mm, -first_mm] * 2)
    assert calls.cut(edges, slab, ROWS, COLUMNS, lines) is not None, "the room for pieces is enough"
    ours = cut_at_grid_lines(edges, slab, ROWS, COLUMNS, lines)
    reference = cut_in_numpy(lines.in_cells(edges), slab, ROWS, COLUMNS)
    for name in PIECES:
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name), err_msg=name)


@given(planes, st.floats(-500, 500), st.integers(1, 3), st.integers(2, 7))
def test_what_an_outline_covers_is_the_same_without_its_pieces_and_its_measures_too(planes, first_mm, parts, columns):
    edges, slab = edges_of(planes)
    lines = EvenLines(first_mm, 1.0, -3.0, 0.5, parts)
    edges = edges + np.array([first_mm, 0.0] * 2)
    ours = cover_outline(edges, slab, 5, columns, lines)
    reference = cover(cut_at_grid_lines(edges, slab, 5, columns, lines), 5, columns)
    for name in type(ours).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(ours, name), getattr(reference, name))
    faces = np.arange(slab.max() + 1.0)
    outline = Outline(drawn=SlabEdges(edges_mm=edges, slab=slab), low_mm=faces, high_mm=faces + 0.75)
    *ranges, volume = measures_in_numpy(outline)
    assert outline.spans_mm[:2] == ((ranges[0], ranges[2]), (ranges[1], ranges[3]))
    largest = max(ranges[2] - ranges[0], ranges[3] - ranges[1]) ** 2 * len(edges)
    assert outline.volume_mm3 == pytest.approx(volume, rel=1e-12, abs=1e-12 * max(largest, 1e-300))
