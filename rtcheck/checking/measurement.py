"""A metric of a structure that was found -> its Measurement; what is missing becomes the reason, never a number."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rtcheck.checking.anatomy import Found
from rtcheck.checking.courses.sums import metric_of_sum
from rtcheck.checking.evidence import Evidence
from rtcheck.dosimetry import indices
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.indices import TargetVolumes
from rtcheck.dosimetry.metrics import Measurement, Metric, MetricKind, measure, measured_dose
from rtcheck.geometry.solid import Solid
from rtcheck.results import Match
from rtcheck.units import CC_PER_MM3

NO_DOSE = "there is no dose"

# Ratios of volumes that need the dose outside the target as well: from External, or from the whole grid.
_BODY_INDICES: dict[MetricKind, Callable[[TargetVolumes], float | None]] = {
    "CI_RTOG": indices.ci_rtog,
    "CI_Paddick": indices.ci_paddick,
    "CN": indices.conformation_number,
    "GI": indices.gradient_index,
    "R50": indices.r50,
    "Coverage": indices.coverage,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A metric with what it is relative to; where no prescription is known for it, the reason in a clause."""

    metric: Metric
    prescription_gy: float | None = None
    why_no_prescription: str = ""
    fractions: float | None = None


def asked_of(metric: Metric, match: Match, evidence: Evidence, *, target: str = "") -> Asked:
    """The metric of a structure that was matched, relative to its own dose level or to that of `target`."""
    reference = evidence.reference_of(metric, match, target=target)
    if reference is None:
        return Asked(metric=metric, fractions=evidence.fractions)
    return Asked(
        metric=metric,
        prescription_gy=reference.dose_gy,
        why_no_prescription=reference.reason,
        fractions=evidence.fractions,
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
    if found.solid is None or reason:
        return _undefined(metric, found.match.reason if found.solid is None else reason)
    dose_gy = evidence.single_dose_gy(metric, found)
    if dose_gy is not None:
        return measured_dose(metric, dose_gy, prescription_gy=asked.prescription_gy, fractions=asked.fractions)
    dvh = evidence.dvh(found)
    if dvh is None:
        if metric.kind == "Volume" and metric.unit == "cc":
            return Measurement(value=volume_cc(found.solid), unit="cc")
        return _undefined(metric, NO_DOSE)
    return measure_dvh(asked, dvh, evidence)


def measure_dvh(asked: Asked, dvh: Dvh, evidence: Evidence) -> Measurement:
    """The answer for one DVH of a metric that `metric_of_sum` does not refuse."""
    metric, _ = metric_of_sum(asked.metric, evidence.case.dose_sum)
    if metric.kind in _BODY_INDICES or metric.kind in ("HI_RTOG", "HI_ICRU83"):
        return _index(asked, dvh, evidence)
    return measure(metric, dvh, prescription_gy=asked.prescription_gy, fractions=asked.fractions)


def volume_cc(solid: Solid) -> float:
    """Volume of a solid from its cross-sections alone, for cases without a dose. [cc]"""
    volume_mm3 = 0.0
    for slab in solid.slabs:
        x0, y0, x1, y1 = slab.edges_mm.T
        area_mm2 = 0.5 * float((x0 * y1 - x1 * y0).sum())
        volume_mm3 += abs(area_mm2) * (slab.z_high_mm - slab.z_low_mm)
    return volume_mm3 * CC_PER_MM3


def _index(asked: Asked, target: Dvh, evidence: Evidence) -> Measurement:
    metric, prescription_gy = asked.metric, asked.prescription_gy
    if target.volume_outside_cc > 0.0:
        return _undefined(metric, f"part of the target lies outside the dose grid, {metric.kind} needs all of it")
    if metric.kind == "HI_ICRU83":
        return _ratio(metric, indices.hi_icru83(target))
    if prescription_gy is None:
        return _undefined(metric, "the prescription is not known")
    if metric.kind == "HI_RTOG":
        return _ratio(metric, indices.hi_rtog(target, prescription_gy=prescription_gy))
    body = evidence.dvh_of(evidence.body)
    if body is None:
        return _undefined(metric, NO_DOSE)
    volumes = indices.target_volumes(target, body, prescription_gy=prescription_gy)
    return _ratio(metric, _BODY_INDICES[metric.kind](volumes))


def _ratio(metric: Metric, value: float | None) -> Measurement:
    if value is None:
        return _undefined(metric, f"{metric.kind} divides by a volume or dose that is zero here")
    return Measurement(value=100.0 * value if metric.unit == "%" else value, unit=metric.unit)


def _undefined(metric: Metric, reason: str) -> Measurement:
    return Measurement(value=None, unit=metric.unit, undefined=reason or "it could not be evaluated")
