"""What holds for all tests."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests share the cores already: threads of the linear algebra only wait for each other. Set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How fast examples are made and run is the machine's business: no test fails for it.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The workbench's tests in one process, where several share the tests: a server and a browser are dear.

    In CI, a test that drives a server or a browser may fail once, since a busy machine may end what it waits for: it is
    repeated, and named in the summary. All others count at once.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here / "web"):
            item.add_marker(pytest.mark.xdist_group("workbench"))
        if "RTCHECK_CI" in os.environ and (
            item.path.name == "test_in_browser.py" or item.path.parent in (here / "web", here / "network")
        ):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish() -> None:
    """Collected tests live to the end: to look for garbage among them takes a fifth of the time."""
    gc.collect()
    gc.freeze()
