"""A case with the monitor units scaled: dose, prescriptions and beam doses multiplied, the fractions as they are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from rtcheck.case import Case, Plan, Scenario
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.plan_facts import PlanFacts, Stated


def scaled_case(case: Case, dose_scale: float) -> Case:
    """The case with its whole dose and its prescriptions multiplied by `dose_scale` (1: the case itself).

    The planning system's own DVHs are left out: they are of the dose as it was planned.
    """
    if dose_scale == 1.0:
        return case
    return replace(
        case,
        plan=_scaled_plan(case.plan, dose_scale) if case.plan else None,
        dose=_scaled_dose(case.dose, dose_scale) if case.dose else None,
        beam_doses=_ScaledDoses(case.beam_doses, dose_scale),
        scenarios=tuple(_scaled_scenario(each, dose_scale) for each in case.scenarios),
        load_tps_dvhs=None,
        stated=_scaled_facts(case.stated, dose_scale),
    )


def _scaled_facts(stated: Stated, dose_scale: float) -> Stated:
    """What the files state, the monitor units and doses of the plan's beams scaled."""
    load = stated.load_plan
    return stated if load is None else replace(stated, load_plan=lambda: _scaled_beams(load(), dose_scale))


def _scaled_beams(facts: PlanFacts, dose_scale: float) -> PlanFacts:
    beams = tuple(
        replace(
            beam,
            meterset=None if beam.meterset is None else beam.meterset * dose_scale,
            dose_gy=None if beam.dose_gy is None else beam.dose_gy * dose_scale,
        )
        for beam in facts.beams
    )
    return replace(facts, beams=beams)


def _scaled_plan(plan: Plan, dose_scale: float) -> Plan:
    prescriptions = tuple(replace(each, dose_gy=each.dose_gy * dose_scale) for each in plan.prescriptions)
    beams = tuple(replace(each, dose_gy=each.dose_gy and each.dose_gy * dose_scale) for each in plan.beams)
    return replace(plan, prescriptions=prescriptions, beams=beams)


def _scaled_scenario(scenario: Scenario, dose_scale: float) -> Scenario:
    return replace(scenario, load=lambda: _scaled_dose(scenario.load(), dose_scale))


def _scaled_dose(dose: DoseGrid, dose_scale: float) -> DoseGrid:
    return replace(dose, dose_gy=dose.dose_gy * np.float32(dose_scale), step_gy=dose.step_gy * dose_scale)


class _ScaledDoses(Mapping[int, DoseGrid]):
    """The doses of single beams, each read and scaled when it is asked for."""

    def __init__(self, doses: Mapping[int, DoseGrid], dose_scale: float) -> None:
        self._doses, self._dose_scale = doses, dose_scale

    def __getitem__(self, number: int) -> DoseGrid:
        return _scaled_dose(self._doses[number], self._dose_scale)

    def __iter__(self) -> Iterator[int]:
        return iter(self._doses)

    def __len__(self) -> int:
        return len(self._doses)
