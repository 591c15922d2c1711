"""Report -> the verdict's reason in one sentence, which every format states, and the counts under it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtcheck.report.telling import amounts, words
from rtcheck.results import CheckItem, Outcome, Report, Result

_NAMED_AT_MOST = 3


class Piece(NamedTuple):
    """A run of the sentence; the numbers that decide are strong."""

    text: str
    is_strong: bool = False


Sentence = tuple[Piece, ...]


def reason_of(report: Report) -> str:
    """The sentence as plain text."""
    return "".join(piece.text for piece in sentence_of(report))


def sentence_of(report: Report) -> Sentence:
    """ "Stomach Dmax < 54 Gy is not met: 55.20 Gy, 1.20 Gy over." The worst failure first, the others named."""
    if report.failure:
        return (Piece(report.failure),)
    match report.verdict:
        case "fail":
            return _failing(report)
        case "not_evaluated":
            return _not_evaluated(report)
        case "variation":
            return _varying(report)
        case _:
            return _passing(report)


def _varying(report: Report) -> Sentence:
    varied = [result for result in _required(report) if result.outcome == "variation"]
    return (*_worst_and_others(varied), Piece("."), *_about_waived(report), *_about_advisory(report))


def _failing(report: Report) -> Sentence:
    violated = sorted((r for r in _required(report) if r.outcome == "violated"), key=_relative_margin)
    items = [item for item in _required_items(report) if item.outcome == "violated"]
    unknown = tuple(_about_unknown(report))
    if violated:
        return (*_worst_and_others(violated, items), Piece("."), *unknown)
    if not items:
        return (Piece("A requirement of the protocol is not met."), *unknown)
    first, *others = items
    expected = f", expected {words.typeset(first.expected)}"
    also = _also([item.item for item in others])
    return (Piece(f"{first.item}: "), Piece(first.found, True), Piece(expected), *also, Piece("."), *unknown)


def _about_unknown(report: Report) -> Iterator[Piece]:
    """ " 2 requirements could not be evaluated: Liver Dmean < 24 Gy and Duodenum Dmax < 54 Gy."; nothing for none."""
    names = [_named(result) for result in _required(report) if result.outcome == "not_evaluated"]
    names += [item.item for item in _required_items(report) if item.outcome == "not_evaluated"]
    if names:
        counted = words.counted(len(names), "requirement")
        yield Piece(f" {counted} could not be evaluated: {words.listed(names, most=_NAMED_AT_MOST)}.")


def _not_evaluated(report: Report) -> Sentence:
    missing = [result for result in _required(report) if result.outcome == "not_evaluated"]
    items = [item for item in _required_items(report) if item.outcome == "not_evaluated"]
    if missing or items:
        names = [*map(_named, missing), *(item.item for item in items)]
        why = (_why_not(missing[0]) if missing else items[0].note).strip().rstrip(".")
        also = f"; also {words.listed(names[1:], most=_NAMED_AT_MOST)}" if names[1:] else ""
        return (Piece(names[0], True), Piece(f" could not be evaluated{': ' if why else ''}{why}{also}."))
    advisory = [result for result in report.results if not result.is_required]
    was_judged = any(result.outcome not in ("not_evaluated", "not_applicable") for result in advisory)
    if was_judged and not _required(report) and not _required_items(report):
        return (Piece("This protocol requires nothing: its constraints are advisory."), *_about_advisory(report))
    return (Piece("Nothing of this protocol could be evaluated on this plan."),)


def _passing(report: Report) -> Sentence:
    required = _required(report)
    outcomes: list[Outcome] = [result.outcome for result in required]
    outcomes += [item.outcome for item in _required_items(report)]
    count, waived = sum(outcome != "not_applicable" for outcome in outcomes), outcomes.count("waived")
    every = f"All {count} requirements are" if count > 1 else "The requirement is"
    said = f"{every} {'waived' if waived == count else 'met'}"
    if 0 < waived < count:
        said = f"{count - waived} of {count} requirements are met and {waived} {'is' if waived == 1 else 'are'} waived"
    return (
        Piece(said),
        *_tightest(required),
        Piece("."),
        *_about_waived(report),
        *_about_close(report),
        *_about_advisory(report),
    )


def _tightest(required: Sequence[Result]) -> Iterator[Piece]:
    """ "; the smallest margin is that of Stomach Dmax < 54 Gy, 1.20 Gy to spare"."""
    valued = [result for result in required if result.outcome == "met" and result.margin is not None]
    if valued:
        tightest = min(valued, key=_relative_margin)
        yield Piece(f"; the smallest margin is that of {_named(tightest)}, ")
        yield Piece(amounts.margin_text(tightest.margin, tightest.goal), True)


def _about_waived(report: Report) -> Iterator[Piece]:
    waived = [_named(result) for result in _required(report) if result.outcome == "waived"]
    waived += [item.item for item in _required_items(report) if item.outcome == "waived"]
    if waived:
        yield Piece(f" Waived: {words.listed(waived)}.")


def _about_close(report: Report) -> Iterator[Piece]:
    close = [_named(result) for result in _required(report) if result.is_borderline]
    if close:
        yield Piece(f" Borderline: {words.listed(close)}.")


def _about_advisory(report: Report) -> Iterator[Piece]:
    """ " Of 3 advisory constraints 1 violated and 1 not evaluated."; nothing where all are met."""
    advisory = [result for result in report.results if not result.is_required]
    violated = sum(result.outcome == "violated" for result in advisory)
    unknown = sum(result.outcome == "not_evaluated" for result in advisory)
    counts = [f"{violated} violated"] if violated else []
    counts += [f"{unknown} not evaluated"] if unknown else []
    if counts:
        yield Piece(f" Of {words.counted(len(advisory), 'advisory constraint')} {' and '.join(counts)}.")


def _worst_and_others(results: Sequence[Result], items: Sequence[CheckItem] = ()) -> Iterator[Piece]:
    """ "Stomach Dmax < 54 Gy is not met: 55.20 Gy, 1.20 Gy over; also Duodenum Dmax < 54 Gy"."""
    if not results:
        return
    worst, *others = results
    yield Piece(f"{_named(worst)} is not met")
    if worst.measurement.value is not None:
        bounds = amounts.bounds_text(worst.measurement)
        value = bounds or amounts.value_text(worst.measurement, limit=worst.goal.limit)
        margin = amounts.margin_text(worst.margin, worst.goal)
        yield Piece(": ")
        yield Piece(f"{value}, {margin}" if margin else value, True)
    if varied := words.typeset(worst.variation_text):
        yield Piece(f", {'within' if worst.outcome == 'variation' else 'beyond'} the acceptable variation {varied}")
    yield from _also([*map(_named, others), *(item.item for item in items)])


def _also(names: Sequence[str]) -> Iterator[Piece]:
    if names:
        yield Piece(f"; also {words.listed(names, most=_NAMED_AT_MOST)}")


def _named(result: Result) -> str:
    return f"{result.structure} {words.goal_text(result.goal)}"


def _why_not(result: Result) -> str:
    """Why a required result has no value that could be judged."""
    reasons = [match.reason for match in result.matched if match.reason]
    return next(iter((*reasons, result.measurement.undefined or "", *result.notes)), "")


def _required(report: Report) -> list[Result]:
    return [result for result in report.results if result.is_required]


def _required_items(report: Report) -> list[CheckItem]:
    return [item for item in (*report.prescription, *report.eligibility, *report.plan_checks) if item.is_required]


def _relative_margin(result: Result) -> float:
    """The margin as a share of the limit; what has none comes first."""
    if result.margin is None:
        return float("-inf")
    return result.margin / abs(result.goal.limit) if result.goal.limit else result.margin


def summary_of(report: Report) -> tuple[str, ...]:
    """The counts: constraints first, then the score, what is not drawn, then prescription and eligibility."""
    return tuple(
        line for line in (_constraint_counts(report), _score(report), _not_drawn(report), _item_counts(report)) if line
    )


def _score(report: Report) -> str:
    return words.score_text(report.score) + "." if report.score else ""


def _not_drawn(report: Report) -> str:
    """ "Not contoured, therefore not applicable: Stomach, Duodenum." Every structure is named; "" for none."""
    names = dict.fromkeys(result.structure for result in report.results if result.is_not_drawn)
    return f"Not contoured, therefore not applicable: {', '.join(names)}." if names else ""


def _constraint_counts(report: Report) -> str:
    results = report.results
    if not results and report.plan_checks:
        return ""
    if not results:
        return "No constraint was evaluated."
    met = [result for result in results if result.outcome == "met"]
    close = [result.structure for result in met if result.is_borderline]
    said = f"{len(met)} of {words.counted(len(results), 'constraint')} met"
    said += f", {len(close)} of them borderline ({words.listed(tuple(dict.fromkeys(close)))})" if close else ""
    sentences = [said]
    for outcome, text in (
        ("variation", "within variation"),
        ("waived", "waived"),
        ("not_applicable", "not applicable"),
    ):
        count = sum(result.outcome == outcome for result in results)
        sentences += [f"{count} {text}"] if count else []
    advisory = [result.structure for result in results if result.outcome == "violated" and not result.is_required]
    sentences += [f"{len(advisory)} advisory not met ({words.listed(tuple(advisory))})"] if advisory else []
    missing = [result for result in results if result.outcome == "not_evaluated"]
    named = words.listed(tuple(dict.fromkeys(result.structure for result in missing)), most=3)
    sentences += [f"{len(missing)} not evaluated ({named})"] if missing else []
    return ". ".join(sentences) + "."


def _item_counts(report: Report) -> str:
    sentences = []
    if report.prescription:
        unmet = [item.item for item in report.prescription if item.outcome == "violated" and not item.warns_only]
        warned = [item.item for item in report.prescription if item.outcome == "violated" and item.warns_only]
        unknown = [item.item for item in report.prescription if item.outcome == "not_evaluated"]
        said = "Prescription within the protocol"
        said = f"Prescription not evaluated ({words.listed(unknown)})" if unknown else said
        said = f"Prescription outside the protocol ({words.listed(unmet)})" if unmet else said
        sentences.append(said + (f", with a warning ({words.listed(warned)})" if warned else ""))
    if report.eligibility:
        unmet = [item.item for item in report.eligibility if item.outcome == "violated" and not item.warns_only]
        absent = sum(not item.given for item in report.eligibility)
        parts = [f"{len(unmet)} not met ({words.listed(unmet)})"] if unmet else []
        unknown = [item.item for item in report.eligibility if item.outcome == "not_evaluated" and item.given]
        parts += [f"{len(unknown)} not evaluated ({words.listed(unknown)})"] if unknown else []
        parts += [f"{words.counted(absent, 'fact')} not given"] if absent else []
        sentences.append("Eligibility: " + (", ".join(parts) or "all items met"))
    if report.plan_checks:
        sentences.append(_plan_check_counts(report.plan_checks))
    return ". ".join(sentences) + "." if sentences else ""


def _plan_check_counts(items: Sequence[CheckItem]) -> str:
    """ "Plan checks: 14 of 17 met, 1 not met (Isocentre), 1 not evaluated (Dose algorithm)"."""
    asked = [item for item in items if item.outcome != "not_applicable"]
    told = [f"{sum(item.outcome == 'met' for item in asked)} of {len(asked)} met"]
    groups = (
        ("not met", [item for item in asked if item.outcome == "violated" and item.is_required]),
        ("advisory not met", [item for item in asked if item.outcome == "violated" and item.warns_only]),
        ("not evaluated", [item for item in asked if item.outcome == "not_evaluated"]),
    )
    told += [f"{len(some)} {what} ({words.listed([each.item for each in some])})" for what, some in groups if some]
    return f"Plan checks: {', '.join(told)}"
