"""The command's work: folders and workers around the server, the address with its token, and the end of it all."""

import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.extras import needed
from rtcheck.values import dataclass
from rtcheck.web.chosen import Chosen
from rtcheck.web.limits import Limits

Say = Callable[[str], None]


def extra_needed() -> None:
    """Raises MissingExtraError where a package of the extra is not installed."""
    for module in ("starlette", "uvicorn", "python_multipart"):
        needed(module, extra="web", what="The workbench needs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How a server is run. `names` are host names that it answers to besides its addresses."""

    folder: Path | None = None
    chosen: Chosen = field(default_factory=Chosen)
    host: str = "127.0.0.1"
    port: int = 0
    is_read_only: bool = False
    names: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    temporary: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))

    @property
    def is_loopback(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def serve(serving: Serving, *, say: Say, opened: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. `opened` is told the address once it answers."""
    import uvicorn

    from rtcheck.web.app import make_app
    from rtcheck.web.guard import Gate, new_token
    from rtcheck.web.jobs import Jobs
    from rtcheck.web.service import Server
    from rtcheck.web.sessions import Sessions
    from rtcheck.web.storage import private_folder
    from rtcheck.web.workers import Workers

    listening = _listening(serving)
    port = listening.getsockname()[1]
    gate = Gate(
        token=new_token(),
        names=frozenset({"localhost", *serving.names, *(() if serving.is_loopback else _own_names())}),
        is_loopback=serving.is_loopback,
    )
    with private_folder(serving.temporary) as root:
        workers, jobs = Workers(timeout_s=serving.limits.call_s), Jobs(serving.limits)
        server = Server(
            workers=workers,
            sessions=Sessions(
                root=root,
                limits=serving.limits,
                choose_worker=workers.least_busy,
                on_end=lambda session: jobs.end_of(session.id),
            ),
            jobs=jobs,
            limits=serving.limits,
            served=serving.folder,
            chosen=serving.chosen,
            is_read_only=serving.is_read_only,
            say=say,
        )
        config = uvicorn.Config(
            make_app(server, gate, on_ready=lambda: opened(f"http://{_in_address(serving.host)}:{port}/{gate.token}/")),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=3,
            lifespan="on",
        )
        with suppress(KeyboardInterrupt):  # uvicorn ends in order, and then raises it again
            uvicorn.Server(config).run(sockets=[listening])


def _listening(serving: Serving) -> socket.socket:
    """A socket on the host and port; UsageError where it cannot be had."""
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((serving.host, serving.port))
    except OSError as error:
        listening.close()
        text = f"Cannot listen on {serving.host}:{serving.port}: {error.strerror or error}. Choose another --port."
        raise UsageError(text) from None
    listening.listen(128)
    return listening


def _in_address(host: str) -> str:
    """The host as an address names it: who listens everywhere is reached by this machine's own name."""
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _own_names() -> set[str]:
    return {name.lower() for name in (socket.gethostname(), socket.getfqdn()) if name}
