"""What lies beyond clinical use, one subject at a time: `python tests/benchmarks/extremes.py points|limits|files [N]`.

    points   200 ROIs of N points in all (5,000,000), every DVH with `rtcheck dvh`
    limits   a protocol of N limits (1,000) on a plan of 40 ROIs
    files    a folder of N files (1,000,000), searched for one plan in the middle of them

Prints seconds, processor time and the peak of memory of the whole command, run as a user runs it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent))

from clinical_set import organs, write_clinical_set

from rtcheck.conformance.phantom import image_dataset, phantom_set, write_file

ROIS, PLANES = 200, 50
FILES_A_FOLDER = 1000


def points(folder: Path, count: int) -> list[str]:
    """200 tubes of 50 contours each, in the dose of the clinical set."""
    write_clinical_set(folder)
    plan = pydicom.dcmread(folder / "rs.dcm")
    on_contour = count // (ROIS * PLANES)
    angle = np.arange(on_contour) * 2 * np.pi / on_contour
    named, drawn, observed = [], [], []
    for number in range(1, ROIS + 1):
        centre = np.array([number % 20 * 15 - 140, number // 20 * 15 - 70.0])
        loop = np.round(centre + 6 * (1 + 0.1 * np.sin(9 * angle))[:, None] * np.column_stack(_circle(angle)), 3)
        name, contours, observation = Dataset(), Dataset(), Dataset()
        name.ROINumber, name.ROIName, name.ROIGenerationAlgorithm = number, f"Tube_{number}", ""
        name.ReferencedFrameOfReferenceUID = plan.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
        contours.ReferencedROINumber = number
        contours.ContourSequence = Sequence([_contour(loop, 3.0 * plane - 75) for plane in range(PLANES)])
        observation.ObservationNumber = observation.ReferencedROINumber = number
        observation.RTROIInterpretedType, observation.ROIInterpreter = "ORGAN", ""
        named.append(name)
        drawn.append(contours)
        observed.append(observation)
    plan.StructureSetROISequence, plan.ROIContourSequence = Sequence(named), Sequence(drawn)
    plan.RTROIObservationsSequence = Sequence(observed)
    plan.save_as(folder / "rs.dcm", enforce_file_format=True)
    return ["dvh", str(folder), "-f", "csv", "-o", str(folder / "dvh.csv")]


def _circle(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.cos(angle), np.sin(angle)


def _contour(loop: np.ndarray, z_mm: float) -> Dataset:
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(loop)
    contour.ContourData = [f"{value:.3f}" for x, y in loop.tolist() for value in (x, y, z_mm)]
    return contour


def limits(folder: Path, count: int) -> list[str]:
    """As many different limits, spread over the forty structures of the clinical set."""
    write_clinical_set(folder)
    names = [organ.name for organ in organs()]
    rows = [
        f"  - {{structure: {names[number % len(names)]}, goal: 'V{1 + number / 20:g}Gy < 50 %'}}"
        for number in range(count)
    ]
    (folder / "many.yaml").write_text("\n".join(["name: many", "constraints:", *rows, ""]))
    return ["check", str(folder), "-p", str(folder / "many.yaml"), "-f", "csv", "-o", str(folder / "report.csv")]


def files(folder: Path, count: int) -> list[str]:
    """Images in folders of a thousand, and one plan with its dose and structures among them."""
    write_file(image_dataset(0.0, 1), folder / "image.dcm")
    image = (folder / "image.dcm").read_bytes()
    for start in range(0, count, FILES_A_FOLDER):
        place = folder / "all" / f"{start // FILES_A_FOLDER:05d}"
        place.mkdir(parents=True)
        for number in range(start, min(start + FILES_A_FOLDER, count)):
            (place / f"{number}.dcm").write_bytes(image)
    phantom_set().write(folder / "all" / f"{count // FILES_A_FOLDER // 2:05d}" / "plan")
    (folder / "one.yaml").write_text("name: one\nconstraints:\n  - {structure: Liver, goal: 'Dmean < 100 Gy'}\n")
    return ["check", str(folder / "all"), "-p", str(folder / "one.yaml"), "-f", "csv", "-o", str(folder / "report.csv")]


SUBJECTS: dict[str, tuple[Callable[[Path, int], list[str]], int]] = {
    "points": (points, 5_000_000), "limits": (limits, 1_000), "files": (files, 1_000_000),
}  # fmt: skip


def main() -> None:
    make, usual = SUBJECTS[sys.argv[1]]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else usual
    with tempfile.TemporaryDirectory() as place:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # whose memory is not the command's
            arguments = pool.submit(make, Path(place), count).result()
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "rtcheck", *arguments])
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    print(
        f"{count:,} {sys.argv[1]}: {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time, "
        f"{used.ru_maxrss / 1024:.0f} MiB, exit status {os.waitstatus_to_exitcode(status)}"
    )


if __name__ == "__main__":
    main()
