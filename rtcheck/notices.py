"""Notices: what was odd and how it was taken. They travel with the values and end in every report."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One remark with a stable short `code` (`dose.partial-coverage`) and a sentence for people.

    `structure` is the structure's name where the remark is about one. Reports list notices as "warnings".
    `is_ignored`: it was a warning until --ignore named its code.
    """

    code: str
    text: str
    severity: Severity = "warning"
    structure: str | None = None
    is_ignored: bool = False

    @property
    def is_for_everyone(self) -> bool:
        """Whether short reports say it too: warnings, and what --ignore made of them."""
        return self.severity == "warning" or self.is_ignored
