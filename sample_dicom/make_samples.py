"""Writes the sample patients: five synthetic liver patients, the same bytes every time.

    python sample_dicom/make_samples.py [--to FOLDER]

Each becomes a folder with plan.dcm, dose.dcm, struct.dcm and some ct_*.dcm. README.md beside this file says what each
one is for. Needs nothing but numpy and pydicom.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True  # no __pycache__ here: every folder beside this file is a patient

import ct  # noqa: E402
import dicom_files  # noqa: E402
from anatomy import PLANE_GAP_MM, PLANES_MM, POINT_CC, Drawn, drawn  # noqa: E402
from cases import COLOURS, FMA_CODES, ORGANS, SAMPLES, Sample  # noqa: E402
from dicom_parts import write  # noqa: E402
from dicom_plan import plan_dataset  # noqa: E402
from treatment import Treatment, planned  # noqa: E402

HERE = Path(__file__).resolve().parent
CT_SLICES = 9
CT_STEP_MM = 9.0
DVH_BIN_GY = 0.2
INTERPRETED_TYPES = {"External": "EXTERNAL", "GTV": "GTV", "CTV": "CTV", "PTV": "PTV"}


def write_sample(sample: Sample, folder: Path) -> None:
    """Write one patient's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    treatment = planned(sample.build, sample.wish, sample.grid)
    organs = [organ for organ in ORGANS if organ not in sample.left_out]
    outlines = drawn(sample.build, organs)
    structures = [_structure(sample, organ, outlines[organ]) for organ in organs]
    dvhs = []
    if sample.with_dvhs:
        dvhs = [_stored_dvh(number, outlines[organ], treatment) for number, organ in enumerate(organs, start=1)]

    write(dicom_files.structure_set(sample.patient, structures), folder / "struct.dcm")
    plan = plan_dataset(sample.patient, treatment, sample.wish, target_number=1 + organs.index("PTV"))
    write(plan, folder / "plan.dcm")
    dose = dicom_files.dose(sample.patient, treatment, dvhs)
    write(dose, folder / "dose.dcm")
    for number, z_mm in enumerate(_ct_planes_mm(treatment.isocentre_mm[2]), start=1):
        slice_ = dicom_files.ct_slice(sample.patient, ct.hounsfield(sample.build, z_mm), ct.X_MM, ct.Y_MM, z_mm)
        write(slice_, folder / f"ct_{number:02d}.dcm")


def _structure(sample: Sample, organ: str, outline: Drawn) -> dicom_files.DrawnStructure:
    return dicom_files.DrawnStructure(
        name=sample.names[organ],
        type=INTERPRETED_TYPES.get(organ, "ORGAN"),
        colour=COLOURS[organ],
        loops=outline.loops,
        fma_code=FMA_CODES.get(organ) if sample.with_codes else None,
    )


def _stored_dvh(roi_number: int, outline: Drawn, treatment: Treatment) -> dicom_files.StoredDvh:
    """The DVH as many planning systems make it: dose at a grid of points inside the structure, counted into bins."""
    # A plane stands for the slab around it: three layers of points.
    shifts_mm = np.array([(0.0, 0.0, PLANE_GAP_MM * layer / 3) for layer in (-1, 0, 1)])
    dose_gy = np.concatenate([treatment.dose_at(outline.points + shift_mm) for shift_mm in shifts_mm])
    edges_gy = DVH_BIN_GY * np.arange(int(dose_gy.max() / DVH_BIN_GY) + 2)
    at_least = dose_gy.size - np.searchsorted(np.sort(dose_gy), edges_gy)
    return dicom_files.StoredDvh(
        roi_number=roi_number,
        bin_gy=DVH_BIN_GY,
        volume_cc=at_least * POINT_CC / len(shifts_mm),
        min_gy=float(dose_gy.min()),
        max_gy=float(dose_gy.max()),
        mean_gy=float(dose_gy.mean()),
    )


def _ct_planes_mm(centre_z_mm: float) -> list[float]:
    """Some planes of the scan around the tumour: enough for pictures under the dose."""
    middle_mm = PLANES_MM[np.argmin(np.abs(PLANES_MM - centre_z_mm))]
    return [float(middle_mm + CT_STEP_MM * (i - CT_SLICES // 2)) for i in range(CT_SLICES)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the five synthetic sample patients.")
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to (default: beside this script)")
    parser.add_argument("--only", nargs="*", metavar="PATIENT", help="patients to write (default: all five)")
    asked = parser.parse_args()
    numbers = [n for n, sample in enumerate(SAMPLES) if asked.only is None or sample.patient.key in asked.only]
    with ProcessPoolExecutor() as processes:
        for key in processes.map(partial(_write, asked.to), numbers):
            print(key)


def _write(folder: Path, number: int) -> str:
    """Writes one patient. By number, since a sample holds functions, which do not travel between processes."""
    sample = SAMPLES[number]
    write_sample(sample, folder / sample.patient.key)
    return sample.patient.key


if __name__ == "__main__":
    main()
