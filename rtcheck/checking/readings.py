"""Other sensible readings of a constraint: evaluated and listed beside it; they never change an outcome.

A structure that is contoured although it can be derived is read as derived, too, where both differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.rules import worst
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Constraint, Reading
from rtcheck.results import Outcome, ReadingResult, Result

_DECIDED: tuple[Outcome, ...] = ("met", "variation", "violated")


def with_readings(constraint: Constraint, results: tuple[Result, ...], evidence: Evidence) -> tuple[Result, ...]:
    """The results, each with what the constraint's other readings say."""
    if not constraint.readings or all(result.is_not_drawn for result in results):
        return results
    quickly = replace(evidence, only_outcomes=True)
    for reading in constraint.readings:
        others = evaluate_constraint(_reread(constraint, reading), quickly)
        if _keeps_structures(constraint, reading):
            results = tuple(_with_own(result, reading, others) for result in results)
        else:
            results = _with_whole(results, reading, others)
    return results


def notices_of_readings(results: tuple[Result, ...]) -> tuple[Notice, ...]:
    """One `reading.changes-verdict` warning for each reading that would come out otherwise."""
    notices: dict[tuple[int, str, str], Notice] = {}
    for result in results:
        for reading in result.readings:
            if reading.changes_outcome and reading.outcome != result.outcome:
                key = (id(result.constraint), reading.label, reading.structure)
                notices.setdefault(key, _notice(result, reading))
    return tuple(notices.values())


def notices_of_derived_outcomes(
    results: Iterable[Result], differing: Iterable[Notice], evidence: Evidence
) -> Iterator[Notice]:
    """One doubt for each limit that a structure meets as contoured and violates as derived: which is right is unknown.

    `differing` names the structures whose contours are not what their derivation gives.
    """
    names = {name for notice in differing for name in notice.structures}
    protocol = evidence.protocol
    derived = {each.name: each for each in protocol.structures if each.name in names}
    as_defined = tuple(replace(each, name=each.derive_text) for each in derived.values())  # with the same alpha/beta
    protocol = replace(protocol, structures=(*protocol.structures, *as_defined))
    quickly = replace(evidence, only_outcomes=True, protocol=protocol)
    for result in results:
        if result.structure not in derived or result.outcome not in ("met", "variation"):
            continue
        derivation = derived[result.structure].derive_text
        as_derived = replace(
            result.constraint, structures=(derivation,), combine="each", also_where_drawn=(), readings=()
        )
        if any(other.outcome == "violated" for other in evaluate_constraint(as_derived, quickly)):
            yield Notice(
                code="structure.derivation-decides",
                text=f"{result.structure} {result.goal.text} is {_words(result.outcome)} as contoured, but violated by "
                f"{derivation}, from which the protocol derives the structure",
                structures=(result.structure,),
            )


def _notice(result: Result, reading: ReadingResult) -> Notice:
    return Notice(
        code="reading.changes-verdict",
        text=f"{result.structure} {result.goal.text} is {_words(result.outcome)}; in the reading "
        f'"{reading.label}" ({reading.structure} {reading.goal.text}) it would be {_words(reading.outcome)}',
        structures=(result.structure,),
    )


def _reread(constraint: Constraint, reading: Reading) -> Constraint:
    """The constraint as the reading has it."""
    return replace(
        constraint,
        structures=reading.structures or constraint.structures,
        goal=reading.goal or constraint.goal,
        combine=reading.combine or constraint.combine,
        also_where_drawn=constraint.also_where_drawn if _keeps_structures(constraint, reading) else (),
        readings=(),
    )


def _keeps_structures(constraint: Constraint, reading: Reading) -> bool:
    return reading.structures is None and reading.combine in (None, constraint.combine)


def _with_own(result: Result, reading: Reading, others: tuple[Result, ...]) -> Result:
    """The result with the reading of its own structure (Dmax read as D0.03cc)."""
    own = [_as_reading(other, reading, result.outcome) for other in others if other.structure == result.structure]
    return replace(result, readings=(*result.readings, *own))


def _with_whole(results: tuple[Result, ...], reading: Reading, others: tuple[Result, ...]) -> tuple[Result, ...]:
    """The results with a reading of the constraint as a whole (each kidney read as both together).

    Such a reading changes something only where it comes out otherwise than all the results together.
    """
    overall = worst(tuple(result.outcome for result in results))
    read = worst(tuple(other.outcome for other in others))
    whole = [
        replace(_as_reading(other, reading, overall), changes_outcome=_differs(read, overall) and other.outcome == read)
        for other in others
    ]
    return tuple(replace(result, readings=(*result.readings, *whole)) for result in results)


def _as_reading(other: Result, reading: Reading, outcome: Outcome) -> ReadingResult:
    return ReadingResult(
        label=reading.label,
        structure=other.structure,
        goal=other.goal,
        measurement=other.measurement,
        outcome=other.outcome,
        changes_outcome=_differs(other.outcome, outcome),
    )


def _differs(read: Outcome, outcome: Outcome) -> bool:
    """Whether a reading comes out otherwise. Where either could not be evaluated, nothing can be said."""
    return read in _DECIDED and outcome in _DECIDED and read != outcome


def _words(outcome: Outcome) -> str:
    return outcome.replace("_", " ")
