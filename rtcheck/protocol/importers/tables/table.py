"""A table of goals -> Imported: structure, metric, sign, limit, unit, variation and rank in columns of any order.

A row is omitted, and listed, where its limit has two readings: no sign, no unit, a number such as 1.500, a filled
column with a heading that is not known, or struck-through text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from rtcheck.errors import GoalSyntaxError, UsageError
from rtcheck.protocol.file.model import Constraint, Range
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import OTHER_DOSE, dots_may_group, shown, with_points
from rtcheck.protocol.importers.tables.headings import (
    Columns,
    are_headings,
    columns_of,
    condition_in,
    is_heading,
    letters,
)
from rtcheck.protocol.importers.tables.sheets import Sheet, csv_sheets
from rtcheck.protocol.importers.tables.wording import Worded, known_unit, metric_of, sign_of, split_limit
from rtcheck.protocol.language.ranges import parse_range
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.values import dataclass

_LIMITS = ("goal", "metric", "variation", "operator", "unit")
_REQUIRED = {"required", "mandatory", "hard", "high", "must", "pflicht", "verbindlich", "hoch", "muss"}
_ADVISORY = {"advisory", "optional", "optimal", "soft", "low", "should", "soll", "kann", "niedrig", "empfohlen"}
_NOT_ORGANS = {"external", "body", "skin"}
_RANK = re.compile(r"(?:p|prio(?:rity|ritat|rität)?|rang|rank)?\s*(\d{1,3})", re.IGNORECASE)
_UNIT_OF_LIMIT = re.compile(r"^[\s\d.,]+")
_SIDE = r"(?:l|li|lt|left|links|r|re|rt|right|rechts)"
_BOTH_SIDES = re.compile(rf"(?<![^\W_]){_SIDE}\s*[/,]\s*{_SIDE}(?![^\W_])", re.IGNORECASE)
_PARTS = re.compile(r"\s*[;\n]\s*")
_REST_OF_NUMBER = re.compile(r"\d+\s*(?:c?Gy|%|cc|cm³|ml)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of a table: its cells by role."""

    place: str
    cells: Mapping[str, str]
    spelled: str
    grouped: bool
    limit_unit: str
    variation_unit: str

    def cell(self, role: str) -> str:
        return self.cells.get(role, "")


def import_table(sheets: Iterable[Sheet], stem: str, *, stated: Mapping[str, str], program: str) -> Imported | None:
    """The protocol in a table; None where no sheet has headings for structures and goals.

    Raises:
        UsageError: several sheets have such headings, or `stated` (`--columns`) does not fit.
        NothingImportedError: not one row could be carried over.
    """
    found = _tables(sheets, stated)
    if not found:
        return None
    sheet, columns = max(found, key=lambda pair: len(pair[1].places))
    names = [each.name for each, _ in found if each.name]
    if len(names) > 1:
        listed = ", ".join(f'"{shown(name)}"' for name in names)
        raise UsageError(f"several sheets have a table of goals ({listed}): choose with --columns sheet=NAME.")
    _require_plain_headings(columns)
    draft = Draft(program=program, stem=stem)
    if OTHER_DOSE.search(sheet.name):
        draft.lose(
            f'the sheet "{shown(sheet.name)}"', "its name may state that another dose than the physical one is meant"
        )
    for row in _rows(draft, sheet, columns):
        _add(draft, row)
    return draft.imported(title=stem)


def _require_plain_headings(columns: Columns) -> None:
    """Raises UsageError for a heading that states for all of its limits what none of them would have."""
    for column in (place for role in _LIMITS for place in columns.places.get(role, ())):
        heading = columns.headings[column] if column < len(columns.headings) else ""
        if condition := condition_in(heading):
            raise UsageError(
                f'the heading "{shown(heading)}" states more than a unit ({shown(condition)}): write it into each goal,'
                " such as EQD2[3] Dmax < 54 Gy or Dmax < 2 Gy/fx, or into a column for the number of fractions."
            )


def import_csv(text: str, stem: str) -> Imported | None:
    """The protocol in a table of goals in CSV text; None where it has no headings for structures and goals."""
    return import_table(csv_sheets(text), stem, stated={}, program="table, CSV")


