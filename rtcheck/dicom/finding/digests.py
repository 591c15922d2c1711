"""The bytes of a file -> their SHA-256, computed while the file is read, and awaited where it is needed."""

import hashlib
import os
from collections.abc import Callable
from threading import Thread

from rtcheck.dicom.encoding.elements import Buffer, release

HASHED_AT_ONCE_BYTES = 16 * 1024**2
IN_BACKGROUND_FROM_BYTES = 1024**2
"""Smaller files are hashed in less time than a thread takes to start twice."""


def sha256_of(content: Buffer) -> Callable[[], str]:
    """A function that gives the SHA-256 in hexadecimal; of a large file it is computed from now on."""
    if len(content) < IN_BACKGROUND_FROM_BYTES:
        digest = _sha256(content)
        return lambda: digest
    return _Digest(content)


class _Digest:
    """The SHA-256 of bytes, from a thread of its own: hashing leaves the interpreter to others."""

    def __init__(self, content: Buffer) -> None:
        self._content: Buffer = content
        self._found = ""
        self._process = os.getpid()
        self._thread = Thread(target=self._compute, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # no more threads are allowed
            self._process = 0

    def __call__(self) -> str:
        if not self._found and self._process == os.getpid():
            self._thread.join()
        if not self._found:  # the thread was not started, or it stayed in the process that this one was forked from
            self._compute()
        return self._found

    def _compute(self) -> None:
        self._found = _sha256(self._content)
        self._content = b""  # which may be a large dose that nothing else needs any more


def _sha256(content: Buffer) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(content), HASHED_AT_ONCE_BYTES):
        with memoryview(content) as whole, whole[start : start + HASHED_AT_ONCE_BYTES] as part:
            digest.update(part)
        release(content)
    return digest.hexdigest()
