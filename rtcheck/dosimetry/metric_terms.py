"""What can be asked of a DVH, and the answer, as values; `metrics.py` measures."""

from typing import TYPE_CHECKING, Literal

from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.dosimetry.effect_models import LymanModel, PoissonModel

MetricKind = Literal[
    "Dmean", "Dmax", "Dmin", "Dpoint", "D", "V", "CV", "Vrange", "DC", "Volume", "gEUD", "NTCP", "TCP", "Veff",
    "Plugin", "IsocentreDistance", "IntegralDose",
    "HI_ICRU83", "HI_RTOG", "CI_RTOG", "CI_Paddick", "CN", "GI", "R50", "Coverage",
]  # fmt: skip

INDICES = frozenset[MetricKind]({"HI_ICRU83", "HI_RTOG", "CI_RTOG", "CI_Paddick", "CN", "GI", "R50", "Coverage"})
DOSES = frozenset[MetricKind]({"Dmean", "Dmax", "Dmin", "Dpoint", "D", "DC", "gEUD"})
VOLUMES = frozenset[MetricKind]({"V", "CV", "Vrange"})
LENGTHS = frozenset[MetricKind]({"IsocentreDistance"})
INTEGRALS = frozenset[MetricKind]({"IntegralDose"})
PROBABILITIES = frozenset[MetricKind]({"NTCP", "TCP"})

Unit = Literal["Gy", "cc", "%", "mm", "Gy·L", ""]
Biology = Literal["physical", "EQD2", "BED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit: the 0.03 cc of D0.03cc, the 20 Gy of V20Gy, the 95 % of D95%."""

    amount: float
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is asked of a structure's dose, in canonical form.

    `text` is the text as asked (it keys the JSON). `at` is the argument of D, V, CV, DC; Vrange is the volume that
    receives at least `at` and less than `until`. `unit` is the unit of the answer: Gy, cc, % (of the prescription for
    doses, of the structure for volumes) or "" for ratios.
    `biology` with `alpha_beta_gy`: the dose is converted voxel by voxel first. `parameter` is gEUD's a.
    `per_fraction`: the limit speaks of dose per fraction. `model` is that of NTCP and TCP, called `model_name`; None
    where the protocol does not define it. `plugin` is the name of the plug-in that measures it.
    """

    text: str
    kind: MetricKind
    unit: Unit
    at: Quantity | None = None
    until: Quantity | None = None
    biology: Biology = "physical"
    alpha_beta_gy: float | None = None
    parameter: float | None = None
    per_fraction: bool = False
    model_name: str = ""
    model: "LymanModel | PoissonModel | None" = None
    plugin: str = ""

    @property
    def is_of_prescription(self) -> bool:
        """Whether the answer depends on a prescribed dose: doses in %, volumes at a dose in %, indices."""
        if self.kind in VOLUMES:
            return self.at is not None and self.at.unit == "%"
        return self.is_dose_in_percent or self.kind in _INDICES_OF_PRESCRIPTION

    @property
    def is_dose_in_percent(self) -> bool:
        """Whether the answer is a dose in percent of the prescription."""
        return self.unit == "%" and self.kind in DOSES


_INDICES_OF_PRESCRIPTION = ("HI_RTOG", "CI_RTOG", "CI_Paddick", "CN", "GI", "R50", "Coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The answer: `value` in `unit`, or None with the reason in `undefined`.

    `uncertainty` is numerical (refinement); `low`..`high` the convention band; `bounds` the least and the most
    the value can be where evidence is missing (the most is infinite where nothing limits it), and `reasons` say what
    is. `reference_gy` is the prescribed dose that the value is relative to, where it is to one;
    `is_share_of_reference`: it is a dose in percent of that. `of_cc` is the structure's volume where the value is a
    part of it, so that it can be stated in cc and in percent.
    """

    value: float | None
    unit: Unit
    uncertainty: float | None = None
    low: float | None = None
    high: float | None = None
    bounds: tuple[float, float] | None = None
    reasons: tuple[str, ...] = ()
    undefined: str | None = None
    reference_gy: float | None = None
    is_share_of_reference: bool = False
    of_cc: float | None = None

    @property
    def is_uncertain(self) -> bool:
        """Whether what is missing can change the value: its bounds differ."""
        return self.bounds is not None and self.bounds[0] < self.bounds[1]
