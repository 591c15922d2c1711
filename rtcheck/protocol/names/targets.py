"""What a name states about a kind of target (GTV, CTV, ITV, PTV), from "it is one" to "it is made from one"."""

import re
from functools import lru_cache
from typing import Literal

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import TARGET_KINDS, folded
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.synonyms import meaning_of

Claim = Literal["plain", "alike", "odd", "helper", "none"]
"""plain: the grammar of that kind's names (`GTVp`, `GTV_2`); alike: the kind and words that say nothing against it
(`GTV-PET`); odd: words that may make it something else (`GTV and cord`, `iGTV`); helper: signs that it is made from one
(`GTV_ring`, `PTV-GTV`); none: it does not speak of that kind."""

_TARGET_LIKE = ("TumorBed", "SurgicalBed", "ProstateBed", "Postop", "Preop", "Boost", "Scar", "Edema", "LN")
_KIND = "gtv|ctv|itv|ptv"
_HEAD = pattern(
    r"(?P<kind>igtv|pgtv|pctv|gtv|ctv|itv|ptv)"
    r"(?P<class>nodes?|nodal|nd|ln|nx|sb|par|vas|vein|lung|liver|brain|boost|high|low|mid|total|all|[tnpmv])?"
    r"(?P<number>\d{0,5}(?:\.\d+)?)(?P<unit>c?gy)?(?P<letter>[a-z])?"
)
_LABEL = pattern(r"[^\W_]+(?:\.\d+)?(?:c?gy)?")
_DASH_LABEL = pattern(
    r"t|n|p|m|nd|ln|boost|high|low|mid|hr|ir|lr|nodes?|nodal|primary|primaer|\d|[1-9]\d{1,4}(?:c?gy)?"
)
_JOINERS = frozenset("and und et en or oder ou with mit avec con com for".split())  # noqa: SIM905 - easier to read
_INTERNAL = pattern(r"(?<![a-z])i[\s_-]*gtv")
_PLANNING = pattern(r"(?<![A-Za-z])P(?=GTV|CTV)")
_PRIMARY = pattern(r"(?<![a-z])p(?=gtv|ctv)")
_PREFIX = pattern(rf"(?<![^\W\d_])(?P<letters>[^\W\d_]+?)(?={_KIND})")
_HARMLESS_PREFIXES = frozenset("ptnmlr")  # primary, tumour, nodes, metastasis, and the sides
_SUBTRACTED = pattern(rf"\S\s*-\s*(?:{_KIND})")
_LABELS_BEFORE = pattern(
    rf"(?<![^\W_])(?:[tnpmlr]|li|re|hr|ir|lr|high|low|mid|boost|primary|res|init|pre|post|pet|mri?|ct)\s*-\s*(?={_KIND})"
)
_SPELLED_OUT = pattern(r"(?<![^\W_])([gcip])[\s._]+t[\s._]+v(?![^\W_])")
_NUMBERS_PARTED = pattern(r"\d{2,}\s*-\s*\d{2,}")
_TWO_LETTERS = pattern(r"(?<![a-z])[a-z]\s*&\s*[a-z](?![a-z])")  # H&N, head and neck
_TUMOUR = pattern(
    r"(?<![a-z])(?:tumou?r(?![\W_]*bed)\w*|tumeur\w*|tumore?|tumoral|lesion\w*|lasion\w*|laesion\w*|lesione|mets?|metasta\w*|filia\w*"
    r"|nodul\w*|knoten|rundherd\w*|herd\w*|mass|masse|neoplas\w*|cancer|[ck]ar[cz]inom\w*|metas?"
    r"|rezidiv\w*|recurren\w*|recidiv\w*|hcc|ccc|nsclc|gbm"
    r"|guz\w*|przerzut\w*|nador\w*|daganat\w*|attet\w*|svulst\w*|kasvain\w*|kasvaja\w*|gezwel\w*|kitle\w*|lesao|lesoes|masa"
    r"|audzej\w*|navik\w*|uitzaai\w*|geschwulst\w*|wucherung\w*)(?:[\W_]|\d|$)"
    r"|肿瘤|腫瘍|転移|转移|病灶|病変|종양|전이|опухол|пухлин|тумор|метаста|новообразов|ογκο|μεταστασ|ورم|גידול|גרורה|เนื้องอก"
)
_WORDS = {
    "GTV": pattern("大体肿瘤|肿瘤靶区|肉眼的腫瘍体積"),
    "CTV": pattern("临床靶区|臨床標的体積"),
    "PTV": pattern("计划靶区|計画標的体積"),
    "ITV": pattern("内靶区|内标靶区|体内標的体積"),
}
_ANY_TARGET = pattern(r"(?<![a-z])(?:targets?|zielvolumen|zielgebiet|bersaglio|blanco)(?:[\W_]|\d|$)|靶区|標的")


