"""What the kernel reads of files against the Python that reads all files: same contours, doses and errors."""

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.kernels import in_numpy, needs_compiled

from rtcheck.dicom.contour_data import LARGEST_COORDINATE_MM, first_z_mm, read_lists
from rtcheck.dicom.encoding.contour_items import contour_items
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.elements import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, elements_of
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.rtdose import scale_frames, scale_frames_in_numpy
from rtcheck.dicom.slice_positions import _images_of
from rtcheck.errors import DicomError
from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel import reading

pytestmark = needs_compiled

ENCODINGS = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)
UNDEFINED = 0xFFFF_FFFF
LONG = ("SQ", "UN", "OB")


def element(encoding, tag, vr, value=b"", *, length=None):
    """The bytes of one element; `length` replaces that of the value."""
    order, size = encoding.byte_order, len(value) if length is None else length
    head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if not encoding.is_explicit or tag >> 16 == 0xFFFE:
        return head + struct.pack(f"{order}I", size) + value
    if vr in LONG:
        return head + vr.encode() + struct.pack(f"{order}HI", 0, size) + value
    return head + vr.encode() + struct.pack(f"{order}H", size) + value


def sequence(encoding, tag, items, *, is_undefined, vr="SQ"):
    """A sequence and its items, all of defined or all of undefined length."""
    whole = b"".join(item(encoding, each, is_undefined=is_undefined) for each in items)
    if not is_undefined:
        return element(encoding, tag, vr, whole)
    return element(encoding, tag, vr, whole + element(encoding, 0xFFFEE0DD, ""), length=UNDEFINED)


def item(encoding, content, *, is_undefined):
    if not is_undefined:
        return element(encoding, 0xFFFEE000, "", content)
    return element(encoding, 0xFFFEE000, "", content + element(encoding, 0xFFFEE00D, ""), length=UNDEFINED)


@st.composite
def images(draw, encoding):
    """A ContourImageSequence of none to two images, some with elements twice or out of order."""
    uids = draw(st.lists(st.sampled_from([b"1.2.3", b"1.2.3.4\0", b"", b" 1.2\x01"]), max_size=2))
    entries = []
    for uid in uids:
        parts = [element(encoding, 0x00081150, "UI", b"1.2"), element(encoding, 0x00081155, "UI", uid)]
        entries.append(b"".join(draw(st.sampled_from([parts, parts[::-1], parts * 2, parts[:1]]))))
    vr = draw(st.sampled_from(["SQ", "SQ", "SQ", "UN", "OB"]))
    return sequence(encoding, 0x30060016, entries, is_undefined=draw(st.booleans()) and vr == "SQ", vr=vr)


z_texts = st.sampled_from(["5", "-7.500", "0", "-0.0", "5.0004", "1e1", "2.00049999"])
coordinates = st.one_of(st.floats(-500, 500).map(lambda value: f"{value:.2f}"), st.integers(-9, 9).map(str))


@st.composite
def contour_texts(draw):
    """ContourData that is plain in most cases, and how many points it has."""
    z_text = draw(z_texts)
    points = draw(st.lists(st.tuples(coordinates, coordinates), max_size=5))
    numbers = [text for x, y in points for text in (x, y, z_text)]
    if numbers and draw(st.integers(0, 4)) == 0:
        numbers[draw(st.integers(0, len(numbers) - 1))] = draw(
            st.sampled_from(["5.05", "7", "20000", "1e400", "", "nan", "1,5", "1_0", " 3 ", "3.14159265358979323846"])
        )
    pad = draw(st.sampled_from(["", " ", "\0", "  "]))
    return (draw(st.sampled_from(["", "", " "])) + "\\".join(numbers) + pad).encode(), len(points)


@st.composite
def contours(draw, encoding):
    """The content of one item of a ContourSequence; now and then unusual, or damaged."""
    text, points = draw(contour_texts())
    stated = draw(st.sampled_from([f"{points}"] * 6 + ["", "3 ", "+3", "99999999999", "4.5"])).encode()
    kinds = ["CLOSED_PLANAR"] * 5 + [
        "CLOSEDPLANAR_XOR",
        "CLOSED_PLANAR_XOR",
        "POINT",
        "OPEN_PLANAR",
        "closed_planar ",
        "",
    ]
    parts = [
        element(encoding, 0x30060042, "CS", draw(st.sampled_from(kinds)).encode()),
        element(encoding, 0x30060046, "IS", stated),
        element(encoding, 0x30060050, "DS", text),
    ]
    if draw(st.booleans()):
        parts.insert(0, draw(images(encoding)))
    if draw(st.integers(0, 3)) == 0:
        thickness = draw(st.sampled_from([b"3", b"2.5 ", b"3\\3", b"", b" ", b"-1", b"thick"]))
        parts.insert(-2, element(encoding, 0x30060044, "DS", thickness))
    if draw(st.integers(0, 5)) == 0:
        parts.insert(
            -2, element(encoding, 0x30060045, "DS", draw(st.sampled_from([b"", b"0\\0\\0", b"0\\0\\5", b"?"])))
        )
    if draw(st.integers(0, 9)) == 0:
        parts = draw(st.permutations(parts))
    if draw(st.integers(0, 9)) == 0:
        parts.append(parts[draw(st.integers(0, len(parts) - 1))])
    if draw(st.integers(0, 9)) == 0:
        parts.append(element(encoding, 0x30070010, draw(st.sampled_from(["UN", "OB", "ZZ"])), b"any."))
    return b"".join(parts)


