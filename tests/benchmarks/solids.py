"""Contours -> solids -> DVHs in the process: `python tests/benchmarks/solids.py [FOLDER] [RUNS]` (a clinical set, 40).

Prints, in ms, the sums over all structures of the least time each took in any run, which on a busy machine is hardly
more than on an idle one; then the least elapsed time of all structures in turn, and of all on the cores there are.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as rtcheck's command line sets it
sys.path.insert(0, str(Path(__file__).resolve().parent))

from clinical_set import write_clinical_set

from rtcheck import read_case
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.build import build_solid
from rtcheck.side_by_side import ahead


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least_ms(parts: Iterable[Callable[[], object]], runs: int) -> float:
    """The sum of the least times of all parts, which run in turn."""
    parts = list(parts)
    times = [[seconds(part) for part in parts] for _ in range(runs)]
    return 1000 * sum(map(min, zip(*times, strict=True)))


def measure(folder: Path, runs: int) -> None:
    """Print the times of a case."""
    case = read_case(folder)
    assert case.structures is not None
    assert case.dose is not None
    dose = case.dose
    drawn = [case.structures.load(roi.number) for roi in case.structures]
    solids = [build_solid(structure) for structure in drawn]
    print(f"solids {least_ms([partial(build_solid, each) for each in drawn], runs):.1f}")
    print(f"DVHs {least_ms([partial(compute_dvh, each, dose) for each in solids], runs):.1f}")

    def both(number: int) -> None:
        compute_dvh(build_solid(drawn[number]), dose)

    numbers = range(len(drawn))
    in_turn, side_by_side = [], []
    for _ in range(runs):
        in_turn.append(seconds(lambda: list(map(both, numbers))))
        side_by_side.append(seconds(lambda: ahead(both, numbers)))
    print(f"both, in turn {1000 * min(in_turn):.1f}; on all cores {1000 * min(side_by_side):.1f}")


if __name__ == "__main__":
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    with tempfile.TemporaryDirectory() as place:
        if len(sys.argv) < 2:
            write_clinical_set(Path(place))
        measure(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(place), runs)
