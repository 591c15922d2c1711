"""A batch over many plans: resumed after any end, never counting twice, the same by every executor."""

import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial

import pytest
from support.command_line import run as run_command
from support.known_plans import write_plan
from support.plan_farm import PROTOCOL, write_farm

from rtcheck.batch.executor import process_pool
from rtcheck.batch.run import run_batch
from rtcheck.batch.work import Question
from rtcheck.conformance.phantom import image_dataset, write_file
from rtcheck.protocol.file.load import load_protocol

PLANS, BROKEN_EVERY = 24, 8
KILLS = 25 if os.environ.get("RTCHECK_CI") else 8


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    root = tmp_path_factory.mktemp("farm")
    write_farm(root / "plans", PLANS, broken_every=BROKEN_EVERY)
    (root / "farm.yaml").write_text(PROTOCOL)
    return root


def question(farm) -> Question:
    return Question(protocols=(load_protocol(str(farm / "farm.yaml")),))


def batch_command(farm, out, *more: str) -> list[str]:
    words = ["batch", str(farm / "plans"), "-p", str(farm / "farm.yaml"), "-o", str(out), *more]
    return [sys.executable, "-c", "from rtcheck.cli.main import script; script()", *words]


def rows(out) -> list[tuple]:
    """All that a batch found, without times and row numbers."""
    with sqlite3.connect(out / "results.sqlite") as connection:
        query = """
            SELECT plan_key, protocol, status, verdict, exit_status, structure, goal, value, outcome
            FROM plans LEFT JOIN constraints ON plan_id = id ORDER BY plan_key, position
        """
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def undisturbed(farm, tmp_path_factory):
    """What an undisturbed run finds."""
    out = tmp_path_factory.mktemp("undisturbed")
    tally = run_batch(farm / "plans", out, question(farm), open_executor=partial(process_pool, 2))
    assert tally.done == PLANS
    return rows(out)


def test_verdicts_of_the_farm_are_those_that_were_built_in(undisturbed):
    verdicts = {row[0]: (row[2], row[3], row[4]) for row in undisturbed}
    broken = [key for key, verdict in verdicts.items() if verdict != ("checked", "pass", 0)]
    assert len(verdicts) == PLANS
    assert len(broken) == PLANS // BROKEN_EVERY
    assert {verdicts[key] for key in broken} == {("incomplete", "not_evaluated", 3)}


def test_threads_give_the_same_results_as_processes(farm, undisturbed, tmp_path):
    with ThreadPoolExecutor(2) as threads:
        run_batch(farm / "plans", tmp_path, question(farm), open_executor=lambda: nullcontext(threads))
    assert rows(tmp_path) == undisturbed


def test_a_dask_cluster_gives_the_same_results(farm, undisturbed, tmp_path):
    distributed = pytest.importorskip("distributed")
    from rtcheck.batch.executor import DASK_CHUNK, dask_workers

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        opened = partial(dask_workers, cluster.scheduler_address)
        run_batch(farm / "plans", tmp_path, question(farm), open_executor=opened, chunk=DASK_CHUNK)
    assert rows(tmp_path) == undisturbed


def test_a_second_run_computes_nothing_and_a_changed_plan_alone(farm, tmp_path):
    root = tmp_path / "plans"
    shutil.copytree(farm / "plans", root)
    run = partial(run_batch, root, tmp_path / "out", question(farm), open_executor=partial(process_pool, 1))
    assert run().unchanged == 0
    assert run().unchanged == PLANS
    plan = next(root.rglob("plan.dcm"))
    plan.write_bytes(plan.read_bytes().replace(b"Phantom", b"Changed", 1))
    assert run().unchanged == PLANS - 1


