"""A measurement -> the same with its numerical uncertainty and, where a limit is near, its convention band.

The numerical uncertainty is what a finer grid would change, and half the step in which the file stores the dose.
Volume, mean, minimum and maximum are computed exactly for trilinear dose and slabs (refining changes them by less than
1e-6, which a test watches), so that only what is read from the histogram is computed again on finer cells. The
convention band is the spread over what published programs do differently: end caps, the shape between planes, the
interpolation of the dose.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from math import inf

from rtcheck.case import Case
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.index_values import BODY_INDICES
from rtcheck.checking.kept import Kept
from rtcheck.checking.measurement import Asked, as_measured, measure_dvh, measure_structure
from rtcheck.checking.rules import is_met
from rtcheck.checking.structures.anatomy import Find
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import LENGTHS, VOLUMES, Measurement, Metric
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.dosimetry.uncertainty import Band, Convention, Taken, convention_band, other_conventions
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Goal
from rtcheck.side_by_side import ahead
from rtcheck.timing import timed
from rtcheck.values import dataclass

MISSING_SLICES = "structure.missing-slices"
NEAR_LIMIT = 0.05
"""Within this part of its limit a value is so close that another convention may decide."""

ROUNDING = 1e-6
"""Relative; doses are stored in single precision, and cell sums round alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A measurement with its uncertainty, and the conventions under which its goal would come out otherwise."""

    measurement: Measurement
    flips: tuple[str, ...] = ()


@timed("bands")
def with_uncertainty(measurement: Measurement, asked: Asked, find: Find, goal: Goal, evidence: Evidence) -> Judged:
    """The measurement with its numerical uncertainty; with its band too where the limit is near or all are wanted."""
    value = measurement.value
    if value is None or evidence.only_outcomes:
        return Judged(measurement=measurement)
    measurement = replace(measurement, uncertainty=numerical_uncertainty(value, asked, find, evidence))
    if not needs_band(value, goal, evidence):
        return Judged(measurement=measurement)
    if _is_deferred(asked, find, evidence):
        return Judged(measurement=measurement)
    others = tuple(_under_other_conventions(asked, find, evidence))
    band = _band(value, others, asked.metric)
    flips = tuple(each.name for each, other in others if is_met(goal, other) != is_met(goal, value))
    if not flips:  # no convention does it alone: two or three of them together may
        ends = ((band.low, band.toward_low), (band.high, band.toward_high))
        flips = tuple(" with ".join(names) for end, names in ends if is_met(goal, end) != is_met(goal, value))
    return Judged(measurement=replace(measurement, low=band.low, high=band.high), flips=flips)


def needs_band(value: float, goal: Goal, evidence: Evidence) -> bool:
    """Whether a value's band is computed: it is near its limit, or all bands are wanted."""
    is_near = abs(value - goal.limit) <= NEAR_LIMIT * abs(goal.limit)
    return not evidence.omits_bands and (evidence.wants_band or is_near)


@timed("bands")
def with_spread(measurement: Measurement, asked: Asked, find: Find, evidence: Evidence, *, band: bool) -> Measurement:
    """The measurement with its numerical uncertainty and, where asked for, its band; for metrics that have no limit."""
    value = measurement.value
    if value is None:
        return measurement
    measurement = replace(measurement, uncertainty=numerical_uncertainty(value, asked, find, evidence))
    if not band:
        return measurement
    spread = _band(value, _under_other_conventions(asked, find, evidence), asked.metric)
    return replace(measurement, low=spread.low, high=spread.high)


def numerical_uncertainty(value: float, asked: Asked, find: Find, evidence: Evidence) -> float:
    """What finer cells, one bin of the histogram and the step of the stored dose change in a value, in its unit."""
    rounding = ROUNDING * abs(value)
    found = as_measured(asked.metric, find(evidence.anatomy), evidence.kept)
    dvh, dose = evidence.dvh(found), evidence.case.dose
    if dvh is None or dose is None:
        return rounding

    def change(variant: Dvh) -> float:
        return _difference(value, measure_dvh(asked, variant, evidence).value)

    if asked.metric.kind == "Vrange":
        return rounding + sum(
            numerical_uncertainty(measured.value, at_end, find, evidence)
            for at_end in (replace(asked, metric=each) for each in _ends(asked.metric))
            if (measured := measure_dvh(at_end, dvh, evidence)).value is not None
        )

    def changes() -> float:
        of_storage = max(change(_shifted(dvh, half_gy)) for half_gy in (dose.step_gy / 2, -dose.step_gy / 2))
        if not is_read_from_histogram(asked.metric):
            return of_storage
        return change(evidence.finer_dvh(found) or dvh) + change(_shifted(dvh, dvh.bin_gy)) + of_storage

    if asked.metric.kind in BODY_INDICES or evidence.kept.dose_scale != 1.0:  # body and scaled DVH are not in the key
        return changes() + rounding
    return evidence.kept.answer(("changes", asked, dvh), changes) + rounding


