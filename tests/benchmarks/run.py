"""Speed and memory against other programs: `python -m tests.benchmarks.run` (or `python tests/benchmarks/run.py`).

Makes a plan of clinical size, lets every program work on it in turn, a few rounds, and prints the ratio of the best
times. What the figures are made of, and what the next factor of two would cost, stands in README.md beside this file.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
SAMPLE = CHECKOUT / "sample_dicom" / "apatinib_50gy_passes"
ROUNDS = 5

BARE_COST = """
import sys, numpy, pydicom
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        file.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The best of some runs: seconds, and peak memory where it was taken."""

    seconds: float
    peak_mb: float = 0.0


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, str(HERE / "clinical_set.py"), place], check=True)
        size_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        print(f"40 structures, {size_mb:.1f} MB, on {os.cpu_count()} processors; best of {ROUNDS} rounds in turn")
        _print_clinical(_in_turn(folder))
    _print_check()


def _in_turn(folder: Path) -> dict[str, Measured]:
    """Every program's best run; the slow ones run once."""
    best: dict[str, Measured] = {}
    for number in range(ROUNDS):
        jobs = ["rtcheck", "rtcheck-engine"] + (["dicompyler-extents", "dicompyler"] if number == 0 else [])
        for job in jobs:
            _keep_best(best, job, _job(job, folder))
        if number == 0 and shutil.which("plastimatch"):
            command = ["plastimatch", "dvh", "--input", str(folder), "--output-csv", str(folder / "dvh.csv")]
            _keep_best(best, "plastimatch", Measured(seconds=_wall_seconds(command)))
    return best


def _job(job: str, folder: Path) -> Measured:
    command = [sys.executable, str(HERE / "jobs.py"), job, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak_mb = map(float, done.stdout.split()[-2:])
    return Measured(seconds=seconds, peak_mb=peak_mb)


def _keep_best(best: dict[str, Measured], job: str, measured: Measured) -> None:
    if job not in best or measured.seconds < best[job].seconds:
        best[job] = measured


def _wall_seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def _print_clinical(best: dict[str, Measured]) -> None:
    ours = best["rtcheck"]
    print(f"  rtcheck, from files            {ours.seconds:7.3f} s   peak {ours.peak_mb:.0f} MB")
    print(f"    of which solids and DVHs     {best['rtcheck-engine'].seconds:7.3f} s")
    for job, title, goal in (
        ("dicompyler-extents", "dicompyler-core, extents", "8, goal 20"),
        ("dicompyler", "dicompyler-core, default", "17, goal 40"),
        ("plastimatch", "plastimatch dvh", "6, goal 15"),
    ):
        if job in best:
            theirs = best[job].seconds
            print(f"  {title:30} {theirs:7.3f} s   {theirs / ours.seconds:5.1f} times ours (at least {goal})")
        else:
            print(f"  {title:30} not installed")


def _print_check() -> None:
    """The check of the first sample against the bare cost of starting, importing and reading the same bytes."""
    files = [str(SAMPLE / name) for name in ("plan.dcm", "dose.dcm", "struct.dcm")]
    bare = [sys.executable, "-c", BARE_COST, *files]
    program = shutil.which("rtcheck", path=str(Path(sys.executable).parent)) or shutil.which("rtcheck")
    if program is None or not SAMPLE.is_dir():
        print("  rtcheck is not installed beside this Python, or the samples are missing: the check was not measured")
        return
    check = [program, files[0], "--protocol", "apatinib"]
    pairs = [(_wall_seconds(bare), _wall_seconds(check)) for _ in range(4 * ROUNDS)]
    bare_s, check_s = (min(column) for column in zip(*pairs, strict=True))
    print(f"  check of the first sample      {check_s:7.3f} s   bare cost {bare_s:.3f} s: {check_s / bare_s:.2f} times")


if __name__ == "__main__":
    main()
