"""A protocol -> the YAML file in which its clinical facts are filled in, every fact with a comment."""

from rtcheck.protocol.clinical.values import FROM_DICOM, asked_facts
from rtcheck.protocol.file.model import FactRule, Protocol

_COMMENT_COLUMN = 36
_HEAD = """\
# Clinical facts of one patient for the protocol {name}{title}.
# Fill in what is known and leave the rest empty: it is listed as not given, never assumed.
#
#     rtcheck PATH --protocol {name} --facts THIS_FILE

"""


def facts_template(protocol: Protocol) -> str:
    """The commented YAML file to fill in; read back as it stands it gives no facts."""
    rules: dict[str, list[FactRule]] = {}
    for rule in protocol.facts:
        rules.setdefault(rule.fact, []).append(rule)
    title = f": {protocol.title}" if protocol.title else ""
    lines = [_line("reference_date", "reference date such as 2025-03-31; if empty, the date of the plan")]
    for name in asked_facts(protocol):
        lines.extend(_fact_lines(name, rules.get(name, [])))
    attested = [rule for rule in protocol.checks if rule.code.startswith("attest.")]
    if attested:
        lines += ["", "# Attested by a person, e.g. {by: A. Physicist, on: 2026-01-31}; a no needs `answer: no`, and"]
        lines += ["# `because:` with the reason why it is acceptable.", "attested:"]
        lines += [f"  {_line(rule.code.partition('.')[2], rule.text)}" for rule in attested]
    return _HEAD.format(name=protocol.name, title=title) + "\n".join(lines) + "\n"


def _fact_lines(name: str, rules: list[FactRule]) -> list[str]:
    if not rules:
        return [_line(name, _how_to_give(name, None))]
    rule = rules[0]
    asked = " and ".join(one.text for one in rules)
    unit = f" {rule.unit}" if rule.unit else ""
    label = rule.label or name
    condition = f", only if {rule.only_if}" if rule.only_if else ""
    lines = [_line(name, f"{label}: {asked}{unit}{condition}{_parenthesis(_how_to_give(name, rule))}")]
    if rule.times_uln:
        lines.append(_line(f"{name}_uln", "upper limit of normal (ULN) of the laboratory, in the same unit"))
    return lines


def _how_to_give(name: str, rule: FactRule | None) -> str:
    """How the value is written, where the rule does not show it."""
    if name in FROM_DICOM:
        return f"{FROM_DICOM[name]} in the DICOM files, if empty"
    if rule is None:
        return "yes or no"
    if rule.longer_ago_than is not None:
        return "date, or never"
    return ""


def _parenthesis(text: str) -> str:
    return f" ({text})" if text else ""


def _line(name: str, comment: str) -> str:
    return f"{name}:".ljust(_COMMENT_COLUMN) + f"# {comment}"
