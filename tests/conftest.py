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


HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI, a test that drives a server or a browser may fail once, since a busy machine may end what it waits for.

    It is repeated, and named in the summary. All others count at once.
    """
    if "RTCHECK_CI" in os.environ:
        for item in items:
            if item.path.name == "test_in_browser.py" or item.path.parent in (HERE / "web", HERE / "network"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """The workbench's tests in one process, where they share a server and a browser, which are dear; all others by one.

    Groups by mark (`--dist loadgroup`) are not heeded by pytest-xdist 3.8 with pytest 9.
    """
    from xdist.scheduler import LoadScopeScheduling

    class WorkbenchTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "workbench" if nodeid.startswith("tests/web/") else nodeid

    return WorkbenchTogether(config, log)


def pytest_collection_finish() -> None:
    """Collected tests live to the end: to look for garbage among them takes a fifth of the time."""
    gc.collect()
    gc.freeze()
