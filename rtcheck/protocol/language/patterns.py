"""The protocol's small languages as regular expressions (ECMA 262), for the JSON Schema that editors check with.

They are a little wider than the parsers: what an editor lets pass, `rtcheck protocols lint` may still refuse.
"""

from rtcheck.protocol.language.ranges import NEEDS_UNIT, RangeUnit

_NUMBER = r"([0-9]+(\.[0-9]+)?|\.[0-9]+)"
_OPERATOR = r"(<=?|>=?|≤|≥)"
_S = r"\s*"
_FX = rf"((/|per\s){_S}([fF][xX]|[fF]ractions?))"
_GY = rf"([cC]?[gG][yY]({_S}{_FX})?)"
_CC = r"([cC][cC]|[cC][mM](\^?3|³)|[mM][lL])"
_PERCENT = rf"(%({_S}([rR][xX]|of (the )?prescription))?)"
_UNIT = rf"({_GY}|{_CC}|{_PERCENT}|[cCmM][mM])"
_BRACKET = rf"(\[{_S}{_UNIT}{_S}\])"
_BIOLOGY = rf"(([eE][qQ][dD]2|[bB][eE][dD]){_S}(\[{_S}{_NUMBER}{_S}([gG][yY])?{_S}\])?)"
_NAMED = (
    r"([dD]?([mM][eE][aA][nN]|[mM][aA][xX]|[mM][iI][nN]|[mM][eE][dD][iI][aA][nN])|[vV][oO][lL][uU][mM][eE]"
    r"|[hH][iI](_[iI][cC][rR][uU]83|_[rR][tT][oO][gG])?|[cC][iI](_[rR][tT][oO][gG]|_[pP][aA][dD][dD][iI][cC][kK])?"
    r"|[cC][nN]|[gG][iI]|[rR]50%?|[cC][oO][vV][eE][rR][aA][gG][eE]"
    r"|[iI][sS][oO][cC][eE][nN][tT]([rR][eE]|[eE][rR])[dD][iI][sS][tT][aA][nN][cC][eE])"
)
_AT = rf"((([dD][cC]?){_S}{_NUMBER}{_S}({_CC}|%)|([cC]?[vV]){_S}{_NUMBER}{_S}({_GY}|{_PERCENT})))"
_RANGE = rf"([vV]{_S}{_NUMBER}{_S}({_GY}|{_PERCENT})?{_S}[-–−]{_S}{_NUMBER}{_S}({_GY}|{_PERCENT}))"
_GEUD = rf"([gG][eE][uU][dD]{_S}\[{_S}-?{_S}{_NUMBER}{_S}\])"
_MODEL = rf"([nN]?[tT][cC][pP]{_S}\[{_S}\w[\w .-]*\])"
_PLUGIN = rf"([pP][lL][uU][gG][iI][nN]{_S}\[{_S}\w[\w .-]*\])"
METRIC = rf"{_BIOLOGY}?{_S}({_NAMED}|{_AT}|{_RANGE}|{_GEUD}|{_MODEL}|{_PLUGIN}){_S}{_BRACKET}?"
GOAL = rf"^{_S}{METRIC}{_S}{_OPERATOR}{_S}{_NUMBER}{_S}{_UNIT}?{_S}$"

SCORE_POINT = rf"^{_S}-?{_NUMBER}\s+at\s+{_NUMBER}{_S}{_UNIT}?{_S}$"

_RANGE_UNITS: dict[RangeUnit, str] = {
    "Gy": "[cC]?[gG][yY]",
    "Gy/fx": _GY,
    "MV": "[mM][vV]",
    "days": "[dD]ays?",
    "fractions": "([fF][xX]|[fF]ractions?)",
    "mm": "mm",
    "cc": _CC,
    "deg": "([dD]eg(rees?)?|°)",
    "MU": "MU",
    "MU/cGy": rf"MU{_S}(/|per\s){_S}cGy",
    "MU/min": rf"MU{_S}(/|per\s){_S}min",
    "mm/s": rf"mm{_S}(/|per\s){_S}s(ec(onds?)?)?",
    "mm/deg": rf"mm{_S}(/|per\s){_S}([dD]eg(rees?)?|°)",
    "%": "%",
    "HU": "HU",
    "": "",
}


DOSE_LEVEL = rf"^{_S}{_NUMBER}{_S}[cC]?[gG][yY]{_S}$"
MILLIMETRES = rf"^{_S}{_NUMBER}{_S}[mM][mM]{_S}$"


def _range(unit: RangeUnit) -> str:
    """The pattern of a range: once with its unit where it has a dimension, with or without where it has none."""
    to = rf"{_S}(-|–|\.\.\.?|to){_S}"
    must, may = rf"{_S}{_RANGE_UNITS[unit]}", rf"({_S}{_RANGE_UNITS[unit]})?"
    if unit not in NEEDS_UNIT:
        return rf"({_NUMBER}{may}({to}{_NUMBER}{may})?|{_bounds(may)})"
    return rf"({_NUMBER}{must}({to}{_NUMBER}{may})?|{_NUMBER}{to}{_NUMBER}{must}|{_bounds(must)})"


def _bounds(unit: str) -> str:
    bound = rf"{_OPERATOR}{_S}{_NUMBER}{unit}"
    return rf"{bound}({_S}and{_S}{bound})*"


def limit_pattern(unit: RangeUnit) -> str:
    """The pattern of a text that is an upper limit in `unit`."""
    return rf"^{_S}{_limit(unit)}{_S}$"


def _limit(unit: RangeUnit) -> str:
    return rf"(<=?|≤){_S}{_NUMBER}{_S}{_RANGE_UNITS[unit]}"


SPEED = rf"^{_S}{_limit('mm/s')}({_S}at{_S}{_NUMBER}{_S}(deg(rees?)?|°){_S}(/|per\s){_S}s(ec(onds?)?)?)?{_S}$"


def range_pattern(unit: RangeUnit) -> str:
    """The pattern of a text that is a range in `unit`."""
    return rf"^{_S}{_range(unit)}{_S}$"


CONDITION = (
    rf"^{_S}([pP]rescription{_S}{_range('Gy')}|[fF]ractions{_S}{_range('fractions')}"
    rf'|[sS]tructure\s+("[^"]+"|\S+)\s+(exists|missing)|[fF]act\s+\w+(\s+is\s+.+)?){_S}$'
)
