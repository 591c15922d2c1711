"""What puts a verdict in doubt, as sentences: they stand with the verdict in every format."""

from rtcheck.notices import Notice, about_structures
from rtcheck.results import Report

IN_DOUBT = "In doubt"


def notice_text(notice: Notice) -> str:
    """The sentence of a notice, which names its structures."""
    return f"{about_structures(notice)}{notice.text}"


def doubts_to_tell(report: Report) -> tuple[Notice, ...]:
    """The doubts that the verdict's own reason does not state already."""
    return tuple(doubt for doubt in report.doubts if doubt.text not in report.reason)


def doubt_lines(report: Report) -> tuple[str, ...]:
    """ "In doubt: the dose file does not refer to the plan. [dose.not-referenced]", a line each."""
    return tuple(f"{IN_DOUBT}: {notice_text(each)} [{each.code}]" for each in doubts_to_tell(report))


def is_in_doubt(report: Report) -> bool:
    """Whether the stamp itself says so: a plan that passes, but on evidence that is in doubt."""
    return report.verdict in ("pass", "variation") and bool(report.doubts)
