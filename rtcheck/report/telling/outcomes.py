"""The one table of outcomes: for each kind its word, shapes, colours and rank; for each verdict its word and kind."""

from typing import Final, Literal

from rtcheck.report.telling.doubts import is_in_doubt
from rtcheck.results import CheckItem, Outcome, Report, Result, Verdict
from rtcheck.values import dataclass

Kind = Literal["over", "ne", "var", "edge", "met", "waived", "na"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one kind of outcome is shown.

    `sign` is one character for plain text, `emoji` one for Markdown. `ink` and `tint` are colours on white paper,
    `ink_dark` and `tint_dark` on the dark one (their contrast is tested); `style` is the terminal's.
    """

    word: str
    sign: str
    emoji: str
    ink: str
    tint: str
    ink_dark: str
    tint_dark: str
    style: str


LOOKS: Final[dict[Kind, Look]] = {  # worst first: the order of the table is the rank
    "over": Look(
        word="Violated", sign="✗", emoji="🛑", style="bold red",
        ink="#b3201a", tint="#fcebe9", ink_dark="#ff8a7c", tint_dark="#3b1c1a",
    ),
    "ne": Look(
        word="Not evaluated", sign="?", emoji="❔", style="bold cyan",
        ink="#4d5a78", tint="#edf0f6", ink_dark="#aab6d4", tint_dark="#232b3b",
    ),
    "var": Look(
        word="Variation", sign="▲", emoji="🔺", style="yellow",
        ink="#7b4397", tint="#f5eefa", ink_dark="#cf9fea", tint_dark="#2d2138",
    ),
    "edge": Look(
        word="Met, borderline", sign="≈", emoji="🔶", style="yellow",
        ink="#8a5a00", tint="#fbf2df", ink_dark="#e9b44c", tint_dark="#33290f",
    ),
    "met": Look(
        word="Met", sign="✓", emoji="✅", style="green",
        ink="#00695c", tint="#e5f2ef", ink_dark="#5fcdb3", tint_dark="#13302b",
    ),
    "waived": Look(
        word="Waived", sign="◇", emoji="📝", style="magenta",
        ink="#2f5d8a", tint="#e8f0f8", ink_dark="#8fbbe8", tint_dark="#1a2a3a",
    ),
    "na": Look(
        word="Not applicable", sign="–", emoji="➖", style="dim",
        ink="#59636e", tint="#f0f1f3", ink_dark="#9fa9b4", tint_dark="#22272e",
    ),
}  # fmt: skip
RANKS: Final[dict[Kind, int]] = {kind: rank for rank, kind in enumerate(LOOKS)}

OUTCOME_KINDS: Final[dict[Outcome, Kind]] = {
    "met": "met",
    "variation": "var",
    "violated": "over",
    "not_evaluated": "ne",
    "not_applicable": "na",
    "waived": "waived",
}


@dataclass(frozen=True, slots=True)
class Word:
    """An outcome for people: its `kind` picks shape and colour, `text` says it."""

    kind: Kind
    text: str

    @property
    def look(self) -> Look:
        return LOOKS[self.kind]


VERDICT_WORDS: Final[dict[Verdict, Word]] = {
    "pass": Word("met", "PASS"),
    "variation": Word("var", "PASS WITH VARIATION"),
    "fail": Word("over", "FAIL"),
    "not_evaluated": Word("ne", "NOT EVALUATED"),
}
PASS_BORDERLINE: Final = Word("edge", "PASS, BORDERLINE")


def outcome_word(outcome: Outcome, *, is_borderline: bool = False) -> Word:
    """The kind and the word of an outcome; "Violated, borderline" keeps the octagon."""
    kind = OUTCOME_KINDS[outcome]
    if not is_borderline:
        return Word(kind, LOOKS[kind].word)
    return Word("edge", LOOKS["edge"].word) if outcome == "met" else Word(kind, f"{LOOKS[kind].word}, borderline")


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
    """The stamp of a report."""
    is_close = any(result.is_borderline and result.is_required for result in report.results)
    return stamp(report.verdict, is_in_doubt=is_in_doubt(report), is_close=is_close)


def stamp(verdict: Verdict, *, is_in_doubt: bool = False, is_close: bool = False) -> Word:
    """The word of a verdict: a pass in doubt, or with a borderline constraint among the required ones, says so."""
    if is_in_doubt and verdict in ("pass", "variation"):
        return Word("edge", f"{VERDICT_WORDS[verdict].text}, IN DOUBT")
    return PASS_BORDERLINE if verdict == "pass" and is_close else VERDICT_WORDS[verdict]
