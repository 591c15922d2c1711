"""A limit that is not met -> the lowest value that the geometry allows, if the dose falls off around the targets.

The idea of the overlap volume histogram (Wu et al., Med Phys 2009;36:5497): what an organ can be spared depends on how
far its parts are from the target. Every target has its prescribed dose, and outside it the dose falls by the same part
with every millimetre from its surface, on all sides alike.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import Asked, measure_structure
from rtcheck.checking.places import TARGET_KINDS, is_target
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.metrics import DOSES, INTEGRALS, PROBABILITIES, VOLUMES
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.margins.from_surface import distances_mm
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Achievable

NODES_ACROSS = 60
FINEST_MM, COARSEST_MM = 1.0, 4.0
MOST_NODES = 1_000_000

Targets = list[tuple[Found, float]]
Nodes = tuple[Lattice, FloatArray]


def achievable(goal: Goal, asked: Asked, found: Found, evidence: Evidence) -> Achievable | None:
    """The value of the best dose. None where that is not defined: no target with a prescribed dose, a limit on a
    target, one that a lower dose does not help, an uncertain structure, or a sum of plans."""
    if not _depends_on_dose(goal) or evidence.case.dose is None or evidence.case.dose_sum is not None:
        return None
    if found.solid is None or not found.solid.is_certain or found.match.is_surrogate or is_target(found, evidence):
        return None
    targets = _targets(evidence) if evidence.fall_off > 0 else []
    nodes = _nodes_around(found.solid) if targets else None
    if nodes is None:
        return None
    solid = found.solid

    def best_value() -> float | None:
        ideal = evidence.with_dose(
            ("best dose", solid), lambda: replace(evidence.case, dose=_best_dose(solid, targets, nodes, evidence))
        )
        return measure_structure(asked, found, ideal).value

    around = tuple((target.solid, dose_gy) for target, dose_gy in targets)
    value = evidence.kept.answer(("achievable", asked, solid, around, evidence.fall_off, evidence.settings), best_value)
    named = tuple((target.match.asked, dose_gy) for target, dose_gy in targets)
    return None if value is None else Achievable(value=value, fall_off=evidence.fall_off, targets=named)


def _depends_on_dose(goal: Goal) -> bool:
    """Whether less dose brings the value nearer to the limit, so that its best value is that of the best dose."""
    kind = goal.metric.kind
    if kind not in DOSES | INTEGRALS | (VOLUMES - {"Vrange"}) | (PROBABILITIES - {"TCP"}):
        return False
    is_helped: bool = goal.is_upper_limit != (kind == "CV")
    return is_helped


def _targets(evidence: Evidence) -> Targets:
    """The largest kind of target that is drawn, each with its prescribed dose.

    Left out are those without a dose of their own, where there are several, and those that are uncertain: the value is
    then lower, and never too high.
    """
    for kind in TARGET_KINDS:
        selection = evidence.anatomy.names.targets(kind)
        if selection.doubts:
            return []
        if selection.members:
            found = [evidence.anatomy.single(roi.number, f"{kind} by type and name") for roi in selection.members]
            return [
                (each, dose_gy)
                for each in found
                if each.solid is not None and each.solid.is_certain
                if len(found) == 1 or evidence.levels.is_tied_to(each.match)
                if (dose_gy := evidence.levels.reference(each.match).dose_gy)
            ]
    return []


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
        dose_gy * (1 - evidence.fall_off) ** _away_mm(solid, target.solid or Solid(), nodes, evidence)
        for target, dose_gy in targets
    ]
    return DoseGrid(
        dose_gy=np.maximum.reduce(doses),
        x_mm=lattice.x_mm(np.arange(lattice.node_columns)),
        y_mm=lattice.y_mm(np.arange(lattice.node_rows)),
        z_mm=z_mm,
        frame_of_reference_uid=evidence.case.dose.frame_of_reference_uid if evidence.case.dose else "",
    )


def _away_mm(solid: Solid, target: Solid, nodes: Nodes, evidence: Evidence) -> NDArray[np.float32]:
    """How far the nodes around the structure are from the target; kept, as it is the same for every dose. [mm]"""
    return evidence.kept.answer(("away", solid, target), lambda: distances_mm(target, *nodes).astype(np.float32))
