"""The cases that a worker process holds in memory, each with what was made of it; the oldest goes."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import field
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from rtcheck.case import Case
from rtcheck.checking.courses.by_values import together
from rtcheck.checking.kept import ByIdentity, Kept
from rtcheck.protocol.clinical.facts import Facts, read_facts
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import Aliases, read_aliases
from rtcheck.records.waivers import Waivers, read_waivers
from rtcheck.results import Report
from rtcheck.values import dataclass
from rtcheck.web.desk.question import Override, Question, Recipe, ValueSum
from rtcheck.web.desk.reading import read
from rtcheck.web.desk.slices import Pictures
from rtcheck.web.refusals import Refusal

MOST_CASES = 6
"""A case of clinical size with its CT, solids and DVHs takes 100 to 200 MB."""

MOST_OVERRIDES = 4
QUIET_S = 0.25


@dataclass(slots=True, kw_only=True, eq=False)
class Opened:
    """One case in memory. `cases` are the same files as they are read with other dose levels and the like.

    `parts` are the plans whose values are added to make it.
    """

    recipe: Recipe
    parts: tuple["Opened", ...] = ()
    kept: Kept = field(default_factory=lambda: Kept(defers_bands=True))
    headline: tuple[Report, dict[str, Any]] | None = None
    rows: ByIdentity = field(default_factory=ByIdentity)
    limits: ByIdentity = field(default_factory=ByIdentity)
    asked: dict[Question, object] = field(default_factory=dict)
    is_making_bands: bool = False
    asked_at: float = 0.0
    cases: OrderedDict[Override, Case] = field(default_factory=OrderedDict)
    pictures: Pictures = field(default_factory=Pictures)
    drawn: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    curves: tuple[Report, bool, dict[str, Any]] | None = None
    suited: Any = None
    planned: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)
    matches: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def case(self, override: Override) -> Case:
        """The case with what is given in place of the plan's. Where its dose is another one, no DVH is kept."""
        if override not in self.cases:
            case = self._together(override) if self.recipe.values else read(self.recipe, override)
            self._keep_only_what_holds(case)
            self.cases[override] = case
            while len(self.cases) > MOST_OVERRIDES:
                self.cases.popitem(last=False)
        self.cases.move_to_end(override)
        return self.cases[override]

    def _together(self, override: Override) -> Case:
        """The plans whose values are added: what is stated of the dose is of each of them, and nothing of their sum."""
        if override.dose_rx or override.fractions:
            text = "Of plans whose values are added, neither a prescription nor fractions can be stated."
            raise Refusal(409, "web.choose", text)
        values = self.recipe.values or ValueSum()
        cases = [part.case(override) for part in self.parts]
        return together(cases, external=values.external, fractions_left=values.fractions_left)

    def make_bands(self, case: Case) -> None:
        """Make aside what a check left for later, the newest first; the next check finds it."""
        self.asked_at = time.monotonic()
        if self.is_making_bands or not self.kept.deferred:
            return
        self.is_making_bands = True
        Thread(target=self._make_bands, args=(case,), daemon=True).start()

    def _make_bands(self, case: Case) -> None:
        kept = self.kept
        try:
            self._wait_for_quiet()
            while kept.deferred:
                solid, make = kept.deferred.popitem()
                try:
                    for _ in make(kept, case):
                        self._wait_for_quiet()
                except Exception:
                    kept.banded.add(solid)  # the next check meets it again and says what is wrong
        finally:
            self.is_making_bands = False

    def _wait_for_quiet(self) -> None:
        """Wait until nobody has asked for a while: who types or drags is not to be slowed down."""
        while (left_s := self.asked_at + QUIET_S - time.monotonic()) > 0:
            time.sleep(left_s)

    def _keep_only_what_holds(self, case: Case) -> None:
        known = next(reversed(self.cases.values()), None)
        if known is None or _is_same_dose(known, case):
            return
        self.cases.clear()
        self.drawn.clear()
        self.planned.clear()
        self.pictures.cuts.clear()
        self.kept = Kept(
            defers_bands=True, contours=self.kept.contours, solids=self.kept.solids, joined=self.kept.joined
        )


class Desk:
    """What one worker process has open. Whatever it lost it reads again from the recipe."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._protocols: dict[tuple[str, str], Protocol] = {}

    def opened(self, recipe: Recipe) -> Opened:
        """The case of that recipe; the oldest one makes room for a new one."""
        if recipe.case not in self._opened or self._opened[recipe.case].recipe != recipe:
            while len(self._opened) >= MOST_CASES:
                self._opened.popitem(last=False)
            self._opened[recipe.case] = Opened(recipe=recipe, parts=tuple(map(self._part, recipe.value_parts)))
        self._opened.move_to_end(recipe.case)
        return self._opened[recipe.case]

    def _part(self, recipe: Recipe) -> Opened:
        """One of the plans whose values are added; the same as the page has open, if it still has."""
        known = self._opened.get(recipe.case)
        return known if known is not None and known.recipe == recipe else Opened(recipe=recipe)

    def close(self, case: str) -> None:
        """Forget a case."""
        self._opened.pop(case, None)

    def protocol(self, name_or_path: str) -> Protocol:
        """A protocol of the library or of a file, read once while the file stays as it is."""
        path = Path(name_or_path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_absolute() and path.is_file() else ""
        key = (name_or_path, digest)
        if key not in self._protocols:
            self._protocols[key] = load_protocol(name_or_path)
        return self._protocols[key]


def _is_same_dose(one: Case, other: Case) -> bool:
    if one.dose is None or other.dose is None:
        return one.dose is other.dose
    return one.dose.dose_gy.shape == other.dose.dose_gy.shape and np.array_equal(one.dose.dose_gy, other.dose.dose_gy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is given beside the plan, each read from the file that a command line would name."""

    aliases: Aliases | None = None
    facts: Facts | None = None
    waivers: Waivers | None = None


def written(place: Path, name: str, text: str) -> Path:
    """A file in the private folder with that text; it is written only where it is not there already."""
    path = place / name
    content = text.encode()
    if not path.is_file() or path.read_bytes() != content:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)
    return path


def beside_of(place: Path, texts: Mapping[str, str]) -> Beside:
    """Aliases, facts and waivers from the texts of their files, by kind; faults are a Refusal with all of them."""
    from rtcheck.errors import ProtocolError

    try:
        paths = {kind: written(place, f"{kind}.yaml", text) for kind, text in texts.items() if text}
        return Beside(
            aliases=read_aliases(paths["aliases"]) if "aliases" in paths else None,
            facts=read_facts(paths["facts"]) if "facts" in paths else None,
            waivers=read_waivers(paths["waivers"]) if "waivers" in paths else None,
        )
    except ProtocolError as error:
        faults = [fault.replace(f"{place}/", "") for fault in error.faults]
        raise Refusal(422, "web.faulty-file", "\n".join(faults), faults=faults) from None
