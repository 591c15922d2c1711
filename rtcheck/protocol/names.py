"""Which ROI of a structure set is meant by a name in a protocol: a match that can be explained, or none.

The order: the very spelling; the clinic's alias file; the ROI's identification codes; equality after folding (case,
accents, separators, sides, words in nine languages); another reading of a name in a broken character set; the ROI's
type. Never a part of a name and never a likeness: a near miss is only ever suggested.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rtcheck.protocol import tg263
from rtcheck.protocol.aliases import NO_ALIASES, Aliases, alias_line, read_aliases
from rtcheck.protocol.folding import TARGET_KINDS, equal_after_folding, joined, spelling
from rtcheck.protocol.synonyms import LANGUAGES, Meaning, hinted_names, is_helper, meaning_of
from rtcheck.protocol.targets import RoiLike, kind_of_target_name, targets_of_kind

__all__ = ["Aliases", "NameMatch", "RoiLike", "match_name", "read_aliases", "targets_of_kind"]

_SUGGESTIONS = 3
_LIKENESS = 0.6  # below this a name is not worth suggesting
_NO_ORGAN_TYPES = frozenset({"ISOCENTER", "MARKER", "REGISTRATION", "SUPPORT", "BOLUS", "CONTRAST_AGENT", "EXTERNAL"})
_TARGET_TYPES = frozenset({"GTV", "CTV", "PTV"})
_OUTLINES = ("External", "Body")
_TARGET_CODES_IGNORED = frozenset({*TARGET_KINDS, *_OUTLINES})


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """What a name was matched to. Several `numbers` mean the union of these ROIs (both lungs for `Lungs`).

    `rois` are the names of the ROIs matched, or of the candidates where the match is ambiguous. `how` explains a match,
    `reason` why there is none; `suggestions` are near misses, `alias_line` what would settle it in an alias file.
    `empty` are matched ROIs that have no contours.
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

    @property
    def is_matched(self) -> bool:
        return self.status == "matched"


@dataclass(frozen=True, slots=True)
class _Hit:
    """One ROI that a rule found, and the rule's explanation."""

    roi: RoiLike
    how: str


def match_name(
    asked: str, rois: Sequence[RoiLike], *, also_named: Sequence[str] = (), aliases: Aliases = NO_ALIASES
) -> NameMatch:
    """The ROI meant by `asked`, by the first rule that finds one; two found by one rule are ambiguous.

    `also_named` are the protocol's other names for it. A ROI that the alias file gives to another name is left out.
    """
    free = [roi for roi in rois if _is_free(roi, asked, aliases)]
    for rule in _rules(asked, tuple(also_named), aliases):
        hits = rule(free)
        if hits:
            return _settled(asked, hits)
    return _both_sides(asked, free, aliases) or _unmatched(asked, free, tuple(rois))


_Rule = Callable[[Sequence[RoiLike]], list[_Hit]]


def _rules(asked: str, also_named: tuple[str, ...], aliases: Aliases) -> tuple[_Rule, ...]:
    """The rules in the order in which they decide."""
    return (
        lambda rois: _spelled(rois, (asked,), "the very name"),
        lambda rois: _spelled(rois, aliases.of(asked), "the alias file"),
        lambda rois: _folded_among(rois, aliases.of(asked), "the alias file, but for case and separators"),
        lambda rois: _spelled(rois, also_named, "a name that the protocol gives"),
        lambda rois: _coded(rois, asked),
        lambda rois: _meant(rois, asked, also_named),
        lambda rois: _read_otherwise(rois, asked),
        lambda rois: _typed(rois, asked),
    )


def _is_free(roi: RoiLike, asked: str, aliases: Aliases) -> bool:
    """Whether `roi` may be matched: not claimed by the alias file for another name, and not the body called skin."""
    owners = aliases.owners(roi.name)
    if owners and asked not in owners:
        return False
    return not (asked == "Skin" and roi.type.strip().upper() == "EXTERNAL" and not owners)


def _spelled(rois: Sequence[RoiLike], names: Sequence[str], how: str) -> list[_Hit]:
    return [_Hit(roi, how) for roi in rois if roi.name.strip() in names]


def _folded_among(rois: Sequence[RoiLike], names: Sequence[str], how: str) -> list[_Hit]:
    return [_Hit(roi, how) for roi in rois if any(equal_after_folding(roi.name, name) for name in names)]


