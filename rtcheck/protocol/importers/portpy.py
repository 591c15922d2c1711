"""PortPy clinical criteria (JSON) -> Imported.

A criterion has a type (`max_dose`, `mean_dose`, `min_dose`, `dose_volume_V`, `dose_volume_D`), parameters and
constraints: a `limit_` that must hold and a `goal_` to reach for, both of them upper bounds unless `bound_type` is
"lower". Both together become a goal with the limit as its variation; a goal alone is advisory. Volumes are in % or cc,
doses in Gy, in percent of the prescription or as a multiple of `prescription_gy`. With `coldest` the volume is that of
the coldest part: V becomes CV (at least, unless `bound_type` says otherwise) and D becomes DC.
"""

import re
from collections.abc import Mapping
from typing import Any

from rtcheck.protocol.file.model import Constraint
from rtcheck.protocol.importers.imported import Draft, Imported
from rtcheck.protocol.importers.reading import Keys, json_document, keys, number, shown
from rtcheck.protocol.language.scanner import number_text
from rtcheck.values import dataclass

_FILE = keys("criteria num_of_fractions pres_per_fraction_gy protocol_name disease_site")
_CRITERION = keys("type name parameters constraints")
_BOOLEAN = keys("type expression")
_BOUNDS = {"upper": "<=", "lower": ">="}
_COLDEST = {"V": "CV", "D": "DC"}
_UNITS = {"gy": "Gy", "perc": "%", "cc": "cc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One type of criterion: its metric, and the quantity and units of its parameter ("at") and of its limits."""

    metric: str
    at: tuple[str, ...] = ()
    limits: tuple[str, ...] = ("dose_gy", "dose_perc")
    sign: str = "<="

    @property
    def parameter_keys(self) -> Keys:
        coldest = "coldest" if self.at else ""
        return keys(f"structure_name struct structure_def {coldest} {' '.join(self.at)}", "weight")

    @property
    def limit_keys(self) -> Keys:
        return keys("bound_type " + " ".join(f"{role}_{unit}" for role in ("limit", "goal") for unit in self.limits))


_KINDS = {
    "max_dose": _Kind(metric="Dmax"),
    "mean_dose": _Kind(metric="Dmean"),
    "min_dose": _Kind(metric="Dmin", sign=">="),
    "dose_volume_V": _Kind(metric="V", at=("dose_gy", "dose_perc"), limits=("volume_perc", "volume_cc")),
    "dose_volume_D": _Kind(metric="D", at=("volume_perc", "volume_cc")),
}
_MULTIPLE = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\*\s*)?prescription_gy(?:\s*\*\s*(\d+(?:\.\d+)?))?")
_TOKEN = re.compile(r"\s+|[A-Za-z_]\w*|[|&()]|(?<=[\s)])-(?=[\s(])")


def import_portpy(text: str, stem: str) -> Imported | None:
    """The protocol in a file of clinical criteria; None where `text` is no such file."""
    document = json_document(text)
    if document is None or not isinstance(document.get("criteria"), list):
        return None
    draft = Draft(program="PortPy clinical criteria", stem=stem)
    draft.head(document, _FILE)
    for place, criterion in enumerate(document["criteria"], start=1):
        _add(draft, criterion, f"criterion {place}")
    fractions, dose_gy = draft.prescribed(document, "num_of_fractions", "pres_per_fraction_gy")
    return draft.imported(
        title=str(document.get("protocol_name") or stem),
        site=str(document.get("disease_site") or ""),
        fractions=fractions,
        dose_gy=dose_gy,
    )


def _add(draft: Draft, stated: object, place: str) -> None:
    """Add the constraint of one criterion, or what of it is lost."""
    criterion = draft.entry(place, stated, _CRITERION)
    if criterion is None:
        return
    names = {str(criterion[key]) for key in ("type", "name") if criterion.get(key)}
    parameters = criterion.get("parameters")
    spelled = _structure_name(parameters)
    place = f"{place}, {shown(spelled) if spelled else 'no structure'}"
    kind = _KINDS.get(names.pop()) if len(names) == 1 else None
    if kind is None or not spelled:
        draft.lose(place, f'the criterion "{shown(criterion.get("type") or criterion.get("name") or "")}"')
        return
    known = draft.entry(place, parameters, kind.parameter_keys)
    limits = draft.entry(place, criterion.get("constraints"), kind.limit_keys)
    if known is None or limits is None:
        return
    texts = _goal_texts(draft, place, kind, known, limits)
    if texts:
        structure = _structure(draft, place, spelled, known.get("structure_def"))
        if structure is not None:
            _add_limits(draft, place, structure, texts)


def _structure_name(parameters: object) -> str:
    """The structure's name, under today's key or the older `struct`; "" where there is none or there are two."""
    if not isinstance(parameters, Mapping):
        return ""
    names = {str(parameters[key]).strip() for key in ("structure_name", "struct") if parameters.get(key)}
    return names.pop() if len(names) == 1 else ""


