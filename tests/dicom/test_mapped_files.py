"""Large files are mapped instead of read: the same case, in the memory of one array of single precision."""

import mmap

import numpy as np
import pytest
from support.samples import PASSES

from rtcheck.dicom import read_case
from rtcheck.dicom.finding import digests, sources


def test_a_mapped_file_gives_the_same_case(monkeypatch):
    read = read_case(PASSES)
    monkeypatch.setattr(sources, "MAPPED_FROM_BYTES", 0)
    monkeypatch.setattr(digests, "HASHED_AT_ONCE_BYTES", 10_000)
    mapped = read_case(PASSES)
    assert [source.sha256 for source in mapped.sources] == [source.sha256 for source in read.sources]
    np.testing.assert_array_equal(mapped.dose.dose_gy, read.dose.dose_gy)
    for roi in read.structures.rois:
        ours, its = mapped.structures.load(roi.number), read.structures.load(roi.number)
        for one, other in zip(ours.contours, its.contours, strict=True):
            np.testing.assert_array_equal(one.vertices_mm, other.vertices_mm)


def test_only_large_ordinary_files_are_mapped(monkeypatch):
    location = sources.locate(PASSES / "dose.dcm")
    assert isinstance(sources.read_dicom(location).content, bytes)
    monkeypatch.setattr(sources, "MAPPED_FROM_BYTES", 1)
    assert isinstance(sources.read_dicom(location).content, mmap.mmap)


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system cannot let go of mapped memory")
def test_what_was_let_go_of_a_mapped_file_can_be_read_again(tmp_path):
    from rtcheck.dicom.encoding.elements import release

    path = tmp_path / "file"
    path.write_bytes(b"abc" * 10_000)
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[3:6] == b"abc"
        release(mapped)
        assert mapped[3:6] == b"abc"
