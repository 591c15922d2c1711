"""PlanScoreCard score cards (JSON) -> Imported.

A score card gives points along a curve, not limits. What becomes a limit: the point marked as variation is the goal,
and the end of the curve, where the least score begins, is the variation; without such a point the end of the curve is
the goal. PlanScoreCard warns below the one and flags the other. The curve itself, and with it the weights, is lost.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported
from rtcheck.protocol.language.scanner import number_text

_PLAIN = {"MinDose": "Dmin", "MaxDose": "Dmax", "MeanDose": "Dmean", "Volume": "Volume"}
# DoseAtSubVolume is the dose at (the structure's volume less the one given): the highest in its coldest part.
_AT_VOLUME = {"DoseAtVolume": "D", "DoseAtSubVolume": "DC"}
_UNITS = {"gy": "Gy", "cgy": "cGy", "%": "%", "cc": "cc", "cm3": "cc"}


def import_plan_score_card(text: str, stem: str) -> Imported | None:
    """The protocol in a score card; None where `text` is no score card."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("ScoreTemplates"), list):
        return None
    draft = Draft(program="PlanScoreCard", stem=stem)
    for number, template in enumerate(document["ScoreTemplates"], start=1):
        _add(draft, template, f"metric {number}")
    fractions, per_fraction = document.get("NumberOfFractions"), document.get("DosePerFraction")
    return draft.imported(
        title=str(document.get("TemplateName") or document.get("Name") or stem),
        site=str(document.get("Site") or document.get("SiteGroup") or ""),
        fractions=fractions,
        dose_gy=float(number_text(round(fractions * per_fraction, 6))) if fractions and per_fraction else None,
    )


def _add(draft: Draft, template: Mapping[str, Any], place: str) -> None:
    """Add the constraint of one metric, or what of it is lost."""
    structure = template.get("Structure") or {}
    spelled = str(structure.get("TemplateStructureId") or structure.get("StructureId") or "")
    place = f"{place}, {spelled or 'no structure'}"
    metric, unit = _metric(template)
    if not metric or not spelled:
        draft.lose(place, f"the metric {_described(template)}")
        return
    limits = _limits(template.get("ScorePoints") or ())
    if limits is None:
        draft.lose(place, f"{metric}: its score neither only rises nor only falls, so it has no limit")
        return
    goal = draft.goal(place, f"{metric} {limits[0]} {unit}")
    if goal is None:
        return
    variation = draft.looser(place, goal, f"{metric} {limits[1]} {unit}") if len(limits) == 2 else None
    draft.lose(place, f"the score curve of {metric} ({len(template['ScorePoints'])} points)")
    draft.add(
        place,
        Constraint(
            structures=(draft.structure(place, spelled, codes=(str(structure.get("StructureCode") or ""),)),),
            goal=goal,
            variation=variation,
            note=str(template.get("MetricComment") or ""),
        ),
    )


def _metric(template: Mapping[str, Any]) -> tuple[str, str]:
    """(metric, unit of its answer) as text; an empty metric where the goal language has none."""
    kind = str(template.get("MetricType") or "")
    unit = _UNITS.get(str(template.get("OutputUnit") or "").lower(), "")
    at = f"{number_text(float(template.get('InputValue') or 0))}{_input_unit(template)}"
    if kind in _PLAIN:
        return _PLAIN[kind], unit
    if kind in _AT_VOLUME and at.endswith(("cc", "%")):
        return f"{_AT_VOLUME[kind]}{at}", unit
    if kind == "VolumeAtDose" and at.endswith(("Gy", "%")):
        return f"V{at}", unit
    is_of_prescription = at == "100%"
    if kind in ("ConformationNumber", "ConformityIndex") and is_of_prescription:
        return ("CN" if kind == "ConformationNumber" else "CI_RTOG"), ""
    return "", ""


def _input_unit(template: Mapping[str, Any]) -> str:
    """The unit of the input; a volume less another one is always in cc."""
    if template.get("MetricType") == "DoseAtSubVolume":
        return "cc"
    return _UNITS.get(str(template.get("InputUnit") or "").lower(), "")


def _limits(points: Sequence[Mapping[str, Any]]) -> tuple[str, ...] | None:
    """The goal's sign and number, then the variation's where a point is marked; None where the curve has no limit."""
    curve = sorted((float(point["PointX"]), float(point["Score"])) for point in points)
    scores = [score for _, score in curve]
    best, least = max(scores, default=0), min(scores, default=0)
    if best == least:
        return None
    falls = _is_falling(curve)
    if falls is None:
        return None
    ends = [at for at, score in curve if score == least]
    end = min(ends) if falls else max(ends)
    is_step = any(at == end and score > least for at, score in curve)
    sign = "<" if falls else ">"
    last = f"{sign}{'=' if is_step else ''} {number_text(end)}"
    marked = next((float(point["PointX"]) for point in points if point.get("Variation")), None)
    if marked is None or marked == end:
        return (last,)
    return (f"{sign}= {number_text(marked)}", last)


def _is_falling(curve: Sequence[tuple[float, float]]) -> bool | None:
    """Whether the score falls along the axis (an upper limit); None where it does both."""
    steps = [(after[1] - before[1]) for before, after in pairwise(curve) if after[0] > before[0]]
    falls, rises = any(step < 0 for step in steps), any(step > 0 for step in steps)
    if falls == rises:
        return None if falls else curve[0][1] > curve[-1][1]
    return falls


def _described(template: Mapping[str, Any]) -> str:
    at = f" at {template['InputValue']} {template.get('InputUnit') or ''}" if template.get("InputValue") else ""
    return f"{template.get('MetricType')}{at}".strip()
