"""The RTDOSE files that belong to a plan -> the dose of its whole course, and single beams' doses beside it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from threading import Lock

import numpy as np

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.finding.sources import DicomFile, naming
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.fraction_groups import FractionGroup
from rtcheck.dicom.rtdose import DoseHeader, read_dose, read_dose_header
from rtcheck.dicom.scenarios.nominal import nominal_and_scenarios
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.errors import DicomError, UsageError
from rtcheck.values import dataclass

SAME_NODE_MM = 0.01
"""Grids whose nodes lie closer than this are one grid."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CourseDose:
    """The dose of the course, the headers it came from, and the beams' own doses, read when asked for.

    `group_doses` are those of the fraction groups, by number, where several were added; `scenarios` are doses of the
    same plan under its uncertainties, by name.
    """

    grid: DoseGrid
    headers: tuple[DoseHeader, ...]
    used: tuple[DicomFile, ...]
    beam_doses: Mapping[int, DoseGrid] = field(default_factory=dict)
    group_doses: tuple[tuple[int, DoseGrid], ...] = ()
    scenarios: tuple[tuple[str, DicomFile], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """What a set of partial doses must add up to: the plan's fraction groups and the beams that treat."""

    groups: tuple[FractionGroup, ...] = ()

    @property
    def beam_numbers(self) -> frozenset[int]:
        return frozenset(number for group in self.groups for number in group.beam_numbers)

    @property
    def setup_numbers(self) -> frozenset[int]:
        """The application setups of brachytherapy."""
        return frozenset(number for group in self.groups for number in group.setup_numbers)


def course_dose(
    files: Sequence[DicomFile], delivery: PlannedDelivery | None, findings: Findings, *, sum_all: bool = False
) -> CourseDose | None:
    """The dose of the whole course from one plan's doses; None where none of the files holds a dose grid.

    `delivery` is None where there is no plan.

    `sum_all`: the user named these doses to be added. Otherwise a PLAN dose wins over its parts, and parts are added
    only where the set is complete.
    """
    files = [file for file in files if _has_grid(file, findings)]
    if not files:
        return None
    headers = {file: _header(file, findings) for file in files}
    if sum_all and len(files) > 1:
        findings.warn("dose.summed", f"{len(files)} doses were added as requested.")
        return _sum(files, headers, findings)
    beams = [file for file in files if headers[file].summation == "BEAM"]
    groups = [file for file in files if headers[file].summation == "FRACTION"]
    courses = [file for file in files if headers[file].is_whole_course]
    scenarios: tuple[tuple[str, DicomFile], ...] = ()
    if len(courses) > 1:
        listed = "".join(f"\n    {file.location}" for file in courses)
        told = nominal_and_scenarios(courses)
        if told is None:
            raise UsageError(
                f"There are {len(courses)} doses of the same plan. Choose one with --dose FILE, or name those of "
                f"scenarios with --scenario NAME=FILE:{listed}"
            )
        courses, scenarios = [told[0]], told[1]
        findings.warn(
            "dose.scenarios",
            f"{len(scenarios)} doses of the plan are taken as scenarios by their series description or comment "
            f"({', '.join(name for name, _ in scenarios)}); {courses[0].location.name} is taken as nominal",
        )
    beam_doses = _BeamDoses({number: file for file in beams for number in _only(headers[file].beam_numbers)}, findings)
    for file in (*courses, *groups):
        _remark_on_partial_references(headers[file], delivery, findings)
    if courses:
        return replace(_sum(courses, headers, findings), beam_doses=beam_doses, scenarios=scenarios)
    if groups:
        _check_groups(groups, headers, delivery, findings)
        return replace(
            _sum(groups, headers, findings), beam_doses=beam_doses, group_doses=_group_doses(groups, headers, findings)
        )
    _check_beams(beams, headers, delivery, findings)
    return replace(_sum(beams, headers, findings), beam_doses=beam_doses)


def _has_grid(file: DicomFile, findings: Findings) -> bool:
    """An RTDOSE may hold the planning system's DVHs and no grid."""
    if tags.PIXEL_DATA in file.dataset:
        return True
    findings.warn("dose.no-pixels", f"{file.location.name} has no dose grid and was skipped.")
    return False


def _only(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The number of a dose that belongs to exactly one beam."""
    return numbers if len(numbers) == 1 else ()


def _remark_on_partial_references(header: DoseHeader, delivery: PlannedDelivery | None, findings: Findings) -> None:
    """Remarks on a dose of the whole plan (or group) that is of a part of its beams, application setups or groups."""
    if delivery is None or len(header.plan_uids) != 1:
        return
    groups, beams, setups = set(header.fraction_groups), set(header.beam_numbers), set(header.setup_numbers)
    all_groups = {group.number for group in delivery.groups}
    of_dose = PlannedDelivery(groups=tuple(each for each in delivery.groups if each.number in (groups or all_groups)))
    if beams and beams < of_dose.beam_numbers:
        part = f"beams {_listed(beams)} of {_listed(of_dose.beam_numbers)}"
    elif setups and setups < of_dose.setup_numbers:
        part = f"application setups {_listed(setups)} of {_listed(of_dose.setup_numbers)}"
    elif header.is_whole_course and groups and groups < all_groups:
        part = f"fraction groups {_listed(groups)} of {_listed(all_groups)}"
    elif header.summation == "BRACHY" and delivery.beam_numbers:
        text = "DoseSummationType is BRACHY, which is a dose of application setups, but the plan delivers beams."
        findings.warn("dose.some-beams", text)
        return
    else:
        return
    text = f"DoseSummationType is {header.summation}, but the dose refers to only {part}."
    findings.warn("dose.some-beams", text)


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _check_groups(
    files: Sequence[DicomFile],
    headers: Mapping[DicomFile, DoseHeader],
    delivery: PlannedDelivery | None,
    findings: Findings,
) -> None:
    """A FRACTION dose is all fractions of one fraction group (PS3.3 C.8.8.3), so all groups are needed."""
    planned = {group.number for group in delivery.groups} if delivery else set()
    found = [number for file in files for number in headers[file].fraction_groups]
    if len(files) == 1 and len(planned) <= 1:
        findings.warn(
            "dose.fraction-group",
            "DoseSummationType is FRACTION: as DICOM defines it, the dose is that of all fractions of the plan's "
            "fraction "
            "group, not of one fraction.",
        )
        return
    _check_complete("fraction group", found, planned, len(files), delivery, findings)


def _group_doses(
    files: Sequence[DicomFile], headers: Mapping[DicomFile, DoseHeader], findings: Findings
) -> tuple[tuple[int, DoseGrid], ...]:
    """The dose of each fraction group by its number; nothing for one group, or where a dose is of several."""
    numbers = [headers[file].fraction_groups for file in files]
    if len(files) < 2 or any(len(each) != 1 for each in numbers):
        return ()
    return tuple((each[0], _read(file, findings.fork())) for each, file in zip(numbers, files, strict=True))


def _check_beams(
    files: Sequence[DicomFile],
    headers: Mapping[DicomFile, DoseHeader],
    delivery: PlannedDelivery | None,
    findings: Findings,
) -> None:
    found = [number for file in files for number in headers[file].beam_numbers]
    if delivery and delivery.setup_numbers:
        findings.refuse(
            "dose.incomplete",
            "There are only doses of single beams, and the plan delivers brachytherapy application setups as well. "
            "Export the dose of the plan (DoseSummationType PLAN).",
        )
    _check_complete("beam", found, set(delivery.beam_numbers) if delivery else set(), len(files), delivery, findings)


def _check_complete(
    part: str, found: list[int], planned: set[int], files: int, delivery: PlannedDelivery | None, findings: Findings
) -> None:
    if delivery is None:
        findings.refuse(
            "dose.incomplete",
            f"There are only doses of single {part}s, and no plan that states how many are needed.",
        )
    if sorted(found) != sorted(planned):
        missing = ", ".join(map(str, sorted(planned - set(found)))) or "none"
        surplus = ", ".join(map(str, sorted(n for n in set(found) if found.count(n) > 1 or n not in planned))) or "none"
        findings.refuse(
            "dose.incomplete",
            f"The doses of single {part}s do not add up to the whole plan: of its {len(planned)} {part}s, "
            f"missing: {missing}; "
            f"unknown or duplicate: {surplus}. Export the dose of the plan (DoseSummationType PLAN).",
        )
    findings.warn("dose.summed", f"The doses of all {files} {part}s of the plan were added.")


def _sum(files: Sequence[DicomFile], headers: Mapping[DicomFile, DoseHeader], findings: Findings) -> CourseDose:
    """The doses added node by node. Grids that differ are refused: resampling would change every number."""
    first = _read(files[0], findings)
    total = first
    for file in files[1:]:
        other = _read(file, findings)
        check_same_grid(first, other.axes_mm, other.frame_of_reference_uid, str(file.location))
        dose_gy = total.dose_gy + other.dose_gy
        dose_gy.flags.writeable = False
        cut_off = [grid.is_cut_off for grid in (total, other) if grid.is_cut_off is not None]
        total = replace(
            total, dose_gy=dose_gy, step_gy=total.step_gy + other.step_gy,
            is_cut_off=np.logical_or.reduce(cut_off) if cut_off else None,
        )  # fmt: skip
    if len({headers[file].is_relative for file in files}) > 1:
        raise DicomError("Doses in GY and in RELATIVE units cannot be added.", code="dose.units")
    return CourseDose(grid=total, headers=tuple(headers[file] for file in files), used=tuple(files))


def check_same_grid(grid: DoseGrid, axes_mm: Sequence[FloatArray], frame_uid: str, name: str) -> None:
    """Raise DicomError for nodes (x, y, z) or a frame of reference other than those of a grid."""
    for one, other in zip(grid.axes_mm, axes_mm, strict=True):
        if one.shape != other.shape or np.abs(one - other).max() > SAME_NODE_MM:
            text = f"{name}: the doses of the plan are on different grids. Export them on one grid, or one summed dose."
            raise DicomError(text, code="dose.grids-differ")
    if grid.frame_of_reference_uid != frame_uid:
        raise DicomError(f"{name}: the doses of the plan are in different frames of reference.", code="frame.mismatch")


def _header(file: DicomFile, findings: Findings) -> DoseHeader:
    with naming(file.location):
        return read_dose_header(file.dataset, findings)


def _read(file: DicomFile, findings: Findings) -> DoseGrid:
    with naming(file.location):
        return read_dose(file, findings)


class _BeamDoses(Mapping[int, DoseGrid]):
    """Beam doses by beam number, each file's grid made on first use."""

    def __init__(self, files: dict[int, DicomFile], policy: Findings) -> None:
        self._files = files
        self._policy = policy
        self._grids: dict[int, DoseGrid] = {}
        self._lock = Lock()

    def __getitem__(self, number: int) -> DoseGrid:
        with self._lock:
            if number not in self._grids:
                self._grids[number] = _read(self._files[number], self._policy.fork())
            return self._grids[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
