"""Which of a report's structures its plots and pictures show: those that constraints name, and the targets."""

from rtcheck.results import Drawing, Report

TARGET_TYPES = ("GTV", "CTV", "PTV")


def shown_drawings(report: Report) -> tuple[Drawing, ...]:
    """The drawings worth showing, targets first; all where no constraint names one of them.

    What only another reading asked for ("Liver - all PTV") stays out: its curve hides the one it is compared with.
    """
    named = {name for result in report.results for name in (result.structure, *result.structure.split(" | "))}
    named |= {match.asked for result in report.results for match in result.matched}  # of "A or B" each
    drawings = report.drawings()
    shown = [drawing for drawing in drawings if drawing.name in named or is_target(drawing)]
    return tuple(sorted(shown or drawings, key=lambda drawing: not is_target(drawing)))


def is_target(drawing: Drawing) -> bool:
    """A target by its ROI type, or by its name where it has no type."""
    if drawing.roi_type:
        return drawing.roi_type.upper() in TARGET_TYPES
    return drawing.name.upper().startswith((*TARGET_TYPES, "ITV", "IGTV"))
