"""dicompyler-core under pydicom 3, its DVH class, and its traps, on cubes whose DVH is known in closed form."""

import subprocess
import sys

import pydicom.dicomio
import pytest
from support.samples import PASSES
from support.shapes import cube, dose_over, gradient

from rtcheck.dicompyler import DicompylerError, dvh_by_dicompyler, metric_by_dicompyler, to_dicompyler
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.build import build_solid
from rtcheck.protocol.language.goal import parse_metric


def cube_dvh(side_mm=20.0, *, reach_mm=30.0):
    """A cube around the origin in a dose that rises by 1 Gy a mm along x and is 16 Gy at the origin."""
    shape = cube(side_mm, corner=(-side_mm / 2, -side_mm / 2, -side_mm / 2))
    return compute_dvh(build_solid(shape), dose_over(-31.0, reach_mm, 2.0, gradient("x")))


def test_a_cube_in_a_gradient_keeps_its_numbers_as_a_dicompyler_dvh():
    dvh = cube_dvh().to_dicompyler(name="cube")
    assert dvh.name == "cube"
    assert dvh.dvh_type == "cumulative"
    assert dvh.volume == pytest.approx(8.0, rel=1e-6)
    assert dvh.mean == pytest.approx(16.0, abs=0.01)
    assert (dvh.min, dvh.max) == (pytest.approx(6.0, abs=0.02), pytest.approx(26.0, abs=0.02))
    assert dvh.D50.value == pytest.approx(16.0, abs=0.01)
    assert dvh.D2cc.value == pytest.approx(21.0, abs=0.01)
    assert dvh.V20Gy.value == pytest.approx(8.0 * 6 / 20, abs=0.01)


def test_what_lies_outside_the_dose_is_left_out_and_noted():
    dvh = to_dicompyler(cube_dvh(reach_mm=-1.0))  # the grid ends half a step beyond its last node
    assert dvh.volume == pytest.approx(1.0, rel=1e-6)  # an eighth of the cube is inside
    assert dvh.notes == "7 cm3 outside the dose grid omitted"


def test_a_structure_wholly_outside_the_dose_has_an_empty_dvh():
    far = build_solid(cube(10.0, corner=(100.0, 100.0, 100.0)))
    dvh = to_dicompyler(compute_dvh(far, dose_over(-30.0, 30.0, 2.0, 20.0)))
    assert (dvh.volume, dvh.max) == (0, 0)


def test_d2cc_of_a_one_cc_organ_is_none_where_dicompyler_says_zero():
    dvh = to_dicompyler(cube_dvh(10.0))
    assert dvh.D2cc.value == 0.0
    assert metric_by_dicompyler(parse_metric("D2cc"), dvh) is None


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("Volume", 8.0),
        ("Dmean", 16.0),
        ("D2cc", 21.0),
        ("D25%", 21.0),
        ("D2cc[%]", 42.0),
        ("DC2cc", 11.0),
        ("V20Gy", 2.4),
        ("V40%", 2.4),
        ("V20Gy[%]", 30.0),
        ("CV20Gy", 5.6),
    ],
)
def test_metrics_of_a_cube_in_a_gradient_by_dicompylers_look_up(metric, expected):
    found = metric_by_dicompyler(parse_metric(metric), to_dicompyler(cube_dvh()), prescription_gy=50.0)
    assert found == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("metric", ["EQD2[3] Dmean", "gEUD[2]", "HI_ICRU83"])
def test_metrics_that_dicompyler_does_not_know_are_none(metric):
    assert metric_by_dicompyler(parse_metric(metric), to_dicompyler(cube_dvh())) is None


def test_a_percentage_without_a_prescription_is_none():
    assert metric_by_dicompyler(parse_metric("V40%"), to_dicompyler(cube_dvh())) is None


def test_a_roi_that_is_not_there_is_an_error_of_ours():
    structures, dose = (pydicom.dcmread(PASSES / f"{name}.dcm") for name in ("struct", "dose"))
    with pytest.raises(DicompylerError, match="KeyError"):
        dvh_by_dicompyler(structures, dose, 99)


def test_pydicom_is_left_as_it_was():
    to_dicompyler(cube_dvh())
    assert not hasattr(pydicom.dicomio, "read_file")


def test_importing_rtcheck_imports_neither_dicompyler_nor_matplotlib():
    code = "import sys, rtcheck, rtcheck.dosimetry.dvh, rtcheck.checking.check; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
