"""Phrases that rtcheck no longer uses, and what to write instead."""

import re
from collections.abc import Iterator

FORBIDDEN: dict[str, str] = {
    r"(?<!here )\b(?:is|are|was|were|be|being) (?:no|none)\b(?! (?:longer|more|less|fewer|other)\b)": "is not a ...",
    r"\bas good as none\b": "is treated as missing",
    r"\b(?:told|(?<!annot )tells?|telling)\b": "reports, states, shows",
    r"\b(?:says?|said|saying|speaks? of|spoken of)\b": "reports, states, gives",
    r"\bheld against\b|\bholds? \w+ against\b": "checked against",
    r"\bkeeps? to\b": "meets",
    r"\bstands?\b(?! for\b)|\bstood\b": "is listed, is recorded, is",
    r"\basked\b|\basks about\b": "requested",
    r"\bbeside\b": "next to, besides, together with",
    r"\bpass(?:ed|es|ing)? over\b": "skipped",
    r"\b(?:left|leaves?|leaving) out\b": "omitted",
    r"\b(?:nobody|somebody)\b": "unknown, not given; no one",
    r"\b(?:comes? out|came out|written|spelled) otherwise\b": "changes; different spelling",
    r"\b(?:decides?|proves?|does|do) nothing\b": "is inconclusive, has no effect",
    r"\bin spite of\b": "overrides",
    r"\bin the box\b|\bprotocols? of the box\b": "included",
    r"\bquestion was put\b|\bput wrongly\b": "usage error",
    r"\breckon|\bby turns\b|\bbe it that\b|\bso laid\b": "(rewrite)",
    r"\bsurely\b": "(rewrite: likely, or state the bound)",
    r"\bread as\b(?! an? )": "(name the reading)",
    r"\bby no \w+ing\b|\bby no scaling\b": "cannot be ... by",
    r"\bthe very\b": "exact match",
    r"\bwith loss\b": "lossy",
    r"\bnone of an?\b": "not a ...",
    r"\brefus(?:e|es|ed|al|als|ing)\b": "error, rejected",
    r"\bWhat should .*\?|\bAgainst which\b|\bWhose .*\?": "(state what is missing and how to give it)",
    r"\bfaults?\b": "error, mistake, bug",
    r"\bhas not come\b|\bnothing .{0,20}has come\b": "not received",
    r"\bread (?:them |it |files )?over\b|\bslip of the pen\b": "check for likely mistakes; typing error",
    r"\b(?:building|builds?) upon\b|\bhow sure\b": "extending; uncertainty",
    r"\bgo(?:es)? on\b": "continues",
    r"\bis there already\b": "already exists",
    r"\bordinary file\b": "regular file",
}

_PATTERNS = {re.compile(pattern, re.IGNORECASE): advice for pattern, advice in FORBIDDEN.items()}


def found_in(text: str) -> Iterator[tuple[str, str]]:
    """Each forbidden phrase in a text, with what to write instead."""
    for pattern, advice in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield match[0], advice
