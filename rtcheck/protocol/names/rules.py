"""The rules by which a name in a protocol finds a ROI, in the order in which they decide.

The very spelling; the clinic's alias file; the protocol's other names; identification codes and equality after folding
(case, accents, separators, sides, words in nine languages); another reading of a name in a broken character set; the
type. Never a part of a name, never a likeness.
"""

from collections.abc import Callable, Sequence

from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.aliases import Aliases
from rtcheck.protocol.names.folding import TARGET_KINDS, Spelling, equal_after_folding, spelling
from rtcheck.protocol.names.look_alikes import as_it_looks
from rtcheck.protocol.names.membership import RoiLike, select_targets
from rtcheck.protocol.names.synonyms import LANGUAGES, Meaning, is_helper, meaning_of
from rtcheck.protocol.names.targets import kind_of_target_name, says_it_is_something_else
from rtcheck.values import dataclass

BY_ALIAS = "alias file"
_NO_ORGAN_TYPES = frozenset({"ISOCENTER", "MARKER", "REGISTRATION", "SUPPORT", "BOLUS", "CONTRAST_AGENT", "EXTERNAL"})
_OUTLINES = ("External", "Body")
_CODES_SAY_NOTHING = frozenset({*TARGET_KINDS, *_OUTLINES})


@dataclass(frozen=True, slots=True)
class Hit:
    """One ROI that a rule found, and the rule's explanation. `doubt` says why it may be another thing.

    `is_given`: an alias file or the protocol gives this spelling to the name, so nothing else vouches for it.
    """

    roi: RoiLike
    how: str
    doubt: str = ""
    is_given: bool = False


Rule = Callable[[Sequence[RoiLike]], list[Hit]]


def rules(asked: str, also_named: tuple[str, ...], aliases: Aliases) -> tuple[Rule, ...]:
    """The rules in the order in which they decide."""
    return (
        lambda rois: _spelled(rois, (asked,), "exact match"),
        lambda rois: _spelled(rois, aliases.of(asked), BY_ALIAS, is_given=True),
        lambda rois: _folded_among(rois, aliases.of(asked), f"{BY_ALIAS}, ignoring case and separators"),
        lambda rois: _spelled(rois, also_named, "name given in the protocol", is_given=True),
        lambda rois: _coded_or_meant(rois, asked, also_named),
        lambda rois: _read_otherwise(rois, asked),
        lambda rois: _typed(rois, asked, aliases),
    )


def also_meant(rois: Sequence[RoiLike], asked: str, also_named: tuple[str, ...]) -> list[RoiLike]:
    """ROIs that `asked` could mean if they were the only ones: by spelling, code or meaning, or as their name looks.

    What a name means elsewhere in TG-263 is not meant here, though the protocol lets it stand in (Bowel_Bag for Bowel).
    """
    found = [
        *_spelled(rois, (asked, *also_named), ""),
        *_coded(rois, asked),
        *_meant(rois, asked, also_named),
        *_read_otherwise(rois, asked),
    ]
    wanted = meaning_of(asked)
    possible = [hit.roi for hit in found if wanted is None or _means(hit.roi.name, wanted, if_unknown=True)]
    return [*possible, *looks_meant(rois, asked)]


def looks_meant(rois: Sequence[RoiLike], asked: str) -> list[RoiLike]:
    """ROIs that would be called `asked`, or a synonym of it, if all their letters were as Latin as they look."""
    wanted = meaning_of(asked)
    return [roi for roi in rois if (looks := as_it_looks(roi.name)) != roi.name and _is_called(looks, asked, wanted)]


def _is_called(name: str, asked: str, wanted: Meaning | None) -> bool:
    return equal_after_folding(name, asked) or (wanted is not None and _means(name, wanted))


def _means(name: str, wanted: Meaning, *, if_unknown: bool = False) -> bool:
    meaning = meaning_of(name)
    return if_unknown if meaning is None else _is_same(meaning, wanted)


def is_free(roi: RoiLike, asked: str, aliases: Aliases) -> bool:
    """Whether `roi` may be matched: not claimed by the alias file for another name, and not the body called skin."""
    owners = aliases.owners(roi.name)
    if owners and asked not in owners:
        return False
    return not (asked == "Skin" and roi.type.strip().upper() == "EXTERNAL" and not owners)


def _spelled(rois: Sequence[RoiLike], names: Sequence[str], how: str, *, is_given: bool = False) -> list[Hit]:
    return [Hit(roi, how, is_given=is_given) for roi in rois if roi.name.strip() in names]


def _folded_among(rois: Sequence[RoiLike], names: Sequence[str], how: str) -> list[Hit]:
    """ROIs that are equal to one of the names that an alias file gives, after folding."""
    return [Hit(roi, how, is_given=True) for roi in rois if any(equal_after_folding(roi.name, name) for name in names)]


