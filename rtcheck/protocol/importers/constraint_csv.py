"""PlanCheck and ClearPlan constraint tables (CSV) -> Imported.

Both name a structure with its codes and aliases, an objective in brackets (`D0.03cc[cGy]`, `CV1500cGy[cc]`), a goal
with its sign (`<=1700`) and a variation (PlanCheck without a sign). Codes are FMA codes or names of the planning
system's code list.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported

_SIGN = re.compile(r"\s*(<=|>=|<|>|≤|≥)\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
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
    remarks: tuple[str, ...] = ()


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
    """The protocol in a PlanCheck or ClearPlan table; None where `text` is neither."""
    rows = _rows(text)
    form = next(
        (form for form in _FORMS if rows and {form.structure, form.objective, form.goal} <= rows[0].keys()), None
    )
    if form is None:
        return None
    draft = Draft(program=f"{form.program} CSV", stem=stem)
    for number, row in enumerate(rows, start=2):
        if row[form.structure] and row[form.objective]:
            _add(draft, form, row, f"row {number}, {row[form.structure]}")
    return draft.imported(title=stem)


def _rows(text: str) -> Sequence[Mapping[str, str]]:
    """The rows by lower-case column; the separator is the one that the header has more of."""
    header = text.lstrip().partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text.lstrip()), delimiter=separator)
    return [{(key or "").strip().lower(): _cell(value) for key, value in row.items()} for row in reader]


def _cell(value: str | list[str] | None) -> str:
    return value.strip() if isinstance(value, str) else ""


def _add(draft: Draft, form: _Columns, row: Mapping[str, str], place: str) -> None:
    """Add the constraint of one row, or what of it is lost."""
    objective = _VOLUME.sub("Volume[", row[form.objective])
    sign = _SIGN.match(row[form.goal])
    if _INDEX.match(objective):
        draft.lose(place, f"the index {objective} {row[form.goal]}: its region of reference is not in the file")
        return
    if sign is None:
        draft.lose(place, f'the goal "{row[form.goal]}" of {objective} has no sign')
        return
    goal = draft.goal(place, f"{objective} {row[form.goal]}")
    if goal is None:
        return
    variation = row.get("variation", "")
    if variation and not _SIGN.match(variation):
        variation = f"{sign[1]} {variation}"
    draft.add(
        place,
        Constraint(
            structures=(_structure(draft, form, row, place),),
            goal=goal,
            variation=draft.looser(place, goal, f"{objective} {variation}") if variation else None,
            priority=_priority(draft, row.get("priority", ""), place),
            note="; ".join(filter(None, (row.get(column, "") for column in form.remarks))),
        ),
    )


def _structure(draft: Draft, form: _Columns, row: Mapping[str, str], place: str) -> str:
    codes = _listed(row.get(form.codes, ""))
    names = [name for column in form.aliases for name in _listed(row.get(column, ""))]
    fma = [code for code in codes if _NUMBER.fullmatch(code)]
    names += [code for code in codes if code not in fma]
    if row.get(form.types):
        draft.lose(
            place, f"the choice by type ({row[form.types]}); name the target in the protocol or in an alias file"
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
    if text.isdigit() and int(text) > 1:
        return text
    draft.lose(place, f'the priority "{text}"')
    return "required"
