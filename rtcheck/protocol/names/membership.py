"""Which ROIs of a structure set are all targets of a kind (`all GTV`): those of which type and name agree, and doubts.

The verdict hangs on the set: a GTV that is left out, or a ring that is taken, changes what "liver without all GTV" is.
So nothing is taken or left out silently where type and name disagree: then the set is ambiguous, and two lines of the
alias file settle it, `all GTV: [...]` for members and `not GTV: [...]` for the others.
"""

import re
from collections.abc import Sequence
from typing import Literal
from typing import Protocol as Shape

from rtcheck.patterns import pattern
from rtcheck.protocol.names.aliases import NO_ALIASES, Aliases, selection_line
from rtcheck.protocol.names.crossing import crossing
from rtcheck.protocol.names.folding import TARGET_KINDS, joined
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.look_alikes import as_it_looks, look_alikes_in
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.targets import Claim, claim_of_name, kind_of_target_name, organ_of_name
from rtcheck.values import dataclass

_SILENT_TYPES = frozenset({"", "NONE", "UNDEFINED", "UNKNOWN", "OTHER", "UNSPECIFIED"})
_MAY_BE_TARGETS = ("Boost", "TumorBed", "SurgicalBed", "ProstateBed")
MOST_NAMED = 4
_JOINED = pattern(r"[+&/,]| and | und ", re.IGNORECASE)  # "Prostate+SVs"
_POINTS = frozenset({"ISOCENTER", "MARKER", "REGISTRATION"})


class RoiLike(Shape):
    """What matching asks of an entry of a structure set (rtcheck.case.Roi has it)."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def codes(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def contours(self) -> int: ...
    @property
    def name_alternatives(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A ROI of which type and name do not agree whether it is a target of that kind, and why."""

    roi: RoiLike
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All targets of one kind: `members` are certain, `doubts` are not. A member without contours is a doubt as well.

    `left_out` are named after that kind, but are certainly made from one (`GTV_ring`) or said to be none.
    `unclear` have neither a type nor a name that tells what they are: any of them may be one, and was not taken.
    `against_evidence` are ROIs of which the alias file says what neither their type nor their name does.
    """

    kind: str
    members: tuple[RoiLike, ...]
    doubts: tuple[Doubt, ...] = ()
    left_out: tuple[RoiLike, ...] = ()
    unclear: tuple[RoiLike, ...] = ()
    against_evidence: tuple[Doubt, ...] = ()

    @property
    def candidates(self) -> tuple[RoiLike, ...]:
        """Members and doubts with contours: whatever may be one."""
        return (*self.members, *(doubt.roi for doubt in self.doubts if doubt.roi.contours))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of an alias file of which one settles each doubt."""
        names = tuple(dict.fromkeys(doubt.roi.name for doubt in self.doubts))
        drawn = tuple(dict.fromkeys(doubt.roi.name for doubt in self.doubts if doubt.roi.contours))
        members = (selection_line(self.kind, drawn, are_members=True),) if drawn else ()
        return (*members, selection_line(self.kind, names, are_members=False)) if names else ()

    @property
    def reason(self) -> str:
        """Why the set is ambiguous, and what settles it; "" where it is not."""
        if not self.doubts:
            return ""
        certain = ", ".join(repr(roi.name) for roi in self.members) or "none"
        told = "; ".join(doubt.why for doubt in self.doubts)
        lines = " or ".join(f"`{line}`" for line in self.lines)
        each = "each" if len(self.doubts) > 1 else "it"
        return (
            f"all {self.kind} is ambiguous (certain: {certain}): {told}. "
            f"Settle {each} in an alias file (--aliases): {lines}"
        )


_Says = Literal["this", "nothing", "another target", "an organ", "something else"]


