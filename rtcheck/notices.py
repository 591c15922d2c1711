"""Notices: what was odd and how it was taken. They travel with the values and end in every report."""

from typing import Literal

from rtcheck.values import dataclass

Severity = Literal["info", "warning"]

SMALL_TARGET = "structure.small"  # the code of what every report states: that a target was interpolated


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One remark with a stable short `code` (`dose.partial-coverage`) and a sentence for people.

    `structures` are the names of the structures that the remark is about. Reports list notices as "warnings".
    `is_ignored`: it was a warning until --ignore named its code. `is_overridden`: it was an error until then.
    """

    code: str
    text: str
    severity: Severity = "warning"
    structures: tuple[str, ...] = ()
    is_ignored: bool = False
    is_overridden: bool = False

    @property
    def structure(self) -> str | None:
        """The structure, where the remark is about exactly one."""
        return self.structures[0] if len(self.structures) == 1 else None

    @property
    def is_for_everyone(self) -> bool:
        """Whether short reports say it too: warnings, and what --ignore made of them."""
        return self.severity == "warning" or self.is_ignored


def about_structures(notice: Notice) -> str:
    """ "Liver: ", what a sentence begins with that does not name its structures itself; "" where it does."""
    unnamed = [name for name in notice.structures if name not in notice.text]
    return f"{', '.join(unnamed)}: " if unnamed else ""
