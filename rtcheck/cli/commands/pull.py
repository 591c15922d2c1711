"""`rtcheck pull URL`: plans of a patient or a study, fetched from a server and checked."""

import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.batch_results import summary, write_tables
from rtcheck.cli.choosing import ProtocolOrAuto, chosen_protocol, chosen_protocols, is_by_plan, with_choice
from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.errors import NO_PROTOCOL
from rtcheck.cli.options import DrawnOnly, Engine, PatientFacts, ReportsPath, Strict, command_line, terms_of
from rtcheck.cli.output import destinations, emit
from rtcheck.cli.standard_output import say
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from rtcheck.checking.terms import Terms
    from rtcheck.network.servers import Wanted


MOST_BYTES = 50 * 1024**3
"""Of objects in the folder of --out."""


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
    output: ReportsPath = None,
    out: Annotated[
        Path | None,
        Option("--out", metavar="DIR", help="Check all plans; keep files, reports, results and an index page here."),
    ] = None,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
    store: Annotated[str | None, Option("--store", metavar="URL", help="Store the report on this server.")] = None,
) -> int:
    """Fetch plan, dose and structures of a patient or a study from DICOMweb or Orthanc's REST API and check them.

    Images are never fetched. Set RTCHECK_SERVER_USER and RTCHECK_SERVER_PASSWORD in the environment to log in. The exit
    status is that of the check.

    With --out all plans are checked as by `batch`, with the index page, reports and results of `listen`: further plans
    may be fetched into the same folder, and no plan is checked twice. The exit status is then that of the worst plan in
    the folder.
    """
    from rtcheck.network.servers import Wanted, parts_of, server_at
    from rtcheck.report import render

    if protocol is None:
        raise UsageError(NO_PROTOCOL)
    if out is not None:
        if output or formats or keep or plan or store:
            raise UsageError("--out is for all plans with their files: it excludes -o, -f, --keep, --plan and --store.")
        terms = terms_of(engine, facts, strict=strict, drawn_only=drawn_only)
        return _all_plans(url, Wanted(patient_id=patient or "", study_uid=study or ""), protocol, stated, terms, out)
    try:
        targets = destinations(formats or [], output or [])
    except UsageError as error:
        raise UsageError(f"{error} For a folder with all plans use --out DIR.") from None
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


def _all_plans(url: str, wanted: "Wanted", protocol: str, stated: Stated, terms: "Terms", out: Path) -> int:
    """Fetch and check all plans, and write their reports, the results and the index page; the worst exit status."""
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import replace
    from functools import partial

    from rtcheck.batch.run import run_batch
    from rtcheck.network.extra import report_formats
    from rtcheck.network.inbox import Inbox
    from rtcheck.network.servers import parts_of, server_at

    fixed, candidates = chosen_protocols([protocol])
    question = stated.question(fixed, terms, candidates=candidates, reports=out)
    datasets = parts_of(server_at(url), wanted)
    inbox = Inbox(out / "objects", limit_bytes=MOST_BYTES)
    inbox.open()
    for dataset in datasets:
        inbox.add(_bytes_of(dataset), sop_instance_uid=str(dataset.get("SOPInstanceUID", "")), at=0.0)
    here = partial(ThreadPoolExecutor, 1)  # a patient has few plans: no process is started for them
    tally = run_batch(inbox.root, out, replace(question, formats=report_formats()), open_executor=here)
    write_tables(out, reports=True)
    say(summary(tally, out))
    return tally.exit_status


def _bytes_of(dataset: "Dataset") -> bytes:
    """The data set as a file."""
    from io import BytesIO

    from pydicom import dcmwrite

    stream = BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()


def _written(datasets: "Sequence[Dataset]", folder: Path, plan: str | None) -> Path:
    """Writes the data sets as files; the plan's file, or the folder where no plan is named."""
    from rtcheck.atomic_write import write_aside

    named = None
    for number, dataset in enumerate(datasets, start=1):
        path = folder / f"{str(dataset.get('Modality', 'object')).lower()}_{number}.dcm"
        write_aside(_bytes_of(dataset), path)
        if plan and dataset.get("SOPInstanceUID") == plan:
            named = path
    if plan and named is None:
        raise UsageError(f"The server has no plan with UID {plan} in this study or patient.")
    return named or folder
