"""The two kernels side by side."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel import calls

needs_compiled = pytest.mark.skipif(
    _kernel.native is None,
    reason="the compiled kernel is not there: no C compiler, no Python.h, or RTCHECK_KERNEL=numpy",
)


@contextmanager
def in_numpy() -> Iterator[None]:
    """Everything within is computed by numpy."""
    native, _kernel.native = _kernel.native, None
    try:
        yield
    finally:
        _kernel.native = native


@contextmanager
def step_by_step() -> Iterator[None]:
    """Every DVH within is made by the kernel's single calls."""
    at_once = calls.dvh
    vars(calls)["dvh"] = lambda *_, **__: None
    try:
        yield
    finally:
        vars(calls)["dvh"] = at_once
