"""A folder -> the plans in it and the files that make each, by their headers alone."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rtcheck.dicom.finding.folder import Scan, scan
from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.patients import PlanSet, plan_sets
from rtcheck.dicom.finding.sources import UNREADABLE, open_archive
from rtcheck.errors import DicomError, RtcheckError
from rtcheck.web.desk.paths import shown_text
from rtcheck.web.limits import MIB
from rtcheck.web.refusals import Refusal

MOST_LISTED = 5_000
"""Plans and files of a list; a folder of more is for `rtcheck batch`."""

_RT = ("plan", "dose", "structures")


def find_plans(root: Path) -> dict[str, Any]:
    """The plans below a folder, those that can be opened first; what is damaged or in question says so."""
    sets = plan_sets(root)
    ordered = sorted(sets, key=lambda plan_set: bool(plan_set.problem))
    return {
        "plans": [plan_row(plan_set, root) for plan_set in ordered[:MOST_LISTED]],
        "omitted": max(len(sets) - MOST_LISTED, 0),
    }


def find_files(root: Path, folder: Path) -> dict[str, Any]:
    """Every plan, dose and structure set below a folder of the root, for a person to choose from."""
    found: Scan = scan(folder)
    files = [_file_row(header, root) for header in found.headers if header.role in _RT]
    return {"files": files[:MOST_LISTED], "omitted": max(len(files) - MOST_LISTED, 0)}


def check_archives(root: Path, most_bytes: int | None) -> None:
    """Refuses archives that would unpack to more than is allowed, before anything of them is unpacked.

    What an archive states is what is read of it at most: a member that is longer than it says is cut off there.
    """
    if most_bytes is None:
        return
    unpacked = 0
    for path in root.rglob("*.[zZ][iI][pP]"):
        try:
            with open_archive(path) as archive:
                unpacked += sum(entry.file_size for entry in archive.infolist())
        except (*UNREADABLE, DicomError, ValueError):
            continue  # whoever looks for plans says what is wrong with it
    if unpacked > most_bytes:
        text = f"The archives unpack to {unpacked // MIB} MiB; at most {most_bytes // MIB} are read."
        raise Refusal(413, "web.inflated", text)


def plan_row(plan_set: PlanSet, root: Path) -> dict[str, Any]:
    """One plan of the list. `open` is what opens it: a path, and the plan's file where the path holds several."""
    headers = plan_set.choice.headers
    first = headers[0] if headers else None
    doses = plan_set.choice.doses
    return {
        "name": relative(plan_set.path, root),
        "kind": "damaged" if first is None else "plan" if plan_set.plan else "dose",
        "label": first.label if first else "",
        "patient_id": first.patient_id if first else "",
        "date": first.date if first else "",
        "system": first.system if first else "",
        "doses": len(doses),
        "structures": plan_set.choice.structures is not None,
        "images": len(plan_set.choice.images),
        "problem": shown_text(plan_set.problem, root),
        "open": _opening(plan_set, root) if first else None,
    }


def _opening(plan_set: PlanSet, root: Path) -> dict[str, Any]:
    """The smallest folder that holds all files of the plan, and the plan's own file in it; of a dose without a plan
    the file of the dose."""
    if plan_set.plan is None:
        return {"path": relative(plan_set.path, root), "plan": ""}
    headers = (*plan_set.choice.headers, *plan_set.choice.images)
    folder = common_folder(headers, root)
    return {"path": relative(folder, root), "plan": relative(plan_set.plan.location.as_path, root)}


def common_folder(headers: Iterable[Header], root: Path) -> Path:
    """The smallest folder (or archive) that holds all these files, never above `root`."""
    places = {header.location.path if header.location.member else header.location.path.parent for header in headers}
    if len(places) == 1:
        return places.pop()
    common = Path(os.path.commonpath(places))
    return common if common.is_relative_to(root) else root


def _file_row(header: Header, root: Path) -> dict[str, Any]:
    return {
        "name": relative(header.location.as_path, root),
        "role": header.role,
        "label": header.label,
        "date": header.date,
        "patient_id": header.patient_id,
        "summation": header.summation,
        "uid": header.sop_instance_uid,
        "plan_uids": list(header.plan_uids),
        "structure_set_uid": header.structure_set_uid,
    }


def relative(path: Path, root: Path) -> str:
    """The path below the root, with slashes; "" for the root itself."""
    if path == root:
        return ""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def inside(root: Path, name: str) -> Path:
    """The file or folder of that name below the root. Refuses whatever leads out of it."""
    path = root / name
    real_root = os.path.realpath(root)
    real = os.path.realpath(_file_of(path))
    if real != real_root and not real.startswith(real_root + os.sep):
        raise Refusal(403, "web.outside", "This file is not in the folder that is served.")
    return path


def _file_of(path: Path) -> Path:
    """The file itself, or the archive that it is a member of."""
    return next((place for place in (path, *path.parents) if place.is_file()), path)


def check_found(found: Sequence[dict[str, Any]], root: Path) -> None:
    """Refuses a folder in which there is nothing to open, in the words of the reader."""
    if found:
        return
    from rtcheck.dicom import read_case

    try:
        read_case(root)
    except RtcheckError as error:
        raise Refusal(422, getattr(error, "code", "folder.no-rt"), shown_text(str(error), root)) from None
