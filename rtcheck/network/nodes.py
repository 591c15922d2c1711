"""DICOM nodes to which reports are sent: `AET@host:port`, and C-STORE of one object."""

import re

from pydicom.dataset import Dataset

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.network.extra import needed
from rtcheck.values import dataclass

_NODE = re.compile(r"([^@\\\s][^@\\]{0,15})@([^@:\s]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")


class SendError(RtcheckError):
    """A node did not take the object."""


@dataclass(frozen=True, slots=True)
class Node:
    """A DICOM node."""

    aet: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.aet}@{self.host}:{self.port}"


def parse_node(text: str) -> Node:
    """The node that `AET@host:port` names."""
    match = _NODE.fullmatch(text.strip())
    if match is None or not 0 < int(match[3]) < 65536:
        raise UsageError(f"{text}: expected a node as AET@host:port, such as ARCHIVE@127.0.0.1:104.")
    return Node(match[1].strip(), match[2].strip("[]"), int(match[3]))


def send(dataset: Dataset, node: Node, *, calling_aet: str, timeout_s: float = 30.0) -> None:
    """Store one object at the node by C-STORE; SendError where it is not taken."""
    entity = needed("pynetdicom").AE(ae_title=calling_aet)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = timeout_s
    entity.add_requested_context(dataset.SOPClassUID)
    association = entity.associate(node.host, node.port, ae_title=node.aet)
    if not association.is_established:
        raise SendError(f"{node} does not answer, or rejects the association.")
    try:
        status = association.send_c_store(dataset)
    except (ValueError, RuntimeError) as error:
        raise SendError(f"{node} does not accept reports ({type(error).__name__}).") from None
    finally:
        association.release()
    code = status.get("Status")
    if code is None or (code != 0 and code & 0xF000 != 0xB000):  # Bxxx are warnings: it was stored
        raise SendError(f"{node} rejected the report (status {'none' if code is None else f'{code:04X}'}).")
