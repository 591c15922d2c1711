"""Telling -> the cells and lines of a table of text, which plain text, a coloured terminal and notebooks share."""

from collections.abc import Sequence

from rtcheck.notices import SMALL_TARGET
from rtcheck.report.telling.amounts import NOTHING
from rtcheck.report.telling.constraint import DERIVED, Row
from rtcheck.report.telling.outcomes import Word
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.report.telling.words import sentence

PRESCRIPTION, ELIGIBILITY, PLAN_CHECKS = "Prescription", "Eligibility", "Plan and structure checks"
_CHECKS = "Values of other programs"
_SELECTED = "Targets by kind"
_SMALL = "Small targets"
_TIGHTEST, _REACH, _ROBUSTNESS = "Tightest", "How far can it go", "Robustness"
_COURSES = "Courses"
_HEADINGS = ("Structure", "Metric", "Value", "Limit", "Acceptable", "Margin", "Outcome")
_RIGHT = (False, False, True, True, True, True, False)


def headings(rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """The table's headings, and which columns are set to the right; "Acceptable" where a limit has a variation."""
    shown = [name != "Acceptable" or any(row.variation for row in rows) for name in _HEADINGS]
    names = tuple(name for name, is_shown in zip(_HEADINGS, shown, strict=True) if is_shown)
    return names, tuple(side for side, is_shown in zip(_RIGHT, shown, strict=True) if is_shown)


def cells(row: Row, names: Sequence[str]) -> tuple[str, ...]:
    """One constraint in the order of the headings."""
    told = {
        "Structure": _structure(row),
        "Metric": row.metric,
        "Value": row.value_with_uncertainty or NOTHING,
        "Limit": row.limit,
        "Acceptable": row.variation,
        "Margin": row.signed_margin or NOTHING,
        "Outcome": f"{row.word.look.sign} {in_text(row.word)}",
    }
    return tuple(told[name] for name in names)


def in_text(word: Word) -> str:
    """An outcome where no colour helps: small letters, capitals for what is violated."""
    return word.text.upper() if word.kind == "over" else word.text.lower()


def _structure(row: Row) -> str:
    """ "Kidney_R = kidney right (advisory)": the protocol's name, and what it is called in the files."""
    drawn = f" ({row.drawn})" if row.drawn == DERIVED else f" = {row.drawn}" if row.drawn else ""
    return row.structure + drawn + (f" ({row.priority})" if row.priority else "")


def notes(row: Row, *, verbose: bool) -> tuple[str, ...]:
    """The lines below a constraint: all that is said about it where it is not plainly met, or with `verbose`."""
    if row.is_plain and not verbose:
        return row.remarks[-1:] if row.result.peers else ()
    matched = (sentence(row.matched),) if row.matched else ()
    readings = tuple(f"Other reading, {reading.text}." for reading in row.readings)
    band = (f"Convention band {row.band}.",) if row.band and verbose else ()
    source = tuple(filter(None, (row.sentence and f"“{row.sentence}”", row.citation, row.url))) if verbose else ()
    share = (f"{row.margin}, {row.share}.",) if row.share else (f"{row.margin}.",) if row.margin else ()
    other = (f"{row.value} is {row.other_unit}.",) if row.other_unit else ()
    return tuple(dict.fromkeys((*matched, *row.remarks, *other, *share, *readings, *band, *row.where, *source)))


def items(lines: Sequence[ItemLine], *, verbose: bool) -> tuple[tuple[Word, str], ...]:
    """The prescription or eligibility items; without `verbose` what does not apply is left out, absence counted."""
    shown = [line for line in lines if verbose or (line.is_given and line.word.kind != "na")]
    told = [(line.word, line.text) for line in shown]
    absent = 0 if verbose else sum(not line.is_given for line in lines)
    if absent:
        what = "1 item was not given" if absent == 1 else f"{absent} items were not given"
        told.append((Word("ne", "Not given"), f"{what} (--verbose lists them)"))
    return tuple(told)


def blocks(telling: Telling, *, verbose: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(title, lines) of what follows constraints and items; with `verbose` the files and the provenance too."""
    shifts = (f"{each.constraint}: {each.said}{'  FLIPS' if each.flips else ''}" for each in telling.under_shifts)
    courses = (line for each in telling.over_courses for line in each.lines)
    small = (each.text for each in telling.warnings if each.code == SMALL_TARGET and not verbose)
    found = [
        (_SELECTED, telling.members),
        (_SMALL, tuple(small)),
        (_TIGHTEST, (telling.tightest,) if telling.tightest else ()),
        (_REACH, (telling.reach.text,) if telling.reach else ()),
        (_ROBUSTNESS, (telling.shifts, *shifts) if telling.shifts else ()),
        (_COURSES, (telling.courses, *courses) if telling.courses else ()),
        (_CHECKS, tuple(line.text for line in telling.checks)),
    ]
    if verbose:
        files = tuple(" ".join(filter(None, (f.role, f.name, f.uid, f.sha256, f.why))) for f in telling.files)
        lines = (*(f"{label}: {text}" for label, text in telling.provenance), *filter(None, (telling.command,)))
        found += [("Files", files), ("Provenance", lines)]
    return tuple((title, lines) for title, lines in found if lines)


def warnings(telling: Telling, *, verbose: bool) -> tuple[str, ...]:
    """The warnings, each with its code; with `verbose` the plain remarks as well."""
    return tuple(f"{each.text} [{each.code}]" for each in telling.warnings if verbose or each.is_for_everyone)


def about(telling: Telling) -> tuple[tuple[str, str], ...]:
    """(label, text) of what was checked against what. The patient is not named: such output ends in logs."""
    cards = [card for card in telling.cards if not card.is_personal]
    cards.sort(key=lambda card: card.label != "Protocol")
    return tuple((card.label, "; ".join((card.title, *card.lines))) for card in cards)


def eligibility(telling: Telling) -> Word | None:
    """The stamp of the eligibility, where the protocol says anything about it."""
    word = telling.eligibility_word
    return Word(word.kind, word.text.upper()) if telling.eligibility else None
