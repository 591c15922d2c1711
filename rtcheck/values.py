"""Frozen dataclasses that are made in a tenth of the time: the values that all of rtcheck is made of.

The standard library compiles six methods for each frozen dataclass when its module is imported: 0.3 ms, and of 250
classes a sixth of a whole check. Here `__init__` is compiled when the first value is made, and the other methods are
shared. Everything else (fields, slots, defaults, inheritance, `replace`, `asdict`, pattern matching) is the standard
library's, and so are all classes that are not frozen.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn


def _dataclass(*, frozen: bool = False, eq: bool = True, repr: bool = True, **options: Any) -> Callable[[type], type]:
    """`dataclasses.dataclass` with its arguments."""
    if not frozen:
        return dataclasses.dataclass(eq=eq, repr=repr, **options)

    def made(kind: type) -> type:
        own = {name for name, method in vars(kind).items() if not (name == "__hash__" and method is None)}
        value: type = dataclasses.dataclass(init=False, eq=False, repr=False, **options)(kind)
        methods: dict[str, Any] = {
            "__init__": _Init(value),
            "__setattr__": _refuse_to_set,
            "__delattr__": _refuse_to_delete,
        }
        if options.get("slots"):
            methods |= {"__getstate__": _state, "__setstate__": _set_state}
        if eq:
            methods |= {"__eq__": _is_equal, "__hash__": _hash}
        if repr:
            methods["__repr__"] = _text
        for name in methods.keys() - own:
            setattr(value, name, methods[name])
        return value

    return made


class _Init:
    """`__init__` of a class: compiled when it is first looked up, and then in this one's place."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __get__(self, value: object, owner: type | None = None) -> Any:
        written = _written_init(self._kind)
        self._kind.__init__ = written  # type: ignore[misc]
        return written.__get__(value, owner)


class _Made:
    """The default of a field that a function makes anew for each value."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def _written_init(kind: type) -> Any:
    """The function that sets all fields but those that are left to `__post_init__`."""
    names: dict[str, Any] = {"_set": object.__setattr__, "_MADE": _MADE, "__name__": kind.__module__}
    by_place: list[str] = ["self"]
    by_name: list[str] = []
    lines: list[str] = []
    for each in fields(kind):
        parameter, value = _parameter_and_value(each, names)
        if parameter:
            (by_name if each.kw_only else by_place).append(parameter)
        if value:
            lines.append(f"_set(self, {each.name!r}, {value})")
    if hasattr(kind, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join([*by_place, "*", *by_name] if by_name else by_place)
    exec(f"def __init__({parameters}):\n  " + "\n  ".join(lines or ["pass"]), names)
    written = names["__init__"]
    written.__qualname__ = f"{kind.__qualname__}.__init__"
    written.__annotations__ = {each.name: each.type for each in fields(kind) if each.init} | {"return": None}
    return written


def _parameter_and_value(field: "dataclasses.Field[Any]", names: dict[str, Any]) -> tuple[str, str]:
    """The parameter of a field and the value that it gets, as source; "" for none. Defaults are added to `names`."""
    name = field.name
    if field.default_factory is not MISSING:
        names[f"_make_{name}"] = field.default_factory
        made = f"_make_{name}()"
        return (f"{name}=_MADE", f"{made} if {name} is _MADE else {name}") if field.init else ("", made)
    if field.default is not MISSING:
        names[f"_default_{name}"] = field.default
        return (f"{name}=_default_{name}", name) if field.init else ("", f"_default_{name}")
    return (name, name) if field.init else ("", "")


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _is_equal(self: Any, other: object) -> Any:
    kind: Any = type(self)
    compared = _compared(kind)
    if type(other) is not kind:
        return NotImplemented
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    kind: Any = type(self)
    return hash(_compared(kind)(self))


@cache
def _compared(kind: Any) -> Callable[[object], object]:
    """What gives a value's fields as a tuple, those apart that are not compared."""
    names = [each.name for each in fields(kind) if each.compare]
    return attrgetter(*names, *names[: len(names) == 1]) if names else lambda _: ()  # of one name alone: no tuple


@recursive_repr()
def _text(self: Any) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _state(self: Any) -> list[Any]:
    """What is pickled."""
    return [getattr(self, each.name) for each in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _dataclass
