"""Options and arguments as the commands declare them; Typer, which takes 0.04 s to import, sees them only when it runs.

quiet: Annotated[bool, Option("--quiet", "-q", help="Print only the verdict.")] = False
"""

import inspect
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from typer.models import ParameterInfo


class Declared:
    """One parameter on the command line: its spellings, its limits if it is a number, and what its help says."""

    __slots__ = ("flags", "max", "min", "others")

    def __init__(self, *flags: str, min: float | None = None, max: float | None = None, **others: Any) -> None:
        self.flags = flags
        self.min = min
        self.max = max
        self.others = others
        """What only Typer reads: help, metavar, autocompletion, show_default."""


class Option(Declared):
    """A parameter that is given by name."""

    __slots__ = ()


class Argument(Declared):
    """A parameter that is given by its place."""

    __slots__ = ()


def told_to_typer(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, with its declared options and arguments made Typer's own."""
    signature = inspect.signature(command)
    parameters = [
        each.replace(annotation=_annotation_for_typer(each.annotation)) for each in signature.parameters.values()
    ]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _annotation_for_typer(annotation: Any) -> Any:
    kind, *declared = typing.get_args(annotation) or (annotation,)
    if declared and isinstance(declared[0], Declared):
        return Annotated[kind, _of_typer(declared[0])]
    return annotation


def _of_typer(declared: Declared) -> "ParameterInfo":
    import typer

    make = typer.Option if isinstance(declared, Option) else typer.Argument
    made: ParameterInfo = make(*declared.flags, min=declared.min, max=declared.max, **declared.others)
    return made
