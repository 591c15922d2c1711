"""Notices: what was odd and how it was taken. They travel with the values and end in every report."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One remark with a stable short `code` (`dose.partial-coverage`) and a sentence for people.

    `structure` is the structure's name where the remark is about one. Reports list notices as "warnings".
    """

    code: str
    text: str
    severity: Severity = "warning"
    structure: str | None = None
