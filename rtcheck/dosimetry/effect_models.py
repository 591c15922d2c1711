"""Parameters of models of effect, as values; the included ones say where they were read. `biology.py` computes."""

from rtcheck.values import dataclass


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
