"""A report -> the same metrics by dicompyler-core and by the planning system's own DVHs, with the differences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rtcheck.case import Case, Roi
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import Asked, asked_of, measure_structure
from rtcheck.checking.second_opinion.dvh_texts import DvhText
from rtcheck.checking.second_opinion.other_programs import PLANNING_SYSTEM, OtherPrograms
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.dosimetry.metric_terms import Measurement, Metric
from rtcheck.notices import Notice
from rtcheck.protocol.clinical.facts import Facts
from rtcheck.results import CrossCheck, Match, Report
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

VOLUME = Metric(text="Volume", kind="Volume", unit="cc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A difference beyond both, the share of our value and the amount in the metric's unit, is worth a look."""

    share: float
    amounts: dict[str, float]


# Programs that sample the dose at voxel centres stay well within this on organs of some cc.
TOLERANCE = Tolerance(share=0.03, amounts={"Gy": 0.5, "cc": 0.5, "%": 1.0})
# Their extremes are those of a voxel centre inside, ours go up to the edge: a voxel of a steep dose apart.
TOLERANCE_OF_EXTREMES = Tolerance(share=0.10, amounts={"Gy": 2.0, "%": 4.0})
EXTREMES = ("Dmin", "Dmax")


def with_cross_checks(report: Report, *, datasets: Sequence["Dataset"] = (), texts: Sequence[DvhText] = ()) -> Report:
    """The report with the comparison, and with what it shows among the notices. It changes no outcome.

    The files are read again, by pydicom; `datasets` are the data sets where the case was made of those. `texts` are
    DVHs that planning systems exported as text; they are compared by the ROIs' names.
    """
    checks, notices = cross_check(report, datasets=datasets, texts=texts)
    return replace(report, cross_checks=checks, notices=tuple(dict.fromkeys((*report.notices, *notices))))


def cross_check(
    report: Report, *, datasets: Sequence["Dataset"] = (), texts: Sequence[DvhText] = ()
) -> tuple[tuple[CrossCheck, ...], tuple[Notice, ...]]:
    """Volume and metrics of each ROI that the report used as other programs have them, and what was odd about that."""
    if report.case.dose is None or report.case.structures is None:
        return (), (_remark("No comparison possible: the dose or the structure set is missing."),)
    evidence = _evidence(report)
    others = OtherPrograms(report.case, datasets, texts)
    checks: list[CrossCheck] = []
    notices = [_remark(_words_on(match)) for match in report.matches if match.numbers and not _is_one_roi(match)]
    for question in dict.fromkeys(_questions(report, evidence)):
        found = evidence.anatomy.of_rois((question.number,), asked=question.name, how="ROI number")
        dvh = evidence.dvh(found)
        if dvh is None:
            continue  # no contours: the report says so
        if dvh.volume_outside_cc > 0:
            text = f"{question.name} lies partly outside the dose grid, where programs differ by design: not compared."
            notices.append(_remark(text, structure=question.name))
            continue
        ours = measure_structure(question.asked, found, evidence)
        check = _compared(question, ours, others.values(question.number, question.asked, volume_cc=dvh.volume_cc))
        is_extreme = question.asked.metric.kind in EXTREMES
        notices.extend(_notices_of_differences(check, TOLERANCE_OF_EXTREMES if is_extreme else TOLERANCE))
        checks.append(check)
    notices.extend(_remark(text) for text in others.remarks)
    notices.extend(remark for text in texts for remark in _remarks_on(text, report))
    return tuple(check for check in checks if check.others), tuple(dict.fromkeys(notices))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One metric of one ROI, under the name that the report has for it."""

    name: str
    number: int
    asked: Asked


def _questions(report: Report, evidence: Evidence) -> Iterator[_Question]:
    """What each result asked of a ROI; for a derived structure or a union, the same of each ROI that it is made of."""
    for result in report.results:
        for match in result.matched:
            metric, target = result.goal.metric, result.constraint.target
            asked = asked_of(metric, match, evidence, target=target)
            for roi in _rois(report.case, match):
                name = match.asked if _is_one_roi(match) else roi.name
                yield _Question(name=name, number=roi.number, asked=Asked(metric=VOLUME))
                yield _Question(name=name, number=roi.number, asked=asked)


def _rois(case: Case, match: Match) -> tuple[Roi, ...]:
    return tuple(roi for roi in case.structures or () if roi.number in match.numbers)


def _is_one_roi(match: Match) -> bool:
    """Whether it is a ROI as drawn, which other programs can be asked about."""
    return len(match.numbers) == 1 and not match.how.startswith("derived")


def _words_on(match: Match) -> str:
    parts = ", ".join(match.rois)
    return f"{match.asked} consists of {parts}; they are compared one by one with the other programs."


def _evidence(report: Report) -> Evidence:
    anatomy = Anatomy(report.case.structures, definitions=report.protocol.structures, settings=report.settings)
    return Evidence(
        case=report.case, protocol=report.protocol, anatomy=anatomy, settings=report.settings, facts=Facts()
    )


def _compared(question: _Question, ours: Measurement, values: Sequence[tuple[str, float | None]]) -> CrossCheck:
    return CrossCheck(
        structure=question.name,
        metric=question.asked.metric.text,
        unit=question.asked.metric.unit,
        value=ours.value,
        others=tuple((program, value, _difference(ours.value, value)) for program, value in values),
    )


def _difference(ours: float | None, other: float | None) -> float | None:
    """How much more the other program has, as a share of ours."""
    return None if not ours or other is None else (other - ours) / ours


def _notices_of_differences(check: CrossCheck, tolerance: Tolerance) -> Iterator[Notice]:
    """One warning for each program that differs beyond the tolerance."""
    amount = tolerance.amounts.get(check.unit, 0.0)
    for program, value, _ in check.others:
        if value is None or check.value is None:
            continue
        if abs(value - check.value) > max(tolerance.share * abs(check.value), amount):
            by = f"the {program}" if program == PLANNING_SYSTEM else program
            text = (
                f"{check.structure} {check.metric} is {check.value:.4g} {check.unit} by rtcheck, {value:.4g} "
                f"{check.unit} "
                f"by {by}: more than {tolerance.share:.0%} and {amount:g} {check.unit} apart."
            )
            yield Notice(code="cross-check.differs", text=text, structures=(check.structure,))


def _remarks_on(text: DvhText, report: Report) -> Iterator[Notice]:
    """That a text is compared by name, and which of its DVHs are of no use."""
    asked = {roi.name for match in report.matches for roi in _rois(report.case, match)}
    compared = sum(each.name in asked for each in text.dvhs)
    yield _remark(
        f"{text.program}: {compared} of {len(text.dvhs)} DVHs are of structures in this check, by their names; whether "
        "the text is of this plan cannot be verified."
    )
    if text.omitted:
        yield _remark(f"{text.program}: not cumulative, not in Gy or listed twice: {', '.join(text.omitted)}.")


def _remark(text: str, *, structure: str | None = None) -> Notice:
    structures = (structure,) if structure else ()
    return Notice(code="cross-check.not-compared", text=text, severity="info", structures=structures)
