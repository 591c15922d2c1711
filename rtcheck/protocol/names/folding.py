"""A structure name as written -> a Spelling: its letters without case, accents and separators, and its markers.

The markers are what a name says beside the organ: the side (in nine languages), a planning risk volume (`PRV05`), a
part (`~`), what was cut away (`-GTV`), a custom suffix (`^...`). Nothing here knows any organ.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from rtcheck.patterns import pattern
from rtcheck.values import dataclass

Side = Literal["", "L", "R", "B"]

TARGET_KINDS = ("GTV", "CTV", "ITV", "PTV")
MINUS_WORDS = frozenset({"-", "minus", "excl", "excluding", "without", "ohne", "sans", "sin", "senza", "zonder", "sem"})

_SIDES_IN_ANY_LANGUAGE: dict[Side, str] = {
    "L": "l lt lf lft left links linke linker linkes gauche sinister izq izquierdo izquierda sx sin sinistro sinistra "
    "esq esquerdo esquerda 左 左侧 左側",
    "R": "r rt rgt right rechts rechte rechter rechtes droit droite derecho derecha dcho dcha dx dex dext dexter "
    "destro destra direito direita 右 右侧 右側",
    "B": "both bilateral bilat bilaterale beide deux ambos lr l+r r+l l&r r&l lt+rt rt+lt left+right right+left "
    "双 雙 両 双侧 両側",
}
# A word of one letter, or one that is also an ordinary word, is a side only beside a word of its own language.
_SIDES_IN_ONE_LANGUAGE: dict[str, tuple[Side, str]] = {
    "li": ("L", "de"),
    "re": ("R", "de"),
    "g": ("L", "fr"),
    "i": ("L", "es"),
    "iz": ("L", "es"),
    "s": ("L", "it"),
    "e": ("L", "pt"),
    "d": ("R", "fr es it pt"),
    "der": ("R", "es"),
    "dir": ("R", "pt"),
}
SIDE_WORDS: dict[str, tuple[Side, str]] = _SIDES_IN_ONE_LANGUAGE | {
    word: (side, "") for side, words in _SIDES_IN_ANY_LANGUAGE.items() for word in words.split()
}

_COMBINING_ACCENTS = pattern("[\u0300-\u036f]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-"})
_CAMEL_EDGE = pattern(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-zà-ÿ]{2})")
_SCRIPT_EDGE = pattern(r"(?<=[\u3040-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3040-\u9fff])")
_SEPARATOR_CHARACTERS = " \t\n\r_.,;:/\\()[]{}'\"`´’・·"
_SEPARATORS = pattern(f"[{re.escape(_SEPARATOR_CHARACTERS)}]+")
_WITHOUT_GAPS = dict.fromkeys(map(ord, _SEPARATOR_CHARACTERS + "-"))
_BETWEEN_TEXTS = "\x01"
"""A sign that is in no text, and that folding leaves as it is."""
_LEADING_ZEROS = pattern(r"(?<!\d)0+(?=\d)")
_PRV_PLACEHOLDER = pattern(r"PRVx{1,2}(?![A-Za-z])")  # TG-263 writes PRVxx for "PRV with any margin"
_PRV = pattern(r"prv(?:0*(\d{1,2}))?(?:mm)?")
_MARGIN = pattern(r"\s*\+\s*(\d+(?:\.\d+)?)\s*(mm|cm)\s*$")
_MARGIN_WORD = pattern(r"0*(\d{1,2})(?:mm)?")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name taken apart. `stem` is the joined letters of what is left when the markers are taken out.

    `side_languages` are the languages in which the side word is one ("" = any); `prv` is "", "PRV" or "PRV05";
    `minus` is "" or the target kind cut away; `custom` is the text after a caret.
    """

    stem: str
    side: Side = ""
    side_languages: str = ""
    prv: str = ""
    minus: str = ""
    is_partial: bool = False
    custom: str = ""

    def with_stem(self, stem: str) -> str:
        """The folded name with `stem` in place of its own: two names are equal after folding when this is equal."""
        core = f"{stem}{'~' if self.is_partial else ''}{'_' + self.prv if self.prv else ''}"
        side = f"_{self.side}" if self.side else ""
        return f"{core}{side}{'-' + self.minus if self.minus else ''}{'^' + self.custom if self.custom else ''}"


def folded(text: str) -> str:
    """`text` in NFKC, without case, accents and outer blanks; kana keep their voicing marks."""
    if text.isascii():  # the common case, and most of the dictionary
        return text.lower().strip()
    compatible = unicodedata.normalize("NFKC", text).casefold().translate(_LIGATURES)
    bare = _COMBINING_ACCENTS.sub("", unicodedata.normalize("NFD", compatible))
    return unicodedata.normalize("NFC", bare).strip()


def joined(text: str) -> str:
    """`text` folded, without separators and leading zeros: "Spinal  Cord" -> "spinalcord", "Rib_03" -> "rib3"."""
    text = folded(text)
    if "0" in text:
        text = _LEADING_ZEROS.sub("", text)
    return text.translate(_WITHOUT_GAPS)


