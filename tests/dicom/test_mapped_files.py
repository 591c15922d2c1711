"""Large files are mapped instead of read: the same case, in the memory of one array of single precision."""

import hashlib
import mmap

import numpy as np
import pytest
from support.samples import PASSES

from rtcheck.dicom import read_case
from rtcheck.dicom.encoding.elements import OwnMemory, release
from rtcheck.dicom.finding import digests, sources

LARGE_PAGES = pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="this system has no large pages")


@pytest.mark.parametrize("kind", ["MAPPED_FROM_BYTES", pytest.param("IN_LARGE_PAGES_FROM_BYTES", marks=LARGE_PAGES)])
def test_a_large_file_gives_the_same_case(monkeypatch, kind):
    read = read_case(PASSES)
    monkeypatch.setattr(sources, "IN_LARGE_PAGES_FROM_BYTES", 0)
    monkeypatch.setattr(sources, kind, 0)
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
    monkeypatch.setattr(sources, "IN_LARGE_PAGES_FROM_BYTES", 1)
    monkeypatch.setattr(sources, "MAPPED_FROM_BYTES", 1)
    assert type(sources.read_dicom(location).content) is mmap.mmap


@LARGE_PAGES
def test_bytes_in_large_pages_are_those_of_the_file_whatever_becomes_of_it(monkeypatch, tmp_path):
    path = tmp_path / "dose.dcm"
    content = (PASSES / "dose.dcm").read_bytes()
    path.write_bytes(content)
    monkeypatch.setattr(sources, "IN_LARGE_PAGES_FROM_BYTES", 1)
    file = sources.read_dicom(sources.locate(path))
    assert isinstance(file.content, OwnMemory)
    path.write_bytes(b"")
    release(file.content)
    assert file.content[:] == content
    assert file.sha256 == hashlib.sha256(content).hexdigest()


@LARGE_PAGES
def test_a_file_that_ends_before_its_size_is_left_to_ordinary_reading(monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with open(path, "rb", buffering=0) as stream:
        assert sources._in_large_pages(stream, 10) is None


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system cannot let go of mapped memory")
def test_what_was_let_go_of_a_mapped_file_can_be_read_again(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 10_000)
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[3:6] == b"abc"
        release(mapped)
        assert mapped[3:6] == b"abc"
