"""`rtcheck listen`: a DICOM node that checks the plans it is sent."""

import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from rtcheck.cli.choosing import ProtocolNames, chosen_protocols
from rtcheck.cli.declared import Option
from rtcheck.cli.options import DrawnOnly, Engine, PatientFacts, Strict, terms_of
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError

MIB, GIB = 1024**2, 1024**3


def listen(
    protocols: ProtocolNames,
    out: Annotated[Path, Option("--out", "-o", metavar="DIR", help="Folder for received objects and reports.")],
    stated: Stated,
    engine: Engine,
    patient: PatientFacts,
    aet: Annotated[str, Option("--aet", metavar="AET", help="AE title of this node.")] = "RTCHECK",
    port: Annotated[int, Option("--port", metavar="N", min=0, max=65535, help="Port; 0 selects a free one.")] = 11112,
    host: Annotated[
        str,
        Option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 accepts other machines."),
    ] = "127.0.0.1",
    allow: Annotated[
        list[str] | None,
        Option("--allow", metavar="AET", help="Accept only this calling AE title; can be repeated."),
    ] = None,
    send_to: Annotated[
        str | None,
        Option("--send-to", metavar="AET@HOST:PORT", help="Send each report to this node as Encapsulated PDF."),
    ] = None,
    settle: Annotated[
        float, Option("--settle", metavar="SECONDS", min=0, help="Time to wait after the last object of a set.")
    ] = 5.0,
    max_associations: Annotated[
        int, Option("--max-associations", metavar="N", min=1, help="Maximum number of simultaneous associations.")
    ] = 25,
    max_object: Annotated[int, Option("--max-object", metavar="MIB", min=1, help="Maximum size of an object.")] = 1024,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
    max_disk: Annotated[int, Option("--max-disk", metavar="GIB", min=1, help="Maximum disk space for objects.")] = 50,
) -> int:
    """Receive RT Plans, Doses, Structure Sets and CTs by C-STORE, and check each plan once its set is complete.

    A set is complete when the plan, the structure set it refers to and a dose that refers to it have arrived and
    nothing else has been received for --settle seconds. DIR/index.html lists all plans; the reports are in DIR/reports,
    in a folder for each plan's UID: HTML, JSON and, with the extra pdf, PDF. Stop with Ctrl-C. However it ended, the
    next start checks what was received and not yet checked, and nothing twice.
    """
    from rtcheck.atomic_write import make_private_folder
    from rtcheck.batch.run import protocols_text
    from rtcheck.batch.store import only_writer, open_store
    from rtcheck.cli.output import say_with_time
    from rtcheck.network.extra import needed, pdf_needed, report_formats

    needed("pynetdicom")
    from rtcheck.network.inbox import Inbox
    from rtcheck.network.listener import Door, Listener
    from rtcheck.network.nodes import parse_node
    from rtcheck.network.worker import Judge

    node = parse_node(send_to) if send_to else None
    if node:
        pdf_needed()
    fixed, candidates = chosen_protocols(protocols)
    if len(fixed) > 1:
        raise UsageError("listen checks a plan against one protocol; --protocol auto:rules.yaml chooses among several.")
    question = stated.question(
        fixed, terms_of(engine, patient, strict=strict, drawn_only=drawn_only), candidates=candidates
    )
    judge = Judge(
        inbox=Inbox(out / "objects", limit_bytes=max_disk * GIB),
        out=out,
        question=replace(question, formats=report_formats()),
        settle_s=settle,
        send_to=node,
        calling_aet=aet,
        say=say_with_time,
    )
    door = Door(
        aet=aet,
        host=host,
        port=port,
        allowed=tuple(allow or ()),
        max_associations=max_associations,
        max_object_bytes=max_object * MIB,
    )
    listener = Listener(door=door, judge=judge, say=say_with_time)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    make_private_folder(out)
    with only_writer(out):
        open_store(out).connection.close()  # what is wrong with it is told before the port is open
        listener.start()
        say_with_time(f"listening as {aet} on {host}:{listener.port}, protocol {protocols_text(question)}")
        ended.wait()
        listener.stop()
    say_with_time("stopped")
    return 0
