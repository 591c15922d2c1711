"""A text and a place in it: what the parsers of the protocol language read from, and how they point at a fault."""

import re
from collections.abc import Iterable
from typing import NoReturn

from rtcheck.errors import GoalSyntaxError
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Operator

MAX_LENGTH = 300  # characters; a longer text is no goal but an accident

SPACE = pattern(r"\s+")
NUMBER = pattern(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
COMMA_NUMBER = pattern(r"[0-9]+,[0-9]+")
OPERATOR = pattern(r"[<>]=?|≤|≥")
OPERATORS: dict[str, Operator] = {"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">="}
WORD = pattern(r"[^\s\[\]<>=]+")


class Scanner:
    """Reads `text` from left to right; white space between two tokens never matters.

    `place` is just behind the last token; `token_start` is where that one began.
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise GoalSyntaxError(f"expected text, found a value of type {type(text).__name__}")
        if len(text) > MAX_LENGTH:
            raise GoalSyntaxError(f"too long: {len(text)} characters; a goal has a few dozen")
        self.text = " ".join(text.split())
        self.place = 0
        self.token_start = 0

    def accept(self, pattern: re.Pattern[str]) -> str | None:
        """The token that matches `pattern` here, taken; None where another one stands."""
        found = pattern.match(self.text, self._next_place)
        if found is None:
            return None
        self.token_start, self.place = found.span()
        return found[0]

    def next_is(self, pattern: re.Pattern[str]) -> bool:
        """Whether the next token matches `pattern`; it is not taken."""
        return pattern.match(self.text, self._next_place) is not None

    def number(self, what: str) -> float:
        """The number here; `what` says what was expected ("a number of Gy")."""
        if self.next_is(COMMA_NUMBER):
            self.fail_at_next("decimal commas are not accepted; use a point", COMMA_NUMBER)
        digits = self.accept(NUMBER)
        if digits is None:
            self.fail_at_next(f"expected {what}")
        return float(digits)

    def end(self) -> None:
        """Nothing more may follow."""
        if not self.is_at_end:
            self.fail(f'expected the end after "{self.taken()}"', self._next_place, len(self.text))

    @property
    def is_at_end(self) -> bool:
        return self._next_place == len(self.text)

    def taken(self, start: int = 0) -> str:
        """What was read since `start`."""
        return self.text[start : self.place].strip()

    def next_word(self) -> str:
        """The next word as it stands; it is not taken. Empty at the end."""
        found = WORD.match(self.text, self._next_place)
        return found[0] if found else ""

    def fail(self, reason: str, start: int, end: int | None = None) -> NoReturn:
        """Raises GoalSyntaxError that underlines start..end (one column where `end` is left out)."""
        raise GoalSyntaxError(reason, text=self.text, start=start, end=start + 1 if end is None else end)

    def fail_at_next(self, reason: str, pattern: re.Pattern[str] = WORD) -> NoReturn:
        """Fails at the next token, or just after the last one where nothing follows."""
        if self.is_at_end:
            self.fail_after_last(reason)
        found = pattern.match(self.text, self._next_place)
        self.fail(reason, self._next_place, found.end() if found else None)

    def fail_after_last(self, reason: str) -> NoReturn:
        """Fails at the column just after the last token: where something is missing."""
        self.fail(reason, self.place)

    def fail_at_last(self, reason: str) -> NoReturn:
        """Fails at the token that was taken last."""
        self.fail(reason, self.token_start, self.place)

    @property
    def _next_place(self) -> int:
        found = SPACE.match(self.text, self.place)
        return found.end() if found else self.place


def number_text(value: float) -> str:
    """`value` as a person writes it, exact: "45", "0.03"; reading it gives `value` again."""
    text = repr(float(value))
    if "e" in text:
        from decimal import Decimal

        text = f"{Decimal(text):f}"
    return text.removesuffix(".0")


def nearest(word: str, known: Iterable[str], *, count: int = 1) -> tuple[str, ...]:
    """The `known` words most like `word`, best first; empty where none is near."""
    from difflib import get_close_matches

    spelled = {name.casefold(): name for name in known}
    return tuple(spelled[name] for name in get_close_matches(word.casefold(), spelled, n=count, cutoff=0.6))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" for the known word nearest to `word`, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near[0]}?" if near else ""
