"""A folder -> the headers of its files, by several processes; headers of images are kept for the next run.

Of the files of plans with their images nearly all are images. An image whose size and times of change are those of the
last run is not opened again. Plans, doses and structure sets always are: what a plan's results depend on is read, and
hashed, in every run.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from dataclasses import field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from rtcheck import __version__
from rtcheck.batch.executor import process_pool
from rtcheck.dicom.finding.folder import SEARCHING, Scan, files_below, scan
from rtcheck.dicom.finding.headers import Header, read_header
from rtcheck.dicom.finding.sources import Location
from rtcheck.errors import DicomError
from rtcheck.progress import Progress
from rtcheck.values import dataclass

FILE_NAME = "images.sqlite"
CHUNK = 500
FEWEST_IN_PARALLEL = 20_000
"""With fewer files to open, starting processes takes longer than opening them."""

Stamp = tuple[int, int, int]
Seen = Header | DicomError

_KEPT = tuple(each.name for each in fields(Header) if each.name not in ("location", "role"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What `scan` gives, and by folder the headers of images that are to be kept for the next run."""

    found: Scan
    to_keep: Mapping[Path, bytes] = field(default_factory=dict)

    def keep(self, folder: Path) -> None:
        """Write the headers to this folder, which must exist."""
        if not self.to_keep:
            return
        with closing(_opened(folder)) as kept, kept:
            rows = ((str(place.absolute()), __version__, images) for place, images in self.to_keep.items())
            kept.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?, ?)", rows)


def scanned(root: Path, kept_in: Path | None, *, processes: int, progress: Progress | None = None) -> Scanned:
    """The files of a folder, with what an earlier run kept in `kept_in`; None: nothing is kept."""
    if not root.is_dir():
        return Scanned(found=scan(root, progress=progress))
    skipped: list[tuple[Location, DicomError]] = []
    paths = list(files_below(root, skipped, recursive=True))
    archives = [path for path in paths if path.suffix.lower() == ".zip"]
    files = [path for path in paths if path.suffix.lower() != ".zip"]
    to_keep: dict[Path, bytes] = {}
    if kept_in is None:
        found = _seen(files, processes, progress)
    else:
        found, to_keep = _seen_or_kept(files, kept_in, processes, progress)
    headers = [each for each in found if isinstance(each, Header)]
    skipped += [(Location(path), each) for path, each in zip(files, found, strict=True) if isinstance(each, DicomError)]
    for archive in archives:
        inside = scan(archive, progress=progress)
        headers += inside.headers
        skipped += inside.skipped
    return Scanned(found=Scan(headers=tuple(headers), skipped=tuple(skipped)), to_keep=to_keep)


def _seen(paths: Sequence[Path], processes: int, progress: Progress | None) -> list[Seen]:
    """The header of each file, or why there is none; in the order of the paths."""
    chunks = [tuple(map(str, paths[start : start + CHUNK])) for start in range(0, len(paths), CHUNK)]
    found: list[Seen] = []
    for done in _looked_at(chunks, processes if len(paths) >= FEWEST_IN_PARALLEL else 1):
        found += [each if isinstance(each, Header) else DicomError(each[0], code=each[1]) for each in done]
        if progress:
            progress(SEARCHING, len(found), len(paths))
    return found


def _looked_at(chunks: Sequence[tuple[str, ...]], processes: int) -> Iterator[list[Header | tuple[str, str]]]:
    if processes < 2:
        yield from map(look_at, chunks)
        return
    done = 0
    try:
        with process_pool(processes) as pool:
            for seen in pool.map(look_at, chunks):
                done += 1
                yield seen
    except BrokenExecutor:  # a worker was killed: this process does the rest
        yield from map(look_at, chunks[done:])


def look_at(paths: Iterable[str]) -> list[Header | tuple[str, str]]:
    """The header of each file, or the text and code of the error, which between processes would lose its code."""
    found: list[Header | tuple[str, str]] = []
    for path in paths:
        try:
            found.append(read_header(Location(Path(path))))
        except DicomError as error:
            found.append((str(error), error.code))
    return found


def _seen_or_kept(
    files: Sequence[Path], kept_in: Path, processes: int, progress: Progress | None
) -> tuple[list[Seen], dict[Path, bytes]]:
    """As `_seen`, with the images that are as they were from the last run; and what to keep for the next one."""
    stamps = {path: _stamp(path) for path in files}
    known: dict[Path, Header] = {}
    folders = {folder: list(own) for folder, own in groupby(files, key=lambda path: path.parent)}
    if (kept_in / FILE_NAME).is_file():
        with closing(_opened(kept_in)) as kept:
            for folder, own in folders.items():
                images = _images_of(kept, folder)
                same = (path for path in own if path.name in images and images[path.name][0] == stamps[path])
                known |= {path: images[path.name][1] for path in same}
    unknown = [path for path in files if path not in known]
    found: dict[Path, Seen] = {**known, **dict(zip(unknown, _seen(unknown, processes, progress), strict=True))}
    changed = {path.parent for path in unknown}
    to_keep = {place: _packed((path, stamps[path], found[path]) for path in folders[place]) for place in changed}
    return [found[path] for path in files], to_keep


def _stamp(path: Path) -> Stamp | None:
    """Size, and the times of the last change of content and of anything else: that last one cannot be set back."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _opened(folder: Path) -> sqlite3.Connection:
    """The file of kept headers: a row for each folder with the headers of its images, compressed."""
    path = folder / FILE_NAME
    try:
        return _connected(path)
    except sqlite3.DatabaseError:  # damaged: nothing is lost but time
        path.unlink(missing_ok=True)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=30)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS folders (folder TEXT PRIMARY KEY, program TEXT NOT NULL, images BLOB NOT NULL)"
    )
    return connection


def _images_of(kept: sqlite3.Connection, folder: Path) -> dict[str, tuple[Stamp, Header]]:
    query = "SELECT images FROM folders WHERE folder = ? AND program = ?"
    row = kept.execute(query, (str(folder.absolute()), __version__)).fetchone()
    if row is None:
        return {}
    found = {}
    texts: dict[str, str] = {}
    for name, stamp, *values in json.loads(zlib.decompress(row[0])):
        own: dict[str, Any] = dict(zip(_KEPT, (_plain(value, texts) for value in values), strict=True))
        found[name] = (tuple(stamp), Header(location=Location(folder / name), role="image", **own))
    return found


def _plain(value: Any, texts: dict[str, str]) -> Any:
    """A value of a header as it was packed; equal texts of a folder are one object, as `read_header` leaves them."""
    if isinstance(value, list):
        return tuple(_plain(each, texts) for each in value)
    return texts.setdefault(value, value) if isinstance(value, str) else value


def _packed(seen: Iterable[tuple[Path, Stamp | None, Seen]]) -> bytes:
    """The headers of the images among the files of a folder."""
    rows = [
        (path.name, stamp, *(getattr(each, key) for key in _KEPT))
        for path, stamp, each in seen
        if stamp and isinstance(each, Header) and each.role == "image"
    ]
    return zlib.compress(json.dumps(rows).encode(), 1)
