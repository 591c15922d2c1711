"""--write-rtdose: the file holds the sum in closed form, is valid DICOM, and states nothing that is not known."""

import numpy as np
import pytest
from pydicom import dcmread
from support.command_line import run
from support.dciodvfy import faults_of_rtdose
from support.known_plans import box, constraints, write_plan
from support.programs import needs_program

import rtcheck

TARGET = box("PTV_60", type="PTV")


def shifted(shift_mm):
    """A second plan of the same structures: UIDs of its own, and its dose grid shifted."""

    def change(files):
        files.plan.SOPInstanceUID += ".7"
        files.dose.SOPInstanceUID += ".7"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        position = zip(files.dose.ImagePositionPatient, shift_mm, strict=True)
        files.dose.ImagePositionPatient = [float(at) + by for at, by in position]

    return change


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """30 Gy + 0.1 Gy/mm along x; 10 Gy + 0.05 Gy/mm along y in a grid shifted by (1.5, 2, 3) mm."""
    folder = tmp_path_factory.mktemp("written")
    write_plan(folder / "first", [TARGET], dose_gy=lambda x, y, z: 30.0 + 0.1 * x + 0 * y * z, prescribed_gy=30.0)
    boost = {"dose_gy": lambda x, y, z: 10.0 + 0.05 * y + 0 * x * z, "prescribed_gy": 10.0}
    write_plan(folder / "boost", [TARGET], change=shifted((1.5, 2.0, 3.0)), **boost)
    write_plan(folder / "aligned", [TARGET], change=shifted((0.0, 0.0, 0.0)), **boost)
    (folder / "mine.yaml").write_text(constraints("PTV_60: Dmean >= 1 Gy"), encoding="utf-8")
    return folder


def written(plans, out, *options, second="boost"):
    return run(plans / "first", plans / second, "-p", plans / "mine.yaml", "--write-rtdose", out, *options)


def doses_and_nodes(path):
    file = dcmread(path)
    x0, y0, z0 = (float(value) for value in file.ImagePositionPatient)
    dy, dx = (float(value) for value in file.PixelSpacing)
    z = z0 + np.array([float(value) for value in file.GridFrameOffsetVector])
    y, x = y0 + dy * np.arange(file.Rows), x0 + dx * np.arange(file.Columns)
    return file.pixel_array * float(file.DoseGridScaling), x, y[:, None], z[:, None, None]


def test_the_sum_of_two_linear_doses_on_shifted_grids_is_written_in_closed_form(plans, tmp_path):
    out = tmp_path / "sum.dcm"
    ran = written(plans, out, "--sum")
    assert ran.status == 0
    assert "trilinear" in ran.err
    assert "cropped" in ran.err
    dose_gy, x, y, z = doses_and_nodes(out)
    assert np.abs(dose_gy - (40.0 + 0.1 * x + 0.05 * (y - 2.0) + 0 * z)).max() < 1e-4
    assert x.min() > -100.0  # the second grid begins at -98.5: the dose of the sum is unknown before


def test_the_file_is_of_the_same_patient_and_study_and_refers_to_both_plans(plans, tmp_path):
    written(plans, tmp_path / "sum.dcm", "--sum")
    first, boost = (dcmread(path) for name in ("first", "boost") for path in (plans / name).glob("*")
                    if dcmread(path).Modality == "RTPLAN")  # fmt: skip
    file = dcmread(tmp_path / "sum.dcm")
    assert file.DoseSummationType == "MULTI_PLAN"
    assert file.DoseType == "PHYSICAL"
    referenced = [each.ReferencedSOPInstanceUID for each in file.ReferencedRTPlanSequence]
    assert referenced == [first.SOPInstanceUID, boost.SOPInstanceUID]
    assert (file.PatientID, file.StudyInstanceUID) == (first.PatientID, first.StudyInstanceUID)
    assert file.SOPInstanceUID not in {first.SOPInstanceUID, boost.SOPInstanceUID}


def test_eqd2_is_written_with_the_fractions_of_each_plan_and_as_effective_dose(plans, tmp_path):
    """alpha/beta 2, 25 fractions each: D (D/25 + 2) / 4, at the nodes of two grids that are the same."""
    out = tmp_path / "eqd2.dcm"
    assert written(plans, out, "--sum-eqd2", "2", second="aligned").status == 0
    dose_gy, x, y, z = doses_and_nodes(out)
    one, two = 30.0 + 0.1 * x, 10.0 + 0.05 * y
    expected = one * (one / 25 + 2) / 4 + two * (two / 25 + 2) / 4 + 0 * z
    assert np.abs(dose_gy - expected).max() < 1e-4
    assert dcmread(out).DoseType == "EFFECTIVE"
    assert (x.min(), x.max()) == (-100.0, 100.0)  # nothing is cropped


@needs_program("dciodvfy")
@pytest.mark.parametrize("how", [("--sum",), ("--sum-eqd2", "3")])
def test_dciodvfy_finds_neither_errors_nor_warnings(tmp_path, how):
    """Of the sum of a sample with itself under other UIDs: the phantom's own headers are not complete."""
    from support.samples import PASSES

    other = tmp_path / "other"
    other.mkdir()
    for name, uid in (("plan", "2.25.11"), ("dose", "2.25.12")):
        file = dcmread(PASSES / f"{name}.dcm")
        file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = uid
        if name == "dose":
            file.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "2.25.11"
        file.save_as(other / f"{name}.dcm")
    out = tmp_path / "sum.dcm"
    cases = [rtcheck.read_case(PASSES), rtcheck.read_case(other)]
    alpha_beta_gy = float(how[1]) if len(how) > 1 else None
    rtcheck.write_rtdose(rtcheck.summed(cases, eqd2_alpha_beta_gy=alpha_beta_gy), out)
    assert faults_of_rtdose(out) == []
    if alpha_beta_gy is None:
        original, _, _, _ = doses_and_nodes(PASSES / "dose.dcm")
        assert np.abs(doses_and_nodes(out)[0] - 2 * original).max() < 1e-4


def test_a_file_that_exists_is_never_overwritten(plans, tmp_path):
    (plan_file,) = (path for path in (plans / "first").glob("*") if dcmread(path).Modality == "RTPLAN")
    before = plan_file.read_bytes()
    ran = written(plans, plan_file, "--sum")
    assert (ran.status, plan_file.read_bytes()) == (2, before)
    assert "never overwrites" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "give several plans with --sum"),
        (("--sum", "--anonymous"), "excludes --anonymous"),
        (("--sum", "--sum-eqd2", "2"), "give one of them"),
    ],
)
def test_only_a_sum_is_written_and_not_anonymously(plans, tmp_path, options, said):
    ran = written(plans, tmp_path / "sum.dcm", *options)
    assert ran.status == 2
    assert said in ran.err
    assert not (tmp_path / "sum.dcm").exists()


def test_a_sum_without_the_plan_of_a_dose_is_not_written(plans, tmp_path):
    dose = next(path for path in (plans / "boost").glob("*") if dcmread(path).Modality == "RTDOSE")
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / dose.name).write_bytes(dose.read_bytes())
    case = rtcheck.summed([rtcheck.read_case(plans / "first"), rtcheck.read_case(alone)])
    with pytest.raises(rtcheck.UsageError, match="2 plans were added, but 1 RTPLAN"):
        rtcheck.write_rtdose(case, tmp_path / "sum.dcm")
    assert list(tmp_path.glob("*.dcm")) == []
