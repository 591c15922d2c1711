"""Bytes of a DICOM text value -> str, by the declared character set and, where that cannot be right, other readings."""

import re
import unicodedata

from rtcheck.errors import STEERING

# PS3.3 C.12.1.1.2: single-byte sets and the multi-byte ones without code extensions. Others go through pydicom.
_CODECS = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 166": "tis-620",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}

_ESCAPE = re.compile(r"\x1b(?:\$[()]?|[().-])[@-Z]")  # ISO 2022 designations (PS3.3 C.12.1.1.2)

# What software that forgets to declare its character set commonly writes, the strictest test first.
_UNDECLARED = ("utf-8", "gb18030", "shift_jis", "euc_kr", "big5")


def decode_text(raw: bytes, character_sets: tuple[str, ...]) -> str:
    """The text of a value, without padding and without control characters; never fails.

    Bytes that the declared character set cannot hold are read as UTF-8 where they are that, else as Latin-1.
    """
    raw = raw.rstrip(b"\0 ").lstrip(b" ")
    if raw.isascii() and b"\x1b" not in raw:
        return printable(raw.decode("ascii"))
    return printable(_decode_beyond_ascii(raw, character_sets))


def text_alternatives(raw: bytes, character_sets: tuple[str, ...]) -> tuple[str, ...]:
    """Other readings of a text whose declared character set may be wrong (GB18030 bytes declared as Latin-1)."""
    raw = raw.strip(b"\0 ")
    if raw.isascii():
        return ()
    found: dict[str, None] = {}
    for codec in _UNDECLARED:
        try:
            found[printable(raw.decode(codec))] = None
        except UnicodeDecodeError:
            continue
    found.pop(decode_text(raw, character_sets), None)
    return tuple(found)


def printable(text: str) -> str:
    """The text without control and formatting characters: a name must not steer the terminal that it is shown on."""
    if text.isprintable():
        return text.strip()
    return "".join(c for c in text if unicodedata.category(c) not in STEERING).strip()


def folded_name(text: str) -> str:
    """A patient's name or ID as it compares: vendors differ in case, spaces and trailing carets."""
    return " ".join(text.replace("^", " ").casefold().split())


def _decode_beyond_ascii(raw: bytes, character_sets: tuple[str, ...]) -> str:
    declared = tuple(term.strip() for term in character_sets) or ("",)
    if len(declared) == 1 and b"\x1b" not in raw:
        codec = _CODECS.get(declared[0], "ascii")
        for attempt in (codec, "utf-8"):
            try:
                return raw.decode(attempt)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")
    return _decode_with_code_extensions(raw, declared)


def _decode_with_code_extensions(raw: bytes, declared: tuple[str, ...]) -> str:
    """ISO 2022 escape sequences (Japanese, Korean, Chinese), by pydicom's tables."""
    import warnings

    from pydicom.charset import convert_encodings, decode_bytes
    from pydicom.valuerep import TEXT_VR_DELIMS

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            decoded = str(decode_bytes(raw, convert_encodings(list(declared)), TEXT_VR_DELIMS))
            return _ESCAPE.sub("", decoded)  # pydicom leaves that of GB 2312 (ISO 2022 IR 58) in the text
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1")
