"""A plan of 40 ROIs against 46 limits: `python tests/benchmarks/limits.py`, once for each kernel (RTCHECK_KERNEL).

Prints the processor time of a check without convention bands, with all of them, and the ratio; then the elapsed time.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

from clinical_set import organs, write_clinical_set

from rtcheck.checking.check import check
from rtcheck.checking.provenance import BandChoice
from rtcheck.dicom import read_case
from rtcheck.geometry._kernel import kernel_name
from rtcheck.protocol.file.load import load_protocol

LIMITS, ROUNDS = 46, 3


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_clinical_set(folder)
        protocol = folder / "limits.yaml"
        protocol.write_text(protocol_text())
        runs = {band: [seconds(folder, protocol, band) for _ in range(ROUNDS)] for band in ("none", True)}
    print(f"{kernel_name()} kernel, {LIMITS} limits on {len(organs())} ROIs")
    for k, kind in enumerate(("processor time", "elapsed time")):
        plain, banded = (min(each[k] for each in of_band) for of_band in runs.values())
        print(
            f"{kind}: check {plain:.2f} s, with the bands of all limits {banded:.2f} s, "
            f"{banded / plain:.1f} times (goal 2)"
        )


def protocol_text() -> str:
    """46 limits: one on every ROI, a second one on the first six."""
    names = [organ.name for organ in organs()]
    goals = ("D2% < 50 Gy", "Dmean < 30 Gy", "V20Gy < 50 %")
    rows = [
        f"  - {{structure: {name}, goal: '{goals[number % 3]}'}}"
        for number, name in enumerate(names + names[: LIMITS - len(names)])
    ]
    return "\n".join(["name: limits", "constraints:", *rows, ""])


def seconds(folder: Path, protocol: Path, band: BandChoice) -> tuple[float, float]:
    """Processor time and elapsed time of a check."""
    case, limits = read_case(folder), load_protocol(str(protocol))
    used_s, started_s = time.process_time(), time.perf_counter()
    check(case, limits, band=band)
    return time.process_time() - used_s, time.perf_counter() - started_s


if __name__ == "__main__":
    main()
