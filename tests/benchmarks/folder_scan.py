"""How long it takes to find what lies in a folder of thousands of files, against pydicom's plain dcmread.

    python tests/benchmarks/folder_scan.py [FILES]

Writes a folder of mixed patients (images, plans, doses, structure sets, junk) and prints microseconds a file.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from rtcheck.conformance.phantom import ROOT, image_dataset, phantom_set, write_file
from rtcheck.dicom.finding.folder import scan

PATIENTS = 25


def write_folder(root: Path, files: int) -> None:
    """Mixed patients: 2 % RT objects, 3 % junk, the rest 512 x 512 images of CT, MR, PET and REG."""
    rng = random.Random(1)
    for patient in range(PATIENTS):
        phantom = phantom_set()
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset.PatientID = f"P{patient}"
            dataset.SOPInstanceUID += f".{patient}"
        phantom.write(root / f"p{patient}" / "rt")
    for number in range(files - 3 * PATIENTS):
        folder = root / f"p{number % PATIENTS}" / f"s{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        if rng.random() < 0.03:
            (folder / f"{number}.txt").write_bytes(rng.randbytes(500))
        else:
            write_file(_image(number, rng.choice(("CT", "CT", "CT", "MR", "PT", "REG"))), folder / f"{number}.dcm")


def _image(number: int, modality: str) -> Dataset:
    image = image_dataset(float(number), number)
    image.SOPInstanceUID = f"{ROOT}.4.{number}"
    image.Modality = modality
    image.Rows = image.Columns = 512
    image.PixelData = bytes(2 * 512 * 512)
    return image


def seconds_of(action: Callable[[], object], times: int = 3) -> float:
    """The best of some runs, all with the files in the system's cache."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def read_plainly(paths: list[Path], **options: bool) -> None:
    for path in paths:
        try:
            pydicom.dcmread(path, **options)
        except Exception:
            continue


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_folder(root, files)
        paths = [path for path in root.rglob("*") if path.is_file()]
        measured = {
            "rtcheck, scan of the folder": seconds_of(lambda: scan(root)),
            "pydicom.dcmread": seconds_of(lambda: read_plainly(paths)),
            "pydicom.dcmread, stop_before_pixels": seconds_of(lambda: read_plainly(paths, stop_before_pixels=True)),
        }
    ours = next(iter(measured.values()))
    print(f"{len(paths)} files")
    for what, seconds in measured.items():
        print(f"{what:40} {seconds:7.2f} s  {1e6 * seconds / len(paths):7.0f} us a file  {seconds / ours:5.1f} x")


if __name__ == "__main__":
    main()
