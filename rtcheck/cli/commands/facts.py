"""`rtcheck facts PROTOCOL`: a template of the clinical facts that a protocol asks for."""

import sys
from typing import Annotated

from typer import Argument


def facts(
    protocol: Annotated[str, Argument(metavar="NAME_OR_FILE", help="A protocol of the box, or a protocol file.")],
) -> None:
    """Print a template of the clinical facts that a protocol asks for, to be filled in and given with --facts."""
    from rtcheck.protocol.clinical.facts import facts_template
    from rtcheck.protocol.file.load import load_protocol

    sys.stdout.write(facts_template(load_protocol(protocol)))
