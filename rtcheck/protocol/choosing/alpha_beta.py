"""The alpha/beta that a comparison of protocols assumes where a protocol states none."""

import math
from collections.abc import Callable, Iterable

from rtcheck.errors import UsageError
from rtcheck.protocol.choosing.selecting import words_meant, words_of
from rtcheck.protocol.names.targets import kind_of_target_name

NERVOUS_GY = 2.0
TARGET_GY = 10.0
OTHER_GY = 3.0
_NERVOUS = frozenset(
    {"brain", "brainstem", "spinalcord", "spinalcanal", "thecalsac", "opticnrv", "opticchiasm", "opticpathway"}
)


def assumed_alpha_beta(stated: Iterable[str]) -> Callable[[str], float]:
    """Structure -> alpha/beta in Gy: as stated ("3", "SpinalCord=2"), else the usual one of its kind of tissue.

    Raises:
        UsageError: a statement is not a positive number, with or without a name.
    """
    by_organ: dict[frozenset[str], float] = {}
    for text in stated:
        name, _, number = text.rpartition("=")
        by_organ[words_meant(name.strip()) if name else frozenset()] = _positive(number, text)

    def alpha_beta_of(structure: str) -> float:
        words = words_of(structure)
        named = next((ratio for organ, ratio in by_organ.items() if organ and organ <= words), None)
        return named or by_organ.get(frozenset()) or _usual(structure, words)

    return alpha_beta_of


def _usual(structure: str, words: frozenset[str]) -> float:
    if kind_of_target_name(structure):
        return TARGET_GY
    return NERVOUS_GY if words & _NERVOUS else OTHER_GY


def _positive(number: str, text: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"--alpha-beta {text}: expected a number above 0 in Gy, or NAME=GY as in SpinalCord=2.")
    return value
