"""Dose-limiting toxicities of each dose level -> what the 3 + 3 rule decides.

Three patients a level: none with a dose-limiting toxicity (DLT) escalates, one adds three patients, two or more exceed
the level. Of six patients one still escalates. The maximum tolerated dose (MTD) is the level below the one exceeded,
once its own three or six patients are complete; where the protocol wants it confirmed (Storer. Biometrics 1989; 45:
925-937), that level needs six patients with at most one DLT.
"""

from collections.abc import Sequence
from typing import Literal

from rtcheck.values import dataclass

Step = Literal["wait", "escalate", "expand", "exceeded"]

COHORT = 3
EXPANDED = 6


@dataclass(frozen=True, slots=True)
class DoseLevel:
    """A dose level: patients whose observation for DLT is complete, and how many of them had one."""

    name: str
    evaluable: int
    with_dlt: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from all levels. `steps` are by level; `next_level` is "" where nobody more is to be treated.

    `mtd` is "" while it is not known; `is_mtd_a_minimum`: no level was exceeded, the MTD may be higher.
    """

    steps: tuple[Step, ...]
    sentence: str
    next_level: str = ""
    mtd: str = ""
    is_mtd_a_minimum: bool = False


def step_of(level: DoseLevel) -> Step:
    """What one level allows by itself.

    >>> step_of(DoseLevel("250 mg", 3, 0)), step_of(DoseLevel("500 mg", 3, 1)), step_of(DoseLevel("500 mg", 5, 2))
    ('escalate', 'expand', 'exceeded')
    """
    if level.with_dlt >= 2:
        return "exceeded"
    if level.evaluable < COHORT:
        return "wait"
    if level.with_dlt == 0 or level.evaluable >= EXPANDED:
        return "escalate"
    return "expand"


def three_plus_three(levels: Sequence[DoseLevel], *, planned: Sequence[str] = (), confirmed: bool = False) -> Decision:
    """What the rule decides for levels in ascending order.

    `planned` are all levels of the protocol, also those that nobody has had; `confirmed` asks for six patients at the
    MTD.
    """
    steps = tuple(map(step_of, levels))
    if not levels:
        first = planned[0] if planned else ""
        text = f"No patient has been observed yet. Treat {COHORT} patients at {first or 'the first level'}."
        return Decision(steps, text, first)
    exceeded = next((n for n, step in enumerate(steps) if step == "exceeded"), None)
    if exceeded is not None:
        return _after_exceeding(levels[: exceeded + 1], steps, planned, is_to_be_confirmed=confirmed)
    open_level = next((level for level, step in zip(levels, steps, strict=True) if step != "escalate"), None)
    if open_level:
        return Decision(steps, _missing(open_level), open_level.name)
    last = levels[-1]
    higher = _neighbour(last.name, planned, 1)
    if higher:
        return Decision(steps, f"Escalate to {higher}: {_dlts(last)} at {last.name}.", higher)
    text = f"No level was exceeded: {_dlts(last)} at {last.name}, the highest level. The MTD is at least {last.name}."
    return Decision(steps, text, mtd=last.name, is_mtd_a_minimum=True)


def _after_exceeding(
    levels: Sequence[DoseLevel], steps: tuple[Step, ...], planned: Sequence[str], *, is_to_be_confirmed: bool
) -> Decision:
    """The decision where the last of these levels is exceeded, and none below it."""
    *below, too_high = levels
    stop = f"Stop escalation: {_dlts(too_high)} at {too_high.name}."
    untried = _neighbour(too_high.name, planned, -1)
    if untried and untried not in [level.name for level in below]:
        return Decision(steps, f"{stop} Treat {COHORT} patients at {untried}: no patient has had this level.", untried)
    if not below:
        return Decision(steps, f"{stop} The lowest level is exceeded: there is no MTD among the levels.")
    lower = below[-1]
    if step_of(lower) != "escalate":
        return Decision(steps, f"{stop} {_missing(lower)}", lower.name)
    if is_to_be_confirmed and lower.evaluable < EXPANDED:
        missing = EXPANDED - lower.evaluable
        return Decision(steps, f"{stop} Treat {missing} more patients at {lower.name} to confirm it.", lower.name)
    return Decision(steps, f"{stop} The MTD is {lower.name} ({_dlts(lower)}).", mtd=lower.name)


def _missing(level: DoseLevel) -> str:
    """What is still to be done at a level that is not exceeded and does not escalate."""
    if level.evaluable < COHORT:
        return f"{COHORT - level.evaluable} more of the first {COHORT} patients are needed at {level.name}."
    return f"Expand {level.name}: {_dlts(level)}; treat {EXPANDED - level.evaluable} more patients."


def _neighbour(name: str, planned: Sequence[str], apart: int) -> str:
    """The planned level one above (1) or below (-1); "" where there is none."""
    place = planned.index(name) + apart if name in planned else -1
    return planned[place] if 0 <= place < len(planned) else ""


def _dlts(level: DoseLevel) -> str:
    return f"{level.with_dlt} of {level.evaluable} patients with a DLT"
