"""What one case was turned into, kept for its next check: contours read, solids built and joined, DVHs integrated.

An edited limit asks the same structures again. With what is kept only what changed is computed; the report is the one
that a check without it would give, since whatever is kept is found by everything that it depends on.
"""

from collections.abc import Callable, Hashable, Iterator, MutableMapping
from dataclasses import field, replace
from typing import TypeVar, cast

from rtcheck.case import Case
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.scaling import scaled
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.boolean import Operation, combine, evaluate
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.expression import AllOf, Expression, Name, names_in
from rtcheck.geometry.solid import EndCaps, Gaps, Shape, Solid
from rtcheck.values import dataclass

MOST_JOINED = 400
"""Solids made of others that are kept; a user who tries more expressions than that starts afresh."""

MOST_ANSWERS = 5000
MOST_BY_IDENTITY = 5000

T = TypeVar("T")

Dvhs = MutableMapping[Solid, Dvh]
_Key = tuple[EngineSettings, int, float | None]


class ByIdentity:
    """What was made of values that stay the same objects; each is held, so that no other gets its identity."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[object, object]] = {}

    def of(self, value: object, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives of the value; `key` is all else that it depends on."""
        found = self.find(value, key)
        return self.keep(value, key, make()) if found is None else cast(T, found)

    def find(self, value: object, key: Hashable) -> object | None:
        """What was made of the value before; None where nothing was."""
        found = self._made.get((id(value), key))
        return None if found is None else found[1]

    def keep(self, value: object, key: Hashable, made: T) -> T:
        """Keep and return what was made; who makes too much starts afresh."""
        if len(self._made) >= MOST_BY_IDENTITY:
            self._made.clear()
        self._made[id(value), key] = (value, made)
        return made

    def clear(self) -> None:
        """Forget everything."""
        self._made.clear()


@dataclass(frozen=True, slots=True)
class _Settled:
    """A result, and the structures whose bands it lacks: it holds until one of these bands is there."""

    made: object
    left_out: frozenset[Solid]


@dataclass(slots=True, kw_only=True, eq=False)
class Kept:
    """Everything is kept for one dose and one structure set; `dose_scale` is of that dose (1: as it was read).

    Threads may share it: at worst two of them compute the same value.

    Convention bands cost as much as all else together. With `defers_bands` a check leaves those out whose DVHs are not
    there yet (`left_out`), and `deferred` holds what makes them; once that is done (`banded`) the next check has them.

    `asked` is all that a check asks besides its limits, by value: where it is given, results of earlier checks hold for
    limits that are the same objects. It is for one who changes limits one by one; None keeps no results.
    """

    contours: dict[int, Structure] = field(default_factory=dict)
    extents_x_mm: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    solids: dict[tuple[int, Shape, EndCaps, Gaps], Solid] = field(default_factory=dict)
    joined: dict[Hashable, Solid] = field(default_factory=dict)
    dose_scale: float = 1.0
    defers_bands: bool = False
    deferred: dict[Solid, "Callable[[Kept, Case], Iterator[None]]"] = field(default_factory=dict)
    banded: set[Solid] = field(default_factory=set)
    left_out: set[Solid] = field(default_factory=set)
    asked: Hashable = None
    _answers: dict[Hashable, object] = field(default_factory=dict)
    _settled: ByIdentity = field(default_factory=ByIdentity)
    _dvhs: dict[_Key, Dvhs] = field(default_factory=dict)
    _of_doses: dict[Hashable, "Kept"] = field(default_factory=dict)

    def answer(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer to a question that `key` states whole, but for the case that all of this is kept for."""
        found = self._answers.get(key)
        if found is None:
            found = make()
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = found
        return cast(T, found)

    def settled(self, limit: object, of: Hashable, make: Callable[[], T]) -> T:
        """What a limit came to of the same structure when the same was `asked`; made again when a band that it lacked
        is there."""
        if self.asked is None:
            return make()
        key = (of, self.asked)
        found = self._settled.find(limit, key)
        if isinstance(found, _Settled) and found.left_out.isdisjoint(self.banded):
            self.left_out.update(found.left_out)
            return cast(T, found.made)
        before = set(self.left_out)
        self.left_out.clear()
        made = make()
        self._settled.keep(limit, key, _Settled(made, frozenset(self.left_out)))
        self.left_out.update(before)
        return made

    def combined(self, a: Solid, b: Solid, operation: Operation) -> Solid:
        """The union, intersection or difference of two solids."""
        return self._joined((operation, a, b), lambda: combine(a, b, operation))

    def evaluated(self, expression: Expression, solid_of: Callable[[Name | AllOf], Solid]) -> Solid:
        """The solid of an expression over others."""
        parts = {part: solid_of(part) for part in names_in(expression)}
        return self._joined((expression, *parts.values()), lambda: evaluate(expression, lambda part: parts[part]))

    def dvhs(self, settings: EngineSettings, *, refinement: int = 1, negligible_gy: float | None = None) -> Dvhs:
        """The DVHs under these settings, by solid; `negligible_gy` is that of the scaled dose."""
        as_read_gy = None if negligible_gy is None else round(negligible_gy / self.dose_scale, 9)
        return self._dvhs.setdefault((settings, refinement, as_read_gy), {})

    def of_scenario(self, name: Hashable) -> "Kept":
        """What is known under the dose of a scenario; nothing of it is kept but for one who changes limits."""
        if self.asked is None or self.dose_scale != 1.0:
            return Kept()
        return self._of_doses.setdefault(name, Kept())

    def of_another_dose(self) -> "Kept":
        """Contours and solids, without what is known of the dose."""
        return Kept(contours=self.contours, extents_x_mm=self.extents_x_mm, solids=self.solids, joined=self.joined)

    def at_scale(self, dose_scale: float) -> "Kept":
        """The same for the whole dose multiplied by `dose_scale`: a DVH that is known is scaled, which is exact."""
        if dose_scale == 1.0:
            return self
        known: dict[_Key, Dvhs] = {key: _Scaled(dvhs, dose_scale) for key, dvhs in self._dvhs.items()}
        return replace(self, dose_scale=dose_scale, _dvhs=known)

    def _joined(self, key: Hashable, make: Callable[[], Solid]) -> Solid:
        if key not in self.joined:
            if len(self.joined) >= MOST_JOINED:
                self.joined.clear()
                self._dvhs.clear()
                self._answers.clear()
                self._settled.clear()
            self.joined[key] = make()
        return self.joined[key]


class _Scaled(MutableMapping[Solid, Dvh]):
    """DVHs of a scaled dose, made of those of the dose itself; what is added here stays here."""

    def __init__(self, known: Dvhs, dose_scale: float) -> None:
        self._known, self._dose_scale = known, dose_scale
        self._own: dict[Solid, Dvh] = {}

    def __getitem__(self, solid: Solid) -> Dvh:
        if solid not in self._own:
            self._own[solid] = scaled(self._known[solid], self._dose_scale)
        return self._own[solid]

    def __setitem__(self, solid: Solid, dvh: Dvh) -> None:
        self._own[solid] = dvh

    def __delitem__(self, solid: Solid) -> None:
        del self._own[solid]

    def __iter__(self) -> Iterator[Solid]:
        return iter({**self._known, **self._own})

    def __len__(self) -> int:
        return sum(1 for _ in self)
