"""Structure names: unknown to TG-263 and to the protocol, and definitions that nothing uses."""

from collections.abc import Iterator

from rtcheck.geometry.expression import Name, names_in, parse_expression
from rtcheck.patterns import pattern
from rtcheck.protocol.file.check_fields import structures_of
from rtcheck.protocol.file.model import Constraint, Protocol, StructureDefinition
from rtcheck.protocol.language.scanner import nearest
from rtcheck.protocol.lint.message import LintMessage
from rtcheck.protocol.names.isodoses import isodose_level
from rtcheck.protocol.names.selectors import is_selector
from rtcheck.protocol.names.tg263 import is_tg263, nearest_tg263

_OPERATOR = pattern(r"\s[&|-]\s|[&|]")


def name_messages(protocol: Protocol) -> Iterator[LintMessage]:
    """What is odd about the names in a protocol."""
    defined = {structure.name for structure in protocol.structures}
    used = {name for name, _ in protocol.prescription.targets} if protocol.prescription else set()
    for constraint in (*protocol.constraints, *protocol.volume_eligibility):
        for name in _names(constraint, defined):
            used.add(name)
            if name not in defined and not _is_known(name):
                yield _unknown(name, defined, constraint.file, constraint.line)
    for rule in protocol.checks:
        for text in structures_of(rule):
            for name in (text,) if text in defined else _drawn(text):
                used.add(name)
                if name not in defined and not _is_known(name):
                    yield _unknown(name, defined, rule.file, rule.line)
    for structure in protocol.structures:
        for name in _names_behind(structure):
            used.add(name)
            if name not in defined and not _is_known(name):
                yield _unknown(name, defined, structure.file, structure.line)
    for structure in protocol.structures:
        if structure.name not in used:
            yield LintMessage(
                file=structure.file,
                line=structure.line,
                code="definition.unused",
                text=f'the structure "{structure.name}" is defined but not used',
                suggestion="use it in a constraint, or remove the definition",
            )


def _is_known(name: str) -> bool:
    return is_tg263(name) or isodose_level(name) is not None


def _names(constraint: Constraint, defined: set[str]) -> Iterator[str]:
    """Every structure name of a constraint, those inside expressions included."""
    texts = [*constraint.structures, *constraint.also_where_drawn, *constraint.surrogates]
    texts += [text for reading in constraint.readings for text in reading.structures or ()]
    texts += [condition.name for condition in constraint.when if condition.kind.startswith("structure")]
    if constraint.target:
        texts.append(constraint.target)
    for text in texts:
        if not is_selector(text):
            yield from (text,) if text in defined else _drawn(text)


def _names_behind(structure: StructureDefinition) -> Iterator[str]:
    yield from _drawn(structure.derive_text) if structure.derive_text else ()
    yield from structure.surrogates


def _drawn(text: str) -> Iterator[str]:
    """The structure names in an expression; `all GTV` names none."""
    yield from (leaf.name for leaf in names_in(parse_expression(text)) if isinstance(leaf, Name))


def _unknown(name: str, defined: set[str], file: str, line: int) -> LintMessage:
    if _OPERATOR.search(name):
        return LintMessage(
            file=file,
            line=line,
            code="name.quoted-expression",
            text=f'"{name}" is one name, because it has quotes of its own',
            suggestion="remove the inner quotes if an expression is meant",
        )
    near = dict.fromkeys((*nearest(name, defined), *nearest_tg263(name)))
    definition = "define it under `structures:`, with `also_named`"
    return LintMessage(
        file=file,
        line=line,
        code="name.unknown",
        text=f'"{name}" is neither a TG-263 name nor defined under `structures:`',
        suggestion=f"write {' or '.join(near)}, or {definition}" if near else definition,
    )
