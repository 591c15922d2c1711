"""Findings: what the reader remarks on or refuses, after --ignore and --error have had their say."""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import NoReturn

from rtcheck.errors import DicomError
from rtcheck.notices import Notice, Severity


@dataclass(slots=True)
class Findings:
    """Collects notices while a case is read.

    `ignored` codes turn a refusal that may be ignored into a notice, and a warning into a remark; `errors` turn a
    warning into a refusal. Either way the text says so.
    """

    ignored: Set[str] = frozenset()
    errors: Set[str] = frozenset()
    notices: list[Notice] = field(default_factory=list)

    def warn(self, code: str, text: str, *, structure: str | None = None) -> None:
        """Remarks on something odd that was taken in the stated way."""
        self._add(code, text, severity="warning", structure=structure)

    def tell(self, code: str, text: str, *, structure: str | None = None) -> None:
        """Says what was chosen or assumed in the ordinary course."""
        self._add(code, text, severity="info", structure=structure)

    def refuse_unless_ignored(self, code: str, text: str, *, advice: str = "", structure: str | None = None) -> None:
        """Refuses, except where the user vouches for it with --ignore; then the text becomes a warning."""
        if code not in self.ignored:
            advice = advice or f"If you know that this is right, repeat with --ignore {code}."
            raise DicomError(f"{text} {advice}", code=code)
        notice = Notice(code=code, text=f"{text} (refusal lifted by --ignore {code})", structure=structure)
        self._append(notice)

    def refuse(self, code: str, text: str) -> NoReturn:
        """Refuses what no option can make right."""
        raise DicomError(text, code=code)

    def fork(self) -> "Findings":
        """The same policy with no notices yet: for parts that are read later, perhaps in another thread."""
        return Findings(ignored=self.ignored, errors=self.errors)

    def _add(self, code: str, text: str, *, severity: Severity, structure: str | None) -> None:
        if code in self.errors:
            raise DicomError(f"{text} (made an error by --error {code})", code=code)
        if code in self.ignored and severity == "warning":
            text, severity = f"{text} (ignored by --ignore {code})", "info"
        self._append(Notice(code=code, text=text, severity=severity, structure=structure))

    def _append(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
