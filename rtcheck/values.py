"""Frozen dataclasses that are made in a tenth of the time: the values that all of rtcheck is made of.

The standard library works out the fields of a dataclass and compiles six methods for it when its module is imported:
0.3 ms, and of 250 classes a fifth of a whole check. Here the standard library finds the fields (and what patterns
match) of a class with slots when they are first looked up, `__init__` takes the fields by their names without being
compiled, and the other methods are shared. Everything else (defaults, inheritance, `replace`, `asdict`, what a wrong
call raises) is as in the standard library.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import cache
from inspect import Signature, get_annotations, signature
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn

_FOUND = ("__dataclass_fields__", "__dataclass_params__", "__match_args__")
"""What the standard library finds in a class."""

_ALONE = {"init": False, "eq": False, "repr": False}
"""Of the standard library, for a class that gets these methods here."""


def _dataclass(
    *, frozen: bool = False, slots: bool = False, eq: bool = True, repr: bool = True, **options: Any
) -> Callable[[type], type]:
    """`dataclasses.dataclass` with its arguments."""

    def made(kind: type) -> type:
        body = {name: part for name, part in vars(kind).items() if name not in ("__dict__", "__weakref__")}
        if "__eq__" in body and body["__hash__"] is None:  # Python's own doing
            del body["__hash__"]
        methods = {name: part for name, part in _methods(frozen, slots, eq, repr).items() if name not in body}
        if slots and _has_fields_alone(kind):
            value = _with_slots(kind, body, methods, options)
        else:
            value = dataclasses.dataclass(slots=slots, **_ALONE, **options)(kind)
            for name, method in methods.items():
                setattr(value, name, method)
        if "__init__" not in body:
            value.__init__ = _Init(value)  # type: ignore[misc]
            value.__signature__ = _Signature(value)  # type: ignore[attr-defined]
        return value

    return made


def _has_fields_alone(kind: type) -> bool:
    """Whether a class inherits no field, and each of its annotations is one."""
    annotations = get_annotations(kind).values()
    return kind.__bases__ == (object,) and not any(
        getattr(each, "__origin__", each) is ClassVar for each in annotations
    )


@cache
def _methods(frozen: bool, slots: bool, eq: bool, repr: bool) -> dict[str, Any]:
    """The methods that classes share."""
    methods: dict[str, Any] = {}
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}
    if eq:
        methods |= {"__eq__": _is_equal, "__hash__": _hash if frozen else None}
    if repr:
        methods["__repr__"] = _text
    return methods


def _with_slots(kind: type, body: dict[str, Any], methods: dict[str, Any], options: dict[str, Any]) -> type:
    """The class with a slot for each field; which fields these are is found out later."""
    names = tuple(get_annotations(kind))
    parts = body | methods | {"__slots__": names, "__qualname__": kind.__qualname__}
    for name in names:
        parts.pop(name, None)
    value = type(kind.__name__, (), parts)
    for name in _FOUND:
        setattr(value, name, _Found(value, name, body, options))
    return value


class _Found:
    """What the standard library finds in a class: found when it is first looked up, and then in this one's place."""

    __slots__ = ("_body", "_kind", "_name", "_options")

    def __init__(self, kind: type, name: str, body: dict[str, Any], options: dict[str, Any]) -> None:
        self._kind, self._name, self._body, self._options = kind, name, body, options

    def parts(self) -> "dict[str, _Part]":
        """What a value takes for each field, which needs less than the fields themselves."""
        is_by_name = self._options.get("kw_only", False)
        return {name: _part(self._body.get(name, MISSING), is_by_name) for name in vars(self._kind)["__slots__"]}

    def __get__(self, value: object, owner: type | None = None) -> Any:
        # A class for this alone: two threads may come at once.
        alike = type(self._kind.__name__, (), self._body | {"__doc__": self._name})
        found: Any = dataclasses.dataclass(**_ALONE, **self._options)(alike)
        assert tuple(each.name for each in fields(found)) == vars(self._kind)["__slots__"], "no InitVar or KW_ONLY"
        for name in _FOUND:
            setattr(self._kind, name, getattr(found, name))
        return getattr(found, self._name)


class _Part(NamedTuple):
    """What a value takes for a field, as `dataclasses.Field` names it."""

    default: Any = MISSING
    default_factory: Any = MISSING
    init: bool = True
    kw_only: bool = False


def _part(stated: Any, is_by_name: bool) -> _Part:
    """The part of what stands behind the field's name in its class; `is_by_name` is of all the class."""
    if not isinstance(stated, dataclasses.Field):
        return _Part(default=stated, kw_only=is_by_name)
    kw_only = is_by_name if stated.kw_only is MISSING else stated.kw_only
    return _Part(stated.default, stated.default_factory, stated.init, kw_only)


class _Init:
    """`__init__` of a class: made when it is first looked up, and then in this one's place."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __get__(self, value: object, owner: type | None = None) -> Any:
        made = _init_by_names(self._kind) or _written_init(self._kind)
        made.__qualname__ = f"{self._kind.__qualname__}.__init__"
        self._kind.__init__ = made  # type: ignore[misc]
        return made.__get__(value, owner)


class _Signature:
    """How values of a class are made, for people; to inherit, it would have to know other `__init__`s."""

    __slots__ = ("_kind",)

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __get__(self, value: object, owner: type | None = None) -> Signature:
        if value is not None or owner is not self._kind:
            raise AttributeError("__signature__")
        whole = signature(_written_init(self._kind))
        return whole.replace(parameters=list(whole.parameters.values())[1:])


def _init_by_names(kind: Any) -> Callable[..., None] | None:
    """The `__init__` of a class whose fields are all parameters; where a call is wrong, the written one says so.

    It is as quick as the written one, and made in a tenth of the time.
    """
    found = vars(kind).get("__dataclass_fields__")
    parts = found.parts() if isinstance(found, _Found) else {each.name: each for each in fields(kind)}
    if not all(each.init for each in parts.values()):
        return None
    names = tuple(parts)
    places = tuple(name for name, each in parts.items() if not each.kw_only)
    defaults = {name: each.default for name, each in parts.items() if each.default is not MISSING}
    makers = {name: each.default_factory for name, each in parts.items() if each.default_factory is not MISSING}
    is_completed, set_field = hasattr(kind, "__post_init__"), object.__setattr__

    def __init__(self: Any, /, *by_place: Any, **by_name: Any) -> None:  # noqa: N807 - what it is for
        values = dict(zip(places, by_place, strict=False)) | by_name if by_place else by_name
        if len(values) != len(by_place) + len(by_name):
            return explained(self, by_place, by_name)
        if len(values) < len(names):
            values = defaults | {name: make() for name, make in makers.items() if name not in values} | values
        if len(values) != len(names):
            return explained(self, by_place, by_name)
        try:
            for name in names:
                set_field(self, name, values[name])
        except KeyError:
            return explained(self, by_place, by_name)
        if is_completed:
            self.__post_init__()
        return None

    def explained(value: Any, by_place: tuple[Any, ...], by_name: dict[str, Any]) -> None:
        _written_init(kind)(value, *by_place, **by_name)

    return __init__


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
