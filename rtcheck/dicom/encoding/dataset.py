"""DataSet: the elements of one level of a DICOM object, read as text, numbers and nested items when asked."""

import math
import re
from collections.abc import Iterable, Iterator, Sized
from datetime import date
from functools import cached_property

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.elements import (
    IMPLICIT_LITTLE,
    Buffer,
    Element,
    Encoding,
    damaged,
    elements_of,
    item_spans,
    tag_text,
)
from rtcheck.dicom.encoding.text import decode_text, printable, text_alternatives
from rtcheck.errors import DicomError

Spans = tuple[tuple[int, int], ...]
"""Start and end of each item."""

_PLACEHOLDER_BIRTH_DATES = {date(1900, 1, 1), date(1901, 1, 1), date(1800, 1, 1)}


class DataSet:
    """A view of a buffer; values are decoded when asked for. An absent or empty element reads as "", () or None."""

    def __init__(
        self,
        buffer: Buffer,
        start: int,
        end: int,
        encoding: Encoding,
        *,
        until: int | None = None,
        character_sets: tuple[str, ...] = (),
    ) -> None:
        self.buffer = buffer
        self.encoding = encoding
        self.elements = elements_of(buffer, start, end, encoding, until=until)
        self._inherited_character_sets = character_sets

    def __contains__(self, tag: int) -> bool:
        """Whether the element is there with a value."""
        element = self.elements.get(tag)
        return element is not None and element.end > element.start

    @cached_property
    def character_sets(self) -> tuple[str, ...]:
        if tags.SPECIFIC_CHARACTER_SET not in self:
            return self._inherited_character_sets
        terms = self.raw(tags.SPECIFIC_CHARACTER_SET).decode("latin-1").split("\\")
        return tuple(term.strip("\0 ") for term in terms)

    def has_values_of(self, other: "DataSet") -> bool:
        """Whether both have the same elements with the same bytes."""
        return self.elements.keys() == other.elements.keys() and all(
            self.raw(tag) == other.raw(tag) for tag in self.elements
        )

    def raw(self, tag: int) -> bytes:
        """The bytes of the value, b"" where there are none."""
        element = self.elements.get(tag)
        return b"" if element is None else bytes(self.buffer[element.start : element.end])

    def span(self, tag: int) -> tuple[int, int]:
        """Where the value of an element begins and ends in the buffer; an empty span where there is none."""
        element = self.elements.get(tag)
        return (0, 0) if element is None else (element.start, element.end)

    def sequence(self, tag: int) -> tuple[Element, Encoding] | None:
        """Where the items of a sequence lie and how they are written; None where there are none."""
        element = self.elements.get(tag)
        if element is None or element.end == element.start:
            return None
        return element, self._inner_encoding(tag, element)

    def items(self, tag: int) -> Iterator["DataSet"]:
        """The items of a sequence."""
        if place := self.sequence(tag):
            element, encoding = place
            for start, end in item_spans(self.buffer, element, encoding):
                yield DataSet(self.buffer, start, end, encoding, character_sets=self.character_sets)

    def lazy_items(self, tag: int) -> "LazyItems":
        """The items of a sequence, counted now and read when they are gone through."""
        if place := self.sequence(tag):
            element, encoding = place
            return LazyItems(self, encoding, tuple(item_spans(self.buffer, element, encoding)))
        return LazyItems(self, self.encoding, ())

    def first_item(self, tag: int) -> "DataSet | None":
        return next(self.items(tag), None)

    def text(self, tag: int) -> str:
        """A text value, or the first of several, decoded and without padding."""
        return decode_text(self.raw(tag), self.character_sets)

    def text_alternatives(self, tag: int) -> tuple[str, ...]:
        """Other readings of a text, where its bytes do not fit the declared character set well."""
        return text_alternatives(self.raw(tag), self.character_sets)

    def code(self, tag: int) -> str:
        """A code string, folded to capitals: vendors differ."""
        return self.uid(tag).upper()

    def uid(self, tag: int) -> str:
        """A text of the default characters."""
        return printable(self.raw(tag).decode("latin-1").strip("\0 "))

    def numbers(self, tag: int) -> tuple[float, ...]:
        """Decimal strings (DS) as numbers."""
        return parse_decimals(self.raw(tag), tag)

    def number(self, tag: int) -> float | None:
        """One decimal string, None where it is empty."""
        values = self.numbers(tag)
        if len(values) > 1:
            raise DicomError(f"{tag_text(tag)} has {len(values)} values where one is expected", code="file.bad-value")
        return values[0] if values else None

    def whole_number(self, tag: int) -> int | None:
        """One integer string (IS), None where it is empty."""
        value = self.number(tag)
        if value is None:
            return None
        if value != int(value):
            raise DicomError(f"{tag_text(tag)} is {value} where a whole number is expected", code="file.bad-value")
        return int(value)

    def unsigned(self, tag: int) -> int | None:
        """One binary unsigned integer (US or UL), None where it is empty."""
        raw = self.raw(tag)
        if not raw:
            return None
        if len(raw) not in (2, 4):
            raise DicomError(f"{tag_text(tag)} has {len(raw)} bytes where an integer has 2", code="file.bad-value")
        return int.from_bytes(raw, "little" if self.encoding.is_little else "big")

    def day(self, tag: int) -> date | None:
        """A date (DA), None where it is missing, malformed or impossible."""
        digits = self.raw(tag).decode("latin-1").strip("\0 ").replace(".", "").replace("-", "")
        if not re.fullmatch(r"\d{8}", digits):
            return None
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            return None

    def birth_date(self) -> date | None:
        """The patient's birth date, None for placeholders that anonymisers write."""
        found = self.day(tags.PATIENT_BIRTH_DATE)
        return None if found in _PLACEHOLDER_BIRTH_DATES else found

    def _inner_encoding(self, tag: int, element: Element) -> Encoding:
        if not self.encoding.is_explicit or element.vr == b"SQ":
            return self.encoding
        if element.vr == b"UN":
            return IMPLICIT_LITTLE
        raise damaged(f"{tag_text(tag)} should be a sequence but has the value representation {element.vr.decode()}")


