"""A table of plans and the question of each row -> what a batch checks, and what it only lists."""

from collections.abc import Iterator, Mapping

from rtcheck.batch.plan_table.listing import Listing, listing_of
from rtcheck.batch.plan_table.reading import PlanRow, PlanTable
from rtcheck.batch.store import ListedPlan, PlanRecord
from rtcheck.batch.work import Question, listed_record
from rtcheck.dicom.finding.patients import PlanSet
from rtcheck.values import dataclass

_LENGTH_OF_MONTH = len("2026-11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The table, and the question for each of its rows by its line. `rest` is what holds for the whole batch."""

    table: PlanTable
    question_of: Mapping[int, Question]
    rest: Question

    def applied(self, plans: Mapping[str, PlanSet]) -> "Roll":
        """The table applied to the plans found. Raises UsageError where a plan is named twice."""
        return Roll(roster=self, listing=listing_of(self.table, plans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """What is checked, by the plans' keys, and what is only listed."""

    roster: Roster
    listing: Listing

    @property
    def questions(self) -> dict[str, Question]:
        """The question of each plan that is checked."""
        rows = self.listing.row_of
        return {key: self.roster.question_of[row.line] for key, row in rows.items() if not row.is_excluded}

    def records(self) -> Iterator[tuple[str, PlanRecord]]:
        """(key, record) of each plan that is not checked: excluded, not found, or without a row."""
        is_found = set(self.listing.row_of)
        for key, row in self.listed():
            if row.is_excluded:
                yield key, self._record(key, row, self._exclusion(row), is_excluded=True)
            elif key not in is_found:
                yield key, self._record(key, row, f"No plan found for row {row.line} of {self._table}.")
        for key in self.listing.unlisted:
            yield key, listed_record(key, self.roster.rest, reason=f"Not checked: the plan is not in {self._table}.")

    def listed(self) -> Iterator[tuple[str, PlanRow]]:
        """(key, row) of every row."""
        yield from self.listing.row_of.items()
        yield from ((missing_key(row), row) for row in self.listing.not_found)

    @property
    def _table(self) -> str:
        return "the table" if self.roster.rest.anonymous else self.roster.table.path.name

    def _exclusion(self, row: PlanRow) -> str:
        """Why a plan is excluded; in anonymous results where to read it, since people write names into such columns."""
        return f"Excluded: row {row.line} of the table" if self.roster.rest.anonymous else f"Excluded: {row.why}"

    def _record(self, key: str, row: PlanRow, reason: str, *, is_excluded: bool = False) -> PlanRecord:
        return listed_record(key, self.roster.rest, reason=reason, is_excluded=is_excluded, protocol=row.protocol)


def missing_key(row: PlanRow) -> str:
    """The key of a row whose plan was not found: not that of any file, since two rows may have one name."""
    return f"{row.name} (row {row.line})"


def listed_plan(key: str, row: PlanRow, *, anonymous: bool) -> ListedPlan:
    """What the results keep of a row; of an anonymous one the month of enrolment alone."""
    day = row.enrolled.isoformat() if row.enrolled else ""
    enrolled = day[:_LENGTH_OF_MONTH] if anonymous else day
    return ListedPlan(plan_key=key, line=row.line, arm=row.arm, site=row.site, enrolled=enrolled)