@lru_cache(maxsize=8192)
def claim_of_name(name: str, kind: str) -> Claim:
    """What `name` states about `kind` ("GTV", "CTV", "ITV" or "PTV").

    >>> claim_of_name("GTVp", "GTV"), claim_of_name("GTV-PET", "GTV"), claim_of_name("Liver-GTV", "GTV")
    ('plain', 'alike', 'helper')
    """
    text = _plain_text(name)
    kinds = [found.upper() for found in re.findall(_KIND, text)]
    plain = kind_of_target_name(name)
    if kind not in kinds and plain != kind and not (kind == "ITV" and _INTERNAL.search(text)):
        return _claim_without_the_kind(name, text, kind)
    if helper_sign(name, kind=kind) or _is_made_of_targets(text):
        return "helper"
    if plain == kind and not _NUMBERS_PARTED.search(text):
        return "plain"
    is_of_another_kind = bool(plain) and plain != kind  # iGTV is an ITV, PGTV a PTV
    return "odd" if is_of_another_kind or _is_odd(text, kind, kinds) else "alike"


def kind_of_target_name(name: str) -> str:
    """ "GTV" for `GTVp`, `GTV_Liver` and `gtv 1`; "" for `PTV-GTV`, `PTV ring`, `GTV + 5 mm` and what is no target.

    `PGTV` is the planning target volume of a GTV; of `pGTV`, which may be the primary's, the name alone does not tell.
    """
    text = _plain_text(name)
    head = _HEAD.match(text)
    if head is None:
        return ""
    kind = {"igtv": "ITV", "pgtv": "PTV", "pctv": "PTV"}.get(head["kind"], head["kind"].upper())
    if helper_sign(name, kind=kind) or (_PRIMARY.match(text) and not _PLANNING.match(name.strip())):
        return ""
    words = [word for word in re.split(r"([-_\s]+)", text[head.end() :]) if word]
    if words and not re.fullmatch(r"[-_\s]+", words[0]):
        return ""
    for gap, label in zip(words[::2], words[1::2], strict=False):
        is_label = _DASH_LABEL.fullmatch(label) if "-" in gap else _LABEL.fullmatch(label)
        if not is_label or label in _JOINERS or re.search(_KIND, label):
            return ""
    return kind


def is_target_roi(name: str, roi_type: str) -> bool:
    """Whether an ROI is a target: by its type or, failing that, by its name; not what is made from one.

    >>> is_target_roi("Met 3", "GTV"), is_target_roi("PTV_24", "ORGAN"), is_target_roi("PTV_ring", "PTV")
    (True, True, False)
    """
    if kind_of_target_name(name):
        return True
    return roi_type.strip().upper() in TARGET_KINDS and not helper_sign(name)


def _plain_text(name: str) -> str:
    """The name folded, without brackets; `G.T.V.` as gtv, and `HR-CTV`, whose dash takes nothing away, as hr ctv."""
    text = re.sub(r"[()\[\]{}]+", " ", folded(name)).strip()
    return _LABELS_BEFORE.sub(lambda found: found[0].replace("-", " "), _SPELLED_OUT.sub(r"\1tv", text))


def says_it_is_something_else(name: str) -> bool:
    """Whether a sign in `name` makes it a ring, a copy for the optimiser, a part, ... of what it is called after."""
    return bool(helper_sign(name)) or not _JOINERS.isdisjoint(re.split(r"[^a-z]+", folded(name)))


def organ_of_name(name: str) -> str:
    """The TG-263 name of the organ that `name` means; "" where it means none, or what a target may be called after."""
    meaning = meaning_of(name)
    is_organ = meaning is not None and not meaning.name.startswith((*_TARGET_LIKE, *TARGET_KINDS))
    return meaning.name if meaning is not None and is_organ else ""


def _claim_without_the_kind(name: str, text: str, kind: str) -> Claim:
    """What a name that does not hold the kind states: in words ("Tumor 2", "计划靶区"), or nothing."""
    if kind == "PTV" and _PRIMARY.search(text):
        return "alike"  # pGTV: the primary's, or the planning target volume of a GTV?
    in_words = _WORDS[kind].search(text) or _ANY_TARGET.search(text) or (kind == "GTV" and _TUMOUR.search(text))
    is_other = re.search(_KIND, text) or any(words.search(text) for other, words in _WORDS.items() if other != kind)
    if not in_words or is_other or meaning_of(name) is not None:
        return "none"
    return "helper" if helper_sign(name, kind=kind) else "alike"


def _is_made_of_targets(text: str) -> bool:
    """Whether a target is taken away from an organ or from another target, in so many words."""
    taken_away = _SUBTRACTED.search(text)
    if taken_away is None:
        return False
    before = text[: taken_away.start() + 1].strip(" -_")
    is_of_several = text[taken_away.end() :].startswith("s")
    return is_of_several or re.search(_KIND, before) is not None or meaning_of(before) is not None


def _is_odd(text: str, kind: str, kinds: list[str]) -> bool:
    """Whether a name that holds the kind holds something that may make it another thing."""
    text = _TWO_LETTERS.sub(" ", text)
    prefix = _PREFIX.search(text)
    is_prefixed = prefix is not None and len(prefix["letters"]) == 1 and prefix["letters"] not in _HARMLESS_PREFIXES
    after = text.partition(kind.lower())[2]
    cut_away = re.match(r"[\s\w]*-\s*(?P<what>.+)", after)
    return bool(
        is_prefixed
        or "&" in text
        or (kinds and kinds[0] != kind)
        or (len(set(kinds)) > 1 and re.search(r"[/+]", text))
        or not _JOINERS.isdisjoint(re.split(r"[^a-z]+", text))
        or _SUBTRACTED.search(text)
        or _NUMBERS_PARTED.search(text)
        or (cut_away and meaning_of(cut_away["what"]) is not None)
    )
