"""Sums through a Deformable Spatial Registration: linear fields in closed form, SimpleITK, and what is refused."""

import numpy as np
import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, constraints, write_plan
from support.registrations import in_frame, matrix_of, turn, write_deformable

from rtcheck.dicom.finding.sources import locate
from rtcheck.dicom.registration.spatial import read_registration
from rtcheck.errors import DicomError

OTHER_FRAME = "2.25.11"
CORD = box("SpinalCord", at_mm=(10.0, 6.0, 3.0), size_mm=(20.0, 12.0, 30.0))
GRADIENT = np.array([0.10, -0.06, 0.04])  # Gy/mm of the other plan, in its own frame
STRETCH = np.array([[0.10, 0.04, -0.03], [-0.05, -0.12, 0.02], [0.03, 0.06, 0.08]])
BY_MM = np.array([4.0, -3.0, 2.0])
PRE = matrix_of(turn("z", 6.0), (3.0, 1.0, -2.0))
POST = matrix_of(turn("x", -4.0), (-1.0, 2.0, 5.0))
CENTRE = np.array([10.0, 6.0, 3.0])


def displaced(points_mm):
    """A linear field: trilinear interpolation is exact in it."""
    return points_mm @ STRETCH.T + BY_MM


def there(points_mm):
    """The closed form: post(pre(p) + d(p))."""
    return (points_mm @ PRE[:3, :3].T + PRE[:3, 3] + displaced(points_mm)) @ POST[:3, :3].T + POST[:3, 3]


def back(points_mm):
    """Its inverse, of one linear map."""
    own = (points_mm - POST[:3, 3]) @ POST[:3, :3] - PRE[:3, 3] - BY_MM
    return own @ np.linalg.inv(PRE[:3, :3] + STRETCH).T


def other_dose(x, y, z):
    return 20.0 + GRADIENT[0] * x + GRADIENT[1] * y + GRADIENT[2] * z


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """30 Gy everywhere in the first frame; a linear dose in the second."""
    folder = tmp_path_factory.mktemp("deformed")
    write_plan(folder / "first", [CORD], dose_gy=30.0, prescribed_gy=30.0)
    write_plan(folder / "second", [CORD], dose_gy=other_dose, prescribed_gy=20.0, change=in_frame(OTHER_FRAME, ".5"))
    limits = ("SpinalCord: Dmean < 99 Gy", "SpinalCord: Dmax < 99 Gy", "SpinalCord: Dmin > 1 Gy")
    (folder / "mine.yaml").write_text(constraints(*limits), "utf-8")
    return folder


@pytest.fixture(scope="module")
def first(plans):
    return dcmread(plans / "first" / "plan.dcm")


def values(ran):
    return [each["value"] for each in ran.json()["constraints"]]


def checked(plans, reg, *options):
    return run(
        plans / "first", plans / "second", "-p", plans / "mine.yaml", "--sum", "-f", "json", "--registration", reg,
        *options,
    )  # fmt: skip


@pytest.mark.parametrize("direction", ["as it is", "the other way"])
def test_a_linear_field_between_two_matrices_adds_a_linear_dose_in_closed_form(plans, first, tmp_path, direction):
    """The mean of a linear dose is that at the centre of the box, its extremes lie at corners."""
    frames = (OTHER_FRAME, str(first.FrameOfReferenceUID))
    source, target = frames if direction == "as it is" else frames[::-1]
    reg = write_deformable(tmp_path / "reg.dcm", source, target, displaced, pre=PRE, post=POST, like=first)
    closed = there if direction == "as it is" else back
    corners = np.array([[x, y, z] for x in (0.0, 20.0) for y in (0.0, 12.0) for z in (-12.0, 18.0)])
    expected = 50.0 + closed(corners) @ GRADIENT
    ran = checked(plans, reg)
    mean, highest, lowest = values(ran)
    assert mean == pytest.approx(50.0 + closed(CENTRE) @ GRADIENT, abs=5e-4)
    assert (highest, lowest) == (pytest.approx(expected.max(), abs=2e-3), pytest.approx(expected.min(), abs=2e-3))
    doubts = {each["code"]: each["text"] for each in ran.json()["doubts"]}
    assert ("by the inverse of reg.dcm" in doubts["registration.used"]) == (direction != "as it is")
    assert "registration.deformable" in doubts


@pytest.fixture(scope="module")
def wavy(first, tmp_path_factory):
    """A field of random displacements of up to 5 mm on a turned grid with steps of 10, 12 and 8 mm."""
    random = np.random.default_rng(5)
    cosines = (*turn("z", 20.0)[:, 0], *turn("z", 20.0)[:, 1])
    path = tmp_path_factory.mktemp("wavy") / "reg.dcm"
    write_deformable(
        path, "2.25.1", "2.25.2", lambda points: random.uniform(-2.5, 2.5, points.shape), cosines=cosines, pre=PRE
    )
    return path


def test_simpleitk_puts_points_where_the_field_does_and_the_inverse_brings_them_back(wavy):
    sitk = pytest.importorskip("SimpleITK")
    grid = dcmread(wavy).DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    vectors = np.frombuffer(grid.VectorGridData, "<f4").reshape(*reversed(grid.GridDimensions), 3)
    image = sitk.GetImageFromArray(vectors.astype(float), isVector=True)
    along, across = np.reshape([float(each) for each in grid.ImageOrientationPatient], (2, 3))
    image.SetDirection(np.column_stack([along, across, np.cross(along, across)]).ravel().tolist())
    image.SetOrigin([float(each) for each in grid.ImagePositionPatient])
    image.SetSpacing([float(each) for each in grid.GridResolution])
    transform = sitk.DisplacementFieldTransform(image)
    (link,) = read_registration(locate(wavy), why="").links
    points = np.random.default_rng(6).uniform((-40, -20, -80), (40, 60, 80), (400, 3))
    moved = link.to_target.at(points)
    theirs = np.array([transform.TransformPoint(point.tolist()) for point in points]) - points
    assert np.abs(moved - (points @ PRE[:3, :3].T + PRE[:3, 3] + theirs)).max() < 1e-6
    assert np.abs(link.to_target.inverse.at(moved) - points).max() < 1e-3


