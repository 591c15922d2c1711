"""How far programs that are all right can disagree: the band of a value over the conventions that published ones use.

End caps, the shape between planes and the dose between nodes are changed one at a time, and their changes are added up:
computing all twelve combinations gives nearly the same band for three times the cost.

The dose between its nodes is known to nobody. Where linear and cubic interpolation differ the dose is curved, and the
cubic one still falls short by up to a third of the difference (a Gaussian sampled at two thirds of its sigma): the
band goes that much farther. (The numerical uncertainty, what finer cells change, is in `checking/uncertain.py`.)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from math import inf
from typing import Literal

from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.values import dataclass

Choice = Literal["end_caps", "shape", "dose_interpolation", "gaps"]

Taken = Literal["slabs", "smooth", "both"]
"""What the shape "auto" took: slabs; the interpolated shape with cubic dose; or both, for parts of a structure."""

BEYOND_CUBIC = 1 / 3  # of cubic - linear, see above
BEYOND_FINE = 5 / 11  # the same of a value that is cubic: its nodes, four times as dense, are joined linearly as well
BEYOND_SMOOTH = 1 / 3  # of interpolated - slabs, likewise: where a value is interpolated, its shape may fall short


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """Settings in which one choice is made differently; `name` is for reports."""

    name: str
    choice: Choice
    settings: EngineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """From `low` to `high`; the conventions that pull a value to either end, strongest first."""

    low: float
    high: float
    toward_low: tuple[str, ...] = ()
    toward_high: tuple[str, ...] = ()


@cache
def other_conventions(settings: EngineSettings, *, taken: Taken = "slabs") -> tuple[Convention, ...]:
    """Every convention that differs from `settings` in exactly one choice; of the shape "auto", from what was `taken`.

    >>> [each.name for each in other_conventions(EngineSettings())]
    ['no end caps', 'full end caps', 'the interpolated shape', 'cubic dose interpolation', 'missing slices filled']
    >>> [each.name for each in other_conventions(EngineSettings(shape="auto"), taken="smooth")][2:4]
    ['slabs between planes', 'linear dose interpolation']
    """
    if settings.shape == "auto":
        return tuple(_under_auto(settings, taken))
    named: tuple[tuple[str, Choice, EngineSettings], ...] = (
        ("no end caps", "end_caps", replace(settings, end_caps="none")),
        ("half end caps", "end_caps", replace(settings, end_caps="half")),
        ("full end caps", "end_caps", replace(settings, end_caps="full")),
        ("slabs between planes", "shape", replace(settings, shape="slabs")),
        ("the interpolated shape", "shape", replace(settings, shape="interpolated")),
        ("linear dose interpolation", "dose_interpolation", replace(settings, dose_interpolation="linear")),
        ("cubic dose interpolation", "dose_interpolation", replace(settings, dose_interpolation="cubic")),
        ("missing slices filled", "gaps", replace(settings, gaps="filled")),
        # A value with bounds is that of open gaps already.
        ("missing slices left open", "gaps", settings if settings.gaps == "bounds" else replace(settings, gaps="open")),
    )
    return tuple(
        Convention(name=name, choice=choice, settings=other) for name, choice, other in named if other != settings
    )


def _under_auto(settings: EngineSettings, taken: Taken) -> Iterator[Convention]:
    """The conventions of what "auto" took; where end caps and gaps change, it takes the same again."""
    slabs = replace(settings, shape="slabs")
    is_smooth = taken == "smooth"
    own = replace(settings, shape="interpolated", dose_interpolation="cubic") if is_smooth else slabs
    for each in other_conventions(own):
        other = each.settings
        if each.choice in ("end_caps", "gaps"):
            other = replace(settings, end_caps=other.end_caps, gaps=other.gaps)
        yield replace(each, settings=other)
    if taken == "both":
        yield Convention(name="slabs between planes", choice="shape", settings=slabs)


def convention_band(value: float, others: Iterable[tuple[Convention, float]], *, most: float = inf) -> Band:
    """The band around `value` from its values under other conventions; it always contains the value.

    For each choice (end caps, shape, dose interpolation) the largest decrease and the largest increase count, and those
    of all choices are added. No quantity is below 0 or above `most`.

    >>> none, full, *_ = other_conventions(EngineSettings())
    >>> band = convention_band(10.0, [(none, 9.5), (full, 10.25)])
    >>> band.low, band.high
    (9.5, 10.25)
    """
    changes = [(convention, other - value) for convention, other in others]
    changes += [(convention, change * _beyond(convention)) for convention, change in changes]
    down = _strongest([(convention, -change) for convention, change in changes])
    up = _strongest(changes)
    return Band(
        low=min(value, max(value - sum(change for _, change in down), 0.0)),
        high=max(value, min(value + sum(change for _, change in up), most)),
        toward_low=tuple(convention.name for convention, _ in down),
        toward_high=tuple(convention.name for convention, _ in up),
    )


def _beyond(convention: Convention) -> float:
    """The change to where the truth may lie, by that of a convention: beyond cubic dose, seen from linear or from cubic
    dose itself, and beyond the interpolated shape, seen from itself."""
    if convention.choice == "dose_interpolation":
        return 1 + BEYOND_CUBIC if convention.settings.dose_interpolation == "cubic" else -BEYOND_FINE
    return -BEYOND_SMOOTH if convention.choice == "shape" and convention.settings.shape == "slabs" else 1.0


def _strongest(changes: Sequence[tuple[Convention, float]]) -> list[tuple[Convention, float]]:
    """The largest change above zero of each choice, the largest of them first."""
    found: dict[Choice, tuple[Convention, float]] = {}
    for convention, change in changes:
        if change > 0 and (convention.choice not in found or change > found[convention.choice][1]):
            found[convention.choice] = convention, change
    return sorted(found.values(), key=lambda each: -each[1])
