"""`--dose-rx`, `--fractions`, `--dose-is`, `--ignore`, `--error`: what is stated against or next to a plan's files.

Every command that reads plans takes them; each is defined here and nowhere else.
"""

import gc
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.declared import Option
from rtcheck.errors import UsageError
from rtcheck.patterns import pattern
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.batch.work import Question
    from rtcheck.case import Case
    from rtcheck.checking.terms import Terms
    from rtcheck.dicom.overrides import Overrides
    from rtcheck.protocol.file.model import Protocol
    from rtcheck.report.telling.style import ReportStyle

PROTOCOL = "protocol"
"""`--dose-rx protocol`: the prescription of the protocol."""

_DOSE = pattern(r"(\d+(?:\.\d+)?|\.\d+)\s*(?:Gy)?", re.IGNORECASE | re.ASCII)
_DECIMAL_COMMA = pattern(r"(\d+),(\d+)\s*(?:Gy)?", re.IGNORECASE | re.ASCII)
_CENTIGRAYS = pattern(r"(\d+(?:\.\d+)?)\s*cGy", re.IGNORECASE | re.ASCII)


class DoseIs(StrEnum):
    """What a dose file stands for where it could be either."""

    course = "course"
    per_fraction = "per-fraction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the user states in place of the plan's, and the codes that are overridden or made errors."""

    HEADING: ClassVar = "In place of what the plan states"

    dose_rx: Annotated[
        list[str] | None,
        Option(
            "--dose-rx",
            metavar="GY",
            help="Prescribed total dose instead of the plan's: 50, for one target PTV_56=56 (can be repeated), or "
            "protocol for the dose that the protocol prescribes.",
        ),
    ] = None
    fractions: Annotated[
        int | None, Option("--fractions", metavar="N", min=1, help="Number of fractions, instead of the plan's.")
    ] = None
    dose_is: Annotated[
        DoseIs | None, Option("--dose-is", help="Whether the dose is that of the whole course or of one fraction.")
    ] = None
    ignore: Annotated[
        list[str] | None,
        Option("--ignore", metavar="CODE", help="Override this error, for example frame.mismatch."),
    ] = None
    error: Annotated[list[str] | None, Option("--error", metavar="CODE", help="Treat this warning as an error.")] = None

    def overrides(self, protocol: "Protocol | None" = None) -> "Overrides":
        """The overrides that these options make under a protocol (None: there is none to take a prescription from).

        Raises UsageError for a dose that is not one, and for codes that do not exist.
        """
        from rtcheck.codes import check_codes
        from rtcheck.dicom.overrides import Overrides

        check_codes(self.ignore or (), option="--ignore")
        check_codes(self.error or (), option="--error")
        given = prescribed(self.dose_rx or (), protocol)
        is_protocols = any(_is_protocol(text) for text in self.dose_rx or ())
        return Overrides(
            dose_rx_gy=given.pop("", None),
            dose_levels_gy=tuple(given.items()),
            rx_source="--dose-rx protocol" if is_protocols else "--dose-rx",
            fractions=self.fractions,
            dose_is=self.dose_is.value if self.dose_is else None,
        )

    def read(self, path: "Path | None", protocol: "Protocol | None" = None) -> "Case":
        """The case at a path."""
        from rtcheck.dicom.case_reader import read_stated

        return read_stated(
            path, self.overrides(protocol), ignore=frozenset(self.ignore or ()), errors=frozenset(self.error or ())
        )

    def question(
        self,
        protocols: "tuple[Protocol, ...]",
        terms: "Terms",
        *,
        candidates: "tuple[Protocol, ...]" = (),
        reports: Path | None = None,
        style: "ReportStyle | None" = None,
        anonymous: bool = False,
    ) -> "Question":
        """What is asked of each of many plans, under what is stated for all of them."""
        from rtcheck.batch.work import Question
        from rtcheck.report.telling.style import PLAIN

        return Question(
            protocols=protocols,
            candidates=candidates,
            terms=terms,
            overrides={each.name: self.overrides(each) for each in protocols},
            ignore=tuple(self.ignore or ()),
            errors=tuple(self.error or ()),
            reports=reports,
            style=style or PLAIN,
            anonymous=anonymous,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Stated):
    """Which files are read, and what is stated about them."""

    HEADING: ClassVar = "Files"

    plan: Annotated[Path | None, Option("--plan", metavar="FILE", help="The RTPLAN file.")] = None
    dose: Annotated[list[Path] | None, Option("--dose", metavar="FILE", help="An RTDOSE file; can be repeated.")] = None
    structures: Annotated[Path | None, Option("--structures", metavar="FILE", help="The RTSTRUCT file.")] = None
    scenario: Annotated[
        list[str] | None,
        Option(
            "--scenario",
            metavar="NAME=FILE",
            help="An RTDOSE of the plan under one of its uncertainties; can be repeated. Limits are checked in each.",
        ),
    ] = None

    @property
    def _scenarios(self) -> dict[str, Path]:
        return named_scenarios(self.scenario or ())

    def case(self, path: Path | None, protocol: "Protocol | None" = None) -> "Case":
        """The case at `path`, or the one made of the files given as options."""
        return self.case_with(path, self.overrides(protocol))

    def case_with(self, path: Path | None, overrides: "Overrides") -> "Case":
        """The case with these overrides in place of those that the options make."""
        if path is None and not (self.plan or self.dose or self.structures):
            raise UsageError(
                "No plan given. Give the path of an RTPLAN, RTDOSE or RTSTRUCT file or of a folder with these files, "
                "or name the files with --plan, --dose and --structures."
            )
        from rtcheck.cli.progress_line import progress_line
        from rtcheck.dicom.case_reader import read_stated

        gc.freeze()  # what is imported stays
        gc.set_threshold(50_000)  # of many scenarios those that are done with go

        return read_stated(
            path,
            overrides,
            plan=self.plan,
            dose=tuple(self.dose or ()),
            structures=self.structures,
            scenarios=self._scenarios,
            ignore=frozenset(self.ignore or ()),
            errors=frozenset(self.error or ()),
            progress=progress_line(),
        )


