"""Sets in which one name could mean two structures, or the outline of the body, or a dose level, is not what it seems.

The cord is contoured from -51 to 51 mm; its maximum, 60.8 Gy, lies at its lower end, and that of its upper half is
55.7 Gy. Half of the prescription covers the whole grid: 2594 cc inside BODY, 45.7 times the PTV, 2 cc inside an outline
around the PTV's middle.
"""

from dataclasses import replace

from rtcheck.conformance.phantom import PhantomSet, dose_dataset, structures_dataset
from rtcheck.conformance.registry import Question, asks, met, refused, unanswered, violated
from rtcheck.conformance.shapes import BODY, BOXES, CORD, FRACTIONS, PRESCRIBED_GY, Box, dose_gy

_UPPER_CORD = replace(CORD, low_mm=(-6.1, 30.2, 0.0))
_LOWER_CORD = replace(CORD, number=13, high_mm=(6.1, 41.9, 0.0))
_OTHERS = tuple(box for box in BOXES if box is not CORD)
_CORD = met("SpinalCord", "Dmax < 58 Gy")
_GTV1 = Box(name="GTV1", number=11, type="GTV", low_mm=(-40.0, 30.0, 0.0), high_mm=(-30.0, 40.0, 30.0))
_SECOND = Box(name="", number=12, type="ORGAN", low_mm=(-79.0, 22.0, -39.0), high_mm=(-11.0, 58.0, 21.0))

_HALVES = {
    "synonym": "Cord",
    "case": "spinalcord",
    "blank": "Spinal Cord",
    "german": "Myelon",
    "look-alike": "Spin\u0430lCord",
}
_MADE_FROM_THE_CORD = {"prv": "SpinalCord_PRV05", "optimiser": "zSpinalCord", "part": "SpinalCord~"}
_LOOK_ALIKES = {
    "cyrillic": "G\u0422V2",
    "greek": "G\u03a4V2",
    "unseen": "GTV\u200b2",
    "lower-case": "g\u0442v2",
}


def _registered(name: str, doc: str, boxes: tuple[Box, ...], question: Question, codes: tuple[str, ...] = ()) -> None:
    """Registers a set with these boxes."""

    def change(s: PhantomSet) -> None:
        s.structures = structures_dataset(boxes=boxes)

    change.__name__, change.__doc__ = name, doc
    asks(question, codes=codes)(change)


for _key, _name in _HALVES.items():
    _registered(
        f"cord_halves_{_key}",
        f"The upper half of the cord is named SpinalCord, the lower half {_name!a}.",
        (*_OTHERS, _UPPER_CORD, replace(_LOWER_CORD, name=_name)),
        _CORD,
        ("structures.competing",),
    )
for _key, _name in _MADE_FROM_THE_CORD.items():
    _registered(
        f"cord_next_to_{_key}",
        f"Next to the cord there is {_name}, which is not the cord.",
        (*BOXES, replace(_LOWER_CORD, name=_name)),
        violated("SpinalCord", "Dmax < 58 Gy"),
    )
for _key, _name in _LOOK_ALIKES.items():
    _registered(
        f"gtv_in_other_letters_{_key}",
        f"Next to GTV1 there is {_name!a} of type ORGAN, which only looks like GTV2.",
        (*BOXES, _GTV1, replace(_SECOND, name=_name)),
        unanswered("Liver - all GTV", "Volume > 550 cc"),
    )


@asks(violated("SpinalCord", "Dmax < 58 Gy"))
def cord_and_a_copy_of_it(s: PhantomSet) -> None:
    """The cord is contoured twice, as SpinalCord and as Cord, in the same shape."""
    s.structures = structures_dataset(boxes=(*BOXES, replace(CORD, number=13, name="Cord")))


def _with_outlines(*outlines: Box) -> tuple[Box, ...]:
    return (*(box for box in BOXES if box is not BODY), *outlines)


_AROUND_THE_PTV = replace(BODY, low_mm=(0.0, -10.0, -36.0), high_mm=(40.0, 30.0, 39.0))


@asks(unanswered("PTV", "R50 < 40"), unanswered("PTV", "CI_RTOG < 10"))
def outline_around_the_target(s: PhantomSet) -> None:
    """The only ROI of type EXTERNAL surrounds the PTV; the dose continues outside of it."""
    s.structures = structures_dataset(boxes=_with_outlines(_AROUND_THE_PTV))


@asks(violated("PTV", "R50 < 40"), codes=("structures.several-outlines",))
def two_outlines(s: PhantomSet) -> None:
    """BODY and a second ROI around the PTV are both of type EXTERNAL."""
    s.structures = structures_dataset(boxes=_with_outlines(BODY, replace(_AROUND_THE_PTV, name="Ext2", number=14)))


@refused("dose.one-fraction")
def dose_of_one_fraction_in_a_set_without_types(s: PhantomSet) -> None:
    """The dose is that of one fraction, and no ROI has a type; the plan does not state which ROI the target is."""
    s.structures = structures_dataset(boxes=tuple(replace(box, type="") for box in BOXES))
    s.dose = dose_dataset(dose_at=lambda x, y, z: dose_gy(x, y, z) / FRACTIONS)
    del s.plan.DoseReferenceSequence[0].ReferencedROINumber
    s.plan.DoseReferenceSequence[0].DoseReferenceStructureType = "SITE"


def _stating(levels: str, *questions: Question) -> None:
    """Registers a set whose protocol states the dose level of its target."""

    def change(s: PhantomSet) -> None:
        s.plan.DoseReferenceSequence[0].DoseReferenceStructureType = "SITE"
        del s.plan.DoseReferenceSequence[0].ReferencedROINumber

    change.__name__ = f"protocol_states_{''.join(sign for sign in levels if sign.isalnum())}"
    change.__doc__ = f"The plan prescribes 50 Gy to no ROI, and the protocol states {levels}."
    asks(*questions, protocol=f"prescription: {{targets: {{{levels}}}}}\n")(change)


_stating(f"PTV: {PRESCRIBED_GY:g} Gy", met("PTV", "D50% >= 99 %"), violated("PTV", "D50% >= 101 %"))
_stating("PTV: 40 Gy", met("PTV", "D50% >= 120 %"), violated("PTV", "D50% <= 107 %"))
