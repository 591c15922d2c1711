"""How a batch scales: `python tests/benchmarks/batch_scale.py [PLANS] [CHECKOUT]`, ratios measured in one run.

Measured in turn, on the same plan folders: one process and two, a dask cluster of two workers, the check alone without
a batch around it (in processor time, which other work on the machine changes little), the memory of the workers as the
run goes on, a question to a results file of 100,000 rows, and a batch that is killed fifty times. With CHECKOUT, a
folder with another commit, only the throughput of both is compared. PLANS is 1000 if not given.
"""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in the workers, so that all are measured alike

import psutil
from support.plan_farm import PROTOCOL, write_farm

from rtcheck.batch.executor import DASK_CHUNK, dask_workers, process_pool
from rtcheck.batch.run import OpenExecutor, Tally, run_batch
from rtcheck.batch.store import FILE_NAME, ConstraintRow, PlanRecord, open_store
from rtcheck.batch.work import Job, Question, check_plan
from rtcheck.dicom.finding.patients import plan_sets
from rtcheck.protocol.file.load import load_protocol

ROWS, ROWS_A_PLAN = 100_000, 10
KILLS = 50
ROUNDS = 3
CHECKED = (0, 1, 3)
"""Exit statuses of a batch that came to its end."""
LONGEST_S = 20.0
"""A batch is killed within this time; less where it comes to its end sooner."""