def _coded(rois: Sequence[RoiLike], asked: str) -> list[_Hit]:
    """ROIs whose FMA code is that of `asked` and whose name does not state something else ("Liver-GTV" coded liver)."""
    if not tg263.fma_code(asked) or asked in _TARGET_CODES_IGNORED:
        return []
    hits = []
    for roi in rois:
        code = next((value for scheme, value in roi.codes if tg263.name_of_fma(value) == asked and _is_fma(scheme)), "")
        if code and not is_helper(roi.name) and _agrees(roi.name, asked):
            hits.append(_Hit(roi, f"its FMA code {code} is that of {asked}"))
    return hits


def _is_fma(scheme: str) -> bool:
    return scheme.strip().upper().startswith("FMA")


def _agrees(name: str, asked: str) -> bool:
    """Whether a name leaves room for what its code says: it means the same, or it is unknown and carries no marker."""
    meaning = meaning_of(name)
    if meaning is not None:
        return meaning.name == asked or (meaning.is_sided_stem and asked[:-2] == meaning.name)
    parts = spelling(name)
    is_marked = parts.prv or parts.minus or parts.is_partial or parts.custom
    return not is_marked and not kind_of_target_name(name) and parts.side in ("", tg263.side_of(asked))


def _meant(rois: Sequence[RoiLike], asked: str, also_named: Sequence[str]) -> list[_Hit]:
    """ROIs that are equal to `asked` after folding: by the letters, or by what they mean in the dictionary."""
    wanted = _meaning_asked_for(asked)
    hits = []
    for roi in rois:
        if is_helper(roi.name):
            continue
        if any(equal_after_folding(roi.name, name) for name in (asked, *also_named)):
            how = "the same but for case, separators or the side word"
        elif wanted is not None and (meaning := meaning_of(roi.name)) is not None and _is_same(meaning, wanted):
            how = _explained(meaning)
        else:
            continue
        if _type_allows(roi, asked) and not _code_contradicts(roi, asked):
            hits.append(_Hit(roi, how))
    return hits


def _meaning_asked_for(asked: str) -> Meaning | None:
    """The meaning of a TG-263 name; None for any other name, which is matched by its letters only."""
    return meaning_of(asked) if tg263.is_tg263(asked) else None


def _is_same(meaning: Meaning, wanted: Meaning) -> bool:
    """Whether two meanings are one. A PRV asked for without a margin is any PRV of that organ."""
    if meaning.is_sided_stem or wanted.is_sided_stem:
        return False
    found, asked = spelling(meaning.name), spelling(wanted.name)
    if asked.prv == "PRV" and found.prv:
        return _without_prv_number(meaning.name) == _without_prv_number(wanted.name)
    return meaning.name == wanted.name


def _without_prv_number(name: str) -> str:
    head, found, tail = name.partition("_PRV")
    return head + found + tail.lstrip("0123456789x")


def _explained(meaning: Meaning) -> str:
    languages = [LANGUAGES[language] for language in meaning.languages if language in LANGUAGES]
    if not languages or "TG-263" in meaning.languages:
        return f"the TG-263 name {meaning.name}, written otherwise"
    return f"{' and '.join(languages[:2])} for {meaning.name}"


def _type_allows(roi: RoiLike, asked: str) -> bool:
    """Whether the ROI's type leaves room for a folded match: a marker is no organ, a GTV no "organ less GTV"."""
    roi_type = roi.type.strip().upper()
    if roi_type in _TARGET_TYPES:
        return not spelling(asked).minus
    return roi_type not in _NO_ORGAN_TYPES or (roi_type == "EXTERNAL" and asked in _OUTLINES)


def _code_contradicts(roi: RoiLike, asked: str) -> bool:
    """Whether the FMA code says the other side or another organ: then the name alone does not decide."""
    coded = {tg263.name_of_fma(value) for scheme, value in roi.codes if _is_fma(scheme)} - {"", *_OUTLINES}
    base = spelling(asked)
    plain = f"{base.stem}_{base.side}" if base.side else base.stem
    return bool(coded) and bool(tg263.fma_code(asked)) and plain not in {_plain(name) for name in coded}


def _plain(name: str) -> str:
    parts = spelling(name)
    return f"{parts.stem}_{parts.side}" if parts.side else parts.stem


