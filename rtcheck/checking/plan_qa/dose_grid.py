"""The dose grid: how fine it is."""

from collections.abc import Iterator

import numpy as np

from rtcheck.checking.plan_qa.answers import Answer, Unknown, in_range
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.protocol.file.model import CheckRule


def spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The largest distance of neighbouring nodes along any axis."""
    each_mm = [float(np.diff(nodes_mm).max()) for nodes_mm in _dose(subject).axes_mm if len(nodes_mm) > 1]
    along = " x ".join(f"{value:.4g}" for value in each_mm)
    yield in_range(rule.value, round(max(each_mm), 4), "mm", note=f"{along} mm along x, y, z")


def _dose(subject: Subject) -> DoseGrid:
    if subject.case.dose is None:
        raise Unknown("there is no dose")
    return subject.case.dose
