"""Whether one name can stand for another at all: never across sides, kinds of target, or from an organ to its PRV.

What crosses is never suggested nor drafted; where an alias crosses all the same, the report says so with the verdict.
"""

import re

from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.folding import TARGET_KINDS, Spelling, spelling
from rtcheck.protocol.names.helpers import margin_sign
from rtcheck.protocol.names.synonyms import hinted_names, meaning_of
from rtcheck.protocol.names.targets import claim_of_name, organ_of_name

_SIDES = {"L": "left", "R": "right", "B": "both sides"}


def crossing(asked: str, spelled: str, roi_type: str = "") -> str:
    """What parts the ROI named `spelled` from the structure `asked` ("it is right, not left"); "" where nothing does.

    >>> crossing("Kidney_L", "Right Kidney"), crossing("SpinalCord", "Cord PRV 5mm"), crossing("Liver", "Leber")
    ('it is right, not left', 'it is a PRV05', '')
    """
    wanted, found = _parts(asked), _parts(spelled)
    if crossed := _crossed_sides(wanted, found) or _crossed_kinds(asked, spelled, roi_type):
        return crossed
    margin = "" if found.prv or found.minus or _kinds(spelled) else margin_sign(spelled)
    if margin and not margin_sign(asked):
        return "" if wanted.prv else f"its name holds a margin ({margin})"
    if wanted.prv != found.prv and not (wanted.prv == "PRV" and found.prv):
        return f"it is {_prv(found)}, not {_prv(wanted)}" if wanted.prv else f"it is {_prv(found)}"
    if wanted.minus != found.minus and asked not in hinted_names(spelled):
        return f"it is {_less(found)}, not {_less(wanted)}" if wanted.minus else f"it is {_less(found)}"
    return ""


def other_side(name: str) -> str:
    """The TG-263 name of the other one of a pair ("Kidney_R" of "Kidney_L", in any spelling), or ""."""
    meaning = meaning_of(name)
    known = meaning.name if meaning is not None and not meaning.is_sided_stem else name
    return known[:-1] + {"L": "R", "R": "L"}[known[-1]] if known[-2:] in ("_L", "_R") else ""


def _parts(name: str) -> Spelling:
    """A name taken apart, by its meaning where it has one; what means both sides together has the side "B"."""
    meaning = meaning_of(name)
    if meaning is None or (meaning.is_sided_stem and spelling(name).side):
        return spelling(name)  # "Femu_R" reads as Femur without a side, too: its side word still is one
    parts = spelling(meaning.name)
    if not parts.side and tg263.both_sides(meaning.name.partition("_PRV")[0]):
        return Spelling(stem=parts.stem, side="B", prv=parts.prv, minus=parts.minus)
    return parts


def _prv(parts: Spelling) -> str:
    return f"a {parts.prv}" if parts.prv else "the organ itself"


def _less(parts: Spelling) -> str:
    return f"less the {parts.minus}" if parts.minus else "whole"


def _crossed_sides(wanted: Spelling, found: Spelling) -> str:
    """The sides, where both names state one and they differ. A name without a side leaves it open."""
    if not wanted.side or not found.side or wanted.side == found.side:
        return ""
    return f"it is {_SIDES[found.side]}, not {_SIDES[wanted.side]}"


def _crossed_kinds(asked: str, spelled: str, roi_type: str) -> str:
    """The kinds of target, where one is a target of another kind than the other, or no target at all."""
    wanted = _kinds(asked)
    own = {roi_type.strip().upper()} & set(TARGET_KINDS)
    found = _kinds(spelled) or own
    if wanted and found:
        return "" if wanted & found else f"it is a {min(found)}, not a {min(wanted)}"
    if found and organ_of_name(asked):
        return f"it is a {min(found)}"
    organ = organ_of_name(spelled)
    return f"it is {organ}, not a {min(wanted)}" if wanted and organ else ""


def _kinds(name: str) -> set[str]:
    """The kinds of target that a name speaks of and may be one of; an organ less a target is of none."""
    if organ_of_name(name) or not re.search("|".join(TARGET_KINDS), name, re.IGNORECASE):
        return set()
    return {kind for kind in TARGET_KINDS if claim_of_name(name, kind) in ("plain", "alike", "odd")}
