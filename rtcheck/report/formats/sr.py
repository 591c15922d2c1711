"""A Report -> a DICOM Structured Report (TID 1500): values with unit, limit and outcome, and references to the files.

Values are in Gy, cc, % and mm with their UCUM units, in double precision. Names of structures, metrics and outcomes are
codes of a scheme of its own (99RTCHECK); their meanings are the words of the report.
"""

import hashlib
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from rtcheck import __version__
from rtcheck.errors import DicomError, UsageError
from rtcheck.extras import needed
from rtcheck.report.telling.outcomes import result_word
from rtcheck.report.telling.words import ADVISORY
from rtcheck.results import CheckItem, Report, Result

SCHEME = "99RTCHECK"
SERIES_NUMBER = 9002  # far from those that planning systems count up
UNITS = {
    "Gy": ("Gy", "gray"),
    "cc": ("cm3", "cubic centimeter"),
    "%": ("%", "percent"),
    "mm": ("mm", "millimeter"),
    "Gy·L": ("Gy.L", "gray liter"),
    "": ("1", "no units"),
}
_LONGEST_MEANING, _LONGEST_VALUE = 64, 16
ADVICE = ("Priority", "advisory", ADVISORY)
_ROLES = ("plan", "dose", "structures")


def render(report: Report, *, anonymous: bool = False) -> bytes:
    """The file's bytes.

    Raises:
        UsageError: the report is to be anonymous, or has no plan, whose study it would be in.
        MissingExtraError: highdicom is not installed.
    """
    if anonymous:
        raise UsageError("A structured report is in the patient's study and names the patient: it cannot be anonymous.")
    sr = needed("highdicom.sr", extra="sr", what="DICOM structured reports need")
    evidence = list(_evidence(report))
    own = report.to_json()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote the patient's name
        document = sr.ComprehensiveSR(
            evidence=evidence,
            content=_content(report, sr, study=str(evidence[0].StudyInstanceUID)),
            series_instance_uid=generate_uid(entropy_srcs=["series", own]),
            series_number=SERIES_NUMBER,
            sop_instance_uid=generate_uid(entropy_srcs=[own]),
            instance_number=1,
            manufacturer="rtcheck",
            is_complete=True,
            is_final=True,
            is_verified=False,
            transfer_syntax_uid=ExplicitVRLittleEndian,
        )
    document.SpecificCharacterSet = "ISO_IR 192"  # texts of the report may have signs that the plan's set has not
    document.SeriesDescription = "rtcheck report"
    out = io.BytesIO()
    document.save_as(out)
    return out.getvalue()


def _evidence(report: Report) -> Iterator[Dataset]:
    """The plan, doses and structure set without pixels and contours, the plan first."""
    files = [source for role in _ROLES for source in report.case.sources if source.role == role]
    if not any(source.role == "plan" for source in files):
        raise UsageError("A structured report needs the plan, whose study it belongs to; there is no plan file.")
    for source in files:
        if source.path is None or not source.path.is_file():
            raise UsageError("A structured report refers to files; this plan was read from an archive or from memory.")
        try:
            yield dcmread(source.path, stop_before_pixels=True, force=True)
        except Exception as error:
            raise DicomError(f"{source.path.name}: cannot be referred to ({type(error).__name__}).") from None


def _content(report: Report, sr: Any, study: str) -> Any:
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=f"2.25.{_number('rtcheck')}",
        name="rtcheck",
        manufacturer_name="rtcheck",
        model_name=f"rtcheck {__version__}",
    )
    observer = sr.ObserverContext(
        observer_type=sr.CodedConcept("121007", "DCM", "Device"), observer_identifying_attributes=device
    )
    about = f"{report.protocol.name} {report.protocol.version}".strip()
    doubts = [("Doubt", notice.code, notice.text) for notice in report.doubts]
    groups = [_group(sr, study, about, [], [("Verdict", report.verdict.replace("_", " "), report.reason), *doubts])]
    groups += [_of_result(sr, study, result) for result in report.results]
    items = (*report.prescription, *report.plan_checks, *report.eligibility)
    groups += [_of_item(sr, study, item) for item in items if item.given]
    return sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=sr.CodedConcept("108290001", "SCT", "Radiation oncology AND/OR radiotherapy"),
        imaging_measurements=groups,
        title=sr.CodedConcept("126000", "DCM", "Imaging Measurement Report"),
    )


def _of_result(sr: Any, study: str, result: Result) -> Any:
    goal, measured = result.goal, result.measurement
    values = [] if measured.value is None else [(goal.metric.text, measured.value, goal.unit)]
    if measured.bounds:
        bounds = zip(("Lower bound", "Upper bound"), measured.bounds, strict=True)
        values += [(name, bound, goal.unit) for name, bound in bounds if abs(bound) < float("inf")]
    limit = [] if goal.by_volume else [(f"Limit ({goal.operator})", goal.limit, goal.unit)]
    why = measured.undefined or "; ".join(result.notes)
    outcome = result.outcome.replace("_", " ")
    said = [("Outcome", outcome, why if result.outcome == "not_evaluated" else result_word(result).text)]
    said += [] if result.is_required else [ADVICE]
    return _group(sr, study, f"{result.structure} {goal.text}", [*values, *limit], said, structure=result.structure)


def _of_item(sr: Any, study: str, item: CheckItem) -> Any:
    outcome = item.outcome.replace("_", " ")
    said = [("Outcome", outcome, f"{outcome}: {item.found}"), *([ADVICE] if item.warns_only else [])]
    return _group(sr, study, f"{item.item}: {item.expected}", [], said)


def _group(
    sr: Any,
    study: str,
    name: str,
    values: Sequence[tuple[str, float, str]],
    said: Sequence[tuple[str, str, str]],
    *,
    structure: str = "",
) -> Any:
    """One group of the template: values as (name, amount, unit), statements as (name, word, in full).

    Its tracking UID is the same in all reports on one item and one study, and in no other patient's.
    """
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=f"2.25.{_number(f'{study} {name}')}", identifier=name),
        finding_type=_code(sr, structure, structure) if structure else None,
        measurements=[
            sr.Measurement(name=_code(sr, what, what), value=amount, unit=_unit(sr, unit))
            for what, amount, unit in values
        ],
        qualitative_evaluations=[
            sr.QualitativeEvaluation(name=_code(sr, what, what), value=_code(sr, word, in_full))
            for what, word, in_full in said
        ],
    )


def _unit(sr: Any, unit: str) -> Any:
    value, meaning = UNITS[unit]
    return sr.CodedConcept(value, "UCUM", meaning)


def _code(sr: Any, word: str, meaning: str) -> Any:
    """A code of rtcheck's own scheme: the word itself where it is short and plain, else a number made from it."""
    is_plain = len(word) <= _LONGEST_VALUE and word.isascii()
    value = word if is_plain else f"R{_number(word) % 10**14}"
    in_bytes = (meaning or word).encode()[:_LONGEST_MEANING]  # some readers count bytes, not characters
    return sr.CodedConcept(value, SCHEME, in_bytes.decode(errors="ignore"))


def _number(text: str) -> int:
    """A number of 128 bits that stands for a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:32], 16)
