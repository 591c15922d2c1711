"""A checked case -> its structures as the plot draws them: curves of few points, hottest and coldest, colours."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.palette import LineStyle, line_styles, with_own_colours
from rtcheck.report.telling.shown import is_target, shown_drawings
from rtcheck.results import Drawing, Report
from rtcheck.web.desk.values import plain

MOST_POINTS = 400
_STEPS_GY = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0)


def curve_values(report: Report, *, own_colours: bool = False) -> dict[str, Any]:
    """Every structure worth showing, targets first; doses in multiples of `step_gy` up to `end_gy`.

    With `own_colours` in the colours of the structure set, where it has them.
    """
    drawings = [each for each in shown_drawings(report) if each.dvh.volume_cc > 0 and len(each.dvh.dose_gy) > 1]
    end_gy = round_up(max((each.dvh.max_gy for each in drawings), default=1.0))
    step_gy = next((step for step in _STEPS_GY if end_gy / step <= MOST_POINTS), end_gy / MOST_POINTS)
    styles = line_styles([each.name for each in drawings], {each.name: each.display_colour for each in drawings})
    styles = with_own_colours(styles) if own_colours else styles
    dose_gy = step_gy * np.arange(round(end_gy / step_gy) + 1, dtype=np.float64)
    return {
        "step_gy": step_gy,
        "end_gy": end_gy,
        "curves": [_curve(each, styles[each.name], dose_gy) for each in drawings],
    }


def style_values(style: LineStyle) -> dict[str, str]:
    """The line of a structure on each ground."""
    return {"light": style.light, "dark": style.dark, "on_black": style.on_black, "dash": style.dash}


def _curve(drawing: Drawing, style: LineStyle, dose_gy: NDArray[np.float64]) -> dict[str, Any]:
    dvh = drawing.dvh
    main = _percent_at(dvh, dose_gy)
    band = [_percent_at(each, dose_gy) for each in drawing.conventions]
    return {
        "name": drawing.name,
        "is_target": is_target(drawing),
        "style": style_values(style),
        "percent": _short(main),
        "low": _short(np.min([main, *band], axis=0)) if band else None,
        "high": _short(np.max([main, *band], axis=0)) if band else None,
        "volume_cc": dvh.volume_cc,
        "is_clipped": dvh.volume_outside_cc > 0,
        "mean_gy": plain(dvh.mean_gy),
        "min_gy": plain(dvh.min_gy),
        "max_gy": plain(dvh.max_gy),
        "hottest_mm": plain(dvh.max_position_mm),
        "coldest_mm": plain(dvh.min_position_mm),
    }


def _percent_at(dvh: Dvh, dose_gy: NDArray[np.float64]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc, right=0.0)
    return 100 / dvh.volume_cc * share


def _short(values: NDArray[np.float64]) -> list[float]:
    """The values as few digits as a screen can show, without the zeros at the end."""
    above = np.flatnonzero(values > 0)
    shown: Sequence[float] = np.round(values[: above[-1] + 2] if len(above) else values[:1], 3).tolist()
    return list(shown)
