"""Which code integrates: the compiled kernel where it was built, numpy elsewhere, or what RTCHECK_KERNEL states.

The numpy functions are the reference: readable, and always there. The kernel repeats them operation by operation in C
and is some times faster; tests hold the two together. Plain C with the stable ABI of Python was chosen after measuring
(numba: 0.6 s to import; ctypes: 2 us to pass an array, a tenth of all time for small structures).
"""

import os
import zlib
from pathlib import Path
from typing import Any

from rtcheck.errors import UsageError

CHOICES = ("auto", "compiled", "numpy")


def _loaded() -> Any:
    """The compiled module, None where numpy is to be used."""
    choice = os.environ.get("RTCHECK_KERNEL", "") or "auto"
    if choice not in CHOICES:
        raise UsageError(f"RTCHECK_KERNEL: expected one of {', '.join(CHOICES)}, not {choice!r}.")
    if choice == "numpy":
        return None
    try:
        from rtcheck.geometry._kernel import _native  # type: ignore[attr-defined]
    except ImportError:
        _native = None
    if _native is not None and _is_of_these_sources(_native.FINGERPRINT):
        return _native
    if choice == "compiled":
        raise UsageError("RTCHECK_KERNEL is compiled, but this installation has no compiled kernel.")
    return None


def _is_of_these_sources(fingerprint: str) -> bool:
    """Whether a library was built from the sources next to it; an installed one has none there."""
    folder = Path(__file__).parent
    sources = sorted(folder / name for name in os.listdir(folder) if name.endswith((".c", ".h")))
    if not sources:
        return True
    return f"{zlib.crc32(b''.join(path.read_bytes() for path in sources)):08x}" == fingerprint


native: Any = _loaded()


def kernel_name() -> str:
    """What computes: "compiled" or "numpy"."""
    return "numpy" if native is None else "compiled"
