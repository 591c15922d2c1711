"""The words of a plain command line -> its options, without building the Typer command.

Typer imports pydantic and builds a validator for each option: 0.1 s, a quarter of a whole check. Most command lines
are made of known options with plain values; these are read here, exactly as Typer would. Whatever is not that plain
(help, a fault, an unknown option) is left to Typer, which explains it.
"""

import inspect
import typing
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from math import inf
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from rtcheck.cli.declared import Argument, Declared, Option
from rtcheck.values import dataclass


class _LeaveToTyper(Exception):  # noqa: N818 - no error: Typer reads the command line instead
    """These words are not plain."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter of a command: the type of one value, and whether it may be given several times."""

    name: str
    info: Declared
    kind: type
    is_list: bool


def quick_options(parameters: Iterable[inspect.Parameter], words: Sequence[str]) -> dict[str, Any] | None:
    """The value of every parameter, or None where Typer has to read the words."""
    try:
        return _read(tuple(parameters), iter(words))
    except (_LeaveToTyper, ValueError):
        return None


def _read(parameters: tuple[inspect.Parameter, ...], words: Iterator[str]) -> dict[str, Any]:
    known = [_parameter(each) for each in parameters]
    options = {flag: each for each in known if isinstance(each.info, Option) for flag in each.info.flags}
    arguments = iter([each for each in known if isinstance(each.info, Argument)])
    values: dict[str, Any] = {each.name: each.default for each in parameters}
    given: set[str] = set()
    for word in words:
        if word.startswith("-"):
            flag, has_value, value = word.partition("=")
            option = options.get(flag) or _leave()
            if option.name in given and not option.is_list:
                _leave()
            given.add(option.name)
            if option.kind is bool:
                values[option.name] = True if not has_value else _leave()
            else:
                _give(values, option, value if has_value else _next_value(words))
        else:
            _give(values, next(arguments, None) or _leave(), word)
    if inspect.Parameter.empty in values.values():
        _leave()
    return values


def _parameter(parameter: inspect.Parameter) -> _Parameter:
    """The parts of an annotation like `Annotated[list[Path] | None, Option(...)]`."""
    kind, info, *more = typing.get_args(parameter.annotation) or (None, None)
    if more or not isinstance(info, Declared):
        _leave()
    if isinstance(kind, UnionType):
        kind, *others = [each for each in typing.get_args(kind) if each is not NoneType]
        if others:
            _leave()
    is_list = typing.get_origin(kind) is list
    return _Parameter(parameter.name, info, typing.get_args(kind)[0] if is_list else kind, is_list)


def _give(values: dict[str, Any], parameter: _Parameter, text: str) -> None:
    value = _converted(parameter, text)
    if parameter.is_list:
        before = values[parameter.name]
        values[parameter.name] = [*before, value] if isinstance(before, list) else [value]
    else:
        values[parameter.name] = value


def _converted(parameter: _Parameter, text: str) -> Any:
    """The value of a text, for the types that need no explanation. Raises ValueError for a text that is none."""
    kind, info = parameter.kind, parameter.info
    if kind in (int, float):
        least, most = (-inf if info.min is None else info.min), (inf if info.max is None else info.max)
        if not least <= float(text) <= most:
            _leave()
    if kind in (str, Path, int, float) or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind(text)
    return _leave()


def _next_value(words: Iterator[str]) -> str:
    word = next(words, "-")
    return _leave() if word.startswith("-") else word


def _leave() -> typing.NoReturn:
    raise _LeaveToTyper
