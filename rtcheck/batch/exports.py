"""A folder into which files are exported -> the plans in it that are complete, and since when nothing of them changed.

A file is looked into once, and again when its size or time changes. Which files make a plan is told by their headers,
so that many patients can be exported into one folder at the same time.
"""

import time
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from rtcheck.dicom.finding.folder import Scan, files_below, scan
from rtcheck.dicom.finding.linking import Choice
from rtcheck.dicom.finding.patients import PlanSet, sets_among
from rtcheck.dicom.finding.sources import Location
from rtcheck.errors import DicomError
from rtcheck.values import dataclass

Stamp = tuple[int, int]
"""Size in bytes and time of the last change in ns, by which a file is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPlan:
    """A plan of the folder. `stamps` are its files as they are now; `changed_at` is when the last of them changed.

    `missing` names what has not come: without it the plan is not complete.
    """

    plan_set: PlanSet
    stamps: frozenset[tuple[Path, Stamp]]
    changed_at: float
    missing: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """The UID of the plan, or of the dose without one: it names no patient, which a path may do."""
        headers = self.plan_set.choice.headers
        return headers[0].sop_instance_uid if headers else ""


@dataclass(slots=True, kw_only=True)
class ExportFolder:
    """The files below `root`, without those below `apart` (the results may be in the same folder)."""

    root: Path
    apart: Path
    _stamps: dict[Path, Stamp] = field(default_factory=dict)
    _changed_at: dict[Path, float] = field(default_factory=dict)
    _looked: dict[Path, Scan] = field(default_factory=dict)
    _sets: tuple[PlanSet, ...] = ()
    _has_begun: bool = False

    def look(self, *, now: float) -> bool:
        """Take in what is new or changed, at the time `now` of a steady clock; whether there was anything."""
        seen = {path: stamp for path in self._files() if (stamp := _stamp(path)) is not None}
        changed = [path for path, stamp in seen.items() if self._stamps.get(path) != stamp]
        gone = self._stamps.keys() - seen.keys()
        for path in gone:
            del self._changed_at[path], self._looked[path]
        for path in changed:
            self._changed_at[path] = now if self._has_begun else now - _age_s(seen[path])
            self._looked[path] = scan(path)
        self._stamps, self._has_begun = seen, True
        if changed or gone:
            ordered = [self._looked[path] for path in seen]
            headers = tuple(header for found in ordered for header in found.headers)
            skipped = tuple(each for found in ordered for each in found.skipped)
            self._sets = sets_among(Scan(headers=headers, skipped=skipped))
        return bool(changed or gone)

    def plans(self) -> Iterator[ExportedPlan]:
        """Every plan, dose without a plan, and damaged file.

        While a file in a plan's folder cannot be read, it may be one of the plan's that is still being written.
        """
        unread = [location.path for found in self._looked.values() for location, _ in found.damaged]
        for plan_set in self._sets:
            choice = plan_set.choice
            headers = (*choice.headers, *choice.images)
            own = {header.location.path for header in headers} or {_on_disk(plan_set.path)}
            folders = {path.parent for path in own}
            beside = [path for path in unread if path.parent in folders]
            times = [self._changed_at[path] for path in (*own, *beside) if path in self._changed_at]
            yield ExportedPlan(
                plan_set=plan_set,
                stamps=frozenset((path, self._stamps[path]) for path in own if path in self._stamps),
                changed_at=max(times, default=0.0),
                missing=_missing(plan_set),
            )

    def _files(self) -> Iterator[Path]:
        skipped: list[tuple[Location, DicomError]] = []
        for path in files_below(self.root, skipped, recursive=True):
            if not path.is_relative_to(self.apart):
                yield path


def _missing(plan_set: PlanSet) -> tuple[str, ...]:
    """What a plan lacks to be complete; of a damaged file and of an open question nothing."""
    choice = plan_set.choice
    if not choice.headers or plan_set.problem:
        return ()
    needed = (("plan", choice.plan), ("structure set", choice.structures), ("dose", choice.doses))
    missing = tuple(name for name, found in needed if not found)
    return missing or (("dose of this plan",) if _is_only_of_others(choice) else ())


def _is_only_of_others(choice: Choice) -> bool:
    """Whether every dose names a plan, and none of them this one: its own may be still to come."""
    uid = choice.plan.header.sop_instance_uid if choice.plan else ""
    named = [each.header.plan_uids for each in choice.doses]
    return bool(uid) and all(uids and uid not in uids for uids in named)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None  # gone since it was listed
    return status.st_size, status.st_mtime_ns


def _age_s(stamp: Stamp) -> float:
    """How long a file that was there at the start has been as it is; 0 where its time is in the future."""
    return max(time.time() - stamp[1] / 1e9, 0.0)


def _on_disk(path: Path) -> Path:
    """The file, or the archive that it is a member of."""
    return next((place for place in (path, *path.parents) if place.is_file()), path)
