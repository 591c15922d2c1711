"""A plan index of target and body -> its value, with bounds where the evidence of either is missing.

An index divides volumes or doses. Each of them has bounds of its own, and the index is lowest and highest where they
are as unfavourable to one another as they can be: a higher dose may raise the numerator alone.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from rtcheck.checking.evidence import Evidence
from rtcheck.dosimetry import indices
from rtcheck.dosimetry.curve import UNBOUNDED_CC, Dvh, completed, volume_at_dose_cc
from rtcheck.dosimetry.indices import TargetVolumes
from rtcheck.dosimetry.metric_terms import Measurement, Metric, MetricKind
from rtcheck.dosimetry.metrics import with_bounds
from rtcheck.values import dataclass

Interval = tuple[float, float]

# Ratios of volumes that need the dose outside the target as well: from External, or from the whole grid.
BODY_INDICES: dict[MetricKind, Callable[[TargetVolumes], float | None]] = {
    "CI_RTOG": indices.ci_rtog,
    "CI_Paddick": indices.ci_paddick,
    "CN": indices.conformation_number,
    "GI": indices.gradient_index,
    "R50": indices.r50,
    "Coverage": indices.coverage,
}

HALF_ISODOSE = ("GI", "R50")  # the other indices count the volume of the prescription isodose

# A target whose isodose volume exceeds that of the whole body by more than this is not inside the outline.
HOLDS_TARGET = 1.02
HOLDS_TARGET_CC = 0.02

ENDLESS_INDEX = 1e4  # a bound beyond it comes from a volume or a dose without an upper limit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The body volumes at the prescription and at half of it, at least and at most. [cc]"""

    isodose_cc: Interval
    half_isodose_cc: Interval


def measure_index(metric: Metric, target: Dvh, prescription_gy: float | None, evidence: Evidence) -> Measurement:
    """The answer of an index of plan quality for the DVH of one target."""
    if target.volume_outside_cc > 0.0:
        return _undefined(
            metric, f"part of the target lies outside the dose grid; {metric.kind} needs the whole target"
        )
    if metric.kind == "HI_ICRU83":
        return _answer(metric, indices.hi_icru83(target), _homogeneities(target), _reasons(target))
    if prescription_gy is None:
        return _undefined(metric, "the prescription is unknown")
    if metric.kind == "HI_RTOG":
        values = (indices.hi_rtog(each, prescription_gy=prescription_gy) for each in _candidates(target))
        return _answer(metric, indices.hi_rtog(target, prescription_gy=prescription_gy), values, _reasons(target))
    return _of_body(metric, target, prescription_gy, evidence)


def _of_body(metric: Metric, target: Dvh, prescription_gy: float, evidence: Evidence) -> Measurement:
    body = evidence.dvh_of(evidence.body)
    if body is None:
        return _undefined(metric, "there is no dose")
    index = BODY_INDICES[metric.kind]
    own = indices.target_volumes(target, completed(body, 0.0), prescription_gy=prescription_gy)
    outline = evidence.outline
    if metric.kind != "Coverage" and own.covered_cc > HOLDS_TARGET * own.isodose_cc + HOLDS_TARGET_CC:
        return _undefined(metric, f"{outline or 'the dose grid'} does not contain the whole target")
    beyond_gy = 0.0 if outline else evidence.beyond_grid_gy
    beyond_cc = {at_gy: evidence.beyond_outline_cc(at_gy) for at_gy in _isodoses_gy(metric.kind, prescription_gy)}
    possible = _possible_body(body, prescription_gy, beyond_gy, beyond_cc)
    values = (
        index(each) for target_dvh in _candidates(target) for each in _volumes(target_dvh, possible, prescription_gy)
    )
    reasons = _reasons(target, body)
    if metric.kind != "Coverage" and beyond_gy >= prescription_gy / 2:
        reasons = (*reasons, "no body outline is contoured, and the dose reaches the edge of its grid")
    outside = (
        f"{each_cc:.3g} cc of {at_gy:g} Gy or more lie outside {outline}"
        for at_gy, each_cc in beyond_cc.items()
        if each_cc
    )
    return _answer(metric, index(own), values, (*reasons, *outside))


