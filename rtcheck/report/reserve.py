"""What a plan has in reserve, as lines for the terminal: the tightest constraint, and how it fares under shifts."""

from rtcheck.checking.headroom import tightest
from rtcheck.report.numbers import NOTHING
from rtcheck.results import Report, RobustConstraint

TIGHTEST_TITLE = "Tightest"
ROBUST_TITLE = "Robustness (static dose cloud)"


def tightest_lines(report: Report) -> tuple[str, ...]:
    """The required constraint nearest to flipping as the dose rises; nothing where none depends on the dose."""
    result = tightest(report.results)
    if result is None or result.headroom is None or result.headroom.scale is None:
        return ()
    scale = result.headroom.scale
    verb = "would be met" if scale < 1.0 and result.outcome == "violated" else "flips"
    return (f"{result.structure} {result.goal.text} {verb} with the whole dose scaled to {100 * scale:.1f} %",)


def robustness_lines(report: Report) -> tuple[str, ...]:
    """One line for each constraint under the scenarios; nothing where none were asked for."""
    found = report.robustness
    if found is None:
        return ()
    sizes = " x ".join(f"{size:g}" for size in found.shift_mm)
    margin = f", contours +-{found.margin_mm:g} mm" if found.margin_mm else ""
    head = f"{len(found.scenarios)} scenarios: shifts of {sizes} mm{margin}; the verdict "
    head += "changes in some" if found.flips_verdict else "is the same in all"
    return (head, *map(_line, found.constraints))


def _line(each: RobustConstraint) -> str:
    worst = NOTHING if each.worst is None else f"{each.worst:.2f} {each.unit}".rstrip()
    mark = "  FLIPS" if each.flips else ""
    where = f" ({each.worst_scenario})" if each.worst_scenario else ""
    return f"{each.structure} {each.goal}: holds in {each.passing} of {each.evaluated}, worst {worst}{where}{mark}"
