"""What was received and not yet checked when the listener was killed is checked after the next start, once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from time import sleep

import pytest
from pydicom import dcmread
from support.samples import PASSES, SAMPLES

from rtcheck import parse_protocol
from rtcheck.atomic_write import write_inside
from rtcheck.batch.run import now_utc
from rtcheck.batch.store import open_store
from rtcheck.batch.work import Question
from rtcheck.checking.terms import Terms
from rtcheck.network import worker
from rtcheck.network.inbox import Inbox
from rtcheck.network.nodes import Node, SendError
from rtcheck.network.worker import Judge
from rtcheck.protocol.choosing.candidates import candidates
from rtcheck.protocol.clinical.facts import Facts
from rtcheck.protocol.file.model import Protocol

AXITINIB = next(sample for sample in SAMPLES if sample.name.startswith("axitinib"))
AUTO = Question(protocols=(Protocol(name="auto", constraints=(), is_auto=True),), candidates=candidates("auto"))


def received(out: Path, *samples: Path) -> list[str]:
    """The UIDs of the samples' plans, stored as the listener stores them; nothing checked them."""
    inbox = Inbox(out / "objects", limit_bytes=10**9)
    inbox.open()
    for sample in samples:
        for name in ("plan.dcm", "dose.dcm", "struct.dcm"):
            file = dcmread(sample / name)
            inbox.add((sample / name).read_bytes(), sop_instance_uid=str(file.SOPInstanceUID), at=1.0)
    return [str(dcmread(sample / "plan.dcm").SOPInstanceUID) for sample in samples]


def started(out: Path, question: Question = AUTO, **more) -> list[str]:
    """The log of a start that ends as soon as all that lies there was looked at."""
    log: list[str] = []
    inbox = Inbox(out / "objects", limit_bytes=10**9)
    judge = Judge(inbox=inbox, out=out, question=question, settle_s=0.0, say=log.append, **more)
    judge.inbox.open()
    looks = iter((False, False, True))
    judge._stop.wait = lambda timeout=None: next(looks, True)  # type: ignore[method-assign]
    judge.run()
    return log


def rows(out: Path) -> list[tuple]:
    with sqlite3.connect(out / "results.sqlite") as connection:
        return connection.execute("SELECT plan_key, protocol, verdict, checked_at, run_id FROM plans").fetchall()


def test_of_two_objects_of_one_uid_that_come_at_once_both_are_kept(tmp_path, monkeypatch):
    """One over the other would hide that nobody knows which of them is meant."""

    def slowly(*words) -> None:
        sleep(0.2)
        write_inside(*words)

    monkeypatch.setattr("rtcheck.network.inbox.write_inside", slowly)
    inbox = Inbox(tmp_path / "objects", limit_bytes=10**9)
    inbox.open()

    def send(label: str) -> None:
        plan, content = dcmread(PASSES / "plan.dcm"), BytesIO()
        plan.RTPlanLabel = label
        plan.save_as(content)
        inbox.add(content.getvalue(), sop_instance_uid=str(plan.SOPInstanceUID), at=1.0)

    with ThreadPoolExecutor() as associations:
        list(associations.map(send, ("one", "other")))
    assert {dcmread(path).RTPlanLabel for path in (tmp_path / "objects").rglob("*.dcm")} == {"one", "other"}


def test_plans_left_by_a_killed_listener_are_checked_once_each_by_its_own_protocol(tmp_path):
    passes, axitinib = received(tmp_path, PASSES, AXITINIB)
    assert sorted(started(tmp_path)) == sorted([f"checked plan {passes}: pass", f"checked plan {axitinib}: pass"])
    first = rows(tmp_path)
    assert {row[0]: row[1] for row in first} == {passes: "apatinib", axitinib: "axitinib"}
    page = tmp_path / "reports" / passes / "report.html"
    made = page.stat().st_mtime_ns
    assert started(tmp_path) == []
    assert rows(tmp_path) == first
    assert page.stat().st_mtime_ns == made
    index = (tmp_path / "index.html").read_text("utf-8")
    assert f'href="reports/{axitinib}/report.html"' in index


def test_the_log_quotes_no_label_of_a_plan_that_no_protocol_applies_to(tmp_path):
    sample = tmp_path / "sample"
    sample.mkdir()
    for name in ("plan.dcm", "dose.dcm", "struct.dcm"):
        file = dcmread(PASSES / name)
        if name == "plan.dcm":
            file.RTPlanLabel = file.RTPlanName = "Doe Jane"
            file.DoseReferenceSequence[0].DoseReferenceDescription = "PTV Doe"
        file.save_as(sample / name)
    received(tmp_path / "out", sample)
    log = started(tmp_path / "out")
    assert any("applies to this plan" in line for line in log)
    assert not any("Doe" in line for line in log)


def test_a_start_after_a_kill_between_the_reports_and_the_record_writes_one_record(tmp_path):
    (passes,) = received(tmp_path, PASSES)
    started(tmp_path)
    with sqlite3.connect(tmp_path / "results.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM plans")
    assert started(tmp_path) == [f"checked plan {passes}: pass"]
    assert len(rows(tmp_path)) == 1


def test_a_report_that_was_not_taken_is_sent_by_the_next_start_and_then_no_more(tmp_path, monkeypatch):
    pytest.importorskip("typst")
    (passes,) = received(tmp_path, PASSES)
    question, node = replace(AUTO, formats=("html", "pdf")), Node("ARCHIVE", "127.0.0.1", 104)
    taken = []

    def refuse(*_, **__):
        raise SendError("not taken")

    monkeypatch.setattr(worker, "send", refuse)
    started(tmp_path, question, send_to=node)
    monkeypatch.setattr(worker, "send", lambda dataset, *_, **__: taken.append(dataset.SOPInstanceUID))
    assert started(tmp_path, question, send_to=node) == [f"sent the report of plan {passes} to {node}"]
    assert started(tmp_path, question, send_to=node) == []
    assert len(taken) == 1


def test_a_second_patients_plan_puts_the_first_ones_in_doubt_where_both_are_checked_with_the_same_facts(tmp_path):
    log: list[str] = []
    protocol = parse_protocol("name: mine\nconstraints: [{structure: SpinalCord, goal: Dmax < 90 Gy}]\n")
    question = Question(protocols=(protocol,), terms=Terms(facts=Facts(values={"ecog": 0})), formats=("json",))
    judge = Judge(
        inbox=Inbox(tmp_path / "objects", limit_bytes=10**9), out=tmp_path, question=question, settle_s=0.0,
        say=log.append,
    )  # fmt: skip
    with open_store(tmp_path) as store:
        run_id = store.begin_run(started_at=now_utc(), program_version="0", root="", protocols="")
        for sample, doubtful in ((PASSES, []), (AXITINIB, [PASSES, AXITINIB])):
            received(tmp_path, sample)
            judge.inbox.open()
            log.clear()
            judge.look(store, run_id, now=2.0)
            in_doubt = {line.split()[2].strip(":") for line in log if line.endswith("(in doubt)")}
            assert in_doubt == {str(dcmread(each / "plan.dcm").SOPInstanceUID) for each in doubtful}
