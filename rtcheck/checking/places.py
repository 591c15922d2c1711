"""Where a limit is broken and what could be done: the hottest point, the excess, the part inside targets, the beams."""

import numpy as np

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.judging import is_met
from rtcheck.checking.matching import Found
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import Measurement, volume_at_dose_cc
from rtcheck.geometry.boolean import combine
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.model import Goal
from rtcheck.results import Place

TARGET_KINDS = ("PTV", "CTV", "GTV")
LEAST_SHARED_CC = 0.005  # a smaller overlap with a target is rounding


def place_of(goal: Goal, measurement: Measurement, found: Found, evidence: Evidence) -> Place | None:
    """The place of an upper limit that is broken or nearly so; None without a dose there."""
    dvh = evidence.dvh(found)
    if dvh is None or found.solid is None or dvh.max_position_mm is None or not goal.is_upper_limit:
        return None
    excess_cc = _excess_cc(goal, measurement, dvh)
    targets, shared_cc = ((), None) if _is_target(found, evidence) else _inside_targets(found.solid, evidence)
    return Place(
        position_mm=dvh.max_position_mm,
        dose_gy=dvh.max_gy,
        over_limit_cc=excess_cc,
        inside_targets_cc=shared_cc,
        inside_targets=targets,
        beams=_beams_at(dvh.max_position_mm, evidence),
        sentences=_sentences(found.match.asked, targets, shared_cc),
    )


def dose_at_gy(dose: DoseGrid, position_mm: tuple[float, float, float]) -> float:
    """The trilinear dose at a point inside the grid; 0 outside. [Gy]"""
    corner, share = [], []
    for nodes_mm, at_mm in zip((dose.z_mm, dose.y_mm, dose.x_mm), reversed(position_mm), strict=True):
        if len(nodes_mm) < 2 or not nodes_mm[0] <= at_mm <= nodes_mm[-1]:
            return 0.0
        low = min(int(np.searchsorted(nodes_mm, at_mm, side="right")) - 1, len(nodes_mm) - 2)
        corner.append(low)
        share.append((at_mm - nodes_mm[low]) / (nodes_mm[low + 1] - nodes_mm[low]))
    k, j, i = corner
    block = dose.dose_gy[k : k + 2, j : j + 2, i : i + 2].astype(np.float64)
    for along in share:
        block = block[0] * (1 - along) + block[1] * along
    return float(block)


def _excess_cc(goal: Goal, measurement: Measurement, dvh: Dvh) -> float | None:
    """How many cc lie beyond the limit; None where it is met, for means and for limits that are neither Gy nor cc."""
    metric = goal.metric
    is_missed = measurement.value is not None and not is_met(goal, measurement.value)
    if not is_missed or metric.biology != "physical" or metric.per_fraction:
        return None
    if metric.kind in ("Dmax", "D") and metric.unit == "Gy":
        return volume_at_dose_cc(dvh, goal.limit)
    if metric.kind == "V" and metric.unit == "cc" and measurement.value is not None:
        return max(measurement.value - goal.limit, 0.0)
    return None


def _is_target(found: Found, evidence: Evidence) -> bool:
    """Whether the structure is itself a target, or made of targets alone: what it shares with them says nothing."""
    kinds = (evidence.anatomy.find(f"all {kind}").match.numbers for kind in TARGET_KINDS)
    targets = {number for numbers in kinds for number in numbers}
    return set(found.match.numbers) <= targets


def _inside_targets(solid: Solid, evidence: Evidence) -> tuple[tuple[str, ...], float | None]:
    """The largest kind of target that is drawn, and the volume of the structure inside it. [cc]"""
    for kind in TARGET_KINDS:
        target = evidence.anatomy.find(f"all {kind}")
        if target.solid is not None:
            shared = combine(solid, target.solid, "intersection")
            return target.match.rois, _volume_cc(shared)
    return (), None


def _volume_cc(solid: Solid) -> float:
    from rtcheck.checking.measuring import volume_cc

    return 0.0 if solid.is_empty else volume_cc(solid)


def _beams_at(position_mm: tuple[float, float, float], evidence: Evidence) -> tuple[tuple[str, float], ...]:
    """Each beam's share of the dose there, largest first, where the beams' doses are known."""
    names = {beam.number: beam.name for beam in evidence.case.plan.beams} if evidence.case.plan else {}
    doses = {number: dose_at_gy(dose, position_mm) for number, dose in evidence.case.beam_doses.items()}
    total = sum(doses.values())
    if total <= 0.0:
        return ()
    ranked = sorted(doses.items(), key=lambda pair: -pair[1])
    return tuple((names.get(number) or f"beam {number}", dose / total) for number, dose in ranked)


def _sentences(structure: str, targets: tuple[str, ...], shared_cc: float | None) -> tuple[str, ...]:
    """What lies inside targets is the floor that no plan can go below while the target is covered."""
    said = []
    if shared_cc is not None and shared_cc > LEAST_SHARED_CC:
        where = " and ".join(targets)
        said.append(
            f"{shared_cc:.2f} cc of {structure} lie inside {where}: while that is covered, no plan can spare them"
        )
    elif targets:
        said.append(f"{structure} does not reach into {' or '.join(targets)}")
    return tuple(said)
