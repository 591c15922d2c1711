"""What a plan has in reserve, as sentences: scales of the dose, the tightest constraint, and shifts."""

import math
from dataclasses import replace

from rtcheck.checking.what_if.headroom import tightest, tightest_below
from rtcheck.protocol.clinical.scenarios import hold_text
from rtcheck.report.telling.amounts import NOTHING
from rtcheck.report.telling.outcomes import Kind
from rtcheck.report.telling.words import goal_text, typeset
from rtcheck.results import DvhBand, Report, Result, RobustConstraint, SampledConstraint, ScenarioConstraint
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderShifts:
    """One constraint over all scenarios: broken in all, in some or in none of them; and what is said of it."""

    kind: Kind
    constraint: str
    said: str
    flips: bool


def scale_to_flip(result: Result) -> str:
    """What scaling the whole dose does to the outcome, "would be met at a dose scale below 94.1 %".

    The scale is rounded to the side on which that is true. "" if no scale is known, or if the value is
    inconclusive (that of a surrogate).
    """
    headroom = result.headroom
    is_inconclusive = result.outcome == "not_evaluated" and not result.measurement.bounds
    if headroom is None or headroom.scale is None or is_inconclusive:
        return ""
    tenths = 1000 * headroom.scale
    percent = f"{(math.floor(tenths) if headroom.is_upper else math.ceil(tenths)) / 10:.1f} %"
    if result.outcome == "met":
        return f"is met {'up' if headroom.is_upper else 'down'} to a dose scale of {percent}"
    if headroom.scale == 0.0:
        return "cannot be met by scaling the dose"
    return f"would be met at a dose scale {'below' if headroom.is_upper else 'above'} {percent}"


def tightest_sentence(report: Report) -> str:
    """The required constraints nearest to flipping as the dose rises and as it falls; "" where none depends on it.

    Where one wants less dose than the other needs, the sentence says that no scale meets both.
    """
    found = (tightest(report.results), tightest_below(report.results))
    named = [
        f"{each.structure} {goal_text(each.goal)} {said}" for each in found if each and (said := scale_to_flip(each))
    ]
    more, less = (each.headroom.scale if each and each.headroom else None for each in found)
    if len(named) == 2 and more is not None and less is not None and more < less:
        named.append("no dose scale meets both")
    return "; ".join(named)


def _scaled(result: Result) -> str:
    return f"{result.structure} {goal_text(result.goal)} {scale_to_flip(result)}"


def shifts_heading(report: Report) -> str:
    """What was tried, and whether the verdict stands; "" where nothing was."""
    return ". ".join(filter(None, (_scenarios_heading(report), _shifts_heading(report), _samples_heading(report))))


def _scenarios_heading(report: Report) -> str:
    found = report.scenarios
    if found is None:
        return ""
    count = len(found.names)
    told = "1 scenario" if count == 1 else f"{count} scenarios"
    changes = "some limits change their outcome" if found.flips_verdict else "no required limit changes its outcome"
    return f"{told} of the planning system: {changes}"


def _samples_heading(report: Report) -> str:
    found = report.samples
    if found is None:
        return ""
    sizes = [
        f"{word} errors of {' × '.join(f'{size:g}' for size in size_mm)} mm"
        for word, size_mm in (("systematic", found.systematic_mm), ("random", found.random_mm))
        if any(size_mm)
    ]
    sizes += [f"contours ±{found.margin_mm:g} mm"] if found.margin_mm else []
    over = f"over {found.fractions} fractions" if found.fractions else "over many fractions"
    return f"{found.count} samples of {', '.join(sizes)} {over} (static dose cloud; seed {found.seed})"


def _shifts_heading(report: Report) -> str:
    found = report.robustness
    if found is None:
        return ""
    sizes = " × ".join(f"{size:g}" for size in found.shift_mm)
    margin = f", contours ±{found.margin_mm:g} mm" if found.margin_mm else ""
    verdict = "changes in some" if found.flips_verdict else "is the same in all"
    return f"{len(found.scenarios)} scenarios: shifts of {sizes} mm{margin}; the verdict {verdict} (static dose cloud)"


