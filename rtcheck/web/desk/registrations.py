"""Plans to be added -> the registrations that could move one dose to the other, for a person to choose from."""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from rtcheck.case import Case
from rtcheck.checking.courses.registered import look_at
from rtcheck.dicom.finding.folder import files_below, scan
from rtcheck.dicom.finding.headers import Header, read_header
from rtcheck.dicom.finding.sources import Location
from rtcheck.errors import DicomError
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.finding import check_archives, inside, relative
from rtcheck.web.desk.paths import shown_text
from rtcheck.web.desk.question import Override, Recipe

MOST_LOOKED_AT = 5_000
"""Files around the plans that are looked at: a served folder may hold those of a whole clinic."""


def registration_values(
    desk: Desk, parts: Sequence[Recipe], uploads: Mapping[str, Path], most_bytes: int | None
) -> dict[str, Any]:
    """Whether the doses of the plans are in different frames of reference, and if so every registration there is.

    Those next to the plans are used unless others are chosen. `uploads` are further folders, of registrations.
    """
    cases = [desk.opened(part).case(Override()) for part in parts]
    frames = {case.dose.frame_of_reference_uid for case in cases if case.dose is not None} - {""}
    if len(frames) < 2:
        return {"is_needed": False, "files": []}
    found: dict[Path, _Place] = {}
    for part, case in zip(parts, cases, strict=True):
        for path in case.registrations:
            found.setdefault(path, _Place(part.root, part.private, is_next_to_plan=True))
    for root, folder, private in [*_around(parts), *((each, each, each) for each in uploads.values())]:
        check_archives(folder, most_bytes if private else None)
        for path in _registrations_below(folder):
            found.setdefault(path, _Place(root, private))
    return {"is_needed": True, "files": [_row(path, place, cases, frames) for path, place in found.items()]}


class _Place(NamedTuple):
    """Below which folder a registration lies; `private` is that folder if it is one of an upload."""

    root: Path
    private: Path | None
    is_next_to_plan: bool = False


def _row(path: Path, place: _Place, cases: Sequence[Case], frames: set[str]) -> dict[str, Any]:
    """A file as a request names it (an upload is called as its folder), and whether and why not it can be used."""
    file, name = look_at(path, cases), relative(path, place.root)
    is_of_plans, problem = False, ""
    if isinstance(file, str):
        problem = shown_text(file, place.root).removeprefix(f"{name}: ")
    else:
        is_of_plans = any(frames & {link.source_uid, link.target_uid} for link in file.links)
    return {
        "upload": place.private.name if place.private else "",
        "name": name,
        "is_next_to_plan": place.is_next_to_plan,
        "is_of_plans": is_of_plans,
        "problem": problem,
    }


def _around(parts: Sequence[Recipe]) -> Iterator[tuple[Path, Path, Path | None]]:
    """Of every root with a plan: the root, where to look, and its private folder.

    That is all of an upload, and of the served folder the smallest one that holds the plans.
    """
    for root, private in dict.fromkeys((part.root, part.private) for part in parts):
        paths = [inside(root, part.path) for part in parts if (part.root, part.private) == (root, private)]
        common = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
        yield root, private or common, private


def _registrations_below(folder: Path) -> Iterator[Path]:
    for path in islice(files_below(folder, [], recursive=True), MOST_LOOKED_AT):
        for header in _headers(path):
            if header.modality == "REG":
                yield header.location.as_path


def _headers(path: Path) -> tuple[Header, ...]:
    if path.suffix.lower() == ".zip":
        return scan(path).headers
    try:
        return (read_header(Location(path)),)
    except DicomError:
        return ()
