"""A protocol's structure names -> solids: drawn, derived, united or a surrogate, always with how and why."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from rtcheck.case import StructureSet
from rtcheck.checking.kept import Kept
from rtcheck.checking.structures.derived import derived, isodose, without_repeats
from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.isodoses import Isodoses
from rtcheck.checking.structures.naming import Naming, notices_of_selection
from rtcheck.checking.structures.roi_solids import RoiSolids
from rtcheck.checking.structures.spelt import expression_in
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.errors import RtcheckError
from rtcheck.geometry.contours import Structure, centre_x_mm
from rtcheck.geometry.expression import quoted
from rtcheck.geometry.solid import Solid, unknown
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import StructureDefinition
from rtcheck.protocol.names.folding import TARGET_KINDS
from rtcheck.protocol.names.isodoses import isodose_level
from rtcheck.protocol.names.match import Aliases
from rtcheck.protocol.names.membership import of_type
from rtcheck.protocol.names.selectors import is_selector, kind_of_each, type_of_selector, type_selector
from rtcheck.results import Match

T = TypeVar("T")

NO_STRUCTURES = "there is no structure set"
NO_CONTOURS = "is listed but has no contours with an area"


class Anatomy:
    """The structures of one case as one protocol names them. What is asked for twice is built once."""

    def __init__(
        self,
        structures: StructureSet | None,
        *,
        definitions: Iterable[StructureDefinition] = (),
        aliases: Aliases | None = None,
        settings: EngineSettings = DEFAULT_SETTINGS,
        kept: Kept | None = None,
    ) -> None:
        self.kept = kept or Kept()
        self.rois = structures.rois if structures else ()
        self.settings = settings
        self.isodoses: Isodoses | None = None
        self._structures = structures
        self.names = Naming(self.rois, definitions, aliases or Aliases(), self.kept)
        self._found: dict[str, Found] = {}
        self._together: dict[tuple[tuple[str, ...], tuple[str, ...]], Found] = {}
        self._single: dict[tuple[int, str], Found] = {}
        self._notices: list[Notice] = []
        self._being_derived: list[str] = []
        self._roi_solids = RoiSolids(structures, settings, self.kept)

    def under(self, settings: EngineSettings) -> "Anatomy":
        """The same structures under other engine settings; what was read of them is not read again."""
        other = self._afresh(settings=settings)
        other._roi_solids = self._roi_solids.under(settings)
        other.isodoses = self.isodoses
        return other

    def with_isodoses(self, isodoses: Isodoses) -> "Anatomy":
        """The same structures with the isodoses of another dose, if any isodose was asked for; else this very one."""
        if not any(self.names.is_of_isodose(name) for name in self._found):
            return self
        other = self.under(self.settings)
        other.isodoses = isodoses
        return other

    def again(self) -> "Anatomy":
        """The same structures, of which nothing was asked for so far."""
        return self._afresh()

    def under_another_dose(self) -> "Anatomy":
        """The same structures, of which nothing was asked for so far, without what is known of the dose."""
        return self._afresh(kept=self.kept.of_another_dose())

    def defining(self, definitions: Iterable[StructureDefinition]) -> "Anatomy":
        """The same structures as another protocol names them."""
        return self._afresh(definitions=definitions)

    def _afresh(
        self,
        *,
        definitions: Iterable[StructureDefinition] | None = None,
        settings: EngineSettings | None = None,
        kept: Kept | None = None,
    ) -> "Anatomy":
        """The same structures, of which nothing was asked for so far; what is not given is as it is here."""
        return Anatomy(
            self._structures,
            definitions=self.names.definitions.values() if definitions is None else definitions,
            aliases=self.names.aliases,
            settings=settings or self.settings,
            kept=kept or self.kept,
        )

    def find(self, name: str, *, surrogates: tuple[str, ...] = ()) -> Found:
        """The structure of that name: as drawn, else derived, else by a surrogate (the first that is there)."""
        itself = self._itself(name)
        if itself.solid is not None or itself.match.is_ambiguous:
            return itself
        definition = self.names.definitions.get(name)
        for surrogate in (*surrogates, *(definition.surrogates if definition else ())):
            stand_in = self._itself(surrogate)
            if stand_in.solid is not None:
                how = f"surrogate {', '.join(stand_in.match.rois) or surrogate}"
                asked = itself.match.asked
                return replace(stand_in, match=replace(stand_in.match, asked=asked, how=how, is_surrogate=True))
        return itself

    def each(self, kind: str) -> tuple[Found, ...]:
        """Every target of a kind by itself; where it is in doubt which these are, one that says why it is not there."""
        whole = self.all_of(kind)
        if whole.match.is_ambiguous or not whole.match.numbers:
            return (replace(whole, match=replace(whole.match, asked=f"each {kind}")),)
        return tuple(self.single(roi.number, f"{kind} by type and name") for roi in self.names.targets(kind).members)

    def of_type(self, roi_type: str) -> tuple[Found, ...]:
        """Every structure of a type by itself; where it is in doubt which these are, one that says why."""
        members, doubt = of_type(roi_type, self.rois, self.names.aliases)
        asked, names = type_selector(roi_type), tuple(roi.name for roi in members)
        if doubt:
            return (Found(match=Match(asked=asked, rois=names, reason=doubt, is_ambiguous=True)),)
        if not members:
            return (Found(match=Match(asked=asked, reason=f"no structure is of type {roi_type}")),)
        return tuple(self.single(roi.number, f"ROI type {roi_type}") for roi in members)

    def single(self, number: int, how: str) -> Found:
        """One of several structures, by its ROI's name; two of one name are told apart by their numbers."""
        if (number, how) not in self._single:
            name = next(roi.name for roi in self.rois if roi.number == number)
            is_repeated = sum(roi.name == name for roi in self.rois) > 1
            asked = f"{name} (ROI {number})" if is_repeated else name
            self._single[number, how] = self.of_rois((number,), asked=asked, how=how)
        return self._single[number, how]

    def together(self, names: tuple[str, ...], *, surrogates: tuple[str, ...] = ()) -> Found:
        """The union of several structures; all of them must be there."""
        key = (names, surrogates)
        if key not in self._together:
            self._together[key] = self._united_from(names, surrogates)
        return self._together[key]

    def _united_from(self, names: tuple[str, ...], surrogates: tuple[str, ...]) -> Found:
        asked = " | ".join(names)
        parts = [self.find(name, surrogates=surrogates) for name in names]
        absent = [part for part in parts if part.solid is None]
        if absent and (len(absent) == len(parts) or not all(part.is_undrawn for part in absent)):
            unknown_part = next((part for part in absent if not part.is_undrawn), absent[0])
            return Found(match=replace(unknown_part.match, asked=asked))
        match = Match(
            asked=asked,
            rois=without_repeats(roi for part in parts for roi in part.match.rois),
            numbers=without_repeats(number for part in parts for number in part.match.numbers),
            how="together: " + " | ".join(", ".join(part.match.rois) for part in parts),
            is_surrogate=any(part.match.is_surrogate for part in parts),
            members=without_repeats(each for part in parts for each in part.match.members),
        )
        return Found(
            match=match,
            solid=self._united(parts, lambda part: part.solid),
            drawn=self._united(parts, lambda part: part.drawn or part.solid) if any(p.drawn for p in parts) else None,
        )

    def _united(self, parts: Iterable[Found], solid_of: Callable[[Found], Solid | None]) -> Solid:
        return self._roi_solids.united([solid_of(part) or unknown(part.match.reason) for part in parts])

    def of_rois(self, numbers: tuple[int, ...], *, asked: str, how: str) -> Found:
        """The union of these ROIs; where one cannot be read or none has a contour, the reason.

        Where some have none, they may be anything: the union has no upper limit.
        """
        names = tuple(roi.name for number in numbers for roi in self.rois if roi.number == number)
        match = Match(asked=asked, rois=names, numbers=numbers, how=how)
        try:
            solids = [self._roi_solids.solid(number, self.settings.shape) for number in numbers]
            drawn_ones = [self._roi_solids.solid(number, "slabs") for number in numbers]
        except RtcheckError as error:
            return Found(match=replace(match, reason=f"{' and '.join(names)} cannot be read: {error}"))
        if all(solid.is_empty for solid in solids):
            reason = f"{' and '.join(names)} {NO_CONTOURS}"
            return Found(match=replace(match, reason=reason), is_undrawn=True)
        solid = self._roi_solids.united(_known_or_not(solids, names))
        is_drawn = all(one is other for one, other in zip(solids, drawn_ones, strict=True))
        drawn = None if is_drawn else self._roi_solids.united(_known_or_not(drawn_ones, names))
        return Found(match=match, solid=solid, drawn=drawn)

    def contours_of(self, number: int) -> Structure:
        """What is drawn of one ROI. Raises RtcheckError where it cannot be read."""
        return self._roi_solids.contours(number)

    def type_of(self, match: Match) -> str:
        """The ROI type of what was matched, where that is one ROI or all have the same; "" else."""
        types = {roi.type for roi in self.rois if roi.number in match.numbers}
        return types.pop() if len(types) == 1 and not match.how.startswith("derived") else ""

    def colour_of(self, match: Match) -> tuple[int, int, int] | None:
        """The display colour of the first ROI that was matched, where the structure set has one."""
        colours = {roi.number: roi.display_colour for roi in self.rois}
        return next((colours[number] for number in match.numbers if colours.get(number)), None)

    def extent_along_x(self, name: str) -> tuple[str, tuple[float, float, float]] | None:
        """(ROI, (lowest x, x of its centre, highest x)) of the one ROI that `name` is matched to. [mm]

        It is only looked at: it does not count as asked for. None where there is none, or it cannot be read.
        """
        found = self.names.matched(self.names.definition(name), suggests=False)
        if found.status != "matched" or len(found.numbers) != 1 or found.empty:
            return None
        try:
            contours = self.contours_of(found.numbers[0]).contours
        except RtcheckError:
            return None
        if not contours:
            return None
        number, extents = found.numbers[0], self.kept.extents_x_mm
        if number not in extents:
            x_mm = np.concatenate([contour.vertices_mm[:, 0] for contour in contours])
            extents[number] = (float(x_mm.min()), centre_x_mm(contours), float(x_mm.max()))
        return found.rois[0], extents[number]

    def external(self) -> Found:
        """The body outline: the ROIs typed EXTERNAL, else whatever is named External."""
        outlines = [roi for roi in self.rois if roi.type == "EXTERNAL" and roi.contours]
        typed = tuple(roi.number for roi in outlines)
        if len(outlines) > 1:
            names = " and ".join(repr(roi.name) for roi in outlines)
            text = f"{names} are of type EXTERNAL: the body outline for plan indices is the union of them"
            self._notices.append(Notice(code="structures.several-outlines", text=text, structures=("External",)))
        return self.of_rois(typed, asked="External", how="ROI type EXTERNAL") if typed else self.find("External")

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was odd in everything that was read and built so far."""
        return without_repeats([*self._notices, *self._roi_solids.notices])

    @property
    def notices_of_names(self) -> tuple[Notice, ...]:
        """What puts the matches of names in doubt that were asked for so far."""
        return without_repeats(self._notices)

    @property
    def drawn_and_derived(self) -> tuple[Found, ...]:
        """What was asked for so far and is both drawn and derivable."""
        return tuple(found for found in self._found.values() if found.solid is not None and found.derived is not None)

    @property
    def found(self) -> tuple[Found, ...]:
        """Every structure that was asked for so far and is there, derived ones and parts of them included."""
        found = (*self._found.values(), *self._single.values())
        return tuple(each for each in found if each.solid is not None)

    @property
    def targets_not_asked_for(self) -> tuple[Found, ...]:
        """The drawn targets that nothing asked for by name so far: plots and pictures show them too."""
        asked = {found.match.numbers for found in self.found if not found.match.asked.startswith("all ")}
        by_name = frozenset[int]().union(*map(self.names.numbers_of, TARGET_KINDS))
        targets = [
            roi
            for roi in self.rois
            if (roi.type in TARGET_KINDS or roi.number in by_name) and roi.contours and (roi.number,) not in asked
        ]
        found = [self.of_rois((roi.number,), asked=roi.name, how="a target that is not requested") for roi in targets]
        return tuple(each for each in found if each.solid is not None)

    def _itself(self, name: str) -> Found:
        if name not in self._found:
            self._found[name] = self._drawn_or_derived(name)
        return self._found[name]

    def _drawn_or_derived(self, name: str) -> Found:
        if self._structures is None:
            return Found(match=Match(asked=name, reason=NO_STRUCTURES))
        if is_selector(name):
            return self._all_selected(name)
        definition = self.names.definition(name)
        drawn = self._drawn(definition)
        level = isodose_level(definition.name)
        if level is not None and drawn.solid is None and not drawn.match.is_ambiguous:
            return isodose(name, level, self.isodoses)
        expression = definition.derive or expression_in(name)
        if expression is None or drawn.match.is_ambiguous:
            return drawn
        if name in self._being_derived:
            circle = f"{name} is not contoured and is derived from itself"
            return drawn if drawn.solid else replace(drawn, match=replace(drawn.match, reason=circle))
        self._being_derived.append(name)
        try:
            found = derived(name, expression, definition.derive_text or name, self)
        finally:
            self._being_derived.pop()
        if drawn.solid is None:
            return found
        return replace(drawn, derived=found.solid)

    def _drawn(self, definition: StructureDefinition) -> Found:
        name = definition.name
        found = self.names.matched(definition)
        if found.crosses:
            text = f"{name} is matched to {found.rois[0]!r} ({found.how}), but {found.crosses}"
            self._notices.append(Notice(code="alias.crosses", text=text, structures=(name,)))
        if found.status == "matched":
            return self.of_rois(found.numbers, asked=name, how=found.how)
        reason = found.reason or f"no structure is named {name}"
        return Found(
            match=Match(
                asked=name,
                rois=found.rois,
                numbers=found.numbers,
                reason=reason,
                suggestions=found.suggestions,
                is_ambiguous=found.status == "ambiguous",
            )
        )

    def named(self, name: str) -> Found:
        """The structure of a name in an expression; a name that was quoted there is none itself."""
        return self._itself(name if name in self.names.definitions else quoted(name))

    def _all_selected(self, name: str) -> Found:
        """The union of the structures that a selector stands for."""
        roi_type = type_of_selector(name)
        members = self.of_type(roi_type) if roi_type else self.each(kind_of_each(name))
        if not all(found.match.numbers for found in members):
            return replace(members[0], match=replace(members[0].match, asked=name))
        numbers = tuple(number for found in members for number in found.match.numbers)
        return self.of_rois(numbers, asked=name, how=members[0].match.how)

    def all_of(self, kind: str) -> Found:
        """The union of all targets of a kind that have contours. None of them: not there, never an empty solid.

        Where type and name of a ROI do not agree whether it is one, the set is ambiguous.
        """
        asked = f"all {kind}"
        selection = self.names.targets(kind)
        self._notices.extend(notices_of_selection(selection))
        if selection.doubts:
            return Found(
                match=Match(
                    asked=asked,
                    rois=tuple(roi.name for roi in selection.candidates),
                    reason=selection.reason,
                    suggestions=tuple(doubt.roi.name for doubt in selection.doubts),
                    alias_lines=selection.lines,
                    is_ambiguous=True,
                )
            )
        if not selection.members:
            return Found(match=Match(asked=asked, reason=f"no {kind} is in the structure set"))
        return self.of_rois(tuple(roi.number for roi in selection.members), asked=asked, how=f"{kind} by type and name")


def _known_or_not(solids: list[Solid], names: tuple[str, ...]) -> list[Solid]:
    """The solids, those of which nothing is drawn as what they are: not known."""
    return [
        unknown(f"{name} {NO_CONTOURS}") if solid.is_empty else solid for solid, name in zip(solids, names, strict=True)
    ]


Find = Callable[[Anatomy], Found]
"""How a structure is found, so that it can be found again in the anatomy of other settings."""