def test_where_the_grid_of_displacements_ends_the_dose_is_unknown(plans, first, tmp_path):
    """The field knows only the lower half of the box: the other plan may add anything up to its maximum above."""
    reg = write_deformable(
        tmp_path / "reg.dcm",
        OTHER_FRAME,
        str(first.FrameOfReferenceUID),
        np.zeros_like,
        counts=(29, 21, 14),
        like=first,
    )
    mean, highest, lowest = checked(plans, reg).json()["constraints"]
    assert lowest["bounds"][0] == pytest.approx(30.0)
    assert highest["bounds"][1] == pytest.approx(30.0 + other_dose(100.0, -75.0, 60.0), abs=0.01)
    assert mean["bounds"][0] < 50.0 + CENTRE @ GRADIENT < mean["bounds"][1]


def test_displacements_that_are_not_known_make_a_hole(plans, first, tmp_path):
    def with_hole(points):
        return np.where(np.linalg.norm(points - CENTRE, axis=1)[:, None] < 10.0, np.nan, 0.0) + 0 * points

    reg = write_deformable(tmp_path / "reg.dcm", OTHER_FRAME, str(first.FrameOfReferenceUID), with_hole, like=first)
    bounds = [each["bounds"] for each in checked(plans, reg).json()["constraints"]]
    assert all(bounds)
    assert bounds[2][0] == pytest.approx(30.0)


def test_the_deformed_sum_is_written_as_non_rigid(plans, first, tmp_path):
    frame = str(first.FrameOfReferenceUID)
    reg = write_deformable(tmp_path / "reg.dcm", OTHER_FRAME, frame, displaced, like=first)
    checked(plans, reg, "--write-rtdose", tmp_path / "sum.dcm")
    file = dcmread(tmp_path / "sum.dcm")
    assert file.SpatialTransformOfDose == "NON_RIGID"
    x = float(file.ImagePositionPatient[0]) + float(file.PixelSpacing[1]) * np.arange(file.Columns)
    y = float(file.ImagePositionPatient[1]) + float(file.PixelSpacing[0]) * np.arange(file.Rows)
    z = float(file.ImagePositionPatient[2]) + np.array([float(each) for each in file.GridFrameOffsetVector])
    points = np.stack(np.meshgrid(z, y, x, indexing="ij"), axis=-1)[..., ::-1]
    own = points + displaced(points)
    inside = (np.abs(own) <= (100.0, 75.0, 60.0)).all(axis=-1)
    found = file.pixel_array * float(file.DoseGridScaling)
    assert inside.mean() > 0.8
    assert np.abs(found - 50.0 - own @ GRADIENT)[inside].max() < 1e-3


@pytest.mark.parametrize("direction", ["as it is", "the other way"])
def test_a_field_that_folds_where_the_dose_lies_is_refused(plans, first, tmp_path, direction):
    """d = -1.5 x within 30 mm of the centre: x - 1.5 x runs backwards."""

    def folding(points):
        return np.where(np.abs(points) < 30.0, -1.5 * points, -45.0 * np.sign(points)) * (1.0, 0.0, 0.0)

    frames = (OTHER_FRAME, str(first.FrameOfReferenceUID))
    source, target = frames if direction == "as it is" else frames[::-1]
    reg = write_deformable(tmp_path / "reg.dcm", source, target, folding, like=first)
    ran = checked(plans, reg)
    assert (ran.status, "it folds" in ran.err) == (3, True)


def test_a_fold_far_from_the_dose_does_not_matter(plans, first, tmp_path):
    def folding(points):
        return np.where(points < -120.0, -1.5 * (points + 120.0), 0.0) * (1.0, 0.0, 0.0)

    reg = write_deformable(tmp_path / "reg.dcm", OTHER_FRAME, str(first.FrameOfReferenceUID), folding, like=first)
    assert values(checked(plans, reg))[0] == pytest.approx(50.0 + CENTRE @ GRADIENT, abs=5e-4)


def broken(path, **changes):
    file = dcmread(path)
    grid = file.DeformableRegistrationSequence[1].DeformableRegistrationGridSequence[0]
    for keyword, value in changes.items():
        setattr(grid, keyword, value)
    file.save_as(path.with_name("broken.dcm"))
    return path.with_name("broken.dcm")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"GridDimensions": [29, 21, 1]}, "29 x 21 x 1 points"),
        ({"GridDimensions": [29, 21, 25]}, "bytes of displacements"),
        ({"GridDimensions": [29, 21]}, "8 bytes; 12 expected"),
        ({"GridResolution": [10.0, 0.0, 8.0]}, "not above 0"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "right angle"),
        ({"ImagePositionPatient": None}, "no position"),
        ({"VectorGridData": np.full(29 * 21 * 26 * 3, 900.0, "<f4").tobytes()}, "tissue cannot move so far"),
        ({"VectorGridData": np.full(29 * 21 * 26 * 3, np.inf, "<f4").tobytes()}, "tissue cannot move so far"),
    ],
)
def test_a_damaged_field_is_refused_with_its_place(wavy, changes, said):
    with pytest.raises(DicomError, match=said) as raised:
        read_registration(locate(broken(wavy, **changes)), why="")
    assert raised.value.code == "registration.faulty"
