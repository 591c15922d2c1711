"""What a structure name means: a clinic's words, in nine languages -> the TG-263 name that they stand for.

The words lie in tables/synonyms.csv; `Kidney_*` there means both sides, told apart by the side words of folding.py.
Words that may mean two organs, and forms of two letters, lie in tables/hints.csv: they only ever become suggestions.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from rtcheck.patterns import pattern
from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.folding import SIDE_WORDS, TARGET_KINDS, Side, Spelling, all_joined, joined, spelling
from rtcheck.values import dataclass

LANGUAGES = {
    "en": "English",
    "zh": "Chinese",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "ja": "Japanese",
    "pt": "Portuguese",
}
_TARGET = pattern("|".join(TARGET_KINDS).lower())
_NOMENCLATURE = "TG-263"
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """The TG-263 name (or a name built from one) that a spelling stands for; `languages` in which it does.

    A name without a side where TG-263 asks for one ("Kidney") means its stem; `is_sided_stem` then holds.
    """

    name: str
    languages: tuple[str, ...]
    is_sided_stem: bool = False


class _Word(NamedTuple):
    """One word of the dictionary: the row's name (`Kidney_*` or `Liver`) and the language."""

    name: str
    language: str


_POSITIVE = pattern(r"(?:^|[^a-z])(?:[gcpi]tv)?[cp]?(?:n|ln|lk|nodes?|pet)\s*\d*\s*\+$", re.IGNORECASE)
_MORE_OR_LESS = "+-–—−‐‑"


@lru_cache(maxsize=4096)
def meaning_of(name: str) -> Meaning | None:
    """What `name` means, or None where it is unknown or means two things. Never a guess by likeness."""
    if name in tg263.names() and "PRVx" not in name:
        return Meaning(name, (_NOMENCLATURE,))
    if sign_at_an_end(name):
        return None
    parts = spelling(name)
    for options in _ways_to_read(name, parts):
        meanings = {meaning.name: meaning for option in options for meaning in _meanings(option)}
        if meanings:
            return next(iter(meanings.values())) if len(meanings) == 1 else None
    return None


def sign_at_an_end(name: str) -> str:
    """The plus or minus with which `name` begins or ends: more or less than what it is called after (`PTV+`, `Liver-`).

    That of positive nodes is none.

    >>> sign_at_an_end("PTV+"), sign_at_an_end("-Liver"), sign_at_an_end("Liver-GTV"), sign_at_an_end("GTV_N+")
    ('+', '-', '', '')
    """
    text = name.strip()
    if text.endswith("+") and _POSITIVE.search(text):
        return ""
    return next((sign for sign in (text[:1], text[-1:]) if sign and sign in _MORE_OR_LESS), "")


def is_helper(name: str) -> bool:
    """Whether `name` begins with z, _ or ~, as structures for the optimiser do; words such as Zunge or Zyste do not.

    A plus or a minus at an end is such a sign, too.
    """
    if sign_at_an_end(name):
        return True
    begin, rest = name.strip()[:1], name.strip()[1:]
    if begin not in ("z", "Z"):
        return begin in ("_", "~")
    is_word = rest[:1].islower() and meaning_of(rest) is None and not _TARGET.match(rest.lower())
    return meaning_of(name) is None and not (is_word and not is_helper(rest))


def hinted_names(name: str) -> tuple[str, ...]:
    """The TG-263 names that `name` could mean without saying so for certain: what to suggest."""
    parts = spelling(name)
    hints = _hints()
    found = hints.get(joined(name)) or hints.get(parts.stem, ())
    if parts.side:
        found = tuple(hint for hint in found if tg263.side_of(hint) in ("", parts.side))
    meaning = meaning_of(name)
    if meaning is not None and meaning.is_sided_stem:
        found = (*found, f"{meaning.name}_L", f"{meaning.name}_R")
    return found


