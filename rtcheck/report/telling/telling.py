"""Report -> Telling: everything that a report for people states, as text in reading order. Every format reads it.

Names, numbers and paths that identify a patient are left out here, once, so that no format can forget one. A test
walks these facts and finds each of them in every format.
"""

from collections.abc import Callable
from dataclasses import replace

from rtcheck.notices import Notice
from rtcheck.report.telling import outcomes, words
from rtcheck.report.telling.constraint import Row, row_of
from rtcheck.report.telling.courses import CourseLine, course_lines, courses_heading
from rtcheck.report.telling.doubts import IN_DOUBT, doubts_to_tell, notice_text
from rtcheck.report.telling.manner import Manner, manner_of
from rtcheck.report.telling.outcomes import Kind, Word
from rtcheck.report.telling.patient import Card, cards_of
from rtcheck.report.telling.provenance import FileLine, command_of, file_lines, provenance_lines
from rtcheck.report.telling.reach import Reach, reach_of
from rtcheck.report.telling.robustness import UnderShifts, shifts_heading, tightest_sentence, under_shifts
from rtcheck.report.telling.verdict import Piece, Sentence, sentence_of, summary_of
from rtcheck.results import CheckItem, CrossCheck, Report
from rtcheck.units import DoseUnit, amount_text
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One prescription or eligibility item, or one answer of a plan or structure check (which has a code)."""

    word: Word
    item: str
    expected: str
    found: str
    note: str
    is_given: bool
    is_required: bool
    code: str = ""
    place: str = ""

    @property
    def said(self) -> str:
        """What stands behind found and expected: the place, then the note."""
        return "; ".join(filter(None, (self.place, self.note)))

    @property
    def text(self) -> str:
        """ "Fractions: 27, expected 25 to 30 (as planned)"."""
        advisory = ", advisory" if self.code and not self.is_required else ""
        told = f"{self.item}: {self.found}, expected {self.expected}{advisory}"
        code = f" [{self.code}]" if self.code else ""
        return told + (f" ({self.said})" if self.said else "") + code


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningLine:
    """One remark of the check with its code; plain remarks are less than warnings."""

    kind: Kind
    code: str
    text: str
    is_for_everyone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One metric in other programs: `others` are (program, value, difference as a fraction of ours)."""

    structure: str
    metric: str
    value: str
    others: tuple[tuple[str, str, float | None], ...]

    @property
    def text(self) -> str:
        """ "Liver-GTV Dmean: 22.20 Gy; dicompyler-core 22.19 Gy (−0.1 %)"."""
        others = (f"{program} {value}{difference_text(off)}" for program, value, off in self.others)
        return f"{self.structure} {self.metric}: {'; '.join((self.value, *others))}"


