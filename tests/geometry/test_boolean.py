"""Unions, intersections and differences: volumes by hand, and identities that must hold for any two solids."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import shapes
from support.real_data import REAL_DICOM, needs_real_dicom

from rtcheck.geometry.boolean import combine
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.solid import Solid


def volumes(a, b):
    """The volumes of union, intersection, a without b and b without a."""
    solids = (combine(a, b, "union"), combine(a, b, "intersection"), combine(a, b, "difference"))
    return [shapes.volume_mm3(solid) for solid in (*solids, combine(b, a, "difference"))]


CUBE = build_solid(shapes.cube(10))


@pytest.mark.parametrize(
    ("other", "union", "common"),
    [
        pytest.param(shapes.cube(4, corner=(3, 3, 3)), 1000, 64, id="inside"),
        pytest.param(shapes.cube(10), 1000, 1000, id="equal"),
        pytest.param(shapes.cube(10, corner=(5, 5, 5)), 1875, 125, id="crossing"),
        pytest.param(shapes.cube(10, corner=(10, 0, 0)), 2000, 0, id="touching along a side"),
        pytest.param(shapes.cube(10, corner=(10, 10, 0)), 2000, 0, id="touching along an edge"),
        pytest.param(shapes.cube(10, corner=(0, 0, 10)), 2000, 0, id="touching from above"),
        pytest.param(shapes.cube(10, corner=(30, 0, 0)), 2000, 0, id="apart"),
        pytest.param(shapes.cube(5, corner=(0, 0, 0)), 1000, 125, id="inside, sharing three sides"),
        pytest.param(shapes.cube(4, corner=(0, 3, 3)), 1000, 64, id="inside, touching from within"),
        pytest.param(shapes.cube(20, corner=(-5, -5, -5)), 8000, 1000, id="around"),
        pytest.param(shapes.cube(10, corner=(0, 0, 0.25)), 1025, 975, id="planes between the other's planes"),
        pytest.param(shapes.cube(10, corner=(0, 0, 0), spacing=2.5), 1000, 1000, id="other plane spacing"),
    ],
)
def test_two_cubes(other, union, common):
    b = build_solid(other)
    volume = shapes.volume_mm3(b)
    assert volumes(CUBE, b) == pytest.approx([union, common, 1000 - common, volume - common], abs=1e-6)


def test_an_empty_solid_adds_nothing_and_takes_nothing_away():
    assert volumes(CUBE, Solid()) == pytest.approx([1000, 0, 1000, 0])
    assert combine(Solid(), Solid(), "union").is_empty
    assert combine(CUBE, CUBE, "difference").is_empty


def test_a_difference_has_a_hole_where_the_other_solid_was():
    liver, gtv = build_solid(shapes.cube(10)), build_solid(shapes.cube(4, corner=(3, 3, 0), spacing=1.0))
    assert shapes.volume_mm3(combine(liver, gtv, "difference")) == pytest.approx(1000 - 64)
    assert {len(slab.edges_mm) for slab in combine(liver, gtv, "difference").slabs} == {4, 8}


def test_notices_of_both_operands_are_kept():
    one = build_solid(shapes.structure({0.0: [shapes.square(0, 0, 5)]}, name="A"))
    other = build_solid(shapes.structure({0.0: [shapes.square(0, 0, 5)]}, name="B"))
    assert [notice.structure for notice in combine(one, other, "union").notices] == ["A", "B"]


def blob(seed, centre, radius, *, decimals, points=40, spacing=3.0):
    """A wobbly stack of loops with rounded coordinates, as planning systems write them."""
    random = np.random.default_rng(seed)
    planes = {}
    for z in np.arange(-9.0, 9.1, spacing):
        wobble = radius * (1 + 0.15 * random.uniform(-1, 1, points))
        angle = np.arange(points) * 2 * np.pi / points
        loop = np.column_stack([centre[0] + wobble * np.cos(angle), centre[1] + wobble * np.sin(angle)])
        planes[float(z)] = [np.round(loop, decimals)]
    return build_solid(shapes.structure(planes))


blobs = st.builds(
    blob,
    st.integers(0, 10_000),
    st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
    st.floats(3, 15),
    decimals=st.sampled_from([0, 1, 2, 6]),  # whole millimetres make many edges coincide
    spacing=st.sampled_from([2.0, 3.0, 4.5]),
)


@settings(max_examples=60)
@given(blobs, blobs)
def test_union_and_intersection_together_are_as_large_as_both_operands(a, b):
    of_a, of_b = shapes.volume_mm3(a), shapes.volume_mm3(b)
    union, common, only_a, only_b = volumes(a, b)
    assert union + common == pytest.approx(of_a + of_b, rel=1e-6)
    assert only_a + common == pytest.approx(of_a, rel=1e-6)
    assert only_b + common == pytest.approx(of_b, rel=1e-6)


@settings(max_examples=30)
@given(blobs, blobs)
def test_a_structure_cropped_against_another_has_nothing_in_common_with_it(a, b):
    cropped = combine(a, b, "difference")
    assert shapes.volume_mm3(combine(cropped, b, "intersection")) == pytest.approx(0, abs=1e-2)
    again = shapes.volume_mm3(combine(cropped, b, "difference"))
    assert again == pytest.approx(shapes.volume_mm3(cropped), abs=1e-2)
    assert shapes.volume_mm3(combine(cropped, b, "union")) == pytest.approx(volumes(a, b)[0], abs=1e-2)


@pytest.fixture(scope="module")
def prostate():
    """The structures of a Pinnacle plan, as solids by name."""
    from rtcheck.dicom import read_case

    structures = read_case(REAL_DICOM / "prostate_pinnacle").structures
    return lambda name: build_solid(structures.load(next(roi.number for roi in structures if roi.name == name)))


@needs_real_dicom
@pytest.mark.parametrize(("organ", "derived"), [("Rectum", "Rectum-PTVs"), ("Bladder", "Bladder-PTVs")])
def test_an_organ_without_its_targets_agrees_with_what_pinnacle_derived(prostate, organ, derived):
    # Pinnacle subtracts by voxels of about 1 mm: its result keeps a millimetre's distance from the targets.
    targets = [prostate(name) for name in ("PTV_67Gy", "PTV_60Gy", "PTV_57_6Gy", "PTV_48_6Gy")]
    union = reduce(lambda a, b: combine(a, b, "union"), targets)
    result, theirs = combine(prostate(organ), union, "difference"), prostate(derived)
    assert shapes.volume_mm3(combine(theirs, result, "difference")) == pytest.approx(0, abs=1.0)
    assert shapes.volume_mm3(result) == pytest.approx(shapes.volume_mm3(theirs), rel=0.04)


@needs_real_dicom
def test_an_organ_that_no_target_touches_stays_as_it_is(prostate):
    bulb = combine(prostate("Penile_Bulb"), prostate("PTV_60Gy"), "difference")
    assert shapes.volume_mm3(bulb) == pytest.approx(shapes.volume_mm3(prostate("PB-PTVs")), rel=1e-6)
