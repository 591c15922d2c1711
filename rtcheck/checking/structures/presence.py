"""Which structures of a constraint are not drawn, where its limit is only for those that are (`if_drawn`).

What can hide a violation is never taken for absent: targets, structures that the protocol requires, ambiguous names,
structures that are drawn but unusable, and names whose near miss may be a misspelling. A ROI that is listed without a
single contour counts as not drawn: planning systems export their template's empty entries.
"""

from collections.abc import Iterator

from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.spelt import expression_in
from rtcheck.dosimetry.metric_terms import INDICES
from rtcheck.geometry.expression import AllOf, Difference, Expression, Intersection, Margin, Name, Union, names_in
from rtcheck.protocol.choosing.selecting import words_meant
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.protocol.names.crossing import other_side
from rtcheck.protocol.names.folding import TARGET_KINDS, folded, sides_in
from rtcheck.protocol.names.helpers import helper_sign, margin_sign
from rtcheck.protocol.names.isodoses import isodose_level
from rtcheck.protocol.names.selectors import is_selector
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.targets import claim_of_name
from rtcheck.protocol.names.tg263 import both_sides
from rtcheck.values import dataclass

NOT_DRAWN = "not contoured"
_HOLDING = {"spinalcanal": "spinalcord"}
_LIKE_TARGETS = ("TumorBed", "SurgicalBed", "ProstateBed", "Boost", "Scar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What an absent structure means in one check. `drawn_only`: the user asks so for the whole protocol."""

    anatomy: Anatomy
    protocol: Protocol
    drawn_only: bool = False

    def is_absent(self, name: str, constraint: Constraint) -> bool:
        """Whether the constraint does not apply to the structure because it is not drawn."""
        if not self._is_if_drawn(constraint) or not self.anatomy.rois or _asks_for_dose(constraint):
            return False
        if self.is_required(name):
            return False
        return all(self._is_undrawn(each) for each in (name, *constraint.surrogates))

    def is_required(self, name: str) -> bool:
        """Whether the structure must be drawn whatever `if_drawn` says: a target, or one that the protocol requires."""
        names = {name, *(part.name for part in self._parts(name) if isinstance(part, Name))}
        if not names.isdisjoint(self.protocol.required_structures):
            return True
        derived = self.anatomy.names.definition(name).derive
        return is_target(name) or (derived is not None and _is_of_targets(derived))

    def drawn_relatives(self, name: str) -> tuple[str, ...]:
        """The drawn ROIs of the same organ under another name: a part of it, both sides of it, a margin around it."""
        wanted, side = words_meant(name), other_side(name)[-1:]
        return tuple(
            roi.name
            for roi in self.anatomy.rois
            if roi.contours and not (side and side in sides_in(roi.name)) and _is_related(wanted, roi.name)
        )

    def _is_if_drawn(self, constraint: Constraint) -> bool:
        if constraint.if_drawn is not None:
            return constraint.if_drawn
        return self.drawn_only or bool(self.protocol.if_drawn)

    def _is_undrawn(self, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether nothing is drawn that the name, its derivation or its surrogates mean."""
        if name in seen:
            return True
        if isodose_level(name) is not None:
            return False
        found = self.anatomy.names.match(name)
        if found.status == "ambiguous" or (found.is_matched and self._has_contours(found.numbers)):
            return False
        if any(self._may_be_meant(near) for near in found.suggestions):
            return False
        definition = self.anatomy.names.definition(name)
        if not all(self._is_undrawn(each, (*seen, name)) for each in definition.surrogates):
            return False
        sides = both_sides(definition.name) or ()
        if not all(self._is_undrawn(each, (*seen, name)) for each in sides):
            return False  # a part of it is drawn: one lung of Lungs
        expression = definition.derive or expression_in(name)
        return expression is None or self._is_nothing(expression, (*seen, name))

    def _is_nothing(self, expression: Expression, seen: tuple[str, ...]) -> bool:
        """Whether an expression is empty because organs in it are not drawn; a target is never taken for absent."""
        match expression:
            case Name(name):
                return not is_target(name) and self._is_undrawn(name, seen)
            case AllOf():
                return False
            case Margin(of=inner):
                return self._is_nothing(inner, seen)
            case Difference(left, _):
                return self._is_nothing(left, seen)
            case Union(left, right):
                return self._is_nothing(left, seen) and self._is_nothing(right, seen)
            case Intersection(left, right):
                return self._is_nothing(left, seen) or self._is_nothing(right, seen)

    def _has_contours(self, numbers: tuple[int, ...]) -> bool:
        return any(roi.contours for roi in self.anatomy.rois if roi.number in numbers)

    def _may_be_meant(self, near: str) -> bool:
        """Whether a near miss may be the structure misspelt: it is drawn, and its own name means nothing else."""
        is_drawn = any(roi.contours for roi in self.anatomy.rois if roi.name == near)
        return is_drawn and meaning_of(near) is None and not self.anatomy.names.is_named_by_alias(near)

    def _parts(self, name: str, seen: tuple[str, ...] = ()) -> Iterator[Name | AllOf]:
        """Every name behind a structure, through the protocol's derivations."""
        expression = self.anatomy.names.definition(name).derive or expression_in(name)
        if expression is None or name in seen:
            return
        for part in names_in(expression):
            yield part
            if isinstance(part, Name):
                yield from self._parts(part.name, (*seen, name))


def is_target(name: str) -> bool:
    """Whether a name may mean a target, a part of one or something made from one: PTV, GTVp, PTV_ring, Boost.

    >>> is_target("PTV_High"), is_target("all CTV"), is_target("Liver-GTV"), is_target("Liver - all GTV")
    (True, True, False, False)
    """
    if is_selector(name):
        return True
    expression = expression_in(name)
    if expression is not None:
        return _is_of_targets(expression)
    if folded(name).strip("\"'").startswith(("gtv", "ctv", "itv", "ptv", "igtv", "pgtv", "pctv")):
        return True
    meaning = meaning_of(name)
    if meaning is not None and meaning.name.startswith(_LIKE_TARGETS):
        return True
    return any(claim_of_name(name, kind) in ("plain", "alike", "odd") for kind in TARGET_KINDS)


def _is_of_targets(expression: Expression) -> bool:
    """Whether what an expression leaves is (part of) a target; of "Stomach & PTV" the stomach is meant."""
    match expression:
        case Name(name):
            return is_target(name)
        case AllOf():
            return True
        case Margin(of=inner):
            return _is_of_targets(inner)
        case Difference(left, _):
            return _is_of_targets(left)
        case Union(left, right):
            return _is_of_targets(left) or _is_of_targets(right)
        case Intersection(left, right):
            return _is_of_targets(left) and _is_of_targets(right)


def _asks_for_dose(constraint: Constraint) -> bool:
    """Whether the goal is one of targets: coverage, or an index of conformity, gradient or homogeneity."""
    goal = constraint.goal
    return goal.metric.kind in INDICES or (goal.is_coverage and goal.metric.kind != "Volume")


def _is_related(wanted: frozenset[str], name: str) -> bool:
    """Whether a ROI has, by its name or by what is left of it without a helper's sign, the words of the organ.

    A spinal canal holds the cord.
    """
    bare = name.replace(helper_sign(name) or margin_sign(name), " ", 1).strip(" _-+")
    for words in (words_meant(name), words_meant(bare)):
        if words and wanted and (words <= wanted or wanted <= words):
            return True
    return _HOLDING.get(next(iter(words_meant(name)), "")) in wanted
