"""What the sample files are: the maker's own bytes, valid DICOM, linked, believable. Read by pydicom alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from support.programs import needs_program
from support.samples import (
    INCOMPLETE,
    MAKER,
    PASSES,
    SAMPLE_DICOM,
    SAMPLES,
    SMALL_LIVER,
    STOMACH_FAILS,
)

PLANE_GAP_MM = 3.0


def _volumes_cc(sample: Path) -> dict[str, float]:
    """Polygon areas by the shoelace formula times the plane gap, by ROI name; holes run the other way round."""
    structures = pydicom.dcmread(sample / "struct.dcm")
    names = {roi.ROINumber: roi.ROIName for roi in structures.StructureSetROISequence}
    volumes = {}
    for item in structures.ROIContourSequence:
        area_mm2 = 0.0
        for contour in item.ContourSequence:
            x, y, _ = np.array(contour.ContourData, dtype=float).reshape(-1, 3).T
            area_mm2 += np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2
        volumes[names[item.ReferencedROINumber]] = abs(area_mm2) * PLANE_GAP_MM / 1000
    return volumes


def test_the_script_writes_the_committed_files_byte_for_byte(tmp_path):
    """One patient: planning all five takes two minutes of processor time."""
    only = ["--only", STOMACH_FAILS.name]
    subprocess.run([sys.executable, MAKER, "--to", tmp_path, *only], check=True, capture_output=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.dcm")}
    committed = {path.relative_to(SAMPLE_DICOM): path.read_bytes() for path in STOMACH_FAILS.glob("*.dcm")}
    assert sorted(made) == sorted(committed)
    assert [path for path in made if made[path] != committed[path]] == []


def test_every_folder_is_a_patient_named_after_its_protocol():
    folders = sorted(path for path in SAMPLE_DICOM.iterdir() if path.is_dir() and path.name != "__pycache__")
    assert folders == sorted(SAMPLES)
    assert {path.name.partition("_")[0] for path in folders} == {"apatinib", "axitinib"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_holds_plan_dose_structures_and_slices_alone(sample):
    names = sorted(path.name for path in sample.iterdir())
    assert names == [*(f"ct_{n:02d}.dcm" for n in range(1, 10)), "dose.dcm", "plan.dcm", "struct.dcm"]


def test_all_samples_together_are_smaller_than_20_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE_DICOM.rglob("*.dcm")) < 20e6


@needs_program("dciodvfy")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_dciodvfy_finds_neither_errors_nor_warnings(sample):
    said = []
    for path in sorted(sample.iterdir()):
        run = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        said += [f"{path.name}: {line}" for line in run.stderr.splitlines() if line.startswith(("Error", "Warning"))]
    assert said == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_files_of_a_sample_refer_to_each_other(sample):
    plan, dose, structures = (pydicom.dcmread(sample / f"{name}.dcm") for name in ("plan", "dose", "struct"))
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    slices = [pydicom.dcmread(path) for path in sample.glob("ct_*.dcm")]
    assert {each.FrameOfReferenceUID for each in (plan, dose, structures, *slices)} == {plan.FrameOfReferenceUID}
    series = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    referenced = {image.ReferencedSOPInstanceUID for image in series.ContourImageSequence}
    assert {each.SOPInstanceUID for each in slices} <= referenced


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_contour_lies_on_the_slice_that_it_names(sample):
    z_of_slice = {}
    for path in sample.glob("ct_*.dcm"):
        ct = pydicom.dcmread(path, stop_before_pixels=True)
        z_of_slice[ct.SOPInstanceUID] = float(ct.ImagePositionPatient[2])
    seen = 0
    for item in pydicom.dcmread(sample / "struct.dcm").ROIContourSequence:
        for contour in item.ContourSequence:
            named = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            if named in z_of_slice:
                seen += 1
                assert {float(z) for z in contour.ContourData[2::3]} == {z_of_slice[named]}
    assert seen > 9 * 5  # at least five structures on each of nine slices


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_names_are_plainly_synthetic(sample):
    plan = pydicom.dcmread(sample / "plan.dcm")
    assert str(plan.PatientName).startswith("Sample^")
    assert plan.PatientComments.startswith("Synthetic")


def test_organs_have_the_volumes_of_grown_people():
    volumes_cc = _volumes_cc(PASSES)
    assert volumes_cc["Liver"] == pytest.approx(1318, abs=1)
    assert 120 < volumes_cc["Kidney_L"] < 200  # adult kidneys: 110 to 200 cc
    assert 20 < volumes_cc["SpinalCord"] < 40
    assert volumes_cc["GTV"] < volumes_cc["CTV"] < volumes_cc["PTV"] < volumes_cc["Liver"]


def test_the_small_liver_is_smaller_than_700_cc_even_with_its_tumour():
    assert _volumes_cc(SMALL_LIVER)["Liver"] < 700


def test_the_incomplete_sample_has_no_gtv_and_a_dose_grid_that_ends_inside_the_right_kidney():
    structures, dose = pydicom.dcmread(INCOMPLETE / "struct.dcm"), pydicom.dcmread(INCOMPLETE / "dose.dcm")
    numbers = {roi.ROIName: roi.ROINumber for roi in structures.StructureSetROISequence}
    assert "GTV" not in numbers
    assert "GTV" not in {item.RTROIInterpretedType for item in structures.RTROIObservationsSequence}
    kidney = next(i for i in structures.ROIContourSequence if i.ReferencedROINumber == numbers["Kidney_R"])
    z_mm = [float(contour.ContourData[2]) for contour in kidney.ContourSequence]
    assert min(z_mm) < float(dose.ImagePositionPatient[2]) < max(z_mm)
