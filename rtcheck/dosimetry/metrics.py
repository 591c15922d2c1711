"""A metric of a DVH -> its value, or the reason why there is none."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rtcheck.dosimetry.curve import (
    ENDLESS_CC,
    ENDLESS_GY,
    Dvh,
    Possible,
    completed,
    dose_at_volume_gy,
    volume_at_dose_cc,
    volume_in_range_cc,
)
from rtcheck.dosimetry.metric_terms import VOLUMES, Measurement, Metric, Quantity
from rtcheck.plugins import PluginError, plugin_of
from rtcheck.units import CC_PER_LITRE

if TYPE_CHECKING:
    pass

EQUAL_BOUNDS = 1e-6  # relative; bounds as near as this are the value itself: what is missing does not change it
ENDLESS_GY_L = 1e5  # a thousand times the integral dose of a body; more comes from a dose without an upper limit
VOLUME_ROUNDING = 1e-9  # relative; D2cc of a structure of 2 cc is defined


class _Undefined(Exception):  # noqa: N818 - not an error: it becomes Measurement.undefined
    """Why a metric has no value."""


def measure(
    metric: Metric, dvh: Dvh, *, prescription_gy: float | None = None, fractions: float | None = None
) -> Measurement:
    """The value of a metric, or the reason why there is none; never a number that was not measured.

    `prescription_gy` is the dose that a % refers to, `fractions` the number needed for EQD2, BED and doses per
    fraction. If part of the structure lies outside the dose grid, `bounds` are the values with the dose outside taken
    as 0 and as the maximum of the grid; `value` is the one with 0, what is known, never rescaled.

    >>> d2cc = Metric(text="D2cc", kind="D", unit="Gy", at=Quantity(amount=2.0, unit="cc"))
    >>> round(measure(d2cc, dvh).value, 3)
    39.2
    """
    try:
        _require_dose(metric, dvh)
        if metric.plugin:
            return _measured_by_plugin(metric, dvh)
        value = _value(metric, completed(dvh, 0.0), prescription_gy, fractions)
    except _Undefined as reason:
        return Measurement(value=None, unit=metric.unit, undefined=str(reason))
    of_cc = dvh.volume_cc if metric.kind in VOLUMES else None
    known = Measurement(value=value, unit=metric.unit, of_cc=of_cc)
    if dvh.possible is None or (metric.kind == "Volume" and dvh.possible.is_one_solid):
        return known
    if metric.kind == "TCP":
        # More volume lowers it and more dose raises it: the extremes of the two do not bound it.
        why = f"TCP needs the whole target: {'; '.join(dvh.possible.reasons) or 'part of it is unknown'}"
        return Measurement(value=None, unit=metric.unit, undefined=why)
    bounds = _bounds(metric, dvh.possible, prescription_gy, fractions)
    return with_bounds(known, bounds, dvh.possible.reasons)


def _measured_by_plugin(metric: Metric, dvh: Dvh) -> Measurement:
    """The answer of a plug-in. Raises _Undefined where evidence is missing, and where it is missing or fails itself."""
    if dvh.possible is not None:
        raise _Undefined(f"a plug-in needs the whole structure: {'; '.join(dvh.possible.reasons) or 'part is unknown'}")
    try:
        plugin = plugin_of("metrics", metric.plugin)
        unit, value = plugin.stated("unit", ""), plugin.call(dvh)
    except PluginError as error:
        raise _Undefined(str(error)) from None
    if unit != metric.unit:
        raise _Undefined(f"the plug-in {plugin} gives {unit or 'no unit'}, not {metric.unit or 'no unit'}")
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise _Undefined(f"the plug-in {plugin} gives no number")
    return Measurement(value=float(value), unit=metric.unit)


def with_bounds(measurement: Measurement, others: Iterable[float], reasons: tuple[str, ...]) -> Measurement:
    """The measurement with bounds that hold its value and others, without an upper one where that is endless."""
    value = measurement.value
    assert value is not None, "only what has a value has bounds"
    values = [value, *others]
    low, high = min(values), max(values)
    if high - low <= EQUAL_BOUNDS * max(abs(low), abs(high)):
        low = high = value
    endless = {"cc": ENDLESS_CC, "Gy·L": ENDLESS_GY_L}.get(measurement.unit, ENDLESS_GY)
    return replace(measurement, bounds=(low, math.inf if high > endless else high), reasons=reasons)


def _bounds(
    metric: Metric, possible: Possible, prescription_gy: float | None, fractions: float | None
) -> Iterator[float]:
    """Values among which are the least and the most that the metric can be; 0 where a solid may be too small for it."""
    if metric.kind == "Vrange":
        yield from _bounds_of_range(metric, possible, prescription_gy, fractions)
        return
    at_gy: tuple[float, ...] = ()
    if metric.kind in ("V", "CV") and metric.at is not None:
        at_gy = (metric.at.amount if metric.at.unit == "Gy" else metric.at.amount / 100 * (prescription_gy or 0.0),)
    for dvh in possible.candidates(at_gy):
        try:
            yield _value(metric, dvh, prescription_gy, fractions) if dvh.volume_cc > 0 else 0.0
        except _Undefined:
            yield 0.0


def _bounds_of_range(
    metric: Metric, possible: Possible, prescription_gy: float | None, fractions: float | None
) -> tuple[float, float]:
    """The least and the most volume in a range of doses, in the metric's unit.

    It does not rise with the dose: a voxel may be in the range if its highest dose reaches the lower end and its lowest
    is below the upper one. V(low) of the lowest doses minus V(high) of the highest is never more than what is in it.
    """
    if metric.biology != "physical":
        effective_gy = _with_biology(metric, possible.least.low, prescription_gy, fractions)[1]
        possible = possible.mapped(lambda each: _with_biology(metric, each, prescription_gy, fractions)[0])
        prescription_gy = effective_gy
    low_gy, high_gy = dose_range_gy(metric, prescription_gy, fractions)
    least, most = possible.least, possible.most
    least_cc = max(volume_at_dose_cc(least.low, low_gy) - volume_at_dose_cc(least.high, high_gy), 0.0)
    most_cc, most_of_least_cc = (
        max(volume_at_dose_cc(each.high, low_gy) - volume_at_dose_cc(each.low, high_gy), 0.0) for each in (most, least)
    )
    if metric.unit == "cc":
        return least_cc, most_cc
    # A share is highest where only volume in the range is added to the least solid, lowest where only other volume is.
    of_cc = least.low.volume_cc + most_cc - most_of_least_cc
    return 100 * least_cc / most.high.volume_cc, 100 * min(most_cc / of_cc, 1.0) if of_cc > 0.0 else 0.0


def dose_range_gy(metric: Metric, prescription_gy: float | None, fractions: float | None) -> tuple[float, float]:
    """The ends of a Vrange, on the scale of the metric's own dose (EQD2 where it converts). [Gy]"""
    low = _asked_dose_gy(metric.at, metric, prescription_gy, fractions)
    return low, _asked_dose_gy(metric.until, metric, prescription_gy, fractions)


