"""Mutants of the structure set, one defect each, made in the PTV."""

from copy import deepcopy
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from rtcheck.conformance.phantom import ROOT, PhantomSet, contour, structures_dataset
from rtcheck.conformance.registry import refused, warns
from rtcheck.conformance.shapes import PTV


def _contours(s: PhantomSet) -> Any:
    return s.structures.ROIContourSequence[0].ContourSequence


def _write_raw(item: Dataset, value: bytes) -> None:
    """ContourData as these bytes, whatever they are."""
    value += b" " * (len(value) % 2)
    tag = Tag("ContourData")
    item[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)


@warns("structure.duplicate-contours")
def contour_twice(s: PhantomSet) -> None:
    """A contour is duplicated: even-odd filling would make it a hole."""
    _contours(s).append(deepcopy(_contours(s)[3]))


@warns("structure.missing-slices")
def slices_missing(s: PhantomSet) -> None:
    """Two planes in the middle are missing."""
    del _contours(s)[8:10]


@warns("structure.flat")
def one_plane_only(s: PhantomSet) -> None:
    """Only one plane is contoured."""
    del _contours(s)[1:]


@warns("structure.overlapping-contours")
def loops_overlap(s: PhantomSet) -> None:
    """A second loop partly overlaps the first in each plane."""
    for z_mm in PTV.planes_mm:
        _contours(s).append(contour([(20.0, 10.0), (50.0, 10.0), (50.0, 20.0), (20.0, 20.0)], z_mm))


@warns("contour.mixed-types")
def types_mixed(s: PhantomSet) -> None:
    """One of the contours is CLOSEDPLANAR_XOR."""
    _contours(s)[0].ContourGeometricType = "CLOSEDPLANAR_XOR"


@warns("contour.left-out")
def open_contours(s: PhantomSet) -> None:
    """Some contours are open."""
    for item in _contours(s)[:5]:
        item.ContourGeometricType = "OPEN_PLANAR"


@warns("contour.left-out")
def points_among_contours(s: PhantomSet) -> None:
    """A reference point is among the contours."""
    _contours(s).append(contour([(20.0, 10.0)], 0.0, "POINT"))


@warns("contour.left-out")
def type_of_contours_missing(s: PhantomSet) -> None:
    """Some contours have no geometric type."""
    for item in _contours(s)[:5]:
        del item.ContourGeometricType


@warns("contour.left-out", "structure.few-points")
def two_points(s: PhantomSet) -> None:
    """A contour has two points."""
    _contours(s).append(contour([(20.0, 10.0), (21.0, 10.0)], 0.0))


@refused("contour.bad-data")
def a_number_missing(s: PhantomSet) -> None:
    """The number of coordinates of a contour is not a multiple of three."""
    _contours(s)[4].ContourData = list(_contours(s)[4].ContourData)[:-1]


@refused("contour.bad-data")
def letters_for_a_number(s: PhantomSet) -> None:
    """A coordinate is text."""
    _write_raw(_contours(s)[4], b"1.0\\2.0\\3.0\\abc\\5.0\\3.0\\7.0\\8.0\\3.0")


@refused("contour.bad-data")
def not_a_number(s: PhantomSet) -> None:
    """A coordinate is nan."""
    _write_raw(_contours(s)[4], b"1.0\\2.0\\3.0\\nan\\5.0\\3.0\\7.0\\8.0\\3.0")


@refused("contour.bad-data")
def a_coordinate_missing(s: PhantomSet) -> None:
    """A coordinate is empty."""
    _write_raw(_contours(s)[4], b"1.0\\2.0\\3.0\\\\5.0\\3.0\\7.0\\8.0\\3.0")


@refused("contour.bad-data")
def kilometres_away(s: PhantomSet) -> None:
    """A coordinate is a million millimetres."""
    _contours(s)[4].ContourData[0] = "1000000"


@warns("contour.decimal-comma")
def decimal_commas(s: PhantomSet) -> None:
    """Coordinates have decimal commas."""
    for item in _contours(s):
        _write_raw(item, "\\".join(str(number) for number in item.ContourData).replace(".", ",").encode())


@warns("contour.point-count")
def point_count_wrong(s: PhantomSet) -> None:
    """NumberOfContourPoints does not match."""
    _contours(s)[4].NumberOfContourPoints = 3


@warns("contour.point-count", "contour.points-missing")
def points_lost(s: PhantomSet) -> None:
    """A contour states more points than it has."""
    _contours(s)[4].NumberOfContourPoints = 17


@warns("contour.left-out", "contour.points-missing")
def coordinates_gone(s: PhantomSet) -> None:
    """The contours of the last slice have no coordinates."""
    _contours(s)[-1].ContourData = None


