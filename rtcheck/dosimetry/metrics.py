"""Metrics: what can be asked of a DVH, and the answer with its uncertainty or the reason why there is none."""

from dataclasses import dataclass
from typing import Literal

MetricKind = Literal[
    "Dmean", "Dmax", "Dmin", "D", "V", "CV", "DC", "Volume", "gEUD", "NTCP", "TCP", "Veff",
    "HI_ICRU83", "HI_RTOG", "CI_RTOG", "CI_Paddick", "CN", "GI", "R50", "Coverage",
]  # fmt: skip
Unit = Literal["Gy", "cc", "%", ""]
Biology = Literal["physical", "EQD2", "BED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit: the 0.03 cc of D0.03cc, the 20 Gy of V20Gy, the 95 % of D95%."""

    amount: float
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is asked of a structure's dose, in canonical form.

    `text` is the text as asked (it keys the JSON). `at` is the argument of D, V, CV, DC. `unit` is the unit of
    the answer: Gy, cc, % (of the prescription for doses, of the structure for volumes) or "" for ratios.
    `biology` with `alpha_beta_gy`: the dose is converted voxel by voxel first. `parameter` is gEUD's a.
    `per_fraction`: the limit speaks of dose per fraction.
    """

    text: str
    kind: MetricKind
    unit: Unit
    at: Quantity | None = None
    biology: Biology = "physical"
    alpha_beta_gy: float | None = None
    parameter: float | None = None
    per_fraction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The answer: `value` in `unit`, or None with the reason in `undefined`.

    `uncertainty` is numerical (refinement); `low`..`high` the convention band; `bounds` the least and the most
    the value can be where part of the structure lies outside the dose grid.
    """

    value: float | None
    unit: Unit
    uncertainty: float | None = None
    low: float | None = None
    high: float | None = None
    bounds: tuple[float, float] | None = None
    undefined: str | None = None