def measured_dose(
    metric: Metric, dose_gy: float, *, prescription_gy: float | None = None, fractions: float | None = None
) -> Measurement:
    """The answer of Dmax, Dmin or Dmean for a dose found without a DVH [Gy]: the same as that of `measure`."""
    try:
        return Measurement(value=_in_unit(dose_gy, metric, prescription_gy, fractions), unit=metric.unit)
    except _Undefined as reason:
        return Measurement(value=None, unit=metric.unit, undefined=str(reason))


def _require_dose(metric: Metric, dvh: Dvh) -> None:
    """Raises _Undefined for a structure with no volume, or with no dose where the metric speaks of dose."""
    if not dvh.volume_cc > 0:
        raise _Undefined("the structure is empty: no contour encloses an area")
    if metric.kind != "Volume" and not dvh.volume_inside_cc > 0:
        raise _Undefined("the structure lies entirely outside the dose grid")


def _value(metric: Metric, dvh: Dvh, prescription_gy: float | None, fractions: float | None) -> float:
    """The metric of a complete DVH, in the metric's unit."""
    if metric.biology != "physical":
        dvh, prescription_gy = _with_biology(metric, dvh, prescription_gy, fractions)
    if metric.kind == "Volume":
        return dvh.volume_cc
    if metric.kind == "IntegralDose":
        return dvh.mean_gy * dvh.volume_cc / CC_PER_LITRE
    if metric.kind in VOLUMES:
        return _volume_answer(metric, dvh, prescription_gy, fractions)
    if metric.kind in ("NTCP", "TCP"):
        return 100 * _probability(metric, dvh, fractions)
    return _in_unit(_dose_gy(metric, dvh), metric, prescription_gy, fractions)


def _in_unit(dose_gy: float, metric: Metric, prescription_gy: float | None, fractions: float | None) -> float:
    """A dose as the metric asks for it: per fraction, in percent of the prescription."""
    if metric.per_fraction:
        dose_gy /= _known(fractions, "the number of fractions is unknown")
    if metric.unit == "%":
        return 100 * dose_gy / _known(prescription_gy, "the prescription is unknown")
    return dose_gy


