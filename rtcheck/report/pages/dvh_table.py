"""Metrics of structures with no limits -> a table of text, JSON of the schema `rtcheck.dvh/1`, or CSV."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rtcheck.case import Case
from rtcheck.checking.dvhs import DvhTable, StructureMetrics
from rtcheck.csv_table import PLAIN, Cell, CsvForm, table_text
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.notices import SMALL_TARGET
from rtcheck.report.formats.columns import GAP, aligned, folded, terminal_width
from rtcheck.report.telling.amounts import NOTHING, bounds_text, position_text, reference_text, value_with_uncertainty
from rtcheck.report.telling.dose_text import measurement_in_cgy, text_in
from rtcheck.units import DoseUnit, amount_text

SCHEMA = "rtcheck.dvh/1"


def render_dvhs(
    table: DvhTable,
    provenance: dict[str, Any],
    output_format: str,
    *,
    hidden: Case | None = None,
    drawn: Mapping[int, str] = MappingProxyType({}),
    csv_form: CsvForm = PLAIN,
    unit: DoseUnit = "Gy",
) -> str:
    """The table in a format.

    `hidden` is the case whose identity is to be left out, or None; `drawn` the ROI names by number: the table for
    people tells which ROI a name was matched to. JSON has its doses in Gy, whatever the `unit`.
    """
    if output_format == "json":
        from rtcheck.report.formats.json_text import to_json

        return to_json(_as_dict(table, provenance, hidden))
    return _csv(table, csv_form, unit) if output_format == "csv" else _text(table, drawn, unit)


def _as_dict(table: DvhTable, provenance: dict[str, Any], hidden: Case | None) -> dict[str, Any]:
    from rtcheck.report.formats.json_text import notice_values, plain_values

    told: dict[str, Any] = {
        "schema": SCHEMA,
        "structures": [_structure(row) for row in table.structures],
        "grid": plain_values(table.grid) if table.grid else None,
        "warnings": [notice_values(each) for each in table.notices],
        "provenance": provenance,
    }
    if hidden is None:
        return told
    from rtcheck.report.formats.anonymous_json import provenance_without_identity, scrubbed
    from rtcheck.report.telling.anonymous import scrubber

    scrub = scrubber(hidden)
    return {
        **told,
        "warnings": scrubbed(told["warnings"], scrub, ("text",)),
        "provenance": provenance_without_identity(provenance, scrub),
    }


def _structure(row: StructureMetrics) -> dict[str, Any]:
    from rtcheck.report.formats.json_ import measurement_values

    return {
        "name": row.name,
        "number": row.number,
        "volume_cc": row.volume_cc,
        "metrics": {text: measurement_values(measured) for text, measured in row.metrics.items()},
        "reason": row.reason or None,
    }


def _about_grid(table: DvhTable, unit: DoseUnit) -> Iterator[str]:
    """Where the highest dose lies, and the integral dose."""
    if table.grid is not None:
        grid = table.grid
        litres = grid.volume_cc / 1000
        said = f"Maximum of the dose: {grid.max_gy:.2f} Gy at {position_text(grid.position_mm)}."
        yield text_in(said, unit)
        yield f"Integral dose of the grid ({litres:.3g} L): {grid.integral_gy_cc / 1000:.4g} Gy·L."


def _text(table: DvhTable, drawn: Mapping[int, str], unit: DoseUnit) -> str:
    """Aligned columns; a reason instead of numbers where there are none, and the warnings below."""
    if not table.structures:
        return "No structure is contoured.\n"
    metrics = [text_in(text, unit) for text in table.structures[0].metrics]
    lines = [["Structure", "Volume", *metrics], *(_cells(row, drawn, unit) for row in table.structures)]
    blocks = (
        aligned(block, right=range(1, len(block[0])), is_ruled=True) for block in _blocks(lines, terminal_width())
    )
    text = "\n\n".join(map("\n".join, blocks)).splitlines()
    told = {each.structure for each in table.notices if each.code == "structure.not-found"}
    reasons = [f"{row.name}: {row.reason}" for row in table.structures if row.reason and row.name not in told]
    undefined = dict.fromkeys(
        f"{row.name} {text_in(metric, unit)}: {text_in(measured.undefined, unit)}"
        for row in table.structures
        for metric, measured in row.metrics.items()
        if measured.undefined and not row.reason
    )
    warnings = [f"! {each.text} [{each.code}]" for each in table.notices if each.is_for_everyone]
    small = [each.text for each in table.notices if each.code == SMALL_TARGET]
    below = [*_about_grid(table, unit), *small, *reasons, *undefined, *warnings]
    return "\n".join([*text, *([""] if below else []), *folded(below)]) + "\n"


def _blocks(lines: list[list[str]], width: int | None) -> Iterator[list[list[str]]]:
    """The table, in parts side by side where a terminal is too narrow for it; each begins with the names."""
    names, columns = [line[0] for line in lines], list(zip(*(line[1:] for line in lines), strict=True))
    taken: list[tuple[str, ...]] = []
    for column in columns:
        sizes = [max(map(len, each)) + len(GAP) for each in (names, *taken, column)]
        if width is not None and taken and sum(sizes) - len(GAP) > width:
            yield [list(line) for line in zip(names, *taken, strict=True)]
            taken = []
        taken.append(column)
    yield [list(line) for line in zip(names, *taken, strict=True)]


def _cells(row: StructureMetrics, drawn: Mapping[int, str], unit: DoseUnit) -> list[str]:
    volume = NOTHING if row.volume_cc is None else amount_text(row.volume_cc, "cc")
    values = [text_in(_value(measured), unit) for measured in row.metrics.values()]
    roi = drawn.get(row.number, row.name) if row.number is not None else row.name
    return [row.name if roi == row.name else f"{row.name} = {roi}", volume, *values]


def _value(measured: Measurement) -> str:
    """ "97.0 % of 60 Gy"; a volume at a dose in percent as "98.2 % (of 60 Gy)"."""
    value = bounds_text(measured) or value_with_uncertainty(measured)
    is_bare = measured.value is not None and not measured.is_share_of_reference and measured.reference_gy is not None
    return f"{value} ({reference_text(measured).strip()})" if is_bare else value


def _csv(table: DvhTable, form: CsvForm, unit: DoseUnit) -> str:
    """One row for each structure and metric, numbers in full."""
    headings = (
        "structure", "number", "volume_cc", "metric", "value", "unit", "uncertainty", "low", "high", "undefined",
        "reference_gy",
    )  # fmt: skip
    return table_text(headings, _csv_rows(table, unit), form)


def _csv_rows(table: DvhTable, unit: DoseUnit) -> Iterator[tuple[Cell, ...]]:
    for row in table.structures:
        for metric, in_gy in row.metrics.items():
            measured = in_gy if unit == "Gy" else measurement_in_cgy(in_gy)
            numbers = (measured.value, measured.unit, measured.uncertainty, measured.low, measured.high)
            asked = text_in(metric, unit)
            yield (row.name, row.number, row.volume_cc, asked, *numbers, measured.undefined, measured.reference_gy)
