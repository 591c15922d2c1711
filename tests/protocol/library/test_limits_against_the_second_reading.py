"""Every published limit was read twice: protocols hold the first reading, the table beside this file the second."""

import csv
import re
from collections.abc import Iterator
from functools import cache
from itertools import repeat
from pathlib import Path

import pytest

from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.protocol.file.volume_table import row_goals
from rtcheck.protocol.language.goal import parse_goal

TABLE = Path(__file__).with_name("constraints.csv")


@cache
def rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, restval=""))


PROTOCOLS = sorted({row["protocol"] for row in rows()})


def structures_of(row: dict[str, str]) -> tuple[tuple[str, ...], str]:
    """`Lung_L/R` is each lung, `Lung_L/R(any)` either, `Rectum+Colon` one after the other, `(together)` their union."""
    name, combine = re.fullmatch(r"(.*?)(?:\((any|together)\))?", row["structure"]).groups()
    stem = name.removesuffix("_L/R")
    names = (f"{stem}_L", f"{stem}_R") if stem != name else tuple(re.split(r"(?<! )\+", name))
    return names, combine or "each"


def goal_text(row: dict[str, str], limit: str) -> str:
    return parse_goal(f"{row['metric']} {limit} {row['unit']}").text


def second_reading(row: dict[str, str]) -> tuple[tuple[str, ...], str, str, str, str, str, str]:
    variation = goal_text(row, row["variation"]) if row["variation"] else ""
    goal = goal_text(row, f"{row['op']} {row['limit']}")
    return (*structures_of(row), goal, variation, row["priority"] or "required", row["source"], row["volume"])


def first_reading(
    constraint: Constraint, protocol: Protocol
) -> Iterator[tuple[tuple[str, ...], str, str, str, str, str, str]]:
    sources = {source.id: source for source in protocol.sources}
    url = (sources[constraint.source] if constraint.source else protocol.sources[0]).url
    variations = row_goals(constraint.variation) if constraint.variation else repeat(None)
    volumes = [row.volume_cc.text for row in constraint.goal.by_volume] or [""]
    for volume, goal, variation in zip(volumes, row_goals(constraint.goal), variations, strict=False):
        told = variation.text if variation else ""
        yield constraint.structures, constraint.combine, goal.text, told, constraint.priority, url, volume


@pytest.mark.parametrize("name", PROTOCOLS)
def test_both_readings_of_a_protocol_agree_limit_by_limit(name):
    protocol = load_protocol(name)
    read_first = sorted(row for one in protocol.constraints for row in first_reading(one, protocol))
    assert read_first == sorted(second_reading(row) for row in rows() if row["protocol"] == name)


def test_the_table_states_where_each_row_was_read_and_no_row_twice():
    assert all(row["status"].startswith("VERIFIED") for row in rows())
    assert all(row["source"].startswith(("https://", "http://")) for row in rows())
    facts = [tuple(sorted(row.items())) for row in rows()]
    assert len(facts) == len(set(facts))


def test_a_protocol_of_the_table_is_in_the_box():
    assert set(PROTOCOLS) <= set(protocol_files())
