"""RTDOSE data set -> DoseHeader, what it says about itself, and DoseGrid, the dose in Gy on the patient's axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.dose_axes import GridAxes, read_axes
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.elements import release
from rtcheck.dicom.finding.sources import DicomFile
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.pixels import PixelFormat, read_pixel_format, stored_frames
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry._kernel import reading
from rtcheck.values import dataclass

RELEASED_BYTES = 32 * 1024**2
SCALED_AT_ONCE_BYTES = 512 * 1024

SATURATED_VOXELS = 4
"""One voxel at the top of the stored range is how many systems scale; a plateau of several is a clipped dose."""

FULL_RANGES = tuple(2**bits - 1 for bits in range(8, 33))
"""Highest numbers of other formats: a dose that was cut off once stays so when it is stored with more bits."""

FEWEST_STEPS = 200
"""Steps up to the maximum; fewer are more than half a percent of the dose each, which some systems cut off."""

NEGATIVE_NOISE = 0.01
"""Negative doses down to this part of the maximum are noise and count as 0; beyond it the file is refused."""

LOWEST_MAXIMUM_GY = 1e-6
HIGHEST_MAXIMUM_GY = 1e6
"""Doses whose maximum is beyond these are damage, whatever the unit: cGy taken for Gy makes some 10,000."""

SUMMATIONS = frozenset({"PLAN", "MULTI_PLAN", "PLAN_OVERVIEW", "FRACTION", "BEAM", "BRACHY"})
EFFECTIVE = "EFFECTIVE"
_COURSE = ("PLAN", "MULTI_PLAN", "PLAN_OVERVIEW", "BRACHY")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseHeader:
    """What one RTDOSE says about itself besides its numbers."""

    summation: str
    is_relative: bool
    is_effective: bool
    sop_instance_uid: str
    plan_uids: tuple[str, ...]
    structure_set_uid: str
    frame_of_reference_uid: str
    fraction_groups: tuple[int, ...]
    beam_numbers: tuple[int, ...]
    setup_numbers: tuple[int, ...] = ()

    @property
    def is_whole_course(self) -> bool:
        return self.summation in _COURSE


def read_dose_header(dataset: DataSet, findings: Findings) -> DoseHeader:
    """Kind, units and references. Refuses what no dose-volume limit can be held against."""
    summation = dataset.code(tags.DOSE_SUMMATION_TYPE)
    if summation not in SUMMATIONS:
        findings.refuse(
            "dose.summation-type",
            f"DoseSummationType is {summation or 'missing'}, not a planned-dose type (PLAN, FRACTION, BEAM, ...).",
        )
    _check_type(dataset, findings)
    plans = tuple(dataset.items(tags.REFERENCED_RT_PLAN_SEQUENCE))
    groups = [group for plan in plans for group in plan.items(tags.REFERENCED_FRACTION_GROUP_SEQUENCE)]
    beams = [beam for group in groups for beam in group.items(tags.REFERENCED_BEAM_SEQUENCE)]
    setups = [setup for group in groups for setup in group.items(tags.REFERENCED_BRACHY_APPLICATION_SETUP_SEQUENCE)]
    structures = dataset.first_item(tags.REFERENCED_STRUCTURE_SET_SEQUENCE)
    return DoseHeader(
        summation=summation,
        is_relative=_is_relative(dataset, findings),
        is_effective=dataset.code(tags.DOSE_TYPE) == EFFECTIVE,
        sop_instance_uid=dataset.uid(tags.SOP_INSTANCE_UID),
        plan_uids=tuple(plan.uid(tags.REFERENCED_SOP_INSTANCE_UID) for plan in plans),
        structure_set_uid=structures.uid(tags.REFERENCED_SOP_INSTANCE_UID) if structures else "",
        frame_of_reference_uid=dataset.uid(tags.FRAME_OF_REFERENCE_UID),
        fraction_groups=tuple(group.whole_number(tags.REFERENCED_FRACTION_GROUP_NUMBER) or 0 for group in groups),
        beam_numbers=tuple(beam.whole_number(tags.REFERENCED_BEAM_NUMBER) or 0 for beam in beams),
        setup_numbers=tuple(
            setup.whole_number(tags.REFERENCED_BRACHY_APPLICATION_SETUP_NUMBER) or 0 for setup in setups
        ),
    )


def _is_relative(dataset: DataSet, findings: Findings) -> bool:
    units = dataset.code(tags.DOSE_UNITS)
    if units == "GY":
        return False
    if units != "RELATIVE":
        findings.refuse("dose.units", f"DoseUnits is {units or 'missing'}; expected GY.")
    findings.refuse_unless_ignored(
        "dose.relative-units",
        "DoseUnits is RELATIVE: the values are relative to a reference dose that is not in the file.",
        advice="Export the dose in GY; or, if 100 % is the prescription, override with --ignore dose.relative-units "
        "and give that dose with --dose-rx.",
    )
    return True


def _check_type(dataset: DataSet, findings: Findings) -> None:
    dose_type = dataset.code(tags.DOSE_TYPE)
    if dose_type == "ERROR":
        findings.refuse("dose.type-error", "DoseType is ERROR: this is a dose difference, not a dose.")
    if dose_type not in ("PHYSICAL", EFFECTIVE):
        findings.warn("dose.type-missing", f"DoseType is {dose_type or 'missing'}; PHYSICAL is assumed.")
    transform = dataset.code(tags.SPATIAL_TRANSFORM_OF_DOSE)
    if transform not in ("", "NONE"):
        findings.warn(
            "dose.transformed", f"The dose was transformed by a {transform} registration of unknown accuracy."
        )
    correction = dataset.code(tags.TISSUE_HETEROGENEITY_CORRECTION)
    if correction and "IMAGE" not in correction:
        findings.tell("dose.heterogeneity", f"The dose was computed with tissue heterogeneity correction {correction}.")


def read_dose(file: DicomFile, findings: Findings) -> DoseGrid:
    """The dose of one file in Gy, or in its own relative units, on the patient's axes."""
    scaling = file.dataset.number(tags.DOSE_GRID_SCALING)
    if scaling is None or scaling <= 0:
        found = "missing" if scaling is None else f"{scaling:g}"
        findings.refuse("dose.scaling", f"DoseGridScaling is {found}; expected a number above 0.")
    pixel_format = read_pixel_format(file.dataset)
    axes = read_axes(file.dataset, pixel_format, findings)
    dose_gy, is_cut_off = _scaled(file, pixel_format, axes, scaling, findings)
    return DoseGrid(
        dose_gy=dose_gy,
        x_mm=axes.x_mm,
        y_mm=axes.y_mm,
        z_mm=axes.z_mm,
        frame_of_reference_uid=file.dataset.uid(tags.FRAME_OF_REFERENCE_UID),
        step_gy=scaling,
        is_cut_off=is_cut_off,
    )


