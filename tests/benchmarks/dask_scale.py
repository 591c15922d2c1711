"""A batch of many small plans on a local dask cluster: `python tests/benchmarks/dask_scale.py [PLANS] [FOLDER]`.

10,000 by default, on one worker per core. Each plan is another patient's: the phantom with its PTV alone on every
third plane and every second node of its dose grid. What is printed in seconds depends on what else the machine does;
processor time hardly does.
"""

import hashlib
import os
import sqlite3
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import psutil
from support.plan_farm import PROTOCOL, write_farm

from rtcheck.batch.executor import DASK_CHUNK, dask_workers
from rtcheck.batch.run import Tally, run_batch
from rtcheck.batch.store import FILE_NAME
from rtcheck.batch.work import Question
from rtcheck.conformance.phantom import PhantomSet, phantom_set
from rtcheck.protocol.file.load import load_protocol


def main(plans: int, place: Path) -> None:
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.worker.profile.enabled": False})  # it keeps the calls of an hour: 100 MB a worker
    root, out = place / "plans", place / "results"
    started = time.perf_counter()
    write_farm(root, plans, phantom=small_phantom())
    print(f"{plans} plans written in {time.perf_counter() - started:.0f} s", flush=True)
    (place / "farm.yaml").write_text(PROTOCOL)
    question = Question(protocols=(load_protocol(str(place / "farm.yaml")),))
    cores = os.cpu_count() or 1
    with LocalCluster(n_workers=cores, threads_per_worker=1, dashboard_address=None) as cluster:
        course = Course()
        opened = partial(dask_workers, cluster.scheduler_address)
        tally = run_batch(
            root, out, question, open_executor=opened, in_flight=4 * cores, chunk=DASK_CHUNK, on_progress=course.watch
        )
        course.told(tally, out)
        found, started, before = found_in(out), time.perf_counter(), used_s()
        again = run_batch(root, out, question, open_executor=opened, in_flight=4 * cores, chunk=DASK_CHUNK)
        own_ms, workers_ms = (1000 * (now - then) / plans for now, then in zip(used_s(), before, strict=True))
        print(
            f"a second run: {again.done - again.unchanged} plans computed again, "
            f"{'the same rows' if found_in(out) == found else 'OTHER ROWS'}, in {time.perf_counter() - started:.0f} s; "
            f"per plan {workers_ms:.2f} ms of the workers and {own_ms:.2f} ms of the main process and scheduler"
        )


class Course:
    """Time and memory of a run as it goes on."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.used = used_s()
        self.first = 0.0
        self.found_mb = 0.0
        self.workers_mb: list[float] = []

    def watch(self, tally: Tally) -> None:
        if tally.done == 1:
            self.first, self.found_mb = time.perf_counter(), resident_mb(psutil.Process())
        if tally.done % 500 == 0:
            self.workers_mb.append(max((resident_mb(each) for each in workers()), default=0.0))
        if tally.done % 10_000 == 0:
            print(f"  {tally.done} in {time.perf_counter() - self.first:.0f} s; {self.spent()}", flush=True)

    def spent(self) -> str:
        """Processor time since the search for files began, and memory now."""
        own_s, workers_s = (after - before for after, before in zip(used_s(), self.used, strict=True))
        return (
            f"processor time: workers {workers_s:.0f} s, main process and scheduler {own_s:.0f} s; "
            f"main process {resident_mb(psutil.Process()):.0f} MB"
        )

    def told(self, tally: Tally, out: Path) -> None:
        seconds = time.perf_counter() - self.first
        tenth = max(1, len(self.workers_mb) // 10)
        growth_mb = max(self.workers_mb[-tenth:], default=0.0) - max(self.workers_mb[:tenth], default=0.0)
        size = (out / FILE_NAME).stat().st_size
        found_s = self.first - self.started
        print(
            f"found in {found_s:.0f} s; checked in {seconds:.0f} s: {tally.done / seconds:.1f} plans/s; {self.spent()}"
        )
        print(f"main process {self.found_mb:.0f} MB at the first plan; workers grew by {growth_mb:.0f} MB")
        print(f"results file {size / 1e6:.0f} MB, {size / tally.plans:.0f} bytes per plan")
        print(f"plans {tally.plans}, done {tally.done}, verdicts {dict(tally.verdicts)}; {counted(out)}", flush=True)


def found_in(out: Path) -> str:
    """A hash of all rows of plans and constraints, with the times at which they were checked; of the run nothing."""
    whole = hashlib.sha256()
    with sqlite3.connect(out / FILE_NAME) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(plans)") if row[1] not in ("id", "run_id")]
        tables = "plans LEFT JOIN constraints c ON plan_id = plans.id"
        for row in connection.execute(f"SELECT {', '.join(columns)}, c.* FROM {tables} ORDER BY plan_key, position"):
            whole.update(repr(row).encode())
    return whole.hexdigest()


def counted(out: Path) -> str:
    with sqlite3.connect(out / FILE_NAME) as connection:
        query = "SELECT count(*), count(DISTINCT plan_key), count(DISTINCT patient_id) FROM plans"
        rows, keys, patients = connection.execute(query).fetchone()
        (limits,) = connection.execute("SELECT count(*) FROM constraints").fetchone()
    return f"{rows} rows of {keys} plans and {patients} patients, {limits} rows of constraints"


def used_s() -> tuple[float, float]:
    """Processor time of this process, and of its workers that live."""
    own = psutil.Process().cpu_times()
    times = [each.cpu_times() for each in workers()]
    return own.user + own.system, sum(each.user + each.system for each in times)


def workers() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def resident_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def small_phantom() -> PhantomSet:
    phantom = phantom_set()
    keep_target_alone(phantom)
    coarsen(phantom)
    return phantom


def keep_target_alone(phantom: PhantomSet) -> None:
    structures = phantom.structures
    (number,) = (each.ROINumber for each in structures.StructureSetROISequence if each.ROIName == "PTV")
    structures.StructureSetROISequence = [e for e in structures.StructureSetROISequence if e.ROINumber == number]
    for name in ("ROIContourSequence", "RTROIObservationsSequence"):
        structures[name].value = [each for each in structures[name].value if each.ReferencedROINumber == number]
    contours = structures.ROIContourSequence[0]
    contours.ContourSequence = list(contours.ContourSequence)[::3]


def coarsen(phantom: PhantomSet) -> None:
    """Every second node of the dose along each axis."""
    dose = phantom.dose
    nodes = np.frombuffer(dose.PixelData, "<u2").reshape(dose.NumberOfFrames, dose.Rows, dose.Columns)[::2, ::2, ::2]
    dose.NumberOfFrames, dose.Rows, dose.Columns = nodes.shape
    dose.PixelSpacing = [2 * float(each) for each in dose.PixelSpacing]
    dose.GridFrameOffsetVector = list(dose.GridFrameOffsetVector)[::2]
    dose.PixelData = nodes.tobytes() + b"\0" * (nodes.nbytes % 2)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        main(number, Path(folder))
