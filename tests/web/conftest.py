"""One workbench over the sample patients, for all tests that leave it as it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.real_browser import real_browser
from support.samples import SAMPLE_DICOM
from support.workbench import Client, Running, workbench


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with workbench(tmp_path_factory.mktemp("serve"), SAMPLE_DICOM) as running:
        yield running


@pytest.fixture
def page(served: Running) -> Client:
    """A page that has just been opened."""
    return served.client.begin()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of the page; each opens a window of its own."""
    with real_browser() as opened:
        yield opened
