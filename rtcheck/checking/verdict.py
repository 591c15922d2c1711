"""Results and items -> the verdict and its exit status. How the decision is worded is the report's business."""

from collections.abc import Iterable

from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.notices import Notice
from rtcheck.results import CheckItem, Outcome, Result, Verdict
from rtcheck.values import dataclass

EXIT_STATUS: dict[Verdict, int] = {"pass": 0, "variation": 0, "fail": 1, "not_evaluated": 3}
IN_DOUBT = EXIT_STATUS["not_evaluated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict; `exit_status` follows from the verdict unless given."""

    verdict: Verdict
    exit_status: int = -1

    def __post_init__(self) -> None:
        if self.exit_status < 0:
            object.__setattr__(self, "exit_status", EXIT_STATUS[self.verdict])


def decide(results: tuple[Result, ...], items: tuple[CheckItem, ...]) -> Decision:
    """The plan's verdict: violated wins over not evaluated; nothing evaluated is never a pass.

    `items` are those of the prescription and of the eligibility; the required ones count.
    """
    outcomes: list[Outcome] = [each.outcome for each in results if each.is_required]
    outcomes += [item.outcome for item in items if item.is_required]
    if "violated" in outcomes:
        return Decision(verdict="fail")
    if "not_evaluated" in outcomes:
        return Decision(verdict="not_evaluated")
    evaluated = [outcome for outcome in outcomes if outcome != "not_applicable"]
    if not evaluated:
        # No requirement was held, so this is not a pass; where only advice was evaluated none was missed either, and
        # the exit status says so.
        is_advisory = not outcomes and _were_evaluated(results)
        return Decision(verdict="not_evaluated", exit_status=0 if is_advisory else EXIT_STATUS["not_evaluated"])
    return Decision(verdict="variation" if "variation" in evaluated else "pass")


def strict_exit_status(exit_status: int, notices: Iterable[Notice]) -> int:
    """The exit status where doubts count: 3 where the verdict is in doubt, unless a limit is violated (1 wins).

    A refusal that was overridden counts no more: the user has vouched for it by its code.
    """
    in_doubt = any(puts_verdict_in_doubt(notice) and not notice.is_overridden for notice in notices)
    return IN_DOUBT if in_doubt and exit_status == 0 else exit_status


def decide_eligibility(items: tuple[CheckItem, ...]) -> Verdict:
    """The eligibility verdict: fail if an item is unmet, not evaluated if one is unknown or there is none to judge."""
    outcomes = {item.outcome for item in items if not item.warns_only}
    if "violated" in outcomes:
        return "fail"
    if "not_evaluated" in outcomes or "met" not in outcomes:
        return "not_evaluated"
    return "pass"


def _were_evaluated(results: Iterable[Result]) -> bool:
    return any(result.outcome not in ("not_evaluated", "not_applicable") for result in results)
