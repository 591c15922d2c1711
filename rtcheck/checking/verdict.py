"""Results and items -> the verdict, its exit status and its reason in one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.notices import Notice
from rtcheck.results import CheckItem, Outcome, Result, Verdict
from rtcheck.units import amount_text

EXIT_STATUS: dict[Verdict, int] = {"pass": 0, "variation": 0, "fail": 1, "not_evaluated": 3}
IN_DOUBT = EXIT_STATUS["not_evaluated"]
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict and the sentence that gives its reason; `exit_status` follows from the verdict unless given."""

    verdict: Verdict
    reason: str
    exit_status: int = -1

    def __post_init__(self) -> None:
        if self.exit_status < 0:
            object.__setattr__(self, "exit_status", EXIT_STATUS[self.verdict])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vote:
    """What one required result or item says: its name for the sentence, and its outcome."""

    name: str
    outcome: Outcome
    why: str = ""


def decide(
    results: tuple[Result, ...],
    prescription: tuple[CheckItem, ...],
    volumes: tuple[CheckItem, ...],
    facts: tuple[CheckItem, ...] = (),
) -> Decision:
    """The plan's verdict: violated wins over not evaluated; nothing evaluated is never a pass.

    `volumes` are the eligibility items that the images answer; `facts` the clinical ones, where they are required.
    """
    items = [item for item in (*prescription, *volumes, *facts) if not item.warns_only]
    required = [_Vote(name=_name(each), outcome=each.outcome, why=_why(each)) for each in results if each.is_required]
    required += [_Vote(name=item.item, outcome=item.outcome, why=_why_item(item)) for item in items]
    if unmet := [vote for vote in required if vote.outcome == "violated"]:
        return Decision(verdict="fail", reason=_sentence(unmet, len(required)))
    if unknown := [vote for vote in required if vote.outcome == "not_evaluated"]:
        return Decision(verdict="not_evaluated", reason=_sentence(unknown, len(required)))
    return _when_nothing_is_missed(results, required)


def _when_nothing_is_missed(results: tuple[Result, ...], required: list[_Vote]) -> Decision:
    evaluated = [vote for vote in required if vote.outcome != "not_applicable"]
    advisory = [each for each in results if not each.is_required]
    if not evaluated and (required or not _were_evaluated(advisory)):
        return Decision(verdict="not_evaluated", reason="Nothing of this protocol could be evaluated on this plan.")
    about_advisory = _about_advisory(advisory)
    if not evaluated:
        # No requirement was held, so this is no pass; none was missed either, and the exit status says so.
        reason = f"This protocol requires nothing: its constraints are advisory.{about_advisory}"
        return Decision(verdict="not_evaluated", reason=reason, exit_status=0)
    variations = [vote for vote in evaluated if vote.outcome == "variation"]
    if variations:
        names = _named(variations)
        return Decision(verdict="variation", reason=f"Within an acceptable variation: {names}.{about_advisory}")
    waived = [vote for vote in evaluated if vote.outcome == "waived"]
    about_waived = f" Waived: {_named(waived)}." if waived else ""
    borderline = [_Vote(name=_name(each), outcome="met") for each in results if each.is_required and each.is_borderline]
    about_borderline = f" Borderline: {_named(borderline)}." if borderline else ""
    met = f"All {len(evaluated)} required items are met." if len(evaluated) > 1 else "The required item is met."
    return Decision(verdict="pass", reason=met + about_waived + about_borderline + about_advisory)


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


def _about_advisory(advisory: list[Result]) -> str:
    violated = sum(each.outcome == "violated" for each in advisory)
    unknown = sum(each.outcome == "not_evaluated" for each in advisory)
    told = [f"{violated} violated"] if violated else []
    told += [f"{unknown} not evaluated"] if unknown else []
    return f" Of {len(advisory)} advisory constraints {' and '.join(told)}." if told else ""


def _were_evaluated(results: Iterable[Result]) -> bool:
    return any(result.outcome not in ("not_evaluated", "not_applicable") for result in results)


def _sentence(voters: list[_Vote], total: int) -> str:
    what = "not met" if voters[0].outcome == "violated" else "could not be evaluated"
    if len(voters) == 1:
        why = f": {voters[0].why}" if voters[0].why else ""
        verb = "is " if what == "not met" else ""
        return f"{voters[0].name} {verb}{what}{why}.".replace("..", ".")
    verb = "are " if what == "not met" else ""
    return f"{len(voters)} of {total} required items {verb}{what}: {_named(voters)}."


def _named(voters: list[_Vote]) -> str:
    names = [vote.name for vote in voters[:NAMED_AT_MOST]]
    more = len(voters) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _name(result: Result) -> str:
    return f"{result.structure} {result.goal.text}"


def _why(result: Result) -> str:
    """The value of a violated result, the reason of one that could not be evaluated."""
    measured = result.measurement
    if result.outcome == "violated" and measured.value is not None:
        return f"it is {amount_text(measured.value, measured.unit, beside=result.goal.limit)}"
    return measured.undefined or (result.notes[0] if result.notes else "")


def _why_item(item: CheckItem) -> str:
    """What was found and expected where an item is unmet, the reason where it could not be evaluated."""
    return f"it is {item.found}, expected {item.expected}" if item.outcome == "violated" else item.note
