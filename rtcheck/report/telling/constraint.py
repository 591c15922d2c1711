"""Result -> Row: one constraint as text, with all that a reader may ask about it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rtcheck.protocol.file.model import Source
from rtcheck.report.telling import amounts, outcomes
from rtcheck.report.telling.outcomes import Word
from rtcheck.results import Match, ReadingResult, Result

Scrub = Callable[[str], str]


_FAR = 3.0  # a scale beyond this says no more than that there is room


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLine:
    """Another reading: what it is, its goal and value, and what it would say."""

    label: str
    goal: str
    value: str
    word: Word
    changes_outcome: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One constraint as text; `result` has the numbers for whoever draws them.

    Of a structure that the dose grid cuts `value` is what it is at least and at most, without an uncertainty.
    """

    key: str
    result: Result
    structure: str
    matched: str
    goal: str
    variation: str
    value: str
    uncertainty: str
    band: str
    bounds: str
    margin: str
    share: str
    word: Word
    priority: str
    readings: tuple[ReadingLine, ...]
    remarks: tuple[str, ...]
    where: tuple[str, ...]
    sentence: str
    citation: str
    url: str


def row_of(key: str, result: Result, sources: Mapping[str, Source], scrub: Scrub, anonymous: bool) -> Row:
    constraint, measurement = result.constraint, result.measurement
    source = sources.get(constraint.source)
    share, bounds = outcomes.share_of_limit(result), amounts.bounds_text(measurement)
    value = amounts.value_text(measurement, limit=result.goal.limit) if measurement.value is not None else ""
    return Row(
        key=key,
        result=result,
        structure=result.structure,
        matched="; ".join(filter(None, (scrub(_match_text(match, anonymous)) for match in result.matched))),
        goal=outcomes.goal_text(result.goal),
        variation=outcomes.goal_text(constraint.variation) if constraint.variation else "",
        value=bounds or value,
        uncertainty="" if bounds else amounts.uncertainty_text(measurement),
        band=amounts.band_text(measurement),
        bounds=bounds,
        margin=amounts.margin_text(result),
        share=f"at worst, {share}" if bounds and share else share,
        word=outcomes.result_word(result),
        priority=_priority(constraint.priority),
        readings=tuple(_reading(reading, scrub) for reading in result.readings),
        remarks=tuple(dict.fromkeys(scrub(outcomes.typeset(text)) for text in _remarks(result))),
        where=tuple(scrub(text) for text in _where(result)),
        sentence=constraint.sentence,
        citation=source.citation if source else constraint.source,
        url=source.url if source else "",
    )


def _priority(priority: str) -> str:
    return {"required": "", "1": "", "advisory": "advisory"}.get(priority, f"priority {priority}")


def _match_text(match: Match, anonymous: bool) -> str:
    """How a name was met, where that needs saying: an exact name of its own does not."""
    if not match.rois:
        return match.reason
    drawn = " + ".join(f"ROI {n}" for n in match.numbers) if anonymous else " + ".join(f"“{roi}”" for roi in match.rois)
    if match.rois == (match.asked,) and not match.is_surrogate:
        return ""
    return (
        f"{drawn}, {outcomes.typeset(match.how)}"
        if match.how and not match.how.startswith("derived")
        else match.how or drawn
    )


def _reading(reading: ReadingResult, scrub: Scrub) -> ReadingLine:
    measurement = reading.measurement
    valued = amounts.bounds_text(measurement) or amounts.value_with_uncertainty(measurement, limit=reading.goal.limit)
    return ReadingLine(
        label=scrub(outcomes.typeset(reading.label)),
        goal=f"{reading.structure} {outcomes.goal_text(reading.goal)}",
        value=valued if measurement.value is not None else measurement.undefined or "undefined",
        word=outcomes.outcome_word(reading.outcome),
        changes_outcome=reading.changes_outcome,
    )


def _remarks(result: Result) -> Iterator[str]:
    """Why the outcome is what it is, in sentences."""
    if result.measurement.undefined:
        yield sentence(result.measurement.undefined)
    if result.waiver:
        yield sentence(f"Waived: {result.waiver}")
    if result.measurement.bounds and not any("outside the dose grid" in note for note in result.notes):
        yield f"Part of it lies outside the dose grid: the value is {amounts.bounds_text(result.measurement)}."
    if result.is_borderline:
        flips = f": {outcomes.listed(result.band_flips)} would flip it" if result.band_flips else ""
        yield f"The limit lies within the convention band ({amounts.band_text(result.measurement)}){flips}."
    if result.constraint.variation:
        yield f"Acceptable variation: {outcomes.goal_text(result.constraint.variation)}."
    yield from map(sentence, result.notes)
    if result.constraint.note:
        yield sentence(result.constraint.note)


def _where(result: Result) -> Iterator[str]:
    """The hot spot and what could be done, in sentences."""
    if place := result.place:
        point = outcomes.point_word(place).capitalize()
        yield f"{point} {place.dose_gy:.2f} Gy at {position_text(place.position_mm)}."
        if beyond := outcomes.beyond_limit(place, result.goal):
            yield f"{beyond}."
        yield from map(sentence, place.sentences)
        if place.beams:
            shares = ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in place.beams[:4])
            yield f"Dose there comes from {shares}."
    if result.headroom and (result.headroom.scale or 0.0) < _FAR and (scaled := outcomes.scale_to_flip(result)):
        yield f"It {scaled}."


def position_text(position_mm: tuple[float, float, float]) -> str:
    """ "x +34, y −30, z +22 mm" in patient axes (LPS)."""
    return (
        ", ".join(f"{axis} {round(at):+d}" for axis, at in zip("xyz", position_mm, strict=True)).replace("-", "−")
        + " mm"
    )


def sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text[:1].upper()}{text[1:]}."
