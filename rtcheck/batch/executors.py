"""Where a batch runs: processes of this machine, or the workers of a dask scheduler that is there already."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from rtcheck.errors import MissingExtraError, UsageError

CONNECT_TIMEOUT_S = 10
DASK_CHUNK = 16  # plans a task: one by one was measured ten times slower, for the scheduler's work on each task


@contextmanager
def dask_workers(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at `address` as an executor. Raises UsageError where none answers."""
    try:
        import distributed
    except ImportError:
        raise MissingExtraError("Dask needs the package distributed: `pip install 'rtcheck[dask]'`.") from None
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"No dask scheduler answers at {address} ({type(error).__name__}). Is it running?") from None
    with client:
        yield client.get_executor(pure=False)
