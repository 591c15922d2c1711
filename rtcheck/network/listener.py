"""A Storage SCP: objects of plans come in, reports go out. C-ECHO is answered; everything else is refused."""

import threading
import time
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from rtcheck.errors import DicomError, RtcheckError, UsageError
from rtcheck.network.bounded_socket import bound
from rtcheck.network.extra import needed
from rtcheck.network.inbox import FullError
from rtcheck.network.worker import Judge, Say
from rtcheck.values import dataclass

VERIFICATION = "1.2.840.10008.1.1"
STORED = (
    "1.2.840.10008.5.1.4.1.1.481.5",  # RT Plan
    "1.2.840.10008.5.1.4.1.1.481.8",  # RT Ion Plan
    "1.2.840.10008.5.1.4.1.1.481.2",  # RT Dose
    "1.2.840.10008.5.1.4.1.1.481.3",  # RT Structure Set
    "1.2.840.10008.5.1.4.1.1.2",  # CT
)
TRANSFER_SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")

# PS3.4 table B.2-1
SUCCESS, OUT_OF_RESOURCES, NOT_AS_ANNOUNCED, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xA900, 0xC000

HANDSHAKE_TIMEOUT_S = 10.0  # a connection that requests no association holds one of a limited number of places


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where the listener listens, whom it lets in, and how much at once."""

    aet: str = "RTCHECK"
    host: str = "127.0.0.1"
    port: int = 11112
    allowed: Sequence[str] = ()
    max_associations: int = 25
    max_object_bytes: int = 1024**3
    timeout_s: float = 30.0


@dataclass(slots=True, kw_only=True)
class Listener:
    """Listens from `start` to `stop`; `port` is the one in use (Door.port 0 takes a free one)."""

    door: Door
    judge: Judge
    say: Say
    port: int = 0
    _server: Any = None
    _worker: threading.Thread | None = None
    _received: dict[Any, int] = field(default_factory=dict)

    def start(self) -> None:
        """Open the port, take in what an earlier run left, and begin to check."""
        net = needed("pynetdicom")
        entity = net.AE(ae_title=self.door.aet)
        entity.maximum_associations = self.door.max_associations
        entity.require_calling_aet = list(self.door.allowed)
        entity.dimse_timeout = entity.network_timeout = self.door.timeout_s
        entity.acse_timeout = min(self.door.timeout_s, HANDSHAKE_TIMEOUT_S)
        entity.add_supported_context(VERIFICATION)
        for sop_class in STORED:
            entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
        self.judge.inbox.open()
        handlers = [
            (net.evt.EVT_CONN_OPEN, self._on_open),
            (net.evt.EVT_C_STORE, self._on_store),
            (net.evt.EVT_DATA_RECV, self._on_bytes),
            (net.evt.EVT_CONN_CLOSE, self._on_close),
        ]
        try:
            self._server = entity.start_server((self.door.host, self.door.port), block=False, evt_handlers=handlers)
        except OSError as error:
            raise UsageError(f"Cannot listen on {self.door.host}:{self.door.port}: {error.strerror}.") from None
        self.port = self._server.server_address[1]
        self._worker = threading.Thread(target=self.judge.run, name="rtcheck judge", daemon=True)
        self._worker.start()

    def stop(self) -> None:
        """Close the port, let the check in hand end, and end."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
        self.judge.stop()
        if self._worker is not None:
            self._worker.join(timeout=60)

    def _on_open(self, event: Any) -> None:
        bound(event.assoc.dul.socket, timeout_s=self.door.timeout_s)

    def _on_store(self, event: Any) -> int:
        self._received[event.assoc] = 0
        try:
            uid = str(event.request.AffectedSOPInstanceUID)
            self.judge.inbox.add(event.encoded_dataset(), sop_instance_uid=uid, at=time.monotonic())
        except FullError as error:
            self.say(f"rejected an object: {error}")
            return OUT_OF_RESOURCES
        except DicomError as error:
            self.say(f"rejected an object ({error.code})")
            return NOT_AS_ANNOUNCED if error.code == "file.not-rt" else NOT_UNDERSTOOD
        except (RtcheckError, OSError):
            self.say("rejected an object: it cannot be written")
            return OUT_OF_RESOURCES
        except Exception as error:  # whatever a peer sends, the listener stays
            self.say(f"rejected an object: {type(error).__name__}")
            return NOT_UNDERSTOOD
        return SUCCESS

    def _on_bytes(self, event: Any) -> None:
        """Cuts an association that sends one object larger than allowed, before it fills the memory."""
        received = self._received.get(event.assoc, 0) + len(event.data)
        self._received[event.assoc] = received
        if received > self.door.max_object_bytes:
            self._received[event.assoc] = 0
            self.say(f"aborted an association: an object larger than {self.door.max_object_bytes // 1024**2} MiB")
            threading.Thread(target=event.assoc.abort, daemon=True).start()

    def _on_close(self, event: Any) -> None:
        self._received.pop(event.assoc, None)
