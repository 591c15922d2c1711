"""What the samples' DICOM objects have in common: UIDs, patient and study, items, references; always the same bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who it is and what the plan is called. `key` makes the UIDs."""

    key: str
    name: str
    id: str
    sex: str
    birth_date: str
    planned_on: str
    plan_label: str
    fractions: int
    is_approved: bool

    def uid(self, *words: str) -> str:
        """The UID of something of this patient."""
        return uid(self.key, *words)


def uid(*words: str) -> str:
    """A UID under 2.25 (a UUID, as PS3.5 B.2 allows) that depends on nothing but the words."""
    digest = hashlib.sha256("/".join(("rtcheck samples", *words)).encode()).digest()
    return f"2.25.{UUID(bytes=digest[:16], version=4).int}"


def write(dataset: FileDataset, path: Path) -> None:
    dataset.save_as(path, enforce_file_format=True)


def new_object(patient: Patient, sop_class: str, modality: str, what: str, *, series: str = "") -> FileDataset:
    """An object with what every object says about itself, the patient, the study, the series and the frame."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = patient.uid(what)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Left to itself, pydicom writes its own version here, and the files would change with it.
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = "RTCHECK_SAMPLES"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, patient.uid(what)
    ds.InstanceCreationDate, ds.InstanceCreationTime = patient.planned_on, "120000"
    ds.InstanceNumber = "1"
    ds.Modality = modality
    ds.Manufacturer, ds.ManufacturerModelName = "rtcheck", "make_samples.py"
    ds.SoftwareVersions, ds.DeviceSerialNumber = "1", "1"
    ds.PatientName, ds.PatientID = patient.name, patient.id
    ds.PatientBirthDate, ds.PatientSex = patient.birth_date, patient.sex
    ds.PatientComments = "Synthetic: no such person"
    ds.StudyInstanceUID, ds.StudyID = patient.uid("study"), "1"
    ds.StudyDate, ds.StudyTime = patient.planned_on, "080000"
    ds.StudyDescription = "Synthetic liver patient"
    ds.SeriesInstanceUID, ds.SeriesNumber = patient.uid("series", series or what), "1"
    ds.SeriesDate, ds.SeriesTime = patient.planned_on, "083000"
    ds.SeriesDescription = f"Synthetic {modality}"
    ds.FrameOfReferenceUID = patient.uid("frame")
    ds.AccessionNumber = ds.ReferringPhysicianName = ds.OperatorsName = ds.PositionReferenceIndicator = ""
    return ds


def add_approval(ds: Dataset, patient: Patient) -> None:
    """Approve the object, or say that nobody did."""
    ds.ApprovalStatus = "APPROVED" if patient.is_approved else "UNAPPROVED"
    if patient.is_approved:
        ds.ReviewDate, ds.ReviewTime, ds.ReviewerName = patient.planned_on, "110000", "Reviewer^Synthetic"


def reference(sop_class: str, instance_uid: str) -> Dataset:
    return item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=instance_uid)


def item(**elements: object) -> Dataset:
    """A sequence item; lists of items become sequences."""
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def decimal(value: float) -> str:
    """A decimal string without needless digits."""
    return f"{float(value):.10g}"