def all_joined(texts: Sequence[str]) -> list[str]:
    """Each text joined; those in ASCII all at once and the others all at once, which takes a tenth of the time."""
    plain = iter(_joined_at_once(text for text in texts if text.isascii()))
    other = iter(_joined_at_once(text for text in texts if not text.isascii()))
    return [next(plain if text.isascii() else other) for text in texts]


def _joined_at_once(texts: Iterable[str]) -> list[str]:
    return joined(_BETWEEN_TEXTS.join(texts)).split(_BETWEEN_TEXTS)


@lru_cache(maxsize=4096)
def spelling(name: str) -> Spelling:
    """`name` taken apart into stem and markers, by its separators and its capitals; only whole words are sides."""
    text, _, custom = unicodedata.normalize("NFKC", name).strip().partition("^")
    is_partial = "~" in text[1:]
    text = text[:1] + text[1:].replace("~", "")
    margin = _MARGIN.search(text)
    prv = _prv_of_margin(margin) if margin else ""
    words = _words(text[: margin.start()] if margin else text)
    words, minus = _without_minus(words)
    words, prv_word = _without_prv([word for word in words if word != "-"])
    words, side, languages = _without_side(words)
    stem = "".join(_LEADING_ZEROS.sub("", word) for word in words)
    return Spelling(
        stem=stem,
        side=side,
        side_languages=languages,
        prv=prv_word or prv,
        minus=minus,
        is_partial=is_partial,
        custom=joined(custom),
    )


def equal_after_folding(one: str, other: str) -> bool:
    """Whether two names differ in case, accents, separators and the language of their side word only."""
    first, second = spelling(one), spelling(other)
    (first_whole, first_joined), (second_whole, second_joined) = _whole(one), _whole(other)
    sides_are_plain = not first.side_languages and not second.side_languages
    if sides_are_plain and first_whole == second_whole:
        return True
    return first.minus == second.minus and first.is_partial == second.is_partial and first_joined == second_joined


@lru_cache(maxsize=4096)
def _whole(name: str) -> tuple[str, str]:
    """The folded name and the joined letters."""
    parts = spelling(name)
    return parts.with_stem(parts.stem), joined(name)


def sides_in(name: str) -> frozenset[Side]:
    """Every side that a word in `name` may state, whatever the language: more than `spelling` would take for sure."""
    return frozenset(SIDE_WORDS[word][0] for word in _words(unicodedata.normalize("NFKC", name)) if word in SIDE_WORDS)


def split_at_capitals(text: str) -> str:
    """`text` with blanks where a capital or a change of script begins a word: "PTVOpt" -> "PTV Opt"."""
    parted = _CAMEL_EDGE.sub(" ", text)
    return parted if text.isascii() else _SCRIPT_EDGE.sub(" ", parted)


def _words(text: str) -> list[str]:
    """The folded words of `text`, split at separators, capitals and changes of script; a dash is a word of its own."""
    spaced = split_at_capitals(_PRV_PLACEHOLDER.sub("PRV", text))
    return [word for word in _SEPARATORS.split(folded(spaced).replace("-", " - ")) if word]


def _without_minus(words: list[str]) -> tuple[list[str], str]:
    """(words, kind): "lungs - gtv" -> (["lungs"], "GTV"). Several targets ("PTVs") are another thing than one."""
    if len(words) > 2 and words[-2] in MINUS_WORDS and words[-1].upper().removesuffix("S") in TARGET_KINDS:
        return words[:-2], words[-1].upper()
    return words, ""


def _without_prv(words: list[str]) -> tuple[list[str], str]:
    """(words, "PRV05"): "cord prv 5 mm" and "prv05 cord" lose their PRV."""
    for place, word in enumerate(words):
        found = _PRV.fullmatch(word)
        if not found or len(words) == 1:
            continue
        rest = words[:place] + words[place + 1 :]
        margin = found[1]
        if margin is None and place < len(rest) and (number := _MARGIN_WORD.fullmatch(rest[place])):
            margin = number[1]
            rest = rest[:place] + rest[place + 1 :]
            if rest[place : place + 1] == ["mm"]:
                rest = rest[:place] + rest[place + 1 :]
        return rest, f"PRV{int(margin):02d}" if margin else "PRV"
    return words, ""


def _prv_of_margin(margin: re.Match[str]) -> str:
    millimetres = float(margin[1]) * (10 if margin[2] == "cm" else 1)
    return f"PRV{millimetres:02.0f}"


def _without_side(words: list[str]) -> tuple[list[str], Side, str]:
    """(words, side, languages of the side word): the side words taken out, unless nothing would be left."""
    found = [SIDE_WORDS[word] for word in words if word in SIDE_WORDS]
    rest = [word for word in words if word not in SIDE_WORDS]
    sides = {side for side, _ in found}
    if not found or not rest or len(sides) != 1:
        return words, "", ""
    languages = "" if any(not tongue for _, tongue in found) else found[0][1]
    return rest, found[0][0], languages
