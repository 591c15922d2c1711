"""A metric asked of a sum of plans -> the one that is measured in the summed dose, or why none can be."""

from dataclasses import replace

from rtcheck.case import DoseSum
from rtcheck.dosimetry.metric_terms import Metric


def metric_of_sum(metric: Metric, dose_sum: DoseSum | None) -> tuple[Metric, str]:
    """The metric as it is to be measured in a summed dose, or why it cannot be.

    EQD2 and BED are not linear in dose: they are formed of each plan with its own fractions, before they are added
    (`courses.effect`). A sum in EQD2 is EQD2 already, with one alpha/beta.
    """
    if dose_sum is not None and metric.model_name:
        return metric, f"{metric.kind} of a sum of plans cannot be computed: the fractionation of each is lost"
    if dose_sum is not None and metric.plugin and dose_sum.eqd2_alpha_beta_gy is not None:
        return metric, "a plug-in measures physical dose; this sum is one of EQD2"
    if dose_sum is None or (metric.biology == "physical" and not metric.per_fraction):
        return metric, ""
    made_with_gy = dose_sum.eqd2_alpha_beta_gy
    if metric.per_fraction:
        return metric, "a sum of plans has no single dose per fraction"
    if made_with_gy is None:
        return metric, (
            f"{metric.biology} of a sum of plans needs the alpha/beta of the structure and the fractions of every "
            f"plan{dose_sum.without_fractions and f', but those of {dose_sum.without_fractions} are not stated'}"
        )
    if metric.biology == dose_sum.effect and metric.alpha_beta_gy == made_with_gy:
        return replace(metric, biology="physical"), ""
    return metric, f"the doses were added as EQD2 with alpha/beta {made_with_gy:g} Gy, which is not the requested one"