def _tables(sheets: Iterable[Sheet], stated: Mapping[str, str]) -> list[tuple[Sheet, Columns]]:
    """The sheets with a table; of a CSV text read with several separators, any that has one."""
    listed = list(sheets)
    chosen = [each for each in listed if stated.get("sheet", each.name) in (each.name, "")]
    if listed and not chosen:
        names = ", ".join(f'"{shown(each.name)}"' for each in listed)
        raise UsageError(f'--columns: no sheet is named "{stated["sheet"]}"; there are {names}.')
    found, last = [], None
    for sheet in chosen:
        try:
            columns = columns_of(sheet, stated)
        except UsageError as error:
            last = error  # with another separator the headings may be clear
            continue
        if columns is None or not columns.suffices:
            continue
        if sheet.fault:
            last = UsageError(sheet.fault)
            continue
        found.append((sheet, columns))
    if last is not None and not found:
        raise last
    return found


def _rows(draft: Draft, sheet: Sheet, columns: Columns) -> Iterable[_Row]:
    """The rows under the headings that state a goal; every other row with text is a loss."""
    body = range(columns.row + 1, len(sheet.rows))
    grouped = dots_may_group(
        cell
        for number in body
        for column, cell in enumerate(sheet.rows[number])
        if any(column in columns.places.get(role, ()) for role in ("goal", "metric", "variation"))
    )
    for number, cells in enumerate(sheet.rows[: max(columns.row, 0)]):
        filled = [cell for cell in cells if cell]
        is_title = len(filled) == 1 and not OTHER_DOSE.search(filled[0])
        if filled and not is_title and not all(map(is_heading, filled)):
            draft.lose(f"row {number + 1}", f'not read: it is above the headings ("{shown(filled[0])}", ...)')
    structure = ""
    for number in body:
        cells = sheet.rows[number]
        if not any(cells):
            structure = ""
            continue
        if columns.row >= 0 and are_headings(cells):
            _require_same_headings(cells, columns, number)
            structure = ""
            continue
        by_role = {role: _joined_cells(cells, places) for role, places in columns.places.items()}
        goal, variation = columns.one("goal"), columns.variation(cells)
        if variation is not None and variation < len(cells):
            by_role["variation"] = cells[variation]
        structure = by_role["structure"] or structure
        place = f"row {number + 1}, {shown(structure) if structure else 'no structure'}"
        why = _refusal(sheet, columns, number, by_role, structure)
        if why:
            draft.lose(place, why)
            continue
        yield _Row(
            place=place,
            cells=by_role,
            spelled=structure,
            grouped=grouped,
            limit_unit=by_role.get("unit") or columns.units.get(-1 if goal is None else goal, ""),
            variation_unit=columns.units.get(-1 if variation is None else variation, ""),
        )


def _require_same_headings(cells: Sequence[str], columns: Columns, number: int) -> None:
    """Raises UsageError for a second row of headings in another order: what is below it would be read by the first."""
    if [cell.casefold() for cell in cells if cell] != [cell.casefold() for cell in columns.headings if cell]:
        rows = f"row {number + 1} has other headings than row {columns.row + 1}"
        raise UsageError(f"{rows}: there are two tables below one another; import each from a file of its own.")


def _refusal(sheet: Sheet, columns: Columns, number: int, by_role: Mapping[str, str], structure: str) -> str:
    """Why a row is omitted before its goal is read; "" where it is not."""
    cells = sheet.rows[number]
    if not (by_role.get("goal") or by_role.get("metric")):
        return "no goal"
    if not structure:
        return f'the goal "{shown(by_role.get("goal") or by_role.get("metric"))}" has no structure'
    if _BOTH_SIDES.search(structure):
        return f'omitted: "{shown(structure)}" may mean each side or both together; give each side a row of its own'
    if number in sheet.struck:
        return "omitted, because it has struck-through text"
    if columns.row < 0:
        return ""
    surplus = len(cells) - len(columns.headings)
    if sheet.separator == "," and (surplus > 0 or _is_torn(cells, columns)):
        return "omitted: a comma may be a decimal sign here; separate the columns by semicolons, or quote the cells"
    unknown = {**columns.unknown, **dict.fromkeys(range(len(columns.headings), len(cells)), "")}
    known = columns.variation(cells)
    filled = [column for column in unknown if column < len(cells) and cells[column] and column != known]
    if filled:
        first = filled[0]
        heading = f' "{shown(unknown[first])}"' if unknown[first] else ""
        return (
            f'omitted, because the meaning of column {letters(first)}{heading} ("{shown(cells[first])}") is unknown:'
            f" state its role with --columns (variation={letters(first)}, note={letters(first)}, skip={letters(first)})"
        )
    return ""


