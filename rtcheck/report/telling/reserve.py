"""What a plan has in reserve, as sentences: the tightest constraint, and how each fares under shifts."""

from dataclasses import dataclass

from rtcheck.checking.what_if.headroom import tightest
from rtcheck.report.telling.amounts import NOTHING
from rtcheck.report.telling.outcomes import Kind, scale_to_flip
from rtcheck.results import Report, RobustConstraint

TIGHTEST_TITLE = "Tightest"
ROBUST_TITLE = "Robustness (static dose cloud)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderShifts:
    """One constraint over all scenarios: broken in all, in some or in none of them; and what is said of it."""

    kind: Kind
    constraint: str
    said: str
    flips: bool


def tightest_lines(report: Report) -> tuple[str, ...]:
    """The required constraint nearest to flipping as the dose rises; nothing where none depends on the dose."""
    result = tightest(report.results)
    scaled = scale_to_flip(result) if result else ""
    return (f"{result.structure} {result.goal.text} {scaled}",) if result and scaled else ()


def robustness_lines(report: Report) -> tuple[str, ...]:
    """The heading and one line for each constraint under the scenarios; nothing where none were asked for."""
    lines = (f"{each.constraint}: {each.said}{'  FLIPS' if each.flips else ''}" for each in under_shifts(report))
    return (shifts_heading(report), *lines) if report.robustness else ()


def shifts_heading(report: Report) -> str:
    """What was tried, and whether the verdict stands; "" where nothing was."""
    found = report.robustness
    if found is None:
        return ""
    sizes = " x ".join(f"{size:g}" for size in found.shift_mm)
    margin = f", contours ±{found.margin_mm:g} mm" if found.margin_mm else ""
    verdict = "changes in some" if found.flips_verdict else "is the same in all"
    return f"{len(found.scenarios)} scenarios: shifts of {sizes} mm{margin}; the verdict {verdict}"


def under_shifts(report: Report) -> tuple[UnderShifts, ...]:
    """Every constraint under the scenarios; nothing where none were asked for."""
    return tuple(map(_under_shifts, report.robustness.constraints)) if report.robustness else ()


def _under_shifts(each: RobustConstraint) -> UnderShifts:
    worst = NOTHING if each.worst is None else f"{each.worst:.2f} {each.unit}".rstrip()
    where = f" ({each.worst_scenario})" if each.worst_scenario else ""
    open_ = each.scenarios - each.evaluated
    undecided = f", {open_} could not be evaluated" if open_ and each.evaluated else ""
    varied = f", within the variation {each.variation} in {each.within_variation} more" if each.variation else ""
    said = f"holds in {each.passing} of {each.evaluated}{varied}, worst {worst}{where}{undecided}"
    return UnderShifts(
        kind=_kind(each),
        constraint=f"{each.structure} {each.goal}",
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
