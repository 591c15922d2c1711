"""`--protocol auto`: the protocol that the plan calls for, and why; an error where none or several apply.

`--protocol plan`: the limits that the plan states itself.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.declared import Option
from rtcheck.cli.options import protocol_names
from rtcheck.errors import UsageError
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
        "whose applies_to the plan meets; auto:FOLDER: one of your own files; auto:rules.yaml: by your own rules. "
        "plan: the limits in the RT Plan.",
        autocompletion=protocol_names,
    ),
]


PROTOCOLS_HELP = (
    "A protocol; can be repeated. auto, auto:FOLDER, auto:rules.yaml: the one that applies to each plan. plan: the "
    "limits in each RT Plan."
)
ProtocolNames = Annotated[list[str], Option("--protocol", "-p", metavar="NAME_OR_FILE", help=PROTOCOLS_HELP)]


def is_by_plan(protocol: str) -> bool:
    """Whether the plan chooses the protocol, or states its limits itself."""
    from rtcheck.protocol.choosing.candidates import is_auto

    return is_auto(protocol) or protocol.strip().casefold() == PLAN


def chosen_protocol(protocol: str) -> "Protocol":
    """The protocol named; for auto and plan an empty one of that name until the plan is read."""
    from rtcheck.protocol.choosing.candidates import is_auto
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.protocol.file.model import Protocol

    if not is_by_plan(protocol):
        return load_protocol(protocol)
    return (
        Protocol(name=AUTO, constraints=(), is_auto=True)
        if is_auto(protocol)
        else Protocol(name=PLAN, constraints=(), is_of_plan=True)
    )


def with_choice(case: "Case", protocol: str) -> tuple["Case", "Protocol"]:
    """The case with a remark on the choice, and the protocol chosen; the choice is also printed on standard error.

    For plan it is the plan's own limits, with no remark.

    Raises:
        UsageError: none applies, several do, or the plan states no limits.
    """
    from rtcheck.checking.proposing.chosen import with_chosen
    from rtcheck.protocol.choosing.candidates import candidates, is_auto

    if not is_auto(protocol):
        from rtcheck.checking.proposing.plan_limits import protocol_of_plan

        return case, protocol_of_plan(case)

    case, chosen, told = with_chosen(case, candidates(protocol))
    sys.stderr.write(f"{told}\n")
    return case, chosen


def chosen_protocols(
    names: Sequence[str], *, folder: Path = Path()
) -> "tuple[tuple[Protocol, ...], tuple[Protocol, ...]]":
    """The protocols for many plans, an empty one for auto and for plan, and what auto chooses from.

    Files are in `folder`.
    """
    from rtcheck.protocol.choosing.candidates import candidates, is_auto
    from rtcheck.protocol.file.load import load_distinct

    autos = [name for name in names if is_auto(name)]
    if len(autos) > 1:
        raise UsageError("--protocol auto is given twice; put the rules into one file.")
    fixed = load_distinct(_in_folder(name, folder) for name in names if not is_by_plan(name))
    of_plan = dict.fromkeys(PLAN for name in names if is_by_plan(name) and not is_auto(name))
    return (*fixed, *map(chosen_protocol, (*autos, *of_plan))), candidates(autos[0], folder=folder) if autos else ()


def _in_folder(name: str, folder: Path) -> str:
    """The name of a protocol as it is; the path of a file in the folder."""
    from rtcheck.protocol.file.library import SUFFIXES

    is_file = Path(name).suffix.lower() in SUFFIXES or "/" in name
    return str(folder / Path(name).expanduser()) if is_file else name
