"""Sums across frames of reference: closed forms of turned phantoms, a second program, and what is refused."""

import json

import numpy as np
import pytest
from pydicom import dcmread
from support.command_line import run
from support.dciodvfy import faults_of_rtdose
from support.known_plans import box, constraints, write_plan
from support.programs import needs_program
from support.registrations import in_frame, matrix_of, turn, write_registration
from support.samples import PASSES

import rtcheck
from rtcheck.dosimetry.moved_dose import MovedDose
from rtcheck.geometry.transforms.affine import Affine

OTHER_FRAME = "2.25.11"
THIRD_FRAME = "2.25.12"
CORD = box("SpinalCord", at_mm=(10.0, 6.0, 3.0), size_mm=(20.0, 12.0, 30.0))
TURNED = turn("z", 25.0) @ turn("x", 8.0)
SHIFT_MM = np.array([12.0, -7.0, 5.0])
GRADIENT = np.array([0.10, -0.06, 0.04])  # Gy/mm of the other plan, in its own frame


def other_dose(x, y, z):
    return 20.0 + GRADIENT[0] * x + GRADIENT[1] * y + GRADIENT[2] * z


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """30 Gy everywhere in the first frame; a linear dose in the second, which is turned and shifted."""
    folder = tmp_path_factory.mktemp("registered")
    write_plan(folder / "first", [CORD], dose_gy=30.0, prescribed_gy=30.0)
    write_plan(folder / "second", [CORD], dose_gy=other_dose, prescribed_gy=20.0, change=in_frame(OTHER_FRAME, ".5"))
    (folder / "mine.yaml").write_text(
        constraints("SpinalCord: Dmean < 99 Gy", "SpinalCord: Dmax < 99 Gy", "SpinalCord: D50% < 99 Gy"), "utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def frame(plans):
    return str(dcmread(plans / "first" / "dose.dcm").FrameOfReferenceUID)


def patient(plans):
    return dcmread(plans / "first" / "plan.dcm")


def registered(plans, path, source, target, *matrices, **options):
    return write_registration(path, source, target, *matrices, like=patient(plans), **options)


def values(ran):
    return [each["value"] for each in ran.json()["constraints"]]


def checked(plans, *options, first="first", second="second"):
    return run(plans / first, plans / second, "-p", plans / "mine.yaml", "--sum", "-f", "json", *options)


def expected(points_mm):
    """30 Gy and the other plan's dose at the points of the first frame: x = R p + s, so p = R^T (x - s)."""
    own = (np.asarray(points_mm) - SHIFT_MM) @ TURNED  # rows: R^T applied
    return 50.0 + own @ GRADIENT


@pytest.mark.parametrize("direction", ["as it is", "the other way"])
def test_a_turned_and_shifted_linear_dose_adds_in_closed_form(plans, tmp_path, frame, direction):
    """The mean of a linear dose is that at the centre of the box, its maximum that at a corner."""
    matrix = matrix_of(TURNED, SHIFT_MM)
    if direction == "as it is":
        reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix)
    else:
        reg = registered(plans, tmp_path / "reg.dcm", frame, OTHER_FRAME, np.linalg.inv(matrix))
    ran = checked(plans, "--registration", reg)
    mean, maximum, median = values(ran)
    (text,) = [each["text"] for each in ran.json()["warnings"] if each["code"] == "registration.used"]
    assert ("by the inverse of reg.dcm" in text) == (direction != "as it is")
    corners = np.array([[x, y, z] for x in CORD_X for y in CORD_Y for z in CORD_Z])
    assert mean == pytest.approx(expected(corners).mean(), abs=2e-4)
    assert maximum == pytest.approx(expected(corners).max(), abs=2e-3)
    assert median == pytest.approx(expected(corners).mean(), abs=0.01)


CORD_X, CORD_Y, CORD_Z = (0.0, 20.0), (0.0, 12.0), (-12.0, 18.0)


