"""Limits and variations, wherever a table states the unit and however it writes numbers: as they are, or losses."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.protocol.importers import NothingImportedError, import_protocol

SIGNS = {
    "<": ("<", "less than", "weniger als"),
    "<=": ("<=", "≤", "at most", "höchstens", "not more than"),
    ">": (">", "more than", "über"),
    ">=": (">=", "at least", "mindestens"),
}
METRICS = {"Dmean": "Gy", "Dmax": "Gy", "D2cc": "Gy", "D95%": "Gy", "V20Gy": "%", "V95%": "%", "CV15Gy": "cc"}


@st.composite
def tables(draw):
    """(table, metric, sign, limit, variation) with doses in Gy; a variation of None is stricter, or not stated."""
    metric, sign = draw(st.sampled_from(sorted(METRICS))), draw(st.sampled_from(sorted(SIGNS)))
    limit = draw(st.sampled_from([0.5, 1.5, 2.125, 5, 12.5, 26, 45, 54.25, 70]))
    varied = draw(st.sampled_from([None, 0.8, 1.25]))
    unit = draw(st.sampled_from(["Gy", "cGy"])) if METRICS[metric] == "Gy" else METRICS[metric]
    point = draw(st.sampled_from(".,"))

    def number(value: float) -> str:
        return f"{round(value * (100 if unit == 'cGy' else 1), 6):g}".replace(".", point)

    place = draw(st.sampled_from(["cell", "column", "heading", "bracket"]))
    word = draw(st.sampled_from(SIGNS[sign]))
    asked = f"{metric} [{unit}]" if place == "bracket" else metric
    amount = number(limit) + (f" {unit}" if place == "cell" else "")
    heading = f"Goal [{unit}]" if place == "heading" else "Goal"
    columns = {"Organ": "Heart"}
    columns |= draw(
        st.sampled_from(
            [
                {heading: f"{asked} {word} {amount}"},
                {"Metric": asked, heading: f"{word} {amount}"},
                {"Metric": asked, "Operator": word, heading: amount},
            ]
        )
    )
    columns |= {"Unit": unit} if place == "column" else {}
    columns |= {"Variation": number(limit * varied) + draw(st.sampled_from(["", f" {unit}"]))} if varied else {}
    out = io.StringIO()
    csv.writer(out, delimiter=draw(st.sampled_from(";,\t|"))).writerows([columns, columns.values()])
    is_looser = varied is not None and (varied > 1) == (sign[0] == "<")
    return out.getvalue(), metric, sign, limit, round(limit * varied, 6) if varied and is_looser else None


@given(table=tables())
def test_a_limit_and_its_variation_are_those_of_the_table_or_losses(tmp_path_factory, table):
    text, metric, sign, limit, variation = table
    path = tmp_path_factory.mktemp("table") / "ours.csv"
    path.write_text(text, encoding="utf-8")
    try:
        made = import_protocol(path)
    except NothingImportedError:
        return
    (one,) = made.protocol.constraints
    assert (one.goal.metric.text, one.goal.operator, one.goal.limit) == (metric, sign, pytest.approx(limit))
    assert one.variation is None or (variation is not None and one.variation.limit == pytest.approx(variation))
    assert one.variation is not None or variation is None or any("variation" in each for each in made.losses)