def _is_torn(cells: Sequence[str], columns: Columns) -> bool:
    """Whether the cell after one that ends in a number could be the rest of it: `12,5` in a table with commas."""
    for role in ("goal", "variation", "metric"):
        column = columns.one(role)
        if column is None or column + 1 >= len(cells) or not re.search(r"\d$", cells[column]):
            continue
        if _REST_OF_NUMBER.fullmatch(cells[column + 1]) and not _is_numeric(columns, column + 1):
            return True
    return False


def _is_numeric(columns: Columns, column: int) -> bool:
    """Whether a number may stand in the column by itself."""
    return any(column in columns.places.get(role, ()) for role in ("priority", "fractions", "variation", "skip"))


def _add(draft: Draft, row: _Row) -> None:
    """Add the constraints of one row, or what of it is lost."""
    metric_cell, goal_cell = row.cell("metric"), row.cell("goal")
    parts = [part for part in _PARTS.split(goal_cell or metric_cell) if part]
    beside = metric_cell if goal_cell else ""
    for part in parts:
        _add_goal(draft, row, beside, part, is_only=len(parts) == 1)


def _add_goal(draft: Draft, row: _Row, beside: str, stated: str, *, is_only: bool) -> None:
    text = _goal_text(draft, row, beside, stated)
    goal = draft.goal(row.place, text) if text else None
    if goal is None:
        return
    looser = None
    if row.cell("variation"):
        metric, _, limit = text.rpartition(goal.operator)
        varied = _variation_text(draft, row, metric, goal.operator, _UNIT_OF_LIMIT.sub("", limit))
        looser = draft.looser(row.place, goal, varied) if varied and is_only else None
        if not is_only:
            draft.lose(row.place, f'the variation "{shown(row.cell("variation"))}": its row has several goals')
    fractions = _fractions(draft, row)
    if fractions is None and row.cell("fractions"):
        return
    draft.add(
        row.place,
        Constraint(
            structures=(_structure(draft, row),),
            goal=goal if looser else as_volume_below(goal),
            variation=looser,
            priority=_priority(draft, row),
            fractions=fractions,
            note=row.cell("note").replace("\n", "; "),
            source=draft.source(row.cell("source").replace("\n", "; ")),
        ),
    )


def _goal_text(draft: Draft, row: _Row, beside: str, stated: str) -> str:
    """The goal as the goal language writes it; "", and a loss, where it has none or two readings."""
    points = [with_points(text, grouped=row.grouped) for text in (beside, stated)]
    if None in points:
        draft.lose(row.place, f'"{shown(stated)}" is ambiguous (decimal sign or thousands separator)')
        return ""
    metric_text, whole = (text or "" for text in points)
    own, sign, limit = split_limit(whole)
    if metric_text and not own:
        own, inner, rest = split_limit(metric_text) if not sign and not limit else (metric_text, "", "")
        sign, limit = sign or inner, limit or rest
    elif metric_text and own and metric_text.replace(" ", "") != own.replace(" ", ""):
        draft.lose(row.place, f'the columns state two metrics, "{shown(metric_text)}" and "{shown(own)}"')
        return ""
    if not own and not metric_text and re.match(r"(?:max|min)", whole, re.IGNORECASE):
        own = "Dmax" if sign == "<=" else "Dmin"
    return _assembled(draft, row, own, sign, limit, stated)


