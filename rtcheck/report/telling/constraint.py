"""Result -> Row: one constraint as text, with all that a reader may ask about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rtcheck.checking.rules import is_borderline, is_met
from rtcheck.protocol.file.model import Goal, Source
from rtcheck.report.telling import amounts, outcomes, words
from rtcheck.report.telling.manner import Manner
from rtcheck.report.telling.outcomes import Word
from rtcheck.report.telling.robustness import scale_to_flip
from rtcheck.results import Match, Place, ReadingResult, Result
from rtcheck.values import dataclass

DERIVED = "derived"
_FAR = 3.0  # a scale beyond this says no more than that there is room


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLine:
    """Another reading: what it is, its goal and value, and what it would say."""

    label: str
    goal: str
    value: str
    word: Word
    changes_outcome: bool

    @property
    def text(self) -> str:
        """ "D0.03cc instead of Dmax: Stomach D0.03cc < 54 Gy, 53.20 Gy, met (would change the outcome)"."""
        changes = " (would change the outcome)" if self.changes_outcome else ""
        return f"{self.label}: {self.goal}, {self.value}, {self.word.text.lower()}{changes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One constraint as text; `result` has the numbers for whoever draws them.

    `other_unit` is a part of a volume in its other unit, percent or cc.
    `drawn` is what the structure is called in the files, where that differs; `matched` adds by what rule it was met.
    Of a structure that the dose grid cuts `value` is what it is at least and at most, without an uncertainty.
    """

    key: str
    result: Result
    structure: str
    drawn: str
    matched: str
    metric: str
    limit: str
    goal: str
    variation: str
    value: str
    other_unit: str
    uncertainty: str
    band: str
    bounds: str
    margin: str
    signed_margin: str
    share: str
    word: Word
    priority: str
    readings: tuple[ReadingLine, ...]
    remarks: tuple[str, ...]
    where: tuple[str, ...]
    sentence: str
    citation: str
    url: str

    @property
    def name(self) -> str:
        """ "Stomach Dmax < 54 Gy"."""
        return f"{self.structure} {self.goal}"

    @property
    def value_with_uncertainty(self) -> str:
        """ "23.41 ± 0.05 Gy", "18.20 to 31.70 Gy" for bounds; "" without a value."""
        return f"{self.value.partition(' ')[0]} {self.uncertainty}" if self.uncertainty else self.value

    @property
    def is_plain(self) -> bool:
        """Met and not close, by a limit and a metric of no model: nothing about it has to be explained."""
        is_simple = self.result.by_volume is None and self.result.goal.metric.model is None
        return self.word.kind == "met" and is_simple


def row_of(key: str, result: Result, sources: Mapping[str, Source], manner: Manner) -> Row:
    """The constraint as text; `sources` are the protocol's by their ids."""
    constraint, measurement, goal = result.constraint, result.measurement, result.goal
    source = sources.get(constraint.source)
    share, bounds = amounts.share_of_limit(result), amounts.bounds_text(measurement)
    value = amounts.value_text(measurement, limit=goal.limit) if measurement.value is not None else ""
    return Row(
        key=key,
        result=result,
        structure=result.structure,
        drawn=", ".join(dict.fromkeys(filter(None, (_drawn_text(match, manner) for match in result.matched)))),
        matched="; ".join(filter(None, (manner.clean(_match_text(match, manner)) for match in result.matched))),
        metric=amounts.metric_text(goal.metric, measurement),
        limit=words.limit_text(goal),
        goal=words.goal_text(goal, measurement),
        variation=words.typeset(result.variation_text),
        value=bounds or value,
        other_unit=amounts.other_unit_text(measurement),
        uncertainty="" if bounds else amounts.uncertainty_text(measurement),
        band=amounts.band_text(measurement),
        bounds=bounds,
        margin=amounts.margin_text(result.margin, goal),
        signed_margin=amounts.signed_margin_text(result.margin, goal),
        share=f"at worst, {share}" if bounds and share else share,
        word=outcomes.result_word(result),
        priority=_priority(constraint.priority),
        readings=tuple(_reading(reading, manner) for reading in result.readings),
        remarks=tuple(dict.fromkeys(manner.clean(words.typeset(text)) for text in _remarks(result))),
        where=tuple(manner.clean(text) for text in _where(result)),
        sentence=constraint.sentence,
        citation=source.citation if source else constraint.source,
        url=source.url if source else "",
    )


