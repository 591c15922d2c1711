"""Structures as a protocol writes them: "Liver - all GTV" -> an expression, and the names that it holds."""

from collections.abc import Iterator

from rtcheck.geometry.expression import AllOf, Difference, Expression, Intersection, Margin, Name, Union


def parse_structure(text: str) -> Expression:
    """The expression that `text` states; a plain name is one, too."""
    from rtcheck.geometry import expression

    parse = getattr(expression, "parse_expression", Name)  # until it lands
    parsed: Expression = parse(text)
    return parsed


def names_in_text(text: str) -> tuple[str, ...]:
    """The structure names in `text`, each once; `all GTV` names none."""
    return tuple(dict.fromkeys(_names(parse_structure(text))))


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name=name):
            yield name
        case AllOf():
            return
        case Margin(of=inner):
            yield from _names(inner)
        case Union(left=left, right=right) | Intersection(left=left, right=right) | Difference(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
