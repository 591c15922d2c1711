"""`rtcheck push REPORT URL --plan FILE`: a PDF report to a server."""

import sys
from pathlib import Path
from typing import Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import existing_file
from rtcheck.errors import UsageError


def push(
    report: Annotated[Path, Argument(metavar="REPORT", help="A report written by `rtcheck PATH --format pdf` or sr.")],
    url: Annotated[str, Argument(metavar="URL", help="A DICOMweb root (http://.../dicom-web), or Orthanc's address.")],
    plan: Annotated[
        Path | None,
        Option("--plan", metavar="FILE", help="For a PDF, the RTPLAN file in whose study the report is stored."),
    ] = None,
) -> int:
    """Store a report on a server (STOW-RS), in the plan's study and with a reference to the plan.

    A structured report (sr) contains its study and references. Set RTCHECK_SERVER_USER and RTCHECK_SERVER_PASSWORD in
    the environment to log in.
    """
    from rtcheck.network.storing import is_dicom, store_pdf, store_structured

    content = existing_file(report, "report").read_bytes()
    if is_dicom(content):
        store_structured(content, url)
    elif plan is None:
        raise UsageError("Give the plan with --plan: a PDF is stored in its study.")
    else:
        store_pdf(content, existing_file(plan, "plan"), url, title="rtcheck report")
    sys.stderr.write("Report stored.\n")
    return 0
