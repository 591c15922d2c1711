"""The dcmtk programs that send to a listener, and waiting for what happens then."""

import subprocess
import time
from collections.abc import Callable

from rtcheck.network.listener import Listener


def dcmtk(program: str, listener: Listener, *words: object, calling: str = "TPS") -> int:
    """Exit status of a dcmtk sender."""
    command = [program, "-aet", calling, "-aec", "RTCHECK", "127.0.0.1", str(listener.port), *map(str, words)]
    return subprocess.run(command, capture_output=True, timeout=180, check=False).returncode


def wait_for(is_true: Callable[[], bool], *, seconds: float = 90.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(0.05)
    return is_true()
