"""A check under many setup errors drawn at random: with what probability each limit holds, and in which range it lies.

Errors after van Herk (2000, IJROBP 47:1121): a systematic one that is the same in all fractions, and a random one of
each fraction. Over N fractions the random errors blur the dose with the variance sigma^2 (N - 1) / N, and their mean,
with the variance sigma^2 / N, adds to the systematic error. The dose moves as a whole (static dose cloud).
"""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.what_if.robustness import DECIDED, asked_by, for_other_doses, grown, of_nominal, shifted
from rtcheck.dosimetry.blurring import blurred
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.errors import UsageError
from rtcheck.progress import Progress, counted
from rtcheck.results import DvhBand, Result, SampledConstraint, Samples
from rtcheck.values import dataclass

SAMPLING = "Sampling setup errors"
MOST_SAMPLES = 20_000
GROWN, SHRUNK = 1 / 6, 1 / 6  # Gauss-Hermite with three nodes: a normal error with the deviation margin / sqrt(3)
LEVELS = (0.05, 0.5, 0.95)
Z_95 = 1.959964
POINTS = 111  # of a DVH band
SHARES = np.array([0.98, 0.5, 0.02])  # of the volume, whose doses are listed
EXTRA_DVHS = 100  # samples with the DVHs that no limit needs: enough for a band, and a fifth of their cost
MOST_THREADS = 4  # integration runs beside Python, the rest does not