@st.composite
def rois(draw, *, is_damaged):
    """An item of ROIContourSequence in an encoding, some with bytes changed or cut off."""
    encoding = draw(st.sampled_from(ENCODINGS))
    items = draw(st.lists(contours(encoding), max_size=4))
    content = bytearray(sequence(encoding, 0x30060040, items, is_undefined=draw(st.booleans())))
    if is_damaged and draw(st.booleans()):
        for place in draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
            content[place] = draw(st.integers(0, 255))
        content = content[: draw(st.sampled_from([len(content), draw(st.integers(0, len(content)))]))]
    return encoding, bytes(content)


def outcome(action):
    try:
        return action()
    except DicomError as error:
        return error.code, str(error)


def read(encoding, content):
    """All that is read of an ROI's contours, as values that compare; errors as their code and text."""
    roi = outcome(lambda: DataSet(content, 0, len(content), encoding))
    lists = roi if isinstance(roi, tuple) else outcome(lambda: contour_items(roi))
    if isinstance(lists, tuple):
        return lists
    findings = Findings()

    def drawn():
        found = read_lists([lists], "Liver", findings)
        outlines = [(each.vertices_mm.tobytes(), each.is_xor) for each in found.contours]
        assert not any(each.vertices_mm.flags.writeable for each in found.contours)
        marks = [(each.z_mm, each.points_mm.tobytes(), each.is_open) for each in found.marks]
        return outlines, found.slab_thickness_mm, marks

    z_mm, of_images = outcome(lambda: list(first_z_mm(lists))), outcome(lambda: list(_images_of(lists)))
    return len(lists), outcome(drawn), findings.notices, z_mm, of_images


@given(rois(is_damaged=False))
@settings(max_examples=300)
def test_contours_are_the_same_to_the_last_bit(roi):
    ours = read(*roi)
    with in_numpy():
        assert ours == read(*roi)


@given(rois(is_damaged=True))
@settings(max_examples=500)
def test_damaged_contours_are_refused_alike(roi):
    ours = read(*roi)
    with in_numpy():
        assert ours == read(*roi)


@pytest.mark.parametrize("encoding", ENCODINGS[:2])
@pytest.mark.parametrize("is_undefined", [False, True])
def test_plain_contours_are_read_at_once(encoding, is_undefined):
    content = b"".join([
        sequence(encoding, 0x30060016, [element(encoding, 0x00081155, "UI", b"1.2.3\0")], is_undefined=is_undefined),
        element(encoding, 0x30060042, "CS", b"CLOSED_PLANAR "),
        element(encoding, 0x30060046, "IS", b"3 "),
        element(encoding, 0x30060050, "DS", b"0\\0\\5\\9\\0\\5\\9\\9\\5 "),
    ])  # fmt: skip
    whole = sequence(encoding, 0x30060040, [content] * 3, is_undefined=is_undefined)
    table = contour_items(DataSet(whole, 0, len(whole), encoding)).table
    assert table is not None
    assert table.is_plain
    found = table.points(largest_mm=LARGEST_COORDINATE_MM)
    assert found is not None
    points_mm, ends, z_mm = found
    assert points_mm.tolist() == [[0, 0, 5], [9, 0, 5], [9, 9, 5]] * 3
    assert (ends.tolist(), z_mm.tolist(), table.first_z_mm) == ([3, 6, 9], [[5, 5, 5]] * 3, [5, 5, 5])
    assert [table.image_uid(number) for number in range(3)] == ["1.2.3"] * 3


