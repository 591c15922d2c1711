"""The one door from values up to the formats: `report.save(...)` and the reprs of notebooks are a convenience.

Everything else imports downward only. The linter knows this door (`ignore_imports`) and guards all other ways; the
imports stand inside the functions, so that a value costs no format until it is shown.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtcheck.dosimetry.dvh import Dvh
    from rtcheck.report.telling.style import ReportStyle
    from rtcheck.results import Report
    from rtcheck.units import DoseUnit


def rendered(
    report: "Report", name: str, *, anonymous: bool = False, style: "ReportStyle | None" = None
) -> str | bytes:
    """The report in the format of that name."""
    from rtcheck.report import render

    return render(report, name, anonymous=anonymous, style=style)


def style(*, unit: "DoseUnit", letterhead: Path | str | None, own_colours: bool) -> "ReportStyle | None":
    """What is chosen of a report's looks; None for the plain ones."""
    if unit == "Gy" and letterhead is None and not own_colours:
        return None
    from rtcheck.report.telling.letterhead import read_letterhead
    from rtcheck.report.telling.style import ReportStyle

    head = read_letterhead(letterhead) if letterhead is not None else None
    return ReportStyle(own_colours=own_colours, unit=unit, letterhead=head)


def format_of_file(path: Path) -> str:
    """The name of the format that the extension of a file names; raises UsageError if there is none."""
    from rtcheck import report

    return report.format_of_file(path)


def reason(report: "Report") -> str:
    """Why the verdict is what it is, in one sentence."""
    from rtcheck.report.telling import verdict

    return verdict.reason_of(report)


def plain_text(report: "Report") -> str:
    """The report as `rtcheck PATH --protocol P` writes it to a pipe."""
    from rtcheck.report.formats import text

    return text.plain_text(report, anonymous=False, verbose=False)


def as_dict(report: "Report", *, anonymous: bool = False) -> dict[str, Any]:
    """The JSON report as plain values (schema `rtcheck.report/1`)."""
    from rtcheck.report.formats import json_

    return json_.as_dict(report, anonymous=anonymous)


def report_fragment(report: "Report") -> str:
    """The report as a fragment of HTML for notebooks."""
    from rtcheck.report.formats import notebook

    return notebook.report_fragment(report)


def dvh_fragment(dvh: "Dvh") -> str:
    """A DVH as a fragment of HTML for notebooks."""
    from rtcheck.report.formats import notebook

    return notebook.dvh_fragment(dvh)
