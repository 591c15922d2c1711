"""By default targets of at most 20 cc on 3 planes or more, whose outlines change, are interpolated with cubic dose; all
else is slabs.
"""

from dataclasses import replace

import numpy as np
import pytest
from support import shapes
from support.cases import case_of, protocol_of
from validation.truth import FallOff, of_ball

from rtcheck.checking.check import check
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.protocol.names.targets import is_target_roi
from rtcheck.report import render

RADIUS_MM, SLICE_MM = 5.0, 2.0
FALL_OFF = FallOff(maximum_gy=24.0, sigma_mm=6.4)
SLABS = EngineSettings(shape="slabs")


def ball(name, radius_mm=RADIUS_MM, type=""):
    return replace(shapes.sphere(radius_mm, SLICE_MM, centre=(0.3, -0.4, 0.5)), name=name, type=type)


def peaked(x, y, z):
    return FALL_OFF(np.sqrt((x - 0.3) ** 2 + (y + 0.4) ** 2 + (z - 0.5) ** 2))


def report_on(tmp_path, structures, *goals, **options):
    """Every goal of every structure, each by its name; the dose falls off from the middle of the balls."""
    rows = [f"  - {{structure: {each.name}, goal: '{goal}'}}" for each in structures for goal in goals]
    case = case_of(structures, shapes.dose_over(-30.0, 30.0, 2.0, peaked, shift=0.31), prescription_gy=18.0)
    return check(case, protocol_of(tmp_path, "\n".join(["name: small", "constraints:", *rows, ""])), **options)


def small_ones(report):
    return [name for notice in report.notices if notice.code == "structure.small" for name in notice.structures]


def test_a_small_target_has_its_true_values_and_a_copy_that_is_an_organ_those_of_slabs(tmp_path):
    true = of_ball(RADIUS_MM, FALL_OFF).values()
    both = [ball("PTV_Met"), ball("Cochlea_L")]
    goals = ("Volume > 0.1 cc", "Dmean > 1 Gy", "D95% > 1 Gy")
    report = report_on(tmp_path, both, *goals)
    target = [result.measurement.value for result in report.results[:3]]
    organ = [result.measurement.value for result in report.results[3:]]
    assert target[0] == pytest.approx(true["Volume"], rel=0.02)
    assert target[1] == pytest.approx(true["Dmean"], rel=0.003)
    assert target[2] == pytest.approx(true["D95%"], rel=0.01)
    assert organ[2] != pytest.approx(true["D95%"], rel=0.03)
    slabs = report_on(tmp_path, both, *goals, settings=SLABS)
    assert organ == [result.measurement.value for result in slabs.results[3:]]
    assert organ == [result.measurement.value for result in slabs.results[:3]]
    assert small_ones(report) == ["PTV_Met"]
    assert small_ones(slabs) == []


def test_the_band_of_a_small_target_holds_its_slabs_and_reaches_beyond_its_cubic_dose(tmp_path):
    target = [ball("PTV_Met")]
    goals = ("Volume > 0.1 cc", "Dmean > 1 Gy", "D95% > 1 Gy", "D2% < 99 Gy")
    banded = report_on(tmp_path, target, *goals, band=True).results
    for other in (SLABS, EngineSettings(shape="interpolated"), replace(SLABS, dose_interpolation="cubic")):
        for ours, theirs in zip(banded, report_on(tmp_path, target, *goals, settings=other).results, strict=True):
            assert ours.measurement.low <= theirs.measurement.value <= ours.measurement.high


def test_a_large_target_and_one_on_two_planes_stay_slabs(tmp_path):
    flat = shapes.prism([shapes.circle(5.0)], planes=2, spacing=3.0)
    targets = [ball("PTV", 17.5), replace(flat, name="GTV")]
    report = report_on(tmp_path, targets, "Dmean > 1 Gy")
    slabs = report_on(tmp_path, targets, "Dmean > 1 Gy", settings=SLABS)
    assert [each.measurement for each in report.results] == [each.measurement for each in slabs.results]
    assert small_ones(report) == []


TURNED = shapes.rotated(shapes.prism([shapes.square(-4, -4, 8)], planes=5, spacing=2.0), 1)


@pytest.mark.parametrize(
    "drawn",
    [
        shapes.cube(8.0, corner=(-4, -4, -4), spacing=2.0),
        shapes.prism([shapes.circle(6.0), shapes.circle(3.0)], planes=6, spacing=1.5),
        replace(TURNED, contours=(*shapes.cube(8.0, corner=(-4, -4, 10), spacing=2.0).contours, *TURNED.contours)),
        shapes.structure({z: [shapes.square(-4, -4, 8 if z < 3 else 6)] for z in (0.0, 1.0, 2.0, 3.0, 4.0)}),
    ],
    ids=["box", "tube", "boxes that begin at another corner", "step"],
)
def test_a_target_whose_outline_stays_from_plane_to_plane_stays_slabs_and_is_reported_as_such(tmp_path, drawn):
    goals = ("Volume > 0.1 cc", "Dmean > 1 Gy", "D95% > 1 Gy", "Dmax < 99 Gy")
    target = [replace(drawn, name="GTV", type="GTV")]
    report, slabs = report_on(tmp_path, target, *goals), report_on(tmp_path, target, *goals, settings=SLABS)
    assert [each.measurement for each in report.results] == [each.measurement for each in slabs.results]
    assert (small_ones(report), report.settings.shape, report.provenance["settings"]["shape"]) == ([], "slabs", "slabs")


def test_every_report_names_its_small_targets(tmp_path):
    report = report_on(tmp_path, [ball("PTV"), ball("Cochlea_L")], "Dmean > 1 Gy")
    for form in ("table", "json", "html", "markdown", "csv", "junit"):
        assert "small target, interpolated between its planes" in str(render(report, form)).lower(), form
    assert report.provenance["settings"]["shape"] == "auto"


def test_an_index_of_a_small_target_takes_one_dose_for_target_and_body(tmp_path):
    """The isodose of 20 Gy is a ball of 3.9 mm, wholly inside: then both indices are its volume by the target's."""
    structures = [ball("PTV_Met"), replace(shapes.cube(16.0, corner=(-8, -8, -8)), name="BODY", type="EXTERNAL")]
    case = case_of(structures, shapes.dose_over(-30.0, 30.0, 2.0, peaked, shift=0.31), prescription_gy=20.0)
    rows = [f"{{structure: PTV_Met, goal: {index} < 9}}" for index in ("CI_RTOG", "CI_Paddick")]
    rtog, paddick = check(case, protocol_of(tmp_path, f"name: x\nconstraints: [{', '.join(rows)}]\n")).results
    assert paddick.measurement.value == pytest.approx(rtog.measurement.value, rel=0.005)
    assert rtog.measurement.value == pytest.approx((3.86 / RADIUS_MM) ** 3, rel=0.2)  # by linear dose


@pytest.mark.parametrize(
    ("name", "roi_type", "is_one"),
    [
        ("Met 3", "GTV", True),
        ("PTV_24", "ORGAN", True),
        ("PTV_24", "", True),
        ("ITV", "", True),
        ("PTV_ring", "PTV", False),
        ("PTV-GTV", "", False),
        ("Lens_L", "ORGAN", False),
        ("OpticNrv_R", "", False),
    ],
)
def test_a_target_is_known_by_its_type_or_its_name_and_not_what_is_made_from_it(name, roi_type, is_one):
    assert is_target_roi(name, roi_type) is is_one
