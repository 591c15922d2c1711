"""DICOM files -> Case: found, linked, read and held against each other."""

from rtcheck.dicom.case_reader import read_case
from rtcheck.dicom.finding.patients import PlanSet, plan_sets

__all__ = ["PlanSet", "plan_sets", "read_case"]
