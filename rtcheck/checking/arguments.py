"""What Python callers hand over in a shorter form (a path, a text) -> the values that the functions work on."""

from collections.abc import Callable, Iterable
from os import PathLike, fspath
from pathlib import Path
from typing import TypeVar

from rtcheck.case import Case
from rtcheck.dosimetry import metrics
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import Measurement, Metric
from rtcheck.errors import UsageError

CaseLike = Case | str | PathLike[str]
FileLike = str | PathLike[str]
MetricLike = Metric | str

Value = TypeVar("Value")


def as_case(case: CaseLike) -> Case:
    """The case; one given by its path (a file, a folder, a zip archive) is read.

    Raises UsageError for anything else.
    """
    if isinstance(case, Case):
        return case
    if isinstance(case, str | PathLike):
        from rtcheck.dicom import read_case

        return read_case(fspath(case))
    raise UsageError(f"Expected a Case (rtcheck.read_case) or a path, found {_kind(case)}.")


def as_metric(metric: MetricLike) -> Metric:
    """The metric; one given as text is parsed. Raises GoalSyntaxError where it cannot be, UsageError for other values.

    >>> as_metric("D95%").kind
    'D'
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str):
        from rtcheck.protocol.language.goal import parse_metric

        return parse_metric(metric)
    raise UsageError(f'Expected a Metric or its text, such as "D95%", found {_kind(metric)}.')


def as_metrics(given: MetricLike | Iterable[MetricLike]) -> tuple[Metric, ...]:
    """The metrics; one alone need not be put into a list."""
    if isinstance(given, Metric | str) or not isinstance(given, Iterable):
        return (as_metric(given),)
    return tuple(map(as_metric, given))


def as_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """The names of structures; one alone need not be put into a list. Raises UsageError for other values."""
    listed = (names,) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    for name in listed:
        if not isinstance(name, str):
            raise UsageError(f"Expected the name of a structure, found {_kind(name)}.")
    return listed


def as_read(given: "Value | str | PathLike[str] | None", kind: type[Value], read: Callable[..., Value]) -> Value | None:
    """Facts, aliases or waivers; those given by their file's path are read. Raises UsageError for anything else."""
    if given is None or isinstance(given, kind):
        return given
    if isinstance(given, str | PathLike):
        if not Path(given).is_file():
            raise UsageError(f"{fspath(given)}: no such file.")
        return read(Path(given))
    raise UsageError(f"Expected {kind.__name__} or the path of their file, found {_kind(given)}.")


def measure(
    metric: MetricLike, dvh: Dvh, *, prescription_gy: float | None = None, fractions: float | None = None
) -> Measurement:
    """The metric's value of one DVH, or the reason why there is none. A metric may be given as its text, "D95%"."""
    if not isinstance(dvh, Dvh):
        raise UsageError(f"Expected a Dvh (rtcheck.compute_dvh), found {_kind(dvh)}.")
    return metrics.measure(as_metric(metric), dvh, prescription_gy=prescription_gy, fractions=fractions)


def _kind(value: object) -> str:
    """What a value is, without the value: it may hold something of a patient."""
    return f"a value of type {type(value).__name__}"