def _goal_texts(
    draft: Draft, place: str, kind: _Kind, parameters: Mapping[str, Any], limits: Mapping[str, Any]
) -> dict[str, str]:
    """The goal language's text of "limit" and "goal" as far as stated; empty, and a loss, where any of it is odd."""
    coldest, bound = parameters.get("coldest"), limits.get("bound_type")
    amounts = {key: value for key, value in limits.items() if key != "bound_type" and value is not None}
    metric = _metric(kind, parameters)
    if coldest not in (None, True, False) or bound not in (None, *_BOUNDS) or not metric:
        told = {key: value for key, value in (*parameters.items(), ("bound_type", bound)) if value is not None}
        draft.lose(place, f"the criterion cannot be read: {', '.join(f'{key}: {shown(told[key])}' for key in told)}")
        return {}
    default = ">=" if kind.metric == "V" and coldest else kind.sign
    sign = _BOUNDS.get(bound or "", default)
    texts: dict[str, str] = {}
    for key, value in amounts.items():
        role, _, quantity = key.partition("_")
        amount = _amount(quantity, value)
        if not amount or role in texts:
            draft.lose(place, f"omitted: {key}: {shown(value)}" + (" next to another limit" if amount else ""))
            return {}
        texts[role] = f"{metric} {sign} {amount}"
    if not texts:
        draft.lose(place, "the criterion has neither a limit nor a goal")
    return texts


def _add_limits(draft: Draft, place: str, structure: str, texts: Mapping[str, str]) -> None:
    """Goal and limit as goal and variation; where the goal is no stricter than the limit, the limit alone."""
    limit = draft.goal(place, texts["limit"]) if "limit" in texts else None
    goal = draft.goal(place, texts["goal"]) if "goal" in texts else limit
    if goal is None or (limit is None and "limit" in texts):
        return
    variation = draft.looser(place, goal, texts["limit"]) if limit is not None else None
    if variation is None and limit is not None:
        goal = limit
    priority = "required" if limit is not None else "advisory"
    draft.add(place, Constraint(structures=(structure,), goal=goal, variation=variation, priority=priority))


def _metric(kind: _Kind, parameters: Mapping[str, Any]) -> str:
    """The metric's text, or "" where its parameter is missing, stated twice or not a number."""
    if not kind.at:
        return kind.metric
    stated = [(unit, parameters[unit]) for unit in kind.at if parameters.get(unit) is not None]
    at = _amount(*stated[0]).replace(" ", "") if len(stated) == 1 else ""
    letter = _COLDEST[kind.metric] if parameters.get("coldest") else kind.metric
    return f"{letter}{at}" if at else ""


def _amount(quantity: str, value: object) -> str:
    """ "47.5 Gy" of ("dose_gy", 47.5), "115 %" of ("dose_gy", "1.15*prescription_gy"); "" for what is neither."""
    amount = number(value)
    if amount is not None:
        return f"{number_text(amount)} {_UNITS[quantity.rpartition('_')[2]]}"
    multiple = _MULTIPLE.fullmatch(value.strip()) if isinstance(value, str) and quantity == "dose_gy" else None
    if multiple is None or (multiple[1] and multiple[2]):
        return ""
    percent = round(float(multiple[1] or multiple[2] or 1) * 100, 6)
    return f"{number_text(percent)} %"


def _structure(draft: Draft, place: str, spelled: str, stated: object) -> str | None:
    """The structure's name; a boolean expression of the file becomes how it is derived. None, and a loss, where not."""
    if not stated:
        return draft.structure(place, spelled)
    if isinstance(stated, Mapping):
        boolean = draft.entry(f"{place}, structure_def", stated, _BOOLEAN)
        if boolean is None or boolean.get("type") not in (None, "boolean"):
            draft.lose(place, "omitted with its structure_def")
            return None
        stated = boolean.get("expression")
    return draft.derived(place, spelled, _expression_text(draft, place, str(stated or "")), shown(stated))


def _expression_text(draft: Draft, place: str, stated: str) -> str:
    """A boolean expression in our grammar, or "".

    PortPy does not state which operator binds first, and a margin (`PTV + 3`) has no unit: neither is guessed.
    """
    tokens = _tokens(stated)
    if not tokens or _mixes_operators(tokens):
        return ""
    names = [draft.structure(place, token) if token[0].isalpha() or token[0] == "_" else token for token in tokens]
    return "".join(f" {name} " if name in "|&-" else name for name in names)


def _tokens(stated: str) -> list[str]:
    """Names, parentheses and operators; none where there is anything else. A dash without blanks may be of a name."""
    tokens = _TOKEN.findall(stated)
    return [] if "".join(tokens) != stated else [token for token in tokens if not token.isspace()]


def _mixes_operators(tokens: list[str]) -> bool:
    """Whether two different operators stand side by side without parentheses between them."""
    levels: list[set[str]] = [set()]
    for token in tokens:
        if token == "(":
            levels.append(set())
        elif token == ")":
            if len(levels) > 1:
                levels.pop()
        elif token in "|&-":
            levels[-1].add(token)
            if len(levels[-1]) > 1:
                return True
    return False
