"""A report's plain values -> the same without what identifies a patient: no name, number, date, path or UID."""

from collections.abc import Callable
from typing import Any

from rtcheck.case import Case
from rtcheck.report.telling.anonymous import anonymous_command, scrubber

_NAMES_PEOPLE = ("institution", "planner", "reviewer", "dose_comment")


def without_identity(told: dict[str, Any], case: Case) -> dict[str, Any]:
    """The values with identity left out: fields that hold it are null, free text is scrubbed of it.

    Names of structures stay as they are: without them no result could be read.
    """
    scrub = scrubber(case)
    structure_set = told["case"]["structure_set"]
    return {
        **told,
        "reason": scrub(told["reason"]),
        "doubts": scrubbed(told["doubts"], scrub, ("text",)),
        "case": {
            **told["case"],
            "patient": {"id": None, "name": None, "sex": told["case"]["patient"]["sex"], "birth_date": None},
            "plan": _plan(told["case"]["plan"], scrub),
            "equipment": {**told["case"]["equipment"], **dict.fromkeys(_NAMES_PEOPLE)},
            "structure_set": structure_set and {**structure_set, "label": None, "sop_instance_uid": None},
        },
        "constraints": [_constraint(each, scrub) for each in told["constraints"]],
        "prescription": scrubbed(told["prescription"], scrub, ("note",)),
        "eligibility": scrubbed(told["eligibility"], scrub, ("found", "note")),
        "plan_checks": [_plan_check(each, scrub) for each in told["plan_checks"]],
        "warnings": scrubbed(told["warnings"], scrub, ("text",)),
        "courses": told["courses"] and {**told["courses"], "labels": None, "planned_on": None},
        "scenarios": _scenarios(told["scenarios"]),
        "provenance": provenance_without_identity(told["provenance"], scrub),
    }


def _scenarios(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """The scenarios without their names, which are texts of the files."""
    constraints = [{**each, "worst_scenario": None} for each in told["constraints"]] if told else []
    return told and {**told, "names": None, "constraints": constraints}


def provenance_without_identity(provenance: dict[str, Any], scrub: Callable[[str], str]) -> dict[str, Any]:
    """The provenance with hashes (they identify nobody who lacks the files) but without paths and UIDs."""
    files = [
        {**each, "path": None, "sop_instance_uid": None, "why": scrub(each["why"])}
        for each in provenance.get("files", ())
    ]
    protocol = provenance.get("protocol")
    without = {
        **provenance,
        "files": files,
        "beside": [{**each, "path": None} for each in provenance.get("beside", ())],
        "options": {**provenance.get("options", {}), "reference_date": None},
        "command": _command(provenance.get("command", [])),
    }
    return {**without, "protocol": {**protocol, "path": None}} if protocol else without


def _constraint(told: dict[str, Any], scrub: Callable[[str], str]) -> dict[str, Any]:
    """The constraint with its texts scrubbed: a beam may be called after the patient, and a waiver says who and why."""
    place = told["place"]
    return {
        **told,
        "notes": [scrub(note) for note in told["notes"]],
        "undefined": told["undefined"] and scrub(told["undefined"]),
        "waiver": told["waiver"] and scrub(told["waiver"]),
        "achievable_reason": told["achievable_reason"] and scrub(told["achievable_reason"]),
        "place": place and {**place, "beams": scrubbed(place["beams"], scrub, ("name",))},
    }


def _plan_check(told: dict[str, Any], scrub: Callable[[str], str]) -> dict[str, Any]:
    """The check with all texts scrubbed: beams and structures may be called after the patient."""
    texts = {key: scrub(told[key]) for key in ("item", "found", "note") if told[key]}
    value = scrub(told["value"]) if isinstance(told["value"], str) else told["value"]
    return {**told, **texts, "value": value, "place": told["place"] and scrub(told["place"])}


def _plan(plan: dict[str, Any] | None, scrub: Callable[[str], str]) -> dict[str, Any] | None:
    """The plan without its names; what targets are called is text that people wrote."""
    if plan is None:
        return None
    prescriptions = scrubbed(plan["prescriptions"], scrub, ("target",))
    return {
        **plan,
        "prescriptions": prescriptions,
        "label": None,
        "name": None,
        "sop_instance_uid": None,
        "planned_on": None,
    }


def scrubbed(items: list[dict[str, Any]], scrub: Callable[[str], str], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The items with the texts under these keys scrubbed."""
    return [{**each, **{key: scrub(each[key]) for key in keys}} for each in items]


def _command(words: list[str]) -> list[str]:
    import shlex

    return shlex.split(anonymous_command(words)) if words else []
