"""What holds for all tests."""

import gc
import os

# Tests share the cores already: threads of the linear algebra only wait for each other. Set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_collection_finish() -> None:
    """Collected tests live to the end: to look for garbage among them takes a fifth of the time."""
    gc.collect()
    gc.freeze()
