"""What the user gave (a path, named files, data sets in memory) -> the headers to choose from, and what was named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rtcheck.dicom.finding.folder import Scan, scan
from rtcheck.dicom.finding.headers import Header, read_header
from rtcheck.dicom.finding.linking import Asked
from rtcheck.dicom.finding.sources import Location, locate, naming
from rtcheck.dicom.findings import Findings
from rtcheck.errors import DicomError, UsageError
from rtcheck.progress import Progress
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PathLike = Path | str

SHOWN_DAMAGED = 20
"""Damaged files that are named one by one."""

_WHAT = {"plan": "an RTPLAN", "dose": "an RTDOSE", "structures": "an RTSTRUCT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The files that options name outright."""

    plan: PathLike | None = None
    doses: tuple[PathLike, ...] = ()
    structures: PathLike | None = None
    scenarios: Mapping[str, PathLike] = field(default_factory=dict)


def look_around(
    path: PathLike | None, named: Named, findings: Findings, *, progress: Progress | None = None
) -> tuple[tuple[Header, ...], Asked]:
    """The headers in a folder or archive, or beside a file, and what the user named of them."""
    plan = _named(named.plan, "plan") if named.plan else None
    structures = _named(named.structures, "structures") if named.structures else None
    doses = tuple(_named(dose, "dose") for dose in named.doses)
    scenarios = tuple((name, _named(path, "dose")) for name, path in named.scenarios.items())
    outright = tuple(header for header in (plan, *doses, structures) if header)
    if path is None and not outright:
        raise UsageError(
            "No path was given. Give an RTPLAN, RTDOSE or RTSTRUCT file, or the folder that contains them."
        )
    where = locate(path) if path is not None else outright[0].location
    start = None
    if path is None or (plan and doses and structures):
        found = scan(_folder_of(where), recursive=False, progress=progress)
    elif where.path.is_dir() or _is_archive(where):
        found = scan(where.path, progress=progress)
        if not outright and not any(header.role in _WHAT for header in found.headers):
            _refuse_empty(where, found)
    elif where.name.upper() == "DICOMDIR":
        found = scan(where.path.parent, progress=progress)
    else:
        start = _start(where)
        found = scan(_folder_of(where), recursive=False, progress=progress)
    _remark_on_damaged(found, findings)
    first = (start, *outright) if start else outright
    of_scenarios = {header.location.as_path.resolve() for _, header in scenarios}
    rest = tuple(header for header in found.headers if header not in first)
    pool = first + tuple(header for header in rest if header.location.as_path.resolve() not in of_scenarios)
    return pool, Asked(start=start, plan=plan, doses=doses, structures=structures, scenarios=scenarios)


def headers_of(parts: "Sequence[Dataset | PathLike]") -> tuple[Header, ...]:
    """The headers of files, and of pydicom data sets, which are read as the files that they would make."""
    if not isinstance(parts, Iterable) or hasattr(parts, "to_json"):
        kind = type(parts).__name__
        raise UsageError(f"Expected a path or a list of paths and pydicom data sets, found a value of type {kind}.")
    headers = []
    for number, dataset in enumerate(parts, start=1):
        if isinstance(dataset, str | Path):
            headers.append(_header_of(locate(dataset)))
            continue
        if not hasattr(dataset, "file_meta") and not hasattr(dataset, "to_json"):
            kind = type(dataset).__name__
            raise UsageError(f"Expected paths or pydicom data sets, found a value of type {kind} at place {number}.")
        name = f"data set {number} ({dataset.get('Modality', 'no modality')})"
        location = Location(Path(name), content=_bytes(dataset))
        with naming(location):
            headers.append(read_header(location))
    if not headers:
        raise UsageError("The list of files is empty. Give the files of one plan, or the folder that contains them.")
    return tuple(headers)


def _bytes(dataset: "Dataset") -> bytes:
    """The data set as a file's bytes, in its own transfer syntax where it has one."""
    from pydicom import dcmwrite

    stream = BytesIO()
    has_syntax = "TransferSyntaxUID" in getattr(dataset, "file_meta", ())
    try:
        if has_syntax:
            dcmwrite(stream, dataset)
        else:
            dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    except (AttributeError, TypeError, ValueError, KeyError, NotImplementedError) as error:
        raise DicomError(
            f"A data set in memory cannot be written ({type(error).__name__}).", code="file.damaged"
        ) from None
    return stream.getvalue()


def _is_archive(where: Location) -> bool:
    return where.path.suffix.lower() == ".zip" and not where.member


def _folder_of(where: Location) -> Path:
    """What is searched beside a file: its folder, or the archive that it is in."""
    return where.path if where.member else where.path.parent


def _named(path: PathLike, role: str) -> Header:
    header = _header_of(locate(path))
    if header.role != role:
        found = f"of modality {header.modality}" if header.modality else "of an unknown kind"
        raise UsageError(f"{path}: is a DICOM file {found}; --{role} expects {_WHAT[role]}.")
    return header


def _start(location: Location) -> Header:
    """The file given as the path. Refuses what is not part of a plan."""
    header = _header_of(location)
    if header.role not in _WHAT:
        kind = f"of modality {header.modality}" if header.modality else "of an unknown kind"
        raise DicomError(
            f"{location}: is a DICOM file {kind}, not of a plan. Give the RTPLAN, RTDOSE or RTSTRUCT file, or the "
            "folder that contains them.",
            code="file.not-rt",
        )
    return header


def _header_of(location: Location) -> Header:
    if location.path.is_dir():
        raise UsageError(f"{location}: is a folder; expected a file.")
    with naming(location):
        return read_header(location)


def _refuse_empty(where: Location, found: Scan) -> NoReturn:
    others, damaged = len(found.headers), len(found.damaged)
    strangers = len(found.skipped) - damaged
    if others or strangers:
        what = (
            f"contains no RTPLAN, RTDOSE or RTSTRUCT, only {others} other DICOM files and {strangers} that "
            f"are not DICOM"
        )
    else:
        what = "contains no readable RTPLAN, RTDOSE or RTSTRUCT" if damaged else "is empty"
    text = f"{where}: the folder {what}. Give the folder that the planning system exported to."
    if damaged:
        text += f" {damaged} could not be read, the first: {found.damaged[0][1]}"
    raise DicomError(text, code="folder.no-rt")


def _remark_on_damaged(found: Scan, findings: Findings) -> None:
    for location, error in found.damaged[:SHOWN_DAMAGED]:
        text = str(error).removeprefix(f"{location}: ")
        findings.warn("folder.damaged", f"A file was skipped. {location}: {text}")
    more = len(found.damaged) - SHOWN_DAMAGED
    if more > 0:
        findings.warn("folder.damaged", f"{more} more damaged files were skipped.")
