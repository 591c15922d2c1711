"""How much the server takes: sizes, counts and times, each with its reason."""

from rtcheck.values import dataclass

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one server. What goes beyond them is refused with a sentence.

    `upload_bytes`, `upload_files`: of one session; `inflated_bytes`: what its archives may unpack to. `sessions` and
    `cases` (of one session): the one that was not used for longest goes. `call_s`: after so long a worker process ends.
    """

    upload_bytes: int = 2048 * MIB
    upload_files: int = 20_000
    inflated_bytes: int = 4096 * MIB
    free_bytes_kept: int = 500 * MIB
    body_bytes: int = 2 * MIB
    protocol_bytes: int = 2 * MIB
    sessions: int = 64
    cases: int = 8
    jobs: int = 2
    call_s: float = 180.0
    idle_s: float = 2 * 3600.0
    leaving_s: float = 45.0
