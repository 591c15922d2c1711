"""Work for batch tests that worker processes can import."""

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def double_or_die(number: int) -> int:
    """Dies as if the kernel had killed it, always, on 13."""
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def die_once(marker: str) -> str:
    """Dies on the first try only: the marker file tells the second."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def thread_settings(_: int) -> str:
    return os.environ.get("OPENBLAS_NUM_THREADS", "")


def sleep_long(_: int) -> int:
    time.sleep(600)
    return os.getpid()
