"""A folder, an archive or a file's surroundings -> the headers of the DICOM files there, and what was passed over."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.dicom.finding.headers import Header, read_header
from rtcheck.dicom.finding.sources import UNREADABLE, Location, open_archive, read_member, unreadable
from rtcheck.errors import DicomError
from rtcheck.progress import Progress, counted
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from zipfile import ZipFile

SEARCHING = "Searching files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What lies in a place: DICOM headers, and files that were passed over with the reason's code."""

    headers: tuple[Header, ...] = ()
    skipped: tuple[tuple[Location, DicomError], ...] = ()

    @property
    def damaged(self) -> tuple[tuple[Location, DicomError], ...]:
        """Files that are DICOM or cannot be read, as opposed to those that are simply something else."""
        return tuple((location, error) for location, error in self.skipped if error.code != "file.not-dicom")


def scan(root: Path, *, recursive: bool = True, progress: Progress | None = None) -> Scan:
    """The headers of all DICOM files in a folder (and below it) or in a zip archive, by path order."""
    archives: list[Path] = []
    paths: list[Path] = []
    headers: list[Header] = []
    skipped: list[tuple[Location, DicomError]] = []
    for path in files_below(root, skipped, recursive=recursive):
        (archives if path.suffix.lower() == ".zip" else paths).append(path)
    for path in counted(SEARCHING, paths, progress):
        _look_at(Location(path), None, headers, skipped)
    for path in archives:
        _look_into_archive(path, headers, skipped, progress)
    return Scan(headers=tuple(headers), skipped=tuple(skipped))


def files_below(root: Path, skipped: list[tuple[Location, DicomError]], *, recursive: bool) -> Iterator[Path]:
    """Ordinary files in name order; linked folders are entered once, so loops end. What cannot be listed is skipped."""
    if not root.is_dir():
        yield root
        return
    entered: set[tuple[int, int]] = set()
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            status = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            skipped.append((Location(folder), unreadable(Location(folder), error)))
            continue
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        yield from (Path(entry.path) for entry in entries if _is(entry.is_file))
        if recursive:
            pending += [Path(entry.path) for entry in reversed(entries) if _is(entry.is_dir)]


def _is(asked: Callable[[], bool]) -> bool:
    """Whether an entry is a file, or a folder; a link that leads back to itself or nowhere is neither."""
    try:
        return asked()
    except OSError:
        return False


def _look_at(
    location: Location,
    read: Callable[[int], bytes] | None,
    headers: list[Header],
    skipped: list[tuple[Location, DicomError]],
) -> None:
    try:
        headers.append(read_header(location, read))
    except DicomError as error:
        skipped.append((location, error))


def _look_into_archive(
    path: Path, headers: list[Header], skipped: list[tuple[Location, DicomError]], progress: Progress | None
) -> None:
    try:
        with open_archive(path) as archive:
            members = sorted(name for name in archive.namelist() if not name.endswith("/"))
            for member in counted(SEARCHING, members, progress):
                _look_at(Location(path, member), _reader(Location(path, member), archive), headers, skipped)
    except UNREADABLE as error:
        skipped.append((Location(path), unreadable(Location(path), error)))
    except DicomError as error:
        skipped.append((Location(path), error))


def _reader(location: Location, archive: "ZipFile") -> Callable[[int], bytes]:
    def read(limit_bytes: int) -> bytes:
        if location.name.lower().endswith(".zip"):
            raise DicomError(f"{location}: is an archive inside an archive; unpack it.", code="file.unreadable")
        try:
            return read_member(archive, location.member, limit_bytes)
        except UNREADABLE as error:
            raise unreadable(location, error) from None

    return read
