"""Damages files as disks, transfers and hostile hands do, and says what rtcheck makes of them.

    python tests/fuzz/mutations.py [FILES] [SEED]

Each case is the phantom with one of its three files damaged. It runs in worker processes with a bound on memory
(2 GiB of address space) and on time (20 s a case). A case is a failure if anything but an RtcheckError comes out, if it
hangs, or if it passes without a warning limits that the undamaged phantom fails.

Nobody can tell a digit that makes another legal file: of 41,000 files (seeds 0 and 100000) two passed, both with a
pixel spacing of 3.4 or 3.7 mm where the phantom has 3.0.
"""

import multiprocessing
import random
import resource
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from rtcheck import measure_structures, parse_metric, read_case
from rtcheck.conformance.phantom import phantom_set
from rtcheck.conformance.shapes import BOXES
from rtcheck.errors import RtcheckError

Damage = Callable[[dict[str, dict[str, bytes]], int], tuple[str, dict[str, bytes]]]
Judge = Callable[[Path, dict[str, bytes]], str]

MEMORY_BYTES = 2 * 1024**3
SECONDS_A_CASE = 20  # of processor time: a busy machine is no fault
NAMES = ("plan.dcm", "dose.dcm", "struct.dcm")
FORMS = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99")

# Upper limits a little below the phantom's true values: the undamaged set fails every one.
LIMITS = [
    (box, metric, 0.97 * true_gy) for box in BOXES for metric, true_gy in (("Dmax", box.max_gy), ("Dmean", box.mean_gy))
]


def flip_bits(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 4, 64))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def overwrite(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    length = rng.choice((1, 2, 4, 16, 512))
    content[start : start + length] = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))


def overwrite_header(content: bytearray, rng: random.Random) -> None:
    """Most of a dose is pixels: damage where the meaning is."""
    start = rng.randrange(128, min(len(content), 2_500))
    length = rng.choice((1, 2, 4))
    content[start : start + length] = rng.randbytes(length)


def set_a_length(content: bytearray, rng: random.Random) -> None:
    """A number of two or four bytes that means a length, somewhere in the header, becomes an extreme one."""
    start = rng.randrange(128, min(len(content) - 4, 4_000))
    value = rng.choice((0, 1, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF, len(content), rng.randrange(2**32)))
    content[start : start + 4] = struct.pack("<I", value)


def cut_off(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def take_out(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    del content[start : start + rng.choice((1, 2, 8, 100, 4096))]


def put_in(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    content[start:start] = rng.randbytes(rng.choice((1, 2, 8, 100)))


def repeat(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    part = content[start : start + rng.choice((2, 8, 64, 512))]
    content[start:start] = part * rng.choice((1, 2, 50))


def swap_text(content: bytearray, rng: random.Random) -> None:
    """Digits, points and signs of a decimal string change places or kinds."""
    digits = [place for place in range(min(len(content), 60_000)) if content[place] in b"0123456789.-+eE"]
    for _ in range(rng.choice((1, 3, 10))):
        content[rng.choice(digits)] = rng.choice(b"0123456789.-+eE\\, ")


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip_bits, overwrite, overwrite_header, overwrite_header, set_a_length, cut_off, take_out, put_in, repeat,
    swap_text, swap_text,
)  # fmt: skip


def originals(folder: Path) -> dict[str, dict[str, bytes]]:
    """The phantom's files in each encoding: form -> name -> content."""
    found = {}
    for form in FORMS:
        phantom_set().write(folder / form, form)
        found[form] = {name: (folder / form / name).read_bytes() for name in NAMES}
    return found


def damaged(files: dict[str, dict[str, bytes]], seed: int) -> tuple[str, dict[str, bytes]]:
    """The name of the damage and the set with one file damaged, the same for the same seed."""
    rng = random.Random(seed)
    form, name = rng.choice(FORMS), rng.choice(NAMES)
    mutate = rng.choice(MUTATIONS)
    content = bytearray(files[form][name])
    mutate(content, rng)
    return f"{mutate.__name__} of {name}", {**files[form], name: bytes(content)}


def outcome(folder: Path, contents: dict[str, bytes]) -> str:
    """One of refused, not evaluated, fails as it must, warned; PASS where every limit passes without a warning."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    try:
        case = read_case(folder)
        numbers = measure_structures(case, [parse_metric("Dmax"), parse_metric("Dmean")])
    except RtcheckError:
        return "refused"
    rows = {row.name: row for row in numbers.structures}
    values = [rows[box.name].metrics[metric].value if box.name in rows else None for box, metric, _ in LIMITS]
    if any(value is not None and value >= limit_gy for value, (_, _, limit_gy) in zip(values, LIMITS, strict=True)):
        return "fails as it must"
    if None in values:
        return "not evaluated"
    return "warned" if any(notice.severity == "warning" for notice in numbers.notices) else "PASS"


class _TooSlow(BaseException):
    """A case took more processor time than it may; no `except Exception` can swallow it."""


def _too_slow(signal_number: int, frame: object) -> NoReturn:
    raise _TooSlow


def run(
    seeds: range, files: dict[str, dict[str, bytes]], damage: Damage = damaged, judge: Judge = outcome
) -> Iterator[tuple[int, str, str]]:
    """Seed, damage and outcome of each case; outcomes that begin with capitals are failures."""
    signal.signal(signal.SIGPROF, _too_slow)
    with tempfile.TemporaryDirectory() as name:
        for seed in seeds:
            what, contents = damage(files, seed)
            signal.setitimer(signal.ITIMER_PROF, SECONDS_A_CASE)
            try:
                found = judge(Path(name), contents)
            except _TooSlow:
                found = "TOO SLOW"
            except Exception as error:
                found = f"TRACEBACK {type(error).__name__}: {str(error)[:120]}"
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            yield seed, what, found


def _work(job: tuple[range, dict[str, dict[str, bytes]], Damage, Judge]) -> list[tuple[int, str, str]]:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    return list(run(*job))


def main(make: Callable[[Path], dict[str, dict[str, bytes]]], damage: Damage, judge: Judge, *, usual: int) -> int:
    """Damages and judges as many files as the command line says; prints how many came out how, and the failures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else usual
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as name:
        files = make(Path(name))
    ranges = [range(start, min(start + 250, first + count)) for start in range(first, first + count, 250)]
    jobs = [(seeds, files, damage, judge) for seeds in ranges]
    outcomes: Counter[str] = Counter()
    failures = []
    start = time.perf_counter()
    with multiprocessing.Pool(maxtasksperchild=4) as pool:
        for results in pool.imap_unordered(_work, jobs):
            for seed, what, found in results:
                outcomes[found.split()[0] if found.isupper() else found.split(":")[0]] += 1
                if found[:4].isupper():
                    failures.append(f"seed {seed}: {what}: {found}")
    print(f"{count} files in {time.perf_counter() - start:.0f} s: {dict(outcomes)}")
    print("\n".join(failures[:50]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(originals, damaged, outcome, usual=20_000))
