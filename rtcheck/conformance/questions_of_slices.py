"""Sets whose contours have gaps, uneven spacing or single slices: what is drawn, what was skipped, what nobody knows.

The cord is 12.2 mm wide, 11.7 mm deep and 102 mm long: 14.56 cc on 34 planes, 0.428 cc each.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rtcheck.conformance.phantom import PhantomSet, contour, dose_dataset, image_dataset, structures_dataset, write_file
from rtcheck.conformance.registry import MUTANTS, Specimen, asks, met, unanswered, violated
from rtcheck.conformance.shapes import BODY, BOXES, CORD, Box

_DRAWN = met("SpinalCord", "Volume > 14.4 cc"), met("SpinalCord", "Volume < 14.9 cc")
HOT = ("SpinalCord", "Dmax < 45 Gy")
_NODULE = Box(name="Nodule", number=7, type="", low_mm=(-60.0, 20.0, -15.0), high_mm=(-40.0, 40.0, 18.0))


def keep(s: PhantomSet, is_kept: Callable[[float], bool], *numbers: int) -> None:
    """Omits the contours on other planes, of these ROIs or of all."""
    for roi in s.structures.ROIContourSequence:
        if not numbers or roi.ReferencedROINumber in numbers:
            roi.ContourSequence = [each for each in roi.ContourSequence if is_kept(float(each.ContourData[2]))]


def hot_spot(s: PhantomSet) -> None:
    """A dose of 30 Gy with 50 Gy from z = 0 to 4 mm."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z in (0.0, 4.0) else 30.0)


def _is_outside_the_gap(z_mm: float) -> bool:
    return not -3 < z_mm < 6


def _is_of_the_coarse_half(z_mm: float) -> bool:
    """Every plane above z = 0, every second one below."""
    return z_mm > 0 or round((z_mm + 49.5) / 3) % 2 == 0


@asks(*_DRAWN, violated(*HOT))
def slices_of_two_spacings(s: PhantomSet) -> None:
    """All structures are contoured every 6 mm below z = 0 and every 3 mm above; the cord skips no slice."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z in (-36.0, -32.0) else 30.0)
    keep(s, _is_of_the_coarse_half)


@asks(*_DRAWN, violated(*HOT))
def cord_alone_on_slices_of_two_spacings(s: PhantomSet) -> None:
    """Only the cord is contoured, every 6 mm below z = 0 and every 3 mm above."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z in (-36.0, -32.0) else 30.0)
    s.structures = structures_dataset(boxes=(CORD,))
    keep(s, _is_of_the_coarse_half)


@asks(met("Nodule", "Volume < 2.45 cc"), met("Nodule", "Volume > 2.35 cc"))
def single_slices_far_apart(s: PhantomSet) -> None:
    """Two single slices of one structure are 30 mm apart and not opposite each other: 1.2 cc each."""
    s.structures = structures_dataset(boxes=(*BOXES, _NODULE))
    keep(s, lambda z_mm: z_mm in (-13.5, 16.5), 7)
    upper = s.structures.ROIContourSequence[-1].ContourSequence[-1]
    upper.ContourData = [f"{float(value) - 90 * (place % 3 == 1):.2f}" for place, value in enumerate(upper.ContourData)]


@asks(unanswered("Nodule", "Volume < 5 cc"), met("Nodule", "Volume > 2 cc"), unanswered("Nodule", "Volume > 14 cc"))
def single_slices_opposite_each_other(s: PhantomSet) -> None:
    """Two single slices of one structure, 30 mm apart and opposite each other: 2.4 cc or more."""
    s.structures = structures_dataset(boxes=(*BOXES, _NODULE))
    keep(s, lambda z_mm: z_mm in (-13.5, 16.5), 7)


@asks(unanswered(*HOT), met("SpinalCord", "Dmean < 40 Gy"), violated("SpinalCord", "Dmax < 29 Gy"))
def slab_missing_at_the_hot_spot(s: PhantomSet) -> None:
    """The cord is not contoured on the three slices around the hot spot."""
    hot_spot(s)
    keep(s, _is_outside_the_gap, 3)