def numbered(limits: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Each (structure, goal) with how often it came before: one limit may be set for each of two targets."""
    seen: Counter[tuple[str, str]] = Counter()
    for limit in limits:
        yield *limit, seen[limit]
        seen[limit] += 1


def _priority(priority: str) -> str:
    return {"required": "", "1": "", "advisory": "advisory"}.get(priority, f"priority {priority}")


def _drawn_text(match: Match, manner: Manner) -> str:
    """The ROIs behind a name where they are not simply called so, or "derived"."""
    if match.reason or not match.rois or match.rois == (match.asked,):
        return ""
    if match.how.startswith("derived"):
        return DERIVED
    return " + ".join(f"ROI {n}" for n in match.numbers) if manner.is_anonymous else " + ".join(match.rois)


def _match_text(match: Match, manner: Manner) -> str:
    """How a name was met, where that needs saying: an exact name of its own does not."""
    if not match.rois:
        return match.reason
    if match.rois == (match.asked,) and not match.is_surrogate:
        return ""
    quoted = (f"ROI {n}" for n in match.numbers) if manner.is_anonymous else (f"“{roi}”" for roi in match.rois)
    drawn = " + ".join(quoted)
    if not match.how.startswith("derived"):
        return f"{drawn}, {words.typeset(match.how)}" if match.how else drawn
    if manner.is_anonymous:
        return f"{match.how}, made of {drawn}" if match.members else match.how
    return "; ".join((match.how, *map(str, match.members)))


def _reading(reading: ReadingResult, manner: Manner) -> ReadingLine:
    measurement = reading.measurement
    valued = amounts.bounds_text(measurement) or amounts.value_with_uncertainty(measurement, limit=reading.goal.limit)
    return ReadingLine(
        label=manner.clean(words.typeset(reading.label)),
        goal=f"{reading.structure} {words.goal_text(reading.goal, measurement)}",
        value=valued if measurement.value is not None else measurement.undefined or "undefined",
        word=outcomes.outcome_word(reading.outcome),
        changes_outcome=reading.changes_outcome,
    )


def _remarks(result: Result) -> Iterator[str]:
    """Why the outcome is what it is, in sentences."""
    if result.measurement.undefined:
        yield words.sentence(result.measurement.undefined)
    if result.waiver:
        yield words.sentence(f"Waived: {result.waiver}")
    reason = "; ".join(result.measurement.reasons)
    if reason and result.measurement.is_uncertain and not any(reason in note for note in result.notes):
        yield words.sentence(f"{reason}: the value is {amounts.bounds_text(result.measurement)}")
    if result.is_borderline and is_borderline(result.goal, result.measurement):
        flips = f": {words.listed(result.band_flips)} would change the outcome" if result.band_flips else ""
        band = amounts.band_text(result.measurement)
        within = f"convention band ({band})" if band else "numerical uncertainty of the value"
        yield f"The limit lies within the {within}{flips}."
    if result.score is not None:
        yield words.sentence(words.score_text(result.score))
    yield from map(words.sentence, result.notes)
    if result.constraint.note:
        yield words.sentence(result.constraint.note)
    if result.peers:
        yield words.peers_text(result.peers, result.goal.unit)


def _where(result: Result) -> Iterator[str]:
    """The hot spot and what could be done, in sentences."""
    if place := result.place:
        point = point_word(place).capitalize()
        yield f"{point} {place.dose_gy:.2f} Gy at {amounts.position_text(place.position_mm)}."
        if beyond := beyond_limit(place, result.goal):
            yield f"{beyond}."
        yield from map(words.sentence, place.sentences)
        if place.beams:
            shares = ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in place.beams[:4])
            yield f"The dose there comes from {shares}."
    if result.achievable:
        yield achievable_text(result)
    if result.headroom and (result.headroom.scale or 0.0) < _FAR and (scaled := scale_to_flip(result)):
        yield f"It {scaled}."


def achievable_text(result: Result) -> str:
    """What the geometry allows, with what is assumed: "Lowest achievable value: 12.30 Gy (...), within the limit."."""
    best, goal = result.achievable, result.goal
    assert best is not None
    which = "Lowest" if goal.is_upper_limit else "Highest"
    if best.value is None:
        return words.sentence(f"{which} achievable value: not computed, {best.reason}")
    value = amounts.value_text(replace(result.measurement, value=best.value), limit=goal.limit)
    targets = words.listed(tuple(f"{name} at {dose_gy:g} Gy" for name, dose_gy in best.targets))
    assumed = f"assuming {targets} and a dose that falls by {100 * best.fall_off:g} % per mm outside"
    reach = "which would meet the limit" if is_met(goal, best.value) else "which would not meet the limit either"
    if best.is_beaten_by(result.measurement.value, goal):
        reach += "; the dose of this plan falls more steeply"
    return f"{which} achievable value: {value}, {reach} ({assumed})."


def point_word(place: Place) -> str:
    """Which point of a structure the place of its limit is."""
    return "coldest point" if place.is_cold else "hottest point"


def beyond_limit(place: Place, goal: Goal) -> str:
    """ "1.76 cc exceed the limit", or fall short of it, or are to be spared; "" where no volume is known."""
    if place.under_limit_cc is not None:
        return f"{_small_cc(place.under_limit_cc)} fall short of the limit"
    if place.over_limit_cc is None:
        return ""
    said = "exceed the limit" if goal.is_upper_limit else "more must be spared"
    return f"{_small_cc(place.over_limit_cc)} {said}"


def _small_cc(volume_cc: float) -> str:
    """ "1.76 cc"; never "0.00 cc" for what is there."""
    return f"{volume_cc:.2f} cc" if volume_cc >= 0.005 or volume_cc == 0.0 else "less than 0.01 cc"
