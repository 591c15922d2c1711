"""The protocol's eligibility -> items: what images answer (volumes), and clinical facts, given or not."""

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.protocol.clinical.facts import judge_fact
from rtcheck.protocol.file.model import FactRule
from rtcheck.results import CheckItem, Result
from rtcheck.units import amount_text


def check_volumes(evidence: Evidence) -> tuple[CheckItem, ...]:
    """Items that the images answer, such as the uninvolved liver's volume. They count for the plan's verdict."""
    return tuple(
        _volume_item(result)
        for constraint in evidence.protocol.volume_eligibility
        for result in evaluate_constraint(constraint, evidence)
    )


def check_facts(evidence: Evidence, *, are_required: bool) -> tuple[CheckItem, ...]:
    """One item for each clinical fact that the protocol asks for; those that nobody gave are listed as not given."""
    return tuple(_fact_item(rule, evidence, is_required=are_required) for rule in evidence.protocol.facts)


def _volume_item(result: Result) -> CheckItem:
    goal, measured = result.goal, result.measurement
    found = "not evaluated" if measured.value is None else amount_text(measured.value, measured.unit, beside=goal.limit)
    return CheckItem(
        item=f"{result.structure} {goal.metric.text}",
        expected=goal.limit_text,
        found=found,
        outcome=result.outcome,
        value=measured.value,
        note=measured.undefined or "; ".join(result.notes) or result.constraint.note,
        source=result.constraint.source,
    )


def _fact_item(rule: FactRule, evidence: Evidence, *, is_required: bool) -> CheckItem:
    value = evidence.facts.get(rule.fact)
    outcome, found = judge_fact(rule, evidence.facts, evidence.reference_date)
    is_counted_to_a_day = rule.fact == "age" or rule.longer_ago_than is not None
    about_day = evidence.reference_words if is_counted_to_a_day and (value is not None or rule.fact == "age") else ""
    return CheckItem(
        item=rule.label or rule.fact,
        expected=f"{rule.text} {rule.unit}".rstrip(),
        found=found,
        outcome=outcome,
        value=value if isinstance(value, bool | int | float | str) else str(value) if value is not None else None,
        given=outcome == "not_applicable" or value is not None,
        counts=is_required,
        note=about_day or rule.note,
        source=rule.source,
    )
