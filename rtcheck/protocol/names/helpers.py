"""Signs in a name that its structure is made from another one: a ring, an expansion, a copy for the optimiser, ...

A sign is a word (in any of nine languages, also glued to a target's name: `PTVeval`), a margin (`GTV_5mm`, `GTV+0.5`),
a beginning that planners give to structures of the optimiser (`zPTV`, `_PTV`, `xPTV`), or a plus or a minus at an end
(`PTV+`, `Liver-`).
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import folded, split_at_capitals
from rtcheck.protocol.names.synonyms import is_helper, meaning_of, sign_at_an_end

# Whole words, as regular expressions, after folding (no accents, no capitals).
_SHAPES = """
    ring\\w* rind shell\\w* wall\\w* edge\\w* rim halo border\\w* annul\\w* buffer\\w* cooldown falloff
    surf\\w* bound\\w* marker\\w* fiduc\\w* clips? seeds? stent\\w* coils?
    rand \\w*saum schale\\w* wand anneau\\w* couronne\\w* anillo\\w* anell[oi] anel aneis
"""
_SIZES = """
    margin\\w* marge\\w* margen margem exp expan\\w* enlarg\\w* grow\\w* shrink\\w* shr[au]nk\\w* erod\\w* dilat\\w*
    erweiter\\w* vergross\\w* uitbreid\\w* ampli\\w*
"""
_CUTS = """
    crop\\w* cuts? trim\\w* minus less sub subtr\\w* e[xk][ck]l\\w* without wo out outside not non no
    hors sauf moins sans ausser ohne nicht kein\\w* abz\\w* sin menos meno senza zonder behalve sem exceto
"""
_OVERLAPS = "overl\\w* ovlp? intersect\\w* inter in inside dans"
_OPTIMISER = """
    opt opti optim\\w* eval\\w* evl avoid\\w* spar\\w* push\\w* block\\w* help\\w* aux hilf\\w* dumm\\w* dmy
    tun(?:e\\w*|ing) control\\w* ctrl fluence flash build buildup bu air couch bolus nt isodos\\w* iso hot\\w* cold\\w*
    underdos\\w* overdos\\w* dvh dose aide\\w* ayuda aiuto ajuda hulp\\w*
"""
_VERSIONS = """
    old\\w* alte?[rns]? copy\\w* copie\\w* copia kopie\\w* prev previous backup bak te?mp temp(?!or)\\w*
    test(?![ie])\\w* dnu unused delete\\w* ancien\\w* viej\\w* antigu\\w* vecchi\\w* velh\\w* oud\\w* smooth\\w*
"""
_WORD = pattern("|".join((*(_SHAPES + _SIZES + _CUTS + _OVERLAPS + _OPTIMISER + _VERSIONS).split(), r"prv\w*")))
_SIZE = pattern("|".join(_SIZES.split()))
_IN_OTHER_SCRIPTS = pattern(
    "环|環|リング|外扩|外擴|扩大|拡大|内缩|减|除く|去|以外|辅助|補助|旧|舊|优化|優化|最適化|评估|評価"
)

# Words of the list that are part of something else.
_HARMLESS = pattern(
    r"\b(?:chest|thora\w*|abdom\w*|bauch|brust|gastric|bladder|vagina\w*|rect\w*)[\s_-]*(?:wall|wand)"
    r"|\bin[\s_-]*situ\b|\bout[\s_-]*of[\s_-]*field\b"
)
_KINDS = pattern("(gtv|ctv|itv|ptv)", re.IGNORECASE)
_WITHOUT = pattern(r"(?:non?|not|minus|ohne|sans|sem|senza|zonder)(?P<what>[^\W\d_]{3,})")
_TOKEN = pattern(r"[^\W\d_]+|\d+")
_MARGIN = pattern(r"(?P<sign>[+-]\s*)?\d+(?:[.,]\d+)?\s*(?P<unit>mm|cm)(?![a-z])")
_PLUS_WORDS = r"\+\s*\d+(?:[.,]\d+)?(?![\d.,]|\s*c?gy)|\bplus[\s_]*\d"
_PLUS = pattern(_PLUS_WORDS)
_SIGN = pattern(rf"{_PLUS_WORDS}|%|⊕|∩")
_CROSSED_OUT = pattern(r"x+[\s_-]*(?=gtv|ctv|itv|ptv)")


@lru_cache(maxsize=4096)
def helper_sign(name: str, *, kind: str = "") -> str:
    """The first sign in `name` that it is made from another structure, as written there; "" where there is none.

    For a PTV a margin in millimetres without a plus is no sign: a PTV is a CTV with a margin, and is named after it.

    >>> helper_sign("GTV_ring1"), helper_sign("GTV+5mm"), helper_sign("GTV_PET"), helper_sign("PTV_5mm", kind="PTV")
    ('ring', '+5mm', '', '')
    """
    text = folded(name)
    if is_helper(name) or _CROSSED_OUT.match(text):
        return sign_at_an_end(name) or name.strip()[:1]
    if "~" in text:  # TG-263: a part of the structure
        return "~"
    margin = _MARGIN.search(text)
    if margin and not (kind == "PTV" and not margin["sign"] and margin["unit"] == "mm"):
        return margin[0].strip()
    sign = _SIGN.search(text) or _IN_OTHER_SCRIPTS.search(text)
    return sign[0].strip() if sign else _helper_word(name)


def margin_sign(name: str) -> str:
    """The margin that `name` holds around its structure, as written there; "" where there is none.

    >>> margin_sign("Cord_5mm"), margin_sign("Myelon +5"), margin_sign("Cord_exp"), margin_sign("SpinalCord")
    ('5mm', '+5', 'exp', '')
    """
    text = folded(name)
    if found := _MARGIN.search(text) or _PLUS.search(text):
        return found[0].strip()
    return next((token for token in _TOKEN.findall(folded(split_at_capitals(name))) if _SIZE.fullmatch(token)), "")


def _helper_word(name: str) -> str:
    parted = _KINDS.sub(
        r" \1 ", unicodedata.normalize("NFKC", name)
    )  # before capitals part them: GTVring, not GT Vring
    tokens = _TOKEN.findall(_HARMLESS.sub(" ", folded(split_at_capitals(parted))))
    token: str
    for token, after in pairwise((*tokens, "")):
        is_ordinary = (token == "no" and after.isdigit()) or (token == "sin" and not after)  # "no 2"; left in Italian
        glued = _WITHOUT.fullmatch(token)  # "noskin", but not "nodes"
        if (_WORD.fullmatch(token) and not is_ordinary) or (glued and meaning_of(glued["what"]) is not None):
            return token
    return ""
