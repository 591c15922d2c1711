"""The plans of a batch and a truth table -> the grade of each plan submitted for a case, value by value."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from rtcheck.batch.plan_names import NAMED_BY, folded, plan_names
from rtcheck.batch.plan_table.reading import raise_all
from rtcheck.batch.store import Store
from rtcheck.batch.trial.plans import TrialPlan
from rtcheck.batch.truth.accepted import Accepted, Grade, worst
from rtcheck.batch.truth.found import Found, found_values
from rtcheck.batch.truth.table import PERCENT_OF_PERCENT, BenchmarkCase, Column, TruthTable
from rtcheck.errors import UsageError
from rtcheck.units import PER_GY, amount_text
from rtcheck.values import dataclass

Values = Mapping[str, Sequence[Found]]
NOT_SUBMITTED = "no plan was submitted"
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedValue:
    """One value of a submission: what was found, what is accepted, and the grade."""

    column: Column
    found: str
    expected: str
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A plan for a case; `reason` says why nothing of it is graded, of a plan that is missing or could not be read.

    `doubts` are what puts the plan's verdict in doubt, in sentences: they concern its values, too.
    """

    case: str
    plan: str = ""
    site: str = ""
    values: tuple[GradedValue, ...] = ()
    reason: str = ""
    doubts: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether no plan was submitted for the case."""
        return not self.plan

    @property
    def grade(self) -> Grade:
        """The worst of all its values."""
        return worst([each.grade for each in self.values])

    @property
    def counts(self) -> Counter[Grade]:
        return Counter(each.grade for each in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """Every submission by case and site; `ungraded` are plans that no row names, `columns` those of the table."""

    columns: tuple[Column, ...]
    submissions: tuple[Submission, ...]
    ungraded: tuple[str, ...]

    @property
    def counts(self) -> Counter[Grade]:
        return Counter(each.grade for each in self.submissions)

    @property
    def exit_status(self) -> int:
        """1 if anything is unacceptable, 3 if something could not be graded."""
        if self.counts["unacceptable"]:
            return 1
        return 3 if self.counts["not evaluated"] or self.ungraded else 0


def graded(store: Store, run_id: int, plans: Sequence[TrialPlan], table: TruthTable) -> Grades:
    """The grades. Excluded plans are not graded.

    Raises:
        UsageError: no row names a plan, two rows name one, or a column is not of any plan.
    """
    case_of = _case_of(store, run_id, table)
    values_of: dict[str, dict[str, list[Found]]] = {}
    for record in store.rows("SELECT * FROM plans WHERE run_id = ? ORDER BY protocol", (run_id,)):
        own = values_of.setdefault(record["plan_key"], {})
        for name, found in found_values(record).items():
            own.setdefault(name, found)
    _refuse_columns(table, values_of)
    own_plans = {plan.key: plan for plan in plans if plan.status != "excluded"}
    sent = [_submission(case_of[key], plan, values_of[key]) for key, plan in own_plans.items() if key in case_of]
    sent += _missing(table, sent, sorted({plan.site for plan in own_plans.values() if plan.site}))
    order = {case.name: n for n, case in enumerate(table.cases)}
    return Grades(
        columns=table.columns,
        submissions=tuple(sorted(sent, key=lambda each: (order[each.case], each.site, each.plan))),
        ungraded=tuple(plan.name for key, plan in own_plans.items() if key not in case_of),
    )


def _case_of(store: Store, run_id: int, table: TruthTable) -> dict[str, BenchmarkCase]:
    """The case of each plan key that a row names."""
    names = plan_names(store, run_id)
    found: dict[str, BenchmarkCase] = {}
    for case in table.cases:
        for key in names.keys(case.name):
            if key in found:
                raise UsageError(f"{table.path}:{case.line}: row {found[key].line} names the same plan, {key}.")
            found[key] = case
    if not found:
        raise UsageError(
            f"{table.path}: no case is a plan or patient of the batch ({NAMED_BY}); for example {names.example!r}."
        )
    return found


def _refuse_columns(table: TruthTable, values_of: Mapping[str, Values]) -> None:
    """Raises UsageError for a column that no plan has, or that could be meant in two ways."""
    units: dict[str, set[str]] = {}  # of metrics; empty for parameters
    for own in values_of.values():
        for name, found in own.items():
            units.setdefault(name, set()).update(each.unit for each in found if each.is_metric)
    raise_all([fault for column in table.columns for fault in _faults(table, column, units)])


def _faults(table: TruthTable, column: Column, units: Mapping[str, set[str]]) -> Iterator[str]:
    known = units.get(folded(column.name))
    if known is None:
        yield (
            f'{table.path}:1: "{column.text}" is not a value of any plan of the batch; known are '
            f"{_some_of(units, folded(column.name))}. Add what is missing to the protocol of the batch."
        )
    if known and not column.unit and len(known) > 1:
        yield f"{table.path}:1: {column.text}: add the unit, {' or '.join(f'[{unit}]' for unit in sorted(known))}."
    for case in table.cases if known else ():
        cell, where = case.accepted.get(column), f"{table.path}:{case.line}: {column.text}"
        if cell and not cell.is_of_numbers:
            yield f'{where}: "{cell.text}"; expected numbers.'
        elif cell and cell.needs_tolerance:
            yield (
                f"{where}: no tolerance; write {cell.text} ± 0.5, or the tolerance of the whole column in its heading: "
                f"{column.text} ± 2 % / ± 5 %."
            )
        elif cell and cell.has_percent_tolerance and known == {"%"}:
            yield f"{where}: {PERCENT_OF_PERCENT}."


def _some_of(units: Mapping[str, set[str]], name: str) -> str:
    """The known values most like this name, then the metrics."""
    near = get_close_matches(name, units, n=MOST_NAMED)
    metrics = (each for each, of_metric in units.items() if of_metric)
    shown = list(dict.fromkeys((*near, *metrics, *units)))[:MOST_NAMED]
    return ", ".join(shown) + (f" and {len(units) - len(shown)} more" if len(units) > len(shown) else "")


def _submission(case: BenchmarkCase, plan: TrialPlan, found: Values) -> Submission:
    values = tuple(_graded(case, found)) if plan.is_checked else ()
    reason = "" if plan.is_checked else plan.reason
    return Submission(case=case.name, plan=plan.name, site=plan.site, values=values, reason=reason, doubts=plan.doubts)


def _graded(case: BenchmarkCase, values: Values) -> Iterator[GradedValue]:
    for column, accepted in case.accepted.items():
        own = values.get(folded(column.name)) or (Found(reason="not in the protocol of this plan"),)
        own = [each for each in own if _fits(each.unit, column.unit)] or own
        grades = [_grade(each, column, accepted) for each in own]
        unit = column.unit or own[0].unit
        expected = f"{accepted.text} {unit}".rstrip() if accepted.is_of_numbers else accepted.text
        shown = "; ".join(dict.fromkeys(text for text, _ in grades))
        yield GradedValue(column=column, found=shown, expected=expected, grade=worst([grade for _, grade in grades]))


def _fits(unit: str, wanted: str) -> bool:
    return not wanted or unit == wanted or (unit, wanted) == ("Gy", "cGy")


def _grade(found: Found, column: Column, accepted: Accepted) -> tuple[str, Grade]:
    """(what was found, grade)."""
    if found.reason:
        return found.reason, "not evaluated"
    if isinstance(found.value, str):
        return found.value, accepted.grade(found.value)
    is_in_cgy = column.unit == "cGy" and found.unit == "Gy"
    unit, factor = (column.unit, PER_GY["cGy"]) if is_in_cgy else (found.unit, 1)
    if column.unit and unit and unit != column.unit:
        return f"in {unit}, not in {column.unit}", "not evaluated"
    if found.bounds:
        low, high = (factor * bound for bound in found.bounds)
        return f"{amount_text(low, unit)} to {amount_text(high, unit)}", accepted.grade_between(low, high)
    value = factor * found.value
    return amount_text(value, unit) if unit else f"{value:g}", accepted.grade(value)


def _missing(table: TruthTable, found: Sequence[Submission], sites: Sequence[str]) -> Iterator[Submission]:
    """Cases for which nobody, or a site that takes part, has submitted a plan."""
    for case in table.cases:
        own = {each.site for each in found if each.case == case.name}
        if sites:
            yield from (
                Submission(case=case.name, site=site, reason=NOT_SUBMITTED) for site in sites if site not in own
            )
        elif not own:
            yield Submission(case=case.name, reason=NOT_SUBMITTED)
