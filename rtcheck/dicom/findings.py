"""Findings: what the reader remarks on or refuses, after --ignore and --error have had their say."""

from collections.abc import Iterable
from dataclasses import field
from typing import NoReturn

from rtcheck.codes import held_against
from rtcheck.errors import DicomError
from rtcheck.notices import Notice
from rtcheck.values import dataclass


@dataclass(slots=True)
class Findings:
    """Collects notices while a case is read.

    `ignored` codes lift a refusal that may be lifted, and turn a warning into a remark; `errors` turn a warning into
    a refusal. Either way the text says so.
    """

    ignored: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    notices: list[Notice] = field(default_factory=list)

    def warn(self, code: str, text: str, *, structure: str | None = None, structures: tuple[str, ...] = ()) -> None:
        """Remarks on something odd that was taken in the stated way, in one structure or in several."""
        self._add(Notice(code=code, text=text, structures=structures or ((structure,) if structure else ())))

    def tell(self, code: str, text: str) -> None:
        """Says what was chosen or assumed in the ordinary course."""
        self._add(Notice(code=code, text=text, severity="info"))

    def add(self, notices: Iterable[Notice]) -> None:
        """Takes over what was remarked on elsewhere."""
        for notice in notices:
            self._add(notice)

    def refuse(self, code: str, text: str) -> NoReturn:
        """Refuses what no option can make right."""
        raise DicomError(text, code=code)

    def refuse_unless_ignored(self, code: str, text: str, *, advice: str = "") -> None:
        """Refuses, except where the user vouches for it with --ignore; then it becomes a warning that says so."""
        if code not in self.ignored:
            advice = advice or f"If you are certain that this is right, override with --ignore {code}."
            raise DicomError(f"{text} {advice}", code=code)
        self._append(Notice(code=code, text=f"{text} (error overridden by --ignore {code})", is_overridden=True))

    def fork(self) -> "Findings":
        """The same policy with no notices yet: for parts that are read later, perhaps in another thread."""
        return Findings(ignored=self.ignored, errors=self.errors)

    def _add(self, notice: Notice) -> None:
        self._append(held_against(notice, self.ignored, self.errors))

    def _append(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
