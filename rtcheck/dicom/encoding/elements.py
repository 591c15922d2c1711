"""Bytes of a DICOM data set -> its elements: where each value lies, with every length checked against what is there.

Nothing is copied, decoded or allocated by what a header claims, so reading costs what is asked for. pydicom reads
more leniently (a value cut off by the end of the file is silently shorter) and makes an object of each contour
number; here both the strictness and the speed matter (PS3.5 chapter 7).
"""

import mmap
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from rtcheck.errors import DicomError
from rtcheck.geometry import _kernel
from rtcheck.values import dataclass

Buffer = bytes | mmap.mmap
"""The bytes of a file: read, or mapped where there are very many."""


class OwnMemory(mmap.mmap):
    """Bytes that were read into memory of their own: unlike those of a mapped file, they are nowhere else."""


HIGHEST_TAG = 0xFFFF_FFFF
UNDEFINED_LENGTH = 0xFFFF_FFFF
ITEM = 0xFFFE_E000
ITEM_DELIMITATION = 0xFFFE_E00D
SEQUENCE_DELIMITATION = 0xFFFE_E0DD

# PS3.5 7.1.2: these have two reserved bytes and a length of 32 bits.
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
SHORT_VRS = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT"}
    | {b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)

MAX_DEPTH = 16
"""Sequences inside sequences: RT objects need 6; hostile files have thousands."""

MAX_ELEMENTS = 20_000
"""Elements in one data set: a full RTPLAN has some hundred, with private ones some thousand."""

MAX_ITEMS = 200_000
"""Items in one sequence: the fullest of real ones, the contours of a structure, have some thousand."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written: with explicit VRs or without, and in which byte order."""

    is_explicit: bool
    is_little: bool

    @property
    def byte_order(self) -> str:
        return "<" if self.is_little else ">"


IMPLICIT_LITTLE = Encoding(is_explicit=False, is_little=True)
EXPLICIT_LITTLE = Encoding(is_explicit=True, is_little=True)
EXPLICIT_BIG = Encoding(is_explicit=True, is_little=False)


class Element(NamedTuple):
    """The value of one element lies at buffer[start:end]."""

    vr: bytes
    start: int
    end: int


_TAG_LENGTH = {True: Struct("<HHI"), False: Struct(">HHI")}
_SHORT = {True: Struct("<H"), False: Struct(">H")}
_LONG = {True: Struct("<I"), False: Struct(">I")}


def tag_text(tag: int) -> str:
    """The tag as DICOM writes it: (3004,000E)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def elements_of(
    buffer: Buffer, start: int, end: int, encoding: Encoding, *, until: int | None = None
) -> dict[int, Element]:
    """The elements between two positions by tag, up to the first whose tag is `until` or higher."""
    if _kernel.native is not None and encoding.is_little:
        last = HIGHEST_TAG + 1 if until is None else until
        plain: dict[int, Element] | None = _kernel.native.elements(
            buffer, start, end, encoding.is_explicit, last, Element
        )
        if plain is not None:
            return plain
    elements: dict[int, Element] = {}
    for tag, element, _ in _walk(buffer, start, end, encoding, depth=0, until=until):
        if tag in elements:
            raise damaged(f"the element {tag_text(tag)} occurs twice in one data set")
        if len(elements) >= MAX_ELEMENTS:
            raise damaged(f"one data set has more than {MAX_ELEMENTS} elements")
        elements[tag] = element
    return elements


def item_spans(buffer: Buffer, element: Element, encoding: Encoding) -> Iterator[tuple[int, int]]:
    """Start and end of each item of a sequence (or of each fragment of encapsulated pixel data)."""
    position = element.start
    for _ in range(MAX_ITEMS):
        if position >= element.end:
            return
        tag, length = _read_tag_length(buffer, position, element.end, encoding)
        if tag == SEQUENCE_DELIMITATION:
            return
        if tag != ITEM:
            raise damaged(f"expected a sequence item at byte {position}, found {tag_text(tag)}")
        position += 8
        if length == UNDEFINED_LENGTH:
            stop = _end_of_item(buffer, position, element.end, encoding, depth=0)
            yield position, stop
            position = stop + 8
        else:
            _check_room(position, length, element.end, tag)
            yield position, position + length
            position += length
    raise damaged(f"a sequence has more than {MAX_ITEMS} items")


def release(buffer: Buffer) -> None:
    """Let go of the memory of what was read of a mapped file; it is read again where it is needed again."""
    if isinstance(buffer, bytes | OwnMemory):
        return
    if hasattr(mmap, "MADV_DONTNEED"):
        buffer.madvise(mmap.MADV_DONTNEED)


def damaged(what: str) -> DicomError:
    """The refusal of bytes that are no well-formed data set; the caller adds the file's name."""
    return DicomError(what, code="file.damaged")


