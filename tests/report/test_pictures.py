"""Slices: outlines, level lines, PNG and CT against shapes whose answer is known."""

import struct
import warnings
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.report_anatomy import ORGANS, ellipsoid_solid, loop_edges
from support.reports import MAX, goal, phantom_report, result

from rtcheck.geometry.levels.level_lines import level_lines, simplified, thinned
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.report.charts.palette import line_styles
from rtcheck.report.slices import png
from rtcheck.report.slices.ct import read_ct
from rtcheck.report.slices.outlines import inside, outline
from rtcheck.report.slices.pictures import BUDGET_BYTES, Pictures, pictures_of
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.telling import telling_of
from rtcheck.results import Place

Points = NDArray[np.float64]


def area(line: Points) -> float:
    x, y = line.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def box(x: float, y: float, half: float, low: float, high: float) -> Slab:
    xs, ys = np.array([-1, 1, 1, -1]) * half + x, np.array([-1, -1, 1, 1]) * half + y
    return Slab(z_low_mm=low, z_high_mm=high, edges_mm=loop_edges(xs, ys))


def test_the_zero_line_of_a_round_field_is_the_circle() -> None:
    axis = np.arange(-30.0, 31.0)
    field = 20 - np.hypot(axis[None, :], axis[:, None])
    (line,) = level_lines(field, axis, axis)
    assert np.abs(np.hypot(line[:, 0], line[:, 1]) - 20).max() < 0.05  # linear interpolation on a 1 mm grid
    assert area(line) == pytest.approx(np.pi * 400, rel=2e-3)


def test_a_field_positive_up_to_the_rim_is_closed_along_the_rim() -> None:
    axis = np.arange(5.0)
    (line,) = level_lines(np.ones((5, 5)), axis, axis)
    assert area(line) == pytest.approx(16, abs=0.1)


def test_a_ring_has_two_lines_and_touching_corners_are_told_apart() -> None:
    axis = np.arange(-20.0, 21.0)
    radius = np.hypot(axis[None, :], axis[:, None])
    assert len(level_lines(np.minimum(15 - radius, radius - 5), axis, axis)) == 2
    saddle = np.array([[1.0, -2.0], [-2.0, 1.0]])
    assert len(level_lines(saddle, np.arange(2.0), np.arange(2.0))) == 2


def test_a_straight_side_keeps_only_its_ends() -> None:
    side = np.linspace(0, 10, 21)
    ring = np.concatenate([np.column_stack(p) for p in (
        (side, 0 * side), (0 * side + 10, side), (side[::-1], 0 * side + 10), (0 * side, side[::-1]))])  # fmt: skip
    assert area(simplified(ring, 0.1)) == pytest.approx(100)
    assert len(simplified(ring, 0.1)) <= 8


@pytest.mark.parametrize("count", [3, 4, 5, 99, 100, 1001])
def test_a_thinned_circle_stays_within_its_tolerance(count: int) -> None:
    angle = 2 * np.pi * np.arange(count) / count
    line = thinned(30 * np.column_stack([np.cos(angle), np.sin(angle)]), 0.1)
    assert len(line) <= (count if count < 1000 else 300)
    apart = np.hypot(*(line - np.roll(line, 1, axis=0)).T).max()
    sagitta = 30 - np.sqrt(30**2 - (apart / 2) ** 2)  # between two points of the circle itself
    assert sagitta <= max(0.1, 30 * (1 - np.cos(np.pi / count))) + 1e-9


def test_an_axial_cut_joins_edges_in_any_order_to_the_loops_they_make() -> None:
    slab = box(0, 0, 10, 0, 3)
    hole = box(2, 1, 4, 0, 3).edges_mm[:, [2, 3, 0, 1]]
    edges = np.concatenate([slab.edges_mm, hole])[[5, 0, 7, 2, 6, 1, 4, 3]]
    loops = outline(Solid(slabs=(Slab(z_low_mm=0, z_high_mm=3, edges_mm=edges),)), "axial", 1.0)
    assert sorted(area(loop) for loop in loops) == [64.0, 400.0]
    assert outline(Solid(slabs=(slab,)), "axial", 3.5) == []


def test_an_upright_cut_of_a_cylinder_is_its_rectangle() -> None:
    solid = Solid(slabs=tuple(box(0, 0, 10, z, z + 3) for z in (0.0, 3.0, 6.0)))
    for plane in ("coronal", "sagittal"):
        (line,) = outline(solid, plane, 2.0)  # type: ignore[arg-type]
        assert [*line.min(axis=0), *line.max(axis=0)] == pytest.approx([-10, 0, 10, 9], abs=1e-6)
        assert area(line) == pytest.approx(180, rel=0.01)


def test_an_upright_cut_runs_straight_between_slabs_of_different_width() -> None:
    solid = Solid(slabs=(box(0, 0, 10, 0, 3), box(0, 0, 20, 3, 6)))
    (line,) = outline(solid, "coronal", 0.0)
    at_the_seam = line[np.abs(line[:, 1] - 3) < 0.2]
    assert np.abs(at_the_seam[:, 0]).max() == pytest.approx(15, abs=1.0)  # half way between 10 and 20


