"""One measured piece of work a process: `python jobs.py JOB ARGUMENT` prints seconds and peak memory in MB.

The clock starts when the interpreter runs and the program's modules are imported: what is compared is the work on the
files, not the weight of anybody's imports.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as rtcheck's command line sets it; for everybody alike


def rtcheck_dvhs(folder: Path) -> Callable[[], object]:
    """All DVHs of a folder by rtcheck, from the files, on all cores, as `rtcheck dvh` makes them."""
    from rtcheck.dicom import read_case
    from rtcheck.dosimetry.dvh import compute_dvh
    from rtcheck.geometry.build import build_solid
    from rtcheck.side_by_side import ahead

    def work() -> object:
        case, dvhs = read_case(folder), {}
        solids = (build_solid(case.structures.load(roi.number)) for roi in case.structures)
        ahead(lambda solid: dvhs.update({solid: compute_dvh(solid, case.dose)}), solids)
        return dvhs

    return work


def dicompyler_dvhs(folder: Path, *, use_structure_extents: bool) -> Callable[[], object]:
    """All DVHs of a folder by dicompyler-core, from the files."""
    import pydicom
    import pydicom.dicomio

    vars(pydicom.dicomio)["read_file"] = pydicom.dcmread  # pydicom 3 has it no longer; dicompyler-core 0.5.6 imports it
    from dicompylercore import dicomparser, dvhcalc

    def work() -> object:
        structures, dose = folder / "rs.dcm", folder / "rd.dcm"
        numbers = dicomparser.DicomParser(str(structures)).GetStructures()
        structures, dose = pydicom.dcmread(structures), pydicom.dcmread(dose)
        return [
            dvhcalc.get_dvh(structures, dose, number, use_structure_extents=use_structure_extents) for number in numbers
        ]

    return work


def rtcheck_engine(folder: Path) -> Callable[[], object]:
    """All DVHs of a folder by rtcheck, with the files read before the clock starts."""
    from rtcheck.dicom import read_case
    from rtcheck.dosimetry.dvh import compute_dvh
    from rtcheck.geometry.build import build_solid

    case = read_case(folder)
    drawn = [case.structures.load(roi.number) for roi in case.structures]
    return lambda: [compute_dvh(build_solid(structure), case.dose) for structure in drawn]


def kernel_calls(folder: Path) -> Callable[[], object]:
    """The seconds in the compiled kernel's functions, of all threads together, while the DVHs of a folder are made."""
    from rtcheck.geometry import _kernel

    timed = Timed(_kernel.native)
    _kernel.native = timed
    work = rtcheck_dvhs(folder)

    def seconds() -> float:
        work()
        return timed.seconds

    return seconds


class Timed:
    """The compiled kernel, with the time in its functions; a thread that waits for another counts as at work."""

    def __init__(self, native: object) -> None:
        self.native = native
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        called = getattr(self.native, name)
        if not callable(called):
            return called

        def timed(*arguments: object) -> object:
            start = time.perf_counter()
            try:
                return called(*arguments)
            finally:
                self.seconds += time.perf_counter() - start

        setattr(self, name, timed)
        return timed


def bytes_of_files(folder: Path) -> Callable[[], object]:
    """The bytes of both files, read; they lie in memory after the first time."""
    return lambda: [(folder / name).read_bytes() for name in ("rs.dcm", "rd.dcm")]


JOBS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "rtcheck": rtcheck_dvhs,
    "rtcheck-engine": rtcheck_engine,
    "kernel": kernel_calls,
    "bytes": bytes_of_files,
    "dicompyler": lambda folder: dicompyler_dvhs(folder, use_structure_extents=False),
    "dicompyler-extents": lambda folder: dicompyler_dvhs(folder, use_structure_extents=True),
}


def main() -> None:
    work = JOBS[sys.argv[1]](Path(sys.argv[2]))
    start = time.perf_counter()
    found = work()
    seconds = found if isinstance(found, float) else time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.4f} {peak_mb:.1f}")


if __name__ == "__main__":
    main()