def _assembled(draft: Draft, row: _Row, own: str, sign: str, limit: str, stated: str) -> str:
    worded = _worded(row, own)
    operator = row.cell("operator")
    other = sign_of(operator)
    if operator and (not other or (sign and sign != other)):
        draft.lose(row.place, f'the sign "{shown(operator)}" is not known, or not that of "{shown(stated)}"')
        return ""
    sign = sign or other
    if worded is None:
        draft.lose(row.place, f'"{shown(own or stated)}" has no unit, or is not a metric of the goal language')
        return ""
    if not sign and worded.metric in ("Dmax", "Dmin"):
        sign = "<=" if worded.metric == "Dmax" else ">="
    if not sign or not limit:
        has = "more than one of" if len(re.findall(r"[<>≤≥]", stated)) > 1 else "no"
        draft.lose(row.place, f'the goal "{shown(stated)}" has {has} <, <=, > or >=')
        return ""
    text = f"{worded.metric} {sign} {_with_unit(limit, worded.unit or row.limit_unit)}"
    if worded.assumed and worded.metric.startswith("V") and sign in (">", ">=") and _is_organ(row):
        draft.lose(
            row.place, f'"{shown(stated)}" of an organ may be meant of the spared volume: write C{worded.metric}'
        )
        return ""
    if worded.assumed:
        draft.lose(row.place, worded.assumed)
    return text


def _with_unit(limit: str, unit: str) -> str:
    """The limit with its unit: its own, else `unit`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*(.*)", limit.strip())
    if found is None:
        return limit
    return f"{found[1]} {known_unit(found[2] or unit)}".strip()


def _variation_text(draft: Draft, row: _Row, metric: str, operator: str, unit: str) -> str:
    """The variation as a goal on the same metric, with the goal's sign and unit where it has none of its own.

    `unit` is the one that the goal is stated in: of "< 260 cGy" a variation "300" is one in cGy.
    """
    stated = with_points(row.cell("variation"), grouped=row.grouped)
    if stated is None:
        draft.lose(row.place, f'the variation "{shown(row.cell("variation"))}" is ambiguous')
        return ""
    own, sign, limit = split_limit(stated)
    worded = _worded(row, own)
    if own and (worded is None or worded.metric.replace(" ", "") != metric.strip().replace(" ", "")):
        draft.lose(row.place, f'the variation "{shown(stated)}" is not on the metric {metric.strip()}')
        return ""
    own_unit = row.cell("unit") or row.variation_unit or unit
    return f"{metric} {sign or operator} {_with_unit(limit, own_unit)}"


def _worded(row: _Row, metric: str) -> Worded | None:
    """The metric in the goal language; External and the like are no organ: V50 of them may mean 50 %."""
    if not metric:
        return None
    return metric_of(metric, is_organ=_is_organ(row), is_target=bool(kind_of_target_name(row.spelled)))


def _is_organ(row: _Row) -> bool:
    meaning = meaning_of(row.spelled)
    return meaning is not None and not kind_of_target_name(row.spelled) and meaning.name.lower() not in _NOT_ORGANS


def _structure(draft: Draft, row: _Row) -> str:
    aliases = [part.strip() for part in re.split(r"[|;\n]", row.cell("aliases")) if part.strip()]
    return draft.structure(row.place, row.spelled, aliases=aliases)


def _priority(draft: Draft, row: _Row) -> str:
    """The rank, "required" for rank 1 and where none is stated."""
    text = row.cell("priority")
    rank = _RANK.fullmatch(text.strip())
    if rank and int(rank[1]) > 0:
        return "required" if int(rank[1]) == 1 else str(int(rank[1]))
    if not text or text.casefold() in _REQUIRED:
        return "required"
    if text.casefold() in _ADVISORY:
        return "advisory"
    draft.lose(row.place, f'the priority "{shown(text)}"')
    return "required"


def _fractions(draft: Draft, row: _Row) -> Range | None:
    if not row.cell("fractions"):
        return None
    try:
        return parse_range(row.cell("fractions"), "fractions")
    except GoalSyntaxError:
        draft.lose(row.place, f'omitted: the fractions "{shown(row.cell("fractions"))}" are not a number or a range')
        return None


def _joined_cells(cells: Sequence[str], places: Sequence[int]) -> str:
    return "\n".join(cells[place] for place in places if place < len(cells) and cells[place])