ODD_NUMBERS = (
    "10000", "10000.01", "-10000.01", "4.9", "5.1001", "5.00049", "-0", "1e1", "", "nan", "5" * 16, "1" + " " * 80,
    "+5", "5.", ".5", "5,5", "5.0000000000000001",
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD_NUMBERS)
@pytest.mark.parametrize("place", range(9))
def test_one_odd_number_in_a_plain_contour_is_read_alike(odd, place):
    numbers = ["0", "0", "5", "9", "0", "5", "9", "9", "5"]
    numbers[place] = odd
    content = element(IMPLICIT_LITTLE, 0x30060042, "CS", b"CLOSED_PLANAR")
    content += element(IMPLICIT_LITTLE, 0x30060046, "IS", b"3")
    content += element(IMPLICIT_LITTLE, 0x30060050, "DS", "\\".join(numbers).encode())
    whole = sequence(IMPLICIT_LITTLE, 0x30060040, [content], is_undefined=False)
    ours = read(IMPLICIT_LITTLE, whole)
    with in_numpy():
        assert ours == read(IMPLICIT_LITTLE, whole)


@given(st.sampled_from(ENCODINGS), st.integers(0, 20), st.booleans(), st.data())
@settings(max_examples=200)
@example(EXPLICIT_LITTLE, 16, True, None)
@example(EXPLICIT_LITTLE, 17, True, None)
def test_elements_are_the_same_and_damage_is_refused_alike(encoding, depth, is_undefined, data):
    content = b""
    for _ in range(depth):
        content = sequence(encoding, 0x300A0010, [content, b""], is_undefined=is_undefined)
    whole, until = bytearray(element(encoding, 0x00080060, "CS", b"RT") + content), None
    if data is not None:
        for tag in data.draw(st.lists(st.sampled_from([0x00080005, 0x300A0020, 0x300A0010, 0xFFFEE00D]), max_size=3)):
            whole += element(encoding, tag, data.draw(st.sampled_from(["CS", "UN", "OB", "ZZ"])), b"ANY ")
        whole += data.draw(st.sampled_from([b"", bytes(2), bytes(7), bytes(8), b"\1\2"]))
        for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=2)):
            whole[place] = data.draw(st.integers(0, 255))
        whole = whole[: data.draw(st.sampled_from([len(whole), data.draw(st.integers(0, len(whole)))]))]
        until = data.draw(st.sampled_from([None, 0x300A0010, 0x00080061, 0xFFFF_FFFF]))
    parts = bytes(whole), 0, len(whole), encoding
    ours = outcome(lambda: list(elements_of(*parts, until=until).items()))
    with in_numpy():
        assert ours == outcome(lambda: list(elements_of(*parts, until=until).items()))


@given(st.binary(max_size=40), st.sampled_from(ENCODINGS), st.sampled_from([None, 0x0003_0000]))
@settings(max_examples=200)
@example(b"\x02\0\x10", EXPLICIT_LITTLE, 0x0003_0000)
def test_arbitrary_bytes_are_read_or_refused_alike(content, encoding, until):
    ours = outcome(lambda: list(elements_of(content, 0, len(content), encoding, until=until).items()))
    with in_numpy():
        assert ours == outcome(lambda: list(elements_of(content, 0, len(content), encoding, until=until).items()))


@given(
    st.sampled_from(["<u2", "<i2", "<u4", "<i4", ">u4", ">i2"]), st.integers(1, 70), st.integers(0, 3),
    st.floats(1e-12, 1e6), st.booleans(), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=200)
def test_doses_are_scaled_to_the_same_bits(kind, count, offset, scaling, is_small, seed):
    dtype = np.dtype(kind)
    raw = np.random.default_rng(seed).bytes(count * dtype.itemsize)
    stored = np.frombuffer(b"\0" * offset + raw, dtype=dtype, offset=offset)
    if is_small:
        stored = stored // 4
    ours, reference = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.float32)
    assert scale_frames(stored, scaling, ours) == scale_frames_in_numpy(stored, scaling, reference)
    assert ours.tobytes() == reference.tobytes()


def test_doses_in_another_order_are_scaled_by_numpy():
    stored, out = np.arange(12, dtype=np.uint32).reshape(3, 4), np.empty((4, 3), dtype=np.float32)
    assert reading.scaled(stored, 2.0, out.T) is None
    assert scale_frames(stored, 2.0, out.T) == (0, 11)
    np.testing.assert_array_equal(out.T, 2 * stored)


def test_parts_outside_a_buffer_are_refused():
    row = np.array([[0, 90, 1, 3, 0, 91, 0, 0, 1]], dtype=np.int64)
    with pytest.raises(ValueError, match="outside its buffer"):
        _kernel.native.points(bytes(90), row, 1.0, np.empty((3, 3)), np.empty((1, 3)))
    with pytest.raises(ValueError, match="outside its buffer"):
        _kernel.native.end_of_sequence(bytes(90), 80, 91, True, 0)
    with pytest.raises(ValueError, match="outside its buffer"):
        _kernel.native.contours(bytes(90), -1, 90, True, row, np.empty((1, 2)))
    with pytest.raises(ValueError, match="too short"):
        _kernel.native.points(bytes(90), row, 1.0, np.empty((3, 3)), np.empty((0, 3)))
