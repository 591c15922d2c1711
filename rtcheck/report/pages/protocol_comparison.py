"""Two protocols compared -> text, or JSON of the schema `rtcheck.protocol-comparison/1`."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from rtcheck.checking.range_text import range_words
from rtcheck.dosimetry.metric_terms import VOLUMES
from rtcheck.protocol.choosing.comparing import Limit, MetricRow, Organ
from rtcheck.protocol.file.model import Goal, Protocol
from rtcheck.report.formats.columns import aligned, folded, terminal_width
from rtcheck.report.formats.json_text import to_json
from rtcheck.report.pages.protocol_lists import constraint_values, fractions_text, title_of
from rtcheck.report.telling.words import counted

SCHEMA = "rtcheck.protocol-comparison/1"
Pair = tuple[Protocol, Protocol]
_NOTHING = ("", "")


def comparison_text(protocols: Pair, organs: Sequence[Organ]) -> str:
    """A table with a line for each metric of each organ; an asterisk marks what is advisory."""
    lines = folded(_headings(protocols))
    rows = [("Structure", "a/b", "Metric", "A", "EQD2", "B", "EQD2")]
    for organ in organs:
        name: tuple[str, str] = (organ.structure, f"{organ.alpha_beta_gy:g}")
        for cells in _organ_cells(organ):
            rows.append((*name, *cells))
            name = _NOTHING
    lines += ["", *aligned(rows, right=(1, 4, 6), width=terminal_width(), is_ruled=True)]
    return "\n".join([*lines, "", *folded(_remarks(organs))]) + "\n"


def comparison_json(protocols: Pair, organs: Sequence[Organ]) -> str:
    """The same as JSON."""
    first, second = protocols
    return to_json(
        {
            "schema": SCHEMA,
            "a": _protocol_values(first),
            "b": _protocol_values(second),
            "organs": [
                {
                    "structure": organ.structure,
                    "alpha_beta_gy": organ.alpha_beta_gy,
                    "metrics": [_row_values(row) for row in organ.rows],
                }
                for organ in organs
            ],
        }
    )


def _headings(protocols: Pair) -> Iterator[str]:
    for letter, protocol in zip("AB", protocols, strict=True):
        fractions = fractions_text(protocol) or "any number of"
        rule = protocol.prescription
        dose = f"{range_words(rule.dose_gy, 'Gy')} in " if rule and rule.dose_gy else ""
        number = f"{fractions} fraction{'' if fractions == '1' else 's'}"
        yield f"{letter}  {protocol.name}: {title_of(protocol)}; {dose}{number}"


def _organ_cells(organ: Organ) -> Iterator[tuple[str, str, str, str, str]]:
    for row in organ.rows:
        metric = row.metric
        for ours, theirs in zip_longest(row.first, row.second):
            yield (metric, *_cells(ours), *_cells(theirs))
            variations = _variation_cells(ours), _variation_cells(theirs)
            if variations != (_NOTHING, _NOTHING):
                yield ("  variation", *variations[0], *variations[1])
            metric = ""


def _cells(limit: Limit | None) -> tuple[str, str]:
    if limit is None:
        return "-", ""
    return _short(limit.goal) + ("" if limit.constraint.is_required else " *"), _eqd2(limit.goal, limit.eqd2_gy)


def _variation_cells(limit: Limit | None) -> tuple[str, str]:
    if limit is None or limit.constraint.variation is None:
        return _NOTHING
    variation = limit.constraint.variation
    is_of_dose = variation.metric.at is None or variation.metric.at.unit != "Gy"  # else it has the EQD2 of the goal
    return _short(variation), _eqd2(variation, limit.variation_eqd2_gy) if is_of_dose else ""


def _short(goal: Goal) -> str:
    """The goal without its metric: "< 25 Gy"."""
    return f"{goal.operator} {goal.text.rpartition(goal.operator)[2].strip()}"


def _eqd2(goal: Goal, values_gy: tuple[float, float] | None) -> str:
    """ "44.7", "43.1-43.9", or "V28.0" for the dose of a volume at a dose."""
    if goal.by_volume:
        return ""
    if values_gy is None:
        return "?" if goal.metric.unit == "Gy" or (goal.metric.at and goal.metric.at.unit == "Gy") else ""
    low, high = (f"{value:.1f}" for value in values_gy)
    sign = goal.metric.kind.removesuffix("range") if goal.metric.kind in VOLUMES else ""
    return sign + (low if low == high else f"{low}-{high}")


def _remarks(organs: Sequence[Organ]) -> Iterator[str]:
    rows = [row for organ in organs for row in organ.rows]
    both = [row for row in rows if row.first and row.second]
    same = sum(row.is_same for row in both)
    yield f"{counted(len(organs), 'structure')}; {counted(len(both), 'metric')} limited by both, {same} of them alike."
    yield (
        "EQD2 in Gy of the limit, or of the dose in V20Gy, as if given uniformly in the protocol's fractions with "
        "the alpha/beta (a/b, Gy) listed; --alpha-beta changes those that are assumed."
    )
    if any(row.are_of_other_doses for row in rows):
        yield "A and B prescribe different doses: what is in % of the prescription is not alike."
    limits = [limit for row in rows for limit in (*row.first, *row.second)]
    if any(not limit.constraint.is_required for limit in limits):
        yield "* advisory"
    if any(_eqd2(limit.goal, limit.eqd2_gy) == "?" for limit in limits):
        yield "? The number of fractions is open: --fractions states one."


def _protocol_values(protocol: Protocol) -> dict[str, Any]:
    return {
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "fractions": fractions_text(protocol) or None,
        "sha256": protocol.sha256,
    }


def _row_values(row: MetricRow) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "same": row.is_same,
        "a": [_limit_values(limit) for limit in row.first],
        "b": [_limit_values(limit) for limit in row.second],
    }


def _limit_values(limit: Limit) -> dict[str, Any]:
    return {
        **constraint_values(limit.constraint),
        "operator": limit.goal.operator,
        "limit": limit.goal.known_limit,
        "unit": limit.goal.unit,
        "eqd2_gy": list(limit.eqd2_gy) if limit.eqd2_gy else None,
        "variation_eqd2_gy": list(limit.variation_eqd2_gy) if limit.variation_eqd2_gy else None,
    }
