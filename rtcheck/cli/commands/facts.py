"""`rtcheck facts PROTOCOL`: a template of the clinical facts that a protocol asks for."""

from typing import Annotated

from rtcheck.cli.declared import Argument
from rtcheck.cli.standard_output import say


def facts(
    protocol: Annotated[str, Argument(metavar="NAME_OR_FILE", help="An included protocol or a protocol file.")],
) -> None:
    """Print a template of the clinical facts that a protocol requires. Fill it in and pass it with --facts."""
    from rtcheck.protocol.clinical.facts import facts_template
    from rtcheck.protocol.file.load import load_protocol

    say(facts_template(load_protocol(protocol)))
