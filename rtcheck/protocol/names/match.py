"""Which ROI of a structure set is meant by a name in a protocol: a match that can be explained, or none.

What decides stands in name_rules.py; a near miss is only ever suggested, with the line for the clinic's alias file.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.aliases import NO_ALIASES, Aliases, alias_line, read_aliases
from rtcheck.protocol.names.crossing import crossing, other_side
from rtcheck.protocol.names.folding import joined, sides_in
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.look_alikes import look_alikes_in
from rtcheck.protocol.names.membership import RoiLike, targets_of_kind
from rtcheck.protocol.names.rules import BY_ALIAS, Hit, also_meant, is_free, looks_meant, rules
from rtcheck.protocol.names.synonyms import hinted_names, meaning_of
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.values import dataclass

__all__ = ["Aliases", "NameMatch", "RoiLike", "match_name", "read_aliases", "targets_of_kind"]

_SUGGESTIONS = 3
_LIKENESS = 0.75  # below this a name is not worth suggesting


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """What a name was matched to. Several `numbers` mean the union of these ROIs (both lungs for `Lungs`).

    `rois` are the names of the ROIs matched, or of the candidates where the match is ambiguous. `how` explains a match,
    `reason` why there is none; `suggestions` are near misses, `alias_line` what would settle it in an alias file.
    `empty` are matched ROIs that have no contours. `crosses` says why an alias cannot mean what it was given to.
    `competing` are other ROIs with contours that the same name could mean, where no alias decides between them.
    """

    asked: str
    status: Literal["matched", "missing", "ambiguous"]
    numbers: tuple[int, ...] = ()
    rois: tuple[str, ...] = ()
    how: str = ""
    reason: str = ""
    suggestions: tuple[str, ...] = ()
    alias_line: str = ""
    empty: tuple[str, ...] = ()
    crosses: str = ""
    competing: tuple[int, ...] = ()

    @property
    def is_matched(self) -> bool:
        return self.status == "matched"


def match_name(
    asked: str,
    rois: Sequence[RoiLike],
    *,
    also_named: Sequence[str] = (),
    aliases: Aliases = NO_ALIASES,
    suggests: bool = True,
) -> NameMatch:
    """The ROI meant by `asked`, by the first rule that finds one; two found by one rule are ambiguous.

    `also_named` are the protocol's other names for it. A ROI that the alias file gives to another name is left out.
    Without `suggests` nothing is sought that comes near a name without a match.
    """
    free = [roi for roi in rois if is_free(roi, asked, aliases)]
    for rule in rules(asked, tuple(also_named), aliases):
        hits = rule(free)
        if hits:
            found = _settled(asked, hits)
            return replace(found, competing=_competing(found, free, tuple(also_named), aliases))
    return _both_sides(asked, free, aliases) or _unmatched(asked, free, tuple(rois) if suggests else ())


def _settled(asked: str, hits: list[Hit]) -> NameMatch:
    """One hit is a match; of several, one that alone has contours is too; else they are ambiguous."""
    drawn = [hit for hit in hits if hit.roi.contours]
    if len(hits) > 1 and len(drawn) == 1:
        return _matched(asked, drawn[0], "; other ROIs with this name have no contours")
    if len(hits) == 1 and not hits[0].doubt:
        return _matched(asked, hits[0])
    if len(hits) == 1:
        return _doubtful(asked, hits[0])
    names = tuple(hit.roi.name for hit in hits)
    line = alias_line(asked, names[0])
    reason = f"{_listed(names)} could each be {asked}; choose one in an alias file (--aliases): {line}"
    if len(set(names)) == 1:
        reason = f"{len(names)} contoured ROIs are named {names[0]!r}; an alias cannot distinguish them"
        line = ""
    return NameMatch(asked=asked, status="ambiguous", rois=names, suggestions=names, alias_line=line, reason=reason)


def _competing(
    found: NameMatch, rois: Sequence[RoiLike], also_named: tuple[str, ...], aliases: Aliases
) -> tuple[int, ...]:
    """Other ROIs with contours that the name could mean as well; none where the alias file decides."""
    is_decided = found.how.startswith(BY_ALIAS) or (
        found.is_matched and found.rois[0].strip() in aliases.of(found.asked)
    )
    if not found.is_matched or is_decided:
        return ()
    others = [roi for roi in rois if roi.contours and roi.number not in found.numbers]
    return tuple(dict.fromkeys(roi.number for roi in also_meant(others, found.asked, also_named)))


def _doubtful(asked: str, hit: Hit) -> NameMatch:
    """The only ROI that may be meant, where its type and its name do not agree: a person has to say so."""
    line = alias_line(asked, hit.roi.name)
    reason = f"{hit.doubt}; if it is {asked}, put into an alias file (--aliases): {line}"
    names = (hit.roi.name,)
    return NameMatch(asked=asked, status="ambiguous", rois=names, suggestions=names, alias_line=line, reason=reason)


def _matched(asked: str, hit: Hit, remark: str = "") -> NameMatch:
    empty = () if hit.roi.contours else (hit.roi.name,)
    return NameMatch(
        asked=asked,
        status="matched",
        numbers=(hit.roi.number,),
        rois=(hit.roi.name,),
        how=hit.how + remark,
        crosses=crossing(asked, hit.roi.name, hit.roi.type) if hit.is_given else "",
        reason=f"{hit.roi.name!r} has no contours" if empty else "",
        empty=empty,
    )


def _both_sides(asked: str, rois: Sequence[RoiLike], aliases: Aliases) -> NameMatch | None:
    """`Lungs` as Lung_L and Lung_R together, where both are drawn and neither is in doubt."""
    pair = tg263.both_sides(asked)
    if pair is None:
        return None
    left, right = (match_name(side, rois, aliases=aliases) for side in pair)
    if not (left.is_matched and right.is_matched) or left.empty or right.empty:
        return None
    names = left.rois + right.rois
    return NameMatch(
        asked=asked,
        status="matched",
        numbers=left.numbers + right.numbers,
        rois=names,
        how=f"both sides together: {_listed(names)}",
    )


def _unmatched(asked: str, rois: Sequence[RoiLike], everything: Sequence[RoiLike]) -> NameMatch:
    """Ambiguous where a ROI of that organ lacks the side asked for, else missing; with what comes nearest."""
    sideless = tuple(roi.name for roi in rois if _lacks_side(roi.name, asked))
    suggestions = sideless or _near_misses(asked, everything)
    line = alias_line(asked, suggestions[0]) if suggestions else ""
    if sideless:
        reason = f"{_listed(sideless)} does not state its side; if it is {asked}, add to an alias file: {line}"
        return NameMatch(
            asked=asked, status="ambiguous", rois=sideless, suggestions=sideless, alias_line=line, reason=reason
        )
    reason = f"no ROI is named {asked} or a synonym of it"
    if suggestions:
        letters = look_alikes_in(suggestions[0])
        unlike = f" (contains {letters})" if letters else ""
        reason += f"; nearest: {_listed(suggestions)}{unlike}. If this is it, add to an alias file: {line}"
    return NameMatch(asked=asked, status="missing", suggestions=suggestions, alias_line=line, reason=reason)


def _lacks_side(name: str, asked: str) -> bool:
    side = tg263.side_of(asked)
    meaning = meaning_of(name)
    is_sideless = meaning is not None and meaning.is_sided_stem and f"{meaning.name}_{side}" == asked
    return bool(side) and is_sideless and not crossing(asked, name)


def _near_misses(asked: str, rois: Sequence[RoiLike]) -> tuple[str, ...]:
    """Names of ROIs to suggest, best first: as it looks, hinted words, ROIs of that type of target, likeness.

    They never decide anything, and none crosses to another side, kind of target, or from an organ to its PRV, or to
    what was made of it for planning (`Rectum_opt`).
    """
    other, kind = other_side(asked), kind_of_target_name(asked)
    contrary = {other[-1:]} - {""}
    takes_helpers = bool(kind or helper_sign(asked))
    possible = [
        roi
        for roi in rois
        if not crossing(asked, roi.name, roi.type)
        and contrary.isdisjoint(sides_in(roi.name))
        and (takes_helpers or not helper_sign(roi.name))
    ]
    alike_in_print = [roi.name for roi in looks_meant(possible, asked)]
    hinted = [roi.name for roi in possible if asked in hinted_names(roi.name)]
    typed = [roi.name for roi in possible if kind and roi.contours and roi.type.strip().upper() == kind]
    scored = sorted(((_likeness(asked, roi.name), roi.name) for roi in possible), key=lambda pair: -pair[0])
    alike = [
        name for likeness, name in scored if likeness >= _LIKENESS and (not other or _likeness(other, name) <= likeness)
    ]
    return tuple(dict.fromkeys(alike_in_print + hinted + typed + alike))[:_SUGGESTIONS]


def _likeness(asked: str, name: str) -> float:
    """0 to 1: how alike two names are, by their own letters or by what they mean; 0 below what is suggested."""
    meaning = meaning_of(name)
    words = {joined(name)} | ({joined(meaning.name)} if meaning is not None else set())
    from difflib import SequenceMatcher

    matchers = (SequenceMatcher(None, joined(asked), word) for word in words)
    return max((each.ratio() for each in matchers if each.quick_ratio() >= _LIKENESS), default=0.0)


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
