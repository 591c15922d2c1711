"""Courses -> the sum of their doses, or of their EQD2 or BED: voxel by voxel, each with its own fractions."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from rtcheck.case import NEGLIGIBLE_PART, Course, Phase
from rtcheck.checking.courses.added_doses import Addend, added
from rtcheck.dosimetry.biology import bed_gy, eqd2_gy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.moved_dose import MovedDose
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What doses are converted to. `shares` are the parts (0 to 1) that count of each course; none: all count whole."""

    alpha_beta_gy: float
    kind: Literal["EQD2", "BED"] = "EQD2"
    shares: tuple[float, ...] = ()

    def share_of(self, place: int) -> float:
        """The part of the course at a place that counts."""
        return self.shares[place] if self.shares else 1.0

    def of(self, dose_gy: float, fractions: int) -> float:
        """What a total dose in equal fractions becomes. [Gy]"""
        convert = eqd2_gy if self.kind == "EQD2" else bed_gy
        return float(convert(dose_gy, fractions=fractions, alpha_beta_gy=self.alpha_beta_gy))


def summed_physical(courses: Sequence[Course]) -> DoseGrid:
    """The physical doses of the courses, added."""
    doses = [phase.dose for course in courses for phase in course.phases]
    limits = [
        None if course.prescribed_gy is None else NEGLIGIBLE_PART * course.prescribed_gy
        for course in courses
        for _ in course.phases
    ]
    return added(doses, limits)


def summed_effect(courses: Sequence[Course], effect: Effect) -> DoseGrid:
    """The EQD2 or BED of the courses, added. Every phase must state its fractions."""
    doses: list[Addend] = []
    limits: list[float | None] = []
    for place, course in enumerate(courses):
        share = effect.share_of(place)
        doses += [_converted(phase, effect, share) for phase in course.phases]
        prescribed_gy = prescribed_effect_gy(course, effect)
        limits += [None if prescribed_gy is None else NEGLIGIBLE_PART * share * prescribed_gy] * len(course.phases)
    return added(doses, limits)


def prescribed_effect_gy(course: Course, effect: Effect) -> float | None:
    """What is prescribed to a course, converted. [Gy]"""
    if course.prescribed_gy is None or course.fractions is None:
        return None
    return effect.of(course.prescribed_gy, course.fractions)


def _converted(phase: Phase, effect: Effect, share: float) -> Addend:
    assert phase.fractions, "only courses that state their fractions are converted"
    if isinstance(phase.dose, MovedDose):
        return replace(phase.dose, dose=_grid(phase.dose.dose, phase.fractions, effect, share))
    return _grid(phase.dose, phase.fractions, effect, share)


def _grid(dose: DoseGrid, fractions: int, effect: Effect, share: float) -> DoseGrid:
    convert = partial(
        eqd2_gy if effect.kind == "EQD2" else bed_gy, fractions=fractions, alpha_beta_gy=effect.alpha_beta_gy
    )
    dose_gy = np.asarray(share * convert(dose.dose_gy.astype(np.float64)), dtype=np.float32)
    step_gy = share * (convert(dose.max_gy + dose.step_gy) - convert(dose.max_gy))  # where it is the largest
    return replace(dose, dose_gy=dose_gy, step_gy=float(step_gy))
