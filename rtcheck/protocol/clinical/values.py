"""Clinical facts: a YAML file of facts about one patient -> Facts; which facts a protocol asks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from pathlib import Path

from rtcheck.notices import Notice
from rtcheck.patterns import pattern
from rtcheck.protocol.clinical.attested import Attestation, read_attested
from rtcheck.protocol.file.document import Faults, Item, parse_document, read_bytes
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.language.scanner import did_you_mean
from rtcheck.values import dataclass

FactValue = bool | float | date | str  # an int counts as a float

# Facts that the check fills from the DICOM files where the facts file leaves them out.
FROM_DICOM = {"age": "years, from the birth date", "female": "yes or no, from the patient's sex"}

_WORDS = {"true": True, "yes": True, "false": False, "no": False, "never": False, "none": False}
_NUMBER = pattern(r"[+-]?[0-9]+(?:\.[0-9]+)?$")
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$")


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
        """Whole numbers, as Python code gives them, are numbers like those of a file."""
        values = {
            name: float(value) if isinstance(value, int) and not isinstance(value, bool) else value
            for name, value in self.values.items()
        }
        object.__setattr__(self, "values", values)

    def get(self, name: str) -> FactValue | None:
        return self.values.get(name)

    def completed(self, **values: FactValue | None) -> "Facts":
        """These facts with `values` added where they are not given; None adds nothing."""
        known = {name: value for name, value in values.items() if value is not None}
        return replace(self, values={**known, **self.values})


def read_facts(path: str | Path) -> Facts:
    """The facts in a YAML file of names and values; empty values count as not given.

    Raises:
        ProtocolError: the file has faults; its text lists all of them with file and line.
    """
    path = Path(path)
    faults = Faults(path)
    root = parse_document(read_bytes(path, what="facts file"), faults)
    if root is None or root.is_empty:
        return Facts(path=path)
    if not root.is_mapping:
        root.note(f"expected names with values, such as ecog: 1, found {root.kind}")
        faults.raise_if_any()
    values: dict[str, FactValue] = {}
    uln: dict[str, float] = {}
    lines: dict[str, int] = {}
    attested: dict[str, Attestation] = {}
    for name, key, item in root.named_pairs():
        lines[name] = key.line
        if name == "attested" and not item.is_empty:
            attested = read_attested(item)
            continue
        _read_fact(name, item, values, uln)
    reference_date = values.pop("reference_date", None)
    if reference_date is not None and not isinstance(reference_date, date):
        faults.add_line(
            lines["reference_date"], f'reference_date: expected a date such as 2025-03-31, found "{reference_date}"'
        )
        reference_date = None
    faults.raise_if_any()
    return Facts(values=values, uln=uln, attested=attested, reference_date=reference_date, path=path, lines=lines)


def _read_fact(name: str, item: Item, values: dict[str, FactValue], uln: dict[str, float]) -> None:
    """Puts the fact into `values` or `uln`; {value: 20, uln: 17} gives both."""
    if item.is_mapping:
        for key, inner in item.pairs():
            if key.scalar == "value":
                _read_fact(name, inner, values, uln)
            elif key.scalar == "uln":
                _read_fact(f"{name}_uln", inner, values, uln)
            else:
                key.note("expected value and uln, as in {value: 20, uln: 17}")
        return
    if item.is_empty or (item.scalar is not None and not item.scalar.strip()):
        return
    if item.scalar is None:
        item.note(f"expected one value, found {item.kind}")
        return
    value = _value(item.scalar.strip())
    if not name.endswith("_uln"):
        values[name] = value
    elif isinstance(value, float) and value > 0:
        uln[name.removesuffix("_uln")] = value
    else:
        item.note(f"expected the upper limit of normal, a number above 0, found {item.kind}")


def _value(text: str) -> FactValue:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.match(text):
        return float(text)
    if _DAY.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text


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
