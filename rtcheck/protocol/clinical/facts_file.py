"""A YAML file of facts about one patient -> Facts."""

from datetime import date
from pathlib import Path

from rtcheck.patterns import pattern
from rtcheck.protocol.clinical.attested import Attestation, read_attested
from rtcheck.protocol.clinical.values import Facts, FactValue
from rtcheck.protocol.file.document import Faults, Item, parse_document, read_bytes

_WORDS = {"true": True, "yes": True, "false": False, "no": False, "never": False, "none": False}
_NUMBER = pattern(r"[+-]?[0-9]+(?:\.[0-9]+)?$")
_DAY = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}$")


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
