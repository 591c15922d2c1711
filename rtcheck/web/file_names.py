"""Names that came from elsewhere -> names of files that are harmless below any folder."""

import re
import unicodedata
from pathlib import Path

MOST_PARTS, MOST_CHARACTERS = 12, 120
"""Folders of a name that are kept, and characters of each: no file system allows names without end."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)


def safe_name(name: str) -> Path:
    """A relative path below any folder, as near to the file's own name as is harmless; never empty.

    >>> str(safe_name("../../etc/passwd")), str(safe_name("Export 1/RD.dcm"))
    ('etc/passwd', 'Export 1/RD.dcm')
    """
    parts = [_safe_part(part) for part in re.split(r"[/\\]+", unicodedata.normalize("NFC", name))]
    return Path(*([part for part in parts if part][-MOST_PARTS:] or ["file"]))


def _safe_part(part: str) -> str:
    readable = "".join(c if c.isprintable() else "_" for c in _UNSAFE.sub("_", part))
    readable = readable.encode("utf-8", "replace").decode().strip(" .")
    stem, dot, suffix = readable.rpartition(".")
    if len(readable.encode()) > MOST_CHARACTERS:
        short = readable.encode()[: MOST_CHARACTERS - 12].decode("utf-8", "ignore")
        readable = f"{short}.{suffix[:10]}" if dot and stem else short
    return f"_{readable}" if _RESERVED.match(readable) else readable


def protocol_file_name(name: str) -> str:
    """The name of a protocol's file: its own name, without what leads to another folder.

    >>> protocol_file_name("Liver 50Gy/25fx"), protocol_file_name("../../x")
    ('Liver 50Gy_25fx.yaml', '_.._x.yaml')
    """
    return f"{safe_name(re.sub('[/:]', '_', name.replace(chr(92), '_')))}.yaml"
