"""One workbench over the sample patients, for all tests that leave it as it is; and one window on it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from support.real_browser import open_page, real_browser
from support.samples import SAMPLE_DICOM
from support.workbench import Client, Running, workbench
from support.workbench_page import Bench

HAS_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with workbench(tmp_path_factory.mktemp("serve"), SAMPLE_DICOM) as running:
        yield running


@pytest.fixture
def page(served: Running) -> Client:
    """A page that has just been opened."""
    return served.client.begin()


@pytest.fixture(scope="session")
def common(served: Running) -> Client:
    """A page for all tests that ask it for checks alone; the plans that it opened stay open."""
    return served.client.begin()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of the page."""
    with real_browser() as opened:
        yield opened


class Window:
    """The window that tests share; another one is opened after a test that has failed in it."""

    def __init__(self, browser: Any, address: str) -> None:
        self._browser, self._address = browser, address
        self._open = ExitStack()
        self._bench: Bench | None = None

    def bench(self) -> Bench:
        if self._bench is None:
            self._bench = Bench(self._open.enter_context(open_page(self._browser)), self._address)
        return self._bench

    def close(self) -> None:
        if self._bench is not None:
            self._bench.watched.complaints.clear()
        self._open.close()
        self._bench = None


@pytest.fixture(scope="session")
def window(browser: Any, served: Running) -> Iterator[Window]:
    shared = Window(browser, served.client.address)
    yield shared
    shared.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
    return report


@pytest.fixture
def bench(window: Window, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The shared window; its console must be empty after each test, and nobody else asked for anything."""
    shared = window.bench()
    yield shared
    if request.node.stash.get(HAS_FAILED, False):
        window.close()
        return
    shared.put_back()
    complaints, strangers = list(shared.watched.complaints), shared.watched.strangers
    shared.watched.complaints.clear()
    assert complaints == []
    assert strangers == []