def under_shifts(report: Report) -> tuple[UnderShifts, ...]:
    """Every constraint under the planning system's scenarios and under shifts; nothing where there are none."""
    scenarios = report.scenarios.constraints if report.scenarios else ()
    shifts = report.robustness.constraints if report.robustness else ()
    found = report.samples
    samples = [_under_samples(each, found.count) for each in found.constraints] if found else []
    samples += map(_dvh_under_samples, found.bands) if found else []
    tried = "under shifts: " if scenarios or samples else ""
    return (
        *map(_under_scenarios, scenarios),
        *samples,
        *(replace(line, said=f"{tried}{line.said}") for line in map(_under_shifts, shifts)),
    )


def _under_samples(each: SampledConstraint, samples: int) -> UnderShifts:
    if each.probability is None:
        said = "could not be evaluated in any sample"
        return UnderShifts(kind="ne", constraint=f"{each.structure} {typeset(each.goal)}", said=said, flips=False)
    low, high = (f"{100 * (end or 0.0):.1f}" for end in (each.probability_low, each.probability_high))
    said = f"holds with a probability of {100 * each.probability:.1f} % (95 % interval {low} to {high} %)"
    if undecided := samples - each.evaluated:
        said += f", {undecided} could not be evaluated"
    if each.percentiles:
        least, _, most = each.percentiles
        said += f", {least:.2f} to {most:.2f} {each.unit}".rstrip() + " in 90 % of the samples"
    return UnderShifts(
        kind="met" if each.held == samples else "edge" if each.held else "over",
        constraint=f"{each.structure} {typeset(each.goal)}",
        said=said,
        flips=False,
    )


def _dvh_under_samples(band: DvhBand) -> UnderShifts:
    """In which range D98%, D50% and D2% of a structure lie."""
    ranges = [f"D{100 * share:.0f}% {least:.1f} to {most:.1f} Gy" for share, least, most in band.ranges_gy]
    said = f"{', '.join(ranges)} in 90 % of {band.samples} samples"
    return UnderShifts(kind="na", constraint=f"{band.structure} DVH", said=said, flips=False)


def _under_scenarios(each: ScenarioConstraint) -> UnderShifts:
    line = _under_shifts(each)
    ends = [f"{value:.2f}" for value in (each.voxel_low, each.voxel_high) if value is not None]
    voxels = f"; voxel by voxel {ends[0]} to {ends[1]} {each.unit}".rstrip() if len(ends) == 2 else ""
    demanded = f"; {hold_text(each.hold)} demanded" if each.hold is not None else ""
    return replace(line, said=f"{line.said}{voxels}{demanded}")


def _under_shifts(each: RobustConstraint) -> UnderShifts:
    worst = NOTHING if each.worst is None else f"{each.worst:.2f} {each.unit}".rstrip()
    where = f" ({each.worst_scenario})" if each.worst_scenario else ""
    open_ = each.scenarios - each.evaluated
    undecided = f", {open_} could not be evaluated" if open_ and each.evaluated else ""
    varied = f", within the variation {each.variation} in {each.within_variation} more" if each.variation else ""
    said = f"met in {each.passing} of {each.evaluated}{varied}, worst {worst}{where}{undecided}"
    return UnderShifts(
        kind=_kind(each),
        constraint=f"{each.structure} {typeset(each.goal)}",
        said=said if each.evaluated else "could not be evaluated in any scenario",
        flips=each.flips,
    )


def _kind(each: RobustConstraint) -> Kind:
    if each.evaluated == 0:
        return "ne"
    if each.passing == each.evaluated:
        return "met"
    if each.passing + each.within_variation == each.evaluated:
        return "var"
    return "over" if each.passing + each.within_variation == 0 else "edge"
