"""Whether a constraint applies to this plan at all: its `when` conditions and the fractions that it was made for."""

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.range_text import range_words
from rtcheck.protocol.clinical.facts import judge_fact
from rtcheck.protocol.file.model import Condition, Constraint, Range
from rtcheck.results import Outcome


def obstacle(constraint: Constraint, evidence: Evidence) -> tuple[Outcome, str] | None:
    """Why the constraint is not judged: not_applicable or not_evaluated with the reason; None where it applies."""
    for condition in constraint.when:
        holds, reason = _holds(condition, evidence)
        if holds is None:
            return "not_evaluated", reason
        if not holds:
            return "not_applicable", reason
    for allowed in (constraint.fractions, evidence.protocol.fractions):
        if allowed is not None and (reason := _wrong_fractions(allowed, evidence.fractions)):
            return "not_evaluated", reason
    return None


def _holds(condition: Condition, evidence: Evidence) -> tuple[bool | None, str]:
    """Whether a condition holds (None: nobody can tell), and the sentence that says why not."""
    match condition.kind:
        case "prescription":
            main = evidence.levels.main
            return _in_range(condition, main.dose_gy, main.reason)
        case "fractions":
            return _in_range(condition, evidence.fractions, "the number of fractions is unknown (give --fractions)")
        case "structure_exists":
            is_there, unknown = _is_there(condition.name, evidence)
            return is_there, f"applies if {condition.name} is contoured; {unknown or 'it is not'}"
        case "structure_missing":
            is_there, unknown = _is_there(condition.name, evidence)
            is_missing = None if is_there is None else not is_there
            return is_missing, f"applies if {condition.name} is not contoured; {unknown or 'it is'}"
        case "fact":
            return _fact_holds(condition, evidence)


def _in_range(condition: Condition, value: float | None, unknown: str) -> tuple[bool | None, str]:
    if value is None:
        return None, f"applies if {condition.text}; {unknown}"
    assert condition.range is not None, "a numeric condition has a range"
    return condition.range.contains(value), f"applies if {condition.text}; here: {value:g}"


def _is_there(name: str, evidence: Evidence) -> tuple[bool | None, str]:
    """Whether a structure is drawn; None, and why, where an ambiguous name leaves that open."""
    found = evidence.anatomy.find(name)
    if found.match.is_ambiguous:
        return None, found.match.reason
    return found.solid is not None, ""


def _wrong_fractions(allowed: Range, fractions: int | None) -> str:
    expected = range_words(allowed)
    if fractions is None:
        return (
            f"the limit is for {expected} fractions, but the number of fractions of the plan is unknown (give "
            f"--fractions)"
        )
    if allowed.contains(fractions):
        return ""
    return f"the limit is for {expected} fractions, but the plan has {fractions}: not applied"


def _fact_holds(condition: Condition, evidence: Evidence) -> tuple[bool | None, str]:
    """A condition on a clinical fact; where nobody gave the fact, nobody can tell."""
    assert condition.rule is not None, "a condition on a fact has its rule"
    outcome, found = judge_fact(condition.rule, evidence.facts, evidence.reference_date)
    reason = f"applies if {condition.text}; {condition.rule.fact}: {found}"
    return (None if outcome == "not_evaluated" else outcome == "met"), reason