def _scaled(
    file: DicomFile, pixel_format: PixelFormat, axes: GridAxes, scaling: float, findings: Findings
) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Stored values times the scaling, (z, y, x), some frames at once so that no second array of full size is needed.

    What was read of a mapped file is let go after some frames.

    With it the nodes where the dose is cut off, None where it is nowhere.
    """
    frames = stored_frames(file, pixel_format)
    dose_gy, in_file_order = axes.patient_array(frames.shape)
    blocks = _blocks(frames, axes.frame_order)
    maxima, lowest, read_bytes = [], 0, 0
    if pixel_format.is_signed:
        findings.warn("dose.signed", "The dose is stored as signed values, which DICOM reserves for dose differences.")
    for in_file, in_order in blocks:
        minimum, maximum = scale_frames(frames[in_file], scaling, in_file_order[in_order])
        lowest, read_bytes = min(lowest, minimum), read_bytes + frames[in_file].nbytes
        maxima.append(maximum)
        if read_bytes >= RELEASED_BYTES:
            release(file.dataset.buffer)
            read_bytes = 0
    highest = max(maxima)
    if highest <= 0:
        findings.refuse("dose.empty", "The dose is 0 everywhere.")
    if not LOWEST_MAXIMUM_GY <= highest * scaling <= HIGHEST_MAXIMUM_GY:
        text = (
            f"With a DoseGridScaling of {scaling:g} the maximum dose is {highest * scaling:.3g} Gy, which is "
            f"impossible."
        )
        findings.refuse("dose.scaling", text)
    if highest < FEWEST_STEPS:
        findings.warn(
            "dose.coarse",
            f"The dose is stored in steps of {scaling:.3g} Gy, {highest} up to its maximum: it may be higher by one.",
        )
    reaching = [frames[in_file] for (in_file, _), maximum in zip(blocks, maxima, strict=True) if maximum == highest]
    cut_off = frames == highest if _is_cut_off(reaching, highest, pixel_format, scaling, findings) else None
    if lowest < 0:
        _mend_negatives(dose_gy, lowest / highest, findings)
    dose_gy.flags.writeable = False
    return dose_gy, None if cut_off is None else axes.to_patient(cut_off)


def _blocks(frames: NDArray[Any], frame_order: NDArray[np.intp] | None) -> list[tuple[slice, slice]]:
    """Frames that are scaled together, in the file and in their order; single ones where they are unsorted."""
    if frame_order is not None:
        return [(slice(frame, frame + 1), slice(k, k + 1)) for k, frame in enumerate(frame_order.tolist())]
    step = max(1, SCALED_AT_ONCE_BYTES // max(frames[0].nbytes, 1))
    return [(slice(k, k + step), slice(k, k + step)) for k in range(0, len(frames), step)]


def scale_frames(stored: NDArray[Any], scaling: float, scaled: NDArray[np.float32]) -> tuple[int, int]:
    """The lowest and the highest stored number of some frames, whose doses are put into `scaled`."""
    return reading.scaled(stored, scaling, scaled) or scale_frames_in_numpy(stored, scaling, scaled)


def scale_frames_in_numpy(stored: NDArray[Any], scaling: float, scaled: NDArray[np.float32]) -> tuple[int, int]:
    with np.errstate(over="ignore"):  # doses beyond reason are refused later
        np.multiply(stored, np.float64(scaling), out=scaled, casting="same_kind")
    return int(stored.min()), int(stored.max())


def _is_cut_off(
    reaching: Sequence[NDArray[Any]], highest: int, pixel_format: PixelFormat, scaling: float, findings: Findings
) -> bool:
    """Whether several voxels have the highest number that can be stored. `reaching` are the frames with such voxels."""
    if highest != pixel_format.highest_value and highest not in FULL_RANGES:
        return False
    voxels = sum(int(np.count_nonzero(frames == highest)) for frames in reaching)
    if voxels < SATURATED_VOXELS:
        return False
    findings.warn(
        "dose.saturated",
        f"{voxels} voxels have the highest value that can be stored in {highest.bit_length()} bits ({highest}, "
        f"{highest * scaling:.4g} Gy): the dose seems to be cut off there, and has no upper bound.",
    )
    return True


def _mend_negatives(dose_gy: NDArray[np.float32], lowest_part: float, findings: Findings) -> None:
    if lowest_part < -NEGATIVE_NOISE:
        findings.refuse(
            "dose.negative", f"The dose goes down to {lowest_part:.0%} of its maximum; a dose cannot be negative."
        )
    np.maximum(dose_gy, 0, out=dose_gy)
    findings.warn("dose.negative", "Some doses are slightly negative; they are set to 0.")
