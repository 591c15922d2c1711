"""A result's limit as a dose, for isodose lines and for the flags of a DVH."""

from rtcheck.results import Result
from rtcheck.units import PER_GY


def limit_dose_gy(result: Result) -> float | None:
    """The dose that the constraint speaks of: the limit of a D, the x of a V_x; None where it speaks of no dose."""
    metric = result.goal.metric
    if metric.biology != "physical" or metric.per_fraction or result.goal.by_volume:
        return None
    if metric.kind in ("V", "CV") and metric.at is not None:
        return metric.at.amount if metric.at.unit == "Gy" else percent_as_gy(metric.at.amount, result)
    if metric.kind not in ("Dmax", "Dmean", "Dmin", "D", "DC"):
        return None
    if result.goal.unit in PER_GY:
        return result.goal.limit / PER_GY[result.goal.unit]
    return percent_as_gy(result.goal.limit, result) if result.goal.unit == "%" else None


def percent_as_gy(percent: float, result: Result) -> float | None:
    """Percent of the prescribed dose that the constraint is of; None where that is not known."""
    reference_gy = result.measurement.reference_gy
    return None if reference_gy is None else percent / 100 * reference_gy
