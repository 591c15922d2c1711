"""A plan's path -> the pseudonym that an anonymous batch uses for it, in the results and in the names of reports.

Folder names often hold a patient's name, and a plain hash of a name can be found by hashing names. A pseudonym is
therefore an HMAC under a key that never enters the results folder: it lies in the user's own state folder, so that
a batch that is resumed knows its plans again. Where the key is lost, everything is computed again under new names.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from rtcheck.atomic_write import write_aside
from rtcheck.csv_table import table_text
from rtcheck.report.telling.anonymous import LEFT_OUT

_KEY_BYTES = 32
_SHORTEST_PART = 2
_COMMON_PARTS = frozenset({".", "..", "/", "dicom", "data", "plan", "dose", "struct", "export"})


def pseudonyms(out: Path) -> Callable[[str], str]:
    """Plan key -> pseudonym ("plan-3f9a0c52d1e7") for the results folder `out`; the same in every run into it."""
    key = _key_of(out)

    def pseudonym(plan_key: str) -> str:
        return f"plan-{hmac.new(key, plan_key.encode(errors='surrogateescape'), hashlib.sha256).hexdigest()[:12]}"

    return pseudonym


def write_key_file(path: Path, keys: Iterable[tuple[str, str]]) -> None:
    """A CSV of pseudonym and plan, for those who may know: readable by its owner alone."""
    write_aside(table_text(("pseudonym", "plan_key"), keys), path)


def without_paths(text: str, paths: Iterable[Path]) -> str:
    """The text without the paths and without any folder or file name that occurs in them."""
    words: set[str] = set()
    for path in paths:
        words |= {str(path), path.as_posix(), path.stem, *path.parts}
    known = sorted((word for word in words if _may_identify(word)), key=len, reverse=True)
    for word in known:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
    return text


def _may_identify(word: str) -> bool:
    return len(word) >= _SHORTEST_PART and word.casefold() not in _COMMON_PARTS


def _key_of(out: Path) -> bytes:
    """The secret for a results folder, made where there is none yet."""
    folder = _state_folder() / "pseudonyms"
    place = folder / hashlib.sha256(str(out.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    try:
        return place.read_bytes()
    except OSError:
        key = secrets.token_bytes(_KEY_BYTES)
        write_aside(key, place)
        return key


def _state_folder() -> Path:
    """The user's own folder for state (XDG base directories; %LOCALAPPDATA% on Windows)."""
    named = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".local" / "state") / "rtcheck"
