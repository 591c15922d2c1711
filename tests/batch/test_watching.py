"""`rtcheck watch`: plans are checked once they are complete, once each, and the index grows with them."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import dcmread
from support.plan_farm import PROTOCOL, write_farm
from support.workbench import until

from rtcheck.batch.exports import ExportFolder
from rtcheck.batch.run import now_utc, protocols_text
from rtcheck.batch.store import Store, open_store
from rtcheck.batch.watching import Watcher
from rtcheck.batch.work import Question
from rtcheck.protocol.file.load import load_protocol

SETTLE_S = 5.0


@pytest.fixture(scope="module")
def farm(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("farm")
    for number, folder in enumerate(write_farm(root / "made", 2)):
        folder.rename(root / f"plan{number}")
    (root / "farm.yaml").write_text(PROTOCOL)
    return root


class Watched:
    """A watcher over an empty folder, with a clock that only moves when it is told to."""

    def __init__(self, farm: Path, place: Path) -> None:
        self.farm, self.root, self.out = farm, place / "exports", place / "exports" / "results"
        self.out.mkdir(parents=True, exist_ok=True)
        self.said: list[str] = []
        self.now = 1000.0
        self.question = Question(protocols=(load_protocol(str(farm / "farm.yaml")),), reports=self.out / "reports")
        self.store: Store = open_store(self.out)
        about = {"root": str(self.root), "protocols": protocols_text(self.question)}
        self.run_id = self.store.continued_run(**about) or self.store.begin_run(
            started_at=now_utc(), program_version="0", **about
        )
        self.watcher = Watcher(
            folder=ExportFolder(root=self.root, apart=self.out),
            out=self.out,
            question=self.question,
            say=self.said.append,
            settle_s=SETTLE_S,
            open_executor=lambda: ThreadPoolExecutor(1),
        )

    def look(self, *, after_s: float = SETTLE_S) -> dict[str, str]:
        """Look, wait and look again; the verdict of each plan, or "error"."""
        self.watcher.look(self.store, self.run_id, self.question, now=self.now)
        self.now += after_s
        self.watcher.look(self.store, self.run_id, self.question, now=self.now)
        rows = self.store.rows("SELECT plan_key, status, verdict FROM plans WHERE run_id = ?", (self.run_id,))
        return {row["plan_key"]: "error" if row["status"] == "error" else row["verdict"] for row in rows}

    def export(self, plan: str, *names: str, into: str = "") -> None:
        for name in names or ("plan.dcm", "dose.dcm", "struct.dcm"):
            place = self.root / into / (f"{plan}_{name}" if into == "flat" else f"{plan}/{name}")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.farm / plan / name, place)

    def checked_at(self) -> list[tuple[str, int]]:
        return [tuple(row) for row in self.store.rows("SELECT plan_key, id FROM plans ORDER BY plan_key")]


@pytest.fixture
def watched(farm, tmp_path) -> Watched:
    return Watched(farm, tmp_path)


def test_a_plan_waits_for_its_dose_and_for_the_time_to_settle(watched: Watched):
    watched.export("plan0", "plan.dcm", "struct.dcm")
    assert watched.look() == {}
    assert len(watched.said) == 1
    assert re.fullmatch(r"[\d.]+ is not checked yet: no dose", watched.said[0])
    watched.export("plan0", "dose.dcm")
    assert watched.look(after_s=SETTLE_S - 0.1) == {}
    assert watched.look(after_s=0.2) == {"plan0/plan.dcm": "pass"}
    index = (watched.out / "index.html").read_text()
    assert 'data-live="15"' in index
    assert index.count("<tr data-v") == 1
    assert len(list((watched.out / "reports").glob("*.html"))) == 1


def test_a_plan_waits_for_its_own_dose_where_that_of_another_plan_comes_first(watched: Watched):
    watched.export("plan0", "plan.dcm", "struct.dcm")
    other = dcmread(watched.farm / "plan0" / "dose.dcm")
    other.SOPInstanceUID = "2.25.7"
    other.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "2.25.8"
    other.save_as(watched.root / "plan0" / "other.dcm")
    assert watched.look() == {}
    assert watched.said[-1].endswith("is not checked yet: no dose of this plan")
    watched.export("plan0", "dose.dcm")
    assert watched.look() == {"plan0/plan.dcm": "pass"}


def test_a_file_that_is_still_growing_is_waited_for(watched: Watched):
    whole = (watched.farm / "plan0" / "dose.dcm").read_bytes()
    watched.export("plan0", "plan.dcm", "struct.dcm")
    for size in (100, len(whole) // 2, len(whole) - 1):
        (watched.root / "plan0" / "dose.dcm").write_bytes(whole[:size])
        assert watched.look(after_s=SETTLE_S - 1) == {}
        watched.now += 0.1
    (watched.root / "plan0" / "dose.dcm").write_bytes(whole)
    assert watched.look() == {"plan0/plan.dcm": "pass"}


def test_nothing_is_checked_twice_also_after_a_restart_and_what_changed_is(watched: Watched, tmp_path):
    watched.export("plan0")
    watched.export("plan1")
    watched.look()
    first = watched.checked_at()
    watched.look()
    assert watched.checked_at() == first
    again = Watched(watched.farm, tmp_path)
    assert len(again.look()) == 2
    assert again.checked_at() == first, "the rows are the same ones"
    assert again.run_id == watched.run_id
    assert again.said == []
    shutil.copyfile(again.farm / "plan1" / "dose.dcm", again.root / "plan0" / "dose.dcm")  # of another patient
    shutil.rmtree(again.root / "plan1")
    kept = again.look()
    assert set(kept) == {"plan0/plan.dcm", "plan1/plan.dcm"}, "a plan that was cleared away stays listed"


def test_a_dose_that_is_exported_again_is_checked_again_and_its_old_verdict_goes(watched: Watched):
    watched.export("plan0")
    assert watched.look() == {"plan0/plan.dcm": "pass"}
    dose = dcmread(watched.root / "plan0" / "dose.dcm")
    dose.DoseGridScaling = f"{dose.DoseGridScaling / 4:.9g}"
    dose.save_as(watched.root / "plan0" / "dose.dcm")
    assert watched.look() == {"plan0/plan.dcm": "error"}, "the dose contradicts its prescription"
    assert [path for path in (watched.out / "reports").glob("*.html") if "PASS" in path.read_text()] == []
    watched.export("plan0")
    assert watched.look() == {"plan0/plan.dcm": "pass"}
    assert len(watched.checked_at()) == 1


def test_in_one_folder_a_plan_that_is_being_written_does_not_hold_up_another(watched: Watched):
    watched.export("plan0", into="flat")
    watched.look(after_s=SETTLE_S - 1)
    watched.export("plan1", "plan.dcm", "struct.dcm", into="flat")
    assert watched.look(after_s=1.1) == {"flat/plan0_plan.dcm": "pass"}
    watched.export("plan1", "dose.dcm", into="flat")
    assert len(watched.look()) == 2


def test_a_damaged_file_is_listed_and_goes_when_it_is_mended(watched: Watched):
    watched.export("plan0")
    whole = (watched.root / "plan0" / "dose.dcm").read_bytes()
    (watched.root / "plan0" / "dose.dcm").write_bytes(whole[:300])
    assert watched.look() == {"plan0/dose.dcm": "error"}
    (watched.root / "plan0" / "dose.dcm").write_bytes(whole)
    assert watched.look() == {"plan0/plan.dcm": "pass"}


def test_the_log_names_no_folder_and_no_patient(watched: Watched):
    watched.export("plan0")
    (watched.root / "plan0").rename(watched.root / "Meier^Anna")
    watched.look()
    assert len(watched.said) == 1
    assert re.fullmatch(r"checked plan [\d.]+: pass", watched.said[0])


def test_the_program_watches_until_it_is_told_to_end_and_is_alone_on_its_results(farm, tmp_path):
    out, exports = tmp_path / "out", tmp_path / "exports"
    exports.mkdir()
    words = ["watch", exports, "-p", farm / "farm.yaml", "-o", out, "--settle", "0.2", "--jobs", "1"]
    command = [sys.executable, "-m", "rtcheck", *map(str, words)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        lines: list[str] = []
        assert "watching, protocol farm" in watching.stderr.readline()
        reading = threading.Thread(target=lambda: lines.extend(watching.stderr or []), daemon=True)
        reading.start()
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
        assert second.returncode == 2
        assert f"another rtcheck batch, watch or listen is writing here (process {watching.pid} on " in second.stderr
        shutil.copytree(farm / "plan0", exports / "plan0")
        assert until(lambda: any("checked plan" in line for line in lines), seconds=180)
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(timeout=120) == 0
        reading.join(timeout=60)
    assert lines[-1].endswith(" stopped\n")
    assert 'data-live="' not in (out / "index.html").read_text(), "a page that is finished stays as it is"
    assert [path for path in out.rglob("*") if path.name.endswith(".part")] == []
    with sqlite3.connect(out / "results.sqlite") as results:
        assert results.execute("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL").fetchone()[0] == 1
    assert out.stat().st_mode & 0o077 == 0 or os.name == "nt"
