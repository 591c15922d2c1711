"""A report, or a PDF beside its plan -> an Encapsulated PDF stored at a server; a structured report as it is."""

import io
from pathlib import Path

from pydicom import dcmread

from rtcheck.errors import UsageError
from rtcheck.network.encapsulated import encapsulated_pdf
from rtcheck.network.extra import pdf_needed
from rtcheck.network.servers import server_at
from rtcheck.patterns import pattern
from rtcheck.report.formats.pdf import plan_mark
from rtcheck.report.telling.doubts import is_in_doubt
from rtcheck.results import Report

_MARK = pattern(rb"rtcheck-plan-[0-9a-f]{32}")


def store_report(report: Report, url: str) -> None:
    """Store the report as a PDF in the plan's study, referring to the plan."""
    plan = next((each.path for each in report.case.sources if each.role == "plan"), None)
    if plan is None or not plan.is_file():
        raise UsageError("The report cannot be stored: there is no plan file, so its study is unknown.")
    pdf_needed()
    doubt = " (in doubt)" if is_in_doubt(report) else ""
    store_pdf(report.to_pdf(), plan, url, title=f"rtcheck: {report.verdict.replace('_', ' ')}{doubt}")


def store_pdf(pdf: bytes, plan: Path, url: str, *, title: str) -> None:
    """Store a PDF in the study of the plan in the file `plan`; a report of another plan is refused."""
    if not pdf.startswith(b"%PDF-"):
        raise UsageError("Only reports can be stored: create one with --format pdf or sr.")
    made = encapsulated_pdf(pdf, plan, title=title)
    marks = set(_MARK.findall(pdf))
    if marks and plan_mark(str(made.SourceInstanceSequence[0].ReferencedSOPInstanceUID)).encode() not in marks:
        raise UsageError(f"The report is of another plan than {plan.name}: it would be stored in the wrong study.")
    server_at(url).store(made)


def is_dicom(content: bytes) -> bool:
    """Whether the bytes are those of a DICOM file."""
    return content[128:132] == b"DICM"


def store_structured(content: bytes, url: str) -> None:
    """Store a structured report. Raises UsageError for any other DICOM object."""
    try:
        document = dcmread(io.BytesIO(content))
    except Exception as error:
        raise UsageError(f"The report is not a readable DICOM file ({type(error).__name__}).") from None
    if document.get("Modality") != "SR":
        raise UsageError("Only reports can be stored: PDF, or a structured report created with --format sr.")
    server_at(url).store(document)
