"""What the default checks add to a check of the clinical set: `python -m tests.benchmarks.plan_checks`.

A limit on each of the 40 structures, from the files to the report, without and with the checks of `rtcheck qa`. Six
pairs of this set's organs overlap by hundreds of cc, as no patient's do, so the figure without that check is printed as
well. Processor seconds, as other work on the machine does not change them much.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as rtcheck's command line sets it

HERE = Path(__file__).resolve().parent
ROUNDS = 10
GOAL = 0.20


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, str(HERE / "clinical_set.py"), place], check=True)
        limits_s, apart_s, all_s = measured(folder)
    print(f"limits on 40 structures          {limits_s:7.3f} s")
    for name, seconds in (("all checks", all_s), ("without overlaps", apart_s)):
        share = 100 * (seconds / limits_s - 1)
        print(f"  with {name:27} {seconds:5.3f} s   {share:+.0f} % (goal: below {100 * GOAL:.0f} %)")


def measured(folder: Path, rounds: int = ROUNDS) -> tuple[float, ...]:
    """The least processor seconds of a check: the limits alone, without the check of overlaps, and with all."""
    from rtcheck.checking.check import check
    from rtcheck.dicom import read_case
    from rtcheck.protocol.file.load import load_protocol, read_protocol

    names = [roi.name for roi in read_case(folder).structures.rois]
    path = folder / "limits.yaml"
    rows = "".join(f"  - {{structure: '\"{name}\"', goal: Dmean < 99 Gy}}\n" for name in names)
    path.write_text(f"name: limits\nconstraints:\n{rows}", encoding="utf-8")
    limits = read_protocol(path)
    checks = load_protocol("qa").checks
    fewer = tuple(rule for rule in checks if rule.code != "structures.apart")
    protocols = (limits, replace(limits, checks=fewer), replace(limits, checks=checks))
    best = [float("inf")] * len(protocols)
    for _ in range(rounds):
        for number, protocol in enumerate(protocols):
            start = time.process_time()
            check(read_case(folder), protocol)
            best[number] = min(best[number], time.process_time() - start)
    return tuple(best)


if __name__ == "__main__":
    main()