def test_images_that_change_under_their_uids_are_checked_again(tmp_path):
    """Their thickness is checked, but their UIDs alone stood for them."""
    plan = write_plan(tmp_path / "plans" / "one")
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\nimage_checks: {thickness: 3 mm}\n", encoding="utf-8")
    words = ["batch", str(tmp_path / "plans"), "-p", str(mine), "-o", str(tmp_path / "out"), "-j", "1"]
    for thickness, status in ((3, 0), (5, 1)):
        for index in range(20):
            image = image_dataset(-28.5 + 3 * index, index)
            image.SliceThickness = thickness
            write_file(image, plan / f"ct{index:02}.dcm")
            os.utime(plan / f"ct{index:02}.dcm", (thickness, thickness))
        assert run_command(*words).status == status
    assert "1 unchanged" in run_command(*words).out


def test_reports_and_index_are_in_the_clinics_style_and_another_letterhead_writes_them_again(farm, tmp_path):
    root, head, out = tmp_path / "plans", tmp_path / "head.yaml", tmp_path / "out"
    shutil.copytree(next((farm / "plans").rglob("plan.dcm")).parent, root / "one")
    words = ["batch", str(root), "-p", str(farm / "farm.yaml"), "-o", str(out), "--reports", "-j", "1"]
    for clinic in ("Clinic West", "Clinic East"):
        head.write_text(f"name: {clinic}\n")
        ran = run_command(*words, "--letterhead", str(head), "--unit", "cGy")
        assert "unchanged" not in ran.out
        (report,) = (out / "reports").glob("*.html")
        assert clinic in report.read_text("utf-8")
        assert re.search(r"\d cGy", report.read_text("utf-8"))
        assert re.search(r"\d cGy", (out / "index.html").read_text("utf-8"))
    assert "unchanged" in run_command(*words, "--letterhead", str(head), "--unit", "cGy").out
    with sqlite3.connect(out / "results.sqlite") as connection:
        assert connection.execute("SELECT DISTINCT unit FROM constraints").fetchall() == [("Gy",)], "results stay in Gy"


def test_a_run_killed_at_random_moments_loses_nothing_and_counts_nothing_twice(farm, undisturbed, tmp_path):
    moments = random.Random(20261121)
    finished = 0
    for _ in range(KILLS):
        process = subprocess.Popen(batch_command(farm, tmp_path, "-j", "2"), stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.2, 1.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "results.sqlite").exists() and process.returncode == -signal.SIGKILL:
            with sqlite3.connect(tmp_path / "results.sqlite") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            found = rows(tmp_path) if _has_tables(tmp_path) else []
            assert set(found) <= set(undisturbed)
            assert len(found) == len(set(found))
            finished = max(finished, len({row[0] for row in found}))
            if finished == PLANS:
                shutil.rmtree(tmp_path)
                tmp_path.mkdir()
                finished = 0
    result = subprocess.run(batch_command(farm, tmp_path, "-j", "2"), capture_output=True, check=False, timeout=300)
    assert result.returncode == 3, result.stderr
    assert rows(tmp_path) == undisturbed


def _has_tables(out) -> bool:
    with sqlite3.connect(out / "results.sqlite") as connection:
        return connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'constraints'").fetchone()[0] == 1


def test_ctrl_c_ends_a_run_with_130_and_keeps_what_was_done(farm, undisturbed, tmp_path):
    process = subprocess.Popen(
        batch_command(farm, tmp_path, "-j", "1"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "results.sqlite").exists():
        time.sleep(0.02)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode in (130, 3)  # 3 where the run had just ended
    assert "Traceback" not in said
    assert set(rows(tmp_path)) <= set(undisturbed)


def test_a_full_disk_is_told_in_a_sentence_and_the_run_resumes(farm, undisturbed, tmp_path):
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (130_000, 130_000))

    result = subprocess.run(
        batch_command(farm, tmp_path, "-j", "1"),
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 3
    assert "Is the disk full?" in result.stderr
    assert "Traceback" not in result.stderr
    run_batch(farm / "plans", tmp_path, question(farm), open_executor=partial(process_pool, 2))
    assert rows(tmp_path) == undisturbed


def test_a_folder_without_plans_is_told_so(farm, tmp_path):
    (tmp_path / "empty").mkdir()
    command = batch_command(farm, tmp_path / "out")
    command[command.index(str(farm / "plans"))] = str(tmp_path / "empty")
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "no RTPLAN" in result.stderr
