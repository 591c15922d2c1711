"""`each PTV`: a structure of a constraint that stands for every target of a kind, with a result for each."""

import re

from rtcheck.protocol.names.folding import TARGET_KINDS

_EACH = re.compile(rf"each\s+({'|'.join(TARGET_KINDS)})s?", re.IGNORECASE)


def kind_of_each(name: str) -> str:
    """The kind of target of which each is meant; "" for any other name.

    >>> kind_of_each("each PTV"), kind_of_each("each gtvs"), kind_of_each("all PTV")
    ('PTV', 'GTV', '')
    """
    found = _EACH.fullmatch(name.strip())
    return found[1].upper() if found else ""
