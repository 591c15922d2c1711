"""Curves -> their names in free places of the plot: each where it covers the least of the other curves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.report.charts.palette import LineStyle
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WIDTH, HEIGHT = 700, 400  # the plot as most screens show it, in px
_FAR_SEAT = 4  # taken only where it covers nothing
_CELL = 4
_LETTER = 7.2
_MOST_COVERED = 4  # cells of other curves
# Where a label may stand beside a point of its curve: dx, dy, text anchor.
_SEATS = ((8, -6, "start"), (8, 12, "start"), (-8, -6, "end"), (-8, 14, "end"), (22, -14, "start"), (18, 4, "start"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name at (`dose_gy`, `volume_percent`), shifted by `dx`, `dy` px."""

    style: LineStyle
    dose_gy: float
    volume_percent: float
    dx: int
    dy: int
    anchor: str


def placed_labels(
    curves: Sequence[tuple[LineStyle, FloatArray]], step_gy: float, dose_end_gy: float
) -> tuple[Label, ...]:
    """A label for each curve, the longest names first; a name that would lie on another curve is left out."""
    paths = {style.name: _in_px(volume, step_gy, dose_end_gy) for style, volume in curves}
    drawn = {name: _cells_of(path) for name, path in paths.items()}
    taken = np.sum(list(drawn.values()), axis=0)
    labels = []
    for style, volume in sorted(curves, key=lambda curve: -len(curve[0].name)):
        found = _best_seat(style.name, paths[style.name], taken - drawn[style.name])
        if found is None:
            continue
        index, seat, box = found
        dx, dy, anchor = _SEATS[seat]
        labels.append(
            Label(
                style=style, dose_gy=index * step_gy, volume_percent=float(volume[index]), dx=dx, dy=dy, anchor=anchor
            )
        )
        x0, y0, x1, y1 = (box / _CELL).astype(int)
        taken[y0 : y1 + 1, x0 : x1 + 1] += 20
    return tuple(labels)


def _in_px(volume_percent: FloatArray, step_gy: float, dose_end_gy: float) -> FloatArray:
    dose_gy = np.arange(len(volume_percent)) * step_gy
    return np.column_stack([dose_gy / dose_end_gy * WIDTH, (100 - volume_percent) / 100 * HEIGHT])


def _cells_of(path: FloatArray) -> FloatArray:
    """1 in every cell that the curve runs through."""
    drawn = np.zeros((HEIGHT // _CELL + 1, WIDTH // _CELL + 1))
    length = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0], np.cumsum(length)])
    at = np.arange(0, along[-1], _CELL / 2)
    cells = np.unique(
        np.column_stack([np.interp(at, along, path[:, 1]), np.interp(at, along, path[:, 0])]).astype(int) // _CELL,
        axis=0,
    )
    drawn[cells[:, 0], cells[:, 1]] = 1
    return drawn


def _best_seat(name: str, path: FloatArray, taken: FloatArray) -> tuple[int, int, FloatArray] | None:
    """(index of the point, seat, box in px) that covers least; None where no seat inside the plot is free."""
    width = len(name) * _LETTER
    dx, dy = (np.array([seat[n] for seat in _SEATS], dtype=float) for n in (0, 1))
    left = np.where([seat[2] == "end" for seat in _SEATS], dx - width, dx)
    offsets = np.column_stack([left, dy - 11, left + width, dy + 4])
    boxes = path[:, [0, 1, 0, 1]][:, None, :] + offsets[None, :, :]
    is_inside = (boxes[..., 0] >= 2) & (boxes[..., 2] <= WIDTH) & (boxes[..., 1] >= 2) & (boxes[..., 3] <= HEIGHT - 4)
    is_inside &= ((path[:, 1] > 14) & (path[:, 1] < HEIGHT - 8))[:, None]
    if not is_inside.any():
        return None
    covered = _sums(taken, np.clip(boxes, 0, [WIDTH - 1, HEIGHT - 1, WIDTH - 1, HEIGHT - 1]))
    off_middle = np.abs(path[:, 1] - 0.45 * HEIGHT)[:, None] / HEIGHT
    is_inside &= covered <= np.where(np.arange(len(_SEATS)) == _FAR_SEAT, 0, _MOST_COVERED)
    if not is_inside.any():
        return None
    cost = np.where(is_inside, covered + 0.8 * off_middle + 0.1 * np.arange(len(_SEATS)), np.inf)
    index, seat = np.unravel_index(int(cost.argmin()), cost.shape)
    return int(index), int(seat), np.clip(boxes[index, seat], 0, [WIDTH - 1, HEIGHT - 1, WIDTH - 1, HEIGHT - 1])


def _sums(taken: FloatArray, boxes: FloatArray) -> FloatArray:
    """How much of what is drawn lies in each box, from a summed-area table."""
    table = np.pad(taken.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    cells: IntArray = (boxes / _CELL).astype(np.int64)
    x0, y0, x1, y1 = cells[..., 0], cells[..., 1], cells[..., 2] + 1, cells[..., 3] + 1
    return np.asarray(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0])
