"""The rows of a report -> the places that its pictures show; places near one another share a picture."""

import math
from collections.abc import Iterator, Sequence

from rtcheck.report.slices.scene import Point, Spot
from rtcheck.report.telling import words
from rtcheck.report.telling.amounts import position_text
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.limits import limit_dose_gy
from rtcheck.results import Drawing
from rtcheck.values import dataclass

_NEAR_MM = 10.0  # places nearer than this are seen on the same slices
_MOST_ORGANS = 3  # named over a picture


@dataclass(frozen=True, slots=True)
class Wanted:
    """One set to draw: the places, near to one another, and for each the rows it answers. The slices run through the
    first."""

    spots: tuple[Spot, ...]
    rows: tuple[tuple[Row, ...], ...] = ()

    @property
    def spot(self) -> Spot:
        return self.spots[0]

    @property
    def every_row(self) -> tuple[Row, ...]:
        return tuple(row for rows in self.rows for row in rows)


def places_of(rows: Sequence[Row], by_name: dict[str, Drawing]) -> Iterator[Wanted]:
    """The places of the rows that are violated, borderline or within variation; places near one another share a set."""
    groups: list[dict[Spot, list[Row]]] = []
    for row in rows:
        drawing = by_name.get(row.result.structure)
        if row.word.kind not in ("over", "edge", "var") or drawing is None:
            continue
        spot = _spot(row, drawing)
        if spot is None:
            continue
        near = next((group for group in groups if _is_near(spot, next(iter(group)))), None)
        if near is None:
            groups.append({spot: [row]})
        else:
            near.setdefault(spot, []).append(row)
    for group in groups:
        yield Wanted(tuple(group), tuple(map(tuple, group.values())))


def _is_near(spot: Spot, other: Spot) -> bool:
    """Whether the slices through the one place show the other one, too."""
    return spot.is_cold == other.is_cold and math.dist(spot.position_mm, other.position_mm) <= _NEAR_MM


def hottest_places(by_name: dict[str, Drawing], shown: set[tuple[str, Point]]) -> list[Wanted]:
    """The hottest points that are not shown already; structures that share one share its set."""
    places: dict[Point, list[str]] = {}
    for name, drawing in by_name.items():
        position = drawing.dvh.max_position_mm
        if position is not None and (name, position) not in shown:
            places.setdefault(position, []).append(name)
    return [Wanted(tuple(Spot(organ=name, position_mm=at) for name in names)) for at, names in places.items()]


def _spot(row: Row, drawing: Drawing) -> Spot | None:
    result, dvh = row.result, drawing.dvh
    extreme = dvh.min_position_mm if result.goal.is_coverage else dvh.max_position_mm
    position = result.place.position_mm if result.place else extreme
    if position is None:
        return None
    marks_region = result.goal.metric.kind in ("Dmax", "Dmin", "D", "V")
    return Spot(
        organ=drawing.name,
        position_mm=position,
        limit_gy=limit_dose_gy(result),
        marks_region=marks_region,
        is_cold=result.goal.is_coverage,
    )


def title_of(wanted: Wanted) -> str:
    """ "Stomach Dmax < 54 Gy, 57.35 Gy, and D1cc < 52 Gy, 55.29 Gy; Duodenum Dmax < 54 Gy, 54.20 Gy"."""
    by_organ: dict[str, list[str]] = {}
    for spot, rows in zip(wanted.spots, wanted.rows, strict=True):
        said = (f"{row.goal}, {row.value}" if row.value else row.goal for row in rows)
        by_organ.setdefault(spot.organ, []).extend(said)
    shown = [f"{organ} {words.listed(said, most=3)}" for organ, said in by_organ.items()]
    more = [f"{len(shown) - _MOST_ORGANS} more structures"] if len(shown) > _MOST_ORGANS + 1 else shown[_MOST_ORGANS:]
    return "; ".join((*shown[:_MOST_ORGANS], *more))


def where_of(wanted: Wanted) -> str:
    """ "hottest point at x +41, y −28, z +34 mm; that of Duodenum 4 mm away"."""
    spot = wanted.spot
    said = [f"{'coldest' if spot.is_cold else 'hottest'} point at {position_text(spot.position_mm)}"]
    apart = {each.organ: math.dist(each.position_mm, spot.position_mm) for each in wanted.spots[1:]}
    far = [f"that of {organ} {mm:.0f} mm away" for organ, mm in apart.items() if mm >= 0.5]
    more = [f"{len(far) - _MOST_ORGANS} more near it"] if len(far) > _MOST_ORGANS + 1 else far[_MOST_ORGANS:]
    return "; ".join((*said, *far[:_MOST_ORGANS], *more))
