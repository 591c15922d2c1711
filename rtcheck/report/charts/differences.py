"""The differences of other programs from ours -> marks on a scale from -3 % to +3 %."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent

_END = 0.03
_TOLERANCE = percent(1 / 3)  # the grey band: 1 % to either side


def difference_marks(differences: Sequence[float | None]) -> Markup:
    """One mark for each program that has a value, an arrow at the end of the scale for what lies beyond it."""
    marks = [_mark(number, each) for number, each in enumerate(differences) if each is not None]
    band = element("rect", class_="tol", x=_TOLERANCE, width=_TOLERANCE, height="100%")
    zero = element("line", class_="z", x1="50%", x2="50%", y2="100%")
    return element("svg", band, zero, *marks, aria_hidden="true")


def _mark(number: int, difference: float) -> Markup:
    at = percent(min(max((difference + _END) / (2 * _END), 0.0), 1.0))
    if abs(difference) <= _END:
        return element("circle", class_=f"d{number}", cx=at, cy="50%", r=4)
    arrow = element("path", class_=f"d{number}", d="M0 0-8-5V5Z" if difference > 0 else "M0 0 8-5V5Z")
    return element("svg", arrow, x=at, y="50%", overflow="visible")
