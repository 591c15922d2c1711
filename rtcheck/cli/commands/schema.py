"""`rtcheck schema NAME`: the published JSON Schemas of what rtcheck writes and reads."""

from typing import Annotated

from rtcheck.cli.declared import Argument
from rtcheck.cli.standard_output import say


def schema(
    name: Annotated[
        str, Argument(metavar="NAME", help="report, dvh, structures, ...; `list` lists all of them.")
    ] = "list",
) -> None:
    """Print the JSON Schema of an output, for programs that read it."""
    from rtcheck.report.schemas import schema_names, schema_text

    say("\n".join(schema_names()) + "\n" if name == "list" else schema_text(name))
