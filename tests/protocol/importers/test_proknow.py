"""ProKnow scorecards: what their bins become. The scorecards are ours, in the form of its public documentation."""

import json
from pathlib import Path
from typing import Any

import pytest

from rtcheck.protocol.importers import Imported, import_protocol

GREEN, LIME, YELLOW, ORANGE, RED = [18, 191, 0], [136, 223, 127], [255, 216, 0], [255, 102, 0], [255, 0, 0]


def level(label: str, color: list[int], **ends: float) -> dict[str, Any]:
    return {"label": label, "color": color, **ends}


def metric(
    *bins: dict[str, Any], kind: str = "DOSE_VOLUME_CC_ROI", at: float | None = 2, **more: Any
) -> dict[str, Any]:
    return {"type": kind, "roi_name": "Heart", "arg_1": at, "arg_2": None, "objectives": list(bins), **more}


def imported(folder: Path, *metrics: dict[str, Any], **more: Any) -> Imported:
    path = folder / "card.json"
    path.write_text(json.dumps({"name": "Ours", "computed": list(metrics), "custom": [], **more}), encoding="utf-8")
    return import_protocol(path)


AT_MOST = (level("PASS", GREEN, max=1), level("FAIL", RED))


@pytest.mark.parametrize(
    ("bins", "goal", "variation"),
    [
        (AT_MOST, "D2cc <= 1 Gy", ""),  # "values up to a maximum of 1 will fall into the PASS performance bin"
        ((level("PASS", GREEN), level("FAIL", RED, min=1)), "D2cc < 1 Gy", ""),  # "... a value of 1 ... FAIL"
        ((level("FAIL", RED), level("PASS", GREEN, min=1)), "D2cc >= 1 Gy", ""),
        ((level("FAIL", RED, max=1), level("PASS", GREEN)), "D2cc > 1 Gy", ""),
        ((level("in", GREEN, max=1), level("out", RED)), "D2cc <= 1 Gy", ""),  # by the colours
        (
            (level("IDEAL", GREEN, max=75), level("ACCEPTABLE", YELLOW, max=85), level("UNACCEPTABLE", RED)),
            "D2cc <= 75 Gy",
            "D2cc <= 85 Gy",
        ),
        (
            (level("FAIL", RED), level("WARNING", YELLOW, min=57), level("PASS", GREEN, min=60)),
            "D2cc >= 60 Gy",
            "D2cc >= 57 Gy",
        ),
    ],
)
def test_the_best_bin_is_the_goal_and_all_but_the_worst_are_its_variation(tmp_path, bins, goal, variation):
    result = imported(tmp_path, metric(*bins))
    (one,) = result.protocol.constraints
    assert (one.goal.text, one.variation.text if one.variation else "") == (goal, variation)
    assert result.losses == ()


def test_bins_between_the_best_and_the_worst_are_listed(tmp_path):
    bins = (level("IDEAL", GREEN, max=75), level("GOOD", LIME, max=80), level("ACCEPTABLE", YELLOW, max=85),
            level("MARGINAL", ORANGE, max=90), level("UNACCEPTABLE", RED))  # fmt: skip
    result = imported(tmp_path, metric(*bins))
    (one,) = result.protocol.constraints
    assert one.variation is not None
    assert (one.goal.text, one.variation.text) == ("D2cc <= 75 Gy", "D2cc <= 90 Gy")
    assert result.losses == ("metric 1, Heart: D2cc: other bins, from 80, 85 Gy",)


def test_points_in_brackets_behind_a_label_are_a_score(tmp_path):
    bins = (level("IDEAL [10]", GREEN, max=20), level("ACCEPTABLE [4]", YELLOW, max=24), level("FAIL", RED))
    (one,) = imported(tmp_path, metric(*bins, kind="MEAN_DOSE_ROI", at=None)).protocol.constraints
    assert [(point.value, point.points) for point in one.score] == [(20, 10), (24, 4)]


