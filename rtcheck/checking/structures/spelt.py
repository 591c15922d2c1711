"""A name as a protocol spells it -> the expression or the plain name that it is."""

from functools import lru_cache

from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import Expression, Name, parse_expression


def expression_in(name: str) -> Expression | None:
    """The expression that a name spells ("Liver - GTV", "all PTV"), or None for a plain name."""
    parsed = _parsed(name)
    return None if isinstance(parsed, Name) else parsed


def is_expression(name: str) -> bool:
    """Whether a name spells an expression over other structures."""
    return expression_in(name) is not None


def unquoted(name: str) -> str:
    """The name without the quotes or parentheses that an expression would need around it."""
    parsed = _parsed(name)
    return parsed.name if isinstance(parsed, Name) else name


@lru_cache(maxsize=1000)
def _parsed(name: str) -> Expression | None:
    try:
        return parse_expression(name)
    except GoalSyntaxError:
        return None
