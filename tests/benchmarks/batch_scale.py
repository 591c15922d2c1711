"""How a batch scales: `python tests/benchmarks/batch_scale.py [PLANS]` (1000 by default), ratios measured in one run.

Measured in turn, on the same plan folders: one process and two, a dask cluster of two workers, the check alone without
a batch around it, the memory of the workers as the run goes on, and a question to a results file of 100,000 rows.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in the workers, so that all are measured alike

import psutil
from support.plan_farm import PROTOCOL, write_farm

from rtcheck.batch.executor import DASK_CHUNK, dask_workers, process_pool
from rtcheck.batch.run import OpenExecutor, Tally, run_batch
from rtcheck.batch.store import ConstraintRow, PlanRecord, open_store
from rtcheck.batch.work import Job, Question, check_plan
from rtcheck.dicom.finding.patients import plan_sets
from rtcheck.protocol.file.load import load_protocol

ROWS, ROWS_A_PLAN = 100_000, 10


def main(plans: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        write_farm(root / "plans", plans, broken_every=50)
        (root / "farm.yaml").write_text(PROTOCOL)
        question = Question(protocols=(load_protocol(str(root / "farm.yaml")),))
        alone_s = check_alone_s(root / "plans", question)
        one_s, growth_mb = run_s(root, question, processes=1)
        two_s, _ = run_s(root, question, processes=2)
        dask_s = run_dask_s(root, question)
        print(f"{plans} plans, of which {plans // 50} broken")
        print(f"one process   {plans / one_s:7.1f} plans/s")
        print(f"two processes {plans / two_s:7.1f} plans/s, {one_s / two_s:.2f} times one (goal 1.8)")
        print(f"dask, two workers {plans / dask_s:7.1f} plans/s, {two_s / dask_s:.2f} times two processes")
        print(
            f"check alone {1000 * alone_s / plans:.1f} ms a plan; "
            f"the batch adds {1000 * (one_s - alone_s) / plans:.1f} ms (goal < 5)"
        )
        print(f"worker memory grew by {growth_mb:.1f} MB from the first tenth of the run to its end")
        print(f"{ROWS} constraint rows: a question by structure and metric takes {query_s(root):.3f} s (goal < 1)")


def check_alone_s(root: Path, question: Question) -> float:
    """Time of the checks in this process, one after the other, nothing kept."""
    sets = plan_sets(root)
    check_plan(Job(plan_key="warm", plan_set=sets[0], question=question))
    started = time.perf_counter()
    for plan_set in sets:
        check_plan(Job(plan_key=str(plan_set.path), plan_set=plan_set, question=question))
    return time.perf_counter() - started


def run_s(root: Path, question: Question, *, processes: int) -> tuple[float, float]:
    """Time of a run once its workers stand, and the growth of their memory. [s, MB]"""
    memory_mb: list[float] = []

    def watch(tally: Tally) -> None:
        if tally.done % 20 == 0:
            workers = psutil.Process().children(recursive=True)
            memory_mb.append(max((worker.memory_info().rss for worker in workers), default=0) / 1e6)

    seconds = timed_run_s(root, f"out{processes}", question, partial(process_pool, processes), on_progress=watch)
    tenth = max(1, len(memory_mb) // 10)
    growth_mb = max(memory_mb[-tenth:], default=0.0) - max(memory_mb[:tenth], default=0.0)
    return seconds, growth_mb


def run_dask_s(root: Path, question: Question) -> float:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        opened = partial(dask_workers, cluster.scheduler_address)
        return timed_run_s(root, "outdask", question, opened, in_flight=8, chunk=DASK_CHUNK)


def timed_run_s(root: Path, name: str, question: Question, opened: OpenExecutor, **options: Any) -> float:
    """Time from the moment when the workers have imported all that they need to the end of the run."""
    stamps: list[float] = []

    @contextmanager
    def warmed() -> Iterator[Executor]:
        with opened() as executor:
            list(executor.map(import_worker, range(8)))
            stamps.append(time.perf_counter())
            yield executor
            stamps.append(time.perf_counter())

    run_batch(root / "plans", root / name, question, open_executor=warmed, **options)
    return stamps[1] - stamps[0]


def import_worker(_: int) -> None:
    time.sleep(0.2)  # so that every worker gets one of these
    import rtcheck.batch.work  # noqa: F401 - the import is what is wanted


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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
