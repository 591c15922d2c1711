"""`--protocol auto`: the protocol that the plan calls for, and why; an error where none or several apply.

`--protocol plan`: the limits that the plan states itself.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from rtcheck.cli.options import protocol_names
from rtcheck.protocol.file.library import AUTO, PLAN

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
        "whose applies_to the plan meets; auto:FOLDER: one of your own files. plan: the limits in the RT Plan.",
        autocompletion=protocol_names,
    ),
]


def is_by_plan(protocol: str) -> bool:
    """Whether the plan chooses the protocol, or states its limits itself."""
    return _is_auto(protocol) or protocol.strip().casefold() == PLAN


def _is_auto(protocol: str) -> bool:
    return protocol.strip().partition(":")[0].casefold() == AUTO


def chosen_protocol(protocol: str) -> "Protocol":
    """The protocol named; for auto and plan an empty one of that name until the plan is read."""
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.protocol.file.model import Protocol

    if not is_by_plan(protocol):
        return load_protocol(protocol)
    return Protocol(name=AUTO if _is_auto(protocol) else PLAN, constraints=())


def with_choice(case: "Case", protocol: str) -> tuple["Case", "Protocol"]:
    """The case with a remark on the choice, and the protocol chosen; the choice is also printed on standard error.

    For plan it is the plan's own limits, with no remark.

    Raises:
        UsageError: none applies, several do, or the plan states no limits.
    """
    if not _is_auto(protocol):
        from rtcheck.checking.proposing.plan_limits import protocol_of_plan

        return case, protocol_of_plan(case)
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
