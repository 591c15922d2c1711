"""How soon the workbench answers: `python -m tests.benchmarks.workbench` prints each time against what it may take.

A plan of clinical size (40 structures, 16.8 MB of dose) under a protocol of 41 limits. Times are of whole requests over
HTTP, the worker process and its queue included.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from clinical_set import organs, write_clinical_set  # noqa: E402 - beside this file
from support.workbench import Client, workbench  # noqa: E402

EDITS, ROUNDS = 100, 3
GOALS = ("Dmax < {} Gy", "Dmean < {} Gy", "D0.03cc < {} Gy", "V20Gy < {} %", "D95% > {} %")


def main() -> None:
    """Make the plan, start the server, measure and print."""
    with tempfile.TemporaryDirectory(prefix="rtcheck-bench-") as name:
        folder = Path(name)
        plan = folder / "plans"
        plan.mkdir()
        write_clinical_set(plan)
        protocol = folder / "forty.yaml"
        protocol.write_text(forty_limits(), encoding="utf-8")
        command_s = min(seconds(partial(check_by_command, plan, protocol)) for _ in range(ROUNDS))
        with workbench(folder, plan) as running:
            measure(running.client.begin(), protocol, command_s)


def forty_limits() -> str:
    """40 limits on the 28 named structures, and one on a structure that has to be chosen."""
    named = [organ.name for organ in organs() if not organ.name.startswith("Aux_")]
    limited = [*named, *named[: 40 - len(named)]]
    rows = [
        f"  - {{structure: {name}, goal: '{GOALS[(n + n // len(named)) % len(GOALS)].format(30 + n % 20)}'}}"
        for n, name in enumerate(limited)
    ]
    return "name: forty\nconstraints:\n" + "\n".join(rows) + "\n  - {structure: Chosen, goal: Dmean < 90 Gy}\n"


def check_by_command(plan: Path, protocol: Path) -> None:
    words = ["rtcheck", str(plan), "--protocol", str(protocol), "--dose-rx", "66", "--fractions", "33"]
    subprocess.run([sys.executable, "-m", *words], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(page: Client, protocol: Path, command_s: float) -> None:
    """Ask as a page does, and print how long each kind of question took."""
    added = page.upload({"forty.yaml": protocol.read_bytes()}, to="api/protocols").json()["id"]
    plan = page.get("api/plans").json()["plans"][0]
    question = {"protocol": added, "override": {"dose_rx": {"": 66}, "fractions": 33}}
    opened: list[str] = []

    def first() -> None:
        opened.append(page.post("api/cases", plan["open"]).json()["case"])
        page.check(opened[-1], **question)

    first_s = min(seconds(first) for _ in range(ROUNDS))
    case = opened[-1]
    others = [organ.name for organ in organs() if organ.name.startswith("Aux_")]
    say("first check, opening included", first_s, command_s, note="the command line's time")
    edited = [seconds(partial(page.check, case, **question, edits=with_limit(n))) for n in range(EDITS)]
    say("edited limit, p95", percentile(edited), 0.050)
    scaled = [seconds(partial(page.check, case, **question, dose_scale=0.9 + n / 100)) for n in range(1, 21)]
    say("scaled dose, p95", percentile(scaled), 0.050)
    changed = [seconds(partial(page.check, case, **question, aliases={"Chosen": name})) for name in others]
    say("changed structure, p95", percentile(changed), 0.300)
    ask = partial(page.post, f"api/cases/{case}/dvh", question)
    say("curves, the first time", seconds(ask), 0.300)
    say("curves, p95", percentile([seconds(ask) for _ in range(20)]), 0.030)
    planes = [{**question, "plane": "axial", "at_mm": 3.0 * z} for z in range(-20, 20)]
    say(
        "slice, p95",
        percentile([seconds(partial(page.post, f"api/cases/{case}/slice", each)) for each in planes]),
        0.040,
    )
    parse = partial(page.post, "api/goals/parse", {"text": "D0.03cc <= 4"})
    say("a goal read, p95", percentile([seconds(parse) for _ in range(50)]), 0.005)


def with_limit(number: int) -> list[dict[str, object]]:
    """All constraints, one of them with another limit."""
    rows: list[dict[str, object]] = [{"base": n} for n in range(41)]
    rows[number % 40]["goal"] = f"Dmax < {20 + number / 10:g} Gy"
    return rows


def percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def say(what: str, took_s: float, most_s: float, *, note: str = "") -> None:
    verdict = "ok" if took_s <= most_s else "TOO SLOW"
    sys.stdout.write(f"{what:32} {1000 * took_s:7.1f} ms   at most {1000 * most_s:7.1f} ms {note}  {verdict}\n")


if __name__ == "__main__":
    main()
