"""A file's first bytes -> Header: what it is and what it refers to, without its pixels or contours."""

from collections.abc import Callable
from dataclasses import field, replace
from sys import intern

from rtcheck.case import Role
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.text import folded_name
from rtcheck.dicom.finding.sources import MAX_HEADER_BYTES, Location, parse_dataset
from rtcheck.errors import DicomError
from rtcheck.values import dataclass

# PS3.4 B.5, by the last parts of 1.2.840.10008.5.1.4.1.1
_ROLE_OF_CLASS: dict[str, Role] = {
    "1.2.840.10008.5.1.4.1.1.481.5": "plan",
    "1.2.840.10008.5.1.4.1.1.481.8": "plan",
    "1.2.840.10008.5.1.4.1.1.481.2": "dose",
    "1.2.840.10008.5.1.4.1.1.481.3": "structures",
    "1.2.840.10008.5.1.4.1.1.2": "image",
}
_ROLE_OF_MODALITY: dict[str, Role] = {"RTPLAN": "plan", "RTDOSE": "dose", "RTSTRUCT": "structures", "CT": "image"}

LARGEST_TILT = 1e-3  # cosine; over a body of 500 mm it moves a slice by half a millimetre

# Where the header that is needed ends, by role; every file is first read to the frame of reference.
_COMMON_END = tags.FRAME_OF_REFERENCE_UID + 1
_HEADER_END: dict[Role, int] = {
    "plan": 0xFFFF_FFFF,
    "dose": tags.PIXEL_DATA,
    "structures": tags.STRUCTURE_SET_ROI_SEQUENCE,
}

# How much is read at first, and how much more while the header goes on; the part that all objects have is short.
_CHUNKS = (4 * 1024, 64 * 1024, 1024**2, MAX_HEADER_BYTES)
_COMMON_CHUNKS = (4 * 1024, 64 * 1024, 1024**2, 16 * 1024**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One DICOM file as linking sees it. `role` is None for objects that rtcheck has no use for.

    `patient` are ID and name as they compare: for comparing only, never to be shown. `patient_id` is the ID as it is
    written and `system` the manufacturer of the planning system: for a list of plans on its user's own screen.
    `slice_mm` is the z of an axial image's plane.
    """

    location: Location
    role: Role | None
    modality: str = ""
    sop_instance_uid: str = ""
    patient: tuple[str, str] = field(default=("", ""), repr=False)
    patient_id: str = field(default="", repr=False)
    system: str = ""
    frame_of_reference_uid: str = ""
    label: str = ""
    date: str = ""
    summation: str = ""
    plan_uids: tuple[str, ...] = ()
    structure_set_uid: str = ""
    series_uid: str = ""
    slice_mm: float | None = None

    def describe(self) -> str:
        """One line that tells this file from its like, without the patient's name."""
        parts = [str(self.location), self.label and f'"{self.label}"', self.date, self.summation]
        return "  ".join(part for part in parts if part)


def read_header(location: Location, read: Callable[[int], bytes] | None = None) -> Header:
    """The header of one file, from as few bytes as it takes. Raises DicomError for what is not DICOM or is damaged.

    `read` gives the first n bytes of the file; by default they come from the location.
    """
    read = read or location.read
    content, dataset = _dataset_until(read, b"", _COMMON_END, _COMMON_CHUNKS)
    role = _role(dataset)
    if role in _HEADER_END:
        _, dataset = _dataset_until(read, content, _HEADER_END[role], _CHUNKS)
    return _header(location, role, dataset)


def _dataset_until(
    read: Callable[[int], bytes], content: bytes, until: int, chunks: tuple[int, ...]
) -> tuple[bytes, DataSet]:
    """The elements up to a tag, reading further only while the file is cut off before it."""
    for size in (size for size in chunks if size >= len(content)):
        if size > len(content):
            content = read(size)
        try:
            return content, parse_dataset(content, until=until)[0]
        except DicomError as error:
            if error.code != "file.truncated" or len(content) < size:
                raise
    raise DicomError("the header has no end", code="file.truncated")


def _role(dataset: DataSet) -> Role | None:
    role = _ROLE_OF_CLASS.get(dataset.uid(tags.SOP_CLASS_UID))
    return role or _ROLE_OF_MODALITY.get(dataset.code(tags.MODALITY))


def _header(location: Location, role: Role | None, dataset: DataSet) -> Header:
    patient_id = intern(dataset.text(tags.PATIENT_ID))  # the images of a patient share such texts: half of their memory
    is_image = role == "image"
    common = Header(
        location=location,
        role=role,
        modality=intern(dataset.code(tags.MODALITY)),
        sop_instance_uid=dataset.uid(tags.SOP_INSTANCE_UID),
        patient=(intern(folded_name(patient_id)), intern(folded_name(dataset.text(tags.PATIENT_NAME)))),
        patient_id=patient_id,
        system=intern(dataset.text(tags.MANUFACTURER)),
        frame_of_reference_uid=intern(dataset.uid(tags.FRAME_OF_REFERENCE_UID)),
        series_uid=intern(dataset.uid(tags.SERIES_INSTANCE_UID)) if is_image else "",
        slice_mm=_axial_slice_mm(dataset) if is_image else None,
    )
    if role not in _HEADER_END:
        return common
    structures = dataset.first_item(tags.REFERENCED_STRUCTURE_SET_SEQUENCE)
    frame_uid = common.frame_of_reference_uid
    if role == "structures":
        frame = dataset.first_item(tags.REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
        frame_uid = frame.uid(tags.FRAME_OF_REFERENCE_UID) if frame else frame_uid
    plans = dataset.items(tags.REFERENCED_RT_PLAN_SEQUENCE) if role == "dose" else ()
    return replace(
        common,
        frame_of_reference_uid=frame_uid,
        label=dataset.text(tags.STRUCTURE_SET_LABEL if role == "structures" else tags.RT_PLAN_LABEL),
        date=dataset.uid(tags.RT_PLAN_DATE) if role == "plan" else "",
        summation=dataset.code(tags.DOSE_SUMMATION_TYPE),
        plan_uids=tuple(plan.uid(tags.REFERENCED_SOP_INSTANCE_UID) for plan in plans),
        structure_set_uid=structures.uid(tags.REFERENCED_SOP_INSTANCE_UID) if structures else "",
    )


def _axial_slice_mm(dataset: DataSet) -> float | None:
    """The z of an image that lies in an axial plane; None of a scout, a tilted slice or one without a position. [mm]"""
    try:
        position_mm, cosines = dataset.numbers(tags.IMAGE_POSITION), dataset.numbers(tags.IMAGE_ORIENTATION)
    except DicomError:
        return None
    if len(position_mm) != 3 or len(cosines) != 6:
        return None
    is_axial = max(abs(cosines[2]), abs(cosines[5])) <= LARGEST_TILT
    return round(position_mm[2], 3) if is_axial else None
