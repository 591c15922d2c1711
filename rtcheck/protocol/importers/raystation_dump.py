"""Clinical goals as short scripts read and write them in RayStation (`rtcheck guide integration`) -> Imported.

A dump of a plan's goals is JSON; a table of goals to be added is CSV, its columns the arguments of AddClinicalGoal.

The values are RayStation's own: doses in cGy, relative volumes from 0 to 1, absolute ones in cc, AtMost or AtLeast.
Newer versions call the limit PrimaryAcceptanceLevel and have a second one, the tolerance.
"""

import re
from collections.abc import Mapping
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import dots_may_group, json_document, keys, number, shown, with_points
from rtcheck.protocol.importers.tables.sheets import Sheet, csv_sheets
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.language.units import move_point

FORM = "RayStation clinical goals"
_FILE = keys("form goals name fractions")
_GOAL = keys(
    "RoiName GoalCriteria Type ParameterValue AcceptanceLevel PrimaryAcceptanceLevel SecondaryAcceptanceLevel Priority",
    "IsComparativeGoal OfBeamSet",
)
COLUMNS = ("RoiName", "GoalCriteria", "GoalType", "PrimaryAcceptanceLevel", "SecondaryAcceptanceLevel",
           "ParameterValue", "IsComparativeGoal", "Priority")  # fmt: skip
_TEXTS = ("RoiName", "GoalCriteria", "GoalType", "IsComparativeGoal")
_NEEDED = {"RoiName", "GoalCriteria", "GoalType"}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_NO_PRIORITY = 2**31 - 1  # what RayStation has where the user gave none
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

    A spreadsheet may have written it again, with its own separator and decimal commas.

    Raises:
        UsageError: a column is not known, stated twice, or missing.
    """
    if not all(heading in text.partition("\n")[0] for heading in _NEEDED):
        return None
    for sheet in csv_sheets(text.removeprefix("\ufeff")):
        if sheet.rows and _NEEDED.issubset(sheet.rows[0]):
            if sheet.fault:
                raise UsageError(sheet.fault)
            return _of_table(sheet, stem)
    return None


def _of_table(sheet: Sheet, stem: str) -> Imported:
    columns = tuple(filter(None, sheet.rows[0]))
    limits = {"AcceptanceLevel", "PrimaryAcceptanceLevel"} & set(columns)
    if set(columns) - {*COLUMNS, "AcceptanceLevel"} or len(set(columns)) < len(columns) or len(limits) != 1:
        raise UsageError(f"a table of RayStation goals has the columns {', '.join(COLUMNS)}.")
    draft = Draft(program="RayStation goals, CSV", stem=stem)
    grouped = dots_may_group(cell for row in sheet.rows[1:] for cell in row)
    for count, row in enumerate(sheet.rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(sheet.rows[0]):
            draft.lose(f"row {count}", f"{len(row)} cells, not {len(sheet.rows[0])}")
            continue
        cells = dict(zip(sheet.rows[0], row, strict=True))
        stated = {key: _number(cells[key], grouped=grouped) for key in columns if key not in _TEXTS}
        is_comparative = cells.get("IsComparativeGoal", "").casefold() not in ("", "false", "0", "falsch")
        texts = {"RoiName": cells["RoiName"], "GoalCriteria": cells["GoalCriteria"], "Type": cells["GoalType"]}
        _add(draft, {**stated, **texts, "IsComparativeGoal": is_comparative}, f"row {count}")
    return draft.imported(title=stem)


def _number(cell: str, *, grouped: bool) -> float | str | None:
    """A cell's number; None for an empty cell, the text for anything else, which is then no number."""
    pointed = with_points(cell, grouped=grouped)
    return float(pointed) if pointed and _NUMBER.fullmatch(pointed) else cell or None


def _add(draft: Draft, stated: Mapping[str, Any], place: str) -> None:
    name = str(stated.get("RoiName") or "").strip()
    place = f"{place}, {shown(name) if name else 'no structure'}"
    sign = _SIGNS.get(str(stated.get("GoalCriteria")), "")
    metric, unit, scale = _metric(stated)
    levels = [stated[key] for key in ("AcceptanceLevel", "PrimaryAcceptanceLevel") if stated.get(key) is not None]
    limit = number(levels[0]) if len(levels) == 1 else None
    if stated.get("IsComparativeGoal"):
        draft.lose(place, "a comparative goal: its limit is relative to another value, not a dose or volume")
        return
    is_share = stated.get("Type") == "VolumeAtDose"
    if not name or not sign or not metric or limit is None or limit <= 0 or (is_share and limit > 1):
        draft.lose(place, _described(stated, levels))
        return
    if stated.get("OfBeamSet"):
        draft.lose(place, "it is of one beam set of the plan, not of its whole dose")
    goal = draft.goal(place, f"{metric} {sign} {number_text(move_point(limit, scale))} {unit}")
    if goal is None:
        return
    second = number(stated.get("SecondaryAcceptanceLevel"))
    looser = None
    is_level = second is not None and second >= 0 and not (is_share and second > 1)
    if stated.get("SecondaryAcceptanceLevel") is not None and not is_level:
        draft.lose(place, f"the second level {_shown(stated['SecondaryAcceptanceLevel'])}")
    if second is not None and is_level and second > 0:
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


def _described(stated: Mapping[str, Any], levels: list[Any]) -> str:
    """A goal that cannot be read, as RayStation states it."""
    at = f" at {_shown(stated['ParameterValue'])}" if stated.get("ParameterValue") is not None else ""
    words = " ".join(shown(stated[key]) for key in ("GoalCriteria", "Type") if stated.get(key))
    limits = " and ".join(map(_shown, levels)) or "none"
    return f"the goal {words}{at}, level {limits}: it has no counterpart, or its numbers do not fit"


def _shown(value: object) -> str:
    amount = number(value)
    return shown(value) if amount is None else number_text(amount)


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
    if rank in (None, 1, _NO_PRIORITY) and (stated is None or rank is not None):
        return "required"
    if rank is not None and rank > 1 and rank == int(rank):
        return str(int(rank))
    draft.lose(place, f"the priority {_shown(stated)}")
    return "required"
