"""What 14 shifts and 500 samples cost, as ratios to one check of the same run: `python tests/benchmarks/robustness.py`.

Processor time is measured, of all threads together; of samples that of the clock, too, which threads share.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from rtcheck.case import Case
from rtcheck.checking.check import check
from rtcheck.checking.what_if.sampling import Sampling
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol

SAMPLE = Path(__file__).resolve().parents[2] / "sample_dicom" / "apatinib_56gy_stomach_fails"
ROUNDS = 5
TWELVE_LIMITS = """name: twelve
constraints:
  - {structure: Liver, goal: Dmean < 24 Gy}
  - {structure: Liver, goal: V20Gy < 30 %}
  - {structure: Kidney_L, goal: Dmean < 15 Gy}
  - {structure: Kidney_R, goal: Dmean < 15 Gy}
  - {structure: Stomach, goal: Dmax < 54 Gy}
  - {structure: Stomach, goal: D1cc < 50 Gy}
  - {structure: Bowel_Small, goal: Dmax < 54 Gy}
  - {structure: Duodenum, goal: D0.03cc < 54 Gy}
  - {structure: SpinalCord, goal: Dmax < 45 Gy}
  - {structure: all PTV, goal: D95% > 50 Gy}
  - {structure: all PTV, goal: V53Gy > 90 %}
  - {structure: all GTV, goal: D98% > 50 Gy}
"""
SAMPLES = Sampling(count=500, random_mm=(2.0, 2.0, 2.0), systematic_mm=(1.5, 1.5, 1.5))


def main() -> None:
    """Measure and print. A case is read afresh for each run: its contours are parsed as they are asked for."""
    protocol = load_protocol("apatinib")
    check(read_case(SAMPLE), protocol)
    plain, robust = [], []
    for _ in range(ROUNDS):
        plain.append(seconds(read_case(SAMPLE), protocol, None))
        robust.append(seconds(read_case(SAMPLE), protocol, (3.0, 3.0, 3.0)))
    ratio = min(robust) / min(plain)
    sys.stdout.write(
        f"one evaluation {min(plain):.3f} s; with 14 shifts {min(robust):.3f} s: {ratio:.1f} times (goal 5)\n"
    )
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(TWELVE_LIMITS)
        file.flush()
        twelve = load_protocol(file.name)
    once = [read_and_checked(twelve, None) for _ in range(ROUNDS)]
    many = read_and_checked(twelve, SAMPLES)
    for name, one, all_ in zip(("of the clock", "of processors"), map(min, zip(*once, strict=True)), many, strict=True):
        sys.stdout.write(
            f"reading and checking 12 limits {one:.3f} s {name}; with 500 samples {all_:.1f} s: "
            f"{all_ / one:.0f} times (goal 60)\n"
        )


def read_and_checked(protocol: Protocol, sampling: Sampling | None) -> tuple[float, float]:
    """Seconds of a plan from its files to the report, of the clock and of processors."""
    started = time.perf_counter(), time.process_time()
    check(read_case(SAMPLE), protocol, sampling=sampling)
    return time.perf_counter() - started[0], time.process_time() - started[1]


def seconds(case: Case, protocol: Protocol, robust_mm: tuple[float, float, float] | None) -> float:
    started = time.process_time()
    check(case, protocol, robust_mm=robust_mm)
    return time.process_time() - started


if __name__ == "__main__":
    main()
