"""Structure expressions: "Liver - all GTV" -> a tree (`boolean.py` makes it a solid)."""

import re

from rtcheck.errors import GoalSyntaxError
from rtcheck.patterns import pattern
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A structure by name: `Liver-GTV` without spaces is one, and so is `5350 (VMAT)`. Quotes allow any character."""

    name: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """The union of all structures of one kind: `all GTV`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Union:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Intersection:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Difference:
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Margin:
    """`of` grown (or shrunk, negative) by millimetres toward patient left, right, posterior, anterior, superior,
    inferior, in this order: the +x -x +y -y +z -z of DICOM LPS.

    `A + 5 mm`, `A - 3 mm`; anisotropic: `A + (L 5, R 5, P 7, A 5, S 8, I 8) mm`, where sides left out have none.
    """

    of: "Expression"
    margins_mm: tuple[float, float, float, float, float, float]


Expression = Name | AllOf | Union | Intersection | Difference | Margin

SIDES = "LRPASI"  # left, right, posterior, anterior, superior, inferior: +x -x +y -y +z -z
DEEPEST_NESTING = 50  # of parentheses; no person writes more


def parse_expression(text: str) -> Expression:
    """The tree of a structure expression.

    expression := meeting {("|" | " - ") meeting}, from left to right; meeting := grown {"&" grown}

    The operators - and + need spaces around them: `Liver-GTV` is a name. Raises GoalSyntaxError, which shows the place.

    >>> parse_expression("Liver - all GTV")
    Difference(left=Name(name='Liver'), right=AllOf(kind='GTV'))
    """
    parser = _Parser(text)
    expression = parser.expression()
    parser.expect_end()
    return expression


def names_in(expression: Expression) -> tuple[Name | AllOf, ...]:
    """The structures named in an expression, from left to right, each once.

    >>> names_in(parse_expression("(Liver - all GTV) | Liver"))
    (Name(name='Liver'), AllOf(kind='GTV'))
    """
    if isinstance(expression, Name | AllOf):
        return (expression,)
    if isinstance(expression, Margin):
        return names_in(expression.of)
    return tuple(dict.fromkeys(names_in(expression.left) + names_in(expression.right)))


def quoted(name: str) -> str:
    """The text that parse_expression reads as this one name: in quotes where it needs them.

    >>> quoted("Liver"), quoted("Liver - GTV")
    ('Liver', '"Liver - GTV"')
    """
    try:
        is_plain = parse_expression(name) == Name(name)
    except GoalSyntaxError:
        is_plain = False
    return name if is_plain else f"'{name}'" if '"' in name else f'"{name}"'


@dataclass(frozen=True, slots=True)
class _Token:
    """One piece of the text: `kind` is "name", "quoted", "end" or the sign itself."""

    kind: str
    text: str
    place: int


# A sign of difference or margin stands between spaces or parentheses. A name runs on over single spaces, and over
# brackets that hold no operator: nothing else can follow a name without one, and planning systems write `5350 (VMAT)`.
_TOKEN = pattern(
    r"""\s*(?:(?P<sign>[()|&,]|[-+](?=[\s(]|$))
         |"(?P<double>[^"]*)"|'(?P<single>[^']*)'
         |(?P<name>[^\s()|&,"'][^\s()|&,"]*
                   (?:\s+(?![-+](?:\s|\(|$)|['"])[^\s()|&,"]+|\s*\((?:(?!\s[-+]\s)[^()|&,"])+\)[^\s()|&,"]*)*))""",
    re.VERBOSE,
)
_MARGIN = pattern(r"([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)\s*mm", re.IGNORECASE)
_SIDE = pattern(rf"([{SIDES}])\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+))", re.IGNORECASE)
_ALL_OF = pattern(r"all\s+([GCIP]TV)s?", re.IGNORECASE)  # of any other word it is a name: "all bones"


