"""A peer's connection -> the same, where no PDU may be longer, or take longer to come, than is reasonable.

pynetdicom reads as many bytes as a PDU's header announces, up to 4 GiB, and waits for them without end: one peer could
fill the memory, and a few slow ones could hold all associations.
"""

import select
import socket
import time
from typing import Any, Final

MAX_PDU_BYTES: Final = 1024**2
"""We announce 16 kB for data (PS3.8 D.1); an association request with every context there is stays far below."""

_CHUNK_BYTES: Final = 65536


def bound(connection: Any, *, timeout_s: float) -> None:
    """Give an `AssociationSocket` a `recv` with both limits; beyond them it fails as a broken connection does."""
    raw: socket.socket = connection.socket

    def recv(count: int) -> bytearray:
        if count > MAX_PDU_BYTES:
            raise OSError(f"a PDU of {count} bytes exceeds the limit")
        end = time.monotonic() + timeout_s
        received = bytearray()
        while len(received) < count:
            left_s = end - time.monotonic()
            if left_s <= 0 or not select.select([raw], [], [], left_s)[0]:
                raise TimeoutError("a PDU was not received in time")
            chunk = raw.recv(min(_CHUNK_BYTES, count - len(received)))
            if not chunk:
                break  # closed by the peer; pynetdicom finds the PDU too short
            received += chunk
        return received

    connection.recv = recv
