"""An isotoxic prescription -> JSON of the schema `rtcheck.isotoxic/1`, and a table with bars for the terminal."""

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.notices import Notice
from rtcheck.report.formats.columns import folded
from rtcheck.report.formats.json_isotoxic import isotoxic_values
from rtcheck.report.formats.json_text import to_json
from rtcheck.report.telling.amounts import NOTHING
from rtcheck.report.telling.dose_text import number_in
from rtcheck.report.telling.dose_unit import Said, sayer
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.results import Isotoxic, PrescriptionLimit, Report
from rtcheck.units import PER_GY, DoseUnit

BAR_WIDTH = 24
_FAR_GY = 1000.0  # beyond this the number says no more than that the limit does not matter


def render_isotoxic(
    report: Report, found: Isotoxic, notices: Sequence[Notice], output_format: str, style: ReportStyle | None = None
) -> str:
    """The prescription as a table, as JSON (in Gy) or in the page of the whole check; `notices` are of limits added."""
    complete = replace(found, notices=(*report.notices, *notices, *found.notices))
    if output_format == "table":
        return isotoxic_table(report, complete, style.unit if style else "Gy")
    if output_format == "json":
        return to_json({**isotoxic_values(complete), "provenance": report.provenance})
    from rtcheck.report.formats.html import render

    return render(replace(report, isotoxic=complete), style=style or PLAIN)


def isotoxic_table(report: Report, found: Isotoxic, unit: DoseUnit = "Gy") -> str:
    """Lines for the terminal: what each constraint would allow, the one that binds, and the advice. 80 columns."""
    title = f"{report.protocol.name}: planned {found.planned_gy:g} Gy in {found.fractions} fractions"
    if found.low_gy is not None or found.high_gy is not None:
        title += f", allowed range {_end(found.low_gy)} to {_end(found.high_gy)} Gy"
    limits = sorted(found.limits, key=lambda limit: (limit.prescription_gy is None, limit.prescription_gy or 0.0))
    top_gy = 1.25 * max(found.high_gy or 0.0, found.planned_gy)
    said_in = sayer(report, unit)
    end = f"{PER_GY[unit] * top_gy:.0f} {unit}"
    scale = f"0 {unit} {'.' * (BAR_WIDTH - 12 - 4 * (len(unit) - 2))} {end}"
    lines = [said_in(title), "", f"{'Constraint':<38}  {'holds':<5} {unit:>7}  {scale}"]
    for limit in limits:
        lines.append(_line(limit, top_gy, unit, said_in, is_binding=limit == found.binding))
        if limit.variation_gy is not None:
            varied = replace(limit, goal=f"within {limit.variation}", prescription_gy=limit.variation_gy, reason="")
            lines.append(_line(varied, top_gy, unit, said_in, is_binding=False))
    said = [*found.advice, *(f"! {notice.text} [{notice.code}]" for notice in found.notices)]
    return "\n".join([*lines, "", *folded([said_in(text) for text in said])])


def _line(limit: PrescriptionLimit, top_gy: float, unit: DoseUnit, said_in: Said, *, is_binding: bool) -> str:
    name = said_in(f"{limit.structure} {limit.goal}") + (f" [{limit.added_from}]" if limit.added_from else "")
    holds = "up to" if limit.is_upper else "from"
    mark = "  <- binding" if is_binding else ""
    if limit.prescription_gy is None:
        holds, amount, bar = "", NOTHING, "unknown" if limit.reason else "does not depend on the dose"
    else:
        filled = min(BAR_WIDTH, round(BAR_WIDTH * limit.prescription_gy / top_gy))
        in_gy = f"{limit.prescription_gy:.2f}" if limit.prescription_gy < _FAR_GY else f"> {_FAR_GY:g}"
        amount = number_in(in_gy, unit)
        bar = "#" * filled if limit.is_upper else " " * filled + "#" * (BAR_WIDTH - filled)
    return f"{name[:38]:<38}  {holds:<5} {amount:>7}  {bar}{mark}"


def _end(dose_gy: float | None) -> str:
    return "any" if dose_gy is None else f"{dose_gy:g}"
