"""A Report -> a FHIR R4 bundle (JSON): the verdict as an Observation whose members are the constraints and other items.

Doses and volumes have their UCUM units; the plan, dose and structure set are referred to by their DICOM UIDs. The mCODE
profiles of radiotherapy describe courses and volumes that were treated; none is for limits of a plan, so that these are
Observations without a profile.
"""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from rtcheck import __version__
from rtcheck.report.formats.json_text import to_json
from rtcheck.report.telling.amounts import bounds_text
from rtcheck.report.telling.anonymous import scrubber
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.outcomes import result_word
from rtcheck.report.telling.words import ADVISORY
from rtcheck.results import CheckItem, Report, Result

UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UNITS = {"Gy": "Gy", "cc": "cm3", "%": "%", "mm": "mm", "Gy·L": "Gy.L", "": "1"}
_ROLES = ("plan", "dose", "structures")

Resource = dict[str, Any]


def render(report: Report, *, anonymous: bool = False) -> str:
    """The bundle as JSON text."""
    scrub = scrubber(report.case) if anonymous else str
    members = list(_members(report))
    whole = "\n".join((report.provenance.get("made", ""), *(source.sha256 for source in report.case.sources)))
    addresses = [f"urn:uuid:{uuid5(NAMESPACE_OID, f'rtcheck {whole} {number}')}" for number in range(len(members) + 1)]
    common = _common(report, anonymous=anonymous)
    verdict = {
        **_observation(f"Plan check by {report.protocol.name} {report.protocol.version}".strip()),
        "valueCodeableConcept": {"text": report.verdict.replace("_", " ")},
        "note": [{"text": text} for text in (report.reason, *doubt_lines(report)) if text],
        "hasMember": [{"reference": address} for address in addresses[1:]],
    }
    resources = [{**each, **common} for each in (verdict, *members)]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": report.provenance.get("made"),
        "entry": [
            {"fullUrl": address, "resource": resource} for address, resource in zip(addresses, resources, strict=True)
        ],
    }
    return to_json(_without_empty(_scrubbed(bundle, scrub)))


def _common(report: Report, *, anonymous: bool) -> Resource:
    """What every Observation has: whose it is, by which program and when, and of which files."""
    files = [source for role in _ROLES for source in report.case.sources if source.role == role]
    return {
        "subject": None if anonymous or not report.case.patient.id else {
            "type": "Patient", "identifier": {"value": report.case.patient.id}
        },
        "effectiveDateTime": report.provenance.get("made"),
        "device": {"type": "Device", "display": f"rtcheck {__version__}"},
        "derivedFrom": [] if anonymous else [
            {
                "type": "DocumentReference",
                "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{source.sop_instance_uid}"},
                "display": source.role,
            }
            for source in files
            if source.sop_instance_uid
        ],
    }  # fmt: skip


def _observation(text: str) -> Resource:
    return {"resourceType": "Observation", "status": "final", "code": {"text": text}}


def _of_result(result: Result) -> Resource:
    goal, measured = result.goal, result.measurement
    end = "high" if goal.is_upper_limit else "low"
    limit = {} if goal.by_volume else {end: _quantity(goal.limit, goal.unit)}
    told = _observation(f"{result.structure} {goal.metric.text}")
    why = [measured.undefined, f"Value: {bounds}" if (bounds := bounds_text(measured)) else ""]
    return {
        **told,
        "bodySite": {"text": result.structure},
        **_value(measured.value, goal.unit),
        "interpretation": [{"text": result_word(result).text}],
        "referenceRange": [{**limit, "text": goal.text}],
        "note": [{"text": text} for text in (*why, *result.notes, result.waiver, _advice(result)) if text],
    }


def _of_item(item: CheckItem) -> Resource:
    return {
        **_observation(item.item),
        **({"valueString": item.found} if item.found else _value(None, "")),
        "interpretation": [{"text": item.outcome.replace("_", " ")}],
        "referenceRange": [{"text": item.expected}] if item.expected else [],
        "note": [{"text": text} for text in (item.note, ADVISORY if item.warns_only else "") if text],
    }


def _advice(result: Result) -> str:
    return "" if result.is_required else ADVISORY


def _value(value: float | None, unit: str) -> Resource:
    """The value, or that there is none."""
    if value is None:
        return {"dataAbsentReason": {"coding": [{"system": ABSENT, "code": "unknown", "display": "Unknown"}]}}
    return {"valueQuantity": _quantity(value, unit)}


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": UNITS[unit], "system": UCUM, "code": UNITS[unit]}


def _scrubbed(value: Any, scrub: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _scrubbed(each, scrub) for key, each in value.items()}
    return [_scrubbed(each, scrub) for each in value] if isinstance(value, list) else value


def _without_empty(value: Any) -> Any:
    """The value without what FHIR forbids: nulls, and empty lists, objects and texts."""
    if isinstance(value, dict):
        kept = ((key, _without_empty(each)) for key, each in value.items())
        return {key: each for key, each in kept if each not in (None, "", [], {})}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def _members(report: Report) -> Iterator[Resource]:
    yield from map(_of_result, report.results)
    items = (*report.prescription, *report.plan_checks, *report.eligibility)
    yield from (_of_item(item) for item in items if item.given)
