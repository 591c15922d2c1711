"""Frozen values behave as the standard library's frozen dataclasses do; what is expected is taken from those."""

import copy
import dataclasses
import inspect
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from pathlib import Path
from threading import Barrier
from typing import Any, ClassVar

import pytest

from rtcheck import values

Dataclass = Any  # a decorator, not a type that mypy could follow


def gallery(dataclass: Dataclass) -> list[type]:
    """The same classes, made by one decorator or the other."""

    @dataclass(frozen=True, slots=True)
    class Point:
        """Two numbers."""

        x: float
        y: float = 2.0

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named:
        """A name alone."""

        name: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Longer(Named):
        """A class that inherits a field, with a default that is made anew, one that is hidden and one not compared."""

        places: list[int] = field(default_factory=list)
        secret: str = field(default="s", repr=False)
        remark: str = field(default="", compare=False)

    @dataclass(frozen=True, slots=True)
    class Checked:
        """One that is checked when it is made, and has a field that follows from another."""

        low: float
        double: float = field(init=False)
        kept: dict[str, int] = field(init=False, repr=False, default_factory=dict)
        three: int = field(init=False, default=3)

        def __post_init__(self) -> None:
            if self.low < 0:
                raise ValueError("below 0")
            object.__setattr__(self, "double", 2 * self.low)

    @dataclass(frozen=True, slots=True, eq=False, repr=False)
    class Identical:
        """Equal to itself alone."""

        x: float

    @dataclass(frozen=True)
    class Open:
        """Without slots, and with a text of its own."""

        x: float

        def __repr__(self) -> str:
            return "open"

    @dataclass(frozen=True, slots=True)
    class Rounded:
        """With an equality of its own, and so the hash of its fields."""

        x: float

        def __eq__(self, other: object) -> bool:
            return isinstance(other, type(self)) and round(other.x) == round(self.x)

    @dataclass(frozen=True, slots=True)
    class Empty:
        """Nothing."""

    @dataclass(frozen=True, slots=True)
    class Parted:
        """With fields by place and one by name alone, and a constant."""

        UNIT: ClassVar = "mm"
        NAMES: ClassVar[tuple[str, ...]] = ("x",)

        x: float
        z: int = 0
        y: list[float] = field(default_factory=list, kw_only=True)

    return [Point, Named, Longer, Checked, Identical, Open, Rounded, Empty, Parted]


OURS, THEIRS = gallery(values.dataclass), gallery(dataclasses.dataclass)
GIVEN: list[list[dict[str, Any]]] = [
    [{"x": 1.0}, {"x": 1.0, "y": 3.0}, {"x": float("nan")}],
    [{"name": "a"}, {"name": "b"}],
    [{"name": "a"}, {"name": "a", "remark": "r"}, {"name": "a", "secret": "t"}, {"name": "b", "places": [1]}],
    [{"low": 1.0}, {"low": 2.0}],
    [{"x": 1.0}, {"x": 1.0}],
    [{"x": 1.0}, {"x": 2.0}],
    [{"x": 1.0}, {"x": 1.0}, {"x": 3.0}],
    [{}],
    [{"x": 1.0}, {"x": 1.0, "z": 2}, {"x": 1.0, "y": [3.0]}],
]
PAIRS = pytest.mark.parametrize(
    ("ours", "theirs", "given"), list(zip(OURS, THEIRS, GIVEN, strict=True)), ids=[each.__name__ for each in OURS]
)


@PAIRS
def test_the_signature_fields_and_patterns_are_the_same(ours: Any, theirs: Any, given: list[dict[str, Any]]) -> None:
    shown = str(inspect.signature(ours))
    assert shown == str(inspect.signature(theirs)).replace("<lambda>", "")
    assert [each.name for each in fields(ours)] == [each.name for each in fields(theirs)]
    assert ours.__match_args__ == theirs.__match_args__
    assert getattr(ours, "__slots__", None) == getattr(theirs, "__slots__", None)
    assert ours.__init__.__qualname__.rpartition(".")[2] == "__init__"
    assert ours(**given[0]) is not None


@PAIRS
def test_values_are_made_shown_and_compared_the_same(ours: Any, theirs: Any, given: list[dict[str, Any]]) -> None:
    made, expected = [ours(**each) for each in given], [theirs(**each) for each in given]
    if ours.__name__ != "Identical":
        assert [repr(each) for each in made] == [repr(each) for each in expected]
    assert [asdict(each) for each in made[:1]] == [asdict(each) for each in expected[:1]]
    equal = [[one == other for one in made] for other in made]
    assert equal == [[one == other for one in expected] for other in expected]
    assert made[0] != expected[0]
    if ours.__name__ not in ("Longer", "Checked", "Parted"):  # a list or a dict has no hash, in either
        for one, row in zip(made, equal, strict=True):
            assert all(hash(one) == hash(other) for other, is_equal in zip(made, row, strict=True) if is_equal)


@PAIRS
def test_no_field_can_be_set_or_deleted(ours: Any, theirs: Any, given: list[dict[str, Any]]) -> None:
    for kind in (ours, theirs):
        value = kind(**given[0])
        for name in [each.name for each in fields(value)]:
            with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
                setattr(value, name, 1)
            with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
                delattr(value, name)
        assert replace(value) is not value
        with pytest.raises(TypeError):
            kind(nothing=1)


