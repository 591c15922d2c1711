"""`rtcheck pull URL`: plans of a patient or a study, fetched from a server and checked."""

import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from rtcheck.cli.choosing import ProtocolOrAuto, chosen_protocol, is_by_plan, with_choice
from rtcheck.cli.errors import NO_PROTOCOL
from rtcheck.cli.options import DrawnOnly, Engine, PatientFacts, Strict, command_line, terms_of
from rtcheck.cli.output import destinations, emit
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def pull(
    url: Annotated[str, Argument(metavar="URL", help="A DICOMweb root (http://.../dicom-web), or Orthanc's address.")],
    protocol: ProtocolOrAuto,
    stated: Stated,
    engine: Engine,
    facts: PatientFacts,
    patient: Annotated[str | None, Option("--patient", metavar="ID", help="Patient ID.")] = None,
    study: Annotated[str | None, Option("--study", metavar="UID", help="Study instance UID.")] = None,
    plan: Annotated[str | None, Option("--plan", metavar="UID", help="UID of the plan, if there are several.")] = None,
    keep: Annotated[Path | None, Option("--keep", metavar="DIR", help="Keep the fetched files in this folder.")] = None,
    formats: Annotated[
        list[str] | None,
        Option("--format", "-f", metavar="FORMAT", help="Format of the report."),
    ] = None,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE_OR_FOLDER", help="Where to write the reports.")
    ] = None,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
    store: Annotated[str | None, Option("--store", metavar="URL", help="Store the report on this server.")] = None,
) -> int:
    """Fetch plan, dose and structures of a patient or a study from DICOMweb or Orthanc's REST API and check them.

    Images are never fetched. Set RTCHECK_SERVER_USER and RTCHECK_SERVER_PASSWORD in the environment to log in. The exit
    status is that of the check.
    """
    from rtcheck.network.servers import Wanted, parts_of, server_at
    from rtcheck.report import render

    targets = destinations(formats or [], output)
    if protocol is None:
        raise UsageError(NO_PROTOCOL)
    chosen = chosen_protocol(protocol)
    terms = terms_of(engine, facts, strict=strict, drawn_only=drawn_only)
    stated.overrides(chosen)  # faults are reported before anything is fetched
    wanted = Wanted(patient_id=patient or "", study_uid=study or "")
    datasets = parts_of(server_at(url), wanted)
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtcheck-pull-")))
        start = _written(datasets, folder, plan)
        case = stated.read(start, chosen)
        if is_by_plan(protocol):
            case, chosen = with_choice(case, protocol)
        report = terms.report_on(case, chosen, command=command_line())
        for target in targets:
            emit(render(report, target.format), target.path)
        if store:
            from rtcheck.network.storing import store_report

            store_report(report, store)
            sys.stderr.write("Report stored.\n")
    return report.exit_status


def _written(datasets: "Sequence[Dataset]", folder: Path, plan: str | None) -> Path:
    """Writes the data sets as files; the plan's file, or the folder where no plan is named."""
    from io import BytesIO

    from pydicom import dcmwrite

    from rtcheck.atomic_write import write_aside

    named = None
    for number, dataset in enumerate(datasets, start=1):
        path = folder / f"{str(dataset.get('Modality', 'object')).lower()}_{number}.dcm"
        stream = BytesIO()
        dcmwrite(stream, dataset, enforce_file_format=True)
        write_aside(stream.getvalue(), path)
        if plan and dataset.get("SOPInstanceUID") == plan:
            named = path
    if plan and named is None:
        raise UsageError(f"The server has no plan with UID {plan} in this study or patient.")
    return named or folder
