"""A plan of 40 ROIs against 46 limits: `python tests/benchmarks/limits.py`, once for each kernel (RTCHECK_KERNEL).

Prints what a check costs with all convention bands, by one without any and by the usual one with those near a limit:
the time of whole commands from start to end; then in the process, of the processors and of the clock.
"""

import os
import subprocess
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

LIMITS, ROUNDS = 46, 5
COMMANDS = ("none", "near", "all")
RTCHECK = [sys.executable, "-c", "from rtcheck.cli.main import script; script()"]  # as the installed script does
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_clinical_set(folder)
        protocol = folder / "limits.yaml"
        protocol.write_text(protocol_text())
        commands = [[whole_seconds(folder, protocol, band) for band in COMMANDS] for _ in range(ROUNDS + 1)][1:]
        runs = {band: [seconds(folder, protocol, band) for _ in range(ROUNDS)] for band in ("none", True)}
    print(f"{kernel_name()} kernel, {LIMITS} limits on {len(organs())} ROIs")
    best = dict(zip(COMMANDS, map(min, zip(*commands, strict=True)), strict=True))
    for band in ("none", "near"):
        print_ratio(f"whole commands: --band {band}", best[band], best["all"])
    for k, kind in enumerate(("processor time", "elapsed time")):
        print_ratio(f"in the process, {kind}: check", *(min(each[k] for each in of_band) for of_band in runs.values()))


def print_ratio(what: str, plain_s: float, banded_s: float) -> None:
    times = banded_s / plain_s
    print(f"{what} {plain_s:.2f} s, with the bands of all limits {banded_s:.2f} s, {times:.1f} times (goal 2)")


def whole_seconds(folder: Path, protocol: Path, band: str) -> float:
    """The seconds of a check from the start of its process to its end."""
    words = ["check", str(folder), "--protocol", str(protocol), "--quiet", "--band", band]
    started_s = time.perf_counter()
    subprocess.run([*RTCHECK, *words], check=False, capture_output=True, env=ENVIRONMENT)
    return time.perf_counter() - started_s


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
