"""The rules of a protocol and the case -> one item for each answer, with its outcome and place."""

from collections.abc import Iterable

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.plan_qa.answers import Answer, Unknown, unknown
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.plan_qa.table import ALL, Check, check_of
from rtcheck.errors import RtcheckError
from rtcheck.protocol.file.extend import is_asked
from rtcheck.protocol.file.model import CheckRule
from rtcheck.results import CheckItem

_KINDS = {"beams": "photon or electron", "ions": "ion", "brachy": "brachytherapy"}


def check_plan(evidence: Evidence) -> tuple[CheckItem, ...]:
    """What the protocol asks of the plan and of its structures; what the files do not tell is not evaluated."""
    subject = Subject(evidence=evidence)
    asked = filter(is_asked, evidence.protocol.checks)
    return tuple(_item(check_of(rule.code), rule, each) for rule in asked for each in _answers(subject, rule))


def _answers(subject: Subject, rule: CheckRule) -> Iterable[Answer]:
    check = check_of(rule.code)
    try:
        if check.kinds != ALL and subject.plan.kind not in check.kinds:
            kind = _KINDS[subject.plan.kind]
            return (Answer(found=f"not checked for {kind} plans", outcome="not_applicable"),)
        return tuple(check.answers(subject, rule))
    except Unknown as why:
        return (unknown(why.reason),)
    except RtcheckError as error:
        return (unknown(str(error)),)


def _item(check: Check, rule: CheckRule, found: Answer) -> CheckItem:
    return CheckItem(
        item=found.item or check.title,
        expected=found.expected or _expected(rule, check.expected),
        found=found.found,
        outcome=found.outcome,
        value=found.value,
        warns_only=not rule.is_required,
        note=found.note or rule.note,
        source=rule.source,
        code=rule.code,
        place=found.place,
    )


def _expected(rule: CheckRule, expected: str) -> str:
    """What is expected where an answer does not say it in its own words: as the protocol has it."""
    if isinstance(rule.value, tuple) and all(isinstance(each, str) for each in rule.value):
        return " or ".join(rule.value)
    return rule.text if rule.value is not True else expected
