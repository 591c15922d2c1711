"""What dose files, structure sets and images state beside doses, contours and pixels -> their facts."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.sources import DicomFile, naming, parse_dataset
from rtcheck.dicom.plan_details import moment, read_plan_facts
from rtcheck.dicom.slice_positions import referenced_images
from rtcheck.errors import RtcheckError
from rtcheck.plan_facts import DensityOverride, DoseFacts, ImageFacts, PlanElements, Stated, StructureSetFacts

T = TypeVar("T")

_IMAGE_BYTES = 256 * 1024  # an image's header, with private elements between
_IMAGE_END = 0x0029_0000  # everything that is read stands before it


def read_dose_facts(dataset: DataSet) -> DoseFacts:
    """What a dose file states beside its dose."""
    made_at = moment(dataset, tags.INSTANCE_CREATION_DATE, tags.INSTANCE_CREATION_TIME)
    return DoseFacts(
        made_at=made_at or moment(dataset, tags.CONTENT_DATE, tags.CONTENT_TIME),
        type=dataset.code(tags.DOSE_TYPE),
        heterogeneity=tuple(filter(None, dataset.code(tags.TISSUE_HETEROGENEITY_CORRECTION).split("\\"))),
        manufacturer=dataset.text(tags.MANUFACTURER),
        model=dataset.text(tags.MANUFACTURER_MODEL_NAME),
        software=dataset.text(tags.SOFTWARE_VERSIONS),
        comment=dataset.text(tags.DOSE_COMMENT),
        description=dataset.text(tags.SERIES_DESCRIPTION),
    )


def read_structure_set_facts(dataset: DataSet) -> StructureSetFacts:
    """What a structure set states beside its contours."""
    return StructureSetFacts(
        made_at=moment(dataset, tags.STRUCTURE_SET_DATE, tags.STRUCTURE_SET_TIME),
        approval=dataset.code(tags.APPROVAL_STATUS),
        densities=tuple(_densities(dataset)),
        has_observations=dataset.first_item(tags.RT_ROI_OBSERVATIONS_SEQUENCE) is not None,
        image_uids=frozenset(referenced_images(dataset)),
    )


def read_image_facts(headers: Sequence[Header]) -> tuple[ImageFacts, ...]:
    """What each image slice states; one that cannot be read any more is left out."""
    facts = []
    for header in headers:
        try:
            content = header.location.read(_IMAGE_BYTES)
            facts.append(_image(header, parse_dataset(content, until=_IMAGE_END)[0]))
        except RtcheckError:
            continue
    return tuple(facts)


def _densities(dataset: DataSet) -> Iterator[DensityOverride]:
    for observation in dataset.items(tags.RT_ROI_OBSERVATIONS_SEQUENCE):
        number = observation.whole_number(tags.REFERENCED_ROI_NUMBER)
        for each in observation.items(tags.ROI_PHYSICAL_PROPERTIES_SEQUENCE):
            value = each.number(tags.ROI_PHYSICAL_PROPERTY_VALUE)
            yield DensityOverride(roi_number=number or 0, property=each.code(tags.ROI_PHYSICAL_PROPERTY), value=value)


def _image(header: Header, dataset: DataSet) -> ImageFacts:
    rows, columns = dataset.unsigned(tags.ROWS), dataset.unsigned(tags.COLUMNS)
    taken_at = moment(dataset, tags.ACQUISITION_DATE, tags.CONTENT_TIME)
    taken_at = taken_at or moment(dataset, tags.SERIES_DATE, tags.CONTENT_TIME)
    return ImageFacts(
        sop_instance_uid=header.sop_instance_uid,
        series_uid=header.series_uid,
        place_mm=header.slice_mm,
        thickness_mm=dataset.number(tags.SLICE_THICKNESS),
        taken_at=taken_at or moment(dataset, tags.STUDY_DATE, tags.CONTENT_TIME),
        position=dataset.code(tags.PATIENT_POSITION),
        manufacturer=dataset.text(tags.MANUFACTURER),
        model=dataset.text(tags.MANUFACTURER_MODEL_NAME),
        pixel_mm=dataset.numbers(tags.PIXEL_SPACING),
        corner_mm=dataset.numbers(tags.IMAGE_POSITION),
        shape=(rows, columns) if rows and columns else None,
    )


def stated_by(
    plan: DicomFile | None, doses: Sequence[DicomFile], structures: DicomFile | None, images: Sequence[Header]
) -> Stated:
    """What the files state, read when it is asked for."""
    return Stated(
        load_plan=_loader(plan, read_plan_facts),
        load_elements=_loader(plan, _plan_elements),
        load_doses=cache(lambda: tuple(_named(file, read_dose_facts) for file in doses)) if doses else None,
        load_structures=_loader(structures, read_structure_set_facts),
        load_images=cache(lambda: read_image_facts(images)),
    )


def _plan_elements(dataset: DataSet) -> PlanElements:
    from rtcheck.dicom.plan_elements import read_plan_elements  # for a comparison of two plans alone

    return read_plan_elements(dataset)


def _loader(file: DicomFile | None, read: Callable[[DataSet], T]) -> Callable[[], T] | None:
    return cache(lambda: _named(file, read)) if file is not None else None


def _named(file: DicomFile, read: Callable[[DataSet], T]) -> T:
    """What `read` finds in a file; an error names the file."""
    with naming(file.location):
        return read(file.dataset)