def _tokens(text: str) -> list[_Token]:
    tokens = []
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise _fault(text, start, "this quotation mark is not closed")
        group = found.lastgroup or ""
        kind = {"sign": found[group], "name": "name"}.get(group, "quoted")
        start = found.start(group) - (kind == "quoted")
        tokens.append(_Token(kind, found[group], start))
        place = found.end()
    return [*tokens, _Token("end", "", len(text.rstrip()))]


class _Parser:
    """Recursive descent over the tokens; one method a line of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def expression(self) -> Expression:
        """Meeting {("|" | "-") meeting}"""
        left = self._meeting()
        while self._peek.kind in ("|", "-"):
            sign = self._take()
            right = self._meeting()
            left = Union(left, right) if sign.kind == "|" else Difference(left, right)
        return left

    def expect_end(self) -> None:
        if self._peek.kind != "end":
            raise self._expected(
                "an operator: -, |, & or + with a margin; put a name that contains such characters in quotes"
            )

    def _meeting(self) -> Expression:
        """Grown {"&" grown}"""
        left = self._grown()
        while self._peek.kind == "&":
            self._take()
            left = Intersection(left, self._grown())
        return left

    def _grown(self) -> Expression:
        """Primary {("+" | "-") margin}; a "-" without a margin after it is a difference."""
        of = self._primary()
        while self._peek.kind in ("+", "-"):
            margins_mm = self._margins(self._next + 1)
            if margins_mm is None and self._peek.kind == "-":
                break
            sign = -1 if self._peek.kind == "-" else 1
            if margins_mm is None:
                self._take()
                raise self._expected("a margin such as 5 mm (for a union write |)")
            self._next = margins_mm[1]
            left, right, posterior, anterior, superior, inferior = (sign * margin for margin in margins_mm[0])
            of = Margin(of, (left, right, posterior, anterior, superior, inferior))
        return of

    def _margins(self, index: int) -> tuple[list[float], int] | None:
        """The six margins written at a token, and the token after them: `5 mm` or `(L 5, S 8) mm`, others 0."""
        token = self._tokens[min(index, len(self._tokens) - 1)]
        if token.kind == "name" and (whole := _MARGIN.fullmatch(token.text)):
            return [float(whole[1])] * 6, index + 1
        if token.kind != "(" or not _SIDE.fullmatch(self._tokens[index + 1].text):
            return None
        margins_mm = [0.0] * 6
        while token.kind in ("(", ","):
            side = _SIDE.fullmatch(self._tokens[index + 1].text)
            if side is None:
                raise self._expected(f"a side ({', '.join(SIDES)}) and its margin", index + 1)
            margins_mm[SIDES.index(side[1].upper())] = float(side[2])
            index += 2
            token = self._tokens[index]
        if token.kind != ")" or self._tokens[index + 1].text.lower() != "mm":
            raise self._expected(") mm", index)
        return margins_mm, index + 2

    def _primary(self) -> Expression:
        """Name | quoted | "all" kind | "(" expression ")" """
        token = self._peek
        if token.kind == "(":
            return self._in_parentheses()
        if token.kind not in ("name", "quoted") or not token.text.strip():
            raise self._expected("a structure name")
        self._take()
        if token.kind == "name" and (every := _ALL_OF.fullmatch(token.text)):
            return AllOf(every[1].upper())
        return Name(token.text)

    def _in_parentheses(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise self._expected("fewer nested parentheses")
        self._take()
        inner = self.expression()
        if self._peek.kind != ")":
            raise self._expected("a closing parenthesis")
        self._take()
        self._depth -= 1
        return inner

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += 1
        return token

    def _expected(self, what: str, index: int | None = None) -> GoalSyntaxError:
        token = self._tokens[self._next if index is None else min(index, len(self._tokens) - 1)]
        return _fault(self._text, token.place, f"expected {what}")


def _fault(text: str, place: int, message: str) -> GoalSyntaxError:
    """The message, the text, and a mark under the place."""
    if not text:  # the place is shown all the same
        return GoalSyntaxError(f"{message}\n    \n    ^")
    return GoalSyntaxError(message, text=text, start=place, end=place + 1)