def truncated(what: str) -> DicomError:
    """The refusal of a file that ends before it should; the caller adds the file's name."""
    return DicomError(what, code="file.truncated")


def _walk(
    buffer: Buffer, position: int, end: int, encoding: Encoding, depth: int, until: int | None = None
) -> Iterator[tuple[int, Element, int]]:
    """Each element with its tag and the position after it; ends at `end`, at `until` or before an item delimiter."""
    is_little, is_explicit = encoding.is_little, encoding.is_explicit
    unpack = _TAG_LENGTH[is_little].unpack_from
    while position < end:
        if end - position < 8:
            if not bytes(buffer[position:end]).strip(b"\0"):
                return  # padding after the last element
            raise truncated(f"{end - position} bytes are left over at byte {position}, less than an element needs")
        group, number, length = unpack(buffer, position)
        tag = group << 16 | number
        vr = b"UN"
        if tag == ITEM_DELIMITATION or (until is not None and tag >= until):
            return
        position += 8
        if is_explicit and group != 0xFFFE:
            vr = bytes(buffer[position - 4 : position - 2])
            if vr in LONG_VRS:
                if end - position < 4:
                    raise truncated(f"the file ends in the header of {tag_text(tag)}")
                (length,) = _LONG[is_little].unpack_from(buffer, position)
                position += 4
            elif vr in SHORT_VRS:
                (length,) = _SHORT[is_little].unpack_from(buffer, position - 2)
            else:
                raise damaged(f"the element {tag_text(tag)} has an unknown value representation")
        start = position
        if length == UNDEFINED_LENGTH:
            # An element of VR UN and undefined length is a sequence in implicit little endian (PS3.5 6.2.2).
            inner = IMPLICIT_LITTLE if is_explicit and vr == b"UN" else encoding
            stop = _end_of_sequence(buffer, start, end, inner, depth + 1)
            position = stop + 8
            yield tag, Element(vr, start, stop), position
        else:
            if length > end - start:
                _check_room(start, length, end, tag)
            position = start + length
            yield tag, Element(vr, start, position), position


def _end_of_sequence(buffer: Buffer, position: int, end: int, encoding: Encoding, depth: int) -> int:
    """Where the delimiter of a sequence of undefined length stands."""
    if _kernel.native is not None and encoding.is_little:
        stop: int = _kernel.native.end_of_sequence(buffer, position, end, encoding.is_explicit, depth)
        if stop >= 0:
            return stop
    if depth > MAX_DEPTH:
        raise damaged(f"sequences are nested more than {MAX_DEPTH} deep")
    while True:
        tag, length = _read_tag_length(buffer, position, end, encoding)
        if tag == SEQUENCE_DELIMITATION:
            return position
        if tag != ITEM:
            raise damaged(f"expected a sequence item at byte {position}, found {tag_text(tag)}")
        position += 8
        if length == UNDEFINED_LENGTH:
            position = _end_of_item(buffer, position, end, encoding, depth) + 8
        else:
            _check_room(position, length, end, tag)
            position += length


def _end_of_item(buffer: Buffer, position: int, end: int, encoding: Encoding, depth: int) -> int:
    """Where the delimiter of an item of undefined length stands."""
    for _, _, position in _walk(buffer, position, end, encoding, depth):  # noqa: B007, B020
        pass
    tag, _ = _read_tag_length(buffer, position, end, encoding)
    if tag != ITEM_DELIMITATION:
        raise damaged(f"expected the end of a sequence item at byte {position}, found {tag_text(tag)}")
    return position


def _read_tag_length(buffer: Buffer, position: int, end: int, encoding: Encoding) -> tuple[int, int]:
    if end - position < 8:
        raise truncated(f"the file or the sequence ends at byte {end} where an item was expected")
    group, number, length = _TAG_LENGTH[encoding.is_little].unpack_from(buffer, position)
    return group << 16 | number, length


def _check_room(start: int, length: int, end: int, tag: int) -> None:
    if length > end - start:
        raise truncated(f"the element {tag_text(tag)} claims {length} bytes where {end - start} are left")