@asks(unanswered(*HOT), met("SpinalCord", "Dmean < 40 Gy"))
def slab_missing_in_every_structure(s: PhantomSet) -> None:
    """No structure is contoured on the three slices around the hot spot."""
    hot_spot(s)
    keep(s, _is_outside_the_gap)


@asks(unanswered(*HOT))
def slab_missing_in_a_cord_alone(s: PhantomSet) -> None:
    """Only the cord is contoured, and not on the three slices around the hot spot."""
    hot_spot(s)
    s.structures = structures_dataset(boxes=(CORD,))
    keep(s, _is_outside_the_gap)


@asks(unanswered("Liver | SpinalCord", "Dmax < 45 Gy"), unanswered("SpinalCord + 1 mm", "Dmax < 49 Gy"))
def slab_missing_in_part_of_an_expression(s: PhantomSet) -> None:
    """The cord is not contoured around the hot spot, and limits refer to it in a union and with a margin."""
    s.dose = dose_dataset(dose_at=lambda x, _y, z: 50.0 if z in (0.0, 4.0) and x > -8 else 30.0)
    keep(s, _is_outside_the_gap, 3)


@asks(unanswered("Liver - SpinalCord", "Volume > 600 cc"), met("Liver - SpinalCord", "Volume > 580 cc"))
def slab_missing_in_what_is_subtracted(s: PhantomSet) -> None:
    """A cord of 15 cc within the liver is contoured on three slices at each end: 3 to 15 cc are subtracted."""
    within = replace(CORD, low_mm=(-80.0, 30.0, -36.0), high_mm=(-60.0, 50.0, 3.0))
    s.structures = structures_dataset(boxes=tuple(within if box is CORD else box for box in BOXES))
    keep(s, lambda z_mm: z_mm < -28 or z_mm > -5, 3)


@asks(*_DRAWN, violated(*HOT), codes=("structure.regular-gaps",))
def contoured_on_every_second_slice(s: PhantomSet) -> None:
    """The cord is contoured on every second slice: what lies between belongs to it."""
    hot_spot(s)
    keep(s, lambda z_mm: round((z_mm + 49.5) / 3) % 2 == 0, 3)


@asks(*_DRAWN, codes=("structure.between-slices",))
def contoured_between_the_slices(s: PhantomSet) -> None:
    """The cord's planes lie half-way between those of the other structures."""
    shifted = replace(CORD, low_mm=(-6.1, 30.2, -49.5), high_mm=(6.1, 41.9, 52.5))
    s.structures = structures_dataset(boxes=tuple(shifted if box is CORD else box for box in BOXES))


@asks(met("SpinalCord", "Volume < 0.72 cc"), met("SpinalCord", "Volume > 0.70 cc"), codes=("structure.single-plane",))
def single_plane_of_stated_thickness(s: PhantomSet) -> None:
    """Only one plane of the cord is contoured, and ContourSlabThickness is 5 mm: 0.714 cc."""
    s.structures = structures_dataset(boxes=(CORD,))
    keep(s, lambda z_mm: z_mm == 1.5)
    s.structures.ROIContourSequence[0].ContourSequence[0].ContourSlabThickness = 5.0


@asks(*_DRAWN, met("PTV", "Volume > 56 cc"))
def ends_drawn_as_lines(s: PhantomSet) -> None:
    """Contours 0.01 mm wide mark both ends of the PTV, as on the ends of a lying cylinder."""
    line = [(12.0, 10.70), (28.0, 10.70), (28.0, 10.71), (12.0, 10.71)]
    drawn = s.structures.ROIContourSequence[0].ContourSequence
    drawn.insert(0, contour(line, -31.5))
    drawn.append(contour(line, 34.5))


def _with_images(phantom: PhantomSet, folder: Path) -> None:
    hot_spot(phantom)
    keep(phantom, _is_outside_the_gap)
    phantom.write(folder)
    for number, z_mm in enumerate(BODY.planes_mm):
        write_file(image_dataset(z_mm, number), folder / f"ct{number}.dcm")


MUTANTS.append(
    Specimen(
        name="slices-of-the-images-skipped",
        sentence="CT slices are in the folder, and no structure is contoured on three of them, at the hot spot.",
        expected="answer",
        codes=(),
        build=_with_images,
        questions=(unanswered(*HOT), met("SpinalCord", "Dmean < 40 Gy")),
    )
)
