"""Metrics, signs and limits as tables word them -> the goal language. What has two readings is never chosen between."""

import re

from rtcheck.values import dataclass

_UNIT = r"(?:c?Gy|%|cc|ccm|cm\^?3|cm³|ml)"
_SIGNS = {
    "<=": "<= ≤ ⩽ ≦ =< at_most atmost not_more_than no_more_than up_to le lte less_than_or_equal less_than_or_equal_to "
    "not_above not_over not_to_exceed not_exceeding hochstens maximal max max. kleiner_gleich bis_zu nicht_mehr_als "
    "nicht_uber nicht_grosser_als nicht_hoher_als",
    ">=": ">= ≥ ⩾ ≧ => at_least atleast not_less_than no_less_than ge gte greater_than_or_equal "
    "greater_than_or_equal_to not_below not_under mindestens mind. minimal min min. grosser_gleich nicht_weniger_als "
    "nicht_unter nicht_kleiner_als",
    "<": "< less_than lessthan below under lt weniger_als kleiner kleiner_als unter",
    ">": "> greater_than greaterthan more_than above over gt mehr_als grosser grosser_als uber",
}
_SIGN_OF = {word.replace("_", " "): sign for sign, words in _SIGNS.items() for word in words.split()}
_WORD = re.compile("|".join(re.escape(word) for word in sorted(_SIGN_OF, key=len, reverse=True)))
_IN_WORDS = re.compile(
    rf"(?P<metric>.*?)(?:(?<=\s)|^)(?P<sign>{_WORD.pattern})\s*(?P<limit>\d.*)", re.IGNORECASE | re.DOTALL
)
_PLAIN = {
    "Dmax": "max, dmax, d max, max dose, maximum, maximum dose, maximaldosis, maximale dosis, dosismaximum",
    "Dmin": "min, dmin, d min, min dose, minimum, minimum dose, minimaldosis, minimale dosis, dosisminimum",
    "Dmean": "mean, dmean, d mean, mean dose, average dose, averagedose, average, mittlere dosis, mittelwert, "
    "mitteldosis, dmittel, dosismittelwert, mittel",
    "Dmedian": "median, dmedian, d median, d50%, median dose, mediandosis, mediane dosis",
}
_PLAIN_OF = {word.strip(): metric for metric, words in _PLAIN.items() for word in words.split(",")}
_AT = re.compile(
    rf"(?P<letter>CV|DC|D|V)[\s_]*(?:\(|>=|≥)?\s*(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>{_UNIT})?\s*\)?"
    rf"\s*(?:[\[(]\s*(?P<answer>{_UNIT})\s*[\])])?",
    re.IGNORECASE,
)
_INDICES = {"CI": "CI_RTOG", "HI": "HI_ICRU83"}
_BRACKET = re.compile(rf"\s*[\[(]\s*({_UNIT})\s*[\])]\s*$", re.IGNORECASE)
_TRAILING = re.compile(r"[\s:=]+$")
_PLAIN_LETTERS = str.maketrans({"ö": "o", "ü": "u", "ä": "a", "Ö": "O", "Ü": "U", "Ä": "A", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Worded:
    """A metric in the goal language, the unit of its answer where stated, and what had to be assumed."""

    metric: str
    unit: str = ""
    assumed: str = ""


def sign_of(text: str) -> str:
    """The sign that a word or a sign means: "at most" is "<="; "" for anything else.

    >>> sign_of("höchstens"), sign_of("≥"), sign_of("=")
    ('<=', '>=', '')
    """
    return _SIGN_OF.get(_folded(text), "")


def split_limit(text: str) -> tuple[str, str, str]:
    """(metric, sign, limit) of a text such as "V20Gy < 30 %"; the sign is "" where none stands.

    >>> split_limit("Dmean at most 26 Gy"), split_limit("45 Gy")
    (('Dmean', '<=', '26 Gy'), ('', '', '45 Gy'))
    """
    signs = list(re.finditer(r"[<>]=|=[<>]|[<>≤≥⩽⩾≦≧]", text))
    if len(signs) == 1:
        (found,) = signs
        return _TRAILING.sub("", text[: found.start()]).strip(), _SIGN_OF[found[0]], text[found.end() :].strip()
    if signs:
        return text, "", ""
    words = _IN_WORDS.fullmatch(text.strip().translate(_PLAIN_LETTERS))
    if words is None:
        unsigned = re.fullmatch(r"(?P<metric>\D*?)\s*(?P<limit>\d.*)", text.strip())
        if unsigned is None or _AT.match(text.strip()):
            return text.strip(), "", ""
        return _TRAILING.sub("", unsigned["metric"]).strip(), "", unsigned["limit"]
    return words["metric"].strip(" :"), sign_of(words["sign"]), words["limit"]


def metric_of(text: str, *, is_organ: bool, is_target: bool) -> Worded | None:
    """The metric that a cell means; None where the goal language has none, or the cell has two readings.

    `V20` without a unit is read as 20 Gy for a known organ, `V95` and `D95` as percentages for a target: the usual
    meaning, which is reported. Everything else without a unit is refused: `D2` is at 2 % or at 2 cc.
    """
    stripped = text.strip()
    bracket = _BRACKET.search(stripped)
    plain = _PLAIN_OF.get(_folded(_BRACKET.sub("", stripped) if bracket else stripped).strip(" :"))
    if plain is not None:
        return Worded(plain, bracket[1] if bracket else "")
    found = _AT.fullmatch(stripped)
    if index := _INDICES.get(stripped.upper()):
        return Worded(index, "", f"{stripped} has several definitions; {index} was assumed")
    if found is None:
        return Worded(stripped)
    letter, amount, answer = found["letter"].upper(), found["amount"], _known(found["answer"] or "")
    if found["unit"]:
        return Worded(f"{letter}{amount}{_known(found['unit'])}", answer)
    if letter == "V" and is_organ and float(amount) <= 80:
        return Worded(f"V{amount}Gy", answer, f"the unit of {amount} in {stripped} is missing; Gy was assumed")
    if letter in ("V", "D") and is_target and 90 <= float(amount) <= (100 if letter == "D" else 120):
        return Worded(f"{letter}{amount}%", answer, f"the unit of {amount} in {stripped} is missing; % was assumed")
    return None


def known_unit(text: str) -> str:
    """A unit as the goal language writes it; other text as it stands."""
    return _known(text.strip())


def _known(unit: str) -> str:
    return "cc" if unit.casefold() in ("ccm", "cm3", "cm^3", "cm³", "ml") else unit


def _folded(text: str) -> str:
    return " ".join(text.translate(_PLAIN_LETTERS).casefold().replace("_", " ").split())
