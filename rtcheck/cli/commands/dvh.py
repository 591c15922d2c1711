"""`rtcheck dvh PATH`: dose-volume metrics of structures, with no limits."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck import timing
from rtcheck.cli.declared import Option
from rtcheck.cli.options import (
    FORMAT,
    Anonymous,
    CasePath,
    CsvStyle,
    DoseUnitOption,
    Engine,
    Outputs,
    Profile,
    UnitName,
    aliases_of,
    command_line,
)
from rtcheck.cli.output import emit, renderings, say_profile
from rtcheck.cli.progress_line import progress_line
from rtcheck.cli.stated import Reading

if TYPE_CHECKING:
    from rtcheck.dosimetry.metric_terms import Metric


class DvhFormat(StrEnum):
    """What `rtcheck dvh` can write."""

    table = "table"
    json = "json"
    csv = "csv"


def dvh(
    reading: Reading,
    engine: Engine,
    csv_style: CsvStyle,
    path: CasePath = None,
    unit: DoseUnitOption = UnitName.GY,
    rois: Annotated[
        list[str] | None,
        Option("--roi", "-r", metavar="NAME", help='A structure name or expression ("Liver - GTV"); can be repeated.'),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        Option("--metric", "-m", metavar="METRIC", help='For example Dmean, D0.03cc, "V20Gy[%]"; can be repeated.'),
    ] = None,
    grid: Annotated[
        bool, Option("--grid", help="The whole dose grid: its metrics, the place of its maximum, the integral dose.")
    ] = False,
    uncertainty: Annotated[bool, Option("--uncertainty", help="Show the uncertainty of every value.")] = False,
    aliases_file: Annotated[
        Path | None, Option("--aliases", metavar="FILE", help="The clinic's structure names (YAML).")
    ] = None,
    output_format: Annotated[DvhFormat | None, FORMAT] = None,
    outputs: Outputs = None,
    anonymous: Anonymous = False,
    profile: Profile = False,
) -> int:
    """Dose-volume metrics without limits, for all contoured structures or for those given with --roi.

    V20Gy is given in cc, "V20Gy[%]" in percent of the structure, D2% in Gy, "D2%[%]" in percent of the prescription.
    Exit status 3 if a requested structure is not found.
    """
    from rtcheck.checking.dvhs import DEFAULT_METRICS, measure_structures
    from rtcheck.checking.provenance import begin_digests, provenance_of, settings_taken
    from rtcheck.report.pages.dvh_table import render_dvhs

    if profile:
        timing.start()
    targets = renderings(output_format, outputs, DvhFormat)
    asked = _parsed(metrics) if metrics else DEFAULT_METRICS
    aliases = aliases_of(aliases_file)
    case = reading.case(path)
    if needs_provenance := any(form is DvhFormat.json for form, _ in targets):
        begin_digests(case.sources)
    table = measure_structures(
        case,
        asked,
        names=rois or (),
        settings=engine.settings,
        aliases=aliases,
        uncertainty=uncertainty,
        band=engine.band is True,
        grid=grid,
        progress=progress_line(),
    )
    settings = settings_taken(engine.settings, table.notices)
    provenance = provenance_of(case.sources, settings, command=command_line()) if needs_provenance else {}
    drawn = {roi.number: roi.name for roi in case.structures.rois} if case.structures else {}
    with timing.stage("report"):
        for form, output in targets:
            text = render_dvhs(
                table,
                provenance,
                form.value,
                hidden=case if anonymous else None,
                drawn=drawn,
                csv_form=csv_style.form,
                unit=unit.value,
            )
            emit(text, output)
    if profile:
        say_profile()
    return 3 if rois and any(row.reason for row in table.structures) else 0


def _parsed(texts: list[str]) -> "tuple[Metric, ...]":
    """The metrics, which several texts or one with commas may name; each keeps its text, which keys the output."""
    from rtcheck.protocol.language.goal import parse_metric

    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(replace(parse_metric(part), text=part) for part in parts)
