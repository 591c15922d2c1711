"""One set of the kit through rtcheck and through dicompyler-core -> what each found, held against what is expected."""

from dataclasses import field
from pathlib import Path

from rtcheck.checking.check import check
from rtcheck.checking.dvhs import measure_structures
from rtcheck.conformance.registry import Specimen
from rtcheck.conformance.shapes import BOXES, FRACTIONS, PRESCRIBED_GY, Box
from rtcheck.dicom import read_case
from rtcheck.errors import DicomError, RtcheckError, UsageError
from rtcheck.protocol.language.goal import parse_metric
from rtcheck.results import Outcome, Report
from rtcheck.values import dataclass

SAME_VALUE = 0.005
"""A number within half a percent of the closed form (a storage step of the dose is far less) is right."""

PROTOCOL_FILE = "protocol.yaml"
"""The protocol in the folder of a set that is checked against limits."""

_METRICS = ("Dmean", "Dmin", "Dmax", "D50%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a program made of one set: the codes it gave, the code and text of its error, and numbers that are wrong."""

    codes: tuple[str, ...] = ()
    refusal: str = ""
    text: str = field(default="", compare=False)
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def has_sign(self) -> bool:
        return bool(self.refusal or self.codes or self.missing)

    def describe(self) -> str:
        if self.refusal:
            return f"refused: {self.refusal}"
        signs = [*self.codes, *(f"no value of {name}" for name in self.missing)]
        numbers = f"{len(self.wrong)} wrong ({'; '.join(self.wrong)})" if self.wrong else "numbers right"
        return f"{', '.join(signs)}; {numbers}" if signs else numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A specimen's line in the table. `is_silent_error`: a wrong number, and no sign of it."""

    specimen: Specimen
    rtcheck: Finding
    dicompyler: str = ""

    @property
    def is_as_expected(self) -> bool:
        found = self.rtcheck
        if self.specimen.expected in ("agree", "answer") and (found.refusal or found.wrong or found.missing):
            return False
        if not self.specimen.codes:
            return True
        given = {found.refusal, *found.codes}
        return any(code in given for code in self.specimen.codes)

    @property
    def is_silent_error(self) -> bool:
        return bool(self.rtcheck.wrong) and not self.rtcheck.has_sign


def judge(specimen: Specimen, folder: Path) -> Finding:
    """What rtcheck finds in the set's folder: nothing but RtcheckError may come out of it."""
    if specimen.questions:
        return _judge_answers(specimen, folder)
    try:
        case = read_case(folder)
        numbers = measure_structures(case, [parse_metric(text) for text in _METRICS])
    except UsageError as error:
        return Finding(refusal="usage", text=str(error))
    except RtcheckError as error:
        return Finding(refusal=getattr(error, "code", type(error).__name__), text=str(error))
    codes = [notice.code for notice in numbers.notices if notice.severity == "warning" or notice.code in specimen.codes]
    wrong, missing = [], []
    for box in BOXES:
        rows = [row for row in numbers.structures if row.number == box.number]
        values = rows[0].metrics if rows else {}
        found = {"Volume": rows[0].volume_cc if rows else None} | {
            text: measured.value for text, measured in values.items()
        }
        if any(found.get(text) is None for text in _truth(box)):
            missing.append(box.name)
            codes += _refusal_of_structure(case.structures, box)
        wrong += _wrong_numbers(box, found)
    if case.plan:
        prescribed_gy = case.plan.prescription.dose_gy if case.plan.prescription else None
        wrong += ["prescription"] if prescribed_gy not in (None, PRESCRIBED_GY) else []
        wrong += ["fractions"] if case.plan.fractions not in (None, FRACTIONS) else []
    return Finding(codes=tuple(dict.fromkeys(codes)), missing=tuple(missing), wrong=tuple(wrong))


def _judge_answers(specimen: Specimen, folder: Path) -> Finding:
    """What rtcheck answers to the set's own protocol; an outcome that is not the right one is wrong."""
    try:
        report = check(read_case(folder), folder / PROTOCOL_FILE)
    except RtcheckError as error:
        return Finding(refusal=getattr(error, "code", type(error).__name__), text=str(error))
    wrong = []
    limits = [question for question in specimen.questions if question.structure]
    found = [(question, result.outcome) for question, result in zip(limits, report.results, strict=True)]
    found += [(question, _of_check(question.goal, report)) for question in specimen.questions if not question.structure]
    for question, outcome in found:
        if outcome != question.outcome:
            wrong.append(f"{question.structure} {question.goal} {outcome} instead of {question.outcome}".lstrip())
    codes = [notice.code for notice in report.notices if notice.severity == "warning" or notice.code in specimen.codes]
    return Finding(codes=tuple(dict.fromkeys(codes)), wrong=tuple(wrong))


def _of_check(code: str, report: Report) -> Outcome:
    """The worst outcome of the answers of one plan check."""
    outcomes = [item.outcome for item in report.plan_checks if item.code == code]
    worst: tuple[Outcome, ...] = ("violated", "not_evaluated", "met")
    return next((each for each in worst if each in outcomes), "not_applicable")


def _truth(box: Box) -> dict[str, float]:
    return {
        "Volume": box.volume_cc,
        "Dmean": box.mean_gy,
        "Dmin": box.min_gy,
        "Dmax": box.max_gy,
        "D50%": box.mean_gy,
    }


def _wrong_numbers(box: Box, found: dict[str, float | None]) -> list[str]:
    wrong = []
    for text, expected in _truth(box).items():
        value = found.get(text)
        if value is not None and abs(value / expected - 1) > SAME_VALUE:
            wrong.append(f"{box.name} {text}")
    return wrong


def _refusal_of_structure(structures: object, box: Box) -> list[str]:
    """Why one structure has no value."""
    load = getattr(structures, "load", None)
    if load is None:
        return []
    try:
        return [] if load(box.number).contours else ["structure.empty"]
    except DicomError as error:
        return [error.code]


def judge_dicompyler(folder: Path) -> str:
    """What dicompyler-core finds for target and liver, given the right three files: it has no way to find them."""
    from pydicom import dcmread

    from rtcheck.dicompyler import DicompylerError, dvh_by_dicompyler

    structures, dose = folder / "struct.dcm", folder / "dose.dcm"
    if not (structures.is_file() and dose.is_file()):
        return "not run"
    wrong = 0
    try:
        datasets = dcmread(structures, force=True), dcmread(dose, force=True)
        for box in BOXES[:2]:
            dvh = dvh_by_dicompyler(*datasets, box.number)
            truth = _truth(box)
            wrong += abs(dvh.volume / truth["Volume"] - 1) > 0.05
            wrong += abs(dvh.mean / truth["Dmean"] - 1) > 0.02
    except DicompylerError:
        return "error"
    except Exception as error:  # pydicom on damaged files
        return f"error ({type(error).__name__})"
    return f"{wrong} of 4 WRONG, no warning" if wrong else "right"