def difference_text(difference: float | None) -> str:
    """ " (−0.1 %)"; "" where nothing could be compared."""
    return "" if difference is None else f" ({100 * difference:+.1f} %)".replace("-", "−")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A report in words, top to bottom. `rows` are the constraints; `shifts` is "" where none were tried, and
    `courses` where there is no sum.

    `unit` is that of every dose in it, also of the results of the rows.
    """

    is_anonymous: bool
    title: str
    running_foot: str
    verdict: Word
    sentence: Sentence
    doubts: tuple[WarningLine, ...]
    summary: tuple[str, ...]
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]
    tightest: str
    prescription: tuple[ItemLine, ...]
    eligibility: tuple[ItemLine, ...]
    eligibility_word: Word
    plan_checks: tuple[ItemLine, ...]
    reach: Reach | None
    shifts: str
    under_shifts: tuple[UnderShifts, ...]
    courses: str
    over_courses: tuple[CourseLine, ...]
    warnings: tuple[WarningLine, ...]
    checks: tuple[CheckLine, ...]
    files: tuple[FileLine, ...]
    command: str
    provenance: tuple[tuple[str, str], ...]
    unit: DoseUnit = "Gy"

    @property
    def shown_rows(self) -> tuple[Row, ...]:
        """The rows but for those that do not apply because nothing is drawn: the summary names these in one line."""
        return tuple(row for row in self.rows if not row.result.is_not_drawn)

    @property
    def members(self) -> tuple[str, ...]:
        """ "all GTV is GTV1, GTV2": what each selection by kind stands for, each once. The rows state it, too."""
        matches = (match for row in self.rows for match in row.result.matched if not self.is_anonymous)
        return tuple(dict.fromkeys(str(each) for match in matches for each in match.members))

    @property
    def reason(self) -> str:
        """The sentence as plain text."""
        return "".join(piece.text for piece in self.sentence)

    @property
    def doubt_lines(self) -> tuple[str, ...]:
        """ "In doubt: the dose file does not refer to the plan. [dose.not-referenced]", a line each."""
        return tuple(f"{IN_DOUBT}: {line.text} [{line.code}]" for line in self.doubts)


def telling_of(report: Report, *, anonymous: bool = False, row: Callable[..., Row] = row_of) -> Telling:
    """All that is said about `report`; `anonymous` leaves out what identifies the patient.

    `row` makes the rows, as `row_of` does: who tells nearly the same report again may keep those that stay the same.
    """
    manner = manner_of(report.case, anonymous=anonymous)
    stamp = outcomes.verdict_word(report)
    plan_label = "" if anonymous or report.case.plan is None else report.case.plan.label
    protocol = f"{report.protocol.name} {report.protocol.version}".strip()
    about = [text for text in (plan_label, protocol) if text]
    sources = {source.id: source for source in report.protocol.sources}
    eligibility = outcomes.VERDICT_WORDS[report.eligibility_verdict]
    return Telling(
        is_anonymous=anonymous,
        title=f"{stamp.text}: {', '.join(about)}",
        running_foot=" · ".join(["rtcheck", *about, stamp.text]),
        verdict=stamp,
        sentence=tuple(Piece(manner.clean(piece.text), piece.is_strong) for piece in sentence_of(report)),
        doubts=tuple(_warning(notice, manner) for notice in doubts_to_tell(report)),
        summary=tuple(map(manner.clean, summary_of(report))),
        cards=tuple(cards_of(report, anonymous)),
        rows=tuple(row(f"c{n}", result, sources, manner) for n, result in enumerate(report.results, 1)),
        tightest=tightest_sentence(report),
        prescription=tuple(_item(item, manner) for item in report.prescription),
        eligibility=tuple(_item(item, manner) for item in report.eligibility),
        eligibility_word=Word(eligibility.kind, eligibility.text.lower()),
        plan_checks=tuple(_item(item, manner) for item in report.plan_checks),
        reach=reach_of(report.isotoxic),
        shifts=shifts_heading(report),
        under_shifts=tuple(replace(line, said=manner.clean(line.said)) for line in under_shifts(report)),
        courses=courses_heading(report, manner),
        over_courses=course_lines(report, manner),
        warnings=tuple(_warning(notice, manner) for notice in report.notices),
        checks=tuple(_check(check) for check in report.cross_checks),
        files=tuple(file_lines(report, is_anonymous=anonymous)),
        command=command_of(report, is_anonymous=anonymous),
        provenance=tuple((label, manner.clean(text)) for label, text in provenance_lines(report)),
    )


def _item(item: CheckItem, manner: Manner) -> ItemLine:
    return ItemLine(
        word=outcomes.item_word(item),
        item=manner.clean(item.item) if item.code else item.item,
        expected=words.typeset(item.expected),
        found=manner.clean(item.found) if item.given else "not given",
        note=manner.clean(item.note),
        is_given=item.given,
        is_required=item.is_required,
        code=item.code,
        place=manner.clean(item.place),
    )


def _warning(notice: Notice, manner: Manner) -> WarningLine:
    return WarningLine(
        kind="edge" if notice.severity == "warning" else "na",
        code=notice.code,
        text=manner.clean(notice_text(notice)),
        is_for_everyone=notice.is_for_everyone,
    )


def _check(check: CrossCheck) -> CheckLine:
    def shown(value: float | None) -> str:
        return "no value" if value is None else amount_text(value, check.unit)

    others = tuple((program, shown(value), difference) for program, value, difference in check.others)
    return CheckLine(structure=check.structure, metric=check.metric, value=shown(check.value), others=others)
