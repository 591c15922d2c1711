"""A PDF report and its plan -> an Encapsulated PDF object in the plan's study, which refers to the plan."""

import hashlib
from datetime import datetime
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from rtcheck.errors import DicomError

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SERIES_NUMBER = 9001  # far from those that planning systems count up

_TAKEN_OVER = (
    *("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
)
_MUST_BE_THERE = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime")


def encapsulated_pdf(pdf: bytes, plan_file: Path, *, title: str) -> Dataset:
    """The object, ready to be stored (PS3.3 A.45.1); its SourceInstanceSequence names the plan."""
    try:
        plan = dcmread(plan_file, stop_before_pixels=True, force=True)
        source = (plan.SOPClassUID, plan.SOPInstanceUID, plan.StudyInstanceUID)
    except Exception as error:
        raise DicomError(f"{plan_file.name}: a report cannot be linked to it ({type(error).__name__}).") from None
    made = Dataset()
    for keyword in _TAKEN_OVER:
        if keyword in plan:
            made[keyword] = plan[keyword]
    for keyword in (*_MUST_BE_THERE, "AccessionNumber", "ReferringPhysicianName"):
        if keyword not in made:
            setattr(made, keyword, "")
    now = datetime.now()
    made.SOPClassUID = ENCAPSULATED_PDF
    of_this_report = [hashlib.sha256(pdf).hexdigest(), str(source[1])]  # sent twice, it is stored once
    made.SOPInstanceUID = generate_uid(entropy_srcs=of_this_report)
    made.SeriesInstanceUID = generate_uid(entropy_srcs=["series", *of_this_report])
    made.Modality, made.SeriesNumber, made.InstanceNumber = "DOC", SERIES_NUMBER, 1
    made.SeriesDescription = "rtcheck report"
    made.Manufacturer, made.ConversionType = "rtcheck", "WSD"
    made.ContentDate, made.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.AcquisitionDateTime, made.BurnedInAnnotation = "", "YES"
    made.DocumentTitle, made.ConceptNameCodeSequence = title, []
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = source[:2]
    made.SourceInstanceSequence = [reference]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.file_meta = _meta(made)
    return made


def _meta(made: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta
