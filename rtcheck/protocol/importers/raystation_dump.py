"""Clinical goals as short scripts read and write them in RayStation (`rtcheck guide integration`) -> Imported.

A dump of a plan's goals is JSON; a table of goals to be added is CSV, its columns the arguments of AddClinicalGoal.

The values are RayStation's own: doses in cGy, relative volumes from 0 to 1, absolute ones in cc, AtMost or AtLeast.
Newer versions call the limit PrimaryAcceptanceLevel and have a second one, the tolerance.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import json_document, keys, number, shown
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.language.units import move_point

FORM = "RayStation clinical goals"
_FILE = keys("form goals name fractions")
_GOAL = keys(
    "RoiName GoalCriteria Type ParameterValue AcceptanceLevel PrimaryAcceptanceLevel SecondaryAcceptanceLevel Priority",
    "IsComparativeGoal",
)
COLUMNS = ("RoiName", "GoalCriteria", "GoalType", "PrimaryAcceptanceLevel", "SecondaryAcceptanceLevel",
           "ParameterValue", "IsComparativeGoal", "Priority")  # fmt: skip
_TEXTS = ("RoiName", "GoalCriteria", "GoalType", "IsComparativeGoal")
_SIGNS = {"AtMost": "<=", "AtLeast": ">="}


def import_raystation_dump(text: str, stem: str) -> Imported | None:
    """The protocol in such a file; None where `text` is no such file."""
    document = json_document(text)
    if document is None or document.get("form") != FORM or not isinstance(document.get("goals"), list):
        return None
    draft = Draft(program="RayStation goals, JSON", stem=stem)
    draft.head(document, _FILE)
    for count, stated in enumerate(document["goals"], start=1):
        entry = draft.entry(f"goal {count}", stated, _GOAL)
        if entry is not None:
            _add(draft, entry, f"goal {count}")
    fractions = number(document.get("fractions"))
    return draft.imported(title=str(document.get("name") or stem), fractions=fractions if fractions else None)


def import_raystation_csv(text: str, stem: str) -> Imported | None:
    """The protocol in a table of such goals; None where `text` is no such table.

    Raises:
        UsageError: its columns are not those that are known.
    """
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if not rows or not {"RoiName", "GoalCriteria", "GoalType"} <= set(rows[0]):
        return None
    if sorted(rows[0]) != sorted(COLUMNS):
        raise UsageError(f"a table of RayStation goals has the columns {', '.join(COLUMNS)}.")
    draft = Draft(program="RayStation goals, CSV", stem=stem)
    for count, row in enumerate(rows[1:], start=2):
        if len(row) != len(COLUMNS):
            draft.lose(f"row {count}", f"{len(row)} cells, not {len(COLUMNS)}")
            continue
        cells = dict(zip(rows[0], row, strict=True))
        stated = {key: _number(cells[key]) for key in COLUMNS if key not in _TEXTS}
        is_comparative = cells["IsComparativeGoal"].strip().casefold() not in ("", "false", "0")
        texts = {"RoiName": cells["RoiName"], "GoalCriteria": cells["GoalCriteria"], "Type": cells["GoalType"]}
        _add(draft, {**stated, **texts, "IsComparativeGoal": is_comparative}, f"row {count}")
    return draft.imported(title=stem)


def _number(cell: str) -> float | str | None:
    """A cell's number; None for an empty cell, the text for anything else, which is then no number."""
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        return cell


def _add(draft: Draft, stated: Mapping[str, Any], place: str) -> None:
    name = str(stated.get("RoiName") or "").strip()
    place = f"{place}, {shown(name) if name else 'no structure'}"
    sign = _SIGNS.get(str(stated.get("GoalCriteria")), "")
    metric, unit, scale = _metric(stated)
    levels = [stated[key] for key in ("AcceptanceLevel", "PrimaryAcceptanceLevel") if stated.get(key) is not None]
    limit = number(levels[0]) if len(levels) == 1 else None
    if not name or not sign or not metric or limit is None or limit <= 0 or stated.get("IsComparativeGoal"):
        draft.lose(place, f"the goal {shown(stated.get('GoalCriteria'))} {shown(stated.get('Type'))} cannot be read")
        return
    goal = draft.goal(place, f"{metric} {sign} {number_text(move_point(limit, scale))} {unit}")
    if goal is None:
        return
    second = number(stated.get("SecondaryAcceptanceLevel"))
    looser = None
    if second is None and stated.get("SecondaryAcceptanceLevel") is not None:
        draft.lose(place, f"the second level {shown(stated['SecondaryAcceptanceLevel'])}")
    if second is not None and second > 0:
        looser = draft.looser(place, goal, f"{metric} {sign} {number_text(move_point(second, scale))} {unit}")
    draft.add(
        place,
        Constraint(
            structures=(draft.structure(place, name),),
            goal=goal if looser else as_volume_below(goal),
            variation=looser,
            priority=_priority(draft, stated.get("Priority"), place),
        ),
    )


def _metric(stated: Mapping[str, Any]) -> tuple[str, str, int]:
    """(metric, unit of the limit, power of ten to that unit); an empty metric where there is no counterpart."""
    kind, at = stated.get("Type"), number(stated.get("ParameterValue"))
    if kind == "AverageDose":
        return "Dmean", "Gy", -2
    if at is None or at <= 0:
        return "", "", 0
    if kind in ("VolumeAtDose", "AbsoluteVolumeAtDose"):
        is_relative = kind == "VolumeAtDose"
        return f"V{number_text(move_point(at, -2))}Gy", "%" if is_relative else "cc", 2 if is_relative else 0
    if kind == "DoseAtVolume" and at <= 1:
        return f"D{number_text(move_point(at, 2))}%", "Gy", -2
    return (f"D{number_text(at)}cc", "Gy", -2) if kind == "DoseAtAbsoluteVolume" else ("", "", 0)


def _priority(draft: Draft, stated: object, place: str) -> str:
    rank = number(stated)
    if stated is None or rank == 1:
        return "required"
    if rank is not None and rank > 1 and rank == int(rank):
        return str(int(rank))
    draft.lose(place, f"the priority {shown(stated)}")
    return "required"
