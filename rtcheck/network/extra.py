"""The optional packages that talk to DICOM nodes and web servers, imported when they are needed."""

from importlib.util import find_spec
from typing import Any

from rtcheck import extras


def needed(module: str) -> Any:
    """The module; MissingExtraError with the line that installs it where it is not there."""
    return extras.needed(module, extra="net")


def report_formats() -> tuple[str, ...]:
    """The formats in which received plans are reported: PDF where its package is installed."""
    return ("html", "json", "pdf") if find_spec("typst") else ("html", "json")


def pdf_needed() -> None:
    """Raises MissingExtraError where no PDF can be made, before anything is done that would need one."""
    extras.needed("typst", extra="pdf", what="Reports are stored as PDF, which needs")
