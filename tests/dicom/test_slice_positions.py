"""On which slices structures are drawn: by the CT slices at hand, the images that contours refer to, or all planes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from support.known_plans import box

from rtcheck.conformance.phantom import (
    FRAME_OF_REFERENCE,
    ROOT,
    PhantomSet,
    contour,
    dose_dataset,
    image_dataset,
    item,
    plan_dataset,
    reference,
    structures_dataset,
    write_file,
)
from rtcheck.conformance.shapes import BODY, CORD, Box
from rtcheck.dicom import read_case
from rtcheck.dicom.finding.headers import read_header
from rtcheck.dicom.finding.sources import locate
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.solid import Solid

GAP_MM = 1.5
"""A plane of the cord, which reaches from -51 to 51 mm in slices of 3 mm."""


def written(
    folder: Path,
    *boxes: Box,
    left_out_mm: Iterable[float] = (),
    images_mm: Iterable[float] = (),
    with_references: bool = False,
    cosines: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
) -> Path:
    """The boxes as a set, the first of them without some planes, and CT slices beside it."""
    structures = structures_dataset(boxes=boxes)
    drawn = structures.ROIContourSequence[0].ContourSequence
    gone = set(left_out_mm)
    structures.ROIContourSequence[0].ContourSequence = [c for c in drawn if float(c.ContourData[2]) not in gone]
    images = {z_mm: f"{ROOT}.4.{number}" for number, z_mm in enumerate(images_mm)}
    if with_references:
        sequence = [reference("CT", uid) for uid in images.values()]
        series = item(SeriesInstanceUID=f"{ROOT}.8.2", ContourImageSequence=sequence)
        study = item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=f"{ROOT}.7")
        study.RTReferencedSeriesSequence = [series]
        frame = item(FrameOfReferenceUID=FRAME_OF_REFERENCE, RTReferencedStudySequence=[study])
        structures.ReferencedFrameOfReferenceSequence = [frame]
        for roi in structures.ROIContourSequence:
            for each in roi.ContourSequence:
                if (uid := images.get(float(each.ContourData[2]))) is not None:
                    each.ContourImageSequence = [reference("CT", uid)]
    PhantomSet(plan=plan_dataset(), dose=dose_dataset(), structures=structures).write(folder)
    for number, z_mm in enumerate(images):
        image = image_dataset(z_mm, number)
        image.ImageOrientationPatient = list(cosines)
        write_file(image, folder / f"ct{number}.dcm")
    return folder


def first_solid(folder: Path) -> Solid:
    case = read_case(folder)
    assert case.structures is not None
    return build_solid(case.structures.load(case.structures.rois[0].number))


def codes(folder: Path) -> list[str]:
    case = read_case(folder)
    assert case.structures is not None
    structure = case.structures.load(case.structures.rois[0].number)
    return [notice.code for notice in (*structure.notices, *build_solid(structure).notices)]


def height_mm(solid: Solid) -> float:
    return sum(slab.z_high_mm - slab.z_low_mm for slab in solid.slabs)


@pytest.mark.parametrize("others", [(BODY,), ()], ids=["with another structure on every slice", "alone in its set"])
def test_a_slice_left_out_is_missing(tmp_path, others):
    folder = written(tmp_path / "set", CORD, *others, left_out_mm=[GAP_MM])
    assert codes(folder) == ["structure.missing-slices"]
    assert height_mm(first_solid(folder)) == pytest.approx(33 * 3)


@pytest.mark.parametrize("with_references", [True, False])
def test_a_slice_of_the_ct_that_all_structures_skip_is_missing(tmp_path, with_references):
    """Alone in their set two planes 6 mm apart would be neighbouring slices of 6 mm."""
    small = box("SpinalCord", size_mm=(10, 10, 9))  # planes at -3, 0 and 3 mm
    images_mm = np.arange(-60.0, 61, 3)
    folder = written(tmp_path / "set", small, left_out_mm=[0.0], images_mm=images_mm, with_references=with_references)
    assert codes(folder) == ["structure.missing-slices"]
    solid = first_solid(folder)
    assert (height_mm(solid), height_mm(solid.at_most)) == pytest.approx((6.0, 9.0))


def test_the_ct_says_how_thick_a_single_slice_is(tmp_path):
    single = box("Marker", size_mm=(10, 10, 3))  # one plane, at 0
    assert height_mm(first_solid(written(tmp_path / "ct", single, images_mm=np.arange(-60.0, 61, 2.5)))) == 2.5
    assert height_mm(first_solid(written(tmp_path / "none", single))) == 3.0  # nothing states it


def test_images_that_contours_do_not_lie_on_are_told_of_and_change_no_number(tmp_path):
    """The slices of the scan lie 1.2 mm beside the planes."""
    folder = written(tmp_path / "set", CORD, images_mm=np.arange(-60.3, 61, 3.0))
    assert codes(folder) == ["structure.between-slices"]
    assert height_mm(first_solid(folder)) == pytest.approx(102)


@pytest.mark.parametrize(
    ("images_mm", "cosines"),
    [
        (np.arange(-60.0, 61, 2.0), (0.999, 0, 0.045, 0, 1, 0)),  # tilted, as with a tilted gantry
        (np.arange(-6.0, 7, 2.0), (1, 0, 0, 0, 1, 0)),  # a few slices that nothing refers to
        ([], ()),
    ],
    ids=["tilted", "few", "none"],
)
def test_images_that_are_no_scan_of_axial_slices_are_not_asked(tmp_path, images_mm, cosines):
    folder = written(tmp_path / "set", CORD, images_mm=images_mm, cosines=cosines)
    assert codes(folder) == []
    assert height_mm(first_solid(folder)) == pytest.approx(102)


@pytest.mark.parametrize("cosines", [(-1, 0, 0, 0, -1, 0), (1, 0, 0, 0, -1, 0), (0, -1, 0, 1, 0, 0)])
def test_a_patient_who_lies_otherwise_has_the_same_slices(tmp_path, cosines):
    """Prone, feet first and on the side: the position's z is the patient's in each."""
    folder = written(tmp_path / "set", CORD, left_out_mm=[GAP_MM], images_mm=np.arange(-58.5, 61, 3), cosines=cosines)
    assert codes(folder) == ["structure.missing-slices"]


def test_one_ct_slice_of_many_does_not_stand_for_the_scan(tmp_path):
    """Only one of the slices that the set refers to is at hand; the contours say where the others lie."""
    folder = written(tmp_path / "set", CORD, BODY, images_mm=CORD.planes_mm, with_references=True)
    for image in sorted(folder.glob("ct*.dcm"))[1:]:
        image.unlink()
    assert codes(folder) == []
    assert height_mm(first_solid(folder)) == pytest.approx(102)


def test_a_structure_on_a_finer_grid_makes_no_gaps_in_the_others(tmp_path):
    """The cord is drawn on every millimetre and refers to no image; a chiasm of two planes 3 mm apart has no gap."""
    chiasm = box("OpticChiasm", 7, at_mm=(20.0, 0.0, 0.0), size_mm=(10, 10, 6))
    structures = structures_dataset(boxes=(CORD, BODY, chiasm))
    outline = [(-6.1, 30.2), (6.1, 30.2), (6.1, 41.9), (-6.1, 41.9)]
    fine = [contour(outline, -50.5 + k) for k in range(102)]
    structures.ROIContourSequence[0].ContourSequence = fine
    folder = PhantomSet(plan=plan_dataset(), dose=dose_dataset(), structures=structures).write(tmp_path / "set")
    case = read_case(folder)
    assert case.structures is not None
    assert height_mm(build_solid(case.structures.load(CORD.number))) == pytest.approx(102)
    assert height_mm(build_solid(case.structures.load(7))) == pytest.approx(6)
    assert case.structures.load(7).notices == ()


def test_an_image_header_has_the_z_of_its_slice_and_its_series(tmp_path):
    write_file(image_dataset(-12.5, 3), tmp_path / "ct.dcm")
    header = read_header(locate(tmp_path / "ct.dcm"))
    assert (header.slice_mm, header.series_uid) == (-12.5, f"{ROOT}.8.2")


def test_an_image_without_a_position_has_no_slice(tmp_path):
    image = image_dataset(-12.5, 3)
    del image.ImagePositionPatient
    write_file(image, tmp_path / "ct.dcm")
    assert read_header(locate(tmp_path / "ct.dcm")).slice_mm is None
