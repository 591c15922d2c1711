"""Writes the sample patients: five synthetic liver patients, the same bytes every time.

    python sample_dicom/make_samples.py [--to FOLDER]

Each becomes a folder with plan.dcm, dose.dcm, struct.dcm and some ct_*.dcm. README.md beside this file says what each one is
for. Needs nothing but numpy and pydicom.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ct
import dicom_files
from anatomy import PLANES_MM, POINT_CC, Build, Drawn, drawn
from treatment import Aim, Grid, Treatment, dose_grid, planned

HERE = Path(__file__).resolve().parent
CT_SLICES = 9
CT_STEP_MM = 9.0
DVH_BIN_GY = 0.2

TYPES = {"External": "EXTERNAL", "GTV": "GTV", "CTV": "CTV", "PTV": "PTV"}
COLOURS = {
    "External": (0, 255, 0), "Liver": (160, 82, 45), "GTV": (220, 20, 60), "CTV": (255, 140, 0), "PTV": (255, 0, 0),
    "Kidney_L": (255, 215, 0), "Kidney_R": (218, 165, 32), "Stomach": (255, 105, 180), "Duodenum": (0, 191, 255),
    "Bowel_Small": (186, 85, 211), "SpinalCord": (0, 0, 255), "Heart": (178, 34, 34), "Lung_L": (135, 206, 235),
    "Lung_R": (70, 130, 180),
}  # fmt: skip
TG263 = {name: name for name in COLOURS}
CLINIC = {
    "External": "BODY", "Liver": "liver", "GTV": "GTV", "CTV": "CTV 1", "PTV": "PTV 56", "Kidney_L": "Kidney Left",
    "Kidney_R": "Kidney Right", "Stomach": "stomach", "Duodenum": "duodenum", "Bowel_Small": "small bowel",
    "SpinalCord": "cord", "Heart": "heart", "Lung_L": "Lung Left", "Lung_R": "Lung Right",
}  # fmt: skip
FMA = {
    "Liver": ("7197", "Liver"), "Kidney_L": ("7205", "Left kidney"), "Kidney_R": ("7204", "Right kidney"),
    "Stomach": ("7148", "Stomach"), "Duodenum": ("7206", "Duodenum"), "Bowel_Small": ("7200", "Small intestine"),
    "SpinalCord": ("7647", "Spinal cord"), "Heart": ("7088", "Heart"), "Lung_L": ("7310", "Left lung"),
    "Lung_R": ("7309", "Right lung"),
}  # fmt: skip
RIGHT_LOBE_BEAMS = (180.0, 215.0, 250.0, 285.0, 320.0, 355.0, 30.0)
LEFT_LOBE_BEAMS = (195.0, 270.0, 310.0, 340.0, 10.0, 45.0, 150.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample patient: folder name, who it is, how it is built, how it is planned, and what its objects lack."""

    patient: dicom_files.Patient
    build: Build
    gantry_deg: tuple[float, ...]
    aims: tuple[Aim, ...]
    grid: Grid
    names: dict[str, str]
    left_out: tuple[str, ...] = ()
    has_codes: bool = False
    with_dvhs: tuple[str, ...] = ()


def _patient(
    key: str, name: str, number: int, sex: str, birth_date: str, dose: float, fractions: int, **more
) -> dicom_files.Patient:
    return dicom_files.Patient(
        key=key, name=f"Sample^{name}", id=f"SAMPLE-{number}", sex=sex, birth_date=birth_date, planned_on=f"202403{10 + number}",
        plan_label=f"Liver {dose:g}Gy", dose_rx_gy=dose, fractions=fractions, is_approved=more.get("is_approved", True),
    )  # fmt: skip


def _aims(rx_gy: float, **limits_gy: float) -> tuple[Aim, ...]:
    """The usual aims of a liver plan, some limits changed."""
    usual = {
        "Liver": 0.3 * rx_gy, "Stomach": 30.0, "Duodenum": 30.0, "Bowel_Small": 30.0, "SpinalCord": 22.0,
        "Kidney_L": 6.0, "Kidney_R": 8.0, "Heart": 15.0,
    }  # fmt: skip
    weights = {"Liver": 0.06, "Kidney_L": 0.3, "Kidney_R": 0.3}
    return tuple(
        Aim(organ=organ, limit_gy=limits_gy.get(organ, limit), weight=weights.get(organ, 1.0))
        for organ, limit in usual.items()
    )


