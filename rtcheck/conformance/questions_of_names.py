"""Sets whose limits depend on names: which ROIs are all GTVs, and on which side of the patient an organ lies.

The liver holds 607.5 cc, GTV1 in it 3 cc and the second ROI 146.9 cc. Without GTV1 alone 604.5 cc of the liver are
left, without both 459.7 cc: a limit of more than 550 cc tells whether the second ROI was taken for a GTV.
"""

from dataclasses import replace

from rtcheck.conformance.phantom import PhantomSet, structures_dataset
from rtcheck.conformance.registry import Question, asks, met, unanswered, violated
from rtcheck.conformance.shapes import BOXES, KIDNEY, Box

_LEFT_OF_THE_LIVER = ("Liver - all GTV", "Volume > 550 cc")
_GTV1 = Box(name="GTV1", number=11, type="GTV", low_mm=(-40.0, 30.0, 0.0), high_mm=(-30.0, 40.0, 30.0))
_SECOND = Box(name="", number=12, type="", low_mm=(-79.0, 22.0, -39.0), high_mm=(-11.0, 58.0, 21.0))
_RIGHT_KIDNEY = Box(name="Kidney_R", number=6, type="ORGAN", low_mm=(-89.0, 45.0, -21.0), high_mm=(-82.0, 60.0, 39.0))

_MEMBERS = {
    "pet": ("GTV-PET", "GTV"),
    "mri": ("GTV_MRI", "GTV"),
    "number": ("GTV#2", "GTV"),
    "glued": ("GTVprim", "GTV"),
    "sum": ("GTV_T+N", "GTV"),
    "prefix": ("H&N GTV", "GTV"),
    "other-name": ("Rezidiv", "GTV"),
}
_HELPERS = {
    "margin": ("GTV_5mm", "CONTROL"),
    "plus": ("GTV+1cm", ""),
    "expanded": ("GTV_expanded", "ORGAN"),
    "ring": ("GTV_ring1", "AVOIDANCE"),
    "prv": ("GTV_PRV05", "ORGAN"),
    "old": ("GTV_old2", "ORGAN"),
    "optimiser": ("zGTV", "CONTROL"),
    "less-a-target": ("Liver-GTV", "ORGAN"),
}
_AMBIGUOUS = {
    "margin-by-type": ("GTV_5mm", "GTV"),
    "ring-by-type": ("GTV ring", "GTV"),
    "old-by-type": ("GTV_old2", "GTV"),
    "internal": ("iGTV", "GTV"),
    "organ-by-type": ("Prostate", "GTV"),
    "other-kind-by-type": ("CTV1", "GTV"),
    "name-without-type": ("GTV-PET", ""),
    "name-of-an-organ": ("GTV2", "ORGAN"),
    "name-of-a-ptv": ("GTV2", "PTV"),
    "word-without-type": ("Tumor 2", ""),
}


def _with_second_gtv(key: str, name: str, type: str, question: Question, meaning: str) -> None:
    """Registers a set with GTV1 and a second ROI of this name and type."""

    def change(s: PhantomSet) -> None:
        s.structures = structures_dataset(boxes=(*BOXES, _GTV1, replace(_SECOND, name=name, type=type)))

    change.__name__ = f"gtv_{key}"
    change.__doc__ = f"Next to GTV1 there is {name!r} of type {type or '(none)'}, {meaning}."
    asks(question)(change)


for _key, (_name, _type) in _MEMBERS.items():
    _with_second_gtv(_key, _name, _type, violated(*_LEFT_OF_THE_LIVER), "which is a GTV by type and name")
for _key, (_name, _type) in _HELPERS.items():
    _with_second_gtv(_key, _name, _type, met(*_LEFT_OF_THE_LIVER), "which is derived from a GTV but is not one")
for _key, (_name, _type) in _AMBIGUOUS.items():
    _with_second_gtv(_key, _name, _type, unanswered(*_LEFT_OF_THE_LIVER), "where type and name do not agree")


@asks(violated(*_LEFT_OF_THE_LIVER))
def gtvs_without_types(s: PhantomSet) -> None:
    """No ROI has a type; two are named GTV1 and GTV_2."""
    boxes = (*BOXES, _GTV1, replace(_SECOND, name="GTV_2"))
    s.structures = structures_dataset(boxes=tuple(replace(box, type="") for box in boxes))


@asks(met(*_LEFT_OF_THE_LIVER), codes=("structures.untyped",))
def gtv_that_nothing_tells(s: PhantomSet) -> None:
    """Next to GTV1 there is an ROI named Segment 7, without a type."""
    s.structures = structures_dataset(boxes=(*BOXES, _GTV1, replace(_SECOND, name="Segment 7")))


@asks(unanswered(*_LEFT_OF_THE_LIVER))
def gtv_without_contours(s: PhantomSet) -> None:
    """A second GTV is listed without contours."""
    s.structures = structures_dataset(boxes=(*BOXES, _GTV1, replace(_SECOND, name="GTV2", type="GTV")))
    s.structures.ROIContourSequence[-1].ContourSequence = []


@asks(met("Kidney_L", "Dmax < 80 Gy"), met("Kidney_R", "Dmax < 80 Gy"))
def kidneys_on_their_sides(s: PhantomSet) -> None:
    """Both kidneys are contoured, each on its side."""
    s.structures = structures_dataset(boxes=(*BOXES, _RIGHT_KIDNEY))


@asks(met("Kidney_L", "Dmax < 80 Gy"), codes=("structures.sides-swapped",))
def kidneys_swapped(s: PhantomSet) -> None:
    """The names of the kidneys are swapped."""
    others = tuple(box for box in BOXES if box is not KIDNEY)
    swapped = (replace(KIDNEY, name="Kidney_R"), replace(_RIGHT_KIDNEY, name="Kidney_L"))
    s.structures = structures_dataset(boxes=(*others, *swapped))


@asks(met("Kidney_R", "Dmax < 80 Gy"), codes=("structures.sides-swapped",))
def lone_kidney_on_the_wrong_side(s: PhantomSet) -> None:
    """Only the left kidney is contoured, and it is named the right one."""
    boxes = tuple(replace(box, name="Kidney_R") if box is KIDNEY else box for box in BOXES)
    s.structures = structures_dataset(boxes=boxes)
