"""A folder of plans -> a results file: only what is new or changed is computed, whatever ended the run before."""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rtcheck import __version__
from rtcheck.atomic_write import make_private_folder
from rtcheck.batch.executor import Lost, process_pool, run_jobs
from rtcheck.batch.plan_table.roster import Roll, Roster, listed_plan
from rtcheck.batch.pseudonyms import pseudonyms
from rtcheck.batch.scanning import scanned
from rtcheck.batch.store import PlanRecord, Store, only_writer, open_store
from rtcheck.batch.work import SHARED_FACTS, Job, Question, Unchanged, check_plan, lost_record
from rtcheck.dicom.finding.patients import PlanSet, plan_sets, sets_among
from rtcheck.dicom.finding.sources import locate
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.progress import Progress
from rtcheck.values import dataclass

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
    roster: Roster | None = None,
    open_executor: OpenExecutor | None = None,
    in_flight: int | None = None,
    chunk: int = CHUNK,
    on_scan: Progress | None = None,
    on_progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Check every plan below `root` under every protocol, and keep the results in `out`.

    With `roster` each plan is asked the question of its row; what is not checked then is listed with the reason.
    `open_executor` opens any `concurrent.futures.Executor` (by default a process for each core). At most `in_flight`
    chunks of plans are handed to it at a time.

    Raises UsageError where there is no plan, or where another batch is writing to `out`.
    """
    cores = os.cpu_count() or 1
    kept_in = None if question.anonymous else out  # headers name patients
    files = scanned(locate(root).path, kept_in, processes=cores, progress=on_scan)
    sets = sets_among(files.found)
    if not sets:
        raise UsageError(f"{root}: no RTPLAN and no RTDOSE was found in this folder or below it.")
    found = {plan_key_of(plan_set, root): plan_set for plan_set in sets}
    roll = roster.applied(found) if roster else None
    make_private_folder(out)
    name = pseudonyms(out) if question.anonymous else str
    questions = roll.questions if roll else dict.fromkeys(found, question)
    with only_writer(out), open_store(out) as store, disk_faults_told(out):
        if question.anonymous:
            _refuse_names(store, out)
        files.keep(out)
        run_id = store.begin_run(
            started_at=now_utc(),
            program_version=__version__,
            root="" if question.anonymous else str(root),
            protocols=protocols_text(*questions.values()) if roll else protocols_text(question),
        )
        listed = _put_listed(store, run_id, roll, name, anonymous=question.anonymous)
        tally = _counted(Tally(plans=len(questions) + len(listed)), listed, plans=len(listed))
        answers = run_jobs(
            jobs_of(_to_check(found, questions, name, out), store),
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


def protocols_text(*questions: Question) -> str:
    """ "apatinib 2022.1, axitinib 2020.1"."""
    protocols = (protocol for question in questions for protocol in question.protocols)
    return ", ".join(dict.fromkeys(f"{p.name} {p.version}".strip() for p in protocols))


def _to_check(
    found: Mapping[str, PlanSet], questions: Mapping[str, Question], name: Callable[[str], str], out: Path
) -> Iterator[tuple[str, PlanSet, Question]]:
    """The plans to check by the names under which the results keep them, each with its question."""
    reports = out / "reports"
    for key, question in questions.items():
        own = question if question.reports is None else replace(question, reports=reports)
        yield name(key), found[key], own


def _put_listed(
    store: Store, run_id: int, roll: Roll | None, name: Callable[[str], str], *, anonymous: bool
) -> list["KeptRecord"]:
    """What the table says of each plan, and the records of those that are only listed."""
    store.put_listed(listed_plan(name(key), row, anonymous=anonymous) for key, row in (roll.listed() if roll else ()))
    records = roll.records() if roll else ()
    return [kept_record(store, run_id, replace(record, plan_key=name(key))) for key, record in records]


def plan_names(root: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Pseudonym and path of every plan below `root`, as an anonymous batch into `out` names them."""
    pseudonym = pseudonyms(out)
    keys = (plan_key_of(plan_set, root) for plan_set in plan_sets(root))
    return ((pseudonym(key), key) for key in keys)


def _refuse_names(store: Store, out: Path) -> None:
    """Anonymous results never go into a file that holds names from an earlier run."""
    if next(store.rows("SELECT count(*) FROM runs WHERE root != ''"))[0]:
        raise UsageError(
            f"{out}: contains results of a batch without --anonymous, with names and folders. Choose another --out."
        )


def jobs_of(
    plans: Iterable[tuple[str, PlanSet, Question]], store: Store, *, among: Iterable[PlanSet] = ()
) -> Iterator[Job]:
    """A job for each plan, which knows the records of it that stand already.

    `among` are other plans of the same folder: clinical facts and waivers are those of one patient.
    """
    plans, among = list(plans), tuple(among)
    known = store.fingerprints()
    doubtful = _facts_of_several_patients(plans, among)
    are_several = are_of_several_patients((*(plan_set for _, plan_set, _ in plans), *among))
    for key, plan_set, question in plans:
        question = question.of_several_patients() if are_several else question
        is_doubtful = id(question.terms.facts) in doubtful
        plan_set = replace(plan_set, notices=(*plan_set.notices, SHARED_FACTS)) if is_doubtful else plan_set
        standing = {
            name: fingerprint
            for name, fingerprint in known.get(key, {}).items()
            if all(path.is_file() for _, path in question.report_files(key, name))
        }
        yield Job(plan_key=key, plan_set=plan_set, question=question, known=standing)


def _facts_of_several_patients(
    plans: Iterable[tuple[str, PlanSet, Question]], among: tuple[PlanSet, ...]
) -> frozenset[int]:
    """The facts (by identity) that are stated of plans of more than one patient."""
    stated: dict[int, list[PlanSet]] = {}
    for _, plan_set, question in plans:
        if question.terms.facts is not None:
            stated.setdefault(id(question.terms.facts), []).append(plan_set)
    return frozenset(facts for facts, of in stated.items() if are_of_several_patients((*of, *among)))


def are_of_several_patients(plan_sets: Iterable[PlanSet]) -> bool:
    """Whether the plans belong to more than one patient, as far as their files name them."""
    return len({patient for plan_set in plan_sets for patient in _patients(plan_set)}) > 1


def _patients(plan_set: PlanSet) -> set[str]:
    patients = (header.patient for header in plan_set.choice.headers)
    return {number or name for number, name in patients} - {""}


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
    verdict = record.status if record.status in ("error", "excluded") else record.verdict
    return KeptRecord(verdict=verdict, exit_status=record.exit_status, is_in_doubt=bool(record.doubts))


def _counted(tally: Tally, kept: list[KeptRecord], *, plans: int = 1) -> Tally:
    """The tally with the records of one plan more, or with those of `plans` that are only listed."""
    return replace(
        tally,
        done=tally.done + plans,
        unchanged=tally.unchanged + (plans if all(each.is_unchanged for each in kept) else 0),
        verdicts=tally.verdicts + Counter(each.verdict for each in kept),
        exit_statuses=tally.exit_statuses | {each.exit_status for each in kept},
        in_doubt=tally.in_doubt + sum(each.is_in_doubt for each in kept),
    )


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
