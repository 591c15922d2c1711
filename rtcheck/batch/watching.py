"""An export folder -> results that grow with it: each plan is checked once it is complete and nothing of it changes.

The results are those of a batch: the same file, the same index page, and the same fingerprints, by which nothing is
computed twice, also after a restart.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rtcheck import __version__
from rtcheck.atomic_write import make_private_folder
from rtcheck.batch.executor import Lost, process_pool, run_jobs
from rtcheck.batch.export import write_csv
from rtcheck.batch.exports import ExportedPlan, ExportFolder
from rtcheck.batch.index_page import write_index
from rtcheck.batch.run import (
    OpenExecutor,
    are_of_several_patients,
    disk_faults_told,
    jobs_of,
    kept_record,
    now_utc,
    plan_key_of,
    protocols_text,
)
from rtcheck.batch.store import Store, only_writer, open_store
from rtcheck.batch.work import Job, Question, check_plan, lost_record

Say = Callable[[str], None]
"""Takes one line of the log; UIDs and verdicts only, nothing of a patient."""

LIVE_S = 15
"""After so many seconds an open index page loads itself again."""

LEAST_PAUSE_S, MOST_PAUSE_S = 0.1, 2.0


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Checks the plans of `folder` as they are completed, until `stop`."""

    folder: ExportFolder
    out: Path
    question: Question
    say: Say
    settle_s: float = 5.0
    jobs: int = 1
    open_executor: OpenExecutor | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    _done: dict[str, object] = field(default_factory=dict)
    _has_shared_facts: bool = False
    _damaged: set[str] = field(default_factory=set)
    _waiting: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, *, on_start: Callable[[], None] = lambda: None) -> None:
        """Watch until told to stop. Raises UsageError where another one writes to the same folder."""
        make_private_folder(self.out)
        question = replace(self.question, reports=self.out / "reports")
        with only_writer(self.out), open_store(self.out) as store, disk_faults_told(self.out):
            about = {"root": str(self.folder.root), "protocols": protocols_text(question)}
            run_id = store.continued_run(**about)
            if run_id is None:
                run_id = store.begin_run(started_at=now_utc(), program_version=__version__, **about)
            self._damaged |= {
                row["plan_key"] for row in store.rows("SELECT plan_key FROM plans WHERE status = 'error'")
            }
            self._write(store, run_id, live_s=LIVE_S)
            on_start()
            pause_s = min(max(self.settle_s / 4, LEAST_PAUSE_S), MOST_PAUSE_S)
            while True:
                self.look(store, run_id, question, now=time.monotonic())
                if self.stop.wait(pause_s):
                    break
            store.end_run(run_id, finished_at=now_utc())
            self._write(store, run_id, live_s=0)

    def look(self, store: Store, run_id: int, question: Question, *, now: float) -> None:
        """Check what is complete and settled at the time `now`, and was not yet checked with these very files."""
        self.folder.look(now=now)
        plans = {plan_key_of(each.plan_set, self.folder.root): each for each in self.folder.plans()}
        self._drop_mended(store, plans)
        among = [plan.plan_set for plan in plans.values()]
        has_shared_facts = question.terms.are_of_one_patient and are_of_several_patients(among)
        if has_shared_facts != self._has_shared_facts:  # the plans checked before are in doubt now, or no longer
            self._done, self._has_shared_facts = {}, has_shared_facts
        ready = {key: plan for key, plan in plans.items() if self._is_ready(key, plan, now=now)}
        if not ready:
            return
        to_check = ((key, plan.plan_set, question) for key, plan in ready.items())
        answers = run_jobs(
            self._until_stopped(jobs_of(to_check, store, among=among)),
            check_plan,
            self.open_executor or partial(process_pool, min(self.jobs, len(ready))),
            in_flight=self.jobs,
        )
        for job, answer in answers:
            records = lost_record(job, answer.reason) if isinstance(answer, Lost) else answer
            kept = [kept_record(store, run_id, record) for record in records]
            store.keep_only(run_id, job.plan_key, [record.protocol for record in records])
            plan = ready[job.plan_key]
            self._done[job.plan_key] = plan.stamps
            if not plan.uid:
                self._damaged.add(job.plan_key)
            if not all(each.is_unchanged for each in kept):
                told = ", ".join(each.verdict + (" (in doubt)" if each.is_in_doubt else "") for each in kept)
                self.say(f"checked plan {plan.uid}: {told}" if plan.uid else "a file cannot be read: see the index")
                self._write(store, run_id, live_s=LIVE_S)
        self._write(store, run_id, live_s=LIVE_S)

    def _is_ready(self, key: str, plan: ExportedPlan, *, now: float) -> bool:
        if now - plan.changed_at < self.settle_s or self._done.get(key) == plan.stamps:
            return False
        if plan.missing and self._waiting.get(key) != plan.missing:
            self.say(f"{plan.uid} is not checked yet: no {' and no '.join(plan.missing)}")
        self._waiting[key] = plan.missing
        return not plan.missing

    def _drop_mended(self, store: Store, plans: dict[str, ExportedPlan]) -> None:
        """Forget the errors of files that could not be read and now can: their plan has a row of its own."""
        for key in [key for key in self._damaged if key not in plans or plans[key].uid]:
            self._damaged.discard(key)
            self._done.pop(key, None)
            if key not in plans and (self.folder.root / key).exists():
                store.drop(key)

    def _until_stopped(self, jobs: Iterator[Job]) -> Iterator[Job]:
        return (job for job in jobs if not self.stop.is_set())

    def _write(self, store: Store, run_id: int, *, live_s: int) -> None:
        write_index(
            store, run_id, self.out / "index.html", has_reports=True, live_s=live_s, unit=self.question.style.unit
        )
        write_csv(store, run_id, self.out / "results.csv")
