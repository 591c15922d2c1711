"""A Report -> the rows and lines of a table of text, in the order of reading; plain and coloured tables share them."""

from dataclasses import dataclass

from rtcheck.dosimetry.metrics import Measurement
from rtcheck.report.telling.amounts import (
    BORDERLINE_SHAPE,
    NOTHING,
    OUTCOME_SHAPES,
    bounds_text,
    limit_text,
    outcome_text,
    range_text,
    signed_margin_text,
    value_with_uncertainty,
)
from rtcheck.report.telling.doubts import notice_text
from rtcheck.report.telling.outcomes import beyond_limit, point_word, scale_to_flip
from rtcheck.results import CheckItem, Outcome, Report, Result

CROSS_CHECK_TITLE = "The same by other programs"
HEADINGS = ("Structure", "Metric", "Value", "Limit", "Margin", "Outcome")
RIGHT_ALIGNED = (False, False, True, True, True, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One constraint as cells of text, in the order of `HEADINGS`; `notes` are lines below it."""

    cells: tuple[str, ...]
    outcome: Outcome
    is_borderline: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One prescription or eligibility item as a sentence."""

    text: str
    outcome: Outcome
    warns_only: bool


def rows(report: Report, *, verbose: bool) -> tuple[Row, ...]:
    """One row for each result, with its reasons where it is not plainly met, or everywhere with `verbose`."""
    return tuple(_row(result, verbose=verbose) for result in report.results)


def item_lines(items: tuple[CheckItem, ...], *, verbose: bool) -> tuple[ItemLine, ...]:
    """A line for each item; without `verbose` those that do not apply are left out, and those not given are counted."""
    told = [item for item in items if verbose or (item.given and item.outcome != "not_applicable")]
    lines = [ItemLine(text=_item_text(item), outcome=item.outcome, warns_only=item.warns_only) for item in told]
    silent = 0 if verbose else sum(not item.given for item in items)
    if silent:
        what = "1 item was not given" if silent == 1 else f"{silent} items were not given"
        lines.append(ItemLine(text=f"{what} (--verbose lists them)", outcome="not_evaluated", warns_only=False))
    return tuple(lines)


def warning_lines(report: Report, *, verbose: bool) -> tuple[str, ...]:
    """The warnings, each with its code; with `verbose` the plain remarks as well."""
    return tuple(f"{notice_text(each)} [{each.code}]" for each in report.notices if verbose or each.is_for_everyone)


def heading_lines(report: Report, *, anonymous: bool) -> tuple[str, ...]:
    """What was checked against what: protocol and plan."""
    protocol = report.protocol
    named = " ".join(part for part in (protocol.name, protocol.version) if part)
    lines = [f"Protocol  {named}{': ' + protocol.title if protocol.title else ''}"]
    plan = report.case.plan
    if plan is not None:
        label = "" if anonymous else plan.label or plan.name
        prescribed = f"{plan.prescription.dose_gy:g} Gy" if plan.prescription else "no prescription"
        fractions = f"{plan.fractions} fractions" if plan.fractions else "unknown fractions"
        lines.append(f"Plan      {label + ', ' if label else ''}{prescribed} in {fractions}")
    return tuple(lines)


def cross_check_lines(report: Report) -> tuple[str, ...]:
    """Each metric as other programs have it, with the difference."""
    return tuple(
        f"{each.structure} {each.metric}: {'no value' if each.value is None else f'{each.value:.4g} {each.unit}'}; "
        + "; ".join(_other_text(*other) for other in each.others)
        for each in report.cross_checks
    )


def outcome_cell(outcome: Outcome, *, is_borderline: bool = False) -> str:
    """ "✓ met", "≈ met, borderline": a shape and a word, so that no colour is needed."""
    shape = BORDERLINE_SHAPE if is_borderline and outcome == "met" else OUTCOME_SHAPES[outcome]
    return f"{shape} {outcome_text(outcome, is_borderline=is_borderline)}"


def _row(result: Result, *, verbose: bool) -> Row:
    goal = result.goal
    cells = (
        _structure_cell(result),
        goal.metric.text,
        _value_cell(result.measurement, goal.limit),
        limit_text(goal),
        signed_margin_text(result) or NOTHING,
        outcome_cell(result.outcome, is_borderline=result.is_borderline),
    )
    is_plain = result.outcome == "met" and not result.is_borderline
    return Row(
        cells=cells,
        outcome=result.outcome,
        is_borderline=result.is_borderline,
        notes=_notes(result) if verbose or not is_plain else (),
    )


def _value_cell(measured: Measurement, limit: float) -> str:
    """The value with its uncertainty; its bounds where a part of the structure lies outside the dose grid."""
    if measured.bounds and measured.value is not None:
        return bounds_text(measured)
    return value_with_uncertainty(measured, limit=limit)


def _structure_cell(result: Result) -> str:
    """The protocol's name, and what it was matched to where that is called otherwise."""
    used = tuple(dict.fromkeys(roi for match in result.matched for roi in match.rois if not match.reason))
    advisory = "" if result.is_required else " (advisory)"
    if not used or used == (result.structure,) or " | ".join(used) == result.structure:
        return result.structure + advisory
    if any(match.how.startswith("derived") for match in result.matched):
        return f"{result.structure} (derived){advisory}"
    return f"{result.structure} = {', '.join(used)}{advisory}"


def _notes(result: Result) -> tuple[str, ...]:
    measured = result.measurement
    notes = [measured.undefined] if measured.undefined else []
    notes += [note for note in result.notes if note not in notes]
    notes += [
        f"{match.asked} is {', '.join(match.rois)}: {match.how}"
        for match in result.matched
        if match.how and match.rois != (match.asked,) and not match.reason
    ]
    if result.is_borderline and measured.low is not None and measured.high is not None:
        notes.append(f"other conventions give {range_text(measured.low, measured.high, measured.unit)}")
    if result.band_flips:
        notes.append(f"it would flip with {', '.join(result.band_flips)}")
    notes += [
        f"read as {reading.label}: {reading.structure} {reading.goal.text}, "
        f"{_value_cell(reading.measurement, reading.goal.limit)}, {outcome_text(reading.outcome)}"
        for reading in result.readings
        if reading.outcome != "not_evaluated"
    ]
    if result.waiver:
        notes.append(f"waived: {result.waiver}")
    if place := result.place:
        x, y, z = place.position_mm
        notes.append(f"{point_word(place)} {place.dose_gy:.2f} Gy at x {x:+.0f}, y {y:+.0f}, z {z:+.0f} mm")
        notes += filter(None, [beyond_limit(place, result.goal)])
        notes += place.sentences
        notes += [f"{share:.0%} of the dose there comes from {beam}" for beam, share in place.beams[:2]]
    if scaled := scale_to_flip(result):
        notes.append(f"it {scaled}")
    return tuple(dict.fromkeys(notes))


def _item_text(item: CheckItem) -> str:
    note = f" ({item.note})" if item.note else ""
    return f"{item.item}: {item.found}, expected {item.expected}{note}"


def _other_text(program: str, value: float | None, difference: float | None) -> str:
    if value is None:
        return f"{program} has none"
    return f"{program} {value:.4g}" + ("" if difference is None else f" ({difference:+.2%})")
