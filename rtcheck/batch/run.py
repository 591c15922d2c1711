"""A folder of plans -> a results file: only what is new or changed is computed, whatever ended the run before."""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rtcheck import __version__
from rtcheck.atomic_write import make_private_folder
from rtcheck.batch.executor import Lost, process_pool, run_jobs
from rtcheck.batch.pseudonyms import pseudonyms
from rtcheck.batch.store import PlanRecord, Store, only_writer, open_store
from rtcheck.batch.work import SHARED_FACTS, Job, Question, Unchanged, check_plan, lost_record, report_name
from rtcheck.dicom.finding.patients import PlanSet, plan_sets
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.progress import Progress

OpenExecutor = Callable[[], AbstractContextManager[Executor]]
CHUNK = 4  # plans a task: they share one copy of the question on their way to the worker
EXIT_BY_WEIGHT = (4, 1, 3, 0)  # the worst of a batch, worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a batch is: plans found, done, found unchanged, and records by what came of them."""

    plans: int
    done: int = 0
    unchanged: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    exit_statuses: frozenset[int] = frozenset()
    in_doubt: int = 0

    @property
    def exit_status(self) -> int:
        """The worst of all: 4 before 1 before 3 before 0."""
        return next((status for status in EXIT_BY_WEIGHT if status in self.exit_statuses), 0)


def run_batch(
    root: Path,
    out: Path,
    question: Question,
    *,
    open_executor: OpenExecutor | None = None,
    in_flight: int | None = None,
    chunk: int = CHUNK,
    on_scan: Progress | None = None,
    on_progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Check every plan below `root` under every protocol, and keep the results in `out`.

    `open_executor` opens any `concurrent.futures.Executor` (by default a process for each core). At most `in_flight`
    chunks of plans are handed to it at a time.

    Raises UsageError where there is no plan, or where another batch is writing to `out`.
    """
    if question.reports is not None:
        question = replace(question, reports=out / "reports")
    sets = plan_sets(root, progress=on_scan)
    if not sets:
        raise UsageError(f"{root}: no RTPLAN and no RTDOSE was found in this folder or below it.")
    make_private_folder(out)
    plans = _named(sets, root, pseudonyms(out) if question.anonymous else str)
    cores = os.cpu_count() or 1
    with only_writer(out), open_store(out) as store, disk_faults_told(out):
        if question.anonymous:
            _refuse_names(store, out)
        run_id = store.begin_run(
            started_at=now_utc(),
            program_version=__version__,
            root="" if question.anonymous else str(root),
            protocols=protocols_text(question),
        )
        tally = Tally(plans=len(sets))
        answers = run_jobs(
            jobs_of(plans, question, store),
            check_plan,
            open_executor or partial(process_pool, cores),
            in_flight=in_flight or 2 * cores,
            chunk=chunk,
        )
        for job, answer in answers:
            records = lost_record(job, answer.reason) if isinstance(answer, Lost) else answer
            tally = _counted(tally, [kept_record(store, run_id, record) for record in records])
            if on_progress:
                on_progress(tally)
        store.end_run(run_id, finished_at=now_utc())
    return tally


@contextmanager
def disk_faults_told(out: Path) -> Iterator[None]:
    """A full or failing disk in a sentence; what was written before stands, and the next run goes on from there."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise RtcheckError(
            f"{out}: the results cannot be written ({error}). Is the disk full? Finished plans are kept: "
            "free some space and run the same command again."
        ) from error


def protocols_text(question: Question) -> str:
    """ "apatinib 2022.1, axitinib 2020.1"."""
    return ", ".join(f"{p.name} {p.version}".strip() for p in question.protocols)


def plan_names(root: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Pseudonym and path of every plan below `root`, as an anonymous batch into `out` names them."""
    pseudonym = pseudonyms(out)
    keys = (plan_key_of(plan_set, root) for plan_set in plan_sets(root))
    return ((pseudonym(key), key) for key in keys)


def _named(sets: tuple[PlanSet, ...], root: Path, name: Callable[[str], str]) -> dict[str, PlanSet]:
    """The plans by the names under which the results keep them."""
    return {name(plan_key_of(plan_set, root)): plan_set for plan_set in sets}


def _refuse_names(store: Store, out: Path) -> None:
    """Anonymous results never go into a file that holds names from an earlier run."""
    if next(store.rows("SELECT count(*) FROM runs WHERE root != ''"))[0]:
        raise UsageError(
            f"{out}: contains results of a batch without --anonymous, with names and folders. Choose another --out."
        )


def jobs_of(
    plans: Mapping[str, PlanSet], question: Question, store: Store, *, among: Iterable[PlanSet] = ()
) -> Iterator[Job]:
    """A job for each plan, which knows the records of it that stand already.

    `among` are other plans of the same folder: clinical facts are those of one patient.
    """
    known = store.fingerprints()
    is_doubtful = question.terms.facts is not None and _are_of_several_patients((*plans.values(), *among))
    for key, plan_set in plans.items():
        plan_set = replace(plan_set, notices=(*plan_set.notices, SHARED_FACTS)) if is_doubtful else plan_set
        standing = {
            protocol.name: known[key, protocol.name]
            for protocol in question.protocols
            if (key, protocol.name) in known and _has_its_page(key, protocol.name, question)
        }
        yield Job(plan_key=key, plan_set=plan_set, question=question, known=standing)


def _are_of_several_patients(plans: Iterable[PlanSet]) -> bool:
    patients = (header.patient for plan in plans for header in plan.choice.headers)
    return len({number or name for number, name in patients} - {""}) > 1


def _has_its_page(plan_key: str, protocol: str, question: Question) -> bool:
    """Whether the HTML report is there, where one is wanted."""
    return question.reports is None or (question.reports / report_name(plan_key, protocol)).is_file()


def plan_key_of(plan_set: PlanSet, root: Path) -> str:
    """The plan's path below the root, the same on every system."""
    path = plan_set.path
    return (path.relative_to(root) if path.is_relative_to(root) and path != root else Path(path.name)).as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecord:
    """What counts of one record: its verdict ("error" for none) and exit status, and whether it stood already."""

    verdict: str
    exit_status: int
    is_in_doubt: bool
    is_unchanged: bool = False


def kept_record(store: Store, run_id: int, record: PlanRecord | Unchanged) -> KeptRecord:
    """The record written, or marked as seen where it still holds."""
    if isinstance(record, Unchanged):
        store.touch(run_id, record.plan_key, record.protocol)
        verdict, status, is_in_doubt = store.verdict_of(record.plan_key, record.protocol)
        return KeptRecord(verdict=verdict, exit_status=status, is_in_doubt=is_in_doubt, is_unchanged=True)
    store.put(run_id, record)
    verdict = "error" if record.status == "error" else record.verdict
    return KeptRecord(verdict=verdict, exit_status=record.exit_status, is_in_doubt=bool(record.doubts))


def _counted(tally: Tally, kept: list[KeptRecord]) -> Tally:
    return replace(
        tally,
        done=tally.done + 1,
        unchanged=tally.unchanged + all(each.is_unchanged for each in kept),
        verdicts=tally.verdicts + Counter(each.verdict for each in kept),
        exit_statuses=tally.exit_statuses | {each.exit_status for each in kept},
        in_doubt=tally.in_doubt + sum(each.is_in_doubt for each in kept),
    )


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
