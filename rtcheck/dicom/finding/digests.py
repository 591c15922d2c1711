"""The bytes of a file -> their SHA-256, computed once it is needed, or in the background from when it will be."""

import os
from threading import Thread

from rtcheck.dicom.encoding.elements import Buffer, release

HASHED_AT_ONCE_BYTES = 16 * 1024**2
IN_BACKGROUND_FROM_BYTES = 1024**2
"""Smaller files are hashed in less time than a thread takes to start twice; by whoever begins."""

KEPT_BELOW_BYTES = 64 * 1024**2
"""Larger ones are hashed as soon as they are read, so that the bytes can be let go of; DVHs need no digest."""


def sha256_of(content: Buffer) -> "Digest":
    """The SHA-256 of the bytes of a file, in hexadecimal when called; it is computed only then."""
    digest = Digest(content)
    if len(content) >= KEPT_BELOW_BYTES:
        digest.begin()
    return digest


class Digest:
    """The SHA-256 of bytes, from a thread of its own once it has begun: hashing leaves the interpreter to others."""

    def __init__(self, content: Buffer) -> None:
        self._content: Buffer = content
        self._found = ""
        self._process = 0
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Compute it in the background from now on."""
        if self._found or self._thread is not None:
            return
        if len(self._content) < IN_BACKGROUND_FROM_BYTES:
            self._compute()
            return
        self._thread, self._process = Thread(target=self._compute, daemon=True), os.getpid()
        try:
            self._thread.start()
        except RuntimeError:  # no more threads are allowed
            self._process = 0

    def __call__(self) -> str:
        if not self._found and self._thread is not None and self._process == os.getpid():
            self._thread.join()
        if not self._found:  # the thread was not started, or it stayed in the process that this one was forked from
            self._compute()
        return self._found

    def _compute(self) -> None:
        content = self._content
        if self._found:  # by another thread, which then let go of the bytes
            return
        self._found = _sha256(content)
        self._content = b""  # which may be a large dose that nothing else needs any more


def _sha256(content: Buffer) -> str:
    import hashlib  # it loads OpenSSL, which takes 2 ms

    digest = hashlib.sha256()
    for start in range(0, len(content), HASHED_AT_ONCE_BYTES):
        with memoryview(content) as whole, whole[start : start + HASHED_AT_ONCE_BYTES] as part:
            digest.update(part)
        release(content)
    return digest.hexdigest()
