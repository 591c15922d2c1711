"""`rtcheck watch`: check what is exported into a folder."""

import os
from pathlib import Path
from typing import Annotated

from rtcheck.cli.choosing import ProtocolNames, chosen_protocols
from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import DrawnOnly, Engine, Jobs, Looks, OwnColours, PatientFacts, Strict, terms_of
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError


def watch(
    folder: Annotated[Path, Argument(metavar="FOLDER", help="The folder into which plans are exported.")],
    protocols: ProtocolNames,
    out: Annotated[
        Path, Option("--out", "-o", metavar="DIR", help="Folder for the results; an earlier run in it is continued.")
    ],
    stated: Stated,
    engine: Engine,
    patient: PatientFacts,
    looks: Looks,
    settle: Annotated[
        float,
        Option("--settle", metavar="SECONDS", min=0, help="Time to wait after the last change to a plan."),
    ] = 5.0,
    jobs: Jobs = None,
    own_colours: OwnColours = False,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
) -> int:
    """Check each plan that is exported into FOLDER, or below it, once it is complete.

    A plan is complete when the plan, the structure set it refers to and a dose that refers to it are there and none of
    its files has changed for --settle seconds. DIR/index.html lists all plans and grows; each has its HTML report. A
    plan whose files change is checked again. Stop with Ctrl-C; the next start checks nothing twice.
    """
    import signal

    from rtcheck.batch.exports import ExportFolder
    from rtcheck.batch.watching import Watcher
    from rtcheck.cli.output import say_with_time

    if not folder.is_dir():
        raise UsageError(f"The folder {folder} does not exist.")
    fixed, candidates = chosen_protocols(protocols)
    terms = terms_of(engine, patient, strict=strict, drawn_only=drawn_only)
    style = looks.style(own_colours=own_colours)
    question = stated.question(fixed, terms, candidates=candidates, style=style)
    watcher = Watcher(
        folder=ExportFolder(root=folder.resolve(), apart=out.resolve()),
        out=out,
        question=question,
        say=say_with_time,
        settle_s=settle,
        jobs=jobs or os.cpu_count() or 1,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watcher.stop.set())
    watcher.run(on_start=lambda: say_with_time(f"watching, protocol {', '.join(p.name for p in question.protocols)}"))
    say_with_time("stopped")
    return 0