@PAIRS
@pytest.mark.parametrize(
    ("by_place", "by_name"),
    [
        ((), {}),
        ((1.0,), {}),
        ((1.0,), {"x": 1.0}),
        ((1.0, 2.0, 3.0, 4.0), {}),
        ((), {"nothing": 1}),
        ((), {"x": 1.0, "nothing": 1}),
        ((), {"name": "a", "nothing": 1}),
        ((1.0, 2.0), {"y": [3.0], "nothing": 1}),
    ],
)
def test_a_call_gives_the_same_value_or_the_same_error(
    ours: Any, theirs: Any, given: list[dict[str, Any]], by_place: tuple[float, ...], by_name: dict[str, Any]
) -> None:
    def called(kind: Any) -> str:
        try:
            return str(asdict(kind(*by_place, **by_name)))
        except TypeError as error:
            return str(error)

    assert called(ours) == called(theirs)
    assert asdict(ours(**given[0])) == asdict(theirs(**given[0]))  # a wrong call changes nothing


def test_no_frozen_class_of_the_package_is_made_by_the_standard_library() -> None:
    """Each would cost 0.3 ms of every command that imports it."""
    package = Path(values.__file__).parent
    slow = [
        path
        for path in package.rglob("*.py")
        if "frozen=True" in (text := path.read_text())
        and re.search(r"^from dataclasses import .*\bdataclass\b", text, re.M)
    ]
    assert slow == []


def test_wrong_arguments_are_explained_by_the_name_of_the_class() -> None:
    with pytest.raises(TypeError, match=r"Named.__init__\(\) missing 1 required keyword-only argument: 'name'"):
        OURS[1]()
    with pytest.raises(ValueError, match="below 0"):
        OURS[3](low=-1.0)


def test_a_default_that_is_made_anew_is_not_shared() -> None:
    one, other = OURS[2](name="a"), OURS[2](name="a")
    one.places.append(1)
    assert other.places == []


@values.dataclass(frozen=True, slots=True)
class Kept:
    """A value at the top of a module, as pickle needs it."""

    x: float
    sizes: list[float] = field(default_factory=list)


def test_a_value_is_pickled_and_copied() -> None:
    value = Kept(1.0, [2.0])
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value).sizes is value.sizes
    assert copy.deepcopy(value) == value
    assert copy.deepcopy(value).sizes is not value.sizes


def test_a_value_is_matched_by_its_places() -> None:
    match Kept(1.0):
        case Kept(x, sizes):
            assert (x, sizes) == (1.0, [])


def test_a_value_that_holds_itself_is_shown() -> None:
    value = Kept(1.0)
    value.sizes.append(value)  # type: ignore[arg-type]
    assert repr(value) == "Kept(x=1.0, sizes=[...])"


def tallies(dataclass: Dataclass) -> list[Any]:
    """Classes that are not frozen."""

    @dataclass(slots=True)
    class Tally:
        """A count."""

        count: int = 0
        names: list[str] = field(default_factory=list)

    @dataclass(slots=True, kw_only=True, eq=False)
    class Alone:
        """A count that is equal to itself alone."""

        count: int = 0

    return [Tally, Alone]


@pytest.mark.parametrize(
    ("ours", "theirs"), list(zip(tallies(values.dataclass), tallies(dataclasses.dataclass), strict=True))
)
def test_a_class_that_is_not_frozen_can_be_changed(ours: Any, theirs: Any) -> None:
    one, other = ours(), theirs()
    one.count += 1
    other.count += 1
    assert repr(one) == repr(other).replace("dataclasses", "values")
    assert asdict(one) == asdict(other)
    assert (one == ours(count=1)) is (other == theirs(count=1))
    assert (ours.__hash__ is None) is (theirs.__hash__ is None)
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    with pytest.raises(AttributeError):
        one.nothing = 1


class Heavier(Kept):
    """A class that makes its parent's value in its own way."""

    __slots__ = ()

    def __init__(self, whole: float) -> None:
        super().__init__(whole / 2)


def test_a_class_may_inherit_and_have_an_init_of_its_own() -> None:
    assert Heavier(4.0).x == 2.0
    assert list(inspect.signature(Heavier).parameters) == ["whole"]
    assert list(inspect.signature(Kept).parameters) == ["x", "sizes"]
    assert [each.name for each in fields(Heavier)] == ["x", "sizes"]


def test_threads_that_make_the_first_value_at_once_find_the_same_fields() -> None:
    expected = [asdict(kind(**given[0])) for kind, given in zip(THEIRS, GIVEN, strict=True)]
    for _ in range(50):
        kinds, barrier = gallery(values.dataclass), Barrier(2)

        def made(kinds: list[Any], barrier: Barrier) -> list[dict[str, Any]]:
            barrier.wait()
            return [asdict(kind(**given[0])) for kind, given in zip(kinds, GIVEN, strict=True)]

        with ThreadPoolExecutor(2) as threads:
            both = [threads.submit(made, kinds, barrier) for _ in range(2)]
            assert [each.result() for each in both] == [expected, expected]
