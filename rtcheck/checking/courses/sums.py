"""Cases of one patient -> one case whose dose is their sum: a boost on its plan, a second course on the first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, combinations
from math import inf
from pathlib import Path

import numpy as np

from rtcheck.case import (
    Case,
    Course,
    Courses,
    DoseSum,
    Phase,
    Plan,
    Prescription,
    Roi,
    StructureSet,
    added_prescriptions,
    negligible_dose_gy,
)
from rtcheck.checking.courses.added_doses import Addend, finest_lattice_mm
from rtcheck.checking.courses.effect import Effect, summed_effect, summed_physical
from rtcheck.checking.courses.partly import delivered_part
from rtcheck.checking.courses.registered import in_one_frame, placed
from rtcheck.checking.courses.stated_of_sum import stated_for_sum, without_what_is_stated
from rtcheck.dicom.encoding.text import folded_name
from rtcheck.dicom.overrides import NO_OVERRIDES, Overrides
from rtcheck.dosimetry.biology import eqd2_gy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.geometry.transforms.maps import Map
from rtcheck.notices import Notice

NOT_ALL_PRESCRIBE = "not every plan of the sum states a prescription; give that of the sum with --dose-rx"


def summed(
    cases: Sequence[Case],
    *,
    eqd2_alpha_beta_gy: float | None = None,
    stated: Overrides = NO_OVERRIDES,
    registrations: Sequence[Path | str] = (),
    structures_of: int | None = None,
    delivered: Sequence[int | None] = (),
) -> Case:
    """The sum of the cases' doses, with the structures of the first that has any, or of the one at `structures_of`.

    Doses are added on the finest grid, trilinear where grids differ. Where a plan's grid does not reach, its dose
    counts as 0 and is known to be at most what its own grid says. Prescriptions and fractions add up. With
    `eqd2_alpha_beta_gy` every dose is first converted to EQD2, voxel by voxel, with its own number of fractions.
    `stated` is the prescription and the fractions of the sum by the user, which take the place of the plans' own.
    Doses of other frames of reference than the structures' are moved by `registrations` (DICOM REG), or by those found
    next to the plans.

    `delivered` are the fractions that were given of each plan, where these are not all (None: all).

    Raises UsageError for cases of different patients, of frames of reference that no registration connects, for a dose
    that is given twice, and where a dose or fractions are missing.
    """
    require_one_patient(cases)
    require_different_doses(cases)
    if eqd2_alpha_beta_gy is not None and not 0.0 < eqd2_alpha_beta_gy < inf:
        raise UsageError(f"EQD2 with alpha/beta {eqd2_alpha_beta_gy:g} Gy: expected a number above 0 Gy.")
    if any(delivered):
        parts = zip(cases, delivered, strict=True)
        cases = [case if fractions is None else delivered_part(case, fractions) for case, fractions in parts]
    doses = [_dose_of(case) for case in cases]
    first = _with_structures(cases, structures_of)
    names = [label_of(case) for case in cases]
    together = in_one_frame(cases, doses, first, [Path(each) for each in registrations], names)
    what = "doses" if eqd2_alpha_beta_gy is None else f"doses in EQD2 (alpha/beta {eqd2_alpha_beta_gy:g} Gy)"
    sum_notice = Notice(
        code="sum.doses",
        text=f"The {what} of {len(cases)} plans were added ({' + '.join(names)}); the structures are those of "
        f"{label_of(first)}",
    )
    maps = zip(cases, together.doses, together.to_own, strict=True)
    courses = tuple(_course(case, dose, to_own, first) for case, dose, to_own in maps)
    if eqd2_alpha_beta_gy is None:
        dose = summed_physical(courses)
    else:
        for case in cases:
            _fractions(case)  # refuses a plan without
        dose = summed_effect(courses, Effect(alpha_beta_gy=eqd2_alpha_beta_gy))
    same = [
        *notices_of_patients(cases),
        *notices_of_same_doses(cases),
        *([] if structures_of is not None else _notices_of_structures(first, cases)),
    ]
    said = [*chain.from_iterable(case.notices for case in cases), sum_notice, *same, *together.notices]
    origin_mm, spacing_mm = finest_lattice_mm(together.doses)
    plan, settled = stated_for_sum(_plan(cases, eqd2_alpha_beta_gy), dose, first, stated)
    return replace(
        first,
        plan=plan,
        dose=dose,
        sources=(*chain.from_iterable(case.sources for case in cases), *together.sources),
        notices=tuple(dict.fromkeys([*without_what_is_stated(said, stated), *settled])),
        overrides={**first.overrides, **stated.given},
        beam_doses={},
        load_tps_dvhs=None,
        scenarios=(),
        courses=Courses(of=dose, courses=courses),
        dose_sum=DoseSum(
            files=tuple(tuple(source.sha256 for source in case.sources) for case in cases),
            eqd2_alpha_beta_gy=eqd2_alpha_beta_gy,
            origin_mm=origin_mm,
            spacing_mm=spacing_mm,
            registrations=tuple(source.sha256 for source in together.sources),
            structures_of=structures_of,
            delivered=tuple(delivered),
            without_fractions=", ".join(course.label for course in courses if course.fractions is None),
        ),
    )


def _with_structures(cases: Sequence[Case], structures_of: int | None) -> Case:
    """The case whose structures and frame of reference the sum has."""
    if structures_of is None:
        return next((case for case in cases if case.structures is not None), cases[0])
    chosen = cases[structures_of]
    if chosen.structures is None:
        raise UsageError(f"{label_of(chosen)}: there is no structure set to use.")
    return chosen


def require_one_patient(cases: Sequence[Case]) -> None:
    """Raise UsageError for plans of different patients."""
    if len({case.patient.id for case in cases}) > 1:
        raise UsageError("The plans belong to different patients and cannot be added.")
    if not cases[0].patient.id and len({(case.patient.name, case.patient.birth_date) for case in cases}) > 1:
        raise UsageError("The plans have no patient IDs and different names or birth dates: they cannot be added.")


def notices_of_patients(cases: Sequence[Case]) -> Iterator[Notice]:
    """A `sum.patients-differ` doubt where plans with one patient ID differ in what else names the patient."""
    patients = [case.patient for case in cases]
    told: dict[str, list[object]] = {
        "names": [folded_name(each.name) for each in patients],
        "birth dates": [each.birth_date for each in patients],
        "sexes": [each.sex.strip().upper() for each in patients],
    }
    differing = [what for what, values in told.items() if len(set(filter(None, values))) > 1]
    if differing:
        text = f"The plans that are added have one patient ID, but different {' and '.join(differing)}"
        yield Notice(code="sum.patients-differ", text=text)


def require_different_doses(cases: Sequence[Case]) -> None:
    """Raise UsageError for a dose that is given twice."""
    given = [source.sop_instance_uid for case in cases for source in case.sources if source.role == "dose"]
    if len(set(given)) < len(given):
        raise UsageError("Two of the paths lead to the same dose, which would be counted twice.")


def notices_of_same_doses(cases: Sequence[Case]) -> Iterator[Notice]:
    """A `sum.same-dose` doubt for each two plans whose doses are the same in every voxel."""
    for one, other in combinations([case for case in cases if case.dose is not None], 2):
        a, b = _dose_of(one).dose_gy, _dose_of(other).dose_gy
        if a.shape == b.shape and a.any() and np.array_equal(a, b):
            yield Notice(
                code="sum.same-dose",
                text=f"The doses of {label_of(one)} and {label_of(other)} are the same in every voxel, and both were "
                "added: check that neither is a copy of the other",
            )


def _notices_of_structures(first: Case, cases: Sequence[Case]) -> Iterator[Notice]:
    """A `sum.structures-differ` doubt for each other structure set of the same UID as the one that is used."""
    used = first.structures
    for case in cases:
        other = case.structures
        if used and other and used.sop_instance_uid == other.sop_instance_uid and _differ(first, case):
            yield Notice(
                code="sum.structures-differ",
                text=f"The structure sets of {label_of(first)} and {label_of(case)} have the same UID but different "
                f"contours, and those of {label_of(first)} were used: choose with --structures-of",
            )


def _differ(first: Case, case: Case) -> bool:
    """Whether two cases have structure sets of different names or contours."""
    files = {source.sha256 for each in (first, case) for source in each.sources if source.role == "structures"}
    return len(files) > 1 and _drawn(first) != _drawn(case)


def _drawn(case: Case) -> list[tuple[Roi, list[list[list[float]]] | str]]:
    """Each structure with its vertices, or with the reason why they cannot be read."""
    return [(roi, _vertices(case.structures, roi.number)) for roi in case.structures or ()]


def _vertices(structures: StructureSet | None, number: int) -> list[list[list[float]]] | str:
    assert structures is not None
    try:
        return [contour.vertices_mm.tolist() for contour in structures.load(number).contours]
    except RtcheckError as error:
        return str(error)


def _dose_of(case: Case) -> DoseGrid:
    if case.dose is None:
        raise UsageError(f"{label_of(case)}: there is no dose to add.")
    return case.dose


def _course(case: Case, dose: Addend, to_own: Map | None, home: Case) -> Course:
    """One plan with its dose in the coordinates of the sum; each fraction group of its own where these are known."""
    plan = case.plan
    frame_uid = home.dose.frame_of_reference_uid if home.dose else ""
    own = case.courses.courses[0].phases if case.courses is not None and case.courses.of is case.dose else ()
    phases = tuple(
        Phase(dose=placed(phase.dose, to_own, frame_uid), fractions=phase.fractions)
        for phase in own
        if isinstance(phase.dose, DoseGrid)
    )
    return Course(
        phases=phases or (Phase(dose=dose, fractions=plan.fractions if plan else None),),
        label=label_of(case),
        planned_on=plan.planned_on if plan else None,
        prescribed_gy=_prescribed_gy(case, None) if negligible_dose_gy(case) is not None else None,
    )


def _fractions(case: Case) -> int:
    if case.plan is None or not case.plan.fractions:
        raise UsageError(f"{label_of(case)}: the number of fractions is unknown, so EQD2 cannot be computed.")
    return case.plan.fractions


def _plan(cases: Sequence[Case], eqd2_alpha_beta_gy: float | None) -> Plan | None:
    """One plan that stands for all: prescriptions and fractions added where every plan states them.

    Levels that are not of one and the same target are listed, tied to none: see `added_prescriptions`.
    """
    plans = [case.plan for case in cases if case.plan is not None]
    if not plans:
        return None
    levels = [_prescriptions(case, eqd2_alpha_beta_gy) for case in cases]
    fractions = [plan.fractions for plan in plans]
    said = " + ".join(f"{own[0].dose_gy:g} Gy" for own in levels if own)
    prescriptions = added_prescriptions(levels, f"sum of {said}")
    return replace(
        plans[0],
        label=" + ".join(plan.label for plan in plans),
        planned_on=max((plan.planned_on for plan in plans if plan.planned_on), default=None),
        prescriptions=prescriptions,
        targets_without_dose=tuple(chain.from_iterable(plan.targets_without_dose for plan in plans)),
        why_no_prescription="" if prescriptions else NOT_ALL_PRESCRIBE,
        fractions=sum(each for each in fractions if each) if all(fractions) and len(plans) == len(cases) else None,
        fraction_groups=max((each.plan.fraction_groups for each in cases if each.plan and not each.courses), default=1),
        fraction_doses_gy=tuple(chain.from_iterable(plan.fraction_doses_gy for plan in plans)),
        beam_dose_total_gy=None,
        beams=tuple(chain.from_iterable(plan.beams for plan in plans)),
        dose_points=(),
        is_brachy=any(plan.is_brachy for plan in plans),
        is_ion=any(plan.is_ion for plan in plans),
    )


def _prescribed_gy(case: Case, eqd2_alpha_beta_gy: float | None) -> float | None:
    main = next(iter(_prescriptions(case, eqd2_alpha_beta_gy)), None)
    return main.dose_gy if main else None


def _prescriptions(case: Case, eqd2_alpha_beta_gy: float | None) -> tuple[Prescription, ...]:
    """What one plan prescribes, as it is added."""
    own = case.plan.prescriptions if case.plan else ()
    if eqd2_alpha_beta_gy is None:
        return own
    convert = partial(eqd2_gy, fractions=_fractions(case), alpha_beta_gy=eqd2_alpha_beta_gy) if own else float
    return tuple(replace(each, dose_gy=float(convert(each.dose_gy))) for each in own)


def label_of(case: Case) -> str:
    """The plan's label in quotes, or that it has none."""
    return f'"{case.plan.label}"' if case.plan and case.plan.label else "a plan without a label"
