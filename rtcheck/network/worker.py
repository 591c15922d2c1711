"""Complete plans -> reports on disk, and back to a node: the listener's worker, one plan at a time.

The results are those of a batch: the same file and index page, and the same fingerprints, by which a plan that was
received before the program ended, however it ended, is checked after the next start, and none is checked twice.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rtcheck import __version__
from rtcheck.atomic_write import write_inside
from rtcheck.batch.export import write_csv
from rtcheck.batch.index_page import write_index
from rtcheck.batch.run import (
    are_of_several_patients,
    disk_faults_told,
    jobs_of,
    kept_record,
    now_utc,
    protocols_text,
)
from rtcheck.batch.store import PlanRecord, Store, open_store
from rtcheck.batch.work import Question, check_plan
from rtcheck.dicom.finding.linking import Choice, Chosen
from rtcheck.dicom.finding.patients import PlanSet, plan_sets
from rtcheck.errors import RtcheckError, place_of
from rtcheck.network.encapsulated import encapsulated_pdf
from rtcheck.network.inbox import Inbox, ReceivedPlan
from rtcheck.network.nodes import Node, SendError, send

Say = Callable[[str], None]
"""Takes one line of the log; UIDs and verdicts only, nothing of a patient."""

SEND_ATTEMPTS, SEND_PAUSE_S = 3, 5.0
LOOK_EVERY_S = 0.2
LIVE_S = 15
"""After so many seconds an open index page loads itself again."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """Checks each plan of the inbox once its set is complete and nothing of it has come for `settle_s`.

    `question` is asked of every plan; the results are in `out`, the reports of each plan in `out`/reports/UID.
    """

    inbox: Inbox
    out: Path
    question: Question
    say: Say
    settle_s: float = 5.0
    send_to: Node | None = None
    calling_aet: str = "RTCHECK"
    _done: dict[str, tuple[frozenset[str], float, bool]] = field(default_factory=dict)
    _looked_at: int = -1
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look again and again until `stop`."""
        with open_store(self.out) as store:
            run_id = self._run_id(store)
            self._write(store, run_id, live_s=LIVE_S)
            while not self._stop.wait(LOOK_EVERY_S):
                try:
                    self.look(store, run_id, now=time.monotonic())
                except RtcheckError as error:  # a full disk: tried again
                    self.say(str(error))
                    self._stop.wait(SEND_PAUSE_S)
            store.end_run(run_id, finished_at=now_utc())
            self._write(store, run_id, live_s=0)

    def stop(self) -> None:
        self._stop.set()

    def look(self, store: Store, run_id: int, *, now: float) -> None:
        """Check what is complete and settled, and not yet checked with these very objects.

        Where nothing has come since all that had come was settled, nothing is looked at.
        Where facts or waivers turn out to be used for a second patient, the first one's plans are checked again.
        """
        changes, is_all_settled = self.inbox.changes, True
        if changes == self._looked_at:
            return
        is_shared = self.question.terms.are_of_one_patient and are_of_several_patients(self._received())
        for plan in self.inbox.plans():
            is_settled = now - plan.arrived_at >= self.settle_s
            is_all_settled &= is_settled
            done = plan.uids, plan.arrived_at, is_shared
            if not is_settled or self._stop.is_set() or self._done.get(plan.uid) == done:
                continue
            if plan.missing:
                self.say(f"plan {plan.uid} is not checked: no {' and no '.join(plan.missing)} received")
            else:
                self._judge_safely(plan, store, run_id)
            self._done[plan.uid] = done
        if is_all_settled and not self._stop.is_set():
            self._looked_at = changes

    def _judge_safely(self, plan: ReceivedPlan, store: Store, run_id: int) -> None:
        """The listener outlives any plan. Raises RtcheckError where the results cannot be written."""
        try:
            with disk_faults_told(self.out):
                self._judge(plan, store, run_id)
        except RtcheckError:
            raise
        except Exception as error:
            self.say(f"plan {plan.uid} was not evaluated: internal error ({place_of(error)})")

    @property
    def _filed(self) -> Question:
        """The question with the places of the reports."""
        return replace(self.question, reports=self.out / "reports", is_filed_by_plan=True)

    def _run_id(self, store: Store) -> int:
        """The run of an earlier start with the same protocols, else a new one."""
        about = {"root": str(self.inbox.root), "protocols": protocols_text(self.question)}
        run_id = store.continued_run(**about)
        return run_id or store.begin_run(started_at=now_utc(), program_version=__version__, **about)

    def _judge(self, plan: ReceivedPlan, store: Store, run_id: int) -> None:
        """The plan's record and reports, unless they stand already; then the report goes back."""
        plan_set = self._plan_set(plan)
        if plan_set is None:
            self.say(f"plan {plan.uid} was not evaluated: its file cannot be read")
            return
        (job,) = jobs_of([(plan.uid, plan_set, self._filed)], store, among=self._received())
        records = check_plan(job)
        kept = [kept_record(store, run_id, record) for record in records]
        store.keep_only(run_id, plan.uid, [record.protocol for record in records])
        told = ", ".join(each.verdict + (" (in doubt)" if each.is_in_doubt else "") for each in kept)
        if not all(each.is_unchanged for each in kept):
            self.say(f"checked plan {plan.uid}: {told}")
            for reason in {each.reason for each in records if isinstance(each, PlanRecord) and each.status == "error"}:
                self.say(f"plan {plan.uid} was not evaluated: {reason}")
            self._write(store, run_id, live_s=LIVE_S)
        if self.send_to:
            self._send(plan, told)

    def _received(self) -> list[PlanSet]:
        """All plans received: facts that are stated for all of them are those of one patient."""
        return [
            PlanSet(path=each.plan.location.path, choice=Choice(plan=Chosen(header=each.plan, why="received")))
            for each in self.inbox.plans()
        ]

    def _plan_set(self, plan: ReceivedPlan) -> PlanSet | None:
        """The plan with all that is in its patient's folder."""
        sets = plan_sets(plan.plan.location.path.parent)
        return next((each for each in sets if each.plan and each.plan.sop_instance_uid == plan.uid), None)

    def _send(self, plan: ReceivedPlan, verdict: str) -> None:
        """Send the PDF, unless this very one was sent before. What was not taken is tried again by the next start."""
        assert self.send_to is not None
        folder = self.out / "reports" / plan.uid
        try:
            pdf = (folder / "report.pdf").read_bytes()
        except OSError:
            self.say(f"plan {plan.uid} has no PDF report to send")
            return
        digest, sent = hashlib.sha256(pdf).hexdigest(), folder / "sent.txt"
        if sent.is_file() and digest in sent.read_text("utf-8", "replace"):
            return
        dataset = encapsulated_pdf(pdf, plan.plan.location.path, title=f"rtcheck: {verdict}")
        for attempt in range(1, SEND_ATTEMPTS + 1):
            try:
                send(dataset, self.send_to, calling_aet=self.calling_aet)
                write_inside(self.out / "reports", f"{digest} {self.send_to}\n", sent)
                self.say(f"sent the report of plan {plan.uid} to {self.send_to}")
                return
            except SendError as error:
                self.say(f"attempt {attempt} of {SEND_ATTEMPTS}: {error}")
                if attempt == SEND_ATTEMPTS or self._stop.wait(SEND_PAUSE_S):
                    return

    def _write(self, store: Store, run_id: int, *, live_s: int) -> None:
        files = partial(_page_of, question=self._filed)
        write_index(store, run_id, self.out / "index.html", has_reports=True, live_s=live_s, page_of=files)
        write_csv(store, run_id, self.out / "results.csv")


def _page_of(plan_key: str, protocol: str, *, question: Question) -> str:
    """The HTML report of a plan, as its index links to it."""
    pages = dict(question.report_files(plan_key, protocol))
    assert question.reports is not None
    return pages["html"].relative_to(question.reports).as_posix()
