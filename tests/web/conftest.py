"""One workbench over the sample patients, for all tests that leave it as it is."""

from collections.abc import Iterator

import pytest
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
