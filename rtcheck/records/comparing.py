"""Two JSON reports of one check, recorded and repeated -> the values, limits, outcomes and waivers that differ.

Sentences are not compared: their wording may change with the program. Everything that decides is.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SAME_NUMBER = 1e-9
"""Relative: other builds of numpy add in another order, and only that may differ."""

_MEASURED = ("value", "unit", "bounds", "low", "high", "outcome")
_CONSTRAINT = (
    "structure", "goal", "metric", "operator", "limit", *_MEASURED, "margin", "borderline", "priority", "required",
    "variation", "matched", "waiver", "achievable",
)  # fmt: skip
_READING = ("label", "structure", "goal", "metric", *_MEASURED, "changes_outcome")
_ITEM = ("item", "expected", "value", "outcome", "given", "warns_only")
_PLAN_CHECK = ("code", *_ITEM, "required", "place")
_PATIENT = ("id", "name", "sex", "birth_date")
_PLAN = ("label", "name", "sop_instance_uid", "approval_status", "planned_on", "fractions")
_SCORE = ("points", "maximum", "unscored")
_VERDICT = ("verdict", "eligibility_verdict", "exit_status")
_AGAIN = {  # parts of the record with every constraint under other doses: what they are called, and what is compared
    "robustness": ("under shifts", ("worst", "passing", "evaluated", "scenarios")),
    "scenarios": (
        "under scenarios", ("worst", "passing", "evaluated", "scenarios", "voxel_low", "voxel_high", "hold"),
    ),
    "samples": ("under samples", ("held", "evaluated", "probability", "percentiles")),
}  # fmt: skip
_CUMULATIVE = ("courses", "physical_gy", "eqd2_gy", "remaining_gy", "last_may_add_gy", "per_fraction_gy")
_ISOTOXIC = ("planned_gy", "fractions", "range_gy", "step_gy", "binding", "unrounded_gy", "allowed_gy", "complete")
_ISOTOXIC_LIMIT = (
    "structure", "goal", "metric", "scale", "prescription_gy", "holds", "attained", "required", "variation",
)  # fmt: skip


def differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """One sentence for each value of the record that the repeated check does not give."""
    recorded = [_without_unstated(each) for each in was["constraints"]]
    yield from _rows("constraints", recorded, now["constraints"], _CONSTRAINT)
    for old, new in zip(was["constraints"], now["constraints"], strict=False):
        name = f"{old['structure']} {old['goal']}"
        yield from _rows(f"readings of {name}", old.get("readings", ()), new["readings"], _READING)
    for items in ("prescription", "eligibility"):
        yield from _rows(f"items of the {items}", was.get(items, ()), now[items], _ITEM)
    if "plan_checks" in was:  # older records have none
        yield from _rows("plan checks", was["plan_checks"], now["plan_checks"], _PLAN_CHECK)
    for part, (under, keys) in _AGAIN.items():
        yield from _under_other_doses(part, under, keys, was.get(part), now.get(part))
    yield from _courses(was.get("courses"), now.get("courses"))
    yield from _isotoxic(was.get("isotoxic"), now.get("isotoxic"))
    yield from _case(was.get("case") or {}, now.get("case") or {})
    yield from _fields("The protocol's", was.get("protocol") or {}, now.get("protocol") or {}, ("name",))
    if was.get("score"):
        yield from _fields("Score: the", was["score"], now.get("score") or {}, _SCORE)
    yield from _doubts(was, now)
    yield from _fields("The", was, now, _VERDICT)


def _case(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Whose plan it is, and what is prescribed; an anonymous record has null, and is not compared there."""
    for part, keys in (("patient", _PATIENT), ("plan", _PLAN)):
        stated = {key: value for key, value in (was.get(part) or {}).items() if value not in (None, "")}
        for key in keys:
            is_same = same_value(stated.get(key), (now.get(part) or {}).get(key))
            if key in stated and not is_same:  # without the values: a message names no patient
                yield f"The {part}'s {key.replace('_', ' ')} in the record is not that of the files."
    doses = [[each["dose_gy"] for each in (side.get("plan") or {}).get("prescriptions", ())] for side in (was, now)]
    if not same_value(*doses):
        yield "The prescription in the record is not that of the files."


def _doubts(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Doubts of the repeated verdict that the record lacks; it may have others, of plans checked together with it."""
    recorded = {each["code"] for each in was.get("doubts", ())}
    if "doubts" in was:
        for code in dict.fromkeys(each["code"] for each in now.get("doubts", ())):
            if code not in recorded:
                yield f"The verdict is in doubt ({code}); the record does not state that."


def _without_unstated(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recorded constraint; an older one without an achievable value gives no reason, and today may have a value."""
    is_stated = row.get("achievable") or "achievable_reason" in row
    return row if is_stated else {key: value for key, value in row.items() if key != "achievable"}


def same_value(one: Any, other: Any) -> bool:
    """Whether a recorded plain value equals one of today, numbers up to `SAME_NUMBER`; one that is not finite is null.

    What an older record has no key for must be null today.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=SAME_NUMBER, abs_tol=SAME_NUMBER)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = {**other, **one}
        return one.keys() <= other.keys() and all(same_value(one.get(key), other[key]) for key in keys)
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)


def _rows(
    what: str, was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> Iterator[str]:
    if len(was) != len(now):
        yield f"The record has {len(was)} {what}, the repeated check {len(now)}."
    for old, new in zip(was, now, strict=False):
        name = " ".join(str(old[key]) for key in ("structure", "item", "goal") if key in old)
        if any(key in old and old[key] != new.get(key) for key in ("structure", "item", "goal")):
            there = " ".join(str(new[key]) for key in ("structure", "item", "goal") if key in new)
            yield f"{name}: the protocol now has {there} here."
        else:
            yield from _fields(f"{name}: the", old, new, keys)


def _fields(subject: str, was: Mapping[str, Any], now: Mapping[str, Any], keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        if key in was and not same_value(was[key], now.get(key)):
            yield f"{subject} {key.replace('_', ' ')} was {_words(was[key])} and is now {_words(now.get(key))}."


def _under_other_doses(
    part: str, under: str, keys: Sequence[str], was: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> Iterator[str]:
    """Each constraint under other doses, where the record has them."""
    if was is None:
        return
    repeated = now["constraints"] if now else ()
    if len(was["constraints"]) != len(repeated):
        yield f"The record has {len(was['constraints'])} constraints in {part}, the repeated check {len(repeated)}."
    for old, new in zip(was["constraints"], repeated, strict=False):
        yield from _fields(f"{old['structure']} {old['goal']}, {under}: the", old, new, ("structure", "goal", *keys))


def _courses(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[str]:
    """Each limit over the courses of a sum, where the record has them."""
    if was is None:
        return
    repeated = now["limits"] if now else ()
    if len(was["limits"]) != len(repeated):
        yield f"The record has {len(was['limits'])} limits over courses, the repeated check {len(repeated)}."
    for old, new in zip(was["limits"], repeated, strict=False):
        yield from _fields(f"{old['structure']} {old['goal']}, over courses: the", old, new, _CUMULATIVE)


def _isotoxic(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[str]:
    if was is None or now is None:
        return
    yield from _fields("Isotoxic: the", was, now, _ISOTOXIC)
    yield from _rows("isotoxic limits", was["limits"], now["limits"], _ISOTOXIC_LIMIT)


def _words(value: Any) -> str:
    return "undefined" if value is None else value if isinstance(value, str) else repr(value)