def test_a_registration_next_to_the_plans_is_found_and_named(plans, tmp_path, frame):
    write_plan(tmp_path / "first", [CORD], dose_gy=30.0, prescribed_gy=30.0)
    registered(plans, tmp_path / "first" / "reg.dcm", OTHER_FRAME, frame, matrix_of(TURNED, SHIFT_MM))
    ran = run(tmp_path / "first", plans / "second", "-p", plans / "mine.yaml", "--sum", "-f", "json")
    assert values(ran)[0] == pytest.approx(float(expected([10.0, 6.0, 3.0])), abs=2e-4)
    (text,) = [each["text"] for each in ran.json()["warnings"] if each["code"] == "registration.used"]
    assert "reg.dcm" in text
    assert "rigid: turned by 26.2 degrees" in text  # cos = (cos 25 + cos 8 + cos 25 cos 8 - 1) / 2
    (file,) = [each for each in ran.json()["provenance"]["files"] if each["role"] == "registration"]
    assert len(file["sha256"]) == 64


def test_the_structures_of_the_other_plan_are_in_their_own_frame(plans, tmp_path, frame):
    """30 Gy everywhere plus the other plan's dose where it was planned: at the box's centre in its own frame."""
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(TURNED, SHIFT_MM))
    found = values(checked(plans, "--registration", reg, "--structures-of", "second"))
    assert found[0] == pytest.approx(30.0 + other_dose(10.0, 6.0, 3.0), abs=2e-4)


def test_two_registrations_are_chained(plans, tmp_path, frame):
    """second -> third by a turn, first -> third by a shift: second -> first is the turn, then the shift back."""
    one = registered(plans, tmp_path / "one.dcm", OTHER_FRAME, THIRD_FRAME, matrix_of(TURNED))
    two = registered(plans, tmp_path / "two.dcm", frame, THIRD_FRAME, matrix_of(shift_mm=-SHIFT_MM))
    found = values(checked(plans, "--registration", one, "--registration", two))
    assert found[0] == pytest.approx(float(expected([10.0, 6.0, 3.0])), abs=2e-4)


def test_registrations_of_one_name_in_the_folders_of_both_plans_are_chained_and_recorded(plans, tmp_path, frame):
    write_plan(tmp_path / "first", [CORD], dose_gy=30.0, prescribed_gy=30.0)
    second = {"dose_gy": other_dose, "prescribed_gy": 20.0, "change": in_frame(OTHER_FRAME, ".5")}
    write_plan(tmp_path / "second", [CORD], **second)
    registered(plans, tmp_path / "second" / "reg.dcm", OTHER_FRAME, THIRD_FRAME, matrix_of(TURNED))
    registered(plans, tmp_path / "first" / "reg.dcm", frame, THIRD_FRAME, matrix_of(shift_mm=-SHIFT_MM))
    record = tmp_path / "record.json"
    run(tmp_path / "first", tmp_path / "second", "-p", plans / "mine.yaml", "--sum", "-o", record)
    told = json.loads(record.read_text("utf-8"))
    assert told["constraints"][0]["value"] == pytest.approx(float(expected([10.0, 6.0, 3.0])), abs=2e-4)
    assert len({each["sha256"] for each in told["provenance"]["files"] if each["role"] == "registration"}) == 2
    verified = run("verify", record)
    assert (verified.status, "by reg.dcm" in verified.out) == (0, True)


def test_a_registration_that_is_not_needed_is_not_used_silently(plans, tmp_path, frame):
    write_plan(tmp_path / "boost", [CORD], dose_gy=10.0, prescribed_gy=10.0, change=in_frame(frame, ".8"))
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(TURNED))
    options = ("-p", plans / "mine.yaml", "--sum", "-f", "json", "--registration", reg)
    ran = run(plans / "first", tmp_path / "boost", *options)
    assert values(ran)[0] == pytest.approx(40.0, abs=1e-4)
    assert "registration.unused" in {each["code"] for each in ran.json()["warnings"]}


def test_a_pure_shift_keeps_the_grid_points(plans, tmp_path, frame):
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(shift_mm=(3.0, 4.0, 0.0)))
    ran = checked(plans, "--registration", reg)
    assert values(ran)[0] == pytest.approx(30.0 + other_dose(7.0, 2.0, 3.0), abs=2e-4)
    assert "on its own grid points" in ran.out


