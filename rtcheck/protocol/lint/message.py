"""What the linter says: where, what, and what to do about it."""

from typing import Literal

from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LintMessage:
    """One remark on a protocol file. `code` is its stable short name; an "error" makes the file unfit for use."""

    file: str
    line: int
    code: str
    text: str
    suggestion: str
    severity: Literal["error", "warning"] = "warning"

    def __str__(self) -> str:
        said = f"{self.file}:{self.line}: {self.severity} [{self.code}] {self.text}"
        return f"{said}\n    -> {self.suggestion}" if self.suggestion else said
