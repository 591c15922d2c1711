"""Criteria of CERR's ROE (JSON) -> Imported.

Each structure has `criteria`, which must hold, and `guidelines`, to reach for; all are upper limits, for a number of
fractions. A guideline on the metric of a criterion is the goal, and the criterion its variation; a guideline alone is
advisory. Volumes are fractions of 1 (`volumeType` 1) or cc (0), doses in Gy. Models (ntcp, tcp) are not carried over.
"""

from collections.abc import Mapping
from typing import Any

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported
from rtcheck.protocol.importers.reading import json_document, keys, number, shown
from rtcheck.protocol.language.scanner import number_text

_FILE = keys("name numFrx structures")
_STRUCTURE = keys("criteria guidelines abRatio")
_LIMIT = keys("function limit parameters")
_PLAIN = {"calc_maxDose": "Dmax", "calc_meanDose": "Dmean"}


def import_cerr(text: str, stem: str) -> Imported | None:
    """The protocol in a file of criteria; None where `text` is no such file."""
    document = json_document(text)
    if document is None or not isinstance(document.get("structures"), dict):
        return None
    entries = [one for one in document["structures"].values() if isinstance(one, dict)]
    if not any("criteria" in one or "guidelines" in one for one in entries):
        return None
    draft = Draft(program="CERR criteria, JSON", stem=stem)
    draft.head(document, _FILE)
    for name, stated in document["structures"].items():
        entry = draft.entry(shown(name), stated, _STRUCTURE)
        if entry is not None:
            _add(draft, str(name), entry)
    fractions = number(document.get("numFrx"))
    if document.get("numFrx") is not None and not (fractions and fractions > 0):
        draft.lose("the file", f'"numFrx": {shown(document["numFrx"])}')
        fractions = None
    return draft.imported(title=str(document.get("name") or stem), fractions=fractions)


def _add(draft: Draft, name: str, stated: Mapping[str, Any]) -> None:
    """Add the constraints of one structure."""
    hard, soft = (_limits(draft, name, stated, role) for role in ("criteria", "guidelines"))
    for asked in dict.fromkeys((*hard, *soft)):
        metric, unit = asked
        texts = [f"{metric} <= {number_text(limits[asked])} {unit}" for limits in (soft, hard) if asked in limits]
        place = f"{shown(name)}, {metric}"
        goal = draft.goal(place, texts[0])
        if goal is None:
            continue
        looser = draft.looser(place, goal, texts[1]) if len(texts) == 2 else None
        if len(texts) == 2 and looser is None:
            goal = draft.goal(place, texts[1]) or goal
        priority = "required" if asked in hard else "advisory"
        structures = (draft.structure(place, name),)
        draft.add(place, Constraint(structures=structures, goal=goal, variation=looser, priority=priority))


def _limits(draft: Draft, name: str, stated: Mapping[str, Any], role: str) -> dict[tuple[str, str], float]:
    """The limits by (metric, unit), of the criteria or of the guidelines."""
    found: dict[tuple[str, str], float] = {}
    holder = stated.get(role) or {}
    if not isinstance(holder, dict):
        draft.lose(f"{shown(name)}, {role}", f"expected entries by name, found {shown(holder)}")
        return found
    for label, one in holder.items():
        place = f"{shown(name)}, {role}, {shown(label)}"
        entry = draft.entry(place, one, _LIMIT)
        if entry is None:
            continue
        metric, limit, unit = _metric_and_limit(entry)
        if not metric:
            draft.lose(place, f"the function {shown(entry.get('function'))}, limit {shown(entry.get('limit'))}")
            continue
        other = found.setdefault((metric, unit), limit)
        if other != limit:
            kept = found[metric, unit] = min(other, limit)
            both = f"{number_text(other)} {unit} and {number_text(limit)} {unit}"
            draft.lose(place, f"{metric} is limited twice, to {both}; kept {number_text(kept)} {unit}")
    return found


def _metric_and_limit(entry: Mapping[str, Any]) -> tuple[str, float, str]:
    """("V20Gy", 30, "%") of an entry; an empty metric where it has no counterpart."""
    function, limit = entry.get("function"), number(entry.get("limit"))
    parameters = entry.get("parameters") or {}
    if limit is None or limit <= 0 or not isinstance(parameters, Mapping):
        return "", 0, ""
    if not isinstance(function, str):
        return "", 0, ""
    if function in _PLAIN:
        return ("", 0, "") if parameters else (_PLAIN[function], limit, "Gy")
    if function != "calc_Vx" or set(parameters) != {"x", "volumeType"}:
        return "", 0, ""
    dose_gy, kind = _value(parameters["x"]), _value(parameters["volumeType"])
    if dose_gy is None or dose_gy <= 0 or kind not in (0, 1) or (kind == 1 and limit > 1):
        return "", 0, ""
    amount, unit = (round(limit * 100, 9), "%") if kind == 1 else (limit, "cc")
    return f"V{number_text(dose_gy)}Gy", amount, unit


def _value(stated: object) -> float | None:
    return number(stated["val"]) if isinstance(stated, Mapping) and set(stated) == {"val"} else None