@refused("contour.bad-data")
def letters_in_an_open_contour(s: PhantomSet) -> None:
    """A coordinate of an open contour is text."""
    _write_raw(_contours(s)[4], b"1.0\\2.0\\3.0\\abc\\5.0\\3.0\\7.0\\8.0\\3.0")
    _contours(s)[4].ContourGeometricType = "OPEN_PLANAR"


@warns("contour.left-out", "structure.points-beyond")
def points_on_the_last_slice(s: PhantomSet) -> None:
    """Of the last slice's outline a point is left."""
    last = _contours(s)[-1]
    last.ContourGeometricType, last.NumberOfContourPoints, last.ContourData = "POINT", 1, last.ContourData[:3]


@refused("contour.not-axial")
def plane_tilted(s: PhantomSet) -> None:
    """A contour leaves its plane by 2 mm."""
    _contours(s)[4].ContourData[2] = f"{float(_contours(s)[4].ContourData[2]) + 2:.2f}"


@refused("contour.not-axial")
def planes_sagittal(s: PhantomSet) -> None:
    """The structure is contoured in sagittal planes."""
    for item in _contours(s):
        numbers = list(item.ContourData)
        item.ContourData = [numbers[k + shift] for k in range(0, len(numbers), 3) for shift in (2, 1, 0)]


@warns("structures.duplicate-number")
def number_twice(s: PhantomSet) -> None:
    """Two structures have the same number."""
    s.structures.StructureSetROISequence[1].ROINumber = 1
    s.structures.ROIContourSequence[1].ReferencedROINumber = 1


@warns("structures.orphan-contours")
def contours_of_no_structure(s: PhantomSet) -> None:
    """Contours refer to an ROI number that is not listed."""
    orphan = deepcopy(s.structures.ROIContourSequence[1])
    orphan.ReferencedROINumber = 77
    s.structures.ROIContourSequence.append(orphan)


@warns("structures.contours-twice")
def contours_of_another_structure(s: PhantomSet) -> None:
    """The contours of a second structure carry the target's ROI number."""
    s.structures.ROIContourSequence[1].ReferencedROINumber = s.structures.ROIContourSequence[0].ReferencedROINumber


@warns("structures.several-types")
def types_that_differ(s: PhantomSet) -> None:
    """The target has two observations, one with the type GTV."""
    second = deepcopy(s.structures.RTROIObservationsSequence[0])
    second.RTROIInterpretedType = "GTV"
    s.structures.RTROIObservationsSequence.append(second)


@refused("structure.empty")
def no_contours(s: PhantomSet) -> None:
    """The target is listed but not contoured."""
    del s.structures.ROIContourSequence[0].ContourSequence


@refused("structures.no-number", "file.bad-value")
def number_missing(s: PhantomSet) -> None:
    """A structure has no number."""
    s.structures.StructureSetROISequence[0].ROINumber = None


@refused("structures.none")
def no_structures(s: PhantomSet) -> None:
    """The structure set is empty."""
    s.structures.StructureSetROISequence = []


@refused("frame.mismatch")
def structures_in_another_frame(s: PhantomSet) -> None:
    """All structures are in another frame of reference."""
    for roi in s.structures.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = f"{ROOT}.94"


@refused("frame.mismatch")
def target_in_another_frame(s: PhantomSet) -> None:
    """The target alone is in another frame of reference."""
    s.structures.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = f"{ROOT}.94"


@refused("patient.mismatch")
def structures_of_another_patient(s: PhantomSet) -> None:
    """The structure set has another PatientID."""
    s.structures.PatientID = "SOMEONE"


@warns("structure.stated-volume")
def stated_volume_differs(s: PhantomSet) -> None:
    """ROIVolume is twice the contoured volume."""
    s.structures.StructureSetROISequence[0].ROIVolume = f"{2 * PTV.volume_cc:.2f}"


@warns("structures.charset")
def names_in_an_undeclared_character_set(s: PhantomSet) -> None:
    """The name of a structure is GB18030 but declared as Latin-1."""
    s.structures.SpecificCharacterSet = "ISO_IR 100"
    name = "肝脏".encode("gb18030")
    tag = Tag("ROIName")
    s.structures.StructureSetROISequence[1][tag] = RawDataElement(tag, "LO", len(name), name, 0, False, True)


@warns("contour.offset")
def contours_with_an_offset(s: PhantomSet) -> None:
    """The contours have a ContourOffsetVector of 30 mm."""
    for item in _contours(s):
        item.add_new(0x30060045, "DS", [0, 30, 0])


@warns("structure.planes-joined")
def planes_apart_by_rounding(s: PhantomSet) -> None:
    """The outer contour and the hole of each slice are 0.02 mm apart in z."""
    s.structures = structures_dataset(holes="nested")
    for number, item in enumerate(s.structures.ROIContourSequence[1].ContourSequence):
        shift_mm = 0.02 * (number % 2)
        data = [float(value) for value in item.ContourData]
        item.ContourData = [round(value + shift_mm * (place % 3 == 2), 3) for place, value in enumerate(data)]
