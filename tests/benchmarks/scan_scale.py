"""How finding plans scales: `python tests/benchmarks/scan_scale.py [FILES]` (100,000 by default), in processor time.

Folders of 200 CT slices and three RT files each, looked at by one process, by all cores, and again with the headers of
the images kept. All slices are links to a few files, so that it is the program that is measured and not the disk.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.samples import PASSES

from rtcheck.batch.scanning import FILE_NAME, scanned

SLICES = 200


def main(files: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        root, kept = Path(place, "plans"), Path(place, "kept")
        kept.mkdir()
        number = write(root, files)
        for name, folder, processes in (("one process", None, 1), ("all cores", None, os.cpu_count() or 1),
                                        ("first run, headers kept", kept, os.cpu_count() or 1),
                                        ("second run", kept, os.cpu_count() or 1)):  # fmt: skip
            seconds, cpu_s = measured(root, folder, processes)
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            told = f"{1e6 * cpu_s / number:6.1f} us of processor time per file; at most {peak_mb:.0f} MB so far"
            print(f"{name:24} {seconds:7.1f} s, {told}", flush=True)
        print(f"{number} files; the kept headers take {(kept / FILE_NAME).stat().st_size / number:.0f} bytes per file")


def write(root: Path, files: int) -> int:
    """Folders of links; the number of files."""
    images = sorted(PASSES.glob("ct_*.dcm"))
    number = 0
    for folder in range(max(1, files // (SLICES + 3))):
        place = root / f"{folder // 100:03d}" / f"{folder:06d}"
        place.mkdir(parents=True)
        for slice_number in range(SLICES):
            os.link(source(images[slice_number % len(images)], root), place / f"ct_{slice_number:03d}.dcm")
        for name in ("plan", "dose", "struct"):
            os.link(source(PASSES / f"{name}.dcm", root), place / f"{name}.dcm")
        number += SLICES + 3
    return number


def source(path: Path, root: Path) -> Path:
    """A copy that folders can link to; a new one before there are too many links."""
    copies = root.parent / "sources"
    copies.mkdir(exist_ok=True)
    number = len(list(copies.glob(f"{path.stem}-*")))
    copy = copies / f"{path.stem}-{max(number - 1, 0)}.dcm"
    if not copy.exists() or copy.stat().st_nlink > 30_000:
        copy = copies / f"{path.stem}-{number}.dcm"
        copy.write_bytes(path.read_bytes())
    return copy


def measured(root: Path, kept: Path | None, processes: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time of this process and its workers."""
    before, started = used_s(), time.perf_counter()
    files = scanned(root, kept, processes=processes)
    assert not files.found.skipped
    if kept:
        files.keep(kept)
    return time.perf_counter() - started, used_s() - before


def used_s() -> float:
    own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
