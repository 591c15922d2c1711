"""DICOM files -> Case: found, linked, read and held against each other."""

from typing import TYPE_CHECKING

from rtcheck.on_demand import from_homes

if TYPE_CHECKING:
    from rtcheck.dicom.case_reader import read_case
    from rtcheck.dicom.finding.patients import PlanSet, plan_sets

__all__ = ["PlanSet", "plan_sets", "read_case"]

__getattr__ = from_homes(
    __name__,
    {
        "PlanSet": "rtcheck.dicom.finding.patients",
        "plan_sets": "rtcheck.dicom.finding.patients",
        "read_case": "rtcheck.dicom.case_reader",
    },
)