def samples() -> list[Sample]:
    return [
        Sample(
            patient=_patient("apatinib_50gy_passes", "Passes", 1, "M", "19620514", 50.0, 25),
            build=Build(tumour=(-58.0, -4.0, -4.0), tumour_radii_mm=(23.0, 22.0, 23.0)),
            gantry_deg=RIGHT_LOBE_BEAMS,
            aims=_aims(50.0),
            grid=dose_grid(3.0),
            names=TG263,
            with_dvhs=tuple(organ for organ in COLOURS if organ != "External"),
        ),
        Sample(
            patient=_patient("apatinib_56gy_stomach_fails", "Stomach", 2, "F", "19550903", 56.0, 28, is_approved=False),
            build=Build(
                tumour=(16.0, -50.0, 30.0), tumour_radii_mm=(25.0, 20.0, 24.0), stretch=(0.97, 0.96, 1.02), phase=0.8
            ),
            gantry_deg=LEFT_LOBE_BEAMS,
            aims=_aims(56.0, Stomach=52.0),
            grid=dose_grid(2.5),
            names=CLINIC,
        ),
        Sample(
            patient=_patient("apatinib_incomplete", "Incomplete", 3, "M", "19710222", 50.0, 25, is_approved=False),
            build=Build(
                tumour=(-80.0, 10.0, 30.0), tumour_radii_mm=(22.0, 24.0, 22.0), stretch=(1.02, 1.03, 0.98), phase=1.7
            ),
            gantry_deg=RIGHT_LOBE_BEAMS,
            aims=_aims(50.0),
            grid=dose_grid(3.0, lowest_mm=-78.0),
            names={**TG263, "PTV": "PTV_5000"},
            left_out=("GTV",),
        ),
        Sample(
            patient=_patient("apatinib_liver_under_700cc", "SmallLiver", 4, "F", "19680730", 50.0, 25),
            build=Build(
                tumour=(-72.0, 2.0, 12.0),
                tumour_radii_mm=(17.0, 16.0, 18.0),
                liver_margin_mm=-22.0,
                stretch=(0.95, 0.95, 0.97),
                phase=2.6,
            ),
            gantry_deg=RIGHT_LOBE_BEAMS,
            aims=_aims(50.0),
            grid=dose_grid(3.0),
            names=TG263,
        ),
        Sample(
            patient=_patient("axitinib_45gy_passes", "Isotoxic", 5, "M", "19580117", 45.0, 15),
            build=Build(
                tumour=(-60.0, -8.0, 36.0), tumour_radii_mm=(18.0, 20.0, 18.0), stretch=(1.04, 1.02, 1.01), phase=3.1
            ),
            gantry_deg=RIGHT_LOBE_BEAMS,
            aims=_aims(45.0),
            grid=dose_grid(3.0),
            names={**CLINIC, "PTV": "PTV 45"},
            has_codes=True,
        ),
    ]


def write_sample(sample: Sample, folder: Path) -> Treatment:
    """Write one patient's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    patient = sample.patient
    treatment = planned(
        sample.build, gantry_deg=sample.gantry_deg, dose_rx_gy=patient.dose_rx_gy, aims=sample.aims, grid=sample.grid
    )
    organs = [organ for organ in COLOURS if organ not in sample.left_out]
    outlines = drawn(sample.build, organs)
    structures = [
        dicom_files.DrawnStructure(
            name=sample.names[organ],
            type=TYPES.get(organ, "ORGAN"),
            colour=COLOURS[organ],
            loops=outlines[organ].loops,
            fma_code=FMA.get(organ) if sample.has_codes else None,
        )
        for organ in organs
    ]
    dicom_files.write(dicom_files.structure_set(patient, structures), folder / "struct.dcm")
    target_number = 1 + organs.index("PTV")
    plan = dicom_files.plan(
        patient, treatment, target_number=target_number, name=f"Synthetic {patient.dose_rx_gy:g}/{patient.fractions}"
    )
    dicom_files.write(plan, folder / "plan.dcm")
    dvhs = [
        _stored_dvh(n, outlines[organ], treatment) for n, organ in enumerate(organs, 1) if organ in sample.with_dvhs
    ]
    dicom_files.write(dicom_files.dose(patient, treatment, dvhs), folder / "dose.dcm")
    for number, z_mm in enumerate(_ct_planes(treatment.isocentre_mm[2]), start=1):
        slice_ = dicom_files.ct_slice(patient, ct.hounsfield(sample.build, z_mm), z_mm=z_mm, x_mm=ct.X_MM, y_mm=ct.Y_MM)
        dicom_files.write(slice_, folder / f"ct_{number:02d}.dcm")
    return treatment


def _stored_dvh(roi_number: int, outline: Drawn, treatment: Treatment) -> dicom_files.StoredDvh:
    """The DVH as many planning systems make it: dose at a grid of points inside the structure, counted into bins."""
    dose_gy = treatment.dose_at(outline.points)
    edges_gy = DVH_BIN_GY * np.arange(int(dose_gy.max() / DVH_BIN_GY) + 2)
    at_least = dose_gy.size - np.searchsorted(np.sort(dose_gy), edges_gy)
    return dicom_files.StoredDvh(
        roi_number=roi_number,
        bin_gy=DVH_BIN_GY,
        volume_cc=at_least * POINT_CC,
        min_gy=float(dose_gy.min()),
        max_gy=float(dose_gy.max()),
        mean_gy=float(dose_gy.mean()),
    )


def _ct_planes(centre_z_mm: float) -> list[float]:
    """Some planes of the scan around the tumour: enough for pictures under the dose."""
    middle = PLANES_MM[np.argmin(np.abs(PLANES_MM - centre_z_mm))]
    return [float(middle + CT_STEP_MM * (i - CT_SLICES // 2)) for i in range(CT_SLICES)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Writes the five synthetic sample patients.")
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to (default: beside this script)")
    options = parser.parse_args(arguments)
    for sample in samples():
        write_sample(sample, options.to / sample.patient.key)
        print(options.to / sample.patient.key)


if __name__ == "__main__":
    main()
