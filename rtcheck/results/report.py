"""The Report: everything a check found."""

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from rtcheck import presentation
from rtcheck.case import Case
from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Protocol
from rtcheck.results.courses import CourseList
from rtcheck.results.isotoxic import Isotoxic
from rtcheck.results.match import Match
from rtcheck.results.repeated import Robustness, Samples, Scenarios
from rtcheck.results.result import CheckItem, CrossCheck, Drawing, Result, Score, Verdict
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Report:
    """Everything a check found. `drawings()` gives each evaluated structure's DVH and solid, computed on first use.

    `failure` says why the input could not be read, where it could not. `print(report)` shows what
    `rtcheck PATH --protocol P` shows; the repr is one line that names no patient. `is_strict`: the exit status counts
    doubts as well.
    """

    verdict: Verdict
    eligibility_verdict: Verdict
    exit_status: int
    case: Case
    protocol: Protocol
    results: tuple[Result, ...]
    prescription: tuple[CheckItem, ...]
    eligibility: tuple[CheckItem, ...]
    notices: tuple[Notice, ...]
    settings: EngineSettings
    provenance: dict[str, Any]
    drawings: Callable[[], tuple[Drawing, ...]]
    matches: tuple[Match, ...] = ()
    plan_checks: tuple[CheckItem, ...] = ()
    cross_checks: tuple[CrossCheck, ...] = ()
    isotoxic: Isotoxic | None = None
    robustness: Robustness | None = None
    scenarios: Scenarios | None = None
    samples: Samples | None = None
    courses: CourseList | None = None
    failure: str = ""
    extras: dict[str, Any] = field(default_factory=dict)
    is_strict: bool = False

    @property
    def doubts(self) -> tuple[Notice, ...]:
        """Of the notices those that put the verdict itself in doubt; every format shows them with the verdict."""
        return tuple(filter(puts_verdict_in_doubt, self.notices))

    @property
    def score(self) -> Score | None:
        """The points of all constraints with a score curve; None without any. It is never part of the verdict."""
        scored = [(result, result.score) for result in self.results if result.score is not None]
        if not scored:
            return None
        unscored = [result.structure for result, _ in scored if result.measurement.value is None or result.is_not_drawn]
        return Score(
            points=sum(score.points for _, score in scored),
            maximum=sum(score.maximum for _, score in scored),
            unscored=tuple(dict.fromkeys(unscored)),
        )

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in one sentence."""
        return presentation.reason(self)

    def __repr__(self) -> str:
        named = f"{self.protocol.name} {self.protocol.version}".strip()
        return f"<Report {self.verdict} by {named}: {self.reason}>"

    def __str__(self) -> str:
        return presentation.plain_text(self)

    def to_dict(self, *, anonymous: bool = False) -> dict[str, Any]:
        """The JSON report as plain values (schema `rtcheck.report/1`)."""
        return presentation.as_dict(self, anonymous=anonymous)

    def to_json(self, *, anonymous: bool = False) -> str:
        """The JSON report (`rtcheck schema report`)."""
        return str(self._rendered("json", anonymous=anonymous))

    def to_html(self, *, anonymous: bool = False) -> str:
        """The report as one self-contained HTML page."""
        return str(self._rendered("html", anonymous=anonymous))

    def to_csv(self, *, anonymous: bool = False) -> str:
        """One row for each constraint, as CSV text."""
        return str(self._rendered("csv", anonymous=anonymous))

    def to_junit(self, *, anonymous: bool = False) -> str:
        """The constraints as JUnit test cases (XML)."""
        return str(self._rendered("junit", anonymous=anonymous))

    def to_markdown(self, *, anonymous: bool = False) -> str:
        """The report as Markdown."""
        return str(self._rendered("markdown", anonymous=anonymous))

    def to_pdf(self, *, anonymous: bool = False) -> bytes:
        """The report as a PDF file's bytes; raises MissingExtraError without the extra `pdf`."""
        return bytes(self._rendered("pdf", anonymous=anonymous))

    def save(
        self,
        path: Path | str,
        *,
        anonymous: bool = False,
        unit: Literal["Gy", "cGy"] = "Gy",
        letterhead: Path | str | None = None,
        own_colours: bool = False,
    ) -> Path:
        """Write the report, whole or not at all; the suffix (.json, .html, .pdf, .csv, .xlsx, .xml, .md) is the format.

        `unit`, `letterhead` (a YAML file) and `own_colours` are as on the command line; JSON is always in Gy.
        """
        from rtcheck.atomic_write import write_aside

        path = Path(path)
        name = presentation.format_of_file(path)
        style = presentation.style(unit=unit, letterhead=letterhead, own_colours=own_colours)
        write_aside(presentation.rendered(self, name, anonymous=anonymous, style=style), path)
        return path

    def _rendered(self, name: str, *, anonymous: bool) -> Any:
        return presentation.rendered(self, name, anonymous=anonymous)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the constraints and the DVHs."""
        return presentation.report_fragment(self)
