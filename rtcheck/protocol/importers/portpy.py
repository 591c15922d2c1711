"""PortPy clinical criteria (JSON) -> Imported.

A criterion has a type (`max_dose`, `mean_dose`, `dose_volume_V`, `dose_volume_D`), parameters and constraints: a
`limit_` that must hold and a `goal_` to reach for. Both together become a goal with the limit as its variation; a goal
alone is advisory. Volumes are in % or cc, doses in Gy or in percent of the prescription.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from rtcheck.errors import RtcheckError
from rtcheck.geometry.expression import parse_expression
from rtcheck.protocol.file.model import Constraint, StructureDefinition
from rtcheck.protocol.importers.imported import Draft, Imported
from rtcheck.protocol.language.scanner import number_text

_PLAIN = {"max_dose": "Dmax", "mean_dose": "Dmean", "min_dose": "Dmin"}
_UNITS = {"gy": "Gy", "perc": "%", "cc": "cc"}
_LIMIT = re.compile(r"(limit|goal)_(?:dose|volume)_(gy|perc|cc)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def import_portpy(text: str, stem: str) -> Imported | None:
    """The protocol in a file of clinical criteria; None where `text` is no such file."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("criteria"), list):
        return None
    draft = Draft(program="PortPy clinical criteria", stem=stem)
    for number, criterion in enumerate(document["criteria"], start=1):
        _add(draft, criterion, f"criterion {number}")
    fractions = document.get("num_of_fractions")
    per_fraction = document.get("pres_per_fraction_gy")
    return draft.imported(
        title=str(document.get("protocol_name") or stem),
        site=str(document.get("disease_site") or ""),
        fractions=fractions,
        dose_gy=float(number_text(round(fractions * per_fraction, 6))) if fractions and per_fraction else None,
    )


def _add(draft: Draft, criterion: Mapping[str, Any], place: str) -> None:
    """Add the constraint of one criterion, or what of it is lost."""
    kind = str(criterion.get("type") or criterion.get("name") or "")
    parameters = criterion.get("parameters") or {}
    limits = criterion.get("constraints") or {}
    spelled = str(parameters.get("structure_name") or "")
    place = f"{place}, {spelled or 'no structure'}"
    metric = _metric(kind, parameters)
    if not metric or not spelled:
        draft.lose(place, f'the criterion "{kind}"')
        return
    sign = ">=" if kind == "min_dose" else "<="
    texts = {}
    for key, amount in limits.items():
        limit = _LIMIT.fullmatch(key)
        if limit is None or not isinstance(amount, int | float):
            draft.lose(place, f"{key}: {amount}")
        else:
            texts[limit[1]] = f"{metric} {sign} {number_text(float(amount))} {_UNITS[limit[2]]}"
    if texts:
        _add_limits(draft, place, _structure(draft, place, spelled, parameters), texts)


def _add_limits(draft: Draft, place: str, structure: str, texts: Mapping[str, str]) -> None:
    goal = draft.goal(place, texts.get("goal") or texts["limit"])
    if goal is None:
        return
    has_both = len(texts) == 2
    variation = draft.looser(place, goal, texts["limit"]) if has_both else None
    priority = "advisory" if "limit" not in texts else "required"
    draft.add(place, Constraint(structures=(structure,), goal=goal, variation=variation, priority=priority))


def _metric(kind: str, parameters: Mapping[str, Any]) -> str:
    """The metric's text, or "" for a criterion that the goal language has no metric for."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    quantity, letter = {"dose_volume_V": ("dose", "V"), "dose_volume_D": ("volume", "D")}.get(kind, ("", ""))
    for key, amount in parameters.items():
        unit = _UNITS.get(key.removeprefix(f"{quantity}_"))
        if quantity and key.startswith(f"{quantity}_") and unit and isinstance(amount, int | float):
            return f"{letter}{number_text(float(amount))}{unit}"
    return ""


def _structure(draft: Draft, place: str, spelled: str, parameters: Mapping[str, Any]) -> str:
    """The structure's name; a boolean expression of the file becomes how it is derived."""
    name = draft.structure(place, spelled)
    stated = parameters.get("structure_def")
    if not isinstance(stated, Mapping):
        return name
    text = _NAME.sub(lambda found: draft.structure(place, found[0]), str(stated.get("expression") or ""))
    try:
        derive = parse_expression(text)
    except RtcheckError:
        draft.lose(place, f'how it is derived: "{stated.get("expression")}"')
        return name
    known = draft.structures.get(name, StructureDefinition(name=name))
    draft.structures[name] = StructureDefinition(
        name=name, also_named=known.also_named, derive=derive, derive_text=text
    )
    return name
