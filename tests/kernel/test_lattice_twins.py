"""Fields on a lattice, and solids made of them: the compiled kernel against its numpy twin, which is the reference."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernels import needs_compiled

from rtcheck.geometry import _kernel
from rtcheck.geometry.contours import Contour, Structure
from rtcheck.geometry.interpolated import interpolated_solid, slabs_in_numpy
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.level_set import zero_level, zero_level_in_numpy
from rtcheck.geometry.loops import Loops
from rtcheck.geometry.margins.distance import squared_distances, squared_distances_in_numpy
from rtcheck.geometry.plane_field import edges_around
from rtcheck.geometry.planes import Planes, planes_of
from rtcheck.geometry.sections import Sections

pytestmark = needs_compiled

ROUNDING = 1e-12
LATTICE = Lattice.around(np.array([0.0, 0.0]), np.array([20.0, 14.0]), spacing_mm=1.0)

# On nodes' columns and rows, between them, repeated, and far apart: pieces without length and level edges come along.
ordinates = st.one_of(st.integers(0, 14).map(float), st.floats(0, 14), st.integers(0, 13).map(lambda n: n + 0.0137))
loops = st.lists(st.tuples(ordinates, ordinates), min_size=3, max_size=9).map(np.array)
nested = st.tuples(loops, st.integers(0, 2))
some_tiles = st.sets(st.integers(0, len(LATTICE.all_tiles) - 1), min_size=1).map(lambda tiles: np.array(sorted(tiles)))
seeds = st.integers(0, 2**32 - 1)


def rough(seed, *shape):
    """Numbers with zeros, ties and saddles among them."""
    random = np.random.default_rng(seed)
    return np.where(random.random(shape) < 0.3, random.integers(-1, 2, shape), random.normal(size=shape))


@given(loops, some_tiles)
@settings(max_examples=80)
def test_distances_from_edges_are_the_same(loop, tiles):
    edges = edges_around(loop)
    np.testing.assert_allclose(
        squared_distances(LATTICE, tiles, edges), squared_distances_in_numpy(LATTICE, tiles, edges),
        rtol=ROUNDING, atol=1e-12,
    )  # fmt: skip


@given(some_tiles, seeds)
@settings(max_examples=80)
def test_edges_around_what_is_negative_are_the_same_to_the_last_bit(tiles, seed):
    field = rough(seed, len(tiles), 5, 5)
    np.testing.assert_array_equal(zero_level(LATTICE, tiles, field), zero_level_in_numpy(LATTICE, tiles, field))


def drawn(sections_of, gaps_mm, are_bridged, spacing_mm=3.0):
    """Planes of loops with their depths, as they come: crossing themselves and others, too thin for the lattice ..."""
    z_mm = np.concatenate([[0.0], np.cumsum(gaps_mm)])[: len(sections_of)]
    every = [loop for section in sections_of for loop, _ in section]
    loops = Loops(
        points_mm=np.concatenate(every), counts=np.array([len(loop) for loop in every]),
        z_mm=np.repeat(z_mm, [len(section) for section in sections_of]), is_xor=np.zeros(len(every), dtype=bool),
    )  # fmt: skip
    depth = np.array([depth for section in sections_of for _, depth in section])
    gaps = len(sections_of) - 1
    return Planes(
        sections=Sections(loops=loops, depth=depth), spacing_mm=spacing_mm,
        reach_mm=np.full((len(z_mm), 2), spacing_mm / 2),
        skipped=np.zeros(gaps, dtype=np.int64), is_bridged=np.array(are_bridged[:gaps], dtype=bool),
    )  # fmt: skip


def assert_twins(planes, end_caps):
    """The slabs, the same from both."""
    ours, reference = interpolated_solid(planes, end_caps=end_caps).slabs, tuple(slabs_in_numpy(planes, end_caps))
    reference = tuple(slab for slab in reference if len(slab.edges_mm))
    assert [(slab.z_low_mm, slab.z_high_mm) for slab in ours] == [(its.z_low_mm, its.z_high_mm) for its in reference]
    for mine, its in zip(ours, reference, strict=True):
        np.testing.assert_allclose(mine.edges_mm, its.edges_mm, rtol=0, atol=1e-9)
    return ours


caps = st.sampled_from(["none", "half", "full"])


@given(
    st.lists(st.lists(nested, min_size=1, max_size=4), min_size=1, max_size=6),
    st.lists(st.sampled_from([1.0, 3.0, 3.3]), min_size=5, max_size=5),
    st.lists(st.integers(0, 4).map(bool), min_size=5, max_size=5),
    caps,
)
@settings(max_examples=150, deadline=None)
def test_solids_of_any_loops_are_the_same(sections_of, gaps_mm, are_bridged, end_caps):
    assert_twins(drawn(sections_of, gaps_mm, are_bridged), end_caps)


@given(seeds, st.integers(2, 5), caps)
@settings(max_examples=25, deadline=None)
def test_solids_of_drawn_organs_are_the_same(seed, count, end_caps):
    random = np.random.default_rng(seed)
    contours = []
    for k in range(count):
        for centre in ((0.0, 0.0), (25.0, 0.0))[: random.integers(1, 3)]:
            for radius in (random.uniform(4, 9), random.uniform(1, 3))[: random.integers(1, 3)]:
                angle = np.sort(random.uniform(0, 2 * np.pi, 20))
                wobble = radius * (1 + 0.1 * random.uniform(-1, 1, 20))
                xy = np.array(centre) + wobble[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
                contours.append(Contour(vertices_mm=np.insert(xy, 2, 3.0 * k, axis=1)))
    slabs = assert_twins(planes_of(Structure(name="Organ", number=1, contours=tuple(contours))), end_caps)
    assert all(low.z_high_mm <= high.z_low_mm + 1e-9 for low, high in pairwise(slabs))


@given(st.lists(st.floats(39, 43), min_size=2, max_size=4), st.floats(0, 6), caps)
@settings(max_examples=15, deadline=None)
def test_large_solids_are_the_same(radii_mm, aside_mm, end_caps):
    angle = np.arange(60) * (2 * np.pi / 60)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    sections_of = [[(radius * circle + (aside_mm * k, 0.0), 0)] for k, radius in enumerate(radii_mm)]
    assert_twins(drawn(sections_of, [3.0] * 3, [True] * 3), end_caps)


@pytest.mark.parametrize("seed", range(4))
def test_solids_of_many_loops_beside_one_another_are_the_same(seed):
    random = np.random.default_rng(seed)
    angle = np.arange(9) * (2 * np.pi / 9)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    places = [(x, y) for x in range(0, 42, 7) for y in range(0, 28, 7)]
    sections_of = [
        [
            (random.uniform(1, 3) * circle + place + random.uniform(0, 1, 2), 0)
            for place in places
            if random.random() < 0.8
        ]
        for _ in range(4)
    ]
    assert_twins(drawn(sections_of, [3.0] * 3, [True] * 3), "half")


def strip(x, width):
    return np.array([[x, 0.0], [x + width, 0.0], [x + width, 9.0], [x, 9.0]])


def test_loops_between_the_nodes_of_the_lattice_go_on_where_they_overlap():
    wide, thin, aside = strip(0.0, 9.0), strip(12.0, 0.05), strip(12.06, 0.05)
    for other in (thin, aside):
        assert_twins(drawn([[(wide, 0), (thin, 0)], [(wide, 0), (other, 0)]], [3.0], [True]), "none")


def test_lines_and_points_are_the_same():
    line, point = np.array([[1.0, 1], [9, 1], [5, 1]]), np.full((3, 2), 4.0)
    for loop in (line, point):
        assert_twins(drawn([[(loop, 0)], [(loop, 0), (strip(0.0, 9.0), 0)]], [3.0], [True]), "half")
    assert assert_twins(drawn([[(point, 1)]], [], []), "half") == ()


def test_one_plane_without_caps_has_no_slab():
    assert assert_twins(drawn([[(strip(0.0, 9.0), 0)]], [], []), "none") == ()


def test_tiles_off_the_lattice_and_loops_without_points_are_refused():
    edges = edges_around(np.array([[0.0, 0], [1, 0], [1, 1]]))
    numbers = LATTICE.numbers
    for tile in (-1, len(LATTICE.all_tiles)):
        with pytest.raises(ValueError, match="outside its lattice"):
            _kernel.native.squared_distances(edges, np.array([tile]), np.empty(25), numbers)
    with pytest.raises(ValueError, match="too short"):
        _kernel.native.squared_distances(edges, np.array([0, 1]), np.empty(25), numbers)


SQUARE = edges_around(np.array([[0.2, 0.2], [3, 0.2], [3, 3]]))


def planes_for(**changed):
    """The arguments of the kernel for two planes of one loop each."""
    arrays = {
        "first_loop": np.array([0, 1, 2]), "starts": np.array([0, 3, 6]), "depth": np.zeros(2, np.int32),
        "edges": np.concatenate([SQUARE, SQUARE]), "radius": np.ones(2), "numbers": np.zeros((4, 2)),
        "is_bridged": np.ones(1, bool), "depths": 1, "layer": 0.5, "steep": 0.0, "level": 0.1, "leftover": 0.1,
        "closes": True, "lattice": LATTICE.numbers,
    }  # fmt: skip
    return tuple((arrays | changed).values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_loop": np.array([0, 2, 2])}, {"first_loop": np.array([0, 1, 3])}, {"first_loop": np.array([0])},
        {"starts": np.array([0, 3, 3])}, {"starts": np.array([1, 3, 6])}, {"starts": np.array([0, 3, 7])},
        {"depth": np.array([0, 1], np.int32)}, {"depth": np.array([0, -1], np.int32)}, {"depth": np.zeros(1, np.int32)},
        {"edges": SQUARE}, {"radius": np.ones(1)}, {"numbers": np.zeros((3, 2))}, {"is_bridged": np.ones(0, bool)},
        {"depths": 0}, {"depths": 1 << 16}, {"layer": 0.0}, {"layer": np.nan}, {"lattice": (0.0, 0.0, 1.0, 6, 5)},
    ],
)  # fmt: skip
def test_planes_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError, match="kernel"):
        _kernel.native.interpolated(*planes_for(**wrong))


def test_a_loop_that_leaves_the_lattice_has_no_solid():
    for lattice in ((0.0, 0.0, 0.5, 5, 5), (1.0, 1.0, 1.0, 9, 9)):
        assert (
            _kernel.native.interpolated(
                *planes_for(numbers=np.array([[0, 3], [-1, 1], [1, 4], [9, 9.0]]), lattice=lattice)
            )
            is None
        )


def test_the_edges_outlive_what_they_were_made_of():
    numbers = np.array([[0, 3], [-1, 1], [1, 4], [9, 9.0]])
    edges, layers = _kernel.native.interpolated(*planes_for(numbers=numbers))
    copy = bytes(edges)
    held = np.frombuffer(edges)
    del edges, layers
    assert held.tobytes() == copy
    assert not held.flags.writeable
