"""Speed and memory against other programs: `python -m tests.benchmarks.run` (or `python tests/benchmarks/run.py`).

Makes a plan of clinical size, lets every program work on it in turn, a few rounds after one that warms up, and prints
the ratios of the best times: of the work in the process, and of whole commands from start to end. What the figures are
made of, and what the next factor of two would cost, stands in README.md beside this file.
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
ROUNDS, SLOW_ROUNDS = 7, 2

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Of what is started: every program may keep its compiled modules, as it does where it is installed."""

RTCHECK = [sys.executable, "-c", "from rtcheck.cli.main import script; script()"]  # as the installed script does
PYTHON_AND_NUMPY = [sys.executable, "-c", "import os; os.environ['OPENBLAS_NUM_THREADS'] = '1'; import numpy"]
BARE_COST = """
import sys, numpy, pydicom
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        file.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The best of some runs: seconds of the work in the process, of the whole command, and peak memory."""

    work_s: float
    whole_s: float
    peak_mb: float = 0.0

    def best_with(self, other: "Measured") -> "Measured":
        """The smallest of each."""
        return Measured(
            work_s=min(self.work_s, other.work_s),
            whole_s=min(self.whole_s, other.whole_s),
            peak_mb=min(self.peak_mb, other.peak_mb),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another program with the ratios that are wanted: of the work, and of whole commands."""

    job: str
    title: str
    work_goal: int
    whole_goal: int


RIVALS = (
    Rival(job="dicompyler-extents", title="dicompyler-core, extents", work_goal=40, whole_goal=20),
    Rival(job="dicompyler", title="dicompyler-core, default", work_goal=80, whole_goal=40),
    Rival(job="plastimatch", title="plastimatch dvh", work_goal=50, whole_goal=25),
)
OURS = ("rtcheck", "rtcheck-engine", "kernel", "bytes", "rtcheck dvh", "python and numpy")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, str(HERE / "clinical_set.py"), place], check=True, env=ENVIRONMENT)
        size_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        print(
            f"40 structures, {size_mb:.1f} MB, on {os.cpu_count()} processors; best of {ROUNDS} rounds in turn, of "
            f"{SLOW_ROUNDS} for the other programs, after one to warm up"
        )
        _print_clinical(_in_turn(folder))
    _print_check()


def _in_turn(folder: Path) -> dict[str, Measured]:
    """Every program's best run; round 0 warms up and does not count."""
    best: dict[str, Measured] = {}
    rivals = [each.job for each in RIVALS if each.job != "plastimatch" or shutil.which("plastimatch")]
    for number in range(ROUNDS + 1):
        for job in (*OURS, *(rivals if number <= SLOW_ROUNDS else ())):
            measured = _measured(job, folder)
            if number:
                best[job] = best[job].best_with(measured) if job in best else measured
    return best


def _measured(job: str, folder: Path) -> Measured:
    """One run of a program."""
    commands = {
        "rtcheck dvh": [*RTCHECK, "dvh", str(folder)],
        "python and numpy": PYTHON_AND_NUMPY,
        "plastimatch": ["plastimatch", "dvh", "--input", str(folder), "--output-csv", str(folder / "dvh.csv")],
    }
    if job in commands:
        seconds = _wall_seconds(commands[job])
        return Measured(work_s=seconds, whole_s=seconds)
    start = time.perf_counter()
    command = [sys.executable, str(HERE / "jobs.py"), job, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    whole_s = time.perf_counter() - start
    work_s, peak_mb = map(float, done.stdout.split()[-2:])
    return Measured(work_s=work_s, whole_s=whole_s, peak_mb=peak_mb)


def _wall_seconds(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, cwd=CHECKOUT
    )
    return time.perf_counter() - start


def _print_clinical(best: dict[str, Measured]) -> None:
    work, whole = best["rtcheck"], best["rtcheck dvh"]
    print("In the process, from the files")
    print(f"  rtcheck                        {work.work_s:7.3f} s   peak {work.peak_mb:.0f} MB")
    print(f"    of which solids and DVHs     {best['rtcheck-engine'].work_s:7.3f} s")
    for rival in RIVALS:
        _print_ratio(rival.title, best.get(rival.job), "work_s", work.work_s, rival.work_goal)
    print("Whole commands, from the start of the process to its end")
    print(f"  rtcheck dvh FOLDER             {whole.whole_s:7.3f} s")
    for rival in RIVALS:
        _print_ratio(rival.title, best.get(rival.job), "whole_s", whole.whole_s, rival.whole_goal)
    print("What no program of this kind can fall below")
    print(f"  the bytes of the files, read   {best['bytes'].work_s:7.3f} s   from memory")
    print(f"  the calls of the kernel alone  {best['kernel'].work_s:7.3f} s   the sum over all threads")
    print(f"  Python and numpy, started      {best['python and numpy'].whole_s:7.3f} s")


def _print_ratio(title: str, theirs: Measured | None, which: str, ours_s: float, goal: int) -> None:
    if theirs is None:
        print(f"  {title:30} not installed")
        return
    seconds: float = getattr(theirs, which)
    print(f"  {title:30} {seconds:7.3f} s   {seconds / ours_s:5.1f} times ours (goal {goal})")


def _print_check() -> None:
    """The check of the first sample against the bare cost of starting, importing and reading the same bytes."""
    files = [str(SAMPLE / name) for name in ("plan.dcm", "dose.dcm", "struct.dcm")]
    if not SAMPLE.is_dir():
        print("The samples are missing: the check was not measured")
        return
    bare, check = [sys.executable, "-c", BARE_COST, *files], [*RTCHECK, files[0], "--protocol", "apatinib"]
    pairs = [(_wall_seconds(bare), _wall_seconds(check)) for _ in range(4 * ROUNDS + 1)][1:]
    bare_s, check_s = (min(column) for column in zip(*pairs, strict=True))
    print("Check of the first sample, a whole command")
    print(f"  rtcheck PLAN --protocol NAME   {check_s:7.3f} s   {check_s / bare_s:.2f} times the bare cost (goal 1.5)")
    print(f"  bare cost                      {bare_s:7.3f} s   Python, numpy, pydicom, the bytes of the files")


if __name__ == "__main__":
    main()
