"""The element parser: the same elements as pydicom finds, and no damage that goes unnoticed."""

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian
from support.real_data import REAL_DICOM, needs_real_dicom

from rtcheck.conformance.phantom import dose_dataset, plan_dataset, structures_dataset, write_file
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from rtcheck.dicom.finding.sources import Location, parse_dataset, read_dicom
from rtcheck.errors import DicomError


def _agrees(ours: DataSet, theirs: pydicom.Dataset) -> None:
    their_tags = list(theirs.keys())
    assert sorted(ours.elements) == sorted(map(int, their_tags))
    for tag in their_tags:
        element = theirs.get_item(tag)
        if getattr(element, "VR", None) == "SQ" or isinstance(theirs[tag].value, pydicom.Sequence):
            items = list(ours.items(int(tag)))
            assert len(items) == len(theirs[tag].value)
            for mine, other in zip(items, theirs[tag].value, strict=True):
                _agrees(mine, other)
        elif isinstance(element.value, bytes) and int(tag) != tags.PIXEL_DATA:
            assert ours.raw(int(tag)).rstrip(b"\0 ") == element.value.rstrip(b"\0 ")


@needs_real_dicom
@pytest.mark.parametrize("name", ["breast_eclipse/rtplan.dcm", "brain_pinnacle/RP.dcm", "headneck_pinnacle/RS.dcm",
                                  "prostate_pinnacle/rtss.dcm", "breast_eclipse/rtdose.dcm", "odd_files/rtstruct.dcm",
                                  "odd_files/rtdose_expb.dcm", "odd_files/rtdose_rle.dcm"])  # fmt: skip
def test_real_files_have_the_elements_that_pydicom_finds(name: str) -> None:
    ours = read_dicom(Location(REAL_DICOM / name)).dataset
    _agrees(ours, pydicom.dcmread(REAL_DICOM / name, force=True))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_every_encoding_has_the_elements_that_pydicom_finds(syntax: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.dcm"
    write_file(plan_dataset(), path, syntax)
    _agrees(read_dicom(Location(path)).dataset, pydicom.dcmread(path))


def _bytes_of(dataset: pydicom.Dataset) -> bytes:
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    return stream.getvalue()


def _refusal(content: bytes) -> str:
    """The code with which a file's bytes are refused, "" where they are not. Nothing else may be raised."""
    try:
        parse_dataset(content)
    except DicomError as error:
        return error.code
    return ""


PLAN = _bytes_of(plan_dataset())


@given(st.integers(min_value=1, max_value=len(PLAN) - 1))
@settings(max_examples=200)
def test_a_file_cut_off_anywhere_but_between_elements_is_refused(length: int) -> None:
    """Between two elements of the outermost level a cut leaves a well-formed, shorter data set."""
    whole = parse_dataset(PLAN)[0]
    ends = {element.end for element in whole.elements.values()}
    is_between_elements = length in ends
    assert _refusal(PLAN[:length]) in ({""} if is_between_elements else {"file.truncated", "file.not-dicom"})


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_arbitrary_bytes_are_parsed_or_refused(content: bytes) -> None:
    for start in (b"", b"\x08\x00", b"\0" * 128 + b"DICM"):
        assert _refusal(start + content) in {"", "file.truncated", "file.damaged", "file.not-dicom"}


def test_sequences_without_end_are_refused_at_a_depth() -> None:
    level = struct.pack("<HHI", 0x300A, 0x0070, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(DicomError, match="deep"):
        DataSet(level * 5000, 0, len(level) * 5000, IMPLICIT_LITTLE)


def test_a_data_set_of_endless_elements_is_refused() -> None:
    content = b"".join(struct.pack("<HHI", 0x0009, number, 0) for number in range(30_000))
    with pytest.raises(DicomError, match="more than"):
        DataSet(content, 0, len(content), IMPLICIT_LITTLE)


def test_an_unknown_value_representation_is_refused() -> None:
    content = struct.pack("<HH2sH", 0x0008, 0x0060, b"Q!", 2) + b"CT"
    with pytest.raises(DicomError, match="value representation"):
        DataSet(content, 0, len(content), EXPLICIT_LITTLE)


def test_a_sequence_of_unknown_vr_is_read_as_implicit_little_endian() -> None:
    inner = struct.pack("<HHI", 0x300A, 0x0078, 2) + b"25"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    content = struct.pack("<HH2sHI", 0x300A, 0x0070, b"UN", 0, len(item)) + item
    dataset = DataSet(content, 0, len(content), EXPLICIT_LITTLE)
    assert [group.whole_number(tags.NUMBER_OF_FRACTIONS_PLANNED) for group in dataset.items(0x300A0070)] == [25]


def test_an_uncompressed_dose_is_read_without_a_copy_of_its_pixels(tmp_path: Path) -> None:
    """Peak: the file's bytes, the dose as float32, and little more."""
    from rtcheck.dicom.findings import Findings
    from rtcheck.dicom.rtdose import read_dose

    dose = dose_dataset()
    frames = 400
    dose.NumberOfFrames = frames
    dose.GridFrameOffsetVector = [4.0 * k for k in range(frames)]
    dose.PixelData = np.full((frames, dose.Rows, dose.Columns), 25_000, "<u2").tobytes()
    path = tmp_path / "dose.dcm"
    write_file(dose, path)
    size = path.stat().st_size
    tracemalloc.start()
    grid = read_dose(read_dicom(Location(path)), Findings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grid.dose_gy.nbytes == 2 * frames * dose.Rows * dose.Columns * 2
    assert peak < 1.3 * (size + grid.dose_gy.nbytes)


def test_deflated_content_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("rtcheck.dicom.finding.sources.MAX_UNPACKED_BYTES", 100_000)
    structures = structures_dataset()
    structures.StructureSetDescription = "x" * 1_000
    structures.add_new(0x00091010, "LO", "rtcheck")
    structures.add_new(0x00091011, "OB", bytes(10_000_000))
    path = tmp_path / "struct.dcm"
    write_file(structures, path, DeflatedExplicitVRLittleEndian)
    assert path.stat().st_size < 100_000
    with pytest.raises(DicomError, match="too large"):
        read_dicom(Location(path))
