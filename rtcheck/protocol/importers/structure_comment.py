"""The comment by which PlanScoreCard builds a structure -> a structure expression of ours.

`{<PTV>|5 SUB <Rectum>} OR {<GTV>}|3`: structures in angle brackets with a margin in mm after a bar, joined from left to
right by AND, OR and SUB; groups in braces, which are joined in the same way. A margin is one whole number or six with
carets between them: left, right, superior, inferior, posterior, anterior.
"""

import re
from collections.abc import Callable

from rtcheck.geometry.expression import quoted
from rtcheck.values import dataclass

_SIGNS = {"AND": "&", "OR": "|", "SUB": "-"}
_STEP = re.compile(r"<(?P<name>[^<>]+)>(?:\|(?P<margin>-?\d+(?:\^-?\d+){5}|-?\d+))?")
_GROUP = re.compile(r"\{(?P<inside>[^{}]*)\}(?:\|(?P<margin>\d+))?")
_SIGN = re.compile(r"\s+(AND|OR|SUB)\s+")
_SIDES = ("L", "R", "S", "I", "P", "A")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an expression as text; `is_one` where it needs no parentheses beside an operator."""

    text: str
    is_one: bool

    @property
    def closed(self) -> str:
        return self.text if self.is_one else f"({self.text})"


def expression_of_comment(comment: str, name_of: Callable[[str], str]) -> str:
    """The expression that a comment states, "" where its form is unknown; `name_of` gives a structure's name."""
    text = comment.strip()
    whole = (
        _chain(text, _GROUP, lambda found: _group(found, name_of)) if text.startswith("{") else _steps(text, name_of)
    )
    return whole.text if whole else ""


def _group(found: re.Match[str], name_of: Callable[[str], str]) -> _Part | None:
    inside = _steps(found["inside"].strip(), name_of)
    return _grown(inside, found["margin"]) if inside else None


def _steps(text: str, name_of: Callable[[str], str]) -> _Part | None:
    return _chain(text, _STEP, lambda found: _step(found, name_of))


def _step(found: re.Match[str], name_of: Callable[[str], str]) -> _Part | None:
    margin = found["margin"] or ""
    if "^" in margin and int(margin.split("^")[1]) == 0:
        return None  # PlanScoreCard itself takes these for one margin on all sides: no telling which is meant
    return _grown(_Part(quoted(name_of(found["name"].strip())), True), margin)


def _chain(text: str, link: re.Pattern[str], part_of: Callable[[re.Match[str]], _Part | None]) -> _Part | None:
    """Links joined by operators, each of which takes all that stands before it; None where there is anything else."""
    place, so_far, sign = 0, None, ""
    while True:
        found = link.match(text, place)
        part = part_of(found) if found else None
        if found is None or part is None:
            return None
        so_far = part if so_far is None else _Part(f"{so_far.closed} {sign} {part.closed}", False)
        place = found.end()
        if place == len(text):
            return so_far
        joint = _SIGN.match(text, place)
        if joint is None:
            return None
        sign, place = _SIGNS[joint[1]], joint.end()


def _grown(part: _Part, margin: str | None) -> _Part:
    """The part with its margin in mm; one of 0 is none."""
    if not margin or not margin.replace("^", "").strip("-0"):
        return part
    if "^" not in margin:
        millimetres = int(margin)
        return _Part(f"{part.closed} {'+' if millimetres > 0 else '-'} {abs(millimetres)} mm", False)
    sides = ", ".join(f"{side} {int(amount)}" for side, amount in zip(_SIDES, margin.split("^"), strict=True))
    return _Part(f"{part.closed} + ({sides}) mm", False)
