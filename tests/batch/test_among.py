"""A value among its peers: percentiles by hand count, of plans under the same protocol and with a similar target."""

from dataclasses import replace

import pytest
from support.reports import phantom_report

from rtcheck.batch.among import percentile_of, with_peers
from rtcheck.batch.store import ConstraintRow, PlanRecord, open_store
from rtcheck.errors import UsageError
from rtcheck.report import render


@pytest.mark.parametrize(
    ("value", "percentile"),
    [(0.5, 0.0), (2.0, 30.0), (2.5, 40.0), (9.0, 100.0)],  # 2 is equal to one of five, counted half
)
def test_a_percentile_is_the_share_that_lies_below_with_equals_counted_half(value, percentile):
    assert percentile_of(value, [1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(percentile)
    assert percentile_of(value, [1.0, 2.0, 3.0, 4.0]) is None


@pytest.fixture
def report():
    return phantom_report()


def peer(report, number, result, value, **more):
    row = ConstraintRow(
        structure=result.structure, metric=result.goal.metric.text, goal=result.goal.text, priority="required",
        value=value, unit=result.goal.unit, uncertainty=None, low=None, high=None, margin=None, outcome="met",
        borderline=False,
    )  # fmt: skip
    about = {
        "plan_key": f"{number}/plan.dcm", "protocol": report.protocol.name, "fingerprint": "f", "status": "checked",
        "protocol_version": report.protocol.version, "verdict": "pass", "eligibility_verdict": "pass",
        "exit_status": 0, "reason": "", "plan_uid": f"1.2.{number}", "constraints": (row,),
    }  # fmt: skip
    return PlanRecord(**{**about, **more})


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as store:
        store.begin_run(started_at="2026-11-28T05:00:00Z", program_version="0", root="r", protocols="p")
        yield store


def test_peers_are_the_other_plans_of_the_same_protocol_version(report, store, monkeypatch):
    result = next(each for each in report.results if each.measurement.value and each.goal.unit == "Gy")
    value, volume_cc = result.measurement.value, 50.0
    monkeypatch.setattr("rtcheck.batch.among.target_volume_cc", lambda _: volume_cc)
    own_uid = report.case.plan.sop_instance_uid
    others = [
        *(peer(report, n, result, value - 1, target_cc=volume_cc * 1.9) for n in range(5)),
        *(peer(report, n, result, value + 1, target_cc=volume_cc * 2.1) for n in range(5, 15)),
        peer(report, 20, result, 0.0, plan_uid=own_uid),
        peer(report, 21, result, 0.0, protocol_version="other"),
        peer(report, 22, result, None),
    ]
    for each in others:
        store.put(1, each)
    told = with_peers(report, store, 1)
    found = next(each.peers for each in told.results if each.goal == result.goal)
    assert (found.plans, found.percentile) == (15, pytest.approx(100 * 5 / 15))
    assert (found.similar, found.similar_percentile) == (5, 100.0)
    assert (found.minimum, found.median, found.maximum) == pytest.approx((value - 1, value + 1, value + 1))
    assert [each.outcome for each in told.results] == [each.outcome for each in report.results]
    for name in ("table", "html", "markdown", "csv"):
        assert "Among 15 other plans: percentile 33" in render(told, name), name


def test_a_batch_without_the_protocol_is_a_usage_error(report, store):
    store.put(1, replace(peer(report, 1, report.results[0], 1.0), protocol="other"))
    with pytest.raises(UsageError, match=f"no plan under {report.protocol.name}"):
        with_peers(report, store, 1)