def _coded_or_meant(rois: Sequence[RoiLike], asked: str, also_named: Sequence[str]) -> list[Hit]:
    """ROIs that code and name both find; where there are none, those that either finds. A code alone is not enough to
    outweigh another ROI's name: planning systems keep an organ's code on copies of it for the optimiser."""
    coded = _coded(rois, asked)
    meant = _meant(rois, asked, also_named)
    numbers = {hit.roi.number for hit in meant}
    return [hit for hit in coded if hit.roi.number in numbers] or [*coded, *meant]


def _coded(rois: Sequence[RoiLike], asked: str) -> list[Hit]:
    """ROIs whose code is that of `asked` and whose name does not state something else ("Liver-GTV" coded liver)."""
    if asked in _CODES_SAY_NOTHING:
        return []
    hits = []
    for roi in rois:
        found = next(((scheme, code) for scheme, code in roi.codes if tg263.name_of_code(scheme, code) == asked), None)
        if found is not None and not is_helper(roi.name) and _agrees(roi.name, asked):
            hits.append(Hit(roi, f"code {found[1]} ({found[0]}) of {asked}"))
    return hits


def _agrees(name: str, asked: str) -> bool:
    """Whether a name leaves room for what its code says: it means the same, or it is unknown and carries no marker."""
    meaning = meaning_of(name)
    if meaning is not None:
        return meaning.name == asked or (meaning.is_sided_stem and asked[:-2] == meaning.name)
    parts = spelling(name)
    is_marked = parts.prv or parts.minus or parts.is_partial or parts.custom
    says_other = is_marked or kind_of_target_name(name) or says_it_is_something_else(name)
    return not says_other and parts.side in ("", tg263.side_of(asked))


def _meant(rois: Sequence[RoiLike], asked: str, also_named: Sequence[str]) -> list[Hit]:
    """ROIs that are equal to `asked` after folding: by the letters, or by what they mean in the dictionary."""
    wanted = _meaning_asked_for(asked)
    hits = []
    for roi in rois:
        if is_helper(roi.name):
            continue
        is_given = not equal_after_folding(roi.name, asked)
        if not is_given or any(equal_after_folding(roi.name, name) for name in also_named):
            how = "same name, different spelling"
        elif wanted is not None and (meaning := meaning_of(roi.name)) is not None and _is_same(meaning, wanted):
            how, is_given = _explained(meaning), False
        else:
            continue
        if _type_allows(roi, asked) and not _code_contradicts(roi, asked):
            hits.append(Hit(roi, how, is_given=is_given))
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
        return f"TG-263 name {meaning.name}, different spelling"
    return f"synonym of {meaning.name} ({' and '.join(languages[:2])})"


def _type_allows(roi: RoiLike, asked: str) -> bool:
    """Whether the ROI's type leaves room for a folded match: a marker is no organ, a GTV no "organ less GTV"."""
    roi_type = roi.type.strip().upper()
    if roi_type in TARGET_KINDS:
        return not spelling(asked).minus
    return roi_type not in _NO_ORGAN_TYPES or (roi_type == "EXTERNAL" and asked in _OUTLINES)


def _code_contradicts(roi: RoiLike, asked: str) -> bool:
    """Whether the code says the other side or another organ; that of a larger one (bowel, both lungs) is no matter."""
    coded = {tg263.name_of_code(scheme, code) for scheme, code in roi.codes} - {"", *_OUTLINES}
    if not coded or not tg263.is_tg263(asked):
        return False
    return not any(_is_part_of(spelling(asked), spelling(name)) for name in coded)


def _is_part_of(part: Spelling, whole: Spelling) -> bool:
    """Whether `part` is the same as `whole` or called after it: Bowel_Small after Bowel, Lung_L after Lungs."""
    return part.stem.startswith(whole.stem.removesuffix("s")) and whole.side in ("", part.side)


def _read_otherwise(rois: Sequence[RoiLike], asked: str) -> list[Hit]:
    """ROIs whose name, read in another character set than the file states, is a word for `asked`."""
    wanted = _meaning_asked_for(asked)
    hits = []
    for roi in rois:
        for other in roi.name_alternatives:
            meaning = meaning_of(other)
            if wanted is not None and meaning is not None and _is_same(meaning, wanted) and _type_allows(roi, asked):
                how = f"in another character set its name is {other!r}: {_explained(meaning)}"
                hits.append(Hit(roi, how))
                break
    return hits


def _typed(rois: Sequence[RoiLike], asked: str, aliases: Aliases) -> list[Hit]:
    """ROIs whose type decides: the outline for External or Body, the targets of a kind for GTV, CTV, ITV, PTV."""
    if asked in _OUTLINES:
        return [Hit(roi, "type EXTERNAL") for roi in rois if roi.type.strip().upper() == "EXTERNAL"]
    if asked not in TARGET_KINDS:
        return []
    selection = select_targets(asked, rois, aliases)
    hits = [Hit(roi, f"the only {asked}") for roi in selection.members]
    return [
        *hits,
        *(Hit(doubt.roi, f"the only {asked}", doubt.why) for doubt in selection.doubts if doubt.roi.contours),
    ]
