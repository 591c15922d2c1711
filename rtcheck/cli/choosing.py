"""`--protocol auto`: the protocol that the plan calls for, and why; an error where none or several apply."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from rtcheck.cli.options import protocol_names
from rtcheck.protocol.file.library import AUTO

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.protocol.file.model import Protocol

ProtocolOrAuto = Annotated[
    str | None,
    Option(
        "--protocol",
        "-p",
        metavar="NAME_OR_FILE",
        help="An included protocol (`rtcheck protocols list`), a protocol file, or - for standard input. auto: the one "
        "whose applies_to the plan meets; auto:FOLDER: one of your own files.",
        autocompletion=protocol_names,
    ),
]


def is_auto(protocol: str) -> bool:
    """Whether the protocol is to be chosen by the plan."""
    return protocol.strip().partition(":")[0].casefold() == AUTO


def chosen_protocol(protocol: str) -> "Protocol":
    """The protocol named; for auto an empty one of that name until the plan is read."""
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.protocol.file.model import Protocol

    return Protocol(name=AUTO, constraints=()) if is_auto(protocol) else load_protocol(protocol)


def with_choice(case: "Case", protocol: str) -> tuple["Case", "Protocol"]:
    """The case with a remark on the choice, and the protocol chosen; the choice is also printed on standard error.

    Raises:
        UsageError: none applies, or several do.
    """
    from rtcheck.checking.proposing.plan_outline import outline_of
    from rtcheck.notices import Notice
    from rtcheck.protocol.choosing.applying import protocols_in, the_one_that_applies
    from rtcheck.protocol.file.load import available_protocols

    folder = protocol.strip().partition(":")[2]
    candidates = protocols_in(Path(folder).expanduser()) if folder else available_protocols()
    fit = the_one_that_applies(candidates, outline_of(case))
    told = f"Protocol {fit.protocol.name} was chosen by --protocol auto: {fit.why}."
    sys.stderr.write(f"{told}\n")
    notice = Notice(code="protocol.chosen", text=told, severity="info")
    return replace(case, notices=(*case.notices, notice)), fit.protocol
