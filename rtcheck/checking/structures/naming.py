"""Which ROIs a protocol's names stand for: by its definitions and the clinic's aliases. No solid is built for it."""

from collections.abc import Iterable, Iterator

from rtcheck.case import Roi
from rtcheck.checking.kept import Kept
from rtcheck.checking.structures.spelt import expression_in, unquoted
from rtcheck.geometry.expression import Name, names_in
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import StructureDefinition
from rtcheck.protocol.names.aliases import selection_line
from rtcheck.protocol.names.isodoses import isodose_level
from rtcheck.protocol.names.match import Aliases, NameMatch, match_name
from rtcheck.protocol.names.membership import Selection, select_targets

_LISTED_AT_MOST = 4


class Naming:
    """The names of one protocol for the ROIs of one structure set."""

    def __init__(
        self, rois: tuple[Roi, ...], definitions: Iterable[StructureDefinition], aliases: Aliases, kept: Kept
    ) -> None:
        self.rois = rois
        self.definitions = {definition.name: definition for definition in definitions}
        self.aliases = aliases
        self._aliases_stated = (tuple(aliases.spellings.items()), tuple(aliases.selections.items()))
        self._kept = kept
        self._targets: dict[str, Selection] = {}

    def roi_numbers(self, name: str) -> tuple[tuple[int, ...], bool]:
        """The ROIs that a name is matched to, and whether that is ambiguous; nothing is built or noted for it."""
        found = self.matched(self.definition(name), suggests=False)
        return (found.numbers if found.is_matched else ()), found.status == "ambiguous"

    def match(self, name: str) -> NameMatch:
        """Which ROI a name is matched to by itself, not by its derivation; nothing is built or noted for it."""
        return self.matched(self.definition(name))

    def matched(self, definition: StructureDefinition, *, suggests: bool = True) -> NameMatch:
        """Which ROIs a definition's names are matched to; without `suggests`, similar names are not looked for."""
        name, also_named = definition.name, tuple(definition.also_named)

        def answer(*, suggests: bool) -> NameMatch:
            return self._kept.answer(
                ("match", name, also_named, self._aliases_stated, suggests),
                lambda: match_name(name, self.rois, also_named=also_named, aliases=self.aliases, suggests=suggests),
            )

        found = answer(suggests=False)
        return answer(suggests=True) if suggests and found.status == "missing" else found

    def definition(self, name: str) -> StructureDefinition:
        """What the protocol says of a name; of a name that it does not define, the name alone."""
        return self.definitions.get(name) or StructureDefinition(name=unquoted(name))

    def is_derived(self, name: str) -> bool:
        """Whether the protocol derives the structure of that name from others."""
        return self.definition(name).derive is not None

    def is_of_isodose(self, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether a name stands for an isodose, or for what is made from one, through the protocol's derivations."""
        if name in seen:
            return False
        if isodose_level(name) is not None:
            return True
        expression = self.definition(name).derive or expression_in(name)
        parts = names_in(expression) if expression is not None else ()
        return any(isinstance(part, Name) and self.is_of_isodose(part.name, (*seen, name)) for part in parts)

    def is_named_by_alias(self, roi: str) -> bool:
        """Whether the clinic's alias file says what a ROI is."""
        return bool(self.aliases.owners(roi))

    def targets(self, kind: str) -> Selection:
        """Which ROIs are all targets of a kind, and of which ROIs that is in doubt."""
        if kind not in self._targets:
            self._targets[kind] = self._kept.answer(
                ("targets", kind, self._aliases_stated), lambda: select_targets(kind, self.rois, self.aliases)
            )
        return self._targets[kind]

    def numbers_of(self, kind: str) -> frozenset[int]:
        """The ROIs that are targets of a kind without a doubt."""
        return frozenset(roi.number for roi in self.targets(kind).members)


def notices_of_selection(selection: Selection) -> Iterator[Notice]:
    """What puts a selection by kind in doubt without making it ambiguous."""
    asked = f"all {selection.kind}"
    for doubt in selection.against_evidence:
        yield Notice(code="alias.crosses", text=f"{asked}: {doubt.why}.", structures=(asked,))
    if selection.unclear:
        names = tuple(roi.name for roi in selection.unclear)
        listed = ", ".join(map(repr, names[:_LISTED_AT_MOST])) + (" and others" if len(names) > _LISTED_AT_MOST else "")
        line = selection_line(selection.kind, names, are_members=False)
        text = (
            f"{asked}: the type and name of {listed} do not show what it is, so it was not included. "
            f"If it is not a {selection.kind}, add to an alias file (--aliases): `{line}`."
        )
        yield Notice(code="structures.untyped", text=text, structures=(asked,))
