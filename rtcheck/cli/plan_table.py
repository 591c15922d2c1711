"""`--table plans.csv`: the question of each row, from its cells and from what the command line states for all plans."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rtcheck.errors import UsageError
from rtcheck.patterns import pattern
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.batch.plan_table.reading import PlanRow, PlanTable
    from rtcheck.batch.plan_table.roster import Roster
    from rtcheck.batch.work import Question
    from rtcheck.cli.stated import Stated
    from rtcheck.protocol.file.model import Protocol

Value = TypeVar("Value")

_SEVERAL = pattern(r"[;,]\s*")
_DECIMAL_COMMA = pattern(r"(?<=\d),(?=\d)")
"""As Excel writes decimals in much of the world: a second dose would come with the name of its target."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell's column, and what becomes of an error in it."""

    table: "PlanTable"
    row: "PlanRow"
    faults: list[str]

    def read(self, column: str, read: Callable[[], Value]) -> Value | None:
        """The value; None where the cell is at fault, which is noted."""
        try:
            return read()
        except UsageError as error:
            self.faults.append(self.table.fault(self.row, column, str(error)))
            return None


def roster_of(path: Path, rest: "Question", stated: "Stated") -> "Roster":
    """The table with the question of each row; `rest` is the question without the table, `stated` what it is made of.

    Raises:
        UsageError: the table has faults; the text lists them with their rows and columns.
    """
    from rtcheck.batch.plan_table.reading import raise_all, read_plan_table
    from rtcheck.batch.plan_table.roster import Roster

    table = read_plan_table(path)
    faults: list[str] = []
    questions = {}
    reader = _Reader(path.parent)
    for row in table.rows:
        if not row.is_excluded:
            questions[row.line] = _question(_Cell(table, row, faults), reader, rest, stated)
    raise_all(faults)
    return Roster(table=table, question_of=questions, rest=rest)


class _Reader:
    """Files that rows name, relative to the table's folder; each is read once."""

    def __init__(self, folder: Path) -> None:
        from rtcheck.protocol.clinical.facts import read_facts
        from rtcheck.protocol.names.match import read_aliases
        from rtcheck.records.waivers import read_waivers

        self._folder = folder
        self.facts, self.aliases, self.waivers = (
            cache(lambda text, read=read: read(self.path(text))) for read in (read_facts, read_aliases, read_waivers)
        )
        self.protocols = cache(self._protocols)

    def path(self, text: str) -> Path:
        path = self._folder / Path(text).expanduser()
        if not path.is_file():
            raise UsageError(f"the file {path} does not exist.")
        return path

    def _protocols(self, text: str) -> "tuple[tuple[Protocol, ...], tuple[Protocol, ...]]":
        from rtcheck.cli.choosing import chosen_protocols

        return chosen_protocols([name for name in _SEVERAL.split(text) if name], folder=self._folder)


def _question(cell: _Cell, files: _Reader, rest: "Question", stated: "Stated") -> "Question":
    row = cell.row
    protocols, candidates = rest.protocols, rest.candidates
    if row.protocol:
        protocols, candidates = cell.read("protocol", lambda: files.protocols(row.protocol)) or ((), ())
    elif not protocols:
        cell.faults.append(cell.table.fault(row, "protocol", "no protocol in this row, and no --protocol for all."))
    terms = replace(
        rest.terms,
        facts=cell.read("facts", lambda: files.facts(row.facts)) if row.facts else rest.terms.facts,
        aliases=cell.read("aliases", lambda: files.aliases(row.aliases)) if row.aliases else rest.terms.aliases,
        waivers=cell.read("waivers", lambda: files.waivers(row.waivers)) if row.waivers else rest.terms.waivers,
    )
    own = replace(
        stated,
        dose_rx=[text for text in _SEVERAL.split(_DECIMAL_COMMA.sub(".", row.dose)) if text] or stated.dose_rx,
        fractions=row.fractions or stated.fractions,
    )
    overrides = cell.read("dose", lambda: {each.name: own.overrides(each) for each in protocols}) or {}
    return replace(rest, protocols=protocols, candidates=candidates, terms=terms, overrides=overrides)
