"""Groups of options: a command takes a value whole, and its command line has the options one by one."""

import functools
import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from itertools import chain
from typing import Any


def flattened(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """The function with each parameter that is a group of options replaced by the options themselves.

    Typer reads a command's parameters one by one; this lets a command say `reading: Reading` and get the value whole.
    In the help, what is the command's own comes before what all commands have.
    """
    signature = inspect.signature(function)
    hints = typing.get_type_hints(function, include_extras=True)
    groups = {name: hints[name] for name in signature.parameters if is_dataclass(hints[name])}
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
        if name not in groups
    ]
    parameters = [*own, *chain.from_iterable(_options_of(group) for group in groups.values())]

    @functools.wraps(function)
    def flat(**options: Any) -> int | None:
        values = {
            name: group(**{each.name: options.pop(each.name) for each in fields(group)})
            for name, group in groups.items()
        }
        return function(**options, **values)

    flat.headings = _headings(groups.values())  # type: ignore[attr-defined]
    flat.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del flat.__wrapped__  # typer would look through to the groups
    return flat


def _headings(groups: Iterable[Any]) -> dict[str, str]:
    """Under which heading of the help each option of the groups stands."""
    return {
        each.name: owner.HEADING
        for group in groups
        for owner in group.__mro__
        for each in (fields(owner) if "HEADING" in vars(owner) else ())
    }


def _options_of(group: Any) -> list[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=_default(each), annotation=hints[each.name]
        )
        for each in fields(group)
    ]


def _default(each: "Field[Any]") -> Any:
    return inspect.Parameter.empty if each.default is MISSING else each.default