def select_targets(kind: str, rois: Sequence[RoiLike], aliases: Aliases = NO_ALIASES) -> Selection:
    """All targets of `kind` ("GTV", "CTV", "ITV", "PTV") among `rois`, with what is in doubt."""
    wanted = kind.strip().upper()
    types_tell = any(roi.contours and _type_says(roi, wanted) == "this" for roi in rois)
    uses_types = any(roi.type.strip().upper() in TARGET_KINDS for roi in rois if roi.contours)
    names = frozenset(joined(roi.name) for roi in rois)
    members: list[RoiLike] = []
    left_out: list[RoiLike] = []
    unclear: list[RoiLike] = []
    doubts: list[Doubt] = []
    against: list[Doubt] = []
    for roi in rois:
        evidence = _judged(roi, wanted, types_tell=types_tell, names=names)
        verdict = _settled(roi, wanted, aliases)
        if verdict is None:
            verdict = evidence
            if evidence is False and not aliases.owners(roi.name) and _is_unclear(roi, uses_types=uses_types):
                unclear.append(roi)
        elif roi.contours and (why := _against(roi, wanted, evidence, verdict)):
            against.append(Doubt(roi=roi, why=why))
        if verdict is True:
            if roi.contours:
                members.append(roi)
            else:
                doubts.append(Doubt(roi=roi, why=f"{roi.name!r} is a {wanted} without contours"))
        elif isinstance(verdict, str) and roi.contours:
            doubts.append(Doubt(roi=roi, why=verdict))
        elif roi.contours and not _is_point(roi) and _claim_as_it_looks(roi.name, wanted) != "none":
            left_out.append(roi)
    return Selection(
        kind=wanted,
        members=tuple(members),
        doubts=tuple(doubts),
        left_out=tuple(left_out),
        unclear=tuple(unclear),
        against_evidence=tuple(against),
    )


def of_type(roi_type: str, rois: Sequence[RoiLike], aliases: Aliases = NO_ALIASES) -> tuple[tuple[RoiLike, ...], str]:
    """The ROIs of an interpreted type, and why that may be another set than is meant; "" where it is not.

    A target must be one by type and name, or by the alias file. Of other types only the type tells: then every ROI with
    contours needs one.
    """
    if roi_type in TARGET_KINDS:
        selection = select_targets(roi_type, rois, aliases)
        others = [
            roi
            for roi in selection.members
            if roi.type.strip().upper() != roi_type and aliases.selects(roi.name, roi_type) is None
        ]
        if selection.doubts or not others:
            return selection.members, selection.reason
        said = f"is named like a {roi_type}, but has" if len(others) == 1 else f"are named like a {roi_type}, but have"
        return selection.members, f"{_told(others)} {said} no such type; each {roi_type} includes what is named so"
    members = tuple(roi for roi in rois if roi.type.strip().upper() == roi_type)
    untyped = [roi for roi in rois if roi.contours and roi.type.strip().upper() in _SILENT_TYPES]
    if not members or not untyped:
        return members, ""
    said = "has no type, and may be" if len(untyped) == 1 else "have no type, and may be"
    return members, f"{_told(untyped)} {said} of type {roi_type}"


def _told(rois: Sequence[RoiLike]) -> str:
    return ", ".join(repr(roi.name) for roi in rois[:MOST_NAMED]) + (", ..." if len(rois) > MOST_NAMED else "")


def targets_of_kind(kind: str, rois: Sequence[RoiLike]) -> tuple[int, ...]:
    """The numbers of the ROIs that are certainly targets of `kind` and have contours."""
    return tuple(roi.number for roi in select_targets(kind, rois).members)


def _settled(roi: RoiLike, kind: str, aliases: Aliases) -> bool | str | None:
    """What the clinic's alias file says: a member, none, or (text) a doubt; None where it does not speak of the ROI."""
    stated = aliases.selects(roi.name, kind)
    if stated is not None:
        return stated
    for owner in aliases.owners(roi.name):
        owner_kind = kind_of_target_name(owner)
        if owner_kind == kind:
            return True
        if owner_kind or organ_of_name(owner):
            looks_like_one = _type_says(roi, kind) == "this" or claim_of_name(roi.name, kind) in ("plain", "alike")
            return (
                f"{roi.name!r} looks like a {kind}, but the alias file assigns it to {owner}"
                if looks_like_one
                else False
            )
    return None


def _against(roi: RoiLike, kind: str, evidence: bool | str, stated: bool | str) -> str:
    """What speaks against the alias file: a target of another kind as a member, a plain member as none; else ""."""
    if stated is True and (crossed := crossing(kind, roi.name, roi.type)):
        return f"the alias file makes {roi.name!r} a {kind}, but {crossed}"
    if stated is False and evidence is True:
        return f"according to the alias file {roi.name!r} is not a {kind}, but its type and name indicate one"
    return ""


def _judged(roi: RoiLike, kind: str, *, types_tell: bool, names: frozenset[str]) -> bool | str:
    """Whether type and name make `roi` a target of `kind`, or why that is in doubt."""
    said = _type_says(roi, kind)
    claim = _claim(roi, kind, names)
    if _is_point(roi):
        return False
    if said == "this":
        return _of_its_type(roi, kind, claim)
    if claim in ("none", "helper") or _agrees_on_another(roi, kind):
        return False
    tells_nothing = said == "nothing" or (said == "an organ" and not types_tell)
    if tells_nothing and claim == "plain":
        return True
    return f"{roi.name!r} {_CLAIMS[claim]} {kind}, but {_typed(roi)}{_unlike(roi.name, kind)}"


