"""The columns of a table by what they hold: recognised by their headings, or as `--columns` states them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import field

from rtcheck.errors import UsageError
from rtcheck.protocol.importers.reading import OTHER_DOSE, shown
from rtcheck.protocol.importers.tables.sheets import Sheet
from rtcheck.values import dataclass

_WORDS = {
    "structure": "structure, structures, structure name, structure id, roi, rois, roi name, roiname, organ, organs, "
    "oar, oars, organ at risk, organs at risk, organ/structure, structure/organ, region of interest, voi, contour, "
    "struktur, strukturen, strukturname, risikoorgan, risikoorgane, risikostruktur, organ/struktur, kontur, "
    "konturname",
    "goal": "goal, goals, constraint, constraints, dose constraint, dose constraints, dose-volume constraint, limit, "
    "limits, dose limit, objective, objectives, dvh objective, criterion, criteria, planning goal, clinical goal, "
    "value, limit value, goal value, evaluator, threshold, optimal, optimal constraint, ideal, per protocol, ziel, "
    "zielwert, dosisziel, grenzwert, dosisgrenzwert, grenze, vorgabe, kriterium, kriterien, dosiskriterium, "
    "dosisvorgabe, wert, schwellenwert, sollwert, dosisbeschrankung, dosislimit, zielvorgabe, planungsziel, "
    "toleranzdosis",
    "metric": "metric, dvh metric, dose metric, metrics, parameter, dvh parameter, dose parameter, dosimetric "
    "parameter, dosimetric index, metrik, metriken, messgrosse, kenngrosse, kennzahl, grosse, dosisparameter, "
    "dosiskennzahl, dvh-parameter, dvh-kennzahl, dvh-punkt",
    "operator": "operator, op, sign, comparison, relation, comparator, vergleich, vergleichsoperator, zeichen",
    "unit": "unit, units, limit unit, einheit, einheiten",
    "variation": "variation, acceptable variation, variation acceptable, acceptable, acceptable limit, minor "
    "deviation, acceptable deviation, mandatory, mandatory constraint, akzeptable abweichung, tolerierbare "
    "abweichung, abweichung, akzeptabel, tolerierbar, zulassige abweichung",
    "priority": "priority, prio, rank, importance, prioritat, wichtigkeit, rang",
    "fractions": "fractions, number of fractions, no. of fractions, no of fractions, fx, fraktionen, fraktionszahl, "
    "anzahl fraktionen, anzahl der fraktionen",
    "note": "note, notes, comment, comments, remark, remarks, endpoint, toxicity, description, bemerkung, "
    "bemerkungen, kommentar, anmerkung, hinweis, endpunkt, toxizitat",
    "source": "source, sources, reference, references, citation, quelle, quellen, literatur, referenz",
    "aliases": "alias, aliases, synonym, synonyms, other names, also named, synonyme, weitere namen",
    "skip": "achieved, result, results, actual, plan value, met, met?, passed, pass/fail, pass, status, ergebnis, "
    "erreicht, erfullt, istwert, ist-wert, planwert, #, no., no, nr., nr, number, id",
}
ROLES = tuple(_WORDS)
_SEVERAL = frozenset({"note", "source", "skip", "aliases"})  # of these a table may have several
_ROLE_OF = {word.strip(): role for role, words in _WORDS.items() for word in words.split(",")}
_TOLERANCES = frozenset({"tolerance", "tolerances", "tolerance limit", "toleranz", "toleranzen", "toleranzgrenze"})
_SIGNED = re.compile(r"\s*[<>≤≥]")
_UNIT = re.compile(r"[\[(]\s*(c?Gy|%|cc|cm\^?3|cm³|ml)\s*[\])]", re.IGNORECASE)
_CONDITION = re.compile(rf"{OTHER_DOSE.pattern}|fraction|fraktion|\bfx|/\s*f|sitzung|\d", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[(][^\[\]()]*[\])]")
_SEARCHED_ROWS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns (from 0) hold what. `row` is that of the headings, -1 for none; `units` as the headings state."""

    row: int
    places: Mapping[str, tuple[int, ...]]
    units: Mapping[int, str] = field(default_factory=dict)
    unknown: Mapping[int, str] = field(default_factory=dict)
    headings: tuple[str, ...] = ()

    @property
    def suffices(self) -> bool:
        """Whether there are structures and something that can be a goal."""
        return "structure" in self.places and bool({"goal", "metric"} & self.places.keys())

    def one(self, role: str) -> int | None:
        """The column of `role`; None where there is none."""
        places = self.places.get(role, ())
        return places[0] if places else None

    def variation(self, cells: Sequence[str]) -> int | None:
        """The column of the variation in a row; a tolerance with a sign is one, and not how far a plan may be off."""
        stated = self.one("variation")
        signed = (
            column
            for column, heading in self.unknown.items()
            if _plain(heading) in _TOLERANCES and column < len(cells) and _SIGNED.match(cells[column])
        )
        return stated if stated is not None else next(signed, None)


def columns_of(sheet: Sheet, stated: Mapping[str, str]) -> Columns | None:
    """The columns of a sheet, from the row with the most known headings; None where no row has enough of them.

    Raises:
        UsageError: two columns have headings for the same, or `stated` names a column that is not there.
    """
    best: Columns | None = None
    for number, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        found = _columns(number, row, stated, sheet)
        if found is not None and found.suffices and (best is None or len(found.places) > len(best.places)):
            best = found
    if best is None and stated:
        best = _without_headings(sheet, stated)
    if best is not None:
        _require_one_each(best)
    return best