def test_a_quarter_turn_and_flips_keep_the_grid_points_in_the_right_order():
    rng = np.random.default_rng(7)
    from support.shapes import dose_on

    own = dose_on([0.0, 2, 4], [0.0, 3, 6, 9], [0.0, 5, 10, 15, 20], 0.0)
    own = rtcheck.DoseGrid(
        dose_gy=rng.random(own.dose_gy.shape, dtype=np.float32), x_mm=own.x_mm, y_mm=own.y_mm, z_mm=own.z_mm
    )
    for linear in (turn("z", 90), turn("x", -90) @ turn("y", 180), turn("y", 90) @ turn("z", 270)):
        moved = MovedDose(dose=own, to_own=Affine(linear=np.asarray(linear), shift_mm=np.array([1.0, 2, 3])).inverse)
        from rtcheck.dosimetry.moved_dose import along_axes

        on_nodes = along_axes(moved)
        point = np.array([2.0, 6.0, 15.0])
        here = np.asarray(linear) @ point + (1, 2, 3)
        assert on_nodes.at(*here) == pytest.approx(own.at(*point), abs=1e-6)


def ball(x, y, z, centre=(5.0, -4.0, 6.0)):
    """A smooth hill of 40 Gy, 12 mm wide."""
    return 40.0 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2) / (2 * 12.0**2))


def turned_ball():
    from support.shapes import dose_over

    dose = dose_over(-60.0, 60.0, 3.0, ball)
    to_here = Affine(linear=np.asarray(TURNED), shift_mm=SHIFT_MM)
    axes = (np.arange(-30.0, 41.0, 2.5), np.arange(-35.0, 31.0, 2.5), np.arange(-20.0, 31.0, 4.0))
    return dose, to_here, axes, MovedDose(dose=dose, to_own=to_here.inverse).sampled(axes)


def test_scipy_resamples_a_turned_dose_to_the_same_values():
    ndimage = pytest.importorskip("scipy.ndimage")
    dose, to_here, axes, sampled = turned_ball()
    grid = np.stack(np.meshgrid(axes[2], axes[1], axes[0], indexing="ij"), axis=-1)[..., ::-1]  # x, y, z of each node
    own = (grid - to_here.shift_mm) @ to_here.linear  # the inverse of a turn is its transpose
    index = [(own[..., axis] + 60.0) / 3.0 for axis in (2, 1, 0)]
    second = ndimage.map_coordinates(dose.dose_gy.astype(float), index, order=1, mode="nearest")
    assert np.abs(sampled - second).max() < 1e-4
    assert sampled.max() > 35


def test_simpleitk_resamples_a_turned_dose_to_the_same_values():
    sitk = pytest.importorskip("SimpleITK")
    dose, to_here, axes, sampled = turned_ball()
    image = sitk.GetImageFromArray(dose.dose_gy)
    image.SetSpacing([3.0] * 3)
    image.SetOrigin([-60.0] * 3)
    back = sitk.AffineTransform(to_here.inverse.linear.ravel().tolist(), to_here.inverse.shift_mm.tolist())
    at = [float(nodes[0]) for nodes in axes]
    step = [float(nodes[1] - nodes[0]) for nodes in axes]
    size = [len(nodes) for nodes in axes]
    second = sitk.Resample(image, size, back, sitk.sitkLinear, at, step, np.eye(3).ravel().tolist(), 0.0)
    assert np.abs(sampled - sitk.GetArrayFromImage(second)).max() < 1e-4


