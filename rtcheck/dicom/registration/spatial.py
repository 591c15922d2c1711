"""A registration file (PS3.3 C.20.2, C.20.3) -> the links between frames of reference that it states."""

from dataclasses import field
from itertools import permutations

from rtcheck.case import SourceFile
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.text import folded_name
from rtcheck.dicom.finding.sources import Location, naming, read_dicom
from rtcheck.dicom.registration.deformable import deformable_links
from rtcheck.dicom.registration.matrices import faulty_registration, read_matrix, registered_frame
from rtcheck.errors import DicomError
from rtcheck.geometry.transforms.affine import IDENTITY, Affine, corners_mm
from rtcheck.geometry.transforms.maps import most_apart_mm
from rtcheck.geometry.transforms.paths import Link
from rtcheck.values import dataclass

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.3"
SAME_MM = 0.01
_AROUND = corners_mm((-500.0, -500.0, -1000.0), (500.0, 500.0, 1000.0))
"""Where maps are compared: a body around the origin. [mm]"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegistrationFile:
    """One registration file. `patient` are ID and name as they compare, never to be shown."""

    links: tuple[Link, ...]
    source: SourceFile
    patient: tuple[str, str] = field(repr=False)
    name: str = ""


def read_registration(location: Location, *, why: str) -> RegistrationFile:
    """The links in one file.

    Raises DicomError for a file that is not a registration, and for matrices or fields that cannot be one patient's.
    """
    file = read_dicom(location)
    with naming(location):
        links = _links(file.dataset, location.name)
    return RegistrationFile(
        name=location.name,
        links=links,
        source=file.as_source("registration", why),
        patient=(
            folded_name(file.dataset.text(tags.PATIENT_ID)),
            folded_name(file.dataset.text(tags.PATIENT_NAME)),
        ),
    )


def _links(dataset: DataSet, name: str) -> tuple[Link, ...]:
    kind = dataset.uid(tags.SOP_CLASS_UID)
    if kind == DEFORMABLE_REGISTRATION:
        return deformable_links(dataset, name)
    if kind != SPATIAL_REGISTRATION:
        raise DicomError("is not a Spatial Registration.", code="registration.kind")
    target_uid = registered_frame(dataset)
    links = []
    for number, item in enumerate(dataset.items(tags.REGISTRATION_SEQUENCE), start=1):
        source_uid = item.uid(tags.FRAME_OF_REFERENCE_UID)
        to_target = _matrix(item, f"item {number}")
        if not source_uid:
            continue  # of images alone: which frame they are in is not stated
        if source_uid != target_uid:
            links.append(Link(source_uid=source_uid, target_uid=target_uid, to_target=to_target, name=name))
        elif most_apart_mm(to_target, IDENTITY, _AROUND) > SAME_MM:
            raise faulty_registration(f"item {number} moves the frame of reference that it registers to")
    if not links:
        raise faulty_registration("it states no frame of reference that is registered to another")
    return tuple(links)


def _matrix(item: DataSet, where: str) -> Affine:
    """The map of one item: several matrices are one after another, if their order does not matter."""
    registration = item.first_item(tags.MATRIX_REGISTRATION_SEQUENCE)
    steps = [read_matrix(each, where) for each in registration.items(tags.MATRIX_SEQUENCE)] if registration else []
    if not steps:
        raise faulty_registration(f"{where} has no matrix")
    whole = _product(tuple(steps))
    if len(steps) > 1 and any(most_apart_mm(whole, _product(each), _AROUND) > SAME_MM for each in permutations(steps)):
        raise faulty_registration(
            f"{where} has {len(steps)} matrices whose order changes the result; export it as one matrix"
        )
    return whole


def _product(steps: tuple[Affine, ...]) -> Affine:
    whole = IDENTITY
    for step in steps:
        whole = step.after(whole)
    return whole
