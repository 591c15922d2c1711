"""Writes a structure set and a dose of clinical size: 40 structures, 170,000 points, 16.8 MB of dose."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

Array = NDArray[np.float64]

FRAME, STUDY = "1.2.3.4", "1.2.3"
SLICE_MM, DOSE_MM = 3.0, 2.5
DOSE_NODES = (200, 150, 140)  # columns, rows, frames; 32 bits each: 16.8 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """A wobbly ellipsoid, or a tube of constant cross-section; `points` on its largest contour."""

    name: str
    centre_mm: tuple[float, float, float]
    radius_mm: tuple[float, float, float]
    points: int
    is_tube: bool = False
    is_hollow: bool = False


def organs() -> list[Organ]:
    """Forty structures: a body, large organs, targets, serial and small organs, and auxiliary ones."""
    rows = [
        ("BODY", (0, 0, 0), (190, 130, 226), 365, "tube"),
        ("Lung_L", (85, 0, -90), (55, 75, 110), 230, ""),
        ("Lung_R", (-85, 0, -90), (55, 75, 110), 230, ""),
        ("Heart", (20, -30, -120), (50, 45, 50), 160, ""),
        ("Liver", (-50, 0, -120), (90, 75, 60), 220, ""),
        ("Brain", (0, 0, 110), (70, 85, 55), 240, ""),
        ("PTV_66", (10, -5, 0), (34, 29, 49), 160, ""),
        ("PTV_54", (70, 15, 10), (21, 19, 27), 110, ""),
        ("PTV_50", (-60, 10, 20), (19, 21, 29), 110, ""),
        ("Ring", (10, -5, 0), (60, 55, 75), 220, "hollow"),
        ("Mandible", (0, -70, 50), (50, 25, 20), 170, "hollow"),
        ("SpinalCord", (5, 55, 0), (7, 6, 170), 44, "tube"),
        ("SpinalCord_PRV", (5, 55, 0), (12, 11, 170), 66, "tube"),
        ("Esophagus", (0, 30, -60), (9, 7, 110), 44, "tube"),
        ("Parotid_L", (60, 10, 60), (14, 18, 25), 66, ""),
        ("Parotid_R", (-60, 10, 60), (14, 18, 25), 66, ""),
        ("Brainstem", (5, 20, 95), (14, 12, 25), 56, ""),
        ("Larynx", (5, -20, 0), (18, 20, 25), 76, ""),
        ("Thyroid", (0, -30, -30), (25, 12, 20), 66, ""),
        ("Eye_L", (33, -75, 108), (12, 12, 12), 52, ""),
        ("Eye_R", (-33, -75, 108), (12, 12, 12), 52, ""),
        ("Lens_L", (33, -85, 108), (4, 3, 4), 18, ""),
        ("Lens_R", (-33, -85, 108), (4, 3, 4), 18, ""),
        ("OpticNrv_L", (25, -60, 110), (4, 10, 5), 32, ""),
        ("OpticNrv_R", (-25, -60, 110), (4, 10, 5), 32, ""),
        ("OpticChiasm", (0, -40, 112), (7, 5, 4), 26, ""),
        ("Cochlea_L", (45, 15, 100), (4, 4, 5), 16, ""),
        ("Cochlea_R", (-45, 15, 100), (4, 4, 5), 16, ""),
    ]
    named = [
        Organ(name=n, centre_mm=c, radius_mm=r, points=p, is_tube=kind == "tube", is_hollow=kind == "hollow")
        for n, c, r, p, kind in rows
    ]
    return named + [_auxiliary(number) for number in range(1, 41 - len(named))]


def _auxiliary(number: int) -> Organ:
    random = np.random.default_rng(100 + number)
    centre = tuple(float(v) for v in random.uniform([-80, -50, -90], [80, 50, 90]))
    radius = tuple(float(v) for v in random.uniform([8, 8, 10], [35, 30, 40]))
    return Organ(name=f"Aux_{number:02d}", centre_mm=centre, radius_mm=radius, points=int(random.uniform(50, 130)))


def loops_of(organ: Organ, seed: int) -> list[tuple[float, Array]]:
    """The organ's contours as (z, points (n, 2)), rounded to 0.01 mm."""
    loops = []
    reach = organ.radius_mm[2]
    for z in np.arange(-225.0, 226.0, SLICE_MM):
        inside = 1 - ((z - organ.centre_mm[2]) / reach) ** 2
        if inside <= 0.02:
            continue
        scale = 1.0 if organ.is_tube else float(np.sqrt(inside))
        points = max(8, int(organ.points * np.sqrt(scale)))
        for share in (1.0, 0.6) if organ.is_hollow else (1.0,):
            loops.append((float(z), np.round(_wobbly_loop(organ, scale * share, points, seed), 2)))
    return loops


