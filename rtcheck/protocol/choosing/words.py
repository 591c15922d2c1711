"""Words in labels and titles, found whatever their case, accents, separators and spelling (oesophagus, esophagus)."""

import unicodedata
from functools import lru_cache

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import folded

_WORD = pattern(r"[^\W\d_]+|\d+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_CAMEL = pattern(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = 4  # letters; a longer word may go on: "liver" in "livermets", but "hn" not in "hnx", "anal" not in "analysis"


def contains_words(text: str, phrase: str) -> bool:
    """Whether each word of `phrase` begins a word of `text`; words of up to four letters must be whole words.

    A capital letter begins a word ("LungSBRT"), and an s at the end is no other word ("lungs").
    """
    there = {*_words(text), *_words(_CAMEL.sub(" ", text))}
    wanted = _words(phrase)
    return bool(wanted) and all(any(_begins(word, each) for word in there) for each in wanted)


def _begins(word: str, begin: str) -> bool:
    return word in (begin, f"{begin}s") or (len(begin) > _SHORT and word.startswith(begin))


@lru_cache(maxsize=4096)
def _words(text: str) -> list[str]:
    return [_american(word) for word in _WORD.findall(folded(unicodedata.normalize("NFC", text).translate(_UMLAUTS)))]


def _american(word: str) -> str:
    return word.replace("oe", "e").replace("ae", "e")
