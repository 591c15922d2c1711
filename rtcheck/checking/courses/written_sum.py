"""The dose of a sum -> an RTDOSE file on a uniform grid, which holds no dose that is not known."""

from dataclasses import replace
from math import ceil, floor
from pathlib import Path

import numpy as np

from rtcheck import __version__
from rtcheck.atomic_write import write_aside
from rtcheck.case import Case, DoseSum
from rtcheck.checking.courses.added_doses import SAME_POSITION_MM, resampled
from rtcheck.dicom.writing_rtdose import rtdose_bytes
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.moved_dose import MovedDose
from rtcheck.errors import UsageError

NO_DOSE_GY = 0.01
"""On a face of a plan's grid: with less the plan ends there; with more its dose beyond the face is unknown."""

NOT_A_SUM = "only the dose of a sum of plans can be written: use --sum or --sum-eqd2"


def write_rtdose(case: Case, path: Path | str) -> str:
    """Write the summed dose of a case as an RTDOSE (MULTI_PLAN, new UIDs) and return a sentence on what was written.

    Doses are trilinear on the uniform grid of the finest plan. Nothing is written beyond
    a face of a plan's grid on which there is dose: that plan's dose is unknown there, and a file cannot state that.

    Raises UsageError for a dose that is not a sum, one that is cut off, a plan or dose file that is missing, and a path
    at which something is already.
    """
    path = Path(path)
    if case.dose_sum is None or case.dose is None:
        raise UsageError(f"{path}: {NOT_A_SUM}.")
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} already exists; --write-rtdose never overwrites a file.")
    if case.dose.is_cut_off is not None:
        raise UsageError(f"{path}: the dose of one plan is cut off at the highest number its file can store; the sum "
                         "would state it as exact.")  # fmt: skip
    grid, is_cropped = _uniform(case.dose, case.dose_sum)
    roles = ("dose", "plan", "registration")
    files = {role: [each.path for each in case.sources if each.role == role] for role in roles}
    made = rtdose_bytes(
        grid,
        dose_files=files["dose"],
        plan_files=files["plan"],
        plan_count=len(case.dose_sum.files),
        version=__version__,
        eqd2_alpha_beta_gy=case.dose_sum.eqd2_alpha_beta_gy,
        registration_files=files["registration"],
        is_rigid=all(part.own is None or part.own.to_own.is_rigid for part in case.dose.parts),
    )
    write_aside(made, path)
    spacing = " x ".join(f"{step:g}" for step in case.dose_sum.spacing_mm)
    cropped = "; cropped to where the dose of every plan is known" if is_cropped else ""
    return f"Dose of the sum written to {path}: {spacing} mm, trilinear between the nodes{cropped}."


def _uniform(dose: DoseGrid, dose_sum: DoseSum) -> tuple[DoseGrid, bool]:
    """The dose at uniform nodes within its box, and whether a part of the box was cropped because it is not known.

    Raises UsageError where less than two nodes are left along an axis.
    """
    low_mm, high_mm = list(dose.low_mm), list(dose.high_mm)
    for part in (each for each in dose.parts if each.own is None):
        for axis in range(3):
            if part.faces_gy[2 * axis] > NO_DOSE_GY:
                low_mm[axis] = max(low_mm[axis], part.low_mm[axis])
            if part.faces_gy[2 * axis + 1] > NO_DOSE_GY:
                high_mm[axis] = min(high_mm[axis], part.high_mm[axis])
    is_cropped = (low_mm, high_mm) != (list(dose.low_mm), list(dose.high_mm))
    axes_mm = [
        _nodes_within(low, high, origin, step)
        for low, high, origin, step in zip(low_mm, high_mm, dose_sum.origin_mm, dose_sum.spacing_mm, strict=True)
    ]
    for part in dose.parts:
        if part.own is not None and (part.own.may_be_anywhere or max(part.faces_gy) > NO_DOSE_GY):
            axes_mm, is_cropped = _nodes_within_turned(part.own, axes_mm), True
    if min(len(nodes) for nodes in axes_mm) < 2:
        raise UsageError("The dose of the sum is known in less than two planes of the grid and cannot be written.")
    x_mm, y_mm, z_mm = axes_mm
    values = np.asarray(resampled(dose, dose.dose_gy, axes_mm), dtype=np.float32)
    whole = replace(dose, dose_gy=values, x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, ends_at_nodes=False, parts=())
    return whole, is_cropped


def _nodes_within_turned(own: MovedDose, axes_mm: list[FloatArray]) -> list[FloatArray]:
    """The nodes that are left when outer planes are removed, the worst first, until all nodes lie in a turned grid."""
    known = own.is_known(axes_mm) if min(map(len, axes_mm)) else np.zeros((0, 0, 0), dtype=np.bool_)
    kept = [slice(0, len(nodes)) for nodes in reversed(axes_mm)]  # z, y, x
    while (rest := known[tuple(kept)]).size and not rest.all():
        shares = [(rest.take(end, axis=axis).mean(), axis, end) for axis in range(3) for end in (0, -1)]
        _, axis, end = min(shares)
        start, stop = kept[axis].start, kept[axis].stop
        kept[axis] = slice(start + 1, stop) if end == 0 else slice(start, stop - 1)
    return [nodes[part] for nodes, part in zip(axes_mm, reversed(kept), strict=True)]


def _nodes_within(low_mm: float, high_mm: float, origin_mm: float, step_mm: float) -> FloatArray:
    """The nodes of a lattice whose voxels lie within the range. [mm]"""
    first = ceil((low_mm + step_mm / 2 - origin_mm - SAME_POSITION_MM) / step_mm)
    last = floor((high_mm - step_mm / 2 - origin_mm + SAME_POSITION_MM) / step_mm)
    nodes: FloatArray = origin_mm + step_mm * np.arange(first, last + 1, dtype=np.float64)
    return nodes
