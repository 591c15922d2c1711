"""A case -> a draft protocol: its structures with the doses that they get as planned, to be replaced by real limits.

Every limit is advisory, so that no plan passes by a draft.
"""

import math

from rtcheck.case import Case, Roi
from rtcheck.checking.kept import Kept
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.dosimetry.dvh import Dvh, compute_dvh
from rtcheck.errors import RtcheckError
from rtcheck.geometry.expression import quoted
from rtcheck.protocol.file.model import Constraint, Protocol, StructureDefinition
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.targets import kind_of_target_name

DRAFT_HEADER = (
    "A draft from the structures of one plan. The limits are what the plan has, rounded up: no clinical limits.",
    "Replace them, and remove `priority: advisory` where a limit is required.",
)
MOST_STRUCTURES = 60
SERIAL = (
    "SpinalC",
    "Brainstem",
    "Optic",
    "Lens",
    "Eye",
    "Cochlea",
    "Bowel",
    "Stomach",
    "Duodenum",
    "Esophagus",
    "Rectum",
)
_AS_PLANNED = "As planned; a draft, to be replaced"


def draft_protocol(case: Case, kept: Kept) -> Protocol:
    """One advisory constraint for each structure that is drawn and gets a dose: coverage of targets, Dmean or Dmax."""
    anatomy = Anatomy(case.structures, kept=kept)
    constraints: list[Constraint] = []
    definitions: dict[str, StructureDefinition] = {}
    for roi in case.structures or ():
        if roi.contours and roi.type != "EXTERNAL" and len(constraints) < MOST_STRUCTURES:
            name = _name(roi)
            goal = _goal(roi, name, _dvh(roi, anatomy, case))
            if goal and name not in definitions:
                also = (roi.name,) if name != roi.name else ()
                definitions[name] = StructureDefinition(name=name, also_named=also)
                constraints.append(
                    Constraint(structures=(name,), goal=parse_goal(goal), priority="advisory", note=_AS_PLANNED)
                )
    return Protocol(
        name="draft",
        title="Draft from the structures of a plan",
        structures=tuple(each for each in definitions.values() if each.also_named),
        constraints=tuple(constraints),
    )


def _name(roi: Roi) -> str:
    """The TG-263 name that the ROI's name means, else its own, in quotes where an expression would need them."""
    meaning = meaning_of(roi.name)
    if meaning is not None and not meaning.is_sided_stem and not kind_of_target_name(roi.name):
        return meaning.name
    return quoted(roi.name)


def _dvh(roi: Roi, anatomy: Anatomy, case: Case) -> Dvh | None:
    if case.dose is None:
        return None
    try:
        found = anatomy.of_rois((roi.number,), asked=roi.name, how="")
        return compute_dvh(found.solid, case.dose) if found.solid is not None else None
    except RtcheckError:
        return None


def _goal(roi: Roi, name: str, dvh: Dvh | None) -> str:
    """The constraint's goal; "" for a structure that gets no dose worth a limit."""
    if kind_of_target_name(roi.name) or roi.type in ("GTV", "CTV", "PTV"):
        return "D95% >= 95 %"
    if dvh is None or not dvh.max_gy > 0.5:
        return ""
    if name.startswith(SERIAL):
        return f"Dmax < {_rounded_up(dvh.max_gy)} Gy"
    return f"Dmean < {_rounded_up(dvh.mean_gy)} Gy"


def _rounded_up(dose_gy: float) -> str:
    """A whole number above the dose, or a tenth where it is small."""
    step = 1.0 if dose_gy >= 2 else 0.1
    return number_text(round((math.floor(dose_gy / step) + 1) * step, 1))
