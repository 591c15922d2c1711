"""The DVHs that a planning system stored in an RTDOSE -> TpsDvh values: for comparison only (PS3.3 C.8.8.4)."""

from collections.abc import Callable, Sequence

import numpy as np

from rtcheck.case import TpsDvh
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.sources import DicomFile
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.errors import DicomError
from rtcheck.geometry.contours import FloatArray

LARGEST_NUMBER = 1e9
"""Bin widths, volumes and scalings beyond it, in any unit, are damage."""


def tps_dvh_loader(files: Sequence[DicomFile]) -> Callable[[], tuple[TpsDvh, ...]] | None:
    """What reads the DVHs of the dose files when they are asked for; None where there are none."""
    holders = [file.dataset for file in files if tags.DVH_SEQUENCE in file.dataset]
    if not holders:
        return None
    return lambda: tuple(found for dataset in holders for found in read_tps_dvhs(dataset))


def read_tps_dvhs(dataset: DataSet) -> tuple[TpsDvh, ...]:
    """The DVHs in Gy of one included ROI each. Malformed ones and those in relative dose are left out."""
    found = []
    items = dataset.items(tags.DVH_SEQUENCE)
    while True:
        try:
            found.append(_read(next(items)))
        except StopIteration:
            break
        except DicomError:  # after one in the sequence itself there is no next item
            continue
    return tuple(dvh for dvh in found if dvh)


def _read(item: DataSet) -> TpsDvh | None:
    rois = [
        roi.whole_number(tags.REFERENCED_ROI_NUMBER)
        for roi in item.items(tags.DVH_REFERENCED_ROI_SEQUENCE)
        if roi.code(tags.DVH_ROI_CONTRIBUTION_TYPE) in ("", "INCLUDED")
    ]
    values = np.array(item.numbers(tags.DVH_DATA))
    kind = item.code(tags.DVH_TYPE)
    if len(rois) != 1 or rois[0] is None or item.code(tags.DOSE_UNITS) != "GY" or len(values) < 2 or len(values) % 2:
        return None
    scaling = item.number(tags.DVH_DOSE_SCALING) or 1.0
    largest = max(abs(scaling), float(np.abs(values).max()))
    if kind not in ("CUMULATIVE", "DIFFERENTIAL", "NATURAL") or largest > LARGEST_NUMBER:
        return None
    widths_gy, amounts = values[0::2] * scaling, values[1::2]
    edges_gy = np.concatenate([[0.0], np.cumsum(widths_gy)])
    in_bin = _volume_in_bins(amounts, widths_gy, kind)
    return TpsDvh(
        roi_number=rois[0],
        dvh=dvh_of_bins(edges_gy, in_bin),
        is_relative_volume=item.code(tags.DVH_VOLUME_UNITS) == "PERCENT",
    )


def _volume_in_bins(amounts: FloatArray, widths_gy: FloatArray, kind: str) -> FloatArray:
    """The volume (cc or %) whose dose lies in each bin, whichever way the file counts it."""
    if kind == "CUMULATIVE":  # at the start of each bin, the volume with at least that dose
        return -np.diff(np.append(amounts, 0.0))
    return amounts if kind == "DIFFERENTIAL" else amounts * widths_gy  # NATURAL: volume per dose


def dvh_of_bins(edges_gy: FloatArray, in_bin: FloatArray) -> Dvh:
    """The DVH of the volumes (cc or %) in bins between edges."""
    total = float(in_bin.sum())
    filled = np.flatnonzero(in_bin > 0)
    centres_gy = (edges_gy[:-1] + edges_gy[1:]) / 2
    at_least = np.append(in_bin[::-1].cumsum()[::-1], 0.0)
    return Dvh(
        dose_gy=edges_gy,
        volume_at_least_cc=at_least,
        volume_cc=total,
        mean_gy=float(in_bin @ centres_gy / total) if total > 0 else 0.0,
        min_gy=float(edges_gy[filled[0]]) if len(filled) else 0.0,
        max_gy=float(edges_gy[filled[-1] + 1]) if len(filled) else 0.0,
        grid_max_gy=float(edges_gy[-1]),
    )
