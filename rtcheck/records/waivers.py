"""Waivers: a file of signed-off deviations -> violated results that are waived, each said; expired ones do nothing."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from rtcheck.case import Plan
from rtcheck.errors import GoalSyntaxError, ProtocolError
from rtcheck.notices import Notice
from rtcheck.patterns import pattern
from rtcheck.protocol.file.document import Faults, parse_document, read_bytes
from rtcheck.protocol.file.kinds import Day, Entry, FaultError, Field, ListOf, Table, Text
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.results import CheckItem, Result
from rtcheck.values import dataclass

_UID = pattern(r"[0-9]+(?:\.[0-9]+)+")  # a label, such as "Plan1", is that of other patients' plans as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A signed-off deviation. `constraint` is written as in the report ("Stomach Dmax < 54 Gy"), `until` still counts.

    `plan` is the plan's UID or label where the waiver is for that plan alone.
    """

    constraint: str
    reason: str
    who: str
    until: date
    plan: str = ""

    def is_for(self, result: Result) -> bool:
        """Whether it names this result's structure and goal, however its blanks are set."""
        text = " ".join(self.constraint.split())
        if text in (f"{result.structure} {goal}" for goal in (result.goal.text, result.goal_of_any_plan)):
            return True
        if not text.startswith(f"{result.structure} "):
            return False
        try:
            goal = parse_goal(text[len(result.structure) + 1 :])
        except GoalSyntaxError:
            return False
        mine = result.goal
        return (goal.metric, goal.operator, goal.limit) == (mine.metric, mine.operator, mine.limit)

    def is_for_check(self, item: CheckItem) -> bool:
        """Whether it names this plan or structure check by its code: plan.dose_grid."""
        return bool(item.code) and self.constraint.strip() == item.code

    def is_about(self, plan: Plan | None) -> bool:
        return not self.plan or (plan is not None and self.plan in (plan.sop_instance_uid, plan.label))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """The waivers of a file. `as_of` is the day on which they must hold (None: today).

    `are_of_several`: the plan is one of several patients' that are checked with them.
    """

    entries: tuple[Waiver, ...]
    path: Path | None = None
    sha256: str = ""
    as_of: date | None = None
    are_of_several: bool = False

    @property
    def are_for_any_plan(self) -> bool:
        """Whether one of them names no plan by its UID, and so may hold for every plan that is checked with it."""
        return not all(_UID.fullmatch(each.plan) for each in self.entries)


_WAIVER = Table(
    "a waiver",
    {
        "constraint": Field(
            Text(),
            "the constraint as written in the report, such as Stomach Dmax < 54 Gy, or a check: plan.dose_grid",
            True,
        ),
        "reason": Field(Text(), "why the deviation is acceptable", True),
        "who": Field(Text(), "who signed it", True),
        "until": Field(Day(), "the last day on which it is valid", True),
        "plan": Field(Text(), "the UID or label of the plan, if it is for one plan only"),
    },
)
_FILE = Table("a waiver file", {"waivers": Field(ListOf(_WAIVER), "the list of waivers", True)})


def read_waivers(path: Path | str) -> Waivers:
    """The waivers in a YAML file; ProtocolError with all its faults, each with its line."""
    path = Path(path)
    faults = Faults(path)
    content = read_bytes(path, what="waiver file")
    root = parse_document(content, faults)
    if root is None or root.is_empty:
        raise ProtocolError((f"{path}:1: the file is empty; a waiver file contains a list named waivers",))
    entries: tuple[Entry, ...] = ()
    try:
        entries = _FILE.read(root).get("waivers", ())
    except FaultError as fault:
        fault.item.note(fault.text)
    faults.raise_if_any()
    waivers = tuple(Waiver(**entry.values) for entry in entries)
    return Waivers(entries=waivers, path=path, sha256=hashlib.sha256(content).hexdigest())


def with_waivers(
    results: tuple[Result, ...], waivers: Waivers, plan: Plan | None, *, checks: tuple[CheckItem, ...] = ()
) -> tuple[tuple[Result, ...], tuple[Notice, ...]]:
    """The results, violated ones waived where a valid waiver names them, and a notice for every waiver of the file."""
    today = waivers.as_of or date.today()
    valid = [each for each in waivers.entries if each.until >= today and each.is_about(plan)]
    waived = tuple(_waived(result, valid) for result in results)
    of_checks = [each for each in waivers.entries if any(map(each.is_for_check, checks))]
    notices = (
        notice
        for waiver in waivers.entries
        for notice in (
            _notices_of_checks(waiver, checks, today) if waiver in of_checks else _notices(waiver, waived, plan, today)
        )
    )
    shared = _notices_of_shared(valid, waived, checks) if waivers.are_of_several else ()
    return waived, (*notices, *shared)


