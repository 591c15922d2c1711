"""`rtcheck listen` held to what dcmtk sends, to what breaks off, and to junk."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import dcmread
from support.dicom_network import dcmtk, wait_for
from support.programs import needs_program
from support.samples import PASSES, SAMPLES, STOMACH_FAILS

from rtcheck.batch.store import only_writer
from rtcheck.network.listener import Listener
from rtcheck.network.nodes import Node, parse_node

pytestmark = needs_program("storescu")

PLAN_UID = str(dcmread(STOMACH_FAILS / "plan.dcm").SOPInstanceUID)
PARTS = tuple(STOMACH_FAILS / name for name in ("plan.dcm", "dose.dcm", "struct.dcm"))


def verdict(tmp_path: Path, uid: str = PLAN_UID) -> str | None:
    report = tmp_path / "reports" / uid / "report.json"
    return json.loads(report.read_text("utf-8"))["verdict"] if report.is_file() else None


def stored(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


def test_an_echo_is_answered(listening) -> None:
    assert dcmtk("echoscu", listening()) == 0


def test_a_plan_is_checked_once_its_set_is_complete_in_whatever_order_it_comes(listening, tmp_path: Path) -> None:
    listener = listening()
    for part in (PARTS[1], PARTS[0]):
        assert dcmtk("storescu", listener, part) == 0
    assert wait_for(lambda: "no structure set received" in log_of(tmp_path))
    assert verdict(tmp_path) is None
    assert dcmtk("storescu", listener, PARTS[2], *STOMACH_FAILS.glob("ct_*.dcm")) == 0
    assert wait_for(lambda: verdict(tmp_path) == "fail")
    assert (tmp_path / "reports" / PLAN_UID / "report.html").is_file()
    assert len(stored(tmp_path)) == 12


def test_the_log_says_nothing_of_the_patient(listening, tmp_path: Path) -> None:
    dcmtk("storescu", listening(), *PARTS)
    assert wait_for(lambda: (tmp_path / "log").is_file())
    plan = dcmread(PARTS[0])
    log = (tmp_path / "log").read_text("utf-8") + " ".join(str(path) for path in stored(tmp_path))
    assert str(plan.PatientID) not in log
    assert str(plan.PatientName) not in log


def test_only_the_allowed_may_call(listening) -> None:
    listener = listening(allowed=("TPS",))
    assert dcmtk("echoscu", listener, calling="TPS") == 0
    assert dcmtk("echoscu", listener, calling="STRANGER") != 0


def test_a_sender_killed_half_way_leaves_nothing_half_written(listening, tmp_path: Path) -> None:
    listener = listening()
    command = ["storescu", "-aet", "TPS", "-aec", "RTCHECK", "127.0.0.1", str(listener.port), str(PARTS[1])]
    for delay in (0.0, 0.005, 0.01, 0.02, 0.04):
        sender = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        threading.Event().wait(delay)
        sender.send_signal(signal.SIGKILL)
        sender.wait(timeout=60)
    with socket.create_connection(("127.0.0.1", listener.port)) as half:
        half.sendall(b"\x01\x00\x00\x00\xff\xff\xff\xff" + bytes(1000))
    assert dcmtk("storescu", listener, *PARTS) == 0
    assert wait_for(lambda: verdict(tmp_path) == "fail")
    assert {path.read_bytes()[128:132] for path in stored(tmp_path)} == {b"DICM"}
    assert len(stored(tmp_path)) == 3


def test_twenty_associations_at_once_are_all_taken(listening, tmp_path: Path) -> None:
    listener = listening()
    files = [sorted(sample.glob("ct_*.dcm"))[n] for sample in SAMPLES for n in range(3)] + [*PARTS, PARTS[0], PARTS[0]]
    with ThreadPoolExecutor(max_workers=20) as senders:
        statuses = list(senders.map(lambda file: dcmtk("storescu", listener, file), files))
    assert statuses == [0] * 20
    assert wait_for(lambda: verdict(tmp_path) == "fail")
    assert len(stored(tmp_path)) == 18


def test_a_flood_of_junk_is_survived(listening, tmp_path: Path) -> None:
    listener = listening()
    for number in range(100):
        with socket.create_connection(("127.0.0.1", listener.port)) as junk:
            junk.sendall(os.urandom(50 + 37 * number))
    assert wait_for(lambda: dcmtk("echoscu", listener) == 0)
    assert stored(tmp_path) == []


def test_an_object_above_the_limit_is_cut_off(listening, tmp_path: Path) -> None:
    listener = listening(max_object_bytes=1_000_000)
    assert dcmtk("storescu", listener, PARTS[1]) != 0
    assert dcmtk("storescu", listener, PARTS[0]) == 0
    assert [path.name for path in stored(tmp_path)] == [f"{PLAN_UID}.dcm"]


def test_a_full_inbox_refuses(listening, tmp_path: Path) -> None:
    assert dcmtk("storescu", listening(limit_bytes=1_000_000), PARTS[1]) != 0
    assert stored(tmp_path) == []


def test_a_restart_does_not_check_again_and_drops_what_was_being_written(listening, tmp_path: Path) -> None:
    first = listening()
    dcmtk("storescu", first, *PARTS)
    assert wait_for(lambda: verdict(tmp_path) == "fail")
    first.stop()
    leftover = stored(tmp_path)[0].parent / ".x.dcm.abcd1234.part"
    leftover.write_bytes(b"half")
    report = tmp_path / "reports" / PLAN_UID / "report.json"
    before = report.stat().st_mtime_ns
    with only_writer(tmp_path):  # as the command starts it
        second = listening()
    assert not leftover.exists()
    dcmtk("storescu", second, PASSES / "plan.dcm", PASSES / "dose.dcm", PASSES / "struct.dcm")
    assert wait_for(lambda: verdict(tmp_path, str(dcmread(PASSES / "plan.dcm").SOPInstanceUID)) == "pass")
    assert report.stat().st_mtime_ns == before


def test_the_report_goes_back_as_a_pdf_that_refers_to_the_plan(listening, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    archive = tmp_path / "archive"
    archive.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    storescp = shutil.which("storescp") or "storescp"
    with subprocess.Popen([storescp, "--accept-all", "-od", str(archive), str(port)]) as receiver:
        try:
            dcmtk("storescu", listening(send_to=Node("ARCHIVE", "127.0.0.1", port)), *PARTS)
            assert wait_for(lambda: len(list(archive.iterdir())) == 1 and "sent the report" in log_of(tmp_path))
        finally:
            receiver.terminate()
    sent, plan = dcmread(next(archive.iterdir())), dcmread(PARTS[0])
    assert sent.SourceInstanceSequence[0].ReferencedSOPInstanceUID == PLAN_UID
    assert sent.EncapsulatedDocument.startswith(b"%PDF-")
    assert (sent.PatientID, sent.StudyInstanceUID) == (plan.PatientID, plan.StudyInstanceUID)


def log_of(tmp_path: Path) -> str:
    return (tmp_path / "log").read_text("utf-8") if (tmp_path / "log").is_file() else ""


def test_a_listener_is_on_loopback_unless_told_otherwise(listening) -> None:
    listener: Listener = listening()
    assert listener.door.host == "127.0.0.1"


@pytest.mark.parametrize("text", ["ARCHIVE", "ARCHIVE@host", "A@host:0", "A@host:99999", "@host:104"])
def test_a_node_that_is_not_written_in_full_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="AET@host:port"):
        parse_node(text)
