"""Structures of a constraint that stand for several: `each PTV`, and by their interpreted type `{type: PTV}`."""

import re
from typing import Final

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import TARGET_KINDS

TYPES: Final = (
    "PTV", "CTV", "GTV", "ORGAN", "AVOIDANCE", "EXTERNAL", "CAVITY", "CONTROL", "DOSE_REGION", "TREATED_VOLUME",
    "IRRAD_VOLUME", "SUPPORT", "BOLUS", "FIXATION", "CONTRAST_AGENT",
)  # fmt: skip
"""RTROIInterpretedType (DICOM C.8.8.8) of what has a volume; there is none for an ITV."""

_EACH = pattern(rf"each\s+({'|'.join(TARGET_KINDS)})s?", re.IGNORECASE)
_OF_TYPE = pattern(rf"type\s+({'|'.join(TYPES)})", re.IGNORECASE)


def kind_of_each(name: str) -> str:
    """The kind of target of which each is meant; "" for any other name.

    >>> kind_of_each("each PTV"), kind_of_each("each gtvs"), kind_of_each("all PTV")
    ('PTV', 'GTV', '')
    """
    found = _EACH.fullmatch(name.strip())
    return found[1].upper() if found else ""


def type_selector(roi_type: str) -> str:
    """The name by which a constraint calls all structures of a type: "type PTV"."""
    return f"type {roi_type}"


def type_of_selector(name: str) -> str:
    """The type of which all structures are meant; "" for any other name.

    >>> type_of_selector("type PTV"), type_of_selector("type of tumour")
    ('PTV', '')
    """
    found = _OF_TYPE.fullmatch(name.strip())
    return found[1].upper() if found else ""


def is_selector(name: str) -> bool:
    """Whether a name stands for structures that the plan decides about."""
    return bool(kind_of_each(name) or type_of_selector(name))
