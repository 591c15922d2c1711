"""What each name of the protocol was matched to and why, what it could be, and the clinical facts asked for."""

from typing import Any

from rtcheck.case import Roi
from rtcheck.checking.structures.name_matches import match_names
from rtcheck.protocol.clinical.facts import FROM_DICOM, asked_facts
from rtcheck.protocol.file.model import FactRule, Protocol
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.results import Match
from rtcheck.web.desk.checking import Checked

MOST_KEPT = 20


def structure_values(done: Checked) -> dict[str, Any]:
    """The names with their matches, every ROI to choose from, and the targets with their dose levels."""
    rois = done.case.structures.rois if done.case.structures else ()
    aliases = dict(done.question.aliases)
    matches = _matches(done)
    return {
        "matches": [_match(match, aliases) for match in matches],
        "rois": [{"name": roi.name, "number": roi.number, "type": roi.type, "contours": roi.contours} for roi in rois],
        "levels": _levels(done, rois),
    }


def _matches(done: Checked) -> tuple[Match, ...]:
    """What each name was matched to; looked up anew where the names or the aliases are others."""
    names = tuple(
        (one.structures, one.surrogates, one.also_where_drawn, one.target) for one in done.protocol.constraints
    )
    key, kept = (names, done.question.protocol, done.question.aliases), done.opened.matches
    if key not in kept:
        met = match_names(done.case, done.protocol, aliases=done.beside.aliases, kept=done.opened.kept)
        kept[key] = met.matches
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    found: tuple[Match, ...] = kept[key]
    return found


def _match(match: Match, aliases: dict[str, str]) -> dict[str, Any]:
    """One name. `can_choose`: an alias would decide it, since no ROI bears its very name and nothing derives it."""
    is_derived = match.how.startswith("derived")
    is_exact = match.rois == (match.asked,) and not match.is_surrogate
    is_expression = " " in match.asked and match.asked not in match.rois and not match.reason
    return {
        "asked": match.asked,
        "rois": list(match.rois) if not match.reason else [],
        "candidates": list(dict.fromkeys((*match.suggestions, *(match.rois if match.is_ambiguous else ())))),
        "how": match.how,
        "reason": match.reason,
        "state": _state(match),
        "can_choose": match.asked in aliases or not (is_exact or is_derived or is_expression),
        "chosen": aliases.get(match.asked, ""),
    }


def _state(match: Match) -> str:
    if match.is_ambiguous:
        return "ambiguous"
    if match.reason:
        return "missing"
    return "surrogate" if match.is_surrogate else "derived" if match.how.startswith("derived") else "matched"


def _levels(done: Checked, rois: tuple[Roi, ...]) -> list[dict[str, Any]]:
    """The targets that are drawn, each with the dose prescribed to it where the plan states one."""
    plan = done.case.plan
    prescriptions = plan.prescriptions if plan else ()
    given = dict(done.question.override.dose_rx)
    targets = [roi for roi in rois if roi.contours and _target_kind(roi)]
    levels = [
        {
            "target": roi.name,
            "kind": _target_kind(roi),
            "dose_gy": next(
                (each.dose_gy for each in prescriptions if roi.number == each.roi_number or each.target == roi.name),
                None,
            ),
            "given": given.get(roi.name),
        }
        for roi in targets
    ]
    whole = plan.prescription.dose_gy if plan and plan.prescription else None
    source = plan.prescription.source if plan and plan.prescription else ""
    return [{"target": "", "kind": "plan", "dose_gy": whole, "given": given.get(""), "source": source}, *levels]


def _target_kind(roi: Roi) -> str:
    """The kind of target by its name, else by its type; "" for what is no target."""
    return kind_of_target_name(roi.name) or (roi.type if roi.type in ("GTV", "CTV", "PTV") else "")


def fact_values(done: Checked) -> list[dict[str, Any]]:
    """The facts that the protocol asks for, each with what it must be and what was given."""
    rules: dict[str, list[FactRule]] = {}
    for rule in done.protocol.facts:
        rules.setdefault(rule.fact, []).append(rule)
    given = dict(done.question.facts)
    return [_fact(name, rules.get(name, []), given) for name in asked_facts(_asking(done))]


def _asking(done: Checked) -> Protocol:
    return done.protocol


def _fact(name: str, rules: list[FactRule], given: dict[str, str]) -> dict[str, Any]:
    first = rules[0] if rules else None
    return {
        "name": name,
        "label": (first.label if first else "") or name.replace("_", " "),
        "is": " and ".join(rule.text for rule in rules),
        "kind": _fact_kind(first),
        "choices": list(first.choices) if first else [],
        "unit": first.unit if first else "",
        "uln": any(rule.times_uln for rule in rules),
        "only_if": first.only_if if first else "",
        "from_dicom": FROM_DICOM.get(name, ""),
        "value": given.get(name, ""),
        "uln_value": given.get(f"{name}_uln", ""),
    }


def _fact_kind(rule: FactRule | None) -> str:
    """How the fact is given: yes or no, a date or never, one of a few words, else text."""
    if rule is None or rule.flag is not None:
        return "flag"
    if rule.longer_ago_than is not None:
        return "date"
    return "text"
