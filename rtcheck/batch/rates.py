"""Shares of plans or patients with exact confidence intervals, and the limits of a funnel plot: all by the binomial."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95
_HALVINGS = 60  # of the interval 0 to 1: beyond the resolution of a double


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its confidence interval, all from 0 to 1."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.count / self.of

    @property
    def text(self) -> str:
        """ "6/9 = 66.7 % (95 % CI 29.9 to 92.5 %)"."""
        return (
            f"{self.count}/{self.of} = {100 * self.share:.1f} % "
            f"({100 * CONFIDENCE:.0f} % CI {100 * self.low:.1f} to {100 * self.high:.1f} %)"
        )


@lru_cache(maxsize=4096)
def exact_rate(count: int, of: int) -> Rate:
    """The rate with its exact interval. Clopper and Pearson. Biometrika 1934; 26: 404-413.

    >>> exact_rate(6, 9).text
    '6/9 = 66.7 % (95 % CI 29.9 to 92.5 %)'

    Raises:
        ValueError: of nobody, or more than all.
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"a share of {count} of {of} does not exist")
    tail = (1 - CONFIDENCE) / 2
    # P(X <= count) falls as the share rises: it is `tail` at the upper end, and 1 - P(X <= count - 1) at the lower.
    high = _share_at(of, count, tail) if count < of else 1.0
    low = _share_at(of, count - 1, 1 - tail) if count else 0.0
    return Rate(count, of, low, high)


def funnel_limit(of: int, share: float, probability: float) -> float:
    """The share that a site of `of` plans stays below with this probability where it is like all others.

    By the binomial, interpolated between whole plans. Spiegelhalter. Stat Med 2005; 24: 1185-1202, appendix A.1.1.
    """
    if not 0 < share < 1:
        return share
    mass = _mass(of, share)
    cumulated = np.cumsum(mass)
    plans = min(int(np.searchsorted(cumulated, probability)), of)
    beyond = (cumulated[plans] - probability) / mass[plans]
    return float(np.clip((plans - beyond) / of, 0.0, 1.0))


def _share_at(of: int, count: int, probability: float) -> float:
    """The share at which at most `count` of `of` occur with this probability, by halving the interval."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        if float(_mass(of, share)[: count + 1].sum()) > probability:
            low = share
        else:
            high = share
    return (low + high) / 2


def _mass(of: int, share: float) -> FloatArray:
    """Binomial probabilities of 0, 1, ... `of`; shape (of + 1,)."""
    counts = np.arange(of + 1)
    logs = _log_choose(of) + counts * np.log(share) + (of - counts) * np.log1p(-share)
    mass: FloatArray = np.exp(logs)
    return mass


@lru_cache(maxsize=64)
def _log_choose(of: int) -> FloatArray:
    """Logarithm of the number of ways to choose 0, 1, ... `of` of `of`."""
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, of + 1)))])
    chosen: FloatArray = factorials[of] - factorials - factorials[::-1]
    return chosen