def test_where_the_moved_grid_does_not_reach_the_dose_is_unknown_and_never_zero(plans, tmp_path, frame):
    """Shifted by 70 mm along z, the other grid (-62 to 62 mm) ends within the cord (-12 to 18 mm) at 8 mm."""
    shift = np.array([0.0, 0.0, 70.0])
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(turn("z", 30.0), shift))
    (tmp_path / "p.yaml").write_text(
        constraints("SpinalCord: Dmean < 45 Gy", "SpinalCord: Dmax < 52 Gy", "SpinalCord: Dmax < 31 Gy"), "utf-8"
    )
    ran = run(
        plans / "first", plans / "second", "-p", tmp_path / "p.yaml", "--sum", "-f", "json", "--registration", reg
    )
    mean, maximum, low = ran.json()["constraints"]
    assert (mean["outcome"], maximum["outcome"], low["outcome"]) == ("not_evaluated", "not_evaluated", "violated")
    own_z = np.linspace(8.0, 18.0, 2001) - 70.0
    inside = (20.0 + own_z * GRADIENT[2]).mean() + float(([10.0, 6.0] @ turn("z", 30.0)[:2, :2]) @ GRADIENT[:2])
    least = 30.0 + inside * 10.0 / 30.0
    assert mean["bounds"][0] <= least + 1e-6
    assert mean["bounds"][0] == pytest.approx(least, abs=2.5)  # cells that the face cuts count as unknown
    assert mean["bounds"][1] > 45.0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda f: {"matrix": np.diag([1.0, 1, 0, 1])}, "cannot be inverted", id="singular"),
        pytest.param(lambda f: {"matrix": np.diag([2.0, 2, 2, 1])}, "RIGID but scales by 2 to 2", id="scale"),
        pytest.param(
            lambda f: {"matrix": np.diag([0.1, 0.1, 0.1, 1]), "kind": "AFFINE"}, "scales by 0.1", id="centimetres"
        ),
        pytest.param(lambda f: {"matrix": np.diag([-1.0, 1, 1, 1])}, "mirrors", id="mirror"),
        pytest.param(lambda f: {"matrix": np.eye(4) + np.eye(4)[[3, 2, 1, 0]]}, "last row", id="perspective"),
        pytest.param(lambda f: {"matrix": np.eye(4), "kind": "WARP"}, "type is WARP", id="type"),
        pytest.param(lambda f: {"matrix": np.eye(3)}, "9 values; 16 expected", id="nine"),
        pytest.param(
            lambda f: {"matrix": np.eye(4), "sop_class": "1.2.840.10008.5.1.4.1.1.66.2"}, "not a Spatial", id="class"
        ),
        pytest.param(
            lambda f: {"matrix": matrix_of(turn("z", 9)), "more": [matrix_of(shift_mm=(50, 0, 0))]},
            "order changes",
            id="order",
        ),
    ],
)
def test_a_registration_that_cannot_be_one_patients_is_refused(plans, tmp_path, frame, make, said):
    options = make(frame)
    matrices = [options.pop("matrix"), *options.pop("more", [])]
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, *matrices, **options)
    ran = checked(plans, "--registration", reg)
    assert ran.status == 3
    assert said in ran.err


def test_without_a_registration_of_these_frames_the_sum_is_refused(plans, tmp_path, frame):
    ran = checked(plans)
    assert (ran.status, "there is no registration" in ran.err) == (2, True)
    stranger = registered(plans, tmp_path / "reg.dcm", THIRD_FRAME, frame, np.eye(4))
    ran = checked(plans, "--registration", stranger)
    assert (ran.status, "do not lead from one to the other" in ran.err) == (2, True)


def test_a_registration_of_another_patient_is_refused_without_naming_one(plans, tmp_path, frame):
    other = dcmread(plans / "first" / "plan.dcm")
    other.PatientID, other.PatientName = "SECRET9", "Nobody^Else"
    reg = write_registration(tmp_path / "reg.dcm", OTHER_FRAME, frame, np.eye(4), like=other)
    ran = checked(plans, "--registration", reg)
    assert ran.status == 2
    assert "registration of another patient" in ran.err
    assert "SECRET" not in ran.err + ran.out
    assert "Nobody" not in ran.err + ran.out


def test_registrations_that_contradict_each_other_are_refused(plans, tmp_path, frame):
    """A loop: the way over the third frame ends 40 mm from the direct one."""
    direct = registered(plans, tmp_path / "direct.dcm", OTHER_FRAME, frame, np.eye(4))
    one = registered(plans, tmp_path / "one.dcm", OTHER_FRAME, THIRD_FRAME, matrix_of(shift_mm=(40, 0, 0)))
    two = registered(plans, tmp_path / "two.dcm", THIRD_FRAME, frame, np.eye(4))
    options = [part for path in (direct, one, two) for part in ("--registration", path)]
    ran = checked(plans, *options)
    assert ran.status == 2
    assert "up to 40.0 mm apart" in ran.err