def _isodoses_gy(kind: MetricKind, prescription_gy: float) -> tuple[float, ...]:
    """The isodoses whose volumes outside the target an index counts."""
    if kind == "Coverage":
        return ()
    half_gy = (prescription_gy / 2,) if kind in HALF_ISODOSE else ()
    return half_gy if kind == "R50" else (prescription_gy, *half_gy)


def _possible_body(body: Dvh, prescription_gy: float, beyond_gy: float, beyond_cc: Mapping[float, float]) -> _Body:
    """What the body's volumes can be; `beyond_gy`: the most that the dose can be outside a grid without an outline.

    `beyond_cc` is what lies outside of an outline, by dose.
    """
    half_gy = prescription_gy / 2
    candidates = _candidates(body, (prescription_gy, half_gy))

    def interval(at_gy: float) -> Interval:
        found = [volume_at_dose_cc(each, at_gy) for each in candidates]
        return min(found), UNBOUNDED_CC if beyond_gy >= at_gy else max(found) + beyond_cc.get(at_gy, 0.0)

    return _Body(isodose_cc=interval(prescription_gy), half_isodose_cc=interval(half_gy))


def _volumes(target: Dvh, body: _Body, prescription_gy: float) -> Iterator[TargetVolumes]:
    """The least and the most favourable volumes: an isodose holds what it covers, and half of it holds the whole."""
    covered_cc = volume_at_dose_cc(target, prescription_gy)
    for isodose_cc, half_cc in product(body.isodose_cc, body.half_isodose_cc):
        isodose_cc = max(isodose_cc, covered_cc)
        yield TargetVolumes(
            target_cc=target.volume_cc,
            isodose_cc=isodose_cc,
            covered_cc=covered_cc,
            half_isodose_cc=max(isodose_cc, half_cc),
        )


def _homogeneities(target: Dvh) -> Iterator[float]:
    """The least and the most that (D2% - D98%) / D50% can be; the median can be low where the maximum is high."""
    doses_gy = [indices.homogeneity_doses_gy(each) for each in _candidates(target)]
    near_max, near_min, median = ((min(each), max(each)) for each in zip(*doses_gy, strict=True))
    if median[0] < indices.LEAST_MEDIAN_GY:
        yield UNBOUNDED_CC
    else:
        yield (near_max[1] - near_min[0]) / median[0]
    yield max(near_max[0] - near_min[1], 0.0) / max(median[1], indices.LEAST_MEDIAN_GY)


def _candidates(dvh: Dvh, at_gy: tuple[float, ...] = ()) -> tuple[Dvh, ...]:
    """What the DVH can be; itself, completed, where it is certain."""
    possible = tuple(each for each in dvh.possible.candidates(at_gy) if each.volume_cc > 0) if dvh.possible else ()
    return possible or (completed(dvh, 0.0),)


def _reasons(*dvhs: Dvh) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for dvh in dvhs if dvh.possible for each in dvh.possible.reasons))


def _answer(
    metric: Metric, value: float | None, others: Iterator[float | None], reasons: tuple[str, ...]
) -> Measurement:
    if value is None:
        return _undefined(metric, f"{metric.kind} is undefined: it divides by a volume or dose of zero")
    share = 100.0 if metric.unit == "%" else 1.0
    answer = Measurement(value=share * value, unit=metric.unit)
    if not reasons:
        return answer
    possible = [0.0 if each is None else each for each in others]
    return with_bounds(answer, [share * each if each < ENDLESS_INDEX else UNBOUNDED_CC for each in possible], reasons)


def _undefined(metric: Metric, reason: str) -> Measurement:
    return Measurement(value=None, unit=metric.unit, undefined=reason)
