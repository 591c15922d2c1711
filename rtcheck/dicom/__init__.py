"""DICOM files -> Case: found, linked, read and held against each other."""

from rtcheck.dicom.case_reader import read_case

__all__ = ["read_case"]
