"""Options that several commands share: each group is a frozen value that a command takes as one parameter."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.declared import Argument, Option
from rtcheck.errors import UsageError
from rtcheck.report import FORMATS
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from datetime import date

    from rtcheck.checking.provenance import BandChoice
    from rtcheck.checking.terms import Terms
    from rtcheck.csv_table import CsvForm
    from rtcheck.dosimetry.settings import EngineSettings
    from rtcheck.protocol.clinical.facts import Facts
    from rtcheck.protocol.names.match import Aliases
    from rtcheck.records.waivers import Waivers
    from rtcheck.report.telling.style import ReportStyle


FORMAT = Option("--format", "-f", help="Output format; by default that of the extension of -o, else a table.")


class ShapeName(StrEnum):
    slabs = "slabs"
    interpolated = "interpolated"
    auto = "auto"


class EndCapsName(StrEnum):
    none = "none"
    half = "half"
    full = "full"


class InterpolationName(StrEnum):
    linear = "linear"
    cubic = "cubic"


class GapsName(StrEnum):
    bounds = "bounds"
    open = "open"
    filled = "filled"


class BandName(StrEnum):
    none = "none"
    near = "near"
    all = "all"


class UnitName(StrEnum):
    GY = "Gy"
    CGY = "cGy"


DoseUnitOption = Annotated[
    UnitName, Option("--unit", help="Unit of doses in all output but JSON, which is always in Gy.")
]


class OutsideName(StrEnum):
    auto = "auto"
    zero = "zero"
    face = "face"
    maximum = "maximum"


FILES, ENGINE, PATIENT, OUTPUT = "Files", "Engine", "Patient", "Output"

CasePath = Annotated[
    Path | None,
    Argument(
        metavar="PATH",
        help="An RTPLAN, RTDOSE or RTSTRUCT file, a folder or a zip archive; other files are found next to it.",
        show_default=False,
    ),
]
CasePaths = Annotated[
    list[Path] | None,
    Argument(
        metavar="PATH",
        help="An RTPLAN, RTDOSE or RTSTRUCT file, a folder or a zip archive; other files are found next to it.",
        show_default=False,
    ),
]


def protocol_names() -> list[str]:
    """The names that the Tab key offers."""
    from rtcheck.protocol.file.library import protocol_files

    return list(protocol_files())


ProtocolName = Annotated[
    str,
    Option(
        "--protocol",
        "-p",
        metavar="NAME_OR_FILE",
        help="An included protocol (`rtcheck protocols list`), a protocol file, or - for standard input.",
        autocompletion=protocol_names,
    ),
]


Strict = Annotated[
    bool, Option("--strict", help="Exit with status 3 if the verdict is in doubt (`rtcheck codes` lists the doubts).")
]


FORMAT_NAMES = f"<{'|'.join(FORMATS)}>"

Formats = Annotated[
    list[str] | None,
    Option("--format", "-f", metavar=FORMAT_NAMES, help="Format of the report; can be repeated."),
]
ReportsPath = Annotated[
    list[str] | None,
    Option("--output", "-o", metavar="FILE_OR_FOLDER", help="Where to write the reports; files can be several."),
]
Outputs = Annotated[
    list[Path] | None, Option("--output", "-o", metavar="FILE", help="Output file; several each by its extension.")
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print only the verdict.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Also print reasons and remarks.")]
Profile = Annotated[bool, Option("--profile", help="Print where the time went.")]
Anonymous = Annotated[bool, Option("--anonymous", help="Omit everything that identifies the patient.")]

Jobs = Annotated[
    int | None, Option("--jobs", "-j", metavar="N", min=1, help="Worker processes; by default one per core.")
]

DrawnOnly = Annotated[
    bool,
    Option(
        "--drawn-only",
        help="Limits on organs that are not contoured do not apply. Targets and required_structures stay required.",
    ),
]


OwnColours = Annotated[
    bool, Option("--own-colours", help="Draw structures in the colours of the structure set (HTML, PDF).")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How the DVH engine models what lies between contours and between dose nodes."""

    HEADING: ClassVar = "DVH engine"

    shape: Annotated[
        ShapeName,
        Option(
            "--shape",
            help="Shape between contour planes; auto interpolates targets of at most 20 cc, with cubic dose.",
        ),
    ] = ShapeName.auto
    end_caps: Annotated[
        EndCapsName, Option("--end-caps", help="How far a structure extends beyond its end planes, in slice spacings.")
    ] = EndCapsName.half
    dose_interpolation: Annotated[
        InterpolationName, Option("--dose-interpolation", help="Dose interpolation between grid points.")
    ] = InterpolationName.linear
    gaps: Annotated[
        GapsName, Option("--gaps", help="Where slices of a structure are missing: bounds, or taken as open or filled.")
    ] = GapsName.bounds
    outside: Annotated[
        OutsideName,
        Option(
            "--outside",
            help="The most that the dose can be outside its grid: zero, the highest on the faces that a structure "
            "leaves through, or the grid's maximum; auto takes the faces where they have less than 10 % of the "
            "prescription.",
        ),
    ] = OutsideName.auto
    bands: Annotated[
        BandName,
        Option(
            "--band",
            help="Values whose convention band is computed: of none, of those near a limit, or of all. --band alone "
            "means all.",
        ),
    ] = BandName.near

    @property
    def band(self) -> "BandChoice":
        """The choice, as the check takes it."""
        return "none" if self.bands is BandName.none else self.bands is BandName.all

    @property
    def settings(self) -> "EngineSettings":
        """The engine's settings, as the engine takes them."""
        from rtcheck.dosimetry.settings import EngineSettings

        return EngineSettings(
            shape=self.shape.value,
            end_caps=self.end_caps.value,
            dose_interpolation=self.dose_interpolation.value,
            gaps=self.gaps.value,
            outside=self.outside.value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What is known of the patient and of the clinic beside the files of the plan."""

    HEADING: ClassVar = "Patient and clinic"

    facts_file: Annotated[
        Path | None,
        Option("--facts", metavar="FILE", help="Clinical facts (YAML); `rtcheck facts PROTOCOL` prints a template."),
    ] = None
    require_eligibility: Annotated[
        bool, Option("--require-eligibility", help="Let clinical facts that are unmet or not given change the verdict.")
    ] = False
    reference_date_text: Annotated[
        str | None,
        Option("--reference-date", metavar="YYYY-MM-DD", help="Reference date for ages and intervals."),
    ] = None
    aliases_file: Annotated[
        Path | None, Option("--aliases", metavar="FILE", help="The clinic's structure names (YAML).")
    ] = None
    waivers_file: Annotated[
        Path | None, Option("--waivers", metavar="FILE", help="Signed-off deviations (YAML); violated becomes waived.")
    ] = None

    @property
    def facts(self) -> "Facts | None":
        """The clinical facts, or None where none are given."""
        if self.facts_file is None:
            return None
        from rtcheck.protocol.clinical.facts import read_facts

        return read_facts(existing_file(self.facts_file, "facts file"))

    @property
    def aliases(self) -> "Aliases | None":
        """The clinic's aliases, or None where none are given."""
        return aliases_of(self.aliases_file)

    @property
    def waivers(self) -> "Waivers | None":
        """The signed-off deviations, or None where none are given."""
        if self.waivers_file is None:
            return None
        from rtcheck.records.waivers import read_waivers

        return read_waivers(existing_file(self.waivers_file, "waiver file"))

    @property
    def reference_date(self) -> "date | None":
        """The reference date, or None where the files decide."""
        if self.reference_date_text is None:
            return None
        from datetime import date

        try:
            return date.fromisoformat(self.reference_date_text)
        except ValueError:
            raise UsageError(
                f"--reference-date {self.reference_date_text}: not a date. Use the form 2026-11-21."
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How reports for people look."""

    HEADING: ClassVar = "Looks of reports"

    letterhead: Annotated[
        Path | None,
        Option(
            "--letterhead",
            metavar="FILE",
            help="The clinic's head and foot for HTML and PDF (YAML: name, logo, contact, foot, signatures).",
        ),
    ] = None
    unit: DoseUnitOption = UnitName.GY

    def style(self, *, own_colours: bool = False) -> "ReportStyle | None":
        """The style, as the formats take it; None for the plain one."""
        from rtcheck import presentation

        head = existing_file(self.letterhead, "letterhead file") if self.letterhead is not None else None
        return presentation.style(unit=self.unit.value, letterhead=head, own_colours=own_colours)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvStyle:
    """How CSV files are written."""

    HEADING: ClassVar = "CSV files"

    csv_separator: Annotated[
        str, Option("--csv-separator", metavar="SIGN", help="Between the columns of CSV: comma, semicolon or tab.")
    ] = ""
    decimal_comma: Annotated[
        bool, Option("--decimal-comma", help="Write decimals in CSV with a comma, and semicolons between columns.")
    ] = False

    @property
    def form(self) -> "CsvForm":
        """The form, as the writers of tables take it."""
        from rtcheck.csv_table import csv_form

        return csv_form(self.csv_separator, has_decimal_comma=self.decimal_comma)


def terms_of(engine: Engine, patient: PatientFacts, *, strict: bool = False, drawn_only: bool = False) -> "Terms":
    """All that these options say of a check; files that are named are read here."""
    from rtcheck.checking.terms import Terms

    return Terms(
        settings=engine.settings,
        facts=patient.facts,
        aliases=patient.aliases,
        waivers=patient.waivers,
        require_eligibility=patient.require_eligibility,
        reference_date=patient.reference_date,
        band=engine.band,
        strict=strict,
        drawn_only=drawn_only,
    )


def aliases_of(path: Path | None) -> "Aliases | None":
    """The aliases in a file, or None where none is given."""
    if path is None:
        return None
    from rtcheck.protocol.names.match import read_aliases

    return read_aliases(existing_file(path, "alias file"))


def command_line() -> tuple[str, ...]:
    """The words of the command that is running, so that a record can repeat it."""
    return ("rtcheck", *sys.argv[1:])


def existing_file(path: Path, what: str) -> Path:
    """The path, if it is a file."""
    if not path.is_file():
        raise UsageError(f"The {what} {path} does not exist.")
    return path
