"""The analytic phantom for tests: written to a folder after a change, and read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rtcheck.case import Case
from rtcheck.conformance.phantom import PhantomSet, phantom_set
from rtcheck.dicom import read_case


def write_phantom(folder: Path, change: Callable[[PhantomSet], Any] = lambda phantom: None) -> Path:
    """The phantom's folder, written after `change` has had its way with the data sets."""
    phantom = phantom_set()
    change(phantom)
    return phantom.write(folder)


def read_phantom(folder: Path, change: Callable[[PhantomSet], Any] = lambda phantom: None, **options: Any) -> Case:
    """The case that the changed phantom makes."""
    return read_case(write_phantom(folder, change), **options)


def warnings_of(case: Case) -> set[str]:
    return {notice.code for notice in case.notices if notice.severity == "warning"}
