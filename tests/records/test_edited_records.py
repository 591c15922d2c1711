"""A record that somebody edited is noticed, whatever was edited: leaf by leaf over whole reports."""

import copy
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.samples import STOMACH_FAILS

import rtcheck
from rtcheck.records.comparing import differences
from rtcheck.records.digest import KEY, record_digest
from rtcheck.records.verifying import verify

DECIDES = {
    "value", "limit", "operator", "unit", "goal", "metric", "outcome", "margin", "borderline", "priority", "required",
    "variation", "waiver", "structure", "verdict", "eligibility_verdict", "exit_status", "changes_outcome", "expected",
}  # fmt: skip
Way = tuple[str | int, ...]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A report with a waiver, readings, items, shifts and a protocol's isotoxic limits."""
    waivers = tmp_path_factory.mktemp("waivers") / "waivers.yaml"
    until = date.today() + timedelta(days=9)
    waivers.write_text(
        "waivers:\n  - {constraint: Stomach Dmax < 54 Gy, reason: tumour board, who: Dr A, until: " + f"{until}}}\n"
    )
    case = rtcheck.read_case(STOMACH_FAILS)
    protocol = rtcheck.load_protocol("apatinib")
    report = rtcheck.check(case, protocol, waivers=rtcheck.read_waivers(waivers), robust_mm=(2.0, 2.0, 2.0))
    return json.loads(report.to_json())


def leaves(value: Any, way: Way = ()) -> Iterator[Way]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*way, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, (*way, number))
    else:
        yield way


def edited(record: dict[str, Any], way: Way) -> dict[str, Any]:
    """The record with one leaf changed as little as its kind allows."""
    changed = copy.deepcopy(record)
    holder: Any = changed
    for step in way[:-1]:
        holder = holder[step]
    old = holder[way[-1]]
    holder[way[-1]] = {bool: lambda: not old, int: lambda: old + 1, float: lambda: old * 1.001 + 0.001}.get(
        type(old), lambda: f"{old or ''}x"
    )()
    return changed


def test_the_digest_changes_with_every_leaf_that_the_report_holds(record: dict[str, Any]) -> None:
    ways = [way for way in leaves(record) if way[0] not in (KEY, "provenance")]
    assert len(ways) > 500
    unnoticed = [way for way in ways if record_digest(edited(record, way)) == record[KEY]]
    assert unnoticed == []


def test_the_digest_does_not_change_with_layout_or_the_order_of_keys(record: dict[str, Any]) -> None:
    turned = json.loads(json.dumps(dict(reversed(record.items())), indent=7))
    assert record_digest(turned) == record[KEY]


def test_an_edited_value_limit_outcome_waiver_or_verdict_is_noticed_even_with_a_new_digest(
    record: dict[str, Any],
) -> None:
    """The check is repeated once and each edit compared with it: what `verify` does, without 200 checks."""
    again = json.loads(_repeat(record).to_json())
    assert list(differences(record, again)) == []
    ways = [way for way in leaves(record) if way[0] not in ("case", "protocol", "provenance", "warnings", KEY)]
    ways = [way for way in ways if _decides(way)]
    assert len(ways) > 150
    unnoticed = [way for way in ways if not list(differences(edited(record, way), again))]
    assert unnoticed == []


def test_verify_notices_an_edited_limit_in_a_record_that_was_given_a_new_digest(record: dict[str, Any]) -> None:
    assert verify(record).exit_status == 0
    doctored = edited(record, ("constraints", 0, "limit"))
    assert {each.kind for each in verify(doctored).differences} == {"record", "number"}
    doctored[KEY] = record_digest(doctored)
    done = verify(doctored)
    assert ([each.kind for each in done.differences], done.exit_status) == (["number"], 1)
    assert "the limit was 24.025 and is now 24.0" in done.differences[0].text


def _decides(way: Way) -> bool:
    """Leaves that decide, except in places and in the isotoxic advice, which are derived from them."""
    named = [step for step in way if isinstance(step, str)]
    if named[0] == "robustness":
        return named[-1] == "worst"
    return named[-1] in DECIDES and not {"place", "headroom", "cross_checks"} & set(named)


def _repeat(record: dict[str, Any]) -> rtcheck.Report:
    beside = {each["role"]: Path(each["path"]) for each in record["provenance"]["beside"]}
    return rtcheck.check(
        rtcheck.read_case(STOMACH_FAILS),
        rtcheck.load_protocol("apatinib"),
        waivers=rtcheck.read_waivers(beside["waivers"]),
        robust_mm=(2.0, 2.0, 2.0),
    )


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("patient", "id", "OTHER"), ("patient", "name", "Another"), ("plan", "label", "Boost"),
        ("plan", "approval_status", "REJECTED"), ("plan", "fractions", 5),
        ("plan", "prescriptions", [{"target": "PTV", "roi_number": 5, "dose_gy": 45.0, "source": "x"}]),
    ],
)  # fmt: skip
def test_a_record_that_was_given_to_another_patient_or_plan_is_noticed_without_naming_either(
    record: dict[str, Any], part: str, key: str, value: Any
) -> None:
    again = copy.deepcopy(record)
    was = copy.deepcopy(record)
    was["case"][part][key] = value
    (told,) = differences(was, again)
    assert "OTHER" not in told


def test_a_record_without_a_doubt_of_the_repeated_check_or_with_another_score_is_noticed(
    record: dict[str, Any],
) -> None:
    again = {**copy.deepcopy(record), "doubts": [{"code": "plan.unapproved", "text": "x"}], "score": {"points": 7.0}}
    was = {**record, "doubts": [], "score": {"points": 8.0}}
    assert len(list(differences(was, again))) == 2
    assert list(differences({**was, "score": {"points": 7.0}, "doubts": again["doubts"]}, again)) == []


def test_an_anonymous_record_is_compared_by_its_numbers(record: dict[str, Any]) -> None:
    was = copy.deepcopy(record)
    for part in ("patient", "plan"):
        was["case"][part] = {**was["case"][part], "id": None, "name": None, "label": None, "sop_instance_uid": None}
    assert list(differences(was, copy.deepcopy(record))) == []


@pytest.mark.parametrize(("states_a_reason", "is_noticed"), [(False, False), (True, True)])
def test_a_record_without_an_achievable_value_may_have_one_today_unless_it_states_why_not(
    record: dict[str, Any], states_a_reason: bool, is_noticed: bool
) -> None:
    """Older programs gave no value for sums and uncertain structures, and no reason."""
    again = copy.deepcopy(record)
    again["constraints"][0]["achievable"] = {"value": 1.0, "fall_off_percent_per_mm": 10.0, "targets": []}
    was = copy.deepcopy(record)
    was["constraints"][0]["achievable"] = None
    if states_a_reason:
        was["constraints"][0]["achievable_reason"] = "no target is contoured"
    else:
        was["constraints"][0].pop("achievable_reason", None)
    assert bool(list(differences(was, again))) == is_noticed
