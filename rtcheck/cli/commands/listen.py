"""`rtcheck listen`: a DICOM node that checks the plans it is sent."""

import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated

from typer import Option

from rtcheck.cli.options import Engine, ProtocolName, Strict

MIB, GIB = 1024**2, 1024**3


def listen(
    protocol: ProtocolName,
    out: Annotated[Path, Option("--out", "-o", metavar="DIR", help="Folder for what is received and for the reports.")],
    engine: Engine,
    aet: Annotated[str, Option("--aet", metavar="AET", help="The AE title to answer to.")] = "RTCHECK",
    port: Annotated[int, Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")] = 11112,
    host: Annotated[
        str, Option("--host", metavar="ADDRESS", help="The address to listen on; other machines reach 0.0.0.0.")
    ] = "127.0.0.1",
    allow: Annotated[
        list[str] | None,
        Option("--allow", metavar="AET", help="Take from this calling AE title only; may be repeated."),
    ] = None,
    send_to: Annotated[
        str | None, Option("--send-to", metavar="AET@HOST:PORT", help="Send each report there as an Encapsulated PDF.")
    ] = None,
    settle: Annotated[
        float, Option("--settle", metavar="SECONDS", min=0, help="Wait so long after a set's last object.")
    ] = 5.0,
    max_associations: Annotated[
        int, Option("--max-associations", metavar="N", min=1, help="Associations at once.")
    ] = 25,
    max_object: Annotated[int, Option("--max-object", metavar="MIB", min=1, help="The largest object.")] = 1024,
    strict: Strict = False,
    max_disk: Annotated[int, Option("--max-disk", metavar="GIB", min=1, help="The most that is kept.")] = 50,
) -> int:
    """Receive RT Plans, Doses, Structure Sets and CTs by C-STORE, and check each plan once its set is complete.

    A set is complete when the plan, the structure set that it refers to and a dose that refers to it are there, and
    nothing of it has come for --settle seconds. Reports are in DIR/reports, by the plan's UID. Ends on Ctrl-C.
    """
    from rtcheck.network.extra import needed, pdf_needed
    from rtcheck.protocol.file.load import load_protocol

    needed("pynetdicom")
    from rtcheck.network.inbox import Inbox
    from rtcheck.network.listener import Door, Listener
    from rtcheck.network.nodes import parse_node
    from rtcheck.network.worker import Judge

    node = parse_node(send_to) if send_to else None
    if node:
        pdf_needed()
    judge = Judge(
        inbox=Inbox(out / "objects", limit_bytes=max_disk * GIB),
        reports=out / "reports",
        protocol=load_protocol(protocol),
        settings=engine.settings,
        strict=strict,
        settle_s=settle,
        send_to=node,
        calling_aet=aet,
        say=_say,
    )
    door = Door(
        aet=aet,
        host=host,
        port=port,
        allowed=tuple(allow or ()),
        max_associations=max_associations,
        max_object_bytes=max_object * MIB,
    )
    listener = Listener(door=door, judge=judge, say=_say)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    listener.start()
    _say(f"listening as {aet} on {host}:{listener.port}, protocol {judge.protocol.name}")
    ended.wait()
    listener.stop()
    _say("ended")
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now().isoformat(timespec='seconds')} {text}\n")
    sys.stderr.flush()
