"""Clinical facts: what is known of one patient, and which facts a protocol asks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from pathlib import Path

from rtcheck.notices import Notice
from rtcheck.protocol.clinical.attested import Attestation
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.language.scanner import did_you_mean
from rtcheck.values import dataclass

FactValue = bool | float | date | str  # an int counts as a float

# Facts that the check fills from the DICOM files where the facts file leaves them out.
FROM_DICOM = {"age": "years, from the birth date", "female": "yes or no, from the patient's sex"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one patient, as in `Facts(values={"ecog": 1, "hiv": False, "child_pugh": "A6"})`.

    A fact that is not given is simply absent.

    `attested` are the answers to what a protocol wants attested. `uln` holds upper limits of normal by the name of the
    fact. `reference_date` is the day on which the patient is judged (enrolment); `lines` tells where each fact is in
    the file.
    """

    values: Mapping[str, FactValue] = field(default_factory=dict)
    uln: Mapping[str, float] = field(default_factory=dict)
    reference_date: date | None = None
    attested: Mapping[str, Attestation] = field(default_factory=dict)
    path: Path | None = None
    lines: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Whole numbers and times of day, as Python code gives them, are numbers and dates like those of a file."""
        object.__setattr__(self, "values", {name: _as_of_a_file(value) for name, value in self.values.items()})

    def get(self, name: str) -> FactValue | None:
        return self.values.get(name)

    def completed(self, **values: FactValue | None) -> "Facts":
        """These facts with `values` added where they are not given; None adds nothing."""
        known = {name: value for name, value in values.items() if value is not None}
        return replace(self, values={**known, **self.values})


def _as_of_a_file(value: FactValue) -> FactValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value.date() if isinstance(value, datetime) else value


def age_years(born: date, on: date) -> int:
    """Completed years of life on a day. [years]"""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def asked_facts(protocol: Protocol) -> tuple[str, ...]:
    """The names of all facts that a protocol asks for, each once, conditions before what depends on them."""
    return tuple(dict.fromkeys(_asked(protocol)))


def _asked(protocol: Protocol) -> Iterator[str]:
    for rule in protocol.facts:
        if rule.only_if:
            yield rule.only_if
        yield rule.fact
    for constraint in (*protocol.constraints, *protocol.volume_eligibility):
        yield from (condition.rule.fact for condition in constraint.when if condition.rule is not None)


def unused_facts(facts: Facts, protocol: Protocol) -> tuple[Notice, ...]:
    """A notice for each given fact that the protocol never asks for.

    It is a warning where the protocol asks for a fact of a like name that nobody gave: a slip of the pen. Else it is a
    remark: one file of facts may serve several protocols.
    """
    asked = asked_facts(protocol)
    missing = [name for name in asked if name not in facts.values]
    given = dict.fromkeys((*facts.values, *facts.uln))
    return tuple(_unused(name, missing, protocol) for name in given if name not in asked and name not in FROM_DICOM)


def _unused(name: str, missing: Iterable[str], protocol: Protocol) -> Notice:
    hint = did_you_mean(name, missing)
    text = f"The fact {name} is given, but {protocol.name} does not use it{hint or '.'}"
    return Notice(code="facts.unused", text=text, severity="warning" if hint else "info")