def _dose_gy(metric: Metric, dvh: Dvh) -> float:
    """The answer of a metric that asks for a dose. [Gy]"""
    match metric.kind:
        case "Dmean":
            return dvh.mean_gy
        case "Dmin":
            return dvh.min_gy
        case "Dmax":
            return dvh.max_gy
        case "Dpoint" if dvh.min_gy == dvh.max_gy:
            return dvh.mean_gy
        case "D":
            return dose_at_volume_gy(dvh, _volume_asked_cc(metric, dvh))
        case "DC":
            return dose_at_volume_gy(dvh, max(dvh.volume_cc - _volume_asked_cc(metric, dvh), 0.0))
        case "gEUD":
            from rtcheck.dosimetry.biology import generalized_eud_gy

            return generalized_eud_gy(dvh, a=_known(metric.parameter, "gEUD needs its parameter a"))
    raise _Undefined(f"{metric.kind} cannot be measured from one DVH alone")


def _volume_answer(metric: Metric, dvh: Dvh, prescription_gy: float | None, fractions: float | None) -> float:
    """The answer of V, CV and Vrange, in cc or in percent of the structure."""
    if metric.kind == "Vrange":
        volume_cc = volume_in_range_cc(dvh, *dose_range_gy(metric, prescription_gy, fractions))
    else:
        volume_cc = volume_at_dose_cc(dvh, _asked_dose_gy(metric.at, metric, prescription_gy, fractions))
    if metric.kind == "CV":
        volume_cc = dvh.volume_cc - volume_cc
    return 100 * min(volume_cc / dvh.volume_cc, 1.0) if metric.unit == "%" else volume_cc


def _probability(metric: Metric, dvh: Dvh, fractions: float | None) -> float:
    """The probability of complication or control by the metric's model, 0 to 1."""
    from rtcheck.dosimetry.biology import ntcp, poisson_tcp
    from rtcheck.dosimetry.metric_terms import LymanModel, PoissonModel

    model = metric.model
    if model is None:
        raise _Undefined(f"the model {metric.model_name} is not defined in the protocol")
    number = _known(fractions, "the number of fractions is unknown")
    if metric.kind == "NTCP" and isinstance(model, LymanModel):
        return ntcp(dvh, fractions=number, model=model)
    if metric.kind == "TCP" and isinstance(model, PoissonModel):
        return poisson_tcp(
            dvh,
            fractions=number,
            alpha_per_gy=model.alpha_per_gy,
            alpha_beta_gy=model.alpha_beta_gy,
            clonogens_per_cc=model.clonogens_per_cc,
        )
    raise _Undefined(f"the model {model.name} is not one of {metric.kind}")


def _volume_asked_cc(metric: Metric, dvh: Dvh) -> float:
    """The volume that D and DC ask about. [cc] Raises _Undefined where the structure is smaller."""
    at = _argument(metric)
    asked_cc = at.amount if at.unit == "cc" else at.amount / 100 * dvh.volume_cc
    if asked_cc > dvh.volume_cc * (1 + VOLUME_ROUNDING):
        raise _Undefined(
            f"{metric.kind}{at.amount:g}{at.unit} requires {asked_cc:.4g} cc, but "
            f"the structure has only {dvh.volume_cc:.4g} cc"
        )
    return asked_cc


def _with_biology(
    metric: Metric, dvh: Dvh, prescription_gy: float | None, fractions: float | None
) -> tuple[Dvh, float | None]:
    """The DVH and the prescription as EQD2 or BED."""
    from rtcheck.dosimetry.biology import FloatArray, bed_gy, eqd2_gy, with_mapped_dose

    convert = eqd2_gy if metric.biology == "EQD2" else bed_gy
    alpha_beta_gy = _known(metric.alpha_beta_gy, f"{metric.biology} needs an alpha/beta")
    number = _known(fractions, "the number of fractions is unknown")

    def effect(dose_gy: FloatArray) -> FloatArray:
        return np.asarray(convert(dose_gy, fractions=number, alpha_beta_gy=alpha_beta_gy))

    mapped = with_mapped_dose(dvh, effect)
    return mapped, None if prescription_gy is None else float(effect(np.array(prescription_gy)))


def _asked_dose_gy(
    at: Quantity | None, metric: Metric, prescription_gy: float | None, fractions: float | None
) -> float:
    """The dose at which a volume is asked, of the whole course. [Gy] A % is of the prescription."""
    at = _finite(at, metric)
    if at.unit == "%":
        return at.amount / 100 * _known(prescription_gy, "the prescription is unknown")
    return at.amount * (_known(fractions, "the number of fractions is unknown") if metric.per_fraction else 1.0)


def _argument(metric: Metric) -> Quantity:
    return _finite(metric.at, metric)


def _finite(at: Quantity | None, metric: Metric) -> Quantity:
    if at is None or not math.isfinite(at.amount):
        raise _Undefined(f"{metric.kind} needs an argument")
    return at


def _known(value: float | None, otherwise: str) -> float:
    """The value, which must be given, finite and not 0. Raises _Undefined."""
    if value is None or not math.isfinite(value) or value == 0:
        raise _Undefined(otherwise)
    return value