def test_a_registration_the_wrong_way_round_is_put_in_doubt(plans, tmp_path, frame):
    """The same structures 100 mm apart: with source and target exchanged they lie 200 mm apart."""
    far = box("SpinalCord", at_mm=(-80.0, 6.0, 3.0), size_mm=(20.0, 12.0, 30.0))
    write_plan(tmp_path / "far", [far], dose_gy=20.0, prescribed_gy=20.0, change=in_frame(OTHER_FRAME, ".6"))
    right = registered(plans, tmp_path / "right.dcm", OTHER_FRAME, frame, matrix_of(shift_mm=(90, 0, 0)))
    wrong = registered(plans, tmp_path / "wrong.dcm", frame, OTHER_FRAME, matrix_of(shift_mm=(90, 0, 0)))
    for reg, is_doubted in ((right, False), (wrong, True)):
        ran = run(
            plans / "first", tmp_path / "far", "-p", plans / "mine.yaml", "--sum", "-f", "json", "--registration", reg
        )
        assert ("registration.implausible" in {each["code"] for each in ran.json()["doubts"]}) is is_doubted


def test_the_record_of_a_registered_sum_is_verified(plans, tmp_path, frame):
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(TURNED, SHIFT_MM))
    record = tmp_path / "report.json"
    run(
        plans / "first", plans / "second", "-p", plans / "mine.yaml", "--sum", "--registration", reg,
        "--structures-of", "second", "-o", record,
    )  # fmt: skip
    assert run("verify", record).status == 0
    reg.unlink()
    assert run("verify", record).status != 0


def test_the_registered_sum_is_written_in_the_frame_of_the_structures(plans, tmp_path, frame):
    reg = registered(plans, tmp_path / "reg.dcm", OTHER_FRAME, frame, matrix_of(TURNED, SHIFT_MM))
    out = tmp_path / "sum.dcm"
    checked(plans, "--registration", reg, "--write-rtdose", out)
    file = dcmread(out)
    assert str(file.FrameOfReferenceUID) == frame
    assert file.SpatialTransformOfDose == "RIGID"
    assert file.ReferencedSpatialRegistrationSequence[0].ReferencedSOPInstanceUID == dcmread(reg).SOPInstanceUID
    x = float(file.ImagePositionPatient[0]) + float(file.PixelSpacing[1]) * np.arange(file.Columns)
    y = float(file.ImagePositionPatient[1]) + float(file.PixelSpacing[0]) * np.arange(file.Rows)
    z = float(file.ImagePositionPatient[2]) + np.array([float(each) for each in file.GridFrameOffsetVector])
    points = np.stack(np.meshgrid(z, y, x, indexing="ij"), axis=-1)[..., ::-1]
    assert min(file.Columns, file.Rows, len(z)) > 10
    own = (points - SHIFT_MM) @ TURNED
    is_between_nodes = (np.abs(own) <= (100.0, 75.0, 60.0)).all(axis=-1)  # beyond, voxels go on for half a step
    off_gy = np.abs(file.pixel_array * float(file.DoseGridScaling) - expected(points))
    assert off_gy[is_between_nodes].max() < 1e-4
    assert off_gy.max() < 0.5 * (np.abs(GRADIENT) @ (5.0, 3.0, 4.0))
    assert is_between_nodes.mean() > 0.9


@needs_program("dciodvfy")
def test_dciodvfy_finds_neither_errors_nor_warnings_in_a_registered_sum(tmp_path):
    """Of a sample with itself on other images, turned by 5 degrees: the phantom's own headers are not complete."""
    other = tmp_path / "other"
    other.mkdir()
    for name, uid in (("plan", "2.25.11"), ("dose", "2.25.12")):
        file = dcmread(PASSES / f"{name}.dcm")
        home = str(file.FrameOfReferenceUID)
        file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = uid
        file.FrameOfReferenceUID = OTHER_FRAME
        if name == "dose":
            file.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = "2.25.11"
        file.save_as(other / f"{name}.dcm")
    write_registration(other / "reg.dcm", OTHER_FRAME, home, matrix_of(turn("z", 5.0)), like=file)
    out = tmp_path / "sum.dcm"
    rtcheck.write_rtdose(rtcheck.summed([rtcheck.read_case(PASSES), rtcheck.read_case(other)]), out)
    assert faults_of_rtdose(out) == []
