"""The images with the plan: slices, age, position, scanner; contours beyond them, and a body outline that they cut."""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path

import numpy as np

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, names_of, unknown, worst_of
from rtcheck.checking.plan_qa.contoured.drawn import are_inside
from rtcheck.checking.plan_qa.contoured.slices import anatomy_of
from rtcheck.checking.plan_qa.subject import EXTERNAL, Subject
from rtcheck.checking.range_text import range_words
from rtcheck.dicom.ct_slice import hounsfield
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.plan_facts import ImageFacts
from rtcheck.protocol.file.model import CheckRule

ON_SLICE_MM = 0.5
"""A contour this near to an image lies on it: positions are rounded, and some systems to a millimetre."""

Answers = Callable[[Subject, CheckRule], Iterator[Answer]]

PLACEHOLDER_YEAR = 1902  # dates before it are those of files from which dates were taken


def _of_all_images(answers: Answers) -> Answers:
    """What is met by the images that are there is not evaluated where others are missing."""

    @wraps(answers)
    def of_all(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
        found = tuple(answers(subject, rule))
        if subject.case.stated.load_structures and all(each.outcome == "met" for each in found):
            _require_whole_set(subject)
        yield from found

    return of_all


@_of_all_images
def thickness(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The thickness of every slice. [mm]"""
    stated = {image.thickness_mm for image in subject.images}
    known = sorted(value for value in stated if value)
    off = [value for value in known if not rule.value.contains(value)]
    if not known or (None in stated and not off):
        raise Unknown("the images do not state their slice thickness")
    yield in_range(rule.value, (off or known)[-1], "mm")


def number(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How many slices there are; of those that contours refer to all must be there."""
    _require_whole_set(subject)
    yield in_range(rule.value, len(subject.images), "")


@_of_all_images
def spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The distances of neighbouring slices; a slice that is missing makes a large one. [mm]"""
    apart_mm = np.round(np.diff(_places_mm(subject.images)), 3).tolist()
    if not apart_mm or min(apart_mm) == 0:
        raise Unknown("there is one slice only" if not apart_mm else "several images lie at one place")
    yield in_range(rule.value, worst_of(rule.value, apart_mm), "mm")


@_of_all_images
def age(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The days from the oldest image to the plan; images newer than the plan are not those that it was made on."""
    planned = subject.plan.made_at
    taken = [image.taken_at for image in subject.images]
    dated = [when for when in taken if when is not None and when.year >= PLACEHOLDER_YEAR]
    if planned is None or planned.year < PLACEHOLDER_YEAR or len(dated) < len(taken):
        raise Unknown("the plan or the images have no date")
    days = (planned.date() - min(dated).date()).days
    if (late := max(dated).date()) > planned.date():
        yield answer(False, f"images {late}, plan {planned.date()}", expected="images before the plan")
        return
    yield in_range(rule.value, days, "days", note=f"images {min(dated).date()}, plan {planned.date()}")


@_of_all_images
def position(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The patient's position in the images, which is also that of the plan."""
    found = {image.position for image in subject.images}
    if "" in found:
        raise Unknown("the images do not state the patient's position")
    planned = subject.case.plan.patient_position if subject.case.plan else ""
    allowed = {name.upper() for name in names_of(rule)}
    if subject.case.plan and not planned and found <= allowed:
        raise Unknown("the plan does not state the patient's position")
    is_same = not planned or found == {planned}
    note = "" if is_same else f"the plan has {planned}"
    yield answer(found <= allowed and is_same, listed(sorted(found)), note=note)


@_of_all_images
def scanner(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Manufacturer and model of the scanner contain one of the names."""
    found = sorted({f"{image.manufacturer} {image.model}".strip() for image in subject.images})
    if "" in found:
        raise Unknown("the images do not state their scanner")
    words = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE) for name in names_of(rule)]
    is_met = all(any(word.search(each) for word in words) for each in found)
    yield answer(is_met, listed(found), value=found[0])


def contours_on_images(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every contour of a target or organ lies on a slice of the images."""
    _require_whole_set(subject)
    places_mm = _places_mm(subject.images)
    off: dict[str, FloatArray] = {}
    for roi, drawn in anatomy_of(subject):
        apart_mm = np.abs(drawn.planes_mm[:, None] - places_mm).min(axis=1)
        if (apart_mm > ON_SLICE_MM).any():
            off[roi.name] = drawn.planes_mm[apart_mm > ON_SLICE_MM]
    told = [f"{name} at z {listed([f'{z:g}' for z in planes.tolist()], 3)} mm" for name, planes in off.items()]
    text = f"not on a slice: {listed(off)}" if off else "all on slices"
    yield answer(not off, text, value=float(len(off)), place="; ".join(told[:4]), expected="all contours on slices")


@_of_all_images
def outline_not_cut(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """The body outline does not run along the edge of the images, where they end before the patient does."""
    cut = slices_that_cut(subject)
    place = f"z {cut[0]:.4g} to {cut[-1]:.4g} mm" if cut else ""
    text = f"cut on {len(cut)} slices" if cut else "within the images"
    yield answer(not cut, text, value=float(len(cut)), place=place, expected="outline within the images")


def slices_that_cut(subject: Subject) -> list[float]:
    """The heights at which the body outline runs along the edge of the images. [mm]"""
    body = subject.solid_of(EXTERNAL)
    boxes = {_box_mm(image) for image in subject.images}
    if len(boxes) != 1 or None in boxes:
        raise Unknown("the images do not state one field of view")
    (box,) = boxes
    assert box is not None
    low_x, high_x, low_y, high_y, pixel = box
    cut = []
    for slab in body.slabs:
        x0, y0, x1, y1 = slab.edges_mm.T
        along = np.hypot(x1 - x0, y1 - y0)
        is_at_edge = (np.maximum(x0, x1) <= low_x + pixel) | (np.minimum(x0, x1) >= high_x - pixel)
        is_at_edge |= (np.maximum(y0, y1) <= low_y + pixel) | (np.minimum(y0, y1) >= high_y - pixel)
        if along[is_at_edge].sum() > CUT_MM:
            cut.append((slab.z_low_mm + slab.z_high_mm) / 2)
    if not cut and not body.is_certain:
        raise Unknown("slices of the body are missing")
    return cut


CUT_MM = 10.0
"""Of an outline's length along the edge of the images on one slice: less is a touch."""


def _box_mm(image: ImageFacts) -> tuple[float, float, float, float, float] | None:
    """Low and high x and y of the image's pixels, and the larger pixel spacing. [mm]"""
    if len(image.corner_mm) != 3 or len(image.pixel_mm) != 2 or image.shape is None or image.place_mm is None:
        return None
    x, y, _ = image.corner_mm
    row_mm, column_mm = image.pixel_mm
    rows, columns = image.shape
    right, bottom = x + column_mm * (columns - 1), y + row_mm * (rows - 1)
    return min(x, right), max(x, right), min(y, bottom), max(y, bottom), max(row_mm, column_mm)


def _places_mm(images: tuple[ImageFacts, ...]) -> FloatArray:
    places = [image.place_mm for image in images if image.place_mm is not None]
    if len(places) < len(images):
        raise Unknown("not all images are axial slices with a position")
    return np.array(sorted(places))


def _require_whole_set(subject: Subject) -> None:
    """Raises Unknown where contours refer to images that are not there."""
    referred = subject.structure_set.image_uids
    present = {image.sop_instance_uid for image in subject.images}
    missing = len(referred - present)
    if missing:
        raise Unknown(f"{missing} of {len(referred)} images that the contours refer to are not there")


def hounsfield_units(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The mean of each structure in Hounsfield units, over the pixels whose centres lie in it, with the spread."""
    places = {image.place_mm: path for image, path in _placed(subject)}
    if len(places) < len(subject.images):
        raise Unknown("several images lie at one place")
    for name, allowed in rule.value:
        item, expected = f"Mean HU of {name}", range_words(allowed, "HU")
        try:
            values = _values_in(subject.solid_of(name), places, name)
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=expected)
            continue
        note = f"standard deviation {values.std():.1f} HU, {len(values)} pixels"
        yield in_range(allowed, round(float(values.mean()), 2), "HU", item=item, note=note)


def _placed(subject: Subject) -> Iterator[tuple[ImageFacts, Path]]:
    """Each axial image and its file. Raises Unknown where files and facts do not belong together."""
    if len(subject.images) != len(subject.case.images):
        raise Unknown("not every image can be read")
    yield from zip(subject.images, subject.case.images, strict=True)


def _values_in(solid: Solid, places: dict[float | None, Path], name: str) -> FloatArray:
    """The Hounsfield units of all pixels in a solid. Raises Unknown where slices of it have no image."""
    if not solid.is_certain:
        raise Unknown(f"slices of {name} are missing")
    found = []
    for slab in solid.slabs:
        own = [path for z_mm, path in places.items() if z_mm is not None and slab.z_low_mm <= z_mm < slab.z_high_mm]
        if not own:
            raise Unknown(f"there is no image of {name} at z {(slab.z_low_mm + slab.z_high_mm) / 2:.4g} mm")
        found += [_values_on(path, slab) for path in own]
    values: FloatArray = np.concatenate(found)
    if not len(values):
        raise Unknown(f"no pixel has its centre in {name}")
    return values


def _values_on(path: Path, slab: Slab) -> FloatArray:
    try:
        x_mm, y_mm, _, pixels = hounsfield(path)
    except Exception:  # whatever a damaged slice raises
        raise Unknown("an image cannot be read") from None
    low_mm, high_mm = slab.edges_mm[:, :2].min(axis=0), slab.edges_mm[:, :2].max(axis=0)
    columns = np.flatnonzero((x_mm >= low_mm[0]) & (x_mm <= high_mm[0]))
    rows = np.flatnonzero((y_mm >= low_mm[1]) & (y_mm <= high_mm[1]))
    grid = np.array([(x_mm[i], y_mm[j]) for j in rows for i in columns]).reshape(-1, 2)
    if not len(grid):
        return np.empty(0)
    inside = are_inside(grid, np.zeros(len(grid), dtype=np.int64), Solid(slabs=(slab,)))
    values: FloatArray = pixels[np.ix_(rows, columns)].ravel()[inside]
    return values
