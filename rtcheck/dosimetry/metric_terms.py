"""What can be asked of a DVH, the models of effect for it, and the answer, as values; `metrics.py` measures.

Of the models that are included, `source` says where their parameters were read.
"""

from typing import Literal

from rtcheck.values import dataclass

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
class LymanModel:
    """Parameters of a Lyman-Kutcher-Burman model, with the fraction dose and alpha/beta that they were fitted at."""

    name: str
    endpoint: str
    n: float
    m: float
    td50_gy: float
    alpha_beta_gy: float
    fraction_gy: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonModel:
    """Parameters of a Poisson model of tumour control, as `poisson_tcp` takes them."""

    name: str
    endpoint: str
    alpha_per_gy: float
    alpha_beta_gy: float
    clonogens_per_cc: float
    source: str


LIVER_PRIMARY_DAWSON = LymanModel(
    name="liver_primary_dawson",
    endpoint="classic radiation-induced liver disease, grade 3 or more, primary liver cancer",
    n=0.97,
    m=0.12,
    td50_gy=39.8,
    alpha_beta_gy=2.5,
    fraction_gy=1.5,
    source="Michigan model (Dawson et al.), as tabulated in Radiation Oncology 2013; 8:48, figure 3",
)
LYMAN_MODELS = {model.name: model for model in (LIVER_PRIMARY_DAWSON,)}


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
    model: LymanModel | PoissonModel | None = None
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