def with_waived_checks(items: tuple[CheckItem, ...], waivers: Waivers, plan: Plan | None) -> tuple[CheckItem, ...]:
    """The plan checks, violated ones waived where a valid waiver names them by their code, with its reason."""
    today = waivers.as_of or date.today()
    valid = [each for each in waivers.entries if each.until >= today and each.is_about(plan)]
    return tuple(_waived_check(item, valid) for item in items)


def _waived_check(item: CheckItem, valid: list[Waiver]) -> CheckItem:
    waiver = next((each for each in valid if each.is_for_check(item)), None)
    if waiver is None or item.outcome != "violated":
        return item
    said = f"waived: {waiver.reason} ({waiver.who}, until {waiver.until})"
    return replace(item, outcome="waived", note="; ".join(filter(None, (item.note, said))))


def _waived(result: Result, valid: list[Waiver]) -> Result:
    waiver = next((each for each in valid if each.is_for(result)), None)
    if waiver is None or result.outcome != "violated":
        return result
    return replace(result, outcome="waived", waiver=f"{waiver.reason} ({waiver.who}, until {waiver.until})")


def _notices_of_checks(waiver: Waiver, checks: tuple[CheckItem, ...], today: date) -> Iterator[Notice]:
    """What is said of a waiver of a plan check."""
    named = [item for item in checks if waiver.is_for_check(item)]
    if waiver.until < today:
        text = f"The waiver of {waiver.constraint} expired on {waiver.until} and has no effect."
        yield Notice(code="waiver.expired", text=text)
    elif waived := [item for item in named if item.outcome == "waived"]:
        text = f"{waiver.constraint} is violated and waived: {waiver.reason} ({waiver.who}, until {waiver.until})."
        if len(waived) > 1:
            text += f" The waiver covers {len(waived)} violated items: {', '.join(item.item for item in waived)}."
        yield Notice(code="waiver.applied", text=text)
    else:
        text = f"The waiver of {waiver.constraint} was not needed: the check is not violated."
        yield Notice(code="waiver.not-needed", text=text, severity="info")


def _notices_of_shared(
    valid: Iterable[Waiver], results: tuple[Result, ...], checks: tuple[CheckItem, ...]
) -> Iterator[Notice]:
    """One doubt for each waiver that was applied to this plan, and may have been signed for another patient's."""
    for waiver in valid:
        of_results = any(each.outcome == "waived" and waiver.is_for(each) for each in results)
        of_checks = any(each.outcome == "waived" and waiver.is_for_check(each) for each in checks)
        if not _UID.fullmatch(waiver.plan) and (of_results or of_checks):
            named = f"names the plan by its label alone ({waiver.plan!r})" if waiver.plan else "names no plan"
            text = (
                f"The waiver of {waiver.constraint} {named}, and the plans that are checked with it belong to "
                "several patients: give the plan's UID."
            )
            yield Notice(code="waiver.several-patients", text=text)


def _notices(waiver: Waiver, results: tuple[Result, ...], plan: Plan | None, today: date) -> Iterator[Notice]:
    if not waiver.is_about(plan):
        yield Notice(
            code="waiver.other-plan", text=f"The waiver of {waiver.constraint} is for another plan.", severity="info"
        )
        return
    named = [result for result in results if waiver.is_for(result)]
    structures = (named[0].structure,) if named else ()
    if not named:
        text = f"The waiver of {waiver.constraint} does not match any constraint of this protocol."
        yield Notice(code="waiver.unused", text=text)
    elif waiver.until < today:
        text = f"The waiver of {waiver.constraint} expired on {waiver.until} and has no effect."
        yield Notice(code="waiver.expired", text=text, structures=structures)
    elif waived := sum(result.outcome == "waived" for result in named):
        text = f"{waiver.constraint} is violated and waived: {waiver.reason} ({waiver.who}, until {waiver.until})."
        if waived > 1:
            text += f" The waiver covers {waived} violated constraints, which are written alike."
        yield Notice(code="waiver.applied", text=text, structures=structures)
    else:
        text = f"The waiver of {waiver.constraint} was not needed: the constraint is not violated."
        yield Notice(code="waiver.not-needed", text=text, severity="info", structures=structures)
