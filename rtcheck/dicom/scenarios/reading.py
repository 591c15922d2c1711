"""The doses that a planning system computed for the uncertainties of a plan -> scenarios, read when asked for."""

from collections.abc import Sequence

from rtcheck.case import Plan, Scenario
from rtcheck.dicom.course_dose import CourseDose, check_same_grid
from rtcheck.dicom.dose_axes import read_axes
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.finding.sources import DicomFile, Location, naming, read_dicom
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.overrides import Overrides
from rtcheck.dicom.pixels import read_pixel_format, stored_frames
from rtcheck.dicom.prescription import dose_in_gy
from rtcheck.dicom.rtdose import read_dose, read_dose_header
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import DicomError, UsageError

MOST_APART = 2.0
"""The highest doses of a scenario and of the plan differ by less than this factor."""


def read_scenarios(
    found: Sequence[tuple[str, DicomFile]],
    nominal: CourseDose | None,
    plan: Plan | None,
    overrides: Overrides,
    findings: Findings,
) -> tuple[Scenario, ...]:
    """The scenarios, their doses read when they are asked for.

    Raises DicomError for a dose of another plan, grid or frame of reference, and for one that is not of the whole plan.
    """
    if not found:
        return ()
    if nominal is None:
        raise UsageError("There are doses of scenarios, but no nominal dose. Give it with --dose FILE.")
    named: dict[str, str] = {}
    stored: dict[str, str] = {}
    for name, file in found:
        with naming(file.location):
            _require_of_the_plan(file, nominal, findings)
            _require_similar_height(file, nominal)
        if (other := named.setdefault(file.sha256, name)) != name:
            raise UsageError(f"The scenarios {other} and {name} have the same dose, which would be counted twice.")
        if (other := stored.setdefault(_digest(file), name)) != name:
            findings.warn(
                "dose.scenarios-same",
                f"The scenarios {other} and {name} have the same dose in every voxel: check that each was exported as "
                "it was calculated",
            )
        if file.sha256 in {used.sha256 for used in nominal.used}:
            raise UsageError(f"The scenario {name} has the dose that is used as nominal.")
    return tuple(
        Scenario(
            name=name,
            source=file.as_source("scenario", f"scenario {name}"),
            load=_Loader(file.location, nominal, plan, overrides, findings),
        )
        for name, file in found
    )


def _digest(file: DicomFile) -> str:
    """A digest of the dose as it is stored: its pixels and their scale."""
    from hashlib import sha256

    found = sha256()
    for tag in (tags.DOSE_GRID_SCALING, tags.PIXEL_DATA):
        if (element := file.dataset.elements.get(tag)) is not None:
            found.update(memoryview(file.dataset.buffer)[element.start : element.end])
    return found.hexdigest()


def _require_of_the_plan(file: DicomFile, nominal: CourseDose, findings: Findings) -> None:
    silent = findings.fork()
    header = read_dose_header(file.dataset, silent)
    if not header.is_whole_course:
        raise DicomError(
            f"DoseSummationType is {header.summation}; the dose of a scenario must be that of the whole plan.",
            code="dose.scenario",
        )
    plans = {uid for each in nominal.headers for uid in each.plan_uids}
    if plans and header.plan_uids and not plans & set(header.plan_uids):
        raise DicomError("the dose of the scenario refers to another plan than the nominal dose.", code="dose.scenario")
    if header.is_relative != nominal.headers[0].is_relative:
        raise DicomError("the dose of the scenario has other units than the nominal dose.", code="dose.units")
    axes = read_axes(file.dataset, read_pixel_format(file.dataset), silent)
    check_same_grid(nominal.grid, (axes.x_mm, axes.y_mm, axes.z_mm), header.frame_of_reference_uid, str(file.location))


def _require_similar_height(file: DicomFile, nominal: CourseDose) -> None:
    """An uncertainty of the plan does not halve or double its highest dose: that is another scale of the dose."""
    scaling = file.dataset.number(tags.DOSE_GRID_SCALING) or 0.0
    highest = scaling * float(stored_frames(file, read_pixel_format(file.dataset)).max())
    planned = nominal.grid.max_gy
    if planned > 0 and not 1 / MOST_APART <= highest / planned <= MOST_APART:
        raise DicomError(
            f"the highest dose of the scenario is {highest:.4g} and that of the nominal dose {planned:.4g}: they are "
            "of different scales, such as one fraction and the whole course.",
            code="dose.scenario",
        )


class _Loader:
    """Reads the dose of a scenario in Gy, as the nominal one was read."""

    def __init__(
        self, location: Location, nominal: CourseDose, plan: Plan | None, overrides: Overrides, findings: Findings
    ) -> None:
        self._location, self._headers = location, nominal.headers
        self._plan, self._overrides, self._findings = plan, overrides, findings

    def __call__(self) -> DoseGrid:
        file, silent = read_dicom(self._location), self._findings.fork()
        with naming(file.location):
            own = CourseDose(grid=read_dose(file, silent), headers=self._headers, used=(file,))
            return dose_in_gy(own, self._plan, self._overrides, silent)
