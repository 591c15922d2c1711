"""Do the files of a case belong together? Patient, frames of reference and structure set references."""

from collections.abc import Sequence

from rtcheck.case import Plan, StructureSet
from rtcheck.dicom.course_dose import CourseDose
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.text import folded_name
from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.sources import DicomFile, read_dicom
from rtcheck.dicom.findings import Findings
from rtcheck.errors import DicomError


def check_copies(files: Sequence[DicomFile], copies: Sequence[Header], findings: Findings) -> None:
    """Refuses files of one SOP instance UID with different content: which one is the plan's, nobody can say."""
    for copy in copies:
        try:
            other = read_dicom(copy.location)
        except DicomError as error:
            findings.warn("folder.damaged", f"A copy of a file was skipped. {error}")
            continue
        for file in files:
            same_uid = file.dataset.uid(tags.SOP_INSTANCE_UID) == copy.sop_instance_uid
            if same_uid and not file.dataset.has_values_of(other.dataset):
                findings.refuse_unless_ignored(
                    "file.duplicate-uid",
                    f"{file.location} and {copy.location} have the same SOP Instance UID but different content.",
                    advice="Remove one of them, or use the first with --ignore file.duplicate-uid.",
                )


def check_patient(files: Sequence[DicomFile], findings: Findings) -> None:
    """Refuses files of different patients (the IDs and names are never shown)."""
    for tag, keyword in ((tags.PATIENT_ID, "PatientID"), (tags.PATIENT_NAME, "PatientName")):
        values = {folded_name(file.dataset.text(tag)): file.location.name for file in files}
        values.pop("", None)
        if len(values) > 1:
            findings.refuse_unless_ignored(
                "patient.mismatch",
                f"{keyword} differs between {' and '.join(values.values())}: they may belong to different patients.",
            )
    dates = {date for file in files if (date := file.dataset.birth_date())}
    if len(dates) > 1:
        findings.warn("patient.birth-dates", "The files contain different birth dates; that of the plan is used.")


def check_frames(
    plan: Plan | None, course: CourseDose | None, structures: StructureSet | None, findings: Findings
) -> None:
    """Refuses dose, structures and plan in different frames of reference: their coordinates do not compare."""
    frames = {
        "dose": course.grid.frame_of_reference_uid if course else None,
        "structure set": structures.frame_of_reference_uid if structures else None,
        "plan": plan.frame_of_reference_uid or None if plan else None,
    }
    given = {what: uid for what, uid in frames.items() if uid}
    if len(set(given.values())) > 1:
        findings.refuse_unless_ignored(
            "frame.mismatch",
            f"The {' and the '.join(given)} are in different frames of reference: their coordinates cannot be "
            f"compared.",
            advice="Export them from the same plan; if they are registered, override with --ignore frame.mismatch.",
        )
    missing = [what for what, uid in frames.items() if uid == ""]
    if missing:
        findings.warn(
            "frame.missing", f"The {' and '.join(missing)} has no frame of reference; the same one is assumed."
        )


def check_dose_type(plan: Plan | None, course: CourseDose | None, findings: Findings) -> None:
    """Remarks on doses that are not physical: usual with ions, but of photons an EQD2 or BED, or what nobody states."""
    if course is None or not any(header.is_effective for header in course.headers):
        return
    if plan is not None and plan.is_ion:
        findings.warn("dose.effective", "DoseType is EFFECTIVE: the doses are weighted by their biological effect.")
    else:
        text = (
            "DoseType is EFFECTIVE, but no ion plan was found: the values may be EQD2 or BED instead of physical doses."
        )
        findings.warn("dose.effective-unclear", text)


def check_structure_set_references(
    plan: Plan | None, course: CourseDose | None, structures: StructureSet | None, findings: Findings
) -> None:
    """Refuses a dose computed on another structure set than the plan's; remarks where the one read is neither's."""
    dose_uids = {header.structure_set_uid for header in course.headers} - {""} if course else set()
    plan_uid = plan.structure_set_uid if plan else ""
    if plan_uid and dose_uids and dose_uids != {plan_uid}:
        findings.refuse_unless_ignored(
            "structures.plan-and-dose-differ", "The plan and the dose refer to different structure sets."
        )
    referenced = {plan_uid, *dose_uids} - {""}
    if structures and referenced and structures.sop_instance_uid not in referenced:
        findings.warn(
            "structures.not-referenced",
            "The plan or the dose refers to another structure set than the one that was read.",
        )
