"""How many spellings of real clinics are matched: right, not at all, and (never) wrong.

real_world_names.csv holds spellings from public repositories, each with its address, labelled by hand with the TG-263
name that the spelling stands for, or "none" (copies for the optimiser, rings, unions, parts, names without a side).
Two parts: the synonym table was widened with what it lacked of `development`; of `held apart` nothing was ever added
to it (what it showed was one fault of the target grammar, "PTV AND OPTIC", which was mended). Run this file to see the
figures.
"""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from rtcheck.case import Roi
from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.match import match_name

TABLE = Path(__file__).with_name("real_world_names.csv")
NONE = "none"
COMMON_NAMES = {"Liver", "Liver-GTV", "Kidney_L", "Kidney_R", "Heart", "Stomach", "Lungs-GTV", "Brain-PTV", "PTV"}


@cache
def rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def names_matched(spelling: str, asked: frozenset[str]) -> set[str]:
    """The names of `asked` for which a ROI of this spelling is taken."""
    roi = [Roi(number=1, name=spelling, type="ORGAN", contours=5)]
    return {name for name in asked if match_name(name, roi).is_matched}


def is_right(name: str, label: str) -> bool:
    """Whether matching `name` is right for a spelling labelled `label`: a PRV of 3 mm also is a PRV."""
    return name == label or ("PRV" in name and name == label.replace("_PRV03", "_PRV").replace("_PRV05", "_PRV"))


def judged(row: dict[str, str], asked: frozenset[str]) -> str:
    matched = names_matched(row["spelling"], asked)
    if any(not is_right(name, row["tg263"]) for name in matched):
        return "wrong"
    if row["tg263"] == NONE:
        return "rightly left"
    return "right" if row["tg263"] in matched else "unmatched"


def counts(part: str, asked: frozenset[str]) -> Counter[str]:
    return Counter(judged(row, asked) for row in rows() if row["part"] == part)


def labels() -> frozenset[str]:
    return frozenset({row["tg263"] for row in rows()} - {NONE} | COMMON_NAMES)


def test_the_table_holds_more_than_300_spellings_with_their_source():
    assert len(rows()) > 300
    assert all(row["source"].startswith("https://") for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['part']}: {row['spelling']}")
def test_no_real_spelling_is_matched_wrong(row):
    assert judged(row, labels()) != "wrong"


def test_at_least_80_percent_of_the_names_held_apart_are_matched_right():
    found = counts("held apart", labels())
    assert found["right"] / (found["right"] + found["unmatched"]) >= 0.80


if __name__ == "__main__":
    everything = labels() | {name for name in tg263.names() if "PRVx" not in name}  # xx stands for any margin
    for part in ("held apart", "development"):
        print(f"{part}: {dict(counts(part, everything))}")
