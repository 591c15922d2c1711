"""A metric of a structure that was found -> its Measurement; what is missing becomes the reason, never a number."""

from dataclasses import replace
from math import inf

import numpy as np

from rtcheck.checking.courses.metric_of_sum import metric_of_sum
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.index_values import BODY_INDICES, HALF_ISODOSE, measure_index
from rtcheck.checking.isocentre_distance import distance_to_isocentre_mm
from rtcheck.checking.kept import Kept
from rtcheck.checking.points import dvh_of_point
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry import indices
from rtcheck.dosimetry.curve import Dvh, completed, volume_at_dose_cc
from rtcheck.dosimetry.metric_terms import LENGTHS, Measurement, Metric
from rtcheck.dosimetry.metrics import measure, measured_dose, with_bounds
from rtcheck.geometry.solid import Solid
from rtcheck.results import Match
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass

NO_DOSE = "there is no dose"

LEAST_AT_EDGE_CC = 0.001
EDGE_MM = 2.0  # the outermost part of a region, in which an isodose that goes on outside is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where isodose volumes are counted, and the outermost `EDGE_MM` of it."""

    solid: Solid
    edge: Solid


def region_around(found: Found, margin_mm: float, evidence: Evidence) -> Region | None:
    """The region within a margin of a structure, inside the body; None for a structure that is not there. [mm]"""
    if found.solid is None:
        return None
    from rtcheck.geometry.margins.margin import grow

    solid = evidence.kept.combined(grow(found.solid, (margin_mm,) * 6), evidence.body, "intersection")
    inner = grow(found.solid, (margin_mm - EDGE_MM,) * 6) if margin_mm > EDGE_MM else found.solid
    return Region(solid=solid, edge=evidence.kept.combined(solid, inner, "difference"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A metric with what it is relative to; where no prescription is known for it, the reason in a clause."""

    metric: Metric
    prescription_gy: float | None = None
    why_no_prescription: str = ""
    fractions: float | None = None
    region: Region | None = None


def asked_of(
    metric: Metric, match: Match, evidence: Evidence, *, target: str = "", region: Region | None = None
) -> Asked:
    """The metric of a structure that was matched, relative to its own dose level or to that of `target`.

    Indices count isodose volumes in the `region`, or in the whole body.
    """
    reference = evidence.reference_of(metric, match, target=target)
    if reference is None:
        return Asked(metric=metric, fractions=evidence.fractions, region=region)
    return Asked(
        metric=metric,
        prescription_gy=reference.dose_gy,
        why_no_prescription=reference.reason,
        fractions=evidence.fractions,
        region=region,
    )


def measure_structure(asked: Asked, found: Found, evidence: Evidence) -> Measurement:
    """The answer for one structure, without uncertainty."""
    measured = _measured(asked, found, evidence)
    if not asked.metric.is_of_prescription:
        return measured
    is_share = asked.metric.is_dose_in_percent
    return replace(measured, reference_gy=asked.prescription_gy, is_share_of_reference=is_share)


def _measured(asked: Asked, found: Found, evidence: Evidence) -> Measurement:
    metric, reason = metric_of_sum(asked.metric, evidence.case.dose_sum)
    if asked.prescription_gy is None and metric.is_of_prescription:
        reason = reason or asked.why_no_prescription
    if metric.kind == "Dpoint" and not reason:
        at_point = dvh_of_point(found, evidence.anatomy, evidence.case.dose)
        return _undefined(metric, at_point) if isinstance(at_point, str) else measure_dvh(asked, at_point, evidence)
    if found.solid is None or reason:
        return _undefined(metric, found.match.reason if found.solid is None else reason)
    if metric.kind in LENGTHS:
        return _distance(metric, found.solid, evidence)
    dose_gy = evidence.single_dose_gy(metric, found)
    if dose_gy is not None:
        return measured_dose(metric, dose_gy, prescription_gy=asked.prescription_gy, fractions=asked.fractions)
    dvh = evidence.dvh(as_measured(metric, found, evidence.kept))
    if dvh is None:
        if metric.kind == "Volume" and metric.unit == "cc":
            return _drawn_volume(found.solid)
        return _undefined(metric, NO_DOSE)
    return measure_dvh(asked, dvh, evidence)


def dvh_asked(metric: Metric, found: Found, evidence: Evidence) -> Dvh | None:
    """The DVH that a metric of a structure is measured from, that of a point where it is one; None without a dose."""
    if metric.kind != "Dpoint":
        return evidence.dvh(as_measured(metric, found, evidence.kept))
    at_point = dvh_of_point(found, evidence.anatomy, evidence.case.dose)
    return None if isinstance(at_point, str) else at_point


def as_measured(metric: Metric, found: Found, kept: Kept) -> Found:
    """The structure as a metric takes it: an index compares its volumes with the body's, under the dose of the body."""
    solid = found.solid
    if solid is None or not solid.is_smooth or metric.kind not in BODY_INDICES:
        return found
    return replace(found, solid=kept.answer(("as the body", solid), lambda: replace(solid, is_smooth=False)))


def _distance(metric: Metric, solid: Solid, evidence: Evidence) -> Measurement:
    """How far a structure's centre is from the isocentre."""
    distance = distance_to_isocentre_mm(solid, evidence.case)
    if isinstance(distance, str):
        return _undefined(metric, distance)
    return Measurement(value=distance, unit="mm")


def measure_dvh(asked: Asked, dvh: Dvh, evidence: Evidence) -> Measurement:
    """The answer for one DVH of a metric that `metric_of_sum` does not refuse."""
    metric, _ = metric_of_sum(asked.metric, evidence.case.dose_sum)
    if metric.kind in BODY_INDICES or metric.kind in ("HI_RTOG", "HI_ICRU83"):
        return _index(asked, dvh, evidence)
    return measure(metric, dvh, prescription_gy=asked.prescription_gy, fractions=asked.fractions)


def _drawn_volume(solid: Solid) -> Measurement:
    """The volume of a solid without a dose."""
    least = 0.0 if solid.at_least.is_empty else volume_cc(solid.at_least)
    most = inf if solid.at_most.is_anything else volume_cc(solid.at_most)
    return with_bounds(Measurement(value=volume_cc(solid), unit="cc"), (least, most), solid.reasons)


def volume_cc(solid: Solid) -> float:
    """Volume of a solid from its cross-sections alone, for cases without a dose. [cc]"""
    slabs = [slab for slab in solid.slabs if len(slab.edges_mm)]
    if not slabs:
        return 0.0
    counts = np.array([len(slab.edges_mm) for slab in slabs])
    height_mm = np.array([slab.z_high_mm - slab.z_low_mm for slab in slabs])
    x0, y0, x1, y1 = np.concatenate([slab.edges_mm for slab in slabs]).T
    area_mm2 = np.add.reduceat(x0 * y1 - x1 * y0, np.cumsum(counts) - counts) / 2
    return float(np.abs(area_mm2) @ height_mm) * CC_PER_MM3


def _index(asked: Asked, target: Dvh, evidence: Evidence) -> Measurement:
    metric, prescription_gy, region = asked.metric, asked.prescription_gy, asked.region
    if region is None or metric.kind not in BODY_INDICES or target.volume_outside_cc > 0.0 or prescription_gy is None:
        return measure_index(metric, target, prescription_gy, evidence)
    body = evidence.dvh_of(region.solid)
    if body is None:
        return _undefined(metric, NO_DOSE)
    answer = _ratio(metric, _index_value(metric, target, completed(body, 0.0), prescription_gy))
    if answer.value is None:
        return answer
    values = (
        _index_value(metric, possible_target, possible_body, prescription_gy)
        for possible_target in _candidates(target)
        for possible_body in _candidates(body)
    )
    share = 100.0 if metric.unit == "%" else 1.0
    reasons = tuple(dict.fromkeys(each for dvh in (target, body) if dvh.possible for each in dvh.possible.reasons))
    bounded = with_bounds(answer, [0.0 if value is None else share * value for value in values], reasons)
    return _up_to_whole_body(bounded, asked, region, target, evidence)


def _up_to_whole_body(
    answer: Measurement, asked: Asked, region: Region, target: Dvh, evidence: Evidence
) -> Measurement:
    """The index in a region; where its isodose reaches the region's edge, with bounds up to what the whole body gives.

    It may then belong to a neighbouring target, or go on outside: neither is decided.
    """
    assert asked.prescription_gy is not None, "checked before"
    isodose_gy = (0.5 if asked.metric.kind in HALF_ISODOSE else 1.0) * asked.prescription_gy
    edge = evidence.dvh_of(region.edge)
    variants = _candidates(edge) if edge is not None and edge.volume_cc > 0 else ()  # a region may be the whole body
    at_edge_cc = max((volume_at_dose_cc(each, isodose_gy) for each in variants), default=0.0)
    is_outline_small = asked.metric.kind != "Coverage" and evidence.beyond_outline_cc(isodose_gy) > 0
    if answer.value is None or not (at_edge_cc > LEAST_AT_EDGE_CC or is_outline_small):
        return answer
    whole = _index(replace(asked, region=None), target, evidence)
    if whole.value is None:
        return whole
    reason = f"the isodose of {isodose_gy:g} Gy reaches the region's edge: it may bridge to a neighbour"
    own = (reason,) if at_edge_cc > LEAST_AT_EDGE_CC else ()
    reasons = dict.fromkeys((*own, *answer.reasons, *whole.reasons))
    return with_bounds(answer, (*(answer.bounds or ()), *(whole.bounds or (whole.value,))), tuple(reasons))


def _candidates(dvh: Dvh) -> tuple[Dvh, ...]:
    """What the DVH can be; itself, completed, where it is certain."""
    possible = tuple(each for each in dvh.possible.candidates() if each.volume_cc > 0) if dvh.possible else ()
    return possible or (completed(dvh, 0.0),)


def _index_value(metric: Metric, target: Dvh, body: Dvh, prescription_gy: float) -> float | None:
    volumes = indices.target_volumes(target, body, prescription_gy=prescription_gy)
    return BODY_INDICES[metric.kind](volumes)


def _ratio(metric: Metric, value: float | None) -> Measurement:
    if value is None:
        return _undefined(metric, f"{metric.kind} is undefined: it divides by a volume or dose of zero")
    return Measurement(value=100.0 * value if metric.unit == "%" else value, unit=metric.unit)


def _undefined(metric: Metric, reason: str) -> Measurement:
    return Measurement(value=None, unit=metric.unit, undefined=reason or "it could not be evaluated")
