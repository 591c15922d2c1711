"""Where a limit is missed and what could be done: the hottest point, the excess, the part inside targets, the beams.

For lower limits, such as a target's coverage: the coldest point and the volume that falls short.
"""

from collections.abc import Mapping
from dataclasses import field
from functools import reduce

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.kept import Kept
from rtcheck.checking.rules import is_met
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.curve import volume_at_dose_cc
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import DOSES, LENGTHS, Measurement
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Place
from rtcheck.values import dataclass

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
    shared = _Shared() if has_no_floor else _shared_with_targets(found.solid, evidence)
    return Place(
        position_mm=position_mm,
        dose_gy=dose_gy,
        is_cold=is_cold,
        over_limit_cc=None if is_cold else beyond_cc,
        under_limit_cc=beyond_cc if is_cold else None,
        inside_targets_cc=shared.volume_cc,
        inside_targets=tuple(shared.targets),
        beams=_beams_at(position_mm, evidence),
        sentences=_sentences(found.match.asked, shared, _limit_gy(goal, measurement), evidence.kept),
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
    limit_gy = _limit_gy(goal, measurement)
    if metric.kind not in ("Dmax", "Dmin", "D") or limit_gy is None:
        return None
    over_cc = volume_at_dose_cc(dvh, limit_gy)
    return over_cc if goal.is_upper_limit else dvh.volume_inside_cc - over_cc


def is_target(found: Found, evidence: Evidence) -> bool:
    """Whether the structure may itself be a target, or made of targets alone: what it shares with them says nothing."""
    targets = {roi.number for kind in TARGET_KINDS for roi in evidence.anatomy.names.targets(kind).candidates}
    return set(found.match.numbers) <= targets


def _limit_gy(goal: Goal, measurement: Measurement) -> float | None:
    """The dose that a limit is about: of a volume limit, that at which it is measured; None where it is not physical.
    [Gy]"""
    metric = goal.metric
    if metric.biology != "physical" or metric.per_fraction or (metric.kind not in DOSES and metric.at is None):
        return None
    is_dose = metric.kind in DOSES
    amount, unit = (goal.limit, metric.unit) if is_dose or metric.at is None else (metric.at.amount, metric.at.unit)
    if unit == "%":
        return amount / 100 * measurement.reference_gy if measurement.reference_gy else None
    return amount if unit == "Gy" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What a structure shares with targets of one kind, as far as certain: the whole volume [cc], and of each target
    the solid and the target's dose level [Gy]; `others` are the targets that it shares nothing with.
    """

    volume_cc: float | None = None
    targets: Mapping[str, tuple[Solid, float | None]] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def _shared_with_targets(solid: Solid, evidence: Evidence) -> _Shared:
    """What a structure shares with the largest kind of target that is drawn."""
    for kind in TARGET_KINDS:
        if evidence.anatomy.names.targets(kind).doubts:
            break
        target = evidence.anatomy.find(f"all {kind}")
        if target.solid is None:
            continue
        whole_cc = _volume_cc(evidence.kept.combined(solid, target.solid, "intersection"), evidence.kept)
        shared = {}
        for number in target.match.numbers if whole_cc > LEAST_SHARED_CC else ():
            one = evidence.anatomy.single(number, "")
            common = evidence.kept.combined(solid, one.solid, "intersection") if one.solid else Solid()
            if _volume_cc(common, evidence.kept) > LEAST_SHARED_CC:
                shared[one.match.asked] = (common, evidence.levels.reference(one.match).dose_gy)
        others = tuple(name for name in target.match.rois if name not in shared)
        return _Shared(volume_cc=whole_cc, targets=shared, others=others)
    return _Shared()


def _volume_cc(solid: Solid, kept: Kept) -> float:
    from rtcheck.checking.measurement import volume_cc

    return 0.0 if solid.is_empty else kept.answer(("volume", solid), lambda: volume_cc(solid))


def _beams_at(position_mm: tuple[float, float, float], evidence: Evidence) -> tuple[tuple[str, float], ...]:
    """Each beam's share of the dose there, largest first, where the beams' doses are known."""
    names = {beam.number: beam.name for beam in evidence.case.plan.beams} if evidence.case.plan else {}
    doses = {number: dose_at_gy(dose, position_mm) for number, dose in evidence.case.beam_doses.items()}
    total = sum(doses.values())
    if total <= 0.0:
        return ()
    ranked = sorted(doses.items(), key=lambda pair: -pair[1])
    return tuple((names.get(number) or f"beam {number}", dose / total) for number, dose in ranked)


def _sentences(structure: str, shared: _Shared, limit_gy: float | None, kept: Kept) -> tuple[str, ...]:
    """What lies inside targets of a higher level than the limit is a floor that no plan can go below."""
    if not shared.targets:
        return (f"{structure} does not overlap with {_listed(shared.others, 'or')}",) if shared.others else ()
    above = {
        name: common
        for name, (common, level_gy) in shared.targets.items()
        if limit_gy is not None and level_gy is not None and level_gy > limit_gy
    }
    if not above:
        names = tuple(shared.targets)
        return (f"{shared.volume_cc:.2f} cc of {structure} lie inside {_listed(names, 'and')}",)
    floor_cc = _volume_cc(reduce(lambda whole, part: kept.combined(whole, part, "union"), above.values()), kept)
    return (
        f"{floor_cc:.2f} cc of {structure} lie inside {_listed(tuple(above), 'and')}: they cannot be spared while "
        f"{'the target is' if len(above) == 1 else 'these targets are'} covered",
    )


def _listed(names: tuple[str, ...], last: str) -> str:
    """ "PTV1, PTV2 and 4 more": the result itself lists them all."""
    if len(names) > MOST_NAMED:
        names = (*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more")
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
