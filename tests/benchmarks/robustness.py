"""What 14 shifts cost: `python tests/benchmarks/robustness.py` prints the ratio to one evaluation of one run."""

import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from rtcheck.case import Case
from rtcheck.checking.check import check
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol

SAMPLE = Path(__file__).resolve().parents[2] / "sample_dicom" / "apatinib_56gy_stomach_fails"
ROUNDS = 5


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


def seconds(case: Case, protocol: Protocol, robust_mm: tuple[float, float, float] | None) -> float:
    started = time.perf_counter()
    check(case, protocol, robust_mm=robust_mm)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