def named_scenarios(texts: Sequence[str]) -> dict[str, Path]:
    """The files of scenarios by name. Raises UsageError for what is not NAME=FILE, and for a name given twice."""
    given: dict[str, Path] = {}
    for text in texts:
        name, equals, path = (part.strip() for part in text.partition("="))
        if not (name and equals and path):
            raise UsageError(f"--scenario {text}: expected NAME=FILE, such as 'range +3 %'=dose5.dcm.")
        if name.casefold() in map(str.casefold, given):
            raise UsageError(f"--scenario {text}: the scenario {name} is given twice.")
        given[name] = Path(path)
    return given


def prescribed(texts: Sequence[str], protocol: "Protocol | None") -> dict[str, float]:
    """Doses in Gy by target, from the texts of --dose-rx; that of the plan as a whole has the name "".

    Raises UsageError for what is not a dose, and for a target (or the plan) that is given two.
    """
    given: dict[str, float] = {}
    for text in texts:
        name, equals, dose = text.rpartition("=")
        name = name.strip()
        if equals and not name:
            raise UsageError(f"--dose-rx {text}: no target before the equals sign. Write PTV_70=70, or just 70.")
        dose_gy = _of_protocol(protocol) if _is_protocol(text) else _dose_gy(dose.strip(), text)
        if name in given:
            what = f"{name} is given twice" if name else "the prescription is given twice"
            raise UsageError(f"--dose-rx {text}: {what}, with {given[name]:g} Gy before.")
        given[name] = dose_gy
    return given


def _is_protocol(text: str) -> bool:
    return text.strip().casefold() == PROTOCOL


def _dose_gy(dose: str, text: str) -> float:
    if match := _DOSE.fullmatch(dose):
        return float(match[1])
    if match := _DECIMAL_COMMA.fullmatch(dose):
        raise UsageError(f"--dose-rx {text}: write the dose with a decimal point: {match[1]}.{match[2]}.")
    if match := _CENTIGRAYS.fullmatch(dose):
        raise UsageError(f"--dose-rx {text}: doses are given in Gy, not cGy: did you mean {float(match[1]) / 100:g}?")
    if dose.startswith("-"):
        raise UsageError(f"--dose-rx {text}: the prescription must be a dose above 0 Gy.")
    raise UsageError(
        f"--dose-rx {text}: expected a dose in Gy such as 50, a target with its dose such as PTV_56=56, or protocol."
    )


def _of_protocol(protocol: "Protocol | None") -> float:
    """The one dose that the protocol prescribes."""
    from rtcheck.checking.range_text import range_words

    if protocol is None:
        raise UsageError("--dose-rx protocol: there is no protocol here. Give the dose in Gy.")
    if protocol.is_auto:
        raise UsageError(
            "--dose-rx protocol: --protocol auto chooses by the plan's own prescription. Name the protocol, or give "
            "the dose in Gy."
        )
    if protocol.is_of_plan:
        raise UsageError("--dose-rx protocol: --protocol plan has the plan's own prescription. Give the dose in Gy.")
    rule = protocol.prescription
    if rule is not None and rule.single_dose_gy is not None:
        return rule.single_dose_gy
    found = f"prescribes {range_words(rule.dose_gy, 'Gy')}" if rule and rule.dose_gy else "does not prescribe a dose"
    raise UsageError(f"--dose-rx protocol: {protocol.name} {found}, not one number. Give the dose in Gy.")