class LazyItems(Sized, Iterable[DataSet]):
    """The items of one sequence, by where they lie."""

    def __init__(self, parent: DataSet, encoding: Encoding, spans: Spans) -> None:
        self._parent = parent
        self._encoding = encoding
        self._spans = spans

    def __len__(self) -> int:
        return len(self._spans)

    def __iter__(self) -> Iterator[DataSet]:
        return map(self.item, range(len(self)))

    def span(self, number: int) -> tuple[int, int]:
        return self._spans[number]

    def item(self, number: int) -> DataSet:
        """One item, counted from 0."""
        parent, (start, end) = self._parent, self.span(number)
        return DataSet(parent.buffer, start, end, self._encoding, character_sets=parent.character_sets)


def parse_decimals(raw: bytes, tag: int) -> tuple[float, ...]:
    """The numbers of a multi-valued decimal string; one that is none is refused with its place."""
    raw = raw.strip(b"\0 ")
    if not raw:
        return ()
    if plain := _plain_decimals(raw):
        return plain
    values = []
    for place, part in enumerate(raw.split(b"\\"), start=1):
        try:
            value = float(part.strip(b"\0 ")) if b"_" not in part else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            found = part[:20].decode("latin-1")
            text = f"{tag_text(tag)} value {place} is {found!r}, which is not a number"
            raise DicomError(text, code="file.bad-value")
        values.append(value)
    return tuple(values)


def _plain_decimals(raw: bytes) -> tuple[float, ...]:
    """All at once, where all are numbers that need no closer look; () else."""
    if b"_" in raw:
        return ()
    try:
        values = tuple(map(float, raw.decode("ascii").split("\\")))  # text is quicker to convert than bytes
    except ValueError:
        return ()
    return values if math.isfinite(sum(values)) else ()
