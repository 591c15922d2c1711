"""Paths -> Case: find the files, link them, read them, and hold them against each other."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from rtcheck.case import Case, Patient, Plan, SourceFile
from rtcheck.dicom import tags
from rtcheck.dicom.codes import check_codes
from rtcheck.dicom.consistency import check_frames, check_patient, check_structure_set_references
from rtcheck.dicom.doses import PlannedDelivery, course_dose
from rtcheck.dicom.files import DicomFile, Location, locate, read_dicom
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.folder import Progress, Scan, scan
from rtcheck.dicom.headers import Header, read_header
from rtcheck.dicom.linking import Asked, Choice, Chosen, choose
from rtcheck.dicom.plan import fraction_groups, read_plan, treatment_beam_numbers
from rtcheck.dicom.prescription import DoseIs, Overrides, override_prescription, settle_dose
from rtcheck.dicom.structures import read_structures
from rtcheck.errors import DicomError, UsageError

PathLike = Path | str


def read_case(
    path: PathLike | None = None,
    *,
    plan: PathLike | None = None,
    dose: PathLike | Sequence[PathLike] = (),
    structures: PathLike | None = None,
    dose_rx_gy: float | None = None,
    fractions: int | None = None,
    dose_is: DoseIs | None = None,
    ignore: Iterable[str] = (),
    errors: Iterable[str] = (),
    progress: Progress | None = None,
) -> Case:
    """The case at a path: an RTPLAN, RTDOSE or RTSTRUCT file, a folder or a zip archive; the rest is found beside it.

    `plan`, `dose` and `structures` name files outright; several doses are added. `dose_rx_gy` and `fractions`
    override the plan's. `ignore` and `errors` are codes of notices (see rtcheck.dicom.codes).

    Raises UsageError where the choice is the user's, DicomError where the content cannot be read or trusted.
    """
    findings = Findings(ignored=check_codes(ignore), errors=check_codes(errors))
    doses = (dose,) if isinstance(dose, (str, Path)) else tuple(dose)
    pool, asked = _look_around(path, plan, doses, structures, progress, findings)
    choice = choose(pool.headers, asked, findings)
    overrides = Overrides(dose_rx_gy=dose_rx_gy, fractions=fractions, dose_is=dose_is)
    return _read_choice(choice, asked, overrides, findings)


def _look_around(
    path: PathLike | None,
    plan: PathLike | None,
    doses: Sequence[PathLike],
    structures: PathLike | None,
    progress: Progress | None,
    findings: Findings,
) -> tuple[Scan, Asked]:
    """What there is to choose from, and what the user named."""
    named_plan = _named(plan, "plan") if plan else None
    named_structures = _named(structures, "structures") if structures else None
    named_doses = tuple(_named(dose, "dose") for dose in doses)
    if path is None:
        if not (named_plan or named_doses or named_structures):
            raise UsageError(
                "No path was given. Give an RTPLAN, RTDOSE or RTSTRUCT file, or the folder that holds them."
            )
        named = tuple(header for header in (named_plan, *named_doses, named_structures) if header)
        return Scan(headers=named), Asked(plan=named_plan, doses=named_doses, structures=named_structures)
    where = locate(path)
    if where.path.is_dir() or (where.path.suffix.lower() == ".zip" and not where.member):
        found = scan(where.path, progress=progress)
        if not any(found.with_role(role) for role in ("plan", "dose", "structures")):
            _refuse_empty(where, found)
        start = None
    elif where.name.upper() == "DICOMDIR":
        found, start = scan(where.path.parent, progress=progress), None
    else:
        start = _start(where)
        found = scan(where.path if where.member else where.path.parent, recursive=False, progress=progress)
    _remark_on_damaged(found, findings)
    return found, Asked(start=start, plan=named_plan, doses=named_doses, structures=named_structures)


_WHAT = {"plan": "an RTPLAN", "dose": "an RTDOSE", "structures": "an RTSTRUCT"}


def _named(path: PathLike, role: str) -> Header:
    header = _header_of(locate(path))
    if header.role != role:
        found = header.modality or "no RT object"
        raise UsageError(f"{path}: is {found}; --{role} expects {_WHAT[role]} file.")
    return header


def _start(location: Location) -> Header:
    """The file given as the path. Refuses what is not part of a plan."""
    header = _header_of(location)
    if header.role not in _WHAT:
        kind = f"a DICOM file of modality {header.modality}" if header.modality else "a DICOM file of another kind"
        raise DicomError(
            f"{location}: is {kind}, not a plan. Give the RTPLAN, RTDOSE or RTSTRUCT file, or its folder.",
            code="file.not-rt",
        )
    return header


def _header_of(location: Location) -> Header:
    if location.path.is_dir():
        raise UsageError(f"{location}: is a folder where a file is expected.")
    try:
        return read_header(location)
    except DicomError as error:
        if str(error).startswith(str(location)):
            raise
        raise DicomError(f"{location}: {error}", code=error.code) from None


def _refuse_empty(where: Location, found: Scan) -> NoReturn:
    seen = len(found.headers)
    others = len(found.skipped)
    if not seen and not others:
        text = f"{where}: the folder is empty."
    else:
        text = f"{where}: holds no RTPLAN, RTDOSE or RTSTRUCT (but {seen} other DICOM files and {others} other files)."
    raise DicomError(f"{text} Give the folder that the planning system exported to.", code="folder.no-rt")


def _remark_on_damaged(found: Scan, findings: Findings) -> None:
    for location, error in found.damaged[:20]:
        text = str(error)
        where = "" if text.startswith(str(location)) else f"{location}: "
        findings.warn("folder.damaged", f"A file was passed over: {where}{text}")


def _read_choice(choice: Choice, asked: Asked, overrides: Overrides, findings: Findings) -> Case:
    plan_file = _read(choice.plan)
    dose_files = tuple(file for file in map(_read, choice.doses) if file)
    structures_file = _read(choice.structures)
    plan, delivery = _plan(plan_file, findings)
    course = course_dose(dose_files, delivery, findings, sum_all=bool(asked.doses)) if dose_files else None
    structures = read_structures(structures_file, findings) if structures_file else None
    plan = override_prescription(plan, overrides, findings)
    check_patient([file for file in (plan_file, *dose_files, structures_file) if file], findings)
    check_frames(plan, course, structures, findings)
    check_structure_set_references(plan, course, structures, findings)
    dose = settle_dose(course, plan, structures, overrides, findings) if course else None
    return Case(
        plan=plan,
        dose=dose,
        structures=structures,
        patient=_patient([file for file in (plan_file, structures_file, *dose_files) if file]),
        sources=_sources(choice, plan_file, dose_files, structures_file),
        notices=tuple(findings.notices),
        images=tuple(header.location.as_path for header in choice.images),
        beam_doses=course.beam_doses if course else {},
    )


def _read(chosen: Chosen | None) -> DicomFile | None:
    return read_dicom(chosen.header.location) if chosen else None


def _plan(file: DicomFile | None, findings: Findings) -> tuple[Plan | None, PlannedDelivery | None]:
    """The plan, and what its doses must add up to."""
    if file is None:
        return None, None
    try:
        plan = read_plan(file.dataset, findings)
        delivery = PlannedDelivery(
            groups=fraction_groups(file.dataset), beam_numbers=treatment_beam_numbers(file.dataset)
        )
    except DicomError as error:
        raise DicomError(f"{file.location}: {error}", code=error.code) from None
    return plan, delivery


def _patient(files: Sequence[DicomFile]) -> Patient:
    """What the files say of the patient: each item from the first file that has it."""
    sets = [file.dataset for file in files]
    return Patient(
        id=next(filter(None, (d.text(tags.PATIENT_ID) for d in sets)), ""),
        name=next(filter(None, (d.text(tags.PATIENT_NAME) for d in sets)), ""),
        sex=next(filter(None, (d.code(tags.PATIENT_SEX) for d in sets)), ""),
        birth_date=next(filter(None, (d.birth_date() for d in sets)), None),
    )


def _sources(
    choice: Choice, plan: DicomFile | None, doses: Sequence[DicomFile], structures: DicomFile | None
) -> tuple[SourceFile, ...]:
    chosen = (choice.plan, *choice.doses, choice.structures)
    files = (plan, *doses, structures)
    return tuple(_source(c, file) for c, file in zip(chosen, files, strict=True) if c and file)


def _source(chosen: Chosen, file: DicomFile) -> SourceFile:
    header = chosen.header
    assert header.role is not None
    return SourceFile(
        role=header.role,
        path=None if file.location.content is not None else file.location.as_path,
        sop_instance_uid=header.sop_instance_uid,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        why=chosen.why,
    )
