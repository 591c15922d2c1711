"""A result's limit as a dose, for isodose lines and for the flags of a DVH."""

from rtcheck.results import Report, Result


def limit_dose_gy(result: Result, report: Report) -> float | None:
    """The dose that the constraint speaks of: the limit of a D, the x of a V_x; None where it speaks of no dose."""
    metric = result.goal.metric
    if metric.biology != "physical" or metric.per_fraction:
        return None
    if metric.kind in ("V", "CV") and metric.at is not None:
        return metric.at.amount if metric.at.unit == "Gy" else percent_as_gy(metric.at.amount, result, report)
    if metric.kind not in ("Dmax", "Dmean", "Dmin", "D", "DC"):
        return None
    if result.goal.unit == "Gy":
        return result.goal.limit
    return percent_as_gy(result.goal.limit, result, report) if result.goal.unit == "%" else None


def percent_as_gy(percent: float, result: Result, report: Report) -> float | None:
    """Percent of the constraint's own target's prescription, else of the highest; None without a prescription."""
    prescriptions = report.case.plan.prescriptions if report.case.plan else ()
    named = [rx for rx in prescriptions if rx.target and rx.target == result.constraint.target]
    chosen = (*named, *prescriptions)[:1]
    return percent / 100 * chosen[0].dose_gy if chosen else None