Millimetres = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What is drawn: standard deviations of random and systematic errors along x, y and z, and of how many samples.

    With `margin_mm` the contours of a sample are expanded or contracted by it with a probability of 1/6 each.
    """

    count: int
    random_mm: Millimetres = (0.0, 0.0, 0.0)
    systematic_mm: Millimetres = (0.0, 0.0, 0.0)
    margin_mm: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not 10 <= self.count <= MOST_SAMPLES:
            raise UsageError(f"{self.count} samples: expected 10 to {MOST_SAMPLES}.")
        if not any((*self.random_mm, *self.systematic_mm, self.margin_mm)):
            raise UsageError("There is no error to draw: all standard deviations are 0.")


def sampled(
    results: tuple[Result, ...], evidence: Evidence, sampling: Sampling, progress: Progress | None = None
) -> Samples:
    """Every constraint under every sample. `results` are those of the plan as it is."""
    fractions = evidence.fractions
    blurs = 1.0 if not fractions else (fractions - 1) / fractions
    mean = 0.0 if not fractions else 1 / fractions
    plain = for_other_doses(results, evidence)
    dose = evidence.case.dose
    if dose is not None and any(sampling.random_mm) and blurs:
        x, y, z = (math.sqrt(blurs) * each for each in sampling.random_mm)
        plain = plain.under_dose(_blurred(plain.case, dose, (x, y, z)))
    deviations = [
        math.hypot(systematic, math.sqrt(mean) * random)
        for systematic, random in zip(sampling.systematic_mm, sampling.random_mm, strict=True)
    ]
    random = np.random.default_rng(sampling.seed)
    margin_mm = sampling.margin_mm
    shifts_mm = random.normal(size=(sampling.count, 3)) * deviations
    which = random.random(sampling.count)
    names = tuple(dict.fromkeys(match.asked for result in results for match in result.matched))
    dvhs = _Curves(names, 1.1 * dose.max_gy if dose else 1.0)
    contours = (plain, grown(plain, margin_mm), grown(plain, -margin_mm)) if margin_mm else (plain,) * 3
    bases = [contours[1 if draw < GROWN else 2 if draw > 1 - SHRUNK else 0] for draw in which.tolist()]
    for base in dict.fromkeys(bases):
        _sample(base, (0.0, 0.0, 0.0), names)  # what is built once is built before threads share it
    found: dict[tuple[int, str], list[Result]] = {}
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, MOST_THREADS)) as pool:
        extra = (names if number < EXTRA_DVHS else () for number in range(sampling.count))
        drawn = pool.map(_sample, bases, map(tuple, shifts_mm.tolist()), extra)
        for _ in counted(SAMPLING, range(sampling.count), progress):
            moved, outcomes = next(drawn)
            for result in outcomes:
                found.setdefault(asked_by(result), []).append(result)
            dvhs.add(moved)
    return Samples(
        count=sampling.count,
        seed=sampling.seed,
        random_mm=sampling.random_mm,
        systematic_mm=sampling.systematic_mm,
        margin_mm=sampling.margin_mm,
        fractions=fractions,
        constraints=tuple(_summary(result, found.get(asked_by(result), [])) for result in results),
        bands=tuple(dvhs.bands()),
    )


def _blurred(case: Case, dose: DoseGrid, deviations_mm: Millimetres) -> Case:
    """The case with its dose blurred, and likewise what its courses add up to in EQD2."""
    made, courses = blurred(dose, deviations_mm), case.courses
    is_theirs = courses is not None and courses.of is dose
    return replace(case, dose=made, courses=courses.blurred(made, deviations_mm) if courses and is_theirs else None)


def _sample(base: Evidence, shift_mm: Millimetres, names: Sequence[str]) -> tuple[Evidence, list[Result]]:
    """The evidence with the dose moved, with the DVHs of the named structures, and every result under it."""
    moved = shifted(base, shift_mm)
    results = [each for constraint in base.protocol.constraints for each in evaluate_constraint(constraint, moved)]
    for name in names:
        moved.dvh(moved.anatomy.find(name))
    return moved, results


class _Curves:
    """The DVHs of every structure under the samples, as shares of its volume at the same doses."""

    def __init__(self, names: Sequence[str], highest_gy: float) -> None:
        self._names = names
        self._dose_gy = np.linspace(0.0, highest_gy, POINTS)
        self._shares: dict[str, list[FloatArray]] = {}
        self._doses_gy: dict[str, list[FloatArray]] = {}
        self._parted: set[str] = set()

    def add(self, sample: Evidence) -> None:
        """The DVHs of one sample that were made; not of structures that are partly outside a dose grid in any."""
        is_sum = sample.case.dose is not None and bool(sample.case.dose.parts)
        for name in self._names:
            solid = sample.anatomy.find(name).solid
            dvh = sample.dvhs.get(solid) if solid is not None else None
            if dvh is None:
                continue
            if not dvh.volume_cc > 0 or dvh.volume_outside_cc or (is_sum and dvh.possible):
                self._parted.add(name)
            else:
                whole = dvh.volume_at_least_cc / dvh.volume_cc
                self._shares.setdefault(name, []).append(np.interp(self._dose_gy, dvh.dose_gy, whole, right=0.0))
                self._doses_gy.setdefault(name, []).append(np.interp(-SHARES, -whole, dvh.dose_gy))

    def bands(self) -> Iterator[DvhBand]:
        """The band of every structure that was whole in all samples."""
        for name, shares in self._shares.items():
            if name not in self._parted:
                low, middle, high = (tuple(np.round(each, 4).tolist()) for each in np.quantile(shares, LEVELS, axis=0))
                yield DvhBand(
                    structure=name,
                    samples=len(shares),
                    dose_gy=tuple(np.round(self._dose_gy, 4).tolist()),
                    low=low,
                    middle=middle,
                    high=high,
                    ranges_gy=self._ranges_gy(name),
                )

    def _ranges_gy(self, name: str) -> tuple[tuple[float, float, float], ...]:
        ends = np.quantile(self._doses_gy[name], (LEVELS[0], LEVELS[-1]), axis=0)
        return tuple(zip(SHARES.tolist(), *ends.tolist(), strict=True))


def _summary(nominal: Result, found: Sequence[Result]) -> SampledConstraint:
    decided = [result for result in found if result.outcome in DECIDED]
    held = sum(result.outcome == "met" for result in decided)
    count = len(found)
    (low, _), (_, high) = interval(held, count), interval(held + count - len(decided), count)
    return SampledConstraint(
        **of_nominal(nominal),
        held=held,
        evaluated=len(decided),
        probability=held / count if decided else None,
        probability_low=low,
        probability_high=high,
        percentiles=_percentiles(
            [each.measurement for each in found if each.outcome in DECIDED or each.measurement.bounds]
        ),
    )


def _percentiles(measured: Sequence[Measurement]) -> tuple[float, ...]:
    """The values at `LEVELS`: of those with bounds the lowest is that of the lower, the highest that of the upper.

    None where nothing is measured, or something has no bound.
    """
    known = [(each.value, each.bounds or (each.value, each.value)) for each in measured if each.value is not None]
    if not known or not np.isfinite([bounds for _, bounds in known]).all():
        return ()
    ends = ([bounds[0] for _, bounds in known], [value for value, _ in known], [bounds[1] for _, bounds in known])
    return tuple(float(np.quantile(values, level)) for values, level in zip(ends, LEVELS, strict=True))


def interval(held: int, count: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a probability of which `held` of `count` samples were seen (Wilson 1927).

    >>> [round(end, 3) for end in interval(450, 500)]
    [0.871, 0.923]
    >>> interval(0, 0)
    (None, None)
    """
    if not count:
        return None, None
    share, square = held / count, Z_95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z_95 * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)
