"""PlanCheck and ClearPlan constraint tables (CSV) -> Imported.

Both name a structure with its codes and aliases, an objective in brackets (`D0.03cc[cGy]`, `CV1500cGy[cc]`), a goal
with its sign (`<=1700`) and a variation (PlanCheck without a sign). Codes are FMA codes or names of the planning
system's code list. Decimal commas are read; a number that may be meant in two ways (1,500) makes its row a loss.
"""

import re
from collections.abc import Mapping, Sequence

from rtcheck.csv_table import rows_of
from rtcheck.errors import UsageError
from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import Keys, dots_may_group, keys, shown, with_points
from rtcheck.values import dataclass

_SIGN = re.compile(r"\s*(<=|>=|<|>|≤|≥)\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Columns of both tables: the variation, the rank, and what the program writes of a plan that it has checked.
_OTHERS = keys("variation priority codealiases", "met achieved")
_SURPLUS = "more cells than headings"
# Indices whose region of reference the tables do not state: GI50%[%] of the body, CN95%[%] with limits above 1.
_INDEX = re.compile(r"(?:GI|CN|CI|HI)\d*", re.IGNORECASE)
_VOLUME = re.compile(r"Vol(?:ume)?\s*\[", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names of one program's columns; an empty name is a column that it has not."""

    program: str
    structure: str
    codes: str
    aliases: tuple[str, ...]
    objective: str
    goal: str
    types: str = ""
    remarks: tuple[str, ...] = ()  # the note, and the source

    @property
    def keys(self) -> Keys:
        named = {self.structure, self.codes, *self.aliases, self.objective, self.goal, self.types, *self.remarks}
        return Keys(read=frozenset(named | _OTHERS.read), harmless=_OTHERS.harmless)


_FORMS = (
    _Columns("PlanCheck", "structure ids", "structure codes", ("idaliases",), "dvh objective", "evaluation point"),
    _Columns(
        "ClearPlan",
        "templateid",
        "templatecodes",
        ("templatealiases",),
        "dvhobjective",
        "goal",
        types="templatetypes",
        remarks=("notes", "source"),
    ),
)


def import_constraint_csv(text: str, stem: str) -> Imported | None:
    """The protocol in a PlanCheck or ClearPlan table; None where `text` is neither.

    Raises:
        UsageError: a heading occurs twice, so one of its cells would be dropped unread, or a cell is not closed.
    """
    headings, rows, fault = _rows(text)
    form = next((form for form in _FORMS if {form.structure, form.objective, form.goal} <= set(headings)), None)
    if form is None:
        return None
    twice = next((heading for heading in headings if heading and headings.count(heading) > 1), "")
    if twice:
        raise UsageError(f'the heading "{shown(twice)}" occurs twice; it is not clear which column counts.')
    if fault:
        raise UsageError(fault)
    draft = Draft(program=f"{form.program} CSV", stem=stem)
    cells = [row[column] for row in rows for column in (form.objective, form.goal, "variation") if row.get(column)]
    grouped = dots_may_group(cells)
    for number, row in enumerate(rows, start=2):
        place = f"row {number}, {shown(row[form.structure])}"
        if not (row[form.structure] and row[form.objective]):
            if any(row.values()):
                draft.lose(place, "structure or objective is missing")
        elif draft.entry(place, {column: cell or None for column, cell in row.items()}, form.keys) is not None:
            _add(draft, form, row, place, grouped=grouped)
    return draft.imported(title=stem)


def _rows(text: str) -> tuple[Sequence[str], Sequence[Mapping[str, str]], str]:
    """(headings in lower case, rows by heading, fault of the text); the header has the separator most often."""
    header = text.lstrip().partition("\n")[0]
    rows, fault = rows_of(text.lstrip(), max(";,\t", key=header.count))
    headings = [heading.strip().lower() for heading in rows[0][1]] if rows else []
    return headings, [_row(headings, cells) for _, cells in rows[1:]], fault


def _row(headings: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    """The cells by heading. Surplus cells, as of a decimal comma in a table with commas, stand under their own key."""
    row = {heading: cell.strip() for heading, cell in zip(headings, cells, strict=False)}
    surplus = [cell.strip() for cell in cells[len(headings) :] if cell.strip()]
    missing = dict.fromkeys(headings[len(cells) :], "")
    return row | missing | ({_SURPLUS: " | ".join(surplus)} if surplus else {})


def _add(draft: Draft, form: _Columns, row: Mapping[str, str], place: str, *, grouped: bool) -> None:
    """Add the constraint of one row, or what of it is lost."""
    stated = _VOLUME.sub("Volume[", row[form.objective]), row[form.goal], row.get("variation", "")
    if _INDEX.match(stated[0]):
        draft.lose(place, f"the index {stated[0]} {stated[1]}: its reference region is not given in the file")
        return
    numbers = [with_points(text, grouped=grouped) for text in stated]
    unclear = next((text for text, number in zip(stated, numbers, strict=True) if number is None), "")
    objective, limit, variation = (number or "" for number in numbers)
    sign = _SIGN.match(limit)
    if unclear or sign is None:
        why = (
            f'"{unclear}" is ambiguous (decimal sign or thousands separator)'
            if unclear
            else f'"{limit}" has no <, <=, > or >='
        )
        draft.lose(place, f"the goal of {objective or stated[0]}: {why}")
        return
    goal = draft.goal(place, f"{objective} {limit}")
    if goal is None:
        return
    if variation and not _SIGN.match(variation):
        variation = f"{sign[1]} {variation}"
    looser = draft.looser(place, goal, f"{objective} {variation}") if variation else None
    draft.add(
        place,
        Constraint(
            structures=(_structure(draft, form, row, place),),
            goal=goal if looser else as_volume_below(goal),
            variation=looser,
            priority=_priority(draft, row.get("priority", ""), place),
            note=row.get("notes", ""),
            source=draft.source(row.get("source", "")),
        ),
    )


def _structure(draft: Draft, form: _Columns, row: Mapping[str, str], place: str) -> str:
    codes = _listed(row.get(form.codes, ""))
    names = [name for column in form.aliases for name in _listed(row.get(column, ""))]
    fma = [code for code in codes if _NUMBER.fullmatch(code)]
    names += [code for code in codes if code not in fma]
    if row.get(form.types):
        draft.lose(
            place,
            f"the choice by type ({row[form.types]}); name the structure in the protocol or in an alias file, or "
            f"write {{type: {row[form.types].partition('|')[0]}}} for all structures of a type",
        )
    if row.get("codealiases"):
        draft.lose(place, f"the code aliases {row['codealiases']}")
    return draft.structure(place, row[form.structure], codes=fma, aliases=names)


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


def _priority(draft: Draft, text: str, place: str) -> str:
    """The rank as it is; rank 1 is what is required."""
    if not text or text == "1":
        return "required"
    if text.isascii() and text.isdigit() and int(text) > 1:
        return text
    draft.lose(place, f'the priority "{text}"')
    return "required"