@pytest.mark.parametrize(
    ("kind", "at", "goal"),
    [
        ("DOSE_VOLUME_PERCENT_ROI", 99, "D99% <= 1 Gy"),
        ("DOSE_VOLUME_MINUS_CC_ROI", 700, "CV1Gy >= 700 cc"),  # the dose covering all but 700 cc
        ("VOLUME_CC_DOSE_ROI", 20, "V20Gy <= 1 cc"),
        ("VOLUME_PERCENT_DOSE_ROI", 20, "V20Gy <= 1 %"),
        ("MIN_DOSE_ROI", None, "Dmin <= 1 Gy"),
        ("MAX_DOSE_ROI", None, "Dmax <= 1 Gy"),
        ("VOLUME", None, "Volume <= 1 cc"),
    ],
)
def test_each_documented_type_with_a_counterpart(tmp_path, kind, at, goal):
    (one,) = imported(tmp_path, metric(*AT_MOST, kind=kind, at=at)).protocol.constraints
    assert one.goal.text == goal


@pytest.mark.parametrize(
    ("kind", "doses", "goal"),
    [
        ("VOLUME_PERCENT_DOSE_RANGE_ROI", (0, 10), "CV10Gy <= 1 %"),  # the documentation's example
        ("VOLUME_CC_DOSE_RANGE_ROI", (10, 20), "V10-20Gy <= 1 cc"),
    ],
)
def test_the_volume_in_a_dose_range(tmp_path, kind, doses, goal):
    one = metric(*AT_MOST, kind=kind) | dict(zip(("arg_1", "arg_2"), doses, strict=True))
    (found,) = imported(tmp_path, one).protocol.constraints
    assert found.goal.text == goal


@pytest.mark.parametrize(
    "one",
    [
        metric(*AT_MOST, kind="VOLUME_CC_DOSE_RANGE_ROI", at=20) | {"arg_2": 10},
        metric(*AT_MOST, kind="VOLUME_CC_DOSE_RANGE_ROI", at=20),
        metric(*AT_MOST, kind="VOLUME_OF_REGRET"),
        metric(*AT_MOST, kind="MAX_DOSE", at=None),
        metric(*AT_MOST, kind="DOSE_VOLUME_PERCENT_ROI_RELATIVE"),
        metric(*AT_MOST, rx="PTV"),
        metric(*AT_MOST, weight=2),
        metric(*AT_MOST, at=0),
        metric(*AT_MOST) | {"arg_2": 3},
        metric(*AT_MOST) | {"roi_name": None},
        metric(level("PASS", GREEN, max=1)),
        metric(),
        metric(level("PASS", GREEN), level("FAIL", RED)),  # no threshold
        metric(level("PASS", GREEN, max=1), level("FAIL", RED, min=1)),  # twice
        metric(level("PASS", GREEN, max=1), level("FAIL", RED, max=2)),  # the last has no end
        metric(level("PASS", RED, max=1), level("FAIL", GREEN)),  # label against colour
        metric(level("low", [1, 2, 3], max=1), level("high", [3, 2, 1])),
        metric(level("FAIL", RED, max=1), level("PASS", GREEN, max=2), level("FAIL", RED)),  # two-sided
        metric(level("PASS", GREEN, max=2), level("WARNING", YELLOW, max=1), level("FAIL", RED)),
    ],
)
def test_a_metric_with_anything_unclear_is_a_loss_and_never_a_limit(tmp_path, one):
    result = imported(tmp_path, one, metric(*AT_MOST, kind="VOLUME_CC_DOSE_ROI", at=5))
    assert [found.goal.text for found in result.protocol.constraints] == ["V5Gy <= 1 cc"]
    assert any(loss.startswith("metric 1") for loss in result.losses)


def test_metrics_entered_by_hand_are_lost(tmp_path):
    result = imported(tmp_path, metric(*AT_MOST), custom=[{"id": "1", "objectives": []}])
    assert result.losses == ("the file: 1 metric entered by hand",)