def _read_otherwise(rois: Sequence[RoiLike], asked: str) -> list[_Hit]:
    """ROIs whose name, read in another character set than the file states, is a word for `asked`."""
    wanted = _meaning_asked_for(asked)
    hits = []
    for roi in rois:
        for other in roi.name_alternatives:
            meaning = meaning_of(other)
            if wanted is not None and meaning is not None and _is_same(meaning, wanted) and _type_allows(roi, asked):
                how = f"read in another character set its name is {other!r}: {_explained(meaning)}"
                hits.append(_Hit(roi, how))
                break
    return hits


def _typed(rois: Sequence[RoiLike], asked: str) -> list[_Hit]:
    """ROIs whose type decides: the outline for External or Body, the targets of a kind for GTV, CTV, ITV, PTV."""
    if asked in _OUTLINES:
        return [_Hit(roi, "its type is EXTERNAL") for roi in rois if roi.type.strip().upper() == "EXTERNAL"]
    if asked in TARGET_KINDS:
        named = [
            _Hit(roi, f"the only {asked}") for roi in rois if roi.contours and kind_of_target_name(roi.name) == asked
        ]
        return named or [_Hit(roi, f"its type is {asked}") for roi in rois if _is_drawn_of_type(roi, asked)]
    return []


def _is_drawn_of_type(roi: RoiLike, roi_type: str) -> bool:
    return roi.contours > 0 and roi.type.strip().upper() == roi_type and not is_helper(roi.name)


def _settled(asked: str, hits: list[_Hit]) -> NameMatch:
    """One hit is a match; of several, one that alone has contours is too; else they are ambiguous."""
    drawn = [hit for hit in hits if hit.roi.contours]
    if len(hits) > 1 and len(drawn) == 1:
        return _matched(asked, drawn[0], "; others of that name have no contours")
    if len(hits) == 1:
        return _matched(asked, hits[0])
    names = tuple(hit.roi.name for hit in hits)
    line = alias_line(asked, names[0])
    reason = f"{_listed(names)} could each be {asked}; say which in an alias file (--aliases): {line}"
    if len(set(names)) == 1:
        reason = f"{len(names)} ROIs are called {names[0]!r} and have contours; no alias can tell them apart"
        line = ""
    return NameMatch(asked=asked, status="ambiguous", rois=names, suggestions=names, alias_line=line, reason=reason)


def _matched(asked: str, hit: _Hit, remark: str = "") -> NameMatch:
    empty = () if hit.roi.contours else (hit.roi.name,)
    return NameMatch(
        asked=asked,
        status="matched",
        numbers=(hit.roi.number,),
        rois=(hit.roi.name,),
        how=hit.how + remark,
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
        reason = f"{_listed(sideless)} does not say which side it is; if it is {asked}, put into an alias file: {line}"
        return NameMatch(
            asked=asked, status="ambiguous", rois=sideless, suggestions=sideless, alias_line=line, reason=reason
        )
    reason = f"no ROI is called {asked}, nor a word for it"
    if suggestions:
        reason += f"; nearest: {_listed(suggestions)}. If that is it, put into an alias file: {line}"
    return NameMatch(asked=asked, status="missing", suggestions=suggestions, alias_line=line, reason=reason)


def _lacks_side(name: str, asked: str) -> bool:
    side = tg263.side_of(asked)
    meaning = meaning_of(name)
    return bool(side) and meaning is not None and meaning.is_sided_stem and f"{meaning.name}_{side}" == asked


def _near_misses(asked: str, rois: Sequence[RoiLike]) -> tuple[str, ...]:
    """Names of ROIs to suggest, best first: hinted words, then likeness. They never decide anything."""
    hinted = [roi.name for roi in rois if asked in hinted_names(roi.name)]
    scored = sorted(((_likeness(asked, roi.name), roi.name) for roi in rois), key=lambda pair: -pair[0])
    alike = [name for likeness, name in scored if likeness >= _LIKENESS]
    return tuple(dict.fromkeys(hinted + alike))[:_SUGGESTIONS]


def _likeness(asked: str, name: str) -> float:
    """0 to 1: how alike two names are, by their own letters or by what they mean."""
    meaning = meaning_of(name)
    words = {joined(name)} | ({joined(meaning.name)} if meaning is not None else set())
    return max(SequenceMatcher(None, joined(asked), word).ratio() for word in words)


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
