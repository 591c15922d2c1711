"""A sample with one fault in its plan or structure set, written to a folder: what a physicist finds by looking."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from support.samples import PASSES

Change = Callable[[Dataset], Any]


@cache
def _file_of(modality: str, sample: Path = PASSES) -> Path:
    for path in sorted(sample.glob("*.dcm")):
        if pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Modality"]).Modality == modality:
            return path
    raise FileNotFoundError(modality)


def sample_with(
    folder: Path, *, plan: Change | None = None, structures: Change | None = None, dose: Change | None = None
) -> Path:
    """Plan, dose and structure set of the sample that passes, without its images, after these changes."""
    folder.mkdir(parents=True, exist_ok=True)
    for modality, change in (("RTPLAN", plan), ("RTSTRUCT", structures), ("RTDOSE", dose)):
        source = _file_of(modality)
        if change is None:
            shutil.copy(source, folder / source.name)
            continue
        dataset = pydicom.dcmread(source)
        change(dataset)
        dataset.save_as(folder / source.name)
    return folder


def contours_of(structures: Dataset, name: str) -> Dataset:
    """The ROIContour item of a structure."""
    number = next(roi.ROINumber for roi in structures.StructureSetROISequence if roi.ROIName == name)
    return next(item for item in structures.ROIContourSequence if item.ReferencedROINumber == number)


def moved(structures: Dataset, name: str, by_mm: tuple[float, float, float]) -> None:
    """The structure's contours, all shifted."""
    for contour in contours_of(structures, name).ContourSequence:
        values = [float(value) for value in contour.ContourData]
        contour.ContourData = [f"{value + by_mm[place % 3]:.2f}" for place, value in enumerate(values)]


def renamed(structures: Dataset, names: dict[str, str]) -> None:
    """Structures under other names."""
    for roi in structures.StructureSetROISequence:
        roi.ROIName = names.get(roi.ROIName, roi.ROIName)
