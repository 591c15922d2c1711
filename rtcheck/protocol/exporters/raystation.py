"""Lines -> clinical goals in RayStation's own words and units (CSV), which a short script adds to a plan.

Doses are in cGy, relative volumes from 0 to 1, absolute ones in cc (`rtcheck guide integration` has the script).
"""

from collections.abc import Sequence

from rtcheck.csv_table import table_text
from rtcheck.protocol.exporters.lines import Line
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.importers.raystation_dump import COLUMNS
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.language.units import move_point

_CENTI = 2  # power of ten from Gy to cGy, and from 1 to %


def entry(line: Line) -> tuple[str, ...] | None:
    """One goal; None where RayStation has no such goal."""
    one = line.constraint
    metric = one.goal.metric
    at = metric.at
    if metric.biology != "physical" or metric.per_fraction or metric.kind not in ("Dmean", "D", "V"):
        return None
    if metric.is_of_prescription:
        return None
    if metric.kind == "Dmean" or at is None:
        kind, parameter, scale = "AverageDose", 0.0, _CENTI
    elif metric.kind == "D":
        kind = "DoseAtAbsoluteVolume" if at.unit == "cc" else "DoseAtVolume"
        parameter, scale = (at.amount if at.unit == "cc" else move_point(at.amount, -_CENTI)), _CENTI
    else:
        kind = "AbsoluteVolumeAtDose" if metric.unit == "cc" else "VolumeAtDose"
        parameter, scale = move_point(at.amount, _CENTI), 0 if metric.unit == "cc" else -_CENTI
    second = line.variation
    return (
        line.structure,
        "AtMost" if one.goal.is_upper_limit else "AtLeast",
        kind,
        number_text(move_point(one.goal.limit, scale)),
        number_text(move_point(second.limit, scale)) if second else "",
        number_text(parameter),
        "False",
        line.rank,
    )


def text(protocol: Protocol, entries: Sequence[tuple[str, ...]]) -> str:
    """The table."""
    del protocol
    return table_text(COLUMNS, entries)
