"""Words in labels and titles, found whatever their case, accents, separators and spelling (oesophagus, esophagus)."""

import unicodedata
from functools import lru_cache

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import folded

_WORD = pattern(r"[^\W\d_]+|\d+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_SHORT = 3  # letters; a longer word may go on: "liver" in "livermets", but "hn" not in "hnx"


def contains_words(text: str, phrase: str) -> bool:
    """Whether each word of `phrase` begins a word of `text`; words of up to three letters must be whole words."""
    there = _words(text)
    wanted = _words(phrase)
    return bool(wanted) and all(
        any(word == each or (len(each) > _SHORT and word.startswith(each)) for word in there) for each in wanted
    )


@lru_cache(maxsize=4096)
def _words(text: str) -> list[str]:
    return [_american(word) for word in _WORD.findall(folded(unicodedata.normalize("NFC", text).translate(_UMLAUTS)))]


def _american(word: str) -> str:
    return word.replace("oe", "e").replace("ae", "e")
