"""dicompyler-core as a second opinion: our DVHs as its DVHs, and its own DVH of a structure from DICOM data sets.

The one place that knows dicompyler-core. It stands outside the rooms, as a bridge that `Dvh.to_dicompyler` and the
cross-check both cross when they are asked to: dicompyler-core brings matplotlib along, so nothing imports it earlier.
"""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from rtcheck.errors import RtcheckError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from rtcheck.dosimetry.dvh import Dvh
    from rtcheck.dosimetry.metric_terms import Metric, Quantity

BIN_GY = 0.01
"""dicompyler-core's own bin width; its metrics are looked up to the nearest bin, not interpolated."""


class DicompylerError(RtcheckError):
    """dicompyler-core has no answer for this structure; the text says why, as far as it does."""


def to_dicompyler(dvh: "Dvh", *, name: str | None = None) -> Any:
    """A `dicompylercore.dvh.DVH` (cumulative, in Gy and cm3) of the part of the structure inside the dose grid."""
    last_bin = int(np.ceil(dvh.max_gy / BIN_GY)) + 1 if dvh.volume_inside_cc > 0 else 1
    edges_gy = BIN_GY * np.arange(last_bin + 1)
    volumes_cc = np.zeros(last_bin)
    if dvh.volume_inside_cc > 0:
        volumes_cc = np.interp(edges_gy[:-1], dvh.dose_gy, dvh.volume_at_least_cc)
    notes = f"{dvh.volume_outside_cc:.4g} cm3 outside the dose grid omitted" if dvh.volume_outside_cc > 0 else None
    return _module("dvh").DVH(
        counts=volumes_cc,
        bins=edges_gy,
        dvh_type="cumulative",
        dose_units="Gy",
        volume_units="cm3",
        name=name,
        notes=notes,
    )


def dvh_by_dicompyler(structures: "Dataset", dose: "Dataset", roi_number: int) -> Any:
    """The `dicompylercore.dvh.DVH` that dicompyler-core makes of one ROI, parsing the data sets by itself.

    Raises DicompylerError where it fails or finds nothing. It prints and logs as it likes; none of that gets out.
    """
    _module("dicomparser")  # get_dvh imports it too, and would fail
    calculator = _module("dvhcalc")
    try:
        with _quiet():
            dvh = calculator.get_dvh(structures, dose, roi_number)
            volume_cc = float(dvh.volume)
    except Exception as error:
        raise DicompylerError(f"dicompyler-core failed with {type(error).__name__}") from error
    if not volume_cc > 0:
        raise DicompylerError("dicompyler-core finds no volume")
    return dvh


def metric_by_dicompyler(metric: "Metric", dvh: Any, *, prescription_gy: float | None = None) -> float | None:
    """A metric by dicompyler-core's own look-up, in the metric's unit; None where it knows no such metric.

    D of more volume than there is, which it answers with 0 Gy, is None as well.
    """
    volume_cc = float(dvh.volume)
    if metric.biology != "physical" or metric.per_fraction:
        return None
    if metric.kind == "Volume":
        return volume_cc
    if metric.kind in ("V", "CV", "Vrange"):
        at_gy, until_gy = (_in_gy(each, prescription_gy) for each in (metric.at, metric.until))
        if at_gy is None:
            return None
        asked_cc = float(dvh.volume_constraint(at_gy, "Gy").value)
        asked_cc -= float(dvh.volume_constraint(until_gy, "Gy").value) if until_gy is not None else 0.0
        asked_cc = volume_cc - asked_cc if metric.kind == "CV" else asked_cc
        return 100 * asked_cc / volume_cc if metric.unit == "%" else asked_cc
    dose_gy = _dose_gy(metric, dvh, volume_cc)
    if dose_gy is None or metric.unit == "Gy":
        return dose_gy
    return 100 * dose_gy / prescription_gy if prescription_gy else None


def _dose_gy(metric: "Metric", dvh: Any, volume_cc: float) -> float | None:
    if metric.kind in ("Dmean", "Dmax", "Dmin"):
        return float({"Dmean": dvh.mean, "Dmax": dvh.max, "Dmin": dvh.min}[metric.kind])
    if metric.kind not in ("D", "DC") or metric.at is None:
        return None
    asked_cc = metric.at.amount if metric.at.unit == "cc" else metric.at.amount / 100 * volume_cc
    if asked_cc > volume_cc:
        return None
    hottest_cc = asked_cc if metric.kind == "D" else volume_cc - asked_cc
    return float(dvh.dose_constraint(hottest_cc, "cc").value)


def _in_gy(at: "Quantity | None", prescription_gy: float | None) -> float | None:
    if at is None or at.unit == "Gy":
        return at.amount if at else None
    return at.amount / 100 * prescription_gy if prescription_gy else None


def _module(name: str) -> Any:
    """A module of dicompyler-core, imported under pydicom 3.

    dicompyler-core 0.5.6 imports `pydicom.dicomio.read_file`, which pydicom 3 no longer has under that name. It is lent
    for the time of the import; we pass data sets, never paths, so it is never called.
    """
    import pydicom.dicomio

    is_lent = not hasattr(pydicom.dicomio, "read_file")
    if is_lent:
        pydicom.dicomio.read_file = pydicom.dcmread  # type: ignore[attr-defined]
    try:
        with _quiet():
            return import_module(f"dicompylercore.{name}")
    except ImportError as error:
        raise DicompylerError(f"dicompyler-core cannot be imported: {error}") from error
    finally:
        if is_lent:
            del pydicom.dicomio.read_file  # type: ignore[attr-defined]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps prints, log lines and warnings of other people's code from the user."""
    logger = logging.getLogger("dicompylercore")
    was_disabled_below = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(was_disabled_below)
