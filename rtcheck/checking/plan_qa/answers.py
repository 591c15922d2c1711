"""What one check answers: found, expected, outcome and place; and why nothing can be told, where it cannot."""

from collections.abc import Callable, Iterable, Sequence

from rtcheck.checking.range_text import range_words
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.results import Outcome
from rtcheck.units import amount_text
from rtcheck.values import dataclass

MOST_NAMED = 6
"""Of beams, structures or places in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`item` and `expected` where they differ from the check's own; `value` is a number or word for programs."""

    found: str
    outcome: Outcome
    item: str = ""
    expected: str = ""
    place: str = ""
    note: str = ""
    value: float | str | bool | None = None


class Unknown(Exception):  # noqa: N818 - no error: the check is not evaluated, for this reason
    """The files do not tell; `reason` is a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def answer(is_met: bool, found: str, *, value: float | str | bool | None = None, **more: str) -> Answer:
    """Met or violated; `more` are item, expected, place and note."""
    return Answer(found=found, outcome="met" if is_met else "violated", value=value, **more)


def unknown(reason: str, **more: str) -> Answer:
    """Not evaluated, for this reason."""
    return Answer(found="unknown", outcome="not_evaluated", note=reason, **more)


def in_range(allowed: Range, value: float, unit: str, **more: str) -> Answer:
    """A number against a range."""
    edge = allowed.high if allowed.high is not None else allowed.low
    found = amount_text(value, unit, beside=edge) if unit in ("Gy", "cc", "%") else f"{value:.4g} {unit}".rstrip()
    more.setdefault("expected", range_words(allowed, unit))
    return answer(allowed.contains(value), found, value=value, **more)


def worst_of(allowed: Range, values: Iterable[float]) -> float:
    """Of values that there are: the largest of those outside the range, else the largest."""
    return max(values, key=lambda value: (not allowed.contains(value), value))


def each_of(values: dict[str, str], is_allowed: Callable[[str], bool], *, missing: str) -> Answer:
    """One word for each beam (by its label): which words there are, and whose is not allowed.

    A beam without a word is unknown, unless another one is violated already. `missing` is the reason.
    """
    present = sorted(set(filter(None, values.values())))
    off = [label for label, word in values.items() if word and not is_allowed(word)]
    absent = [label for label, word in values.items() if not word]
    found = ", ".join(present) or "not stated"
    if off:
        return answer(False, found, value=found, place=listed(off))
    if absent:
        return unknown(f"{missing} of {listed(absent)}")
    return answer(True, found, value=found)


def listed(words: Iterable[str], most: int = MOST_NAMED) -> str:
    """ "a, b, c and 4 more"."""
    all_words = list(words)
    if len(all_words) > most:
        return ", ".join(all_words[: most - 1]) + f" and {len(all_words) - most + 1} more"
    return " and ".join([", ".join(all_words[:-1]), all_words[-1]] if len(all_words) > 1 else all_words)


def names_of(rule: CheckRule) -> tuple[str, ...]:
    """The names that a rule lists."""
    return tuple(rule.value)


def counted(number: int, noun: str) -> str:
    """ "1 beam", "3 beams"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place_mm(point_mm: Sequence[float]) -> str:
    """ "x -60, y -6, z 1 mm", in patient coordinates."""
    return "x {:.0f}, y {:.0f}, z {:.0f} mm".format(*(round(value) + 0.0 for value in point_mm))
