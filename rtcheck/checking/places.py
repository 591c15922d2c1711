"""Where a limit is missed and what could be done: the hottest point, the excess, the part inside targets, the beams.

For lower limits, such as a target's coverage: the coldest point and the volume that falls short.
"""

import math

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.rules import is_met
from rtcheck.checking.structures.anatomy import Found
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import LENGTHS, Measurement, volume_at_dose_cc
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Place

TARGET_KINDS = ("PTV", "CTV", "GTV")
LEAST_SHARED_CC = 0.005  # a smaller overlap with a target is rounding
MOST_NAMED = 4


def place_of(goal: Goal, measurement: Measurement, found: Found, evidence: Evidence) -> Place | None:
    """The place of a limit that is missed or nearly so; None without a dose there, and for what neither the hottest
    nor the coldest point breaks: a dose range, a distance."""
    dvh = evidence.dvh(found)
    if dvh is None or found.solid is None or goal.metric.kind in ("Vrange", *LENGTHS):
        return None
    is_cold = goal.is_coverage
    position_mm, dose_gy = (dvh.min_position_mm, dvh.min_gy) if is_cold else (dvh.max_position_mm, dvh.max_gy)
    if position_mm is None:
        return None
    beyond_cc = _beyond_limit_cc(goal, measurement, dvh)
    has_no_floor = is_cold or is_target(found, evidence)
    targets, shared_cc = ((), None) if has_no_floor else _inside_targets(found.solid, evidence)
    return Place(
        position_mm=position_mm,
        dose_gy=dose_gy,
        is_cold=is_cold,
        over_limit_cc=None if is_cold else beyond_cc,
        under_limit_cc=beyond_cc if is_cold else None,
        inside_targets_cc=shared_cc,
        inside_targets=targets,
        beams=_beams_at(position_mm, evidence),
        sentences=_sentences(found.match.asked, targets, shared_cc),
    )


def dose_at_gy(dose: DoseGrid, position_mm: tuple[float, float, float]) -> float:
    """The trilinear dose at a point inside the grid; 0 outside. [Gy]"""
    return dose.at(*position_mm) or 0.0


def _beyond_limit_cc(goal: Goal, measurement: Measurement, dvh: Dvh) -> float | None:
    """How many cc lie on the wrong side of a limit that is missed; None for limits that speak of no volume."""
    metric, value = goal.metric, measurement.value
    if value is None or is_met(goal, value) or metric.biology != "physical" or metric.per_fraction:
        return None
    if metric.kind in ("V", "CV"):
        missed = abs(value - goal.limit)
        return missed / 100 * dvh.volume_cc if metric.unit == "%" else missed
    limit_gy = goal.limit if metric.unit == "Gy" else goal.limit / 100 * (measurement.reference_gy or math.nan)
    if metric.kind not in ("Dmax", "Dmin", "D") or math.isnan(limit_gy):
        return None
    over_cc = volume_at_dose_cc(dvh, limit_gy)
    return over_cc if goal.is_upper_limit else dvh.volume_inside_cc - over_cc


def is_target(found: Found, evidence: Evidence) -> bool:
    """Whether the structure may itself be a target, or made of targets alone: what it shares with them says nothing."""
    targets = {roi.number for kind in TARGET_KINDS for roi in evidence.anatomy.targets(kind).candidates}
    return set(found.match.numbers) <= targets


def _inside_targets(solid: Solid, evidence: Evidence) -> tuple[tuple[str, ...], float | None]:
    """The largest kind of target that is drawn, and the volume of the structure inside it, as far as certain. [cc]"""
    for kind in TARGET_KINDS:
        if evidence.anatomy.targets(kind).doubts:
            break
        target = evidence.anatomy.find(f"all {kind}")
        if target.solid is not None:
            shared = evidence.kept.combined(solid, target.solid, "intersection")
            return target.match.rois, _volume_cc(shared)
    return (), None


def _volume_cc(solid: Solid) -> float:
    from rtcheck.checking.measurement import volume_cc

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
        said.append(
            f"{shared_cc:.2f} cc of {structure} lie inside {_listed(targets, 'and')}: they cannot be spared while the "
            "target is covered"
        )
    elif targets:
        said.append(f"{structure} does not overlap with {_listed(targets, 'or')}")
    return tuple(said)


def _listed(names: tuple[str, ...], last: str) -> str:
    """ "PTV1, PTV2 and 4 more": the result itself lists them all."""
    if len(names) > MOST_NAMED:
        names = (*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more")
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
