"""The contours of a structure set and the images that it refers to -> the slices that each structure is drawn on."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from rtcheck.dicom.contour_data import first_z_mm
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.contour_items import ContourItems
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.headers import Header
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.slices import SliceGrid, lie_between, planes_between, skips_regularly, slice_grids
from rtcheck.notices import Notice
from rtcheck.values import dataclass

LEAST_IMAGES = 10  # of a series that the set does not refer to; fewer are no scan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """The slice grids of a set: first `images` grids, those of the images, then what structures make of their own."""

    grids: tuple[SliceGrid, ...]
    images: int
    planes_mm: Mapping[int, FloatArray]

    def of_roi(self, number: int) -> FloatArray | None:
        """The slices that an ROI is drawn on, also those that it skips; None of one without planes. [mm]

        Where it passes regularly over slices of more structures than do as it does, these are its slices too.
        """
        own = self._grid_of(number)
        if own is None:
            return None
        planes_mm = self.planes_mm[number]
        finer = (grid for grid in self.grids if len(grid.roi_numbers) > len(own.roi_numbers))
        return next((grid.slices_mm for grid in finer if skips_regularly(planes_mm, grid.slices_mm)), own.slices_mm)

    def notices(self, number: int, name: str) -> tuple[Notice, ...]:
        """What is odd in how an ROI's planes lie among the slices of the others."""
        own = self._grid_of(number)
        if own is None:
            return ()
        planes_mm = self.planes_mm[number]
        for place, grid in enumerate(self.grids):
            is_image = place < self.images
            if grid is own or not (is_image or len(grid.roi_numbers) > len(own.roi_numbers)):
                continue
            of_whom = "the images" if is_image else "most other structures"
            if lie_between(planes_mm, grid.slices_mm):
                text = f"{name}: its planes lie between the slices of {of_whom}, on a slice grid of their own"
                return (Notice(code="structure.between-slices", text=text, structures=(name,)),)
            if count := planes_between(planes_mm, grid.slices_mm):
                text = f"{name}: {count} of its planes lie between the slices of {of_whom}, the others on them"
                return (Notice(code="structure.between-slices", text=text, structures=(name,)),)
        return ()

    def _grid_of(self, number: int) -> SliceGrid | None:
        return next((grid for grid in self.grids if number in grid.roi_numbers), None)


def slices_of_set(
    contours_of: Mapping[int, Sequence[ContourItems]], dataset: DataSet, images: Sequence[Header]
) -> Slices:
    """The slices of a structure set: `contours_of` gives the lists of contours of each ROI, `images` the CT at hand.

    Images count where the set refers to them; where it refers to none that are there, whole series of them do. Where
    some are not at hand, a contour that refers to one says where it lies.
    """
    planes_mm = {number: _planes_mm(lists) for number, lists in contours_of.items()}
    referenced = frozenset(referenced_images(dataset))
    at_hand = [image for image in images if image.sop_instance_uid in referenced]
    series = _series_mm(at_hand) or [each for each in _series_mm(images) if len(each) >= LEAST_IMAGES]
    grids = slice_grids(planes_mm, series)
    is_known = len([grid for grid in grids if grid.roi_numbers]) < 2 or len(at_hand) == len(referenced) > 0
    if not is_known and len(by_contours_mm := _referenced_positions_mm(contours_of)):
        series = [np.concatenate([by_contours_mm, *series])]
        grids = slice_grids(planes_mm, series)
    return Slices(grids=grids, images=len(series), planes_mm=planes_mm)


def _planes_mm(lists: Iterable[ContourItems]) -> FloatArray:
    found = set(chain.from_iterable(map(first_z_mm, lists)))
    return np.array(sorted(z_mm for z_mm in found if z_mm is not None))


def _referenced_positions_mm(contours_of: Mapping[int, Sequence[ContourItems]]) -> FloatArray:
    """Where the images lie that contours refer to, by the planes of these contours. [mm]"""
    places: dict[str, Counter[float]] = {}
    for lists in contours_of.values():
        pairs = (zip(_images_of(contours), first_z_mm(contours), strict=True) for contours in lists)
        for image_uid, z_mm in set(chain.from_iterable(pairs)):
            if image_uid and z_mm is not None:
                places.setdefault(image_uid, Counter())[z_mm] += 1
    return np.array([place for counts in places.values() if (place := _agreed(counts)) is not None])


def _series_mm(images: Sequence[Header]) -> list[FloatArray]:
    """The positions of each image series, those of slices that are not axial left out. [mm]"""
    positions: dict[str, set[float]] = {}
    for image in images:
        if image.slice_mm is not None:
            positions.setdefault(image.series_uid, set()).add(image.slice_mm)
    return [np.array(sorted(series)) for series in positions.values()]


def referenced_images(dataset: DataSet) -> Iterable[str]:
    """The images that the set lists as those it is drawn on."""
    for frame in dataset.items(tags.REFERENCED_FRAME_OF_REFERENCE_SEQUENCE):
        for study in frame.items(tags.RT_REFERENCED_STUDY_SEQUENCE):
            for series in study.items(tags.RT_REFERENCED_SERIES_SEQUENCE):
                for image in series.items(tags.CONTOUR_IMAGE_SEQUENCE):
                    yield image.uid(tags.REFERENCED_SOP_INSTANCE_UID)


def _images_of(contours: ContourItems) -> Iterator[str]:
    """The one image that each contour refers to, "" where it refers to none or to several."""
    for number in range(len(contours)):
        found = contours.table.image_uid(number) if contours.table else None
        yield _image_of(contours.item(number)) if found is None else found


def _image_of(contour: DataSet) -> str:
    """The one image that a contour refers to, "" where it refers to none or to several."""
    images = [item.uid(tags.REFERENCED_SOP_INSTANCE_UID) for item in contour.items(tags.CONTOUR_IMAGE_SEQUENCE)]
    return images[0] if len(images) == 1 else ""


def _agreed(counts: Counter[float]) -> float | None:
    """Where an image lies by the contours that refer to it: the place of most structures, None where they disagree."""
    (first, most), *others = counts.most_common(2)
    return None if others and others[0][1] == most else first
