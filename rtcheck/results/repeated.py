"""Constraints that are checked again: under shifts, in scenarios, with random setup errors."""

from rtcheck.results.result import Outcome
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A constraint that is checked again under other doses, with what it gave under the nominal one."""

    structure: str
    goal: str
    unit: str
    outcome: Outcome
    is_required: bool
    nominal: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustConstraint(Repeated):
    """One constraint over all scenarios. In `passing` of the `evaluated` ones its own limit holds.

    In `within_variation` more of them the value lies within the acceptable `variation` (its limit, "" for none).
    `flips`: some scenario changes the outcome.
    """

    worst: float | None
    worst_scenario: str
    passing: int
    evaluated: int
    scenarios: int
    flips: bool
    variation: str = ""
    within_variation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """The check under shifts of a static dose cloud (x, y, z in mm) and, with a margin, with other contours."""

    shift_mm: tuple[float, float, float]
    margin_mm: float
    scenarios: tuple[str, ...]
    constraints: tuple[RobustConstraint, ...]
    flips_verdict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioConstraint(RobustConstraint):
    """One constraint over all scenarios of the planning system, and at the lowest and highest dose of each voxel.

    `hold` is the share (0 to 1) of scenarios in which the protocol demands it; None where it demands nothing.
    """

    voxel_low: float | None = None
    voxel_high: float | None = None
    hold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """The check under the doses that the planning system computed for the uncertainties of the plan."""

    names: tuple[str, ...]
    constraints: tuple[ScenarioConstraint, ...]
    flips_verdict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledConstraint(Repeated):
    """One constraint over the samples: it holds in `held` of the `evaluated`; the probability with its 95 % interval.

    Samples that could not be evaluated count as not held, and as held for the upper end of the interval. `percentiles`
    are the 5th, 50th and 95th of its values.
    """

    held: int
    evaluated: int
    probability: float | None
    probability_low: float | None
    probability_high: float | None
    percentiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhBand:
    """The 5th, 50th and 95th percentile (low, middle, high) of a structure's DVHs: shares of its volume at a dose.

    `samples` is the number of DVHs: of structures whose limits need none, they are made for the first samples only.
    `ranges_gy`: a share of the volume (0 to 1), and the 5th and 95th percentile of the dose it receives, as exact as
    the DVHs themselves.
    """

    structure: str
    samples: int
    dose_gy: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    ranges_gy: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The check under setup errors drawn at random; standard deviations along x, y and z. [mm]"""

    count: int
    seed: int
    random_mm: tuple[float, float, float]
    systematic_mm: tuple[float, float, float]
    margin_mm: float
    fractions: int | None
    constraints: tuple[SampledConstraint, ...]
    bands: tuple[DvhBand, ...] = ()