def _ends(metric: Metric) -> tuple[Metric, Metric]:
    """The volumes at both ends of a dose range: moved together they hide what each of them may be off."""
    return replace(metric, kind="V", until=None), replace(metric, kind="V", at=metric.until, until=None)


def is_read_from_histogram(metric: Metric) -> bool:
    """Whether a metric is read from the histogram and not integrated by itself."""
    is_exact = metric.kind in ("Dmean", "Dmax", "Dmin", "Volume", "IntegralDose", *LENGTHS)
    return not is_exact or metric.biology != "physical"


def _shifted(dvh: Dvh, by_gy: float) -> Dvh:
    """The DVH with every dose higher by so much."""
    return replace(
        dvh,
        possible=None,
        dose_gy=dvh.dose_gy + by_gy,
        mean_gy=dvh.mean_gy + by_gy,
        min_gy=dvh.min_gy + by_gy,
        max_gy=dvh.max_gy + by_gy,
    )


def _difference(value: float, other: float | None) -> float:
    return 0.0 if other is None else abs(other - value)


def _band(value: float, others: Iterable[tuple[Convention, float]], metric: Metric) -> Band:
    """The convention band; a part of a structure's volume stays at most the whole."""
    is_share = metric.kind in VOLUMES and metric.unit == "%"
    return convention_band(value, others, most=100.0 if is_share else inf)


def _under_other_conventions(asked: Asked, find: Find, evidence: Evidence) -> Iterator[tuple[Convention, float]]:
    """The value under each other convention; those without a value are left out."""

    def value_under(convention: Convention) -> float | None:
        other = evidence.under(convention.settings)
        return measure_structure(asked, find(other.anatomy), other).value

    found: dict[Convention, float | None] = {}

    def find_value(convention: Convention) -> None:
        found[convention] = value_under(convention)

    for convention in ahead(find_value, conventions_of_band(find(evidence.anatomy), evidence.settings)):
        if (value := found[convention] if convention in found else value_under(convention)) is not None:
            yield convention, value


def conventions_of_band(found: Found, settings: EngineSettings) -> Iterator[Convention]:
    """The other conventions that can change a structure: without missing slices nothing is filled or left open."""
    has_gaps = found.solid is not None and any(notice.code == MISSING_SLICES for notice in found.solid.notices)
    taken: Taken = "slabs" if found.drawn is None else "both"
    if found.solid is not None and found.solid.is_smooth:
        taken = "smooth"
    return (each for each in other_conventions(settings, taken=taken) if has_gaps or each.choice != "gaps")


def _is_deferred(asked: Asked, find: Find, evidence: Evidence) -> bool:
    """Whether the band is left for later: what makes it is then noted with what is kept of the case."""
    kept, solid = evidence.kept, find(evidence.anatomy).solid
    if not kept.defers_bands or solid is None or solid in kept.banded:
        return False
    with_body = asked.metric.kind in BODY_INDICES
    kept.left_out.add(solid)
    kept.deferred[solid] = partial(_make_bands, solid, find, evidence, with_body=with_body)
    return True


def _make_bands(
    solid: Solid, find: Find, evidence: Evidence, kept: Kept, case: Case, *, with_body: bool
) -> Iterator[None]:
    """Integrate a structure under every other convention, one at each step, so that the next check finds its DVHs.

    `kept` and `case` are of the dose as it was read, whatever the scale of the check that left it out.
    """
    plain = replace(evidence, case=case, kept=kept, dvhs={}, finer_dvhs={}, others={}, in_effect={})
    for convention in conventions_of_band(find(evidence.anatomy), evidence.settings):
        other = plain.under(convention.settings)
        other.dvh(find(other.anatomy))
        if with_body:
            other.dvh_of(other.body)
        yield
    kept.banded.add(solid)
    kept.deferred.pop(solid, None)


def dvhs_under_other_conventions(name: str, evidence: Evidence) -> tuple[Dvh, ...]:
    """The structure's DVHs under each other convention, for the band of a plot; what cannot be had is left out."""
    conventions = conventions_of_band(evidence.anatomy.find(name), evidence.settings)
    others = (evidence.under(each.settings) for each in conventions)
    dvhs = (other.dvh(other.anatomy.find(name)) for other in others)
    return tuple(dvh for dvh in dvhs if dvh is not None)
