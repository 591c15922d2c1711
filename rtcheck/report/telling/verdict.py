"""Report -> the verdict and why, in one sentence, and the counts under it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtcheck.report.telling import amounts, outcomes
from rtcheck.results import CheckItem, Report, Result


class Piece(NamedTuple):
    """A run of the sentence; the numbers that decide are strong."""

    text: str
    is_strong: bool = False


Sentence = tuple[Piece, ...]


def sentence_of(report: Report) -> Sentence:
    """ "Fails: Stomach Dmax 55.20 Gy, limit < 54 Gy (1.20 Gy over)." The worst failure first, the others named."""
    required = [result for result in report.results if result.is_required]
    match report.verdict:
        case "fail":
            return _fail_sentence(report, required)
        case "not_evaluated":
            missing = [result for result in required if result.outcome == "not_evaluated"]
            if missing:
                named = outcomes.listed([_named(result) for result in missing], most=3)
                return (Piece("Not evaluated: "), Piece(named, True), Piece(f" ({_why_not(missing[0])})."))
        case "variation":
            varied = [result for result in report.results if result.outcome == "variation"]
            if varied:
                return (
                    Piece("Within accepted variation: "),
                    *_numbers_of(varied[0]),
                    *_and_others(varied[1:]),
                    Piece("."),
                )
        case "pass":
            return _pass_sentence(report, required)
    return (Piece(f"{report.reason.strip().rstrip('.')}."),)


def _fail_sentence(report: Report, required: Sequence[Result]) -> Sentence:
    violated = sorted((result for result in required if result.outcome == "violated"), key=_relative_margin)
    items = [item for item in (*report.prescription, *report.eligibility) if _is_unmet(item)]
    if violated:
        also = [_named(result) for result in violated[1:]] + [
            item.item for item in items if item in report.prescription
        ]
        return (Piece("Fails: "), *_numbers_of(violated[0]), *_also(also), Piece("."))
    if items:
        first = items[0]
        asked = f", the protocol asks for {outcomes.typeset(first.expected)}"
        return (
            Piece(f"Fails: {first.item} "),
            Piece(first.found, True),
            Piece(asked),
            *_also([i.item for i in items[1:]]),
            Piece("."),
        )
    return (Piece(f"Fails: {report.reason.strip().rstrip('.')}."),)


def _pass_sentence(report: Report, required: Sequence[Result]) -> Sentence:
    met = [result for result in required if result.outcome == "met" and result.margin is not None]
    if not met:
        return (Piece(f"{report.reason.strip().rstrip('.')}."),)
    tightest = min(met, key=_relative_margin)
    said = (
        f"Passes: all {outcomes.counted(len(met), 'required constraint')} met"
        if len(met) > 1
        else "Passes: the constraint is met"
    )
    spare = amounts.margin_text(tightest)
    return (Piece(f"{said}; the tightest is {_named(tightest)}, "), Piece(spare, True), Piece("."))


def _numbers_of(result: Result) -> Iterator[Piece]:
    yield Piece(f"{_named(result)} ")
    if result.measurement.value is not None:
        yield Piece(amounts.value_text(result.measurement, limit=result.goal.limit), True)
        yield Piece(f", limit {outcomes.typeset(amounts.limit_text(result.goal))} ")
        yield Piece(f"({amounts.margin_text(result)})", True)


def _and_others(results: Sequence[Result]) -> Iterator[Piece]:
    yield from _also([_named(result) for result in results])


def _also(names: Sequence[str]) -> Iterator[Piece]:
    if names:
        yield Piece(f"; also {outcomes.listed(tuple(names), most=3)}")


def _named(result: Result) -> str:
    return f"{result.structure} {result.goal.metric.text}"


def _why_not(result: Result) -> str:
    reasons = [match.reason for match in result.matched if match.reason]
    return (reasons or [result.measurement.undefined or "no value"])[0].rstrip(".")


def _relative_margin(result: Result) -> float:
    """The margin as a share of the limit; what has none comes first."""
    if result.margin is None:
        return float("-inf")
    return result.margin / abs(result.goal.limit) if result.goal.limit else result.margin


def _is_unmet(item: CheckItem) -> bool:
    return item.outcome == "violated" and not item.warns_only


def summary_of(report: Report) -> tuple[str, ...]:
    """The counts: constraints first, then prescription and eligibility."""
    return tuple(line for line in (_constraint_counts(report), _item_counts(report)) if line)


def _constraint_counts(report: Report) -> str:
    results = report.results
    if not results:
        return "No constraint was evaluated."
    met = [result for result in results if result.outcome == "met"]
    close = [result.structure for result in met if result.is_borderline]
    said = f"{len(met)} of {outcomes.counted(len(results), 'constraint')} met"
    said += f", {len(close)} of them borderline ({outcomes.listed(tuple(dict.fromkeys(close)))})" if close else ""
    sentences = [said]
    for outcome, text in (
        ("variation", "within variation"),
        ("waived", "waived"),
        ("not_applicable", "not applicable"),
    ):
        count = sum(result.outcome == outcome for result in results)
        sentences += [f"{count} {text}"] if count else []
    advisory = [result.structure for result in results if result.outcome == "violated" and not result.is_required]
    sentences += [f"{len(advisory)} advisory not met ({outcomes.listed(tuple(advisory))})"] if advisory else []
    missing = [result for result in results if result.outcome == "not_evaluated"]
    named = outcomes.listed(tuple(dict.fromkeys(result.structure for result in missing)), most=3)
    sentences += [f"{len(missing)} not evaluated ({named})"] if missing else []
    return ". ".join(sentences) + "."


def _item_counts(report: Report) -> str:
    sentences = []
    if report.prescription:
        unmet = [item.item for item in report.prescription if _is_unmet(item)]
        warned = [item.item for item in report.prescription if item.outcome == "violated" and item.warns_only]
        said = (
            f"Prescription outside the protocol ({outcomes.listed(tuple(unmet))})"
            if unmet
            else "Prescription within the protocol"
        )
        sentences.append(said + (f", with a warning ({outcomes.listed(tuple(warned))})" if warned else ""))
    if report.eligibility:
        unmet = [item.item for item in report.eligibility if _is_unmet(item)]
        absent = sum(not item.given for item in report.eligibility)
        parts = [f"{len(unmet)} not met ({outcomes.listed(tuple(unmet))})"] if unmet else []
        parts += [f"{outcomes.counted(absent, 'fact')} not given"] if absent else []
        sentences.append("Eligibility: " + (", ".join(parts) or "all items met"))
    return ". ".join(sentences) + "." if sentences else ""
