"""Received objects -> files, each whole or not there, in a folder for each patient; and the plans that are complete."""

import hashlib
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field
from io import BytesIO
from pathlib import Path

from rtcheck.atomic_write import make_private_folder, write_inside
from rtcheck.dicom.finding.headers import Header, read_header
from rtcheck.dicom.finding.sources import Location
from rtcheck.errors import DicomError, RtcheckError
from rtcheck.values import dataclass

FREE_BYTES_KEPT = 500 * 1024**2
"""What is left free on the disk whatever the limit says: other programs live there too."""

_UID = re.compile(r"(?=.{1,64}\Z)[0-9]+(?:\.[0-9]+)*")  # PS3.5 9.1; never "..", which names a folder


MOST_VERSIONS = 5
"""Different objects kept under one UID; more are refused."""


class FullError(RtcheckError):
    """The inbox takes nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPlan:
    """A plan with its structure set and all doses that refer to it; `arrived_at` is when the last of them came.

    `missing` names what has not come: without it the set is not complete.
    """

    plan: Header
    parts: tuple[Header, ...]
    arrived_at: float
    missing: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        return self.plan.sop_instance_uid

    @property
    def uids(self) -> frozenset[str]:
        return frozenset(each.sop_instance_uid for each in (self.plan, *self.parts))


@dataclass(slots=True)
class Inbox:
    """The objects below `root`. Safe to be used by many associations at once. `changes` counts what has arrived."""

    root: Path
    limit_bytes: int
    used_bytes: int = 0
    changes: int = 0
    _arrived: dict[Header, float] = field(default_factory=dict)
    _by_place: dict[Path, tuple[Header, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        """Take in what an earlier run left; what it was writing when it ended, `only_writer` has removed."""
        make_private_folder(self.root)
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                try:
                    self._note(path, read_header(Location(path)), path.stat().st_size, at=0.0)
                except DicomError:
                    continue

    def add(self, content: bytes, *, sop_instance_uid: str, at: float) -> Header:
        """Keep one object. DicomError where it is none that is wanted, FullError where there is no room."""
        header = read_header(Location(Path("received object"), content=content))
        if header.role is None or header.sop_instance_uid != sop_instance_uid or not _UID.fullmatch(sop_instance_uid):
            raise DicomError("The object does not belong to a plan, or is not the one announced.", code="file.not-rt")
        self._reserve(len(content))
        try:
            with self._writing:  # of two objects of one UID that come at once, the second must find the first
                path = self._place(header, content)
                write_inside(self.root, content, path)
        finally:
            self._reserve(-len(content))
        self._note(path, read_header(Location(path)), len(content), at=at)
        return header

    def _place(self, header: Header, content: bytes) -> Path:
        """The file for an object. Other content under a UID that is there already is kept next to it, not over it.

        Which of two objects of one UID is meant, nobody can know: the reader refuses such a set, and the plan is then
        not evaluated, with that reason.
        """
        folder, uid = self.root / _folder(header), header.sop_instance_uid
        places = (folder / f"{uid}{suffix}.dcm" for suffix in ("", *(f"-{n}" for n in range(2, MOST_VERSIONS + 1))))
        for path in places:
            if not path.is_file() or _is_same_object(path, content):
                return path
        raise FullError(f"There are already {MOST_VERSIONS} different objects with this UID.")

    def plans(self) -> Iterator[ReceivedPlan]:
        """The plans with what is there of their sets, by their references: one structure set, and doses."""
        with self._lock:
            arrived = dict(self._arrived)
        of_patient = defaultdict(list)
        for header in arrived:
            of_patient[header.location.path.parent].append(header)
        for plan in (header for header in arrived if header.role == "plan"):
            beside = of_patient[plan.location.path.parent]
            structures = [
                header
                for header in beside
                if header.role == "structures" and plan.structure_set_uid in ("", header.sop_instance_uid)
            ]
            doses = [h for h in beside if h.role == "dose" and plan.sop_instance_uid in h.plan_uids]
            parts = (*structures, *doses)
            at = max(arrived[header] for header in (plan, *parts))
            found = (("structure set", structures), ("dose", doses))
            missing = tuple(what for what, headers in found if not headers)
            yield ReceivedPlan(plan=plan, parts=parts, arrived_at=at, missing=missing)

    def _reserve(self, size_bytes: int) -> None:
        with self._lock:
            if size_bytes > 0:
                if self.used_bytes + size_bytes > self.limit_bytes:
                    raise FullError("The disk space for received objects (--max-disk) is used up.")
                if shutil.disk_usage(self.root).free - size_bytes < FREE_BYTES_KEPT:
                    raise FullError("The disk is almost full.")
            self.used_bytes += size_bytes

    def _note(self, path: Path, header: Header, size_bytes: int, *, at: float) -> None:
        with self._lock:
            earlier = self._by_place.pop(path, None)
            if earlier:
                self.used_bytes -= earlier[1]
                self._arrived.pop(earlier[0], None)
            self._by_place[path] = (header, size_bytes)
            self.used_bytes += size_bytes
            self.changes += 1
            if header.role != "image":
                self._arrived[header] = at


def _is_same_object(path: Path, content: bytes) -> bool:
    """Whether the file holds the same object, byte for byte or in another transfer syntax."""
    stored = path.read_bytes()
    if stored == content:
        return True
    from pydicom import dcmread

    try:
        one, other = (dcmread(BytesIO(each), force=True) for each in (stored, content))
        return bool(one == other)
    except Exception:  # what cannot be compared is not the same
        return False


def _folder(header: Header) -> str:
    """A name for the patient's folder that does not tell who it is."""
    return hashlib.sha256("\n".join(header.patient).encode()).hexdigest()[:16]