def _ways_to_read(name: str, parts: Spelling) -> Iterator[tuple[Spelling, ...]]:
    """The spellings to look up, surest first: with its side as a word, as one word, with its side glued on."""
    yield (parts,)
    if parts == Spelling(stem=parts.stem, side=parts.side, side_languages=parts.side_languages):
        yield (Spelling(stem=joined(name)),)
    if not parts.side:
        yield tuple(_with_glued_side(parts))


def _with_glued_side(parts: Spelling) -> Iterator[Spelling]:
    """ "leftkidney" and "kidneyl" with the side taken off; only stems of the dictionary will be found again."""
    for word, (side, languages) in SIDE_WORDS.items():
        for stem in {parts.stem.removeprefix(word), parts.stem.removesuffix(word)} - {parts.stem, ""}:
            yield Spelling(
                stem=stem,
                side=side,
                side_languages=languages,
                prv=parts.prv,
                minus=parts.minus,
                is_partial=parts.is_partial,
                custom=parts.custom,
            )


def _meanings(parts: Spelling) -> Iterator[Meaning]:
    """Every meaning of one spelling. A plain word takes precedence over a stem whose side is missing."""
    known = dict.fromkeys(_dictionary().get(parts.stem, ()))
    words = [word for word in known if _may_stand_beside(word, parts)]
    plain = [word for word in words if not word.name.endswith("_*")]
    sided = [word for word in words if word.name.endswith("_*")]
    chosen: dict[str, Side]
    if parts.side in ("L", "R"):
        chosen = {word.name[:-2]: parts.side for word in sided}
    elif parts.side == "B":
        chosen = {both: "" for word in sided if (both := tg263.sided_stems().get(word.name[:-2], ""))}
    else:
        chosen = {word.name: "" for word in plain} or {word.name[:-2]: "" for word in sided}
    languages = tuple(dict.fromkeys(word.language for word in words))
    for stem, side in chosen.items():
        built = Spelling(
            stem=stem, side=side, prv=parts.prv, minus=parts.minus, is_partial=parts.is_partial, custom=parts.custom
        )
        yield Meaning(
            name=built.with_stem(stem),
            languages=languages,
            is_sided_stem=not plain and not parts.side,
        )


def _may_stand_beside(word: _Word, parts: Spelling) -> bool:
    """Whether the side word is one in the language of `word`: "Rein D" is right, "Kidney D" is not."""
    return not parts.side_languages or word.language in parts.side_languages.split()


@cache
def _dictionary() -> dict[str, list[_Word]]:
    """Folded words -> what they stand for. PRVs and derived names are not in it: they are taken apart instead."""
    texts, words = zip(*_tg263_words(), *_synonym_words(), strict=True)
    found: defaultdict[str, list[_Word]] = defaultdict(list)
    for text, word in zip(all_joined(texts), words, strict=True):
        found[text].append(word)
    return dict(found)


def _tg263_words() -> Iterator[tuple[str, _Word]]:
    stems = tg263.sided_stems()
    for reverse, name in tg263.reverse_names().items():
        if "PRV" in name or "-" in name:
            continue
        if name[-2:] in ("_L", "_R") and name[:-2] in stems:
            word = _Word(f"{name[:-2]}_*", _NOMENCLATURE)
            yield name[:-2], word
            yield reverse[2:], word
        else:
            word = _Word(name, _NOMENCLATURE)
            yield name, word
            yield reverse, word


def _synonym_words() -> Iterator[tuple[str, _Word]]:
    header, *rows = _table("synonyms.csv", "|")
    for name, *cells in rows:
        for language, cell in zip(header[1:], cells, strict=True):
            word = _Word(name, language)
            for text in filter(None, cell.split(";")):
                yield text, word
                if language == "de":
                    yield text.translate(_UMLAUTS), word


@cache
def _hints() -> dict[str, tuple[str, ...]]:
    return {joined(word): tuple(names.split(";")) for word, names in _table("hints.csv", "|")[1:]}


def _table(file: str, separator: str) -> list[list[str]]:
    text = tg263.TABLES.joinpath(file).read_text("utf-8")
    return [line.split(separator) for line in text.splitlines()]