def test_an_upright_cut_keeps_a_gap_and_two_branches_apart() -> None:
    gap = Solid(slabs=(box(0, 0, 10, 0, 3), box(0, 0, 10, 12, 15)))
    assert len(outline(gap, "coronal", 0.0)) == 2
    left, right = box(-20, 0, 5, 0, 3), box(20, 0, 5, 0, 3)
    both = Slab(z_low_mm=0, z_high_mm=3, edges_mm=np.concatenate([left.edges_mm, right.edges_mm]))
    assert len(outline(Solid(slabs=(both,)), "coronal", 0.0)) == 2


def test_inside_counts_holes_as_outside() -> None:
    ring = [
        np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=float),
        np.array([[4, 4], [6, 4], [6, 6], [4, 6]], dtype=float),
    ]
    nodes = np.arange(0.5, 10)
    assert inside(ring, nodes, nodes).sum() == 100 - 4


def decoded(content: bytes) -> tuple[int, int, bytes]:
    """Width, height and raw rows of a PNG, by the chunk layout of the specification."""
    width, height = struct.unpack(">II", content[16:24])
    at, packed = 8, b""
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    return width, height, zlib.decompress(packed)


def unfiltered(rows: bytes, width: int, height: int) -> Points:
    """The filters undone one byte after another, as the specification puts them."""
    out = np.zeros((height, width), dtype=np.int64)
    for y in range(height):
        kind, raw = rows[y * (width + 1)], rows[y * (width + 1) + 1 : (y + 1) * (width + 1)]
        for x in range(width):
            left, above = int(out[y, x - 1]) if x else 0, int(out[y - 1, x]) if y else 0
            corner = int(out[y - 1, x - 1]) if x and y else 0
            nearest = min((left, above, corner), key=lambda side: abs(left + above - corner - side))
            guess = (0, left, above, (left + above) // 2, nearest)[kind]
            out[y, x] = (raw[x] + guess) % 256
    return out


def test_a_grey_png_holds_the_pixels_that_went_in() -> None:
    rng = np.random.default_rng(5)
    pixels = (np.add.outer(np.arange(17), np.arange(23)) * 5 + rng.integers(0, 9, (17, 23))).astype(np.uint8)
    width, height, rows = decoded(png.grey_png(pixels))
    assert (width, height) == (23, 17)
    assert (unfiltered(rows, width, height) == pixels).all()


def test_an_indexed_png_packs_two_pixels_in_a_byte() -> None:
    pixels = np.array([[0, 1, 2], [3, 2, 1]], dtype=np.uint8)
    _, _, rows = decoded(png.indexed_png(pixels, [(0, 0, 0, 0)] * 4))
    assert rows == bytes([0, 0x01, 0x20, 0, 0x32, 0x10])
    with pytest.raises(ValueError, match="16"):
        png.indexed_png(pixels, [(0, 0, 0, 0)] * 17)


def write_ct(path: Path, z_mm: float, hounsfield: int, *, has_meta: bool = True, syntax: str = "") -> None:
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    slice_ = pydicom.Dataset()
    slice_.Modality, slice_.SOPClassUID, slice_.SOPInstanceUID = "CT", CTImageStorage, "1.2.3"
    slice_.ImageOrientationPatient, slice_.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-10, -5, z_mm]
    slice_.PixelSpacing, slice_.Rows, slice_.Columns = [1, 2], 11, 11
    slice_.BitsAllocated = slice_.BitsStored = 16
    slice_.HighBit, slice_.PixelRepresentation, slice_.SamplesPerPixel = 15, 1, 1
    slice_.PhotometricInterpretation, slice_.RescaleSlope, slice_.RescaleIntercept = "MONOCHROME2", 1, -1024
    slice_.PixelData = np.full((11, 11), hounsfield + 1024, dtype=np.int16).tobytes()
    if not has_meta:
        slice_.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
        return
    slice_.file_meta = FileMetaDataset()
    slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_.save_as(path, enforce_file_format=True)


def test_a_ct_is_windowed_and_black_away_from_its_slices(tmp_path: Path) -> None:
    for number, (z, value) in enumerate(((30.0, 400), (0.0, 40), (3.0, -1000))):
        write_ct(tmp_path / f"{number}.dcm", z, value)
    volume = read_ct(sorted(tmp_path.iterdir()))
    assert volume is not None
    x, y, z = np.zeros(4), np.zeros(4), np.array([0.4, 3.2, 30.0, 12.0])
    middle = 255 * (40 + 160) / 400  # of the window from -160 to 240 HU
    assert volume.sampled(x, y, z).tolist() == pytest.approx([middle, 0, 255, 0], abs=4)
    assert not volume.has_slice_at(12.0)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_a_ct_without_file_meta_is_drawn_like_any_other(tmp_path: Path, syntax: str) -> None:
    write_ct(tmp_path / "bare.dcm", 0.0, 40, has_meta=False, syntax=syntax)
    assert (tmp_path / "bare.dcm").read_bytes()[:1] == b"\x08"  # the data set itself: no preamble, no group 2
    volume = read_ct([tmp_path / "bare.dcm"])
    assert volume is not None
    assert set(volume.grey.ravel().tolist()) == {round(round(200 / 400 * 47) * 255 / 47)}  # 40 HU in 48 steps


