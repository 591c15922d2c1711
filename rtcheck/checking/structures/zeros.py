"""A dose of exactly 0 where the patient is next to a dose -> the case with these zeros in doubt, and why."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rtcheck.case import Case, Courses, Plan
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid
from rtcheck.dosimetry.metric_terms import Metric
from rtcheck.geometry.solid import Solid
from rtcheck.notices import Notice
from rtcheck.protocol.names.targets import organ_of_name

if TYPE_CHECKING:
    from rtcheck.dosimetry.uncalculated import Patient, Uncalculated

DOUBT = "dose.zero"

AROUND_THE_BODY = ("Body", "Bolus", "Breast", "External", "Skin")
WITHOUT_AIR = (
    "A_", "Bladder", "BrachialPlex", "Brain", "CaudaEquina", "Cerebellum", "Femur", "GreatVes", "Heart", "Hippocamp",
    "Kidney", "Liver", "OpticChiasm", "Pancreas", "Parotid", "Pituitary", "Prostate", "SacralPlex", "SpinalC", "Spleen",
    "ThecalSac", "Uterus", "V_", "VB",
)  # fmt: skip
"""How TG-263 names begin of what lies in the body and holds no air. In air a planning system may have no dose."""


def with_zeros_in_doubt(evidence: Evidence, structures: Iterable[Found], metrics: Iterable[Metric]) -> Case:
    """The case with the zeros marked that may stand for no dose; the same where no structure has such a one.

    `metrics` are those that are asked of them. Of the plans of a sum it is only stated.
    """
    case, dose = evidence.case, evidence.case.dose
    if dose is None or any(notice.code == DOUBT for notice in case.notices):
        return case
    structures = tuple(structures)
    if case.courses is not None and case.courses.of is dose:
        doubts = _of_plans(case.courses, evidence, structures)
        return replace(case, notices=(*case.notices, *doubts)) if doubts else case
    if dose.parts:
        return case
    is_beyond_dvhs = any(metric.kind == "Dpoint" for metric in metrics) or any(
        evidence.anatomy.names.is_of_isodose(found.match.asked) for found in structures
    )
    if not is_beyond_dvhs and not any(dvh.min_gy == 0 for dvh in evidence.dvhs.values()):
        return case
    zero = [found for found in structures if _has_zeros(found.solid, evidence)]
    numbers = {number for each in zero for number in each.match.numbers}
    parts = [found for found in structures if found.solid not in evidence.dvhs and numbers >= {*found.match.numbers}]
    patient = _patient(evidence, (*zero, *parts))
    found = _uncalculated(dose, patient, is_photon=_is_photon(case.plan))
    if found is None:
        return case
    told = replace(case, notices=(*case.notices, _doubt(found, zero)))
    return told if DOUBT in case.ignored_codes else replace(told, dose=_marked(dose, found.nodes))


def with_zeros_marked(dose: DoseGrid, evidence: Evidence) -> DoseGrid:
    """The dose of a scenario with the zeros marked that may stand for no dose."""
    if DOUBT in evidence.case.ignored_codes:
        return dose
    patient = _patient(evidence, evidence.anatomy.found)
    found = _uncalculated(dose, patient, is_photon=_is_photon(evidence.case.plan))
    return dose if found is None else _marked(dose, found.nodes)


def _uncalculated(dose: DoseGrid, patient: "Patient", *, is_photon: bool) -> "Uncalculated | None":
    from rtcheck.dosimetry.uncalculated import uncalculated

    return uncalculated(dose, patient, is_photon=is_photon)


def _marked(dose: DoseGrid, nodes: BoolArray) -> DoseGrid:
    """The dose with these nodes at anything up to its highest."""
    if dose.is_cut_off is not None:
        return replace(dose, is_cut_off=dose.is_cut_off | nodes)
    return replace(dose, is_cut_off=nodes, cut_off_most_gy=dose.max_gy)


def _has_zeros(solid: Solid | None, evidence: Evidence) -> bool:
    dvh = None if solid is None else evidence.dvhs.get(solid)
    return dvh is not None and dvh.min_gy == 0


def _of_plans(courses: Courses, evidence: Evidence, structures: Iterable[Found]) -> tuple[Notice, ...]:
    """One doubt for each plan of a sum whose dose shows zeros by itself; plans that are moved are not examined."""
    patient = _patient(evidence, structures)
    doubts = []
    for number, course in enumerate(courses.courses, start=1):
        doses = [phase.dose for phase in course.phases if isinstance(phase.dose, DoseGrid)]
        found = next(filter(None, (_uncalculated(dose, patient, is_photon=False) for dose in doses)), None)
        if found is not None:
            text = f"Plan {number} of the sum: {_said(found)}. There it is added as 0."
            doubts.append(Notice(code=DOUBT, text=text))
    return tuple(doubts)


def _patient(evidence: Evidence, structures: Iterable[Found]) -> "Patient":
    kinds: dict[str, list[Solid]] = {"organs": [], "with_air": [], "others": []}
    for each in structures:
        if each.solid is not None:
            kinds[_kind(each.match.asked)].append(each.solid.at_least)
    outline = evidence.anatomy.defining(()).external().solid  # of its own: it is not asked for
    from rtcheck.dosimetry.uncalculated import Patient

    return Patient(body=outline and outline.at_least, **kinds)


def _kind(name: str) -> str:
    """The list of a Patient for what bears this name."""
    organ = organ_of_name(name)
    if not organ or organ.startswith(AROUND_THE_BODY):
        return "others"
    return "organs" if organ.startswith(WITHOUT_AIR) else "with_air"


def _is_photon(plan: Plan | None) -> bool:
    """Whether all beams are known to be of photons."""
    if plan is None or plan.is_brachy or plan.is_ion:
        return False
    return {beam.radiation_type.upper() for beam in plan.beams} == {"PHOTON"}


def _doubt(found: "Uncalculated", zero: Iterable[Found]) -> Notice:
    names = tuple(dict.fromkeys(each.match.asked for each in zero))
    of = f"{', '.join(names)}: " if names else ""
    text = (
        f"{of}{_said(found)}. There it is taken as anything up to the highest dose of the grid, with --ignore {DOUBT} "
        "as 0."
    )
    return Notice(code=DOUBT, text=text, structures=names)


def _said(found: "Uncalculated") -> str:
    """What was found, as a clause."""
    x, y, z = found.place_mm
    return (
        f"the dose is exactly 0 within the patient next to {found.beside_gy:.3g} Gy, near x {x:.4g}, y {y:.4g}, "
        f"z {z:.4g} mm; it seems to have been cut off or not calculated there"
    )
