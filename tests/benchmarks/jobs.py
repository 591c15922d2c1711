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

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as rtcheck's command line sets it; for everybody alike


def rtcheck_dvhs(folder: Path) -> Callable[[], object]:
    """All DVHs of a folder by rtcheck, from the files."""
    from rtcheck.dicom import read_case
    from rtcheck.dosimetry.dvh import compute_dvh
    from rtcheck.geometry.build import build_solid

    def work() -> object:
        case = read_case(folder)
        return [compute_dvh(build_solid(case.structures.load(roi.number)), case.dose) for roi in case.structures]

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


JOBS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "rtcheck": rtcheck_dvhs,
    "rtcheck-engine": rtcheck_engine,
    "dicompyler": lambda folder: dicompyler_dvhs(folder, use_structure_extents=False),
    "dicompyler-extents": lambda folder: dicompyler_dvhs(folder, use_structure_extents=True),
}


def main() -> None:
    work = JOBS[sys.argv[1]](Path(sys.argv[2]))
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.4f} {peak_mb:.1f}")


if __name__ == "__main__":
    main()
