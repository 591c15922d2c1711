"""What an importer may read of another program's file: the keys that it knows, finite numbers, JSON without twins.

Each importer declares the keys of each kind of entry as `Keys` and asks `Draft.entry` for the entry. An entry with any
other key becomes a loss, never a limit: the key may be the one that turns the limit round.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.values import dataclass

OTHER_DOSE = re.compile(r"EQD|\bBED|GyE|\bCGE|\bRBE|alpha\s*/|α", re.IGNORECASE)
"""Words by which a text states a dose that is not the physical one."""
UNREADABLE = "\ufffd"  # in place of bytes that are no sign in the file's encoding
_SHOWN = 40  # characters of a value in a loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of one kind of entry. Those in `read` make the limit; those in `harmless` cannot change it.

    >>> Keys(read=frozenset({"type"}), harmless=frozenset({"weight"})).unknown({"type": "max", "sense": "lower"})
    ('sense',)
    """

    read: frozenset[str]
    harmless: frozenset[str] = frozenset()

    def unknown(self, entry: Mapping[str, object]) -> tuple[str, ...]:
        """The keys of `entry` that are neither; a key without a value states nothing."""
        return tuple(key for key, value in entry.items() if value is not None and key not in self.read | self.harmless)


def keys(read: str, harmless: str = "") -> Keys:
    """`Keys` from words with blanks between them."""
    return Keys(read=frozenset(read.split()), harmless=frozenset(harmless.split()))


def decoded(content: bytes) -> str:
    """The text: UTF-8, UTF-16 with its mark, else the Western code page that spreadsheets write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def json_document(text: str) -> dict[str, Any] | None:
    """The mapping in a JSON text; None where it is not JSON or not a mapping.

    Raises:
        UsageError: a key occurs twice in one mapping, so one of its values would be dropped unread.
    """
    try:
        document = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def number(value: object) -> float | None:
    """A finite number as a float; None for anything else, also for text and true or false."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        amount = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return None
    return amount if math.isfinite(amount) else None


def shown(value: object) -> str:
    """A value as a loss shows it, in one line of bounded length."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")
_POINT = re.compile(r"(?<![\w.,])\d+\.\d+(?![\d.,])")
_GROUPS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*(?![\d.,])")
_DOTS_AND_COMMAS = re.compile(r"\d\.\d+,\d|\d,\d+\.\d|\d,\d+,\d|\d\.\d+\.\d")


def dots_may_group(cells: Iterable[str]) -> bool:
    """Whether 1.500 may be 1500 in a table: some number has a decimal comma, or none has a decimal point.

    D0.03cc is no evidence: many write metrics with a point and everything else with a comma.

    >>> dots_may_group(["< 1.500 cc", "D0.03cc"]), dots_may_group(["< 1.500 cc", "< 12.5 Gy"])
    (True, False)
    """
    has_point = False
    for cell in cells:
        if any(not _GROUPS.fullmatch(found[0]) for found in _COMMA.finditer(cell)):
            return True
        has_point = has_point or any(not _GROUPS.fullmatch(found[0]) for found in _POINT.finditer(cell))
    return not has_point


def with_points(text: str, *, grouped: bool) -> str | None:
    """`text` with its decimal commas as points; None where a number can be read in two ways (`grouped`: so can 1.500).

    >>> with_points("<= 12,5", grouped=True), with_points("<= 1,500", grouped=False)
    ('<= 12.5', None)
    """
    if _DOTS_AND_COMMAS.search(text):
        return None
    if any(found[1] == "," or grouped for found in _GROUPS.finditer(text)):
        return None
    return _COMMA.sub(r"\1.\2", text)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise UsageError(f'the key "{shown(twice)}" occurs twice in one entry; it is not clear which one counts.')
    return entry