def test_files_that_are_no_ct_slices_are_done_without(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"no DICOM at all")
    assert read_ct([tmp_path / "junk", tmp_path / "missing"]) is None
    write_ct(tmp_path / "far", 1e300, 40)
    assert read_ct([tmp_path / "far"]) is None


def test_a_damaged_slice_quotes_nothing_of_itself_in_a_warning(tmp_path: Path) -> None:
    write_ct(tmp_path / "slice.dcm", 0.0, 40)
    content = (tmp_path / "slice.dcm").read_bytes()
    charset = b"\x08\x00\x05\x00CS\x0a\x00ISO_I\x1b[31m"
    (tmp_path / "slice.dcm").write_bytes(content.replace(b"\x08\x00\x16\x00UI", charset + b"\x08\x00\x16\x00UI", 1))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert read_ct([tmp_path / "slice.dcm"]) is not None
    assert told == []


def test_a_ct_is_read_out_of_an_archive(tmp_path: Path) -> None:
    write_ct(tmp_path / "slice.dcm", 0.0, 40)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(tmp_path / "slice.dcm", "ct/slice.dcm")
    volume = read_ct([tmp_path / "export.zip" / "ct" / "slice.dcm"])
    assert volume is not None
    assert volume.z_mm.tolist() == [0.0]


@pytest.fixture(scope="module")
def shown() -> tuple[Pictures, tuple[Row, ...]]:
    report = phantom_report()
    rows = telling_of(report).rows
    drawings = report.drawings()
    pictures = pictures_of(report, rows, drawings, line_styles([d.name for d in drawings]))
    assert pictures is not None
    return pictures, rows


def test_each_failing_or_borderline_place_has_three_slices(shown: tuple[Pictures, tuple[Row, ...]]) -> None:
    pictures, rows = shown
    assert set(pictures.pictured) == {row.key for row in rows if row.word.kind in ("over", "edge", "var")}
    assert all(len(picture.views) == 3 for picture in (*pictures.main, *pictures.hottest))
    shown_at = [picture.title for picture in pictures.hottest]
    assert shown_at[0] == "PTV and GTV"  # their hottest point is one and the same
    assert len(shown_at) == len(ORGANS) - 1


def test_neighbouring_hot_spots_share_three_slices_and_name_each_limit() -> None:
    """Three places within 7 mm of the stomach's are on its slices; one 40 mm away has its own."""
    below = goal(MAX, "<", 54)
    hot = [
        result(name, below, 55.0, "violated", place=Place(position_mm=(2.0, -32.0 + y, 6.0), dose_gy=55.0))
        for name, y in (("Stomach", 0), ("Duodenum", 7), ("Liver-GTV", 4), ("Heart", 40))
    ]
    report = replace(phantom_report(), results=tuple(hot))
    rows, drawings = telling_of(report).rows, report.drawings()
    pictures = pictures_of(report, rows, drawings, line_styles([d.name for d in drawings]))
    assert pictures is not None
    near, far = pictures.main
    assert near.title == "; ".join(f"{name} Dmax < 54 Gy, 55.00 Gy" for name in ("Stomach", "Duodenum", "Liver-GTV"))
    assert near.said.endswith("; that of Duodenum 7 mm away; that of Liver-GTV 4 mm away")
    assert far.title.startswith("Heart")
    assert pictures.pictured == {"c1": "p1", "c2": "p1", "c3": "p1", "c4": "p2"}


def test_a_slice_has_letters_a_scale_and_the_cross(shown: tuple[Pictures, tuple[Row, ...]]) -> None:
    axial, coronal, sagittal = shown[0].main[0].views
    for view, letters in ((axial, "APRL"), (coronal, "SIRL"), (sagittal, "SIAP")):
        assert all(f">{letter}</text>" in view.svg for letter in letters)
        assert ">5 cm</text>" in view.svg
        assert 'class="x"' in view.svg
    assert axial.caption == "Axial, z +6 mm, seen from the feet"


def test_a_target_that_gets_too_little_is_shown_where_it_is_coldest(shown: tuple[Pictures, tuple[Row, ...]]) -> None:
    cold = next(picture for picture in shown[0].main if picture.title.startswith("PTV"))
    assert cold.said.startswith("coldest point")
    assert 'class="cold"' in cold.views[0].svg
    assert 'class="ov"' not in cold.views[0].svg


def test_pictures_keep_their_share_of_the_page(shown: tuple[Pictures, tuple[Row, ...]]) -> None:
    pictures = shown[0]
    assert sum(len(v.svg) for picture in (*pictures.main, *pictures.hottest) for v in picture.views) <= BUDGET_BYTES


def test_an_empty_solid_has_no_outline() -> None:
    assert outline(Solid(), "coronal", 0.0) == []
    assert outline(ellipsoid_solid(ORGANS[0]), "sagittal", 500.0) == []
