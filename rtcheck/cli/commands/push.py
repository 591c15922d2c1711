"""`rtcheck push REPORT URL --plan FILE`: a PDF report to a server."""

import sys
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from rtcheck.cli.options import existing_file


def push(
    report: Annotated[Path, Argument(metavar="REPORT", help="A PDF written by `rtcheck PATH --format pdf`.")],
    url: Annotated[str, Argument(metavar="URL", help="A DICOMweb root (http://.../dicom-web), or Orthanc's address.")],
    plan: Annotated[Path, Option("--plan", metavar="FILE", help="The RTPLAN file; the report is stored in its study.")],
) -> int:
    """Store a PDF report on a server (STOW-RS), in the plan's study and with a reference to the plan.

    Set RTCHECK_SERVER_USER and RTCHECK_SERVER_PASSWORD in the environment to log in.
    """
    from rtcheck.network.storing import store_pdf

    pdf = existing_file(report, "report").read_bytes()
    store_pdf(pdf, existing_file(plan, "plan"), url, title="rtcheck report")
    sys.stderr.write("Report stored.\n")
    return 0