def stated_columns(text: str) -> dict[str, str]:
    """The columns that `--columns structure=A,goal=C` states, and the sheet where it names one.

    Raises:
        UsageError: a part has another form, names an unknown role, or a role is named twice.
    """
    stated: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        role, sign, place = (word.strip() for word in part.partition("="))
        if not sign or not place or role not in (*ROLES, "sheet"):
            raise UsageError(f'--columns: "{part}" is not ROLE=COLUMN; roles: {", ".join((*ROLES, "sheet"))}.')
        if role in stated and role not in _SEVERAL:
            raise UsageError(f"--columns: {role} is given twice.")
        stated[role] = f"{stated[role]}\n{place}" if role in stated else place
    return stated


def is_heading(cell: str) -> bool:
    """Whether a cell is one of the known headings."""
    return _plain(cell) in _ROLE_OF


def are_headings(cells: Sequence[str]) -> bool:
    """Whether a row has headings and nothing else, among them one of a structure."""
    filled = [cell for cell in cells if cell]
    return (
        len(filled) > 1
        and all(map(is_heading, filled))
        and any(_ROLE_OF[_plain(each)] == "structure" for each in filled)
    )


def condition_in(heading: str) -> str:
    """What stands in the brackets of a heading and is more than a unit: EQD2, a number of fractions; "" for nothing.

    >>> condition_in("Limit (EQD2)"), condition_in("Goal [cm3]"), condition_in("Limit [Gy/fx]")
    ('EQD2', '', 'Gy/fx')
    """
    inside = (found.strip("[]() ") for found in _BRACKETS.findall(_UNIT.sub(" ", heading)))
    return next((part for part in inside if _CONDITION.search(part)), "")


def letters(column: int) -> str:
    """The name of a column (from 0) in a spreadsheet: A, B, ..., AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _columns(number: int, row: Sequence[str], stated: Mapping[str, str], sheet: Sheet) -> Columns | None:
    """The columns if the headings are in this row; None where it has none, or not those that are stated."""
    named = {_plain(place) for places in stated.values() for place in places.split("\n")}
    if not any(is_heading(cell) or _plain(cell) in named for cell in row if cell):
        return None
    places: dict[str, list[int]] = {}
    taken: set[int] = set()
    for role, stated_places in stated.items():
        for place in stated_places.split("\n") if role != "sheet" else ():
            column = _place(place, row, sheet)
            if column is None:
                return None
            places.setdefault(role, []).append(column)
            taken.add(column)
    unknown = {}
    for column, heading in enumerate(row):
        role = _ROLE_OF.get(_plain(heading), "")
        if column in taken:
            continue
        if role and (role not in stated or role in _SEVERAL):
            places.setdefault(role, []).append(column)
        else:
            unknown[column] = heading
    units = {column: found[1] for column, heading in enumerate(row) if (found := _UNIT.search(heading))}
    found_places = {role: tuple(columns) for role, columns in places.items()}
    return Columns(row=number, places=found_places, units=units, unknown=unknown, headings=tuple(row))


def _without_headings(sheet: Sheet, stated: Mapping[str, str]) -> Columns:
    """The columns as stated by letters or numbers, for a table without headings."""
    width = max(map(len, sheet.rows), default=0)
    places: dict[str, tuple[int, ...]] = {}
    for role, named in stated.items():
        if role == "sheet":
            continue
        columns = [_place(place, (), sheet) for place in named.split("\n")]
        if None in columns:
            first = named.split("\n")[columns.index(None)]
            text = f'--columns: there is no column "{shown(first)}" in the table, which has {width} columns.'
            raise UsageError(text)
        places[role] = tuple(column for column in columns if column is not None)
    return Columns(row=-1, places=places)


def _place(stated: str, row: Sequence[str], sheet: Sheet) -> int | None:
    """The column that a heading, a letter or a number (from 1) means."""
    plain = [_plain(heading) for heading in row]
    if _plain(stated) in plain and _plain(stated):
        return plain.index(_plain(stated))
    width = max(map(len, sheet.rows), default=0)
    if stated.isascii() and stated.isdigit():
        column = int(stated[:9]) - 1
    elif re.fullmatch(r"[A-Za-z]{1,3}", stated):
        column = -1
        for letter in stated.upper():
            column = (column + 1) * 26 + ord(letter) - ord("A")
    else:
        return None
    return column if 0 <= column < width else None


def _require_one_each(columns: Columns) -> None:
    for role, places in columns.places.items():
        if len(places) > 1 and role not in _SEVERAL:
            named = " and ".join(f'{letters(place)} "{shown(columns.headings[place])}"' for place in places)
            first, second = letters(places[0]), letters(places[1])
            text = f"the columns {named} can both be the {role}: choose with --columns {role}={first},skip={second}"
            if role == "goal" and "metric" not in columns.places:
                text += f", or metric={first},goal={second} if {first} holds the metrics"
            raise UsageError(f"{text}.")


def _plain(heading: str) -> str:
    """A heading in lower case without accents, brackets and doubled blanks."""
    text = _BRACKETS.sub(" ", heading).replace("ß", "ss").replace("_", " ")
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(text.split()).strip(" :*")
