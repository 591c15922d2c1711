"""ProKnow scorecards (JSON) -> Imported.

Each computed metric has 2 to 10 bins by rising value, each with a label and a colour; a threshold between two stands in
the bin that it belongs to, as `max` or as `min`. Which bins are good is told by their labels and colours, from PASS or
IDEAL to FAIL or UNACCEPTABLE. The best bin's end is the goal, and the beginning of the worst one the variation; what
else is told apart between them is lost. Points in brackets behind a label (`IDEAL [10]`) are those of a score at that
threshold, as PlanScoreCard reads them.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rtcheck.protocol.file.model import Constraint, ScorePoint
from rtcheck.protocol.importers.imported import Draft, Imported, as_volume_below
from rtcheck.protocol.importers.reading import json_document, keys, number, shown
from rtcheck.protocol.language.scanner import number_text
from rtcheck.values import dataclass

MOST_BINS = 10
PLAIN = {"MIN_DOSE_ROI": "Dmin", "MAX_DOSE_ROI": "Dmax", "MEAN_DOSE_ROI": "Dmean", "VOLUME": "Volume"}
AT = {
    "DOSE_VOLUME_PERCENT_ROI": ("D", "%", "Gy"),
    "DOSE_VOLUME_CC_ROI": ("D", "cc", "Gy"),
    "DOSE_VOLUME_MINUS_CC_ROI": ("DC", "cc", "Gy"),
    "VOLUME_CC_DOSE_ROI": ("V", "cc", "cc"),
    "VOLUME_PERCENT_DOSE_ROI": ("V", "%", "%"),
}
RANGES = {"VOLUME_CC_DOSE_RANGE_ROI": "cc", "VOLUME_PERCENT_DOSE_RANGE_ROI": "%"}
_CARD = keys("computed custom name", "id workspace_id")
_METRIC = keys("type roi_name arg_1 arg_2 objectives", "id")
_BIN = keys("label color max min")
COLOURS = {"PASS": (18, 191, 0), "ACCEPTABLE": (255, 216, 0), "FAIL": (255, 0, 0)}
_RANKS = {"PASS": 0, "IDEAL": 0, "GOOD": 1, "ACCEPTABLE": 2, "WARNING": 2, "MARGINAL": 3, "UNACCEPTABLE": 4, "FAIL": 4}
_RANK_OF_COLOUR = {(18, 191, 0): 0, (24, 255, 0): 0, (136, 223, 127): 1, (255, 216, 0): 2, (255, 102, 0): 3,
                   (255, 0, 0): 4}  # fmt: skip
_LABEL = re.compile(r"(?P<word>[^\[\]]*?)\s*(?:\[(?P<points>-?\d+(?:\.\d+)?)\])?\s*")


@dataclass(frozen=True, slots=True)
class _Border:
    """The threshold between two bins; `is_with_lower`: the value itself is in the lower one."""

    at: float
    is_with_lower: bool
    points: float | None


def import_proknow(text: str, stem: str) -> Imported | None:
    """The protocol in a scorecard; None where `text` is no scorecard of this form."""
    document = json_document(text)
    if document is None or not isinstance(document.get("computed"), list):
        return None
    draft = Draft(program="ProKnow", stem=stem)
    draft.head(document, _CARD)
    for count, stated in enumerate(document["computed"], start=1):
        entry = draft.entry(f"metric {count}", stated, _METRIC)
        if entry is not None:
            _add(draft, entry, f"metric {count}")
    custom = document.get("custom") or []
    if custom:
        count = len(custom) if isinstance(custom, list) else 1
        draft.lose("the file", f"{count} {'metric' if count == 1 else 'metrics'} entered by hand")
    return draft.imported(title=str(document.get("name") or stem))


def _add(draft: Draft, stated: Mapping[str, Any], place: str) -> None:
    """Add the constraint of one metric, or what of it is lost."""
    name = str(stated.get("roi_name") or "").strip()
    place = f"{place}, {shown(name) if name else 'no structure'}"
    metric, unit = _metric(stated)
    if not metric or not name:
        at = f" at {shown(stated['arg_1'])}" if stated.get("arg_1") is not None else ""
        draft.lose(place, f"the metric {shown(stated.get('type'))}{at}")
        return
    bins = [draft.entry(f"{place}, bin {count}", each, _BIN) for count, each in enumerate(_listed(stated), start=1)]
    known = [each for each in bins if each is not None]
    ranks = [_rank(each) for each in known]
    borders = _borders(known)
    rising = [rank for rank in ranks if rank is not None]
    if len(known) < len(bins) or borders is None or len(rising) < len(ranks) or not _is_ordered(rising):
        draft.lose(place, f"{metric}: its bins do not go from good to bad, or cannot be read")
        return
    _add_limits(draft, place, name, (metric, unit), (rising, borders))


def _add_limits(
    draft: Draft, place: str, name: str, asked: tuple[str, str], found: tuple[list[int], list[_Border]]
) -> None:
    (metric, unit), (ranks, borders) = asked, found
    is_upper = ranks[0] < ranks[-1]
    first = next(number for number, rank in enumerate(ranks[1:]) if rank != ranks[0])
    last = max(number for number, rank in enumerate(ranks[:-1]) if rank != ranks[-1])
    best, worst = (first, last) if is_upper else (last, first)
    texts = [
        f"{metric} {_sign(borders[number], is_upper)} {number_text(borders[number].at)} {unit}"
        for number in (best, worst)
    ]
    goal = draft.goal(place, texts[0])
    if goal is None:
        return
    looser = draft.looser(place, goal, texts[1]) if first != last else None
    score = tuple(ScorePoint(value=one.at, points=one.points) for one in borders if one.points is not None)
    others = [one for number, one in enumerate(borders) if number not in (first, last) and one.points is None]
    if others:
        draft.lose(
            place, f"{metric}: other bins, from {', '.join(number_text(one.at) for one in others)} {unit}".rstrip()
        )
    draft.add(
        place,
        Constraint(
            structures=(draft.structure(place, name),),
            goal=goal if looser or score else as_volume_below(goal),
            variation=looser,
            score=score,
        ),
    )


def _metric(stated: Mapping[str, Any]) -> tuple[str, str]:
    """(metric, unit of its answer); an empty metric where the goal language has none."""
    kind, at, until = str(stated.get("type")), number(stated.get("arg_1")), number(stated.get("arg_2"))
    if kind in RANGES and at is not None and until is not None and 0 <= at < until:
        doses = f"V{number_text(at)}-{number_text(until)}Gy" if at > 0 else f"CV{number_text(until)}Gy"
        return doses, RANGES[kind]
    if stated.get("arg_2") is not None:
        return "", ""
    if kind in PLAIN and stated.get("arg_1") is None:
        return PLAIN[kind], "cc" if kind == "VOLUME" else "Gy"
    if kind not in AT or at is None or at <= 0:
        return "", ""
    letter, volume_unit, unit = AT[kind]
    return f"{letter}{number_text(at)}{'Gy' if letter == 'V' else volume_unit}", unit


def _listed(stated: Mapping[str, Any]) -> list[Any]:
    bins = stated.get("objectives")
    return bins if isinstance(bins, list) else []


def _rank(stated: Mapping[str, Any]) -> int | None:
    """How good a bin is, from 0 (best) to 4, by its label, or else its colour; None where the two do not tell."""
    word = _LABEL.fullmatch(str(stated.get("label") or ""))
    colour = stated.get("color")
    by_colour = next((rank for rgb, rank in _RANK_OF_COLOUR.items() if colour == list(rgb)), None)
    by_label = _RANKS.get(word["word"].upper()) if word else None
    if by_label is not None and by_colour is not None and abs(by_label - by_colour) > 1:
        return None
    return by_colour if by_label is None else by_label


def _borders(bins: Sequence[Mapping[str, Any]]) -> list[_Border] | None:
    """The thresholds between the bins; None where one is missing, given twice, or not above the one before it."""
    if len(bins) < 2 or bins[0].get("min") is not None or bins[-1].get("max") is not None:
        return None
    borders: list[_Border] = []
    for lower, upper in pairwise(bins):
        if (lower.get("max") is None) == (upper.get("min") is None):
            return None
        is_with_lower = lower.get("max") is not None
        at = number(lower["max"] if is_with_lower else upper["min"])
        if at is None or (borders and at <= borders[-1].at):
            return None
        has_points = is_with_lower or upper.get("max") is None  # in a bin with both, they are those of its max
        borders.append(_Border(at, is_with_lower, _points(lower if is_with_lower else upper) if has_points else None))
    return borders


def _points(stated: Mapping[str, Any]) -> float | None:
    """The points in a bin's label."""
    found = _LABEL.fullmatch(str(stated.get("label") or ""))
    return float(found["points"]) if found and found["points"] else None


def _sign(border: _Border, is_upper: bool) -> str:
    if is_upper:
        return "<=" if border.is_with_lower else "<"
    return ">" if border.is_with_lower else ">="


def _is_ordered(ranks: list[int]) -> bool:
    """Whether the bins get better or worse in one direction."""
    return ranks[0] != ranks[-1] and sorted(ranks) in (ranks, ranks[::-1])
