"""The listener on loopback against peers that mean harm: floods, slow and half-open connections, huge PDUs, links."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pydicom import dcmread
from support.dicom_network import dcmtk, wait_for
from support.programs import needs_program
from support.samples import STOMACH_FAILS

from rtcheck.batch.store import only_writer
from rtcheck.errors import DicomError
from rtcheck.network.bounded_socket import MAX_PDU_BYTES
from rtcheck.network.inbox import Inbox

pytestmark = needs_program("storescu")

PARTS = tuple(STOMACH_FAILS / name for name in ("plan.dcm", "dose.dcm", "struct.dcm"))
PLAN_UID = str(dcmread(PARTS[0]).SOPInstanceUID)


def connection(listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", listener.port), timeout=20)


def closed_after_s(peer: socket.socket, limit_s: float) -> float:
    """Seconds until the listener closes the connection, or `limit_s`."""
    start = time.monotonic()
    peer.settimeout(limit_s)
    try:
        while peer.recv(4096):
            pass
    except (TimeoutError, ConnectionError):
        pass
    return time.monotonic() - start


def log_of(tmp_path: Path) -> str:
    log = tmp_path / "log"
    return log.read_text("utf-8") if log.is_file() else ""


@pytest.mark.parametrize("pdu_type", [1, 2, 4, 5, 7])
def test_a_pdu_of_the_largest_length_is_cut_before_it_is_read(listening, pdu_type: int) -> None:
    """The header announces 4 GiB; 64 MiB of it would be sent, were they taken."""
    listener = listening()
    with connection(listener) as peer:
        peer.sendall(struct.pack(">BBL", pdu_type, 0, 0xFFFFFFFF))
        sent = 0
        try:
            while sent < 64 * 1024**2:
                sent += peer.send(b"\0" * 65536)
        except OSError:
            pass
        assert sent < 64 * 1024**2
    assert dcmtk("echoscu", listener) == 0


def test_a_pdu_that_comes_a_byte_at_a_time_is_given_up_in_time(listening) -> None:
    listener = listening()
    with connection(listener) as peer:
        peer.sendall(struct.pack(">BBL", 1, 0, 5000))
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.2):
                try:
                    peer.send(b"\0")
                except OSError:
                    return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        try:
            assert closed_after_s(peer, 15.0) < 12.0
        finally:
            stop.set()
            dripping.join()
    assert dcmtk("echoscu", listener) == 0


def test_half_open_connections_are_closed_and_do_not_lock_others_out(listening) -> None:
    listener = listening(max_associations=8)
    peers = [connection(listener) for _ in range(40)]
    try:
        assert wait_for(lambda: dcmtk("echoscu", listener) == 0, seconds=120)
        assert all(closed_after_s(peer, 15.0) < 15.0 for peer in peers)
    finally:
        for peer in peers:
            peer.close()


def test_junk_of_every_first_byte_leaves_the_listener_answering(listening, tmp_path: Path) -> None:
    listener = listening()
    before = threading.active_count()
    for first in range(0, 256, 5):
        with connection(listener) as peer:
            peer.sendall(bytes([first]) + os.urandom(200))
    assert wait_for(lambda: dcmtk("echoscu", listener) == 0, seconds=120)
    assert wait_for(lambda: threading.active_count() <= before + 2, seconds=120)
    assert list((tmp_path / "objects").rglob("*.dcm")) == []


@pytest.mark.parametrize("uid", ["..", ".", "../../x", "1.2/../../x", "1.2\\x", "1..2", "", "1.2\x00"])
def test_a_uid_that_is_no_uid_names_no_file(tmp_path: Path, uid: str) -> None:
    inbox = Inbox(tmp_path / "objects", limit_bytes=10**9)
    inbox.open()
    dataset = dcmread(PARTS[0])
    dataset.SOPInstanceUID = uid
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.save_as(tmp_path / "plan.dcm")
    with pytest.raises(DicomError, match=r"UID|announced"):
        inbox.add((tmp_path / "plan.dcm").read_bytes(), sop_instance_uid=uid, at=0.0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "plan.dcm"]


@pytest.mark.parametrize("aet", ["../../x", "A/B", "%s%n", "$(id)"])
def test_an_odd_ae_title_names_no_file_either(listening, tmp_path: Path, aet: str) -> None:
    listener = listening()
    dcmtk("storescu", listener, PARTS[0], calling=aet)
    assert wait_for(lambda: len(list((tmp_path / "objects").rglob("*.dcm"))) == 1)
    results = {"index.html", "results.csv", "results.sqlite", "results.sqlite-shm", "results.sqlite-wal"}
    assert {path.name for path in tmp_path.iterdir()} <= {"objects", "reports", "log"} | results


def test_the_same_uid_with_other_content_is_kept_aside_and_the_plan_is_not_evaluated(listening, tmp_path: Path) -> None:
    listener = listening()
    assert dcmtk("storescu", listener, *PARTS) == 0
    report = tmp_path / "reports" / PLAN_UID / "report.json"
    assert wait_for(lambda: report.is_file() and '"verdict": "fail"' in report.read_text("utf-8"), seconds=180)
    other = dcmread(PARTS[1])
    other.DoseGridScaling = f"{float(other.DoseGridScaling) * 0.9:.9g}"
    other.save_as(tmp_path / "other.dcm")
    assert dcmtk("storescu", listener, tmp_path / "other.dcm") == 0
    assert wait_for(lambda: '"verdict": "not_evaluated"' in report.read_text("utf-8"), seconds=180)
    assert len(list((tmp_path / "objects").rglob("*.dcm"))) == 4
    assert dcmtk("storescu", listener, tmp_path / "other.dcm", PARTS[0]) == 0  # again: nothing new
    assert len(list((tmp_path / "objects").rglob("*.dcm"))) == 4


def test_links_planted_in_the_output_folders_lead_nowhere(listening, tmp_path: Path) -> None:
    """Neither a link in a report's place nor a folder that is a link may make the listener write outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    treasure = outside / "treasure.txt"
    treasure.write_text("mine", "utf-8")
    reports = tmp_path / "reports"
    (reports / PLAN_UID).mkdir(parents=True)
    (reports / PLAN_UID / "report.json").symlink_to(treasure)
    (reports / PLAN_UID / "report.html").symlink_to(outside / "new.html")
    assert dcmtk("storescu", listening(), *PARTS) == 0
    report = reports / PLAN_UID / "report.json"
    assert wait_for(lambda: report.is_file() and not report.is_symlink(), seconds=180)
    shutil.rmtree(reports / PLAN_UID)
    (reports / PLAN_UID).symlink_to(outside)
    assert dcmtk("storescu", listening(), *PARTS) == 0
    assert wait_for(lambda: "leads out of" in log_of(tmp_path), seconds=180)
    assert [path.name for path in outside.iterdir()] == ["treasure.txt"]
    assert treasure.read_text("utf-8") == "mine"


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a small disk is mounted, by root on Linux")
def test_a_full_disk_refuses_an_object_and_leaves_no_half_of_it(
    listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "objects"
    disk.mkdir()
    size = PARTS[0].stat().st_size + PARTS[2].stat().st_size + 40_000
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    try:
        monkeypatch.setattr("rtcheck.network.inbox.FREE_BYTES_KEPT", -(10**9))
        listener = listening()
        assert dcmtk("storescu", listener, PARTS[0]) == 0
        assert dcmtk("storescu", listener, PARTS[1]) != 0
        assert "cannot be written" in log_of(tmp_path)
        assert [path.suffix for path in disk.rglob("*") if path.is_file()] == [".dcm"]
        assert dcmtk("echoscu", listener) == 0
    finally:
        listener.stop()
        subprocess.run(["umount", "-l", disk], check=False)


def test_a_listener_killed_while_it_stores_starts_again_with_whole_files_only(tmp_path: Path) -> None:
    """kill -9 at five moments of a store of 12 files; after each, what lies in the inbox can be read to its end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-c", "from rtcheck.cli.main import main; main()", "listen", "--port", str(port), "-p",
        "apatinib", "--out", str(tmp_path),
    ]  # fmt: skip
    for number in range(5):
        listener = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert wait_for(lambda: _is_open(port), seconds=120)
            files = [*PARTS, *STOMACH_FAILS.glob("ct_*.dcm")]
            sender = subprocess.Popen(
                ["storescu", "-aec", "RTCHECK", "127.0.0.1", str(port), *map(str, files)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(0.02 + 0.08 * number)
            listener.send_signal(signal.SIGKILL)
            sender.wait(timeout=120)
        finally:
            listener.kill()
            listener.wait(timeout=60)
    stored = list(tmp_path.rglob("*.dcm"))
    with only_writer(tmp_path):  # as the next start
        Inbox(stored[0].parents[1], limit_bytes=10**9).open()
    assert not list(tmp_path.rglob("*.part"))
    sizes = {
        str(dcmread(path).SOPInstanceUID): len(dcmread(path)) for path in [*PARTS, *STOMACH_FAILS.glob("ct_*.dcm")]
    }
    assert all(len(dcmread(path)) == sizes[path.stem] for path in stored)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_the_limit_of_a_pdu_holds_every_association_request_there_is() -> None:
    """PS3.8: 128 presentation contexts, each at most some 40 transfer syntaxes of 64 characters and their headers."""
    assert MAX_PDU_BYTES > 128 * (8 + 4 + 64 + 40 * (4 + 64))
