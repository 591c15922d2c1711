"""Reports -> the comparison that every format reads: plans in words, constraints in rows, differences to the first."""

from collections.abc import Iterator, Sequence

from rtcheck.checking.scoring import ranks_of
from rtcheck.checking.second_opinion.dose_difference import CUTOFF_PERCENT, DoseDifference
from rtcheck.notices import Notice
from rtcheck.report.telling.constraint import Row, numbered
from rtcheck.report.telling.dose_text import text_in
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.outcomes import Word
from rtcheck.report.telling.telling import Telling, WarningLine
from rtcheck.report.telling.words import score_text
from rtcheck.results import Report
from rtcheck.units import DoseUnit, amount_text
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPlan:
    """One plan: its name here, and what is told of it. `facts` are (label, text) of what was checked.

    `score` is its score in words, `rank` that among the plans by score; "" and None without a score.
    """

    name: str
    report: Report
    telling: Telling
    facts: tuple[tuple[str, str], ...]
    score: str = ""
    rank: int | None = None

    @property
    def warnings(self) -> tuple[WarningLine, ...]:
        return tuple(line for line in self.telling.warnings if line.is_for_everyone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One constraint in every plan; None where a plan has no such result. `differences` are those to the first plan."""

    structure: str
    goal: str
    rows: tuple[Row | None, ...]
    differences: tuple[str, ...]

    @property
    def is_by_volume(self) -> bool:
        """Whether the limit depends on a volume, so that each plan has its own."""
        return any(bool(row.result.constraint.goal.by_volume) for row in self.rows if row)

    @property
    def differs(self) -> bool:
        """Whether the outcomes of the plans are not the same."""
        return len({row.result.outcome for row in self.rows if row}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of it; `warnings` are about the comparison itself. `difference` is that of two doses, where requested."""

    plans: tuple[ComparedPlan, ...]
    rows: tuple[ComparedRow, ...]
    warnings: tuple[Notice, ...]
    difference: DoseDifference | None = None

    @property
    def title(self) -> str:
        return "rtcheck comparison of " + ", ".join(plan.name for plan in self.plans)

    @property
    def unit(self) -> DoseUnit:
        """The unit of its doses."""
        return self.plans[0].telling.unit

    @property
    def headings(self) -> tuple[str, ...]:
        """The heads of the columns of differences to the first plan."""
        first, *others = self.plans
        return ("Difference",) if len(others) == 1 else tuple(f"{plan.name} − {first.name}" for plan in others)

    @property
    def difference_lines(self) -> tuple[str, ...]:
        """The dose of the second plan less that of the first, by structure, and gamma; nothing where not asked for."""
        return tuple(text_in(line, self.unit) for line in _difference_lines(self.difference)) if self.difference else ()

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(plan.telling.verdict for plan in self.plans)


def _difference_lines(found: DoseDifference) -> Iterator[str]:
    for each in found.structures:
        part = "" if each.compared > 0.9999 else f"; {each.compared:.1%} of it lies in both dose grids"
        ends = f"98 % of it above {_signed(each.low_gy)}, 2 % above {_signed(each.high_gy)}"
        yield f"{each.structure}: mean {_signed(each.mean_gy)}, {ends}{part}"
    if found.gamma is not None:
        yield (
            f"Gamma {found.gamma.criteria.text} (global, above {CUTOFF_PERCENT:g} % of the highest dose): "
            f"{100 * found.gamma.passing:.1f} % of {found.gamma.points} points pass"
        )


def _signed(dose_gy: float) -> str:
    return f"{dose_gy:+.2f} Gy".replace("-", "−")


def comparison_of(
    reports: Sequence[Report],
    names: Sequence[str],
    unit: DoseUnit = "Gy",
    *,
    difference: DoseDifference | None = None,
) -> Comparison:
    """The comparison of these reports, in their order, with doses in this unit."""
    ranks = ranks_of([report.score.percent if report.score else None for report in reports])
    plans = tuple(_plan(report, name, unit, rank) for report, name, rank in zip(reports, names, ranks, strict=True))
    by_key = [_by_key(plan.telling.rows) for plan in plans]
    keys = dict.fromkeys(key for rows in by_key for key in rows)
    rows = tuple(_row(key, [rows.get(key) for rows in by_key]) for key in keys)
    return Comparison(plans=plans, rows=rows, warnings=_warnings_on(reports), difference=difference)


def _plan(report: Report, name: str, unit: DoseUnit, rank: int | None) -> ComparedPlan:
    telling = told_in(report, unit)
    facts = [(card.label, "; ".join((card.title, *card.lines))) for card in telling.cards if not card.is_personal]
    made = str(report.provenance.get("made", ""))[:10]
    patient = ("Patient", report.case.patient.id or "without an ID")  # by number: a comparison names nobody
    checked = [("Checked", made)] if made else []
    score = score_text(report.score).removeprefix("Score ") + (f"; rank {rank}" if rank else "") if report.score else ""
    scored = [("Score", score)] if score else []
    facts = [patient, *facts, *scored, *checked]
    return ComparedPlan(name=name, report=report, telling=telling, facts=tuple(facts), score=score, rank=rank)


def _by_key(rows: Sequence[Row]) -> dict[tuple[str, str, int], Row]:
    """The rows by structure, goal and how often both came before: one limit may be set for each of two targets."""
    keys = numbered((row.structure, row.result.goal_of_any_plan) for row in rows)
    return dict(zip(keys, rows, strict=True))


def _row(key: tuple[str, str, int], rows: Sequence[Row | None]) -> ComparedRow:
    return ComparedRow(
        structure=key[0],
        goal=key[1],
        rows=tuple(rows),
        differences=tuple(_difference(rows[0], row) for row in rows[1:]),
    )


def _difference(first: Row | None, row: Row | None) -> str:
    """ "+6.00 Gy": this plan's value less the first one's; "" where one of them is not known for certain."""
    difference = difference_of(first, row)
    if difference is None or row is None:
        return ""
    text = amount_text(abs(difference), row.result.goal.unit, beside=0.0 if difference else None)
    return ("+" if difference > 0 else "−" if difference < 0 else "±") + text


def difference_of(first: Row | None, row: Row | None) -> float | None:
    """This plan's value less the first one's; None where one is not known for certain, or they are of other doses."""
    if first is None or row is None:
        return None
    one, other = first.result.measurement, row.result.measurement
    is_certain = not (one.bounds or other.bounds)
    if one.value is None or other.value is None or not is_certain or one.reference_gy != other.reference_gy:
        return None
    return other.value - one.value


def _warnings_on(reports: Sequence[Report]) -> tuple[Notice, ...]:
    """What is odd about the comparison itself; a patient without a number is told by the name."""
    patients = {report.case.patient.id or report.case.patient.name for report in reports}
    fractions = [report.case.plan.fractions for report in reports if report.case.plan and report.case.plan.fractions]
    found = []
    if len(patients) > 1:
        found.append(Notice(code="comparison.several-patients", text="The plans belong to different patients."))
    if len(set(fractions)) > 1:
        text = (
            f"The plans have different numbers of fractions ({', '.join(map(str, fractions))}): equal physical doses "
            "do not have the same effect."
        )
        found.append(Notice(code="comparison.fractions-differ", text=text))
    return tuple(found)
