"""A limit that is not met -> the lowest value that the geometry allows, if the dose falls off around the targets.

The idea of the overlap volume histogram (Wu et al., Med Phys 2009;36:5497): what an organ can be spared depends on how
far its parts are from the target. Every target has its prescribed dose, and outside it the dose falls by the same part
with every millimetre from its surface, on all sides alike.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from rtcheck.case import Case
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import Asked, measure_structure
from rtcheck.checking.places import TARGET_KINDS, is_target
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.metric_terms import DOSES, INTEGRALS, PROBABILITIES, VOLUMES, Measurement
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.margins.from_surface import distances_mm
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Achievable

NODES_ACROSS = 60
FINEST_MM, COARSEST_MM = 1.0, 4.0
MOST_NODES = 4_000_000

ON_TARGET = "the limit is on a target"
NOT_HELPED = "a lower dose does not help to meet the limit"
NO_TARGET = "no target is contoured"
OF_ISODOSE = "the structure depends on an isodose, which is not the same for another dose"
SUM_OF_EQD2 = "EQD2 and BED of several courses do not fall off as the physical dose does"
TOO_LARGE = "the structure is too large"

Targets = list[tuple[Found, float]]
Nodes = tuple[Lattice, FloatArray]


def achievable(goal: Goal, asked: Asked, found: Found, evidence: Evidence) -> Achievable | None:
    """The value of the best dose, or the reason why there is none; None where no fall-off is assumed.

    Of an uncertain structure it is the best value over all that the structure can be, never one that is too high.
    """
    if evidence.fall_off <= 0:
        return None
    reason = _obstacle(goal, found, evidence)
    if reason:
        return Achievable(reason=reason)
    assert found.solid is not None, "an obstacle otherwise"
    targets, nodes, solid = _targets(evidence), _nodes_around(found.solid.at_most), found.solid
    if isinstance(targets, str) or nodes is None:
        return Achievable(reason=targets if isinstance(targets, str) else TOO_LARGE)

    def under_best_dose() -> Measurement:
        def ideal() -> Case:
            return replace(evidence.case, dose=_best_dose(solid, targets, nodes, evidence), courses=None)

        return measure_structure(asked, found, evidence.with_dose(("best dose", solid), ideal))

    around = tuple((target.solid, dose_gy) for target, dose_gy in targets)
    key = ("achievable", asked, solid, around, evidence.fall_off, evidence.settings)
    value = _best_value(goal, evidence.kept.answer(key, under_best_dose))
    if isinstance(value, str):
        return Achievable(reason=value)
    named = tuple((target.match.asked, dose_gy) for target, dose_gy in targets)
    return Achievable(value=value, fall_off=evidence.fall_off, targets=named)


def _obstacle(goal: Goal, found: Found, evidence: Evidence) -> str:
    """Why the best dose says nothing of this limit, in a clause; "" where it does."""
    if evidence.anatomy.names.is_of_isodose(found.match.asked):
        return OF_ISODOSE
    if found.match.numbers and is_target(found, evidence):
        return ON_TARGET
    if not _depends_on_dose(goal):
        return NOT_HELPED
    if found.solid is None or evidence.case.dose is None:
        return found.match.reason or f"{found.match.asked} has no volume with a dose"
    if not evidence.is_dose_scalable:
        return SUM_OF_EQD2
    if found.solid.at_most.is_anything or found.solid.is_empty or found.match.is_surrogate:
        return f"the extent of {found.match.asked} is unknown"
    return ""


def _depends_on_dose(goal: Goal) -> bool:
    """Whether less dose brings the value nearer to the limit, so that its best value is that of the best dose."""
    kind = goal.metric.kind
    if kind not in DOSES | INTEGRALS | (VOLUMES - {"Vrange"}) | (PROBABILITIES - {"TCP"}):
        return False
    is_helped: bool = goal.is_upper_limit != (kind == "CV")
    return is_helped


def _best_value(goal: Goal, measured: Measurement) -> float | str:
    """The best that a measured value can be, or why it has none."""
    if measured.value is None:
        return measured.undefined or "the value is undefined"
    best = measured.value if measured.bounds is None else measured.bounds[0 if goal.is_upper_limit else 1]
    return best if isfinite(best) else "the value has no bounds"


def _targets(evidence: Evidence) -> Targets | str:
    """The largest kind of target that is drawn, each with its prescribed dose; or why none has one, in a clause.

    Left out are those without a dose of their own, where there are several: the value is then lower, and never too
    high. An uncertain target counts as what it is at least.
    """
    for kind in TARGET_KINDS:
        selection = evidence.anatomy.names.targets(kind)
        if selection.doubts:
            return f"it is uncertain which ROIs are the {kind}s"
        if selection.members:
            found = [evidence.anatomy.single(roi.number, f"{kind} by type and name") for roi in selection.members]
            prescribed = [
                (each, dose_gy)
                for each in found
                if each.solid is not None and not each.solid.at_least.is_empty
                if len(found) == 1 or evidence.levels.is_tied_to(each.match)
                if (dose_gy := evidence.levels.reference(each.match).dose_gy)
            ]
            return prescribed or _why_no_target(found, evidence)
    return NO_TARGET


def _why_no_target(found: Sequence[Found], evidence: Evidence) -> str:
    """Why no target counts, with what to do about it."""
    first = found[0].match.asked
    if len(found) > 1:
        names = ", ".join(each.match.asked for each in found)
        return f"no prescribed dose is linked to one of the targets ({names}); give it with --dose-rx {first}=GY"
    if evidence.levels.reference(found[0].match).dose_gy:
        return f"the extent of {first} is unknown"
    return f"the prescribed dose of {first} is unknown; give it with --dose-rx"


def _nodes_around(solid: Solid) -> Nodes | None:
    """Nodes that hold a structure, finer for a smaller one; None of what is too large."""
    slabs = [slab for slab in solid.slabs if len(slab.edges_mm)]
    xy_mm = np.concatenate([slab.edges_mm for slab in slabs]).reshape(-1, 2)
    low_mm, high_mm = xy_mm.min(axis=0), xy_mm.max(axis=0)
    bottom_mm, top_mm = slabs[0].z_low_mm, slabs[-1].z_high_mm
    across_mm = max(*(high_mm - low_mm), top_mm - bottom_mm)
    step_mm = min(max(across_mm / NODES_ACROSS, FINEST_MM), COARSEST_MM)
    lattice = Lattice.around(low_mm, high_mm, spacing_mm=step_mm)
    z_mm = np.linspace(bottom_mm, top_mm, max(round((top_mm - bottom_mm) / step_mm), 1) + 1)
    is_too_large = lattice.node_rows * lattice.node_columns * len(z_mm) > MOST_NODES
    return None if is_too_large else (lattice, z_mm)


def _best_dose(solid: Solid, targets: Targets, nodes: Nodes, evidence: Evidence) -> DoseGrid:
    """The dose around the structure: at each node the highest that a target asks for."""
    lattice, z_mm = nodes
    doses = [
        dose_gy * (1 - evidence.fall_off) ** _away_mm(solid, _at_least(target), nodes, evidence)
        for target, dose_gy in targets
    ]
    return DoseGrid(
        dose_gy=np.maximum.reduce(doses),
        x_mm=lattice.x_mm(np.arange(lattice.node_columns)),
        y_mm=lattice.y_mm(np.arange(lattice.node_rows)),
        z_mm=z_mm,
        frame_of_reference_uid=evidence.case.dose.frame_of_reference_uid if evidence.case.dose else "",
    )


def _at_least(target: Found) -> Solid:
    return target.solid.at_least if target.solid is not None else Solid()


def _away_mm(solid: Solid, target: Solid, nodes: Nodes, evidence: Evidence) -> NDArray[np.float32]:
    """How far the nodes around the structure are from the target; kept, as it is the same for every dose. [mm]"""
    return evidence.kept.answer(("away", solid, target), lambda: distances_mm(target, *nodes).astype(np.float32))
