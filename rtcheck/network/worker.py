"""Complete plans -> reports on disk, and back to a node: the listener's worker, one plan at a time."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rtcheck.atomic_write import write_inside
from rtcheck.checking.check import unreadable
from rtcheck.checking.terms import Terms
from rtcheck.dicom.case_reader import read_stated
from rtcheck.dicom.overrides import NO_OVERRIDES, Overrides
from rtcheck.errors import RtcheckError, place_of
from rtcheck.network.encapsulated import encapsulated_pdf
from rtcheck.network.inbox import Inbox, ReceivedPlan
from rtcheck.network.nodes import Node, SendError, send
from rtcheck.protocol.file.model import Protocol
from rtcheck.results import Report

Say = Callable[[str], None]
"""Takes one line of the log; UIDs and verdicts only, nothing of a patient."""

SEND_ATTEMPTS, SEND_PAUSE_S = 3, 5.0
LOOK_EVERY_S = 0.2


@dataclass(slots=True, kw_only=True)
class Judge:
    """Checks each plan of the inbox once its set is complete and nothing of it has come for `settle_s`.

    `terms`, `overrides`, `ignore` and `errors` hold for every plan.
    """

    inbox: Inbox
    reports: Path
    protocol: Protocol
    say: Say
    terms: Terms = field(default_factory=Terms)
    overrides: Overrides = NO_OVERRIDES
    ignore: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    settle_s: float = 5.0
    send_to: Node | None = None
    calling_aet: str = "RTCHECK"
    _done: dict[str, tuple[frozenset[str], float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look again and again until `stop`."""
        while not self._stop.wait(LOOK_EVERY_S):
            self.look(now=time.monotonic())

    def stop(self) -> None:
        self._stop.set()

    def look(self, *, now: float) -> None:
        """Check what is complete and settled, and not yet checked with these very objects."""
        for plan in self.inbox.plans():
            is_settled = now - plan.arrived_at >= self.settle_s
            if not is_settled or self._stop.is_set() or self._known(plan) == (plan.uids, plan.arrived_at):
                continue
            if plan.missing:
                self.say(f"plan {plan.uid} is not checked: no {' and no '.join(plan.missing)} received")
            else:
                self._judge(plan)
            self._done[plan.uid] = plan.uids, plan.arrived_at

    def _known(self, plan: ReceivedPlan) -> tuple[frozenset[str], float]:
        """What was checked under this plan's UID: in this run, or by an earlier one, as its report says."""
        if plan.uid not in self._done and plan.arrived_at == 0.0:
            self._done[plan.uid] = _uids_of(self.reports / plan.uid / "report.json"), 0.0
        return self._done.get(plan.uid, (frozenset(), 0.0))

    def _judge(self, plan: ReceivedPlan) -> None:
        try:
            report = self._report(plan)
            folder = self.reports / plan.uid
            write_inside(self.reports, report.to_html(), folder / "report.html")
            write_inside(self.reports, report.to_json(), folder / "report.json")
            self.say(f"checked plan {plan.uid}: {report.verdict}{' (in doubt)' if report.doubts else ''}")
            if self.send_to:
                self._send(report, plan, folder)
        except RtcheckError as error:
            self.say(f"plan {plan.uid}: {error}")
        except Exception as error:  # the listener outlives any plan
            self.say(f"plan {plan.uid} was not evaluated: internal error ({place_of(error)})")

    def _report(self, plan: ReceivedPlan) -> Report:
        try:
            case = read_stated(plan.plan.location.path, self.overrides, ignore=self.ignore, errors=self.errors)
            return self.terms.report_on(case, self.protocol)
        except RtcheckError as error:
            return unreadable(error, self.protocol, settings=self.terms.settings, command=())

    def _send(self, report: Report, plan: ReceivedPlan, folder: Path) -> None:
        assert self.send_to is not None
        pdf = report.to_pdf()
        write_inside(self.reports, pdf, folder / "report.pdf")
        dataset = encapsulated_pdf(pdf, plan.plan.location.path, title=f"rtcheck: {report.verdict}")
        for attempt in range(1, SEND_ATTEMPTS + 1):
            try:
                send(dataset, self.send_to, calling_aet=self.calling_aet)
                self.say(f"sent the report of plan {plan.uid} to {self.send_to}")
                return
            except SendError as error:
                self.say(f"attempt {attempt} of {SEND_ATTEMPTS}: {error}")
                if attempt == SEND_ATTEMPTS or self._stop.wait(SEND_PAUSE_S):
                    return


def _uids_of(report: Path) -> frozenset[str]:
    """The UIDs of the files that a stored report is about; none where there is no report."""
    try:
        files = json.loads(report.read_text("utf-8"))["provenance"]["files"]
        return frozenset(each["sop_instance_uid"] for each in files)
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
