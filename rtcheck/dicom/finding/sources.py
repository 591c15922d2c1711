"""A path, a zip member or bytes in memory -> the DICOM data set in it, with its SHA-256; read once, memory bounded."""

import mmap
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.case import Role, SourceFile
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    LONG_VRS,
    SHORT_VRS,
    Buffer,
    Encoding,
    OwnMemory,
    elements_of,
)
from rtcheck.dicom.finding.digests import Digest, sha256_of
from rtcheck.errors import DicomError, UsageError, harmless
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from io import FileIO
    from zipfile import ZipFile

IN_LARGE_PAGES_FROM_BYTES = 2 * 1024**2
MAPPED_FROM_BYTES = 256 * 1024**2
MAX_FILE_BYTES = 2 * 1024**3
"""Larger files are refused: the largest RT objects in clinical use have some hundred megabytes."""

MAX_HEADER_BYTES = 256 * 1024**2
"""Where the header has not ended by then, it is none: plans, which are all header, have up to some ten megabytes."""

MAX_UNPACKED_BYTES = 512 * 1024**2
"""What a deflated data set or an archive's member may grow to: 2 MB of it can claim 2 GB."""

SHOWN_OF_A_PATH = 300
"""Characters of a path that does not exist: no file system allows names as long as a command line."""

# Opening a pipe must not wait for someone who writes to it; only Windows distinguishes text.
_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

PREAMBLE_BYTES = 128
IMPLICIT_LITTLE_SYNTAX = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_SYNTAX = "1.2.840.10008.1.2.1"
DEFLATED_SYNTAX = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_SYNTAX = "1.2.840.10008.1.2.2"


# What opening and reading a file or an archive may raise (RuntimeError: encrypted members).
UNREADABLE = (OSError, zlib.error, RuntimeError, NotImplementedError, EOFError)


