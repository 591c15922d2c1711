"""Do plan, dose and structure set belong to one state of the plan? By their dates, and by what they refer to."""

from collections.abc import Iterator
from datetime import datetime

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, listed, names_of
from rtcheck.checking.plan_qa.delivery.beams import follows
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule

PLACEHOLDER_YEAR = 1902
"""Dates before it are those of files without dates, from which they were taken: 1900 and 1901."""


def dates(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """The dose is not older than the plan, nor the structures newer than the dose."""
    planned = _known(subject.plan.made_at)
    all_dosed = [_known(dose.made_at) for dose in subject.doses]
    dosed = [found for found in all_dosed if found is not None]
    drawn = _known(subject.structure_set.made_at)
    absent = [
        name for name, when in (("plan", planned), ("dose", all(all_dosed)), ("structure set", drawn)) if not when
    ]
    faults = []
    if planned and dosed and _is_before(min(dosed), planned):
        faults.append(f"the dose ({_day(min(dosed))}) is older than the plan ({_day(planned)})")
    if drawn and dosed and _is_before(min(dosed), drawn):
        faults.append(f"the structures ({_day(drawn)}) are newer than the dose ({_day(min(dosed))})")
    expected = "the dose not older than plan and structures"
    if faults:
        yield answer(False, listed(faults), value=float(len(faults)), expected=expected)
    elif absent:
        raise Unknown(f"no date in: {listed(absent)}")
    else:
        assert planned is not None
        assert drawn is not None
        yield answer(True, f"{_day(drawn)}, {_day(planned)}, {_day(min(dosed))}", value=0.0, expected=expected)


def _known(when: datetime | None) -> datetime | None:
    return when if when is not None and when.year >= PLACEHOLDER_YEAR else None


def _is_before(one: datetime, other: datetime) -> bool:
    """Whether a moment lies before another; where either has only a day, by the day."""
    has_clock = one.time() != datetime.min.time() and other.time() != datetime.min.time()
    return one < other if has_clock else one.date() < other.date()


def _day(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M")


_NOT_REFERRED = {
    "dose.not-referenced": "the dose does not refer to the plan",
    "dose.other-plan": "the dose refers to another plan",
    "structures.not-referenced": "plan or dose refer to another structure set",
    "structures.plan-and-dose-differ": "plan and dose refer to different structure sets",
    "frame.mismatch": "the files are in different frames of reference",
    "link.by-frame": "files were linked by their frame of reference, not by UID",
    "link.only-one": "a file was used because it is the only one of its kind",
    "dose.some-beams": "the dose refers to only some of the beams",
}


def references(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Plan, dose and structure set refer to one another by UID; what the reader found odd about it is listed."""
    case = subject.case
    if case.plan is None or case.dose is None or case.structures is None:
        raise Unknown("plan, dose or structure set is missing")
    found = dict.fromkeys(_NOT_REFERRED[each.code] for each in case.notices if each.code in _NOT_REFERRED)
    if not case.plan.structure_set_uid:
        found["the plan refers to no structure set"] = None
    yield answer(not found, listed(found) or "by UID", value=float(len(found)), expected="references by UID")


def intent(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The plan's intent is one of those."""
    stated = subject.plan.intent
    if not stated:
        raise Unknown("the plan states no intent")
    yield answer(stated in {name.upper() for name in names_of(rule)}, stated, value=stated)


def label(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The plan's label follows one of the patterns."""
    plan = subject.case.plan
    if plan is None or not plan.label:
        raise Unknown("the plan has no label")
    yield answer(follows(plan.label, rule), plan.label, value=plan.label)


def structures_approved(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The structure set's approval status is one of those."""
    stated = subject.structure_set.approval
    if not stated:
        raise Unknown("the structure set states no approval status")
    yield answer(stated in {name.upper() for name in names_of(rule)}, stated, value=stated)
