"""The five sample patients: who they are, how they are built, what is planned, and what their files say or lack."""

from dataclasses import dataclass, replace

from anatomy import Build
from dicom_parts import Patient
from treatment import Aim, Grid, Wish, dose_grid

COLOURS = {
    "External": (0, 255, 0), "Liver": (160, 82, 45), "GTV": (220, 20, 60), "CTV": (255, 140, 0), "PTV": (255, 0, 0),
    "Kidney_L": (255, 215, 0), "Kidney_R": (218, 165, 32), "Stomach": (255, 105, 180), "Duodenum": (0, 191, 255),
    "Bowel_Small": (186, 85, 211), "SpinalCord": (0, 0, 255), "Heart": (178, 34, 34), "Lung_L": (135, 206, 235),
    "Lung_R": (70, 130, 180),
}  # fmt: skip
ORGANS = tuple(COLOURS)
TG263_NAMES = {organ: organ for organ in ORGANS}
CLINIC_NAMES = {
    "External": "BODY", "Liver": "liver", "GTV": "GTV", "CTV": "CTV 1", "PTV": "PTV 1", "Kidney_L": "Kidney Left",
    "Kidney_R": "Kidney Right", "Stomach": "stomach", "Duodenum": "duodenum", "Bowel_Small": "small bowel",
    "SpinalCord": "cord", "Heart": "heart", "Lung_L": "Lung Left", "Lung_R": "Lung Right",
}  # fmt: skip
FMA_CODES = {
    "Liver": ("7197", "Liver"), "Kidney_L": ("7205", "Left kidney"), "Kidney_R": ("7204", "Right kidney"),
    "Stomach": ("7148", "Stomach"), "Duodenum": ("7206", "Duodenum"), "Bowel_Small": ("7200", "Small intestine"),
    "SpinalCord": ("7647", "Spinal cord"), "Heart": ("7088", "Heart"), "Lung_L": ("7310", "Left lung"),
    "Lung_R": ("7309", "Right lung"),
}  # fmt: skip
RIGHT_LOBE_BEAMS_DEG = (180.0, 215.0, 250.0, 285.0, 320.0, 355.0, 30.0)
LEFT_LOBE_BEAMS_DEG = (195.0, 270.0, 310.0, 340.0, 10.0, 45.0, 150.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample patient. `left_out` organs are not drawn; `with_dvhs`: the dose file carries DVHs of its own."""

    patient: Patient
    build: Build
    wish: Wish
    grid: Grid
    names: dict[str, str]
    left_out: tuple[str, ...] = ()
    with_codes: bool = False
    with_dvhs: bool = False


def _wish(dose_rx_gy: float, gantry_deg: tuple[float, ...], **limits_gy: float) -> Wish:
    """The usual aims of a liver plan, some limits changed."""
    aims = [
        Aim(organ="Liver", limit_gy=0.3 * dose_rx_gy, weight=0.06),
        Aim(organ="Kidney_L", limit_gy=6.0, weight=0.3),
        Aim(organ="Kidney_R", limit_gy=8.0, weight=0.3),
        Aim(organ="Stomach", limit_gy=30.0, weight=1.0),
        Aim(organ="Duodenum", limit_gy=30.0, weight=1.0),
        Aim(organ="Bowel_Small", limit_gy=30.0, weight=1.0),
        Aim(organ="SpinalCord", limit_gy=22.0, weight=1.0),
        Aim(organ="Heart", limit_gy=15.0, weight=1.0),
    ]
    changed = [replace(aim, limit_gy=limits_gy.get(aim.organ, aim.limit_gy)) for aim in aims]
    return Wish(dose_rx_gy=dose_rx_gy, gantry_deg=gantry_deg, aims=tuple(changed))


SAMPLES = (
    Sample(
        patient=Patient(
            key="apatinib_50gy_passes",
            name="Sample^Passes",
            id="SAMPLE-1",
            sex="M",
            birth_date="19620514",
            planned_on="20240311",
            plan_label="Liver 50 Gy",
            fractions=25,
            is_approved=True,
        ),
        build=Build(tumour=(-60.0, -6.0, 4.0), tumour_radii_mm=(23.0, 22.0, 23.0)),
        wish=_wish(50.0, RIGHT_LOBE_BEAMS_DEG),
        grid=dose_grid(3.0),
        names=TG263_NAMES,
        with_dvhs=True,
    ),
    Sample(
        patient=Patient(
            key="apatinib_56gy_stomach_fails",
            name="Sample^Stomach",
            id="SAMPLE-2",
            sex="F",
            birth_date="19550903",
            planned_on="20240312",
            plan_label="Liver 56 Gy",
            fractions=28,
            is_approved=False,
        ),
        build=Build(
            tumour=(22.0, -48.0, 30.0), tumour_radii_mm=(25.0, 20.0, 24.0), stretch=(0.97, 0.96, 1.02), phase=0.8
        ),
        wish=_wish(56.0, LEFT_LOBE_BEAMS_DEG, Stomach=60.0),
        grid=dose_grid(2.5),
        names=CLINIC_NAMES,
    ),
    Sample(
        patient=Patient(
            key="apatinib_incomplete",
            name="Sample^Incomplete",
            id="SAMPLE-3",
            sex="M",
            birth_date="19710222",
            planned_on="20240313",
            plan_label="Liver 50 Gy",
            fractions=25,
            is_approved=False,
        ),
        build=Build(
            tumour=(-80.0, 10.0, 30.0), tumour_radii_mm=(22.0, 24.0, 22.0), stretch=(1.02, 1.03, 0.98), phase=1.7
        ),
        wish=_wish(50.0, RIGHT_LOBE_BEAMS_DEG),
        grid=dose_grid(3.0, lowest_mm=-78.0),
        names={**TG263_NAMES, "PTV": "PTV_5000"},
        left_out=("GTV",),
    ),
    Sample(
        patient=Patient(
            key="apatinib_liver_under_700cc",
            name="Sample^SmallLiver",
            id="SAMPLE-4",
            sex="F",
            birth_date="19680730",
            planned_on="20240314",
            plan_label="Liver 50 Gy",
            fractions=25,
            is_approved=True,
        ),
        build=Build(
            tumour=(-72.0, 2.0, 12.0),
            tumour_radii_mm=(16.0, 15.0, 17.0),
            liver_margin_mm=-22.0,
            stretch=(0.95, 0.95, 0.97),
            phase=2.6,
        ),
        wish=_wish(50.0, RIGHT_LOBE_BEAMS_DEG),
        grid=dose_grid(3.0),
        names=TG263_NAMES,
    ),
    Sample(
        patient=Patient(
            key="axitinib_45gy_passes",
            name="Sample^Isotoxic",
            id="SAMPLE-5",
            sex="M",
            birth_date="19580117",
            planned_on="20240315",
            plan_label="Liver 45 Gy",
            fractions=15,
            is_approved=True,
        ),
        build=Build(
            tumour=(-60.0, -8.0, 36.0), tumour_radii_mm=(17.0, 19.0, 17.0), stretch=(1.04, 1.02, 1.01), phase=3.1
        ),
        wish=_wish(45.0, RIGHT_LOBE_BEAMS_DEG),
        grid=dose_grid(3.0),
        names=CLINIC_NAMES,
        with_codes=True,
    ),
)