def _is_unclear(roi: RoiLike, *, uses_types: bool) -> bool:
    """Whether neither type, code nor name of a ROI with contours tells what it is: organ, target, or helper."""
    own = roi.type.strip().upper()
    has_type = own not in _SILENT_TYPES and (own != "ORGAN" or uses_types)
    if has_type or roi.codes or not roi.contours or helper_sign(roi.name):
        return False
    if any(claim_of_name(roi.name, kind) != "none" for kind in TARGET_KINDS):
        return False
    return not all(_is_known(part) for part in _JOINED.split(roi.name))


def _is_known(name: str) -> bool:
    """Whether a name is in the dictionary, and not of what may be a target without being called one."""
    meaning = meaning_of(name)
    return meaning is not None and not meaning.name.startswith(_MAY_BE_TARGETS)


def _is_point(roi: RoiLike) -> bool:
    return roi.type.strip().upper() in _POINTS


def _of_its_type(roi: RoiLike, kind: str, claim: Claim) -> bool | str:
    """Whether a ROI of the type `kind` is one by its name too, or why that is in doubt."""
    sign = helper_sign(roi.name, kind="" if claim == "none" else kind)
    if claim in ("plain", "alike"):
        return True
    if claim == "none" and not sign:
        other = _named_after(roi.name)
        return f"{roi.name!r} is of type {kind}, but it is named like {other}" if other else True
    why = f"its name holds {sign!r}" if sign else "its name may mean something else"
    return f"{roi.name!r} is of type {kind}, but {why}"


def _named_after(name: str) -> str:
    """The kind of target or the organ that a name stands for; "" where it is neither, or one that a target may be."""
    kind = next((other for other in TARGET_KINDS if claim_of_name(name, other) in ("plain", "alike")), "")
    return f"a {kind}" if kind else organ_of_name(name)


def _type_says(roi: RoiLike, kind: str) -> _Says:
    """What type and codes say about `kind`. DICOM has no type for an ITV: the types of other targets say nothing."""
    own = roi.type.strip().upper()
    said = ({own} - _SILENT_TYPES) | ({kind_of_target_name(value) for _, value in roi.codes} - {""})
    targets = said & set(TARGET_KINDS)
    if own == kind or targets == {kind}:
        return "this"
    if targets:
        return "nothing" if kind == "ITV" else "another target"
    if not said:
        return "nothing"
    return "an organ" if said == {"ORGAN"} else "something else"


def _claim(roi: RoiLike, kind: str, names: frozenset[str]) -> Claim:
    """What the name says of `kind`, in any of its readings; a PGTV beside its GTV is no GTV."""
    claim = _claim_as_it_looks(roi.name, kind)
    if claim == "odd" and kind_of_target_name(roi.name) == "PTV" and joined(roi.name)[1:] in names:
        return "none"
    if claim == "none" and any(claim_of_name(other, kind) in ("plain", "alike") for other in roi.name_alternatives):
        return "alike"
    return claim


def _claim_as_it_looks(name: str, kind: str) -> Claim:
    """What a name says of `kind`; written with letters that only look Latin it is never surely one."""
    claim = claim_of_name(name, kind)
    if claim == "none" and (looks := as_it_looks(name)) != name:
        claim = claim_of_name(looks, kind)
        return "alike" if claim == "plain" else claim
    return claim


def _unlike(name: str, kind: str) -> str:
    """What of a name only looks like that of a target of `kind`, as the rest of a sentence; "" where nothing does."""
    is_look_alike = claim_of_name(name, kind) == "none" and as_it_looks(name) != name
    return f" and its name contains {look_alikes_in(name)}" if is_look_alike else ""


def _agrees_on_another(roi: RoiLike, kind: str) -> bool:
    """Whether type and name agree that it is a target of another kind: a PTV_GTV of type PTV is no GTV."""
    own = roi.type.strip().upper()
    return own != kind and own in TARGET_KINDS and claim_of_name(roi.name, own) in ("plain", "alike")


_CLAIMS: dict[Claim, str] = {"plain": "is named like a", "alike": "looks like a", "odd": "may be a"}


def _typed(roi: RoiLike) -> str:
    own = roi.type.strip().upper()
    return f"is of type {own}" if own not in _SILENT_TYPES else "has no such type"