@dataclass(frozen=True, slots=True)
class Location:
    """Where one file is: a path, a member of a zip archive, or bytes in memory (`content`)."""

    path: Path
    member: str = ""
    content: bytes | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return harmless(str(self.as_path))

    @property
    def as_path(self) -> Path:
        # Not joined as paths: a member that calls itself "/etc/x" would be a file outside the archive.
        return Path(f"{self.path}/{self.member}") if self.member else self.path

    @property
    def name(self) -> str:
        return harmless(self.as_path.name)

    @property
    def most_bytes(self) -> int:
        """How large the file may be."""
        return MAX_UNPACKED_BYTES if self.member else MAX_FILE_BYTES

    def read(self, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
        """The first `limit_bytes` of the file."""
        if self.content is not None:
            return self.content[:limit_bytes]
        try:
            if self.member:
                with open_archive(self.path) as archive:
                    return read_member(archive, self.member, limit_bytes)
            return _read_ordinary_file(self.path, limit_bytes)
        except KeyError:
            raise UsageError(f"{self}: no such file in the archive.") from None
        except UNREADABLE as error:
            raise unreadable(self, error) from None


@dataclass(frozen=True, slots=True, eq=False)
class DicomFile:
    """One file read whole: its data set, and what provenance needs."""

    location: Location
    dataset: DataSet
    transfer_syntax: str
    digest: Digest = field(repr=False)
    size_bytes: int
    content: Buffer = field(repr=False)
    has_meta: bool = True

    @property
    def sha256(self) -> str:
        return self.digest()

    def as_source(self, role: Role, why: str) -> SourceFile:
        """The file as provenance lists it; without a path where it was given in memory."""
        return SourceFile(
            role=role,
            path=None if self.location.content is not None else self.location.as_path,
            sop_instance_uid=self.dataset.uid(tags.SOP_INSTANCE_UID),
            load_sha256=self.digest,
            size_bytes=self.size_bytes,
            why=why,
            begin_sha256=self.digest.begin,
        )


def locate(path: Path | str) -> Location:
    """The file at a path; `export.zip/dose.dcm` is a member of an archive."""
    path = Path(path)
    try:
        for parent in path.parents:
            if parent.suffix.lower() == ".zip" and parent.is_file():
                return Location(parent, path.relative_to(parent).as_posix())
        is_there = path.exists()
    except (OSError, ValueError):  # a name that no file can have
        is_there = False
    if not is_there:
        raise UsageError(f"{str(path)[:SHOWN_OF_A_PATH]}: no such file or folder.")
    return Location(path)


def read_dicom(location: Location) -> DicomFile:
    """The whole file as a data set. Refuses what is not DICOM, cut off or malformed, naming the file."""
    content = _large(location) or location.read(location.most_bytes + 1)
    if len(content) > location.most_bytes:
        raise DicomError(f"{location}: is larger than {location.most_bytes // 1024**2} MiB.", code="file.too-large")
    with naming(location):
        dataset, transfer_syntax, has_meta = parse_dataset(content)
    return DicomFile(location, dataset, transfer_syntax, sha256_of(content), len(content), content, has_meta)


def _large(location: Location) -> Buffer | None:
    """The bytes of a large ordinary file; None of others.

    A very large one is mapped, so that only what is in use takes memory: if another program truncates it meanwhile, the
    system ends this one.
    """
    if location.member or location.content is not None:
        return None
    try:
        with open(location.path, "rb", buffering=0) as stream:
            status = os.fstat(stream.fileno())
            if (
                not stat.S_ISREG(status.st_mode)
                or not IN_LARGE_PAGES_FROM_BYTES <= status.st_size <= location.most_bytes
            ):
                return None
            if status.st_size < MAPPED_FROM_BYTES:
                return _in_large_pages(stream, status.st_size)
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None  # reading says what is wrong


def _in_large_pages(stream: "FileIO", size: int) -> Buffer | None:
    """The bytes of a file in pages of 2 MB, where the system has them: providing 4000 small ones takes longer than
    reading. None where it has none, or the file ends before.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    content = OwnMemory(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    content.madvise(mmap.MADV_HUGEPAGE)
    with memoryview(content) as room:
        filled = 0
        while filled < size and (more := stream.readinto(room[filled:])):
            filled += more
    return content if filled == size else None


@contextmanager
def naming(location: Location) -> Iterator[None]:
    """Puts the file's name before the text of any refusal inside."""
    try:
        yield
    except DicomError as error:
        text = str(error)
        if text.startswith(f"{location}: "):
            raise
        raise DicomError(f"{location}: {text}", code=error.code) from None


def parse_dataset(content: Buffer, *, until: int | None = None) -> tuple[DataSet, str, bool]:
    """The data set in a file's bytes, its transfer syntax, and whether it had a file meta group."""
    start = _start_of_elements(content)
    syntax, start = _read_meta(content, start)
    has_meta = bool(syntax)
    if syntax == DEFLATED_SYNTAX:
        content, start = _inflate(content[start:], is_whole=until is None), 0
    encoding = _encoding_at(content, start, syntax)
    if not syntax:
        syntax = {IMPLICIT_LITTLE: IMPLICIT_LITTLE_SYNTAX, EXPLICIT_BIG: EXPLICIT_BIG_SYNTAX}.get(
            encoding, EXPLICIT_LITTLE_SYNTAX
        )
    return DataSet(content, start, len(content), encoding, until=until), syntax, has_meta


def _start_of_elements(content: Buffer) -> int:
    """Behind the preamble where there is one; files without are told by their first tag (PS3.10 7.1)."""
    if content[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM":
        return PREAMBLE_BYTES + 4
    if content[:4] == b"DICM":
        return 4
    if content[:2] in (b"\x02\x00", b"\x08\x00") or content[:2] == b"\x00\x08":
        return 0
    raise DicomError("is not a DICOM file.", code="file.not-dicom")


def _read_meta(content: Buffer, start: int) -> tuple[str, int]:
    """The transfer syntax ("" where there is no meta group) and where the data set begins."""
    if content[start : start + 2] != b"\x02\x00":
        return "", start
    meta = elements_of(content, start, len(content), EXPLICIT_LITTLE, until=0x0003_0000)
    element = meta.get(tags.TRANSFER_SYNTAX_UID)
    after = max(found.end for found in meta.values())
    return ("" if element is None else content[element.start : element.end].decode("latin-1").strip("\0 ")), after


def _encoding_at(content: Buffer, start: int, syntax: str) -> Encoding:
    """As the transfer syntax says; but a data set whose first element contradicts it is read as it is written."""
    vr = content[start + 4 : start + 6]
    looks_explicit = vr in LONG_VRS or vr in SHORT_VRS
    if syntax == EXPLICIT_BIG_SYNTAX or (not syntax and content[start : start + 2] == b"\x00\x08"):
        return EXPLICIT_BIG
    if not syntax or syntax == IMPLICIT_LITTLE_SYNTAX or not looks_explicit:
        return EXPLICIT_LITTLE if looks_explicit else IMPLICIT_LITTLE
    return EXPLICIT_LITTLE


def _inflate(deflated: bytes, *, is_whole: bool) -> bytes:
    """A deflated data set, refused where it would grow beyond the bound; of a header, as much as is there."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(deflated, MAX_UNPACKED_BYTES if is_whole else MAX_HEADER_BYTES)
    except zlib.error:
        raise DicomError("the deflated data set is damaged.", code="file.damaged") from None
    if is_whole and inflater.unconsumed_tail:
        raise DicomError("the deflated data set is too large.", code="file.too-large")
    if is_whole and not inflater.eof:
        raise DicomError("the deflated data set is truncated.", code="file.truncated")
    return content


def open_archive(path: Path) -> "ZipFile":
    """A zip archive, opened. Refuses what is no ordinary file: a pipe would be waited for without end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise DicomError(f"{harmless(str(path))}: not a regular file.", code="file.unreadable")
    from zipfile import BadZipFile, ZipFile

    try:
        return ZipFile(path)
    except BadZipFile as error:
        raise OSError(str(error)) from None


def read_member(archive: "ZipFile", member: str, limit_bytes: int) -> bytes:
    """The first bytes of an archive's member, uncompressed only as far as asked."""
    from zipfile import BadZipFile

    try:
        with archive.open(member) as stream:
            return stream.read(min(limit_bytes, archive.getinfo(member).file_size))
    except BadZipFile as error:
        raise OSError(str(error)) from None


def unreadable(where: object, error: Exception) -> DicomError:
    """The refusal of a file that the system or the archive does not give."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return DicomError(f"{where}: cannot be read ({reason}).", code="file.unreadable")


def _read_ordinary_file(path: Path, limit_bytes: int) -> bytes:
    descriptor = os.open(path, _OPENING)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # a device would never end
            raise DicomError(f"{path}: not a regular file.", code="file.unreadable")
        # Python allocates what is requested before it reads, so no more is requested than is there.
        wanted = min(limit_bytes, status.st_size)
        content = os.read(descriptor, wanted)
        while len(content) < wanted and (more := os.read(descriptor, wanted - len(content))):
            content += more
        return content
    finally:
        os.close(descriptor)
