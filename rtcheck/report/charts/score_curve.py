"""A result with a score curve -> the curve with the plan's mark on it; the words beside it say the same."""

from markupsafe import Markup

from rtcheck.protocol.file.score_curve import in_order
from rtcheck.report.charts.svg import element, joined
from rtcheck.results import Result
from rtcheck.units import amount_text

_WIDTH, _HEIGHT, _EDGE = 220.0, 64.0, 6.0


def score_curve(result: Result) -> Markup:
    """The curve between its first and last point, flat beyond them; empty without a curve or a score."""
    if not result.constraint.score or result.score is None:
        return Markup("")
    curve = in_order(result.constraint.score)
    value = result.measurement.value
    values = [point.value for point in curve] + ([value] if value is not None else [])
    points = [point.points for point in curve]
    low, high = min(values), max(values)
    least, most = min(0.0, *points), max(points)
    reach, rise = (high - low) or 1.0, (most - least) or 1.0

    def place(at: float, height: float) -> tuple[float, float]:
        return _EDGE + (at - low) / reach * _WIDTH, _EDGE + (1 - (height - least) / rise) * _HEIGHT

    corners = [(low, points[0]), *((point.value, point.points) for point in curve), (high, points[-1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*corner) for corner in corners))
    drawn = [element("polyline", points=line, fill="none", stroke="currentColor", stroke_width=1.5)]
    if value is not None and not result.measurement.undefined:
        x, y = place(value, result.score.points)
        drawn.append(element("circle", cx=x, cy=y, r=4.5, fill="currentColor"))
    unit = result.goal.unit
    ends = f"{amount_text(low, unit)} to {amount_text(high, unit)}"
    spoken = f"Score curve from {ends}: {result.score.points:.4g} of {result.score.maximum:.4g} points"
    return element(
        "svg",
        element("title", spoken),
        joined(drawn),
        class_="score-curve",
        role="img",
        viewBox=f"0 0 {_WIDTH + 2 * _EDGE:g} {_HEIGHT + 2 * _EDGE:g}",
        width=_WIDTH + 2 * _EDGE,
        height=_HEIGHT + 2 * _EDGE,
    )