def _wobbly_loop(organ: Organ, scale: float, points: int, seed: int) -> Array:
    random = np.random.default_rng(seed)
    angle = np.arange(points) * 2 * np.pi / points
    amplitude = 0.03 if organ.is_tube else 0.1
    waves = range(2, 6)
    wobble = 1 + sum(
        amplitude / (n + 1) * random.normal() * np.cos(n * angle + random.uniform(0, 2 * np.pi)) for n in waves
    )
    x = organ.centre_mm[0] + scale * organ.radius_mm[0] * wobble * np.cos(angle)
    return np.column_stack([x, organ.centre_mm[1] + scale * organ.radius_mm[1] * wobble * np.sin(angle)])


def dose_gy() -> tuple[tuple[Array, Array, Array], Array]:
    """The nodes x, y, z and the dose (frames, rows, columns): three targets on a low background, rippled."""
    x, y, z = ((np.arange(n) - (n - 1) / 2) * DOSE_MM for n in DOSE_NODES)

    def hill(centre: tuple[float, ...], radius: tuple[float, ...], steepness: float, height: float) -> Array:
        squares = [((axis - c) / r) ** 2 for axis, c, r in zip((x, y, z), centre, radius, strict=True)]
        distance = np.sqrt(squares[0][None, None, :] + squares[1][None, :, None] + squares[2][:, None, None])
        return height / (1 + np.exp((distance - 1) * steepness))

    dose = hill((10, -5, 0), (35, 30, 50), 14, 66) + hill((-60, 10, 20), (20, 22, 30), 12, 50)
    dose += hill((70, 15, 10), (22, 20, 28), 12, 54) + hill((0, 0, 0), (140, 100, 150), 5, 9)
    ripple = np.sin(x / 7)[None, None, :] * np.cos(y / 9)[None, :, None] * np.sin(z / 8)[:, None, None]
    return (x, y, z), dose * (1 + 0.03 * ripple)


def write_clinical_set(folder: Path) -> None:
    """rs.dcm and rd.dcm into the folder."""
    _structure_set().save_as(folder / "rs.dcm", enforce_file_format=True)
    _dose().save_as(folder / "rd.dcm", enforce_file_format=True)


def new_file(sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, generate_uid()
    dataset.Modality, dataset.PatientName, dataset.PatientID = modality, "Benchmark", "1"
    dataset.PatientBirthDate = dataset.PatientSex = dataset.StudyDate = dataset.StudyTime = ""
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = STUDY, generate_uid(), FRAME
    return dataset


def _structure_set() -> Dataset:
    dataset = new_file("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")
    dataset.StructureSetLabel = "Benchmark"
    names, contours, observations = [], [], []
    for number, organ in enumerate(organs(), 1):
        name, drawn, observed = Dataset(), Dataset(), Dataset()
        name.ROINumber, name.ROIName, name.ROIGenerationAlgorithm = number, organ.name, ""
        name.ReferencedFrameOfReferenceUID = FRAME
        drawn.ReferencedROINumber, drawn.ROIDisplayColor = number, [255, 0, 0]
        drawn.ContourSequence = Sequence([_contour(z, loop) for z, loop in loops_of(organ, number)])
        observed.ObservationNumber = observed.ReferencedROINumber = number
        observed.RTROIInterpretedType, observed.ROIInterpreter = "EXTERNAL" if number == 1 else "ORGAN", ""
        names.append(name)
        contours.append(drawn)
        observations.append(observed)
    dataset.StructureSetROISequence = Sequence(names)
    dataset.ROIContourSequence = Sequence(contours)
    dataset.RTROIObservationsSequence = Sequence(observations)
    return dataset


def _contour(z: float, loop: Array) -> Dataset:
    contour, image = Dataset(), Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = f"1.2.3.4.5.{round((z + 900) * 10)}"
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(loop)
    contour.ContourImageSequence = Sequence([image])
    contour.ContourData = [f"{value:.2f}" for x, y in loop for value in (x, y, z)]
    return contour


def _dose() -> Dataset:
    dataset = new_file("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE")
    (x, y, z), dose = dose_gy()
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = len(y), len(x), len(z)
    dataset.PixelSpacing, dataset.ImageOrientationPatient = [DOSE_MM, DOSE_MM], [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [float(x[0]), float(y[0]), float(z[0])]
    dataset.GridFrameOffsetVector = [float(offset) for offset in z - z[0]]
    dataset.FrameIncrementPointer = pydicom.tag.Tag(0x3004, 0x000C)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 32, 32, 31
    dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dataset.DoseGridScaling = f"{dose.max() / (2**31 - 1):.10e}"
    dataset.SliceThickness = DOSE_MM
    dataset.PixelData = np.rint(dose / float(dataset.DoseGridScaling)).astype("<u4").tobytes()
    return dataset


if __name__ == "__main__":
    write_clinical_set(Path(sys.argv[1]))
