"""The limits under the scenarios that the planning system computed: how many hold, the worst, and what is demanded.

Where the protocol demands that a limit holds in so many of the scenarios, its result becomes that of the scenario which
just makes up that share: of ten scenarios and "hold: 90 %" the second worst. Without scenarios, or where too few of
them can be evaluated to tell, the result is not evaluated.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cache, partial

import numpy as np

from rtcheck.case import Case, Scenario
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.kept import Kept
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.structures.zeros import with_zeros_marked
from rtcheck.checking.what_if.robustness import DECIDED, asked_by, for_other_doses, summary
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.progress import Progress, counted
from rtcheck.protocol.file.model import Constraint
from rtcheck.results import Outcome, Result, ScenarioConstraint, Scenarios
from rtcheck.values import dataclass

CHECKING = "Checking scenarios"
NO_SCENARIOS = (
    "the protocol demands this under the scenarios of the planning system, and there are no doses of scenarios"
)
ROUNDING = 1e-9  # of a number of scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderScenarios:
    """The results as the protocol demands them under scenarios, and the table of all of them; None without scenarios.

    The results keep their order.
    """

    results: tuple[Result, ...]
    table: Scenarios | None


def under_scenarios(results: tuple[Result, ...], evidence: Evidence, progress: Progress | None) -> UnderScenarios:
    """Every constraint under every scenario. `results` are those of the nominal dose."""
    scenarios, nominal_gy = evidence.case.scenarios, evidence.case.dose
    if not scenarios or nominal_gy is None:
        demanded = tuple(_without_scenarios(each) if _hold(each, evidence) else each for each in results)
        return UnderScenarios(results=demanded, table=None)
    plain = for_other_doses(results, evidence)
    found: dict[tuple[int, str], list[tuple[str, Result]]] = {}
    ends = _Ends(nominal_gy, scenarios)
    for scenario in counted(CHECKING, scenarios, progress):
        for result in _evaluated(plain, ("scenario", scenario.name), partial(ends.loaded, scenario)):
            found.setdefault(asked_by(result), []).append((scenario.name, result))
    at_ends = [
        {asked_by(each): each for each in _evaluated(plain, key, load)}
        for key, load in ((("voxels", "lowest"), ends.lowest), (("voxels", "highest"), ends.highest))
    ]
    in_full = _InFull(evidence)
    made = [
        _Made(
            nominal=result,
            found=found.get(asked_by(result), []),
            hold=_hold(result, evidence),
            in_full=in_full,
        )
        for result in results
    ]
    rows = tuple(
        replace(each.row, voxel_low=_value(at_ends[0].get(key)), voxel_high=_value(at_ends[1].get(key)))
        for each, key in zip(made, map(asked_by, results), strict=True)
    )
    table = Scenarios(
        names=tuple(scenario.name for scenario in scenarios),
        constraints=rows,
        flips_verdict=any(row.flips and row.is_required for row in rows),
    )
    return UnderScenarios(results=tuple(each.demanded for each in made), table=table)


class _Ends:
    """The lowest and the highest dose of every voxel; scenarios are loaded for them unless they were already."""

    def __init__(self, nominal: DoseGrid, scenarios: Sequence[Scenario]) -> None:
        self._nominal, self._scenarios = nominal, scenarios
        self._lowest_gy = self._highest_gy = nominal.dose_gy
        self._seen: set[str] = set()

    def loaded(self, scenario: Scenario) -> DoseGrid:
        """The dose of the scenario."""
        dose = scenario.load()
        self._lowest_gy = np.minimum(self._lowest_gy, dose.dose_gy)
        self._highest_gy = np.maximum(self._highest_gy, dose.dose_gy)
        self._seen.add(scenario.name)
        return dose

    def lowest(self) -> DoseGrid:
        self._see_all()
        return replace(self._nominal, dose_gy=self._lowest_gy)

    def highest(self) -> DoseGrid:
        self._see_all()
        return replace(self._nominal, dose_gy=self._highest_gy)

    def _see_all(self) -> None:
        for scenario in self._scenarios:
            if scenario.name not in self._seen:
                self.loaded(scenario)


def _evaluated(evidence: Evidence, key: tuple[str, str], load: Callable[[], DoseGrid]) -> Iterator[Result]:
    """Every constraint under one dose, named by `key`; it is loaded for those whose results are not known yet."""

    @cache
    def under() -> Evidence:
        return _under(evidence, load(), evidence.kept.of_scenario(key))

    for constraint in evidence.protocol.constraints:
        evaluate = partial(_evaluated_one, constraint, under)
        yield from evidence.kept.settled(constraint, (key, evidence.single_doses), evaluate)


def _evaluated_one(constraint: Constraint, under: Callable[[], Evidence]) -> tuple[Result, ...]:
    return evaluate_constraint(constraint, under())


def _under(evidence: Evidence, dose: DoseGrid, kept: Kept | None = None) -> Evidence:
    """The same evidence with the dose of a scenario."""
    marked = with_zeros_marked(dose, evidence)
    case: Case = replace(evidence.case, dose=marked, courses=None, scenarios=())
    return evidence.under_dose(case, kept)


def _value(result: Result | None) -> float | None:
    return result.measurement.value if result is not None else None


def _hold(result: Result, evidence: Evidence) -> float | None:
    """The share of scenarios (0 to 1) in which a result must hold; None where none is demanded, or none depends on."""
    names = (*result.constraint.structures, *result.constraint.also_where_drawn)
    is_of_no_dose = result.goal.metric.kind == "Volume" and not any(map(evidence.anatomy.names.is_of_isodose, names))
    if result.outcome == "not_applicable" or is_of_no_dose:
        return None
    return evidence.protocol.hold if result.constraint.hold is None else result.constraint.hold


def _without_scenarios(result: Result) -> Result:
    if result.outcome == "violated":
        return _noted(result, NO_SCENARIOS)  # the nominal dose alone does not meet it
    return _noted(replace(result, outcome="not_evaluated", is_borderline=False), NO_SCENARIOS)


def _noted(result: Result, *notes: str) -> Result:
    return replace(result, notes=(*result.notes, *notes))


class _InFull:
    """Results of a scenario with all that the report states of a result, where those of all scenarios have outcomes."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._by_name: dict[str, Evidence] = {}

    def of(self, result: Result, name: str) -> Result:
        """The same result in full."""
        if name not in self._by_name:
            scenario = next(each for each in self._evidence.case.scenarios if each.name == name)
            fresh = replace(self._evidence, finer_dvhs={}, others={})
            self._by_name[name] = _under(fresh, scenario.load())
        again = evaluate_constraint(result.constraint, self._by_name[name])
        return next((each for each in again if each.structure == result.structure), result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """One constraint: its nominal result, those under the scenarios by name, and the share that must hold."""

    nominal: Result
    found: Sequence[tuple[str, Result]]
    hold: float | None
    in_full: "_InFull"

    @property
    def row(self) -> ScenarioConstraint:
        """How many scenarios hold, and the worst of them."""
        one = summary(self.nominal, list(self.found))
        return ScenarioConstraint(**{each.name: getattr(one, each.name) for each in fields(one)}, hold=self.hold)

    @property
    def demanded(self) -> Result:
        """The result that the protocol demands: of the scenario that makes up the share, or nominal if worse."""
        nominal = self.nominal
        if self.hold is None or nominal.outcome not in DECIDED:
            return nominal
        ranked = sorted(self._decided, key=lambda each: _from_best(each[1]))
        outcome = self._outcome
        if outcome == "not_evaluated":
            reason = f"{self._share}; {len(self.found) - len(ranked)} could not be evaluated"
            if nominal.outcome == "violated":
                return _noted(nominal, reason)
            return _noted(replace(nominal, outcome=outcome, is_borderline=False), reason)
        name, deciding = ranked[min(self._needed, len(ranked)) - 1]
        if _from_best(nominal) >= _from_best(deciding):
            return _noted(nominal, f"{self._share}; the nominal dose is shown")
        value = nominal.measurement.value
        planned = "" if value is None else f"; nominal {value:.2f} {nominal.goal.unit}".rstrip()
        notes = (note for note in nominal.notes if note not in deciding.notes)
        shown = f"{self._share}; shown is scenario {name}{planned}"
        return _noted(replace(self.in_full.of(deciding, name), readings=nominal.readings), *notes, shown)

    @property
    def _decided(self) -> list[tuple[str, Result]]:
        return [each for each in self.found if each[1].outcome in DECIDED]

    @property
    def _needed(self) -> int:
        return math.ceil((self.hold or 0.0) * len(self.found) - ROUNDING)

    @property
    def _outcome(self) -> Outcome:
        """What holds in the share of scenarios; not evaluated where those that could not be evaluated would decide."""
        outcomes = [result.outcome for _, result in self._decided]
        unknown = len(self.found) - len(outcomes)
        for place, level in enumerate(DECIDED[:-1], start=1):
            held = sum(outcome in DECIDED[:place] for outcome in outcomes)
            if held >= self._needed:
                return level
            if held + unknown >= self._needed:
                return "not_evaluated"
        return "violated"

    @property
    def _share(self) -> str:
        held = sum(result.outcome == "met" for _, result in self._decided)
        demanded = "all" if self.hold == 1 else f"{100 * (self.hold or 0):g} %"
        return f"holds in {held} of {len(self.found)} scenarios ({demanded} demanded)"


def _from_best(result: Result) -> tuple[int, float]:
    """A key to sort decided results by, the best first."""
    return DECIDED.index(result.outcome), math.inf if result.margin is None else -result.margin