def main(plans: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_farm(root / "plans", plans, broken_every=50)
        (root / "farm.yaml").write_text(PROTOCOL)
        question = Question(protocols=(load_protocol(str(root / "farm.yaml")),))
        alone_s = check_alone_s(root / "plans", question)
        one = measured(root, question, processes=1)
        two = measured(root, question, processes=2)
        dask_s = run_dask_s(root, question)
        print(f"{plans} plans, of which {plans // 50} broken")
        print(f"one process   {plans / one.seconds:7.1f} plans/s")
        print(f"two processes {plans / two.seconds:7.1f} plans/s, {one.seconds / two.seconds:.2f} times one (goal 1.8)")
        print(f"dask, two workers {plans / dask_s:7.1f} plans/s, {two.seconds / dask_s:.2f} times two processes")
        print(
            f"processor time: check alone {1000 * alone_s / plans:.1f} ms a plan; "
            f"the batch adds {1000 * (one.used_s - alone_s) / plans:.1f} ms (goal < 5)"
        )
        print(f"worker memory grew by {one.growth_mb:.1f} MB from the first tenth of the run to its end")
        print(f"{ROWS} constraint rows: a question by structure and metric takes {query_s(root):.3f} s (goal < 1)")
        print(killed(root), flush=True)


def compare(plans: int, checkout: Path) -> None:
    """Plans a second of processor time: this checkout, and another one on the same plans."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_farm(root / "plans", plans, broken_every=50)
        (root / "farm.yaml").write_text(PROTOCOL)
        here = Path(__file__).resolve().parents[2]
        best = {tree: min(batch_s(root, tree) for _ in range(ROUNDS)) for tree in (here, checkout.resolve())}
        ours, theirs = best.values()
        print(
            f"{plans} plans: {plans / ours:.1f} plans/s a core, {theirs / ours:.2f} times the other checkout (goal 3)"
        )


def batch_s(root: Path, tree: Path) -> float:
    """Processor time of a whole batch by the program of one checkout, with one worker. [s]"""
    with tempfile.TemporaryDirectory(dir=root) as out:
        words = ["batch", str(root / "plans"), "-p", str(root / "farm.yaml"), "-o", out, "-j", "1"]
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "rtcheck", *words], capture_output=True, check=False, cwd=out, env=environment
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in CHECKED:
            raise SystemExit(done.stderr.decode())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check_alone_s(root: Path, question: Question) -> float:
    """Processor time of the checks in this process, one after the other, nothing kept."""
    sets = plan_sets(root)
    check_plan(Job(plan_key="warm", plan_set=sets[0], question=question))
    started = time.process_time()
    for plan_set in sets:
        check_plan(Job(plan_key=str(plan_set.path), plan_set=plan_set, question=question))
    return time.process_time() - started


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run: time once its workers stand, processor time of all from the search for files on, growth of a worker."""

    seconds: float
    used_s: float
    growth_mb: float


def measured(root: Path, question: Question, *, processes: int) -> Measured:
    memory_mb: list[float] = []

    def watch(tally: Tally) -> None:
        if tally.done % 20 == 0:
            memory_mb.append(max((worker.memory_info().rss for worker in workers()), default=0) / 1e6)

    before = time.process_time()
    opened = partial(process_pool, processes)
    seconds, workers_s = timed_run_s(root, f"out{processes}", question, opened, on_progress=watch)
    tenth = max(1, len(memory_mb) // 10)
    growth_mb = max(memory_mb[-tenth:], default=0.0) - max(memory_mb[:tenth], default=0.0)
    return Measured(seconds=seconds, used_s=time.process_time() - before + workers_s, growth_mb=growth_mb)


def run_dask_s(root: Path, question: Question) -> float:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        opened = partial(dask_workers, cluster.scheduler_address)
        return timed_run_s(root, "outdask", question, opened, in_flight=8, chunk=DASK_CHUNK)[0]


def timed_run_s(root: Path, name: str, question: Question, opened: OpenExecutor, **options: Any) -> tuple[float, float]:
    """Time, and the workers' processor time, from when they have imported all that they need to the end of the run."""
    stamps: list[tuple[float, float]] = []

    @contextmanager
    def warmed() -> Iterator[Executor]:
        first = Job(plan_key="warm", plan_set=plan_sets(root / "plans" / "000" / "case_000000")[0], question=question)
        with opened() as executor:
            list(executor.map(warm, [first] * 8))
            stamps.append((time.perf_counter(), used_by_workers_s()))
            yield executor
            stamps.append((time.perf_counter(), used_by_workers_s()))

    run_batch(root / "plans", root / name, question, open_executor=warmed, **options)
    (started, used_before_s), (ended, used_s) = stamps
    return ended - started, used_s - used_before_s


def warm(job: Job) -> None:
    time.sleep(0.2)  # so that every worker gets one of these
    check_plan(job)


def workers() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def used_by_workers_s() -> float:
    return sum(times.user + times.system for times in (worker.cpu_times() for worker in workers()))


def killed(root: Path) -> str:
    """What a batch has found that was killed fifty times at random moments, against the undisturbed one."""
    undisturbed, out = found(root / "out1"), root / "outkilled"
    words = ["batch", str(root / "plans"), "-p", str(root / "farm.yaml"), "-o", str(out), "-j", "2"]
    command = [sys.executable, "-m", "rtcheck", *words]
    moments, kills, doubled, wrong = random.Random(50), 0, 0, 0
    run_s = LONGEST_S
    while kills < KILLS:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(moments.uniform(0.5, run_s))
            (out / FILE_NAME).unlink()  # it came to its end: it starts again from nothing
            run_s *= 0.7
            continue
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        rows = found(out)
        doubled += len(rows) - len(set(rows))
        wrong += len(set(rows) - set(undisturbed))
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lost = len(set(undisturbed) - set(found(out)))
    return f"killed {kills} times: {lost} rows lost, {doubled} doubled, {wrong} that differ"


def found(out: Path) -> list[tuple[object, ...]]:
    """All that a batch found, without times; nothing where it had not begun to write."""
    query = """
        SELECT plan_key, protocol, status, verdict, structure, goal, value, outcome
        FROM plans LEFT JOIN constraints ON plan_id = id ORDER BY plan_key, position
    """
    try:
        with closing(sqlite3.connect(f"file:{out / FILE_NAME}?mode=rw", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def query_s(root: Path) -> float:
    """Time of one indexed question to a file of 100,000 constraint rows."""
    folder = root / "many"
    folder.mkdir()
    with open_store(folder) as store:
        run_id = store.begin_run(started_at="", program_version="", root="", protocols="")
        store.connection.execute("PRAGMA synchronous = OFF")
        for number in range(ROWS // ROWS_A_PLAN):
            store.put(run_id, many_record(number))
        started = time.perf_counter()
        query = (
            "SELECT outcome, count(*), avg(value) FROM constraints WHERE structure = ? AND metric = ? GROUP BY outcome"
        )
        list(store.rows(query, ("Organ_3", "Dmean")))
        return time.perf_counter() - started


def many_record(number: int) -> PlanRecord:
    constraints = tuple(
        ConstraintRow(
            structure=f"Organ_{place}", metric="Dmean", goal="Dmean < 20 Gy", priority="required",
            value=float((number * 7 + place) % 40), unit="Gy", uncertainty=None, low=None, high=None, margin=None,
            outcome="met" if (number * 7 + place) % 40 < 20 else "violated", borderline=False,
        )
        for place in range(ROWS_A_PLAN)
    )  # fmt: skip
    return PlanRecord(
        plan_key=str(number), protocol="p", protocol_version="", fingerprint="", status="checked", verdict="pass",
        eligibility_verdict="pass", exit_status=0, reason="", report=b"", constraints=constraints,
    )  # fmt: skip


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if len(sys.argv) > 2:
        compare(count, Path(sys.argv[2]))
    else:
        main(count)
