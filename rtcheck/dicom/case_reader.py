"""Paths -> Case: find the files, link them, read them, and hold them against each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.case import Case, Course, Courses, Patient, Phase, Plan, SourceFile
from rtcheck.codes import check_codes
from rtcheck.dicom.consistency import (
    check_copies,
    check_dose_type,
    check_frames,
    check_patient,
    check_structure_set_references,
)
from rtcheck.dicom.course_dose import CourseDose, PlannedDelivery, course_dose
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.equipment import read_equipment
from rtcheck.dicom.file_facts import stated_by
from rtcheck.dicom.finding.linking import Asked, Choice, Chosen, choose
from rtcheck.dicom.finding.pool import Pool
from rtcheck.dicom.finding.requested import Named, PathLike, headers_of, look_around
from rtcheck.dicom.finding.sources import DicomFile, naming, read_dicom
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.fraction_groups import fraction_groups
from rtcheck.dicom.overrides import DoseIs, Overrides, overrides_of
from rtcheck.dicom.prescription import override_prescription, settle_dose
from rtcheck.dicom.rtplan import added_plans, read_plan
from rtcheck.dicom.rtstruct import read_structures
from rtcheck.dicom.scenarios.reading import read_scenarios
from rtcheck.dicom.tps_dvh import tps_dvh_loader
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.progress import Progress
from rtcheck.timing import timed

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def read_case(
    path: "PathLike | Sequence[Dataset | PathLike] | None" = None,
    *,
    plan: PathLike | None = None,
    dose: PathLike | Sequence[PathLike] = (),
    structures: PathLike | None = None,
    scenarios: Mapping[str, PathLike] | None = None,
    dose_rx_gy: float | None = None,
    dose_levels_gy: Mapping[str, float] | None = None,
    fractions: int | None = None,
    dose_is: DoseIs | None = None,
    ignore: Iterable[str] = (),
    errors: Iterable[str] = (),
    progress: Progress | None = None,
) -> Case:
    """The case at a path: an RTPLAN, RTDOSE or RTSTRUCT file, a folder or a zip archive; the rest is found beside it.

    Instead of a path it takes a list of files and of pydicom data sets, and looks for nothing else. `plan`, `dose` and
    `structures` name files outright; several doses are added. `scenarios` are doses of the plan under its
    uncertainties, by name. `dose_rx_gy`, `dose_levels_gy` (of single targets, by name) and `fractions` override the
    plan's.
    `ignore` and `errors` are codes of rtcheck.codes.

    Raises UsageError where the choice is the user's, DicomError where the content cannot be read or trusted.
    """
    return read_stated(
        path,
        overrides_of(dose_rx_gy, dose_levels_gy, fractions, dose_is),
        plan=plan,
        dose=dose,
        structures=structures,
        scenarios=scenarios,
        ignore=ignore,
        errors=errors,
        progress=progress,
    )


@timed("reading")
def read_stated(
    path: "PathLike | Sequence[Dataset | PathLike] | None",
    overrides: Overrides,
    *,
    plan: PathLike | None = None,
    dose: PathLike | Sequence[PathLike] = (),
    structures: PathLike | None = None,
    scenarios: Mapping[str, PathLike] | None = None,
    ignore: Iterable[str] = (),
    errors: Iterable[str] = (),
    progress: Progress | None = None,
) -> Case:
    """As `read_case`, with what the user states as one value."""
    findings = Findings(ignored=check_codes(ignore, option="--ignore"), errors=check_codes(errors, option="--error"))
    doses = (dose,) if isinstance(dose, (str, Path)) else tuple(dose)
    if path is None or isinstance(path, (str, Path)):
        named = Named(plan=plan, doses=doses, structures=structures, scenarios=scenarios or {})
        headers, asked = look_around(path, named, findings, progress=progress)
    else:
        headers, asked = headers_of(path), Asked()
    return read_choice(choose(Pool(headers), asked, findings), asked, overrides, findings)


def read_choice(choice: Choice, asked: Asked, overrides: Overrides, findings: Findings) -> Case:
    """The case that these files make."""
    plan_file, structures_file = _read(choice.plan), _read(choice.structures)
    dose_files = tuple(read_dicom(chosen.header.location) for chosen in choice.doses)
    named = tuple((name, read_dicom(chosen.header.location)) for name, chosen in choice.scenarios)
    files = tuple(file for file in (plan_file, *dose_files, structures_file, *(file for _, file in named)) if file)
    check_copies(files, choice.copies, findings)
    check_patient(files, findings)
    plan, delivery = _plan(plan_file, choice.other_plans, overrides, findings)
    course = course_dose(dose_files, delivery, findings, sum_all=bool(asked.doses)) if dose_files else None
    frame_uid = course.grid.frame_of_reference_uid if course else ""
    structures = (
        read_structures(structures_file, findings, dose_frame_uid=frame_uid, images=choice.images)
        if structures_file
        else None
    )
    plan = override_prescription(plan, overrides, findings)
    check_frames(plan, course, structures, findings)
    check_structure_set_references(plan, course, structures, findings)
    check_dose_type(plan, course, findings)
    dose, plan = settle_dose(course, plan, structures, overrides, findings)
    of_course = course.scenarios if course else ()
    nominal = tuple(file for file in dose_files if file not in {each for _, each in of_course})
    scenarios = read_scenarios((*of_course, *named), course, plan, overrides, findings)
    return Case(
        plan=plan,
        dose=dose,
        courses=_phases(course, dose, plan, delivery, overrides),
        structures=structures,
        patient=_patient(files),
        equipment=read_equipment(plan_file.dataset if plan_file else None, [file.dataset for file in nominal]),
        scenarios=scenarios,
        sources=(
            *_sources(choice, plan_file, dose_files, structures_file, {file for _, file in of_course}),
            *(scenario.source for scenario in scenarios),
        ),
        notices=tuple(findings.notices),
        images=tuple(header.location.as_path for header in choice.images),
        registrations=tuple(each.as_path for each in choice.registrations if each.content is None),
        beam_doses=course.beam_doses if course else {},
        load_tps_dvhs=tps_dvh_loader(nominal),
        ignored_codes=findings.ignored,
        error_codes=findings.errors,
        overrides=overrides.given,
        stated=stated_by(None if choice.other_plans else plan_file, nominal, structures_file, choice.images),
    )


def _phases(
    course: CourseDose | None,
    dose: DoseGrid | None,
    plan: Plan | None,
    delivery: PlannedDelivery | None,
    overrides: Overrides,
) -> Courses | None:
    """The fraction groups of the plan with their own doses and fractions; None unless all of both are known."""
    if course is None or dose is not course.grid or plan is None or delivery is None or overrides.fractions is not None:
        return None
    fractions = {group.number: group.fractions for group in delivery.groups}
    phases = tuple(Phase(dose=grid, fractions=fractions.get(number)) for number, grid in course.group_doses)
    if not phases or not all(phase.fractions for phase in phases):
        return None
    return Courses(of=dose, courses=(Course(phases=phases, label=plan.label, planned_on=plan.planned_on),))


def _read(chosen: Chosen | None) -> DicomFile | None:
    return read_dicom(chosen.header.location) if chosen else None


def _plan(
    file: DicomFile | None, others: Sequence[Chosen], overrides: Overrides, findings: Findings
) -> tuple[Plan | None, PlannedDelivery | None]:
    """The plan, and what its doses must add up to."""
    if file is None:
        return None, None
    plan = _read_plan(file, overrides, findings)
    if others:
        others_read = [_read_plan(read_dicom(other.header.location), overrides, findings) for other in others]
        plan = added_plans(plan, others_read, findings)
    with naming(file.location):
        return plan, PlannedDelivery(groups=fraction_groups(file.dataset))


def _read_plan(file: DicomFile, overrides: Overrides, findings: Findings) -> Plan:
    with naming(file.location):
        return read_plan(file.dataset, findings, fractions_given=overrides.fractions is not None)


def _patient(files: Sequence[DicomFile]) -> Patient:
    """What the files say of the patient: each item from the first file that has it."""
    sets = [file.dataset for file in files]
    return Patient(
        id=next(filter(None, (dataset.text(tags.PATIENT_ID) for dataset in sets)), ""),
        name=next(filter(None, (dataset.text(tags.PATIENT_NAME) for dataset in sets)), ""),
        sex=next(filter(None, (dataset.code(tags.PATIENT_SEX) for dataset in sets)), ""),
        birth_date=next(filter(None, (dataset.birth_date() for dataset in sets)), None),
    )


def _sources(
    choice: Choice,
    plan: DicomFile | None,
    doses: Sequence[DicomFile],
    structures: DicomFile | None,
    scenarios: Collection[DicomFile],
) -> tuple[SourceFile, ...]:
    chosen = (choice.plan, *choice.doses, choice.structures)
    files = (plan, *doses, structures)
    return tuple(
        _source(c, file) for c, file in zip(chosen, files, strict=True) if c and file and file not in scenarios
    )


def _source(chosen: Chosen, file: DicomFile) -> SourceFile:
    assert chosen.header.role is not None
    return file.as_source(chosen.header.role, chosen.why)
