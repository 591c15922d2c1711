"""The kinds of outcome that a page tells apart, each with its shape, its word and the sentence around it."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from rtcheck.protocol.file.model import Goal
from rtcheck.report.telling.doubts import is_in_doubt
from rtcheck.results import CheckItem, Outcome, Place, Report, Result, Verdict

Kind = Literal["met", "edge", "var", "over", "ne", "na", "waived"]

KIND_WORDS: Final[dict[Kind, str]] = {
    "met": "Met",
    "edge": "Met, borderline",
    "var": "Variation",
    "over": "Violated",
    "ne": "Not evaluated",
    "na": "Not applicable",
    "waived": "Waived",
}
SHAPE_NAMES: Final[dict[Kind, str]] = {
    "met": "disc with a tick",
    "edge": "diamond",
    "var": "triangle",
    "over": "octagon with a cross",
    "ne": "broken ring",
    "na": "bar",
    "waived": "square with a pen stroke",
}
_OUTCOME_KINDS: Final[dict[Outcome, Kind]] = {
    "met": "met",
    "variation": "var",
    "violated": "over",
    "not_evaluated": "ne",
    "not_applicable": "na",
    "waived": "waived",
}
VERDICT_KINDS: Final[dict[Verdict, Kind]] = {"pass": "met", "variation": "var", "fail": "over", "not_evaluated": "ne"}
VERDICT_STAMPS: Final[dict[Verdict, str]] = {
    "pass": "PASS",
    "variation": "VARIATION",
    "fail": "FAIL",
    "not_evaluated": "NOT EVALUATED",
}


@dataclass(frozen=True, slots=True)
class Word:
    """An outcome for people: its `kind` picks shape and colour, `text` says it."""

    kind: Kind
    text: str


def outcome_word(outcome: Outcome, *, is_borderline: bool = False) -> Word:
    """The kind and the word of an outcome; "Violated, borderline" keeps the octagon."""
    kind = _OUTCOME_KINDS[outcome]
    if not is_borderline:
        return Word(kind, KIND_WORDS[kind])
    return Word("edge", KIND_WORDS["edge"]) if outcome == "met" else Word(kind, f"{KIND_WORDS[kind]}, borderline")


def result_word(result: Result) -> Word:
    return outcome_word(result.outcome, is_borderline=result.is_borderline)


def item_word(item: CheckItem) -> Word:
    """The word of a prescription or eligibility item: what only warns is never called violated."""
    if not item.given:
        return Word("ne", "Not given")
    if item.outcome == "violated":
        return Word("var", "Warning") if item.warns_only else Word("over", "Not met")
    return outcome_word(item.outcome)


def verdict_word(report: Report) -> Word:
    """The stamp: a pass in doubt, or with a borderline constraint among the required ones, says so."""
    if is_in_doubt(report):
        return Word("edge", f"{VERDICT_STAMPS[report.verdict]}, IN DOUBT")
    is_close = any(result.is_borderline and result.is_required for result in report.results)
    if report.verdict == "pass" and is_close:
        return Word("edge", "PASS, BORDERLINE")
    return Word(VERDICT_KINDS[report.verdict], VERDICT_STAMPS[report.verdict])


def typeset(text: str) -> str:
    """Signs as print has them: `>=` becomes "≥", `10^9` "10⁹", `1.5 x ULN` "1.5 × ULN"."""
    signs = (("<=", "≤"), (">=", "≥"), ("10^9", "10⁹"), ("10^6", "10⁶"), (" x ", " × "))
    for written, printed in signs:
        text = text.replace(written, printed)
    return text


def goal_text(goal: Goal) -> str:
    """ "D95% ≥ 95 %": the goal in canonical form, typeset."""
    return typeset(goal.text)


def scale_to_flip(result: Result) -> str:
    """What scaling the whole dose does to the outcome, "is met with the whole dose scaled to below 94.1 %".

    The scale is rounded to the side on which that is true. "" where no scale is known, or where the value proves
    nothing (a surrogate's).
    """
    headroom, is_open = result.headroom, result.outcome == "not_evaluated"
    if headroom is None or headroom.scale is None or (is_open and not result.measurement.bounds):
        return ""
    tenths = 1000 * headroom.scale
    percent = f"{(math.floor(tenths) if headroom.is_upper else math.ceil(tenths)) / 10:.1f} %"
    if result.outcome == "met":
        return f"holds until the whole dose is scaled to {percent}"
    surely = "is surely met" if is_open else "is met"
    if headroom.scale == 0.0:
        return f"{surely} by no scaling of the dose"
    return f"{surely} with the whole dose scaled to {'below' if headroom.is_upper else 'above'} {percent}"


def point_word(place: Place) -> str:
    """Which point of a structure the place of its limit is."""
    return "coldest point" if place.is_cold else "hottest point"


def beyond_limit(place: Place, goal: Goal) -> str:
    """ "1.76 cc exceed the limit", or fall short of it, or are to be spared; "" where no volume is known."""
    if place.under_limit_cc is not None:
        return f"{place.under_limit_cc:.2f} cc fall short of the limit"
    if place.over_limit_cc is None:
        return ""
    said = "exceed the limit" if goal.is_upper_limit else "more would have to be spared"
    return f"{place.over_limit_cc:.2f} cc {said}"


def share_of_limit(result: Result) -> str:
    """The margin as a share of the limit, "7 % of the limit"; "" without a margin or for a limit of zero."""
    if result.margin is None or result.goal.limit == 0:
        return ""
    percent = 100 * abs(result.margin / result.goal.limit)
    return f"{percent:.0f} % of the limit" if percent >= 3 else f"{percent:.1f} % of the limit"


def counted(number: int, singular: str, plural: str = "") -> str:
    """ "1 constraint", "3 constraints"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def listed(words: list[str] | tuple[str, ...], *, most: int = 4) -> str:
    """ "Stomach, Duodenum and 3 more"."""
    if len(words) > most:
        return ", ".join(words[: most - 1]) + f" and {len(words) - most + 1} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
