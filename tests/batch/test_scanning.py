"""Headers kept for the next run: images that have not changed are not opened again, plans and doses always are."""

import os
import shutil

import pytest
from support.samples import PASSES

from rtcheck.batch import scanning
from rtcheck.batch.scanning import look_at, scanned
from rtcheck.dicom.finding.folder import scan


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "plans"
    shutil.copytree(PASSES, root / "a")
    (root / "b").mkdir()
    (root / "b" / "notes.txt").write_text("no DICOM")
    (root / "b" / "cut.dcm").write_bytes((PASSES / "dose.dcm").read_bytes()[:600])
    shutil.make_archive(str(root / "zipped"), "zip", PASSES)
    return root


@pytest.fixture
def opened(monkeypatch):
    """The names of the files that are opened."""
    names = []
    real = look_at

    def watched(paths):
        paths = list(paths)
        names.extend(os.path.basename(path) for path in paths)
        return real(paths)

    monkeypatch.setattr(scanning, "look_at", watched)
    return names


def run_once(root, folder):
    """A run that keeps what it sees."""
    files = scanned(root, folder, processes=1)
    files.keep(folder)
    return files.found


def told(found):
    return found.headers, [(str(place), error.code) for place, error in found.skipped]


def test_the_first_and_the_second_run_give_what_a_plain_scan_gives(root, tmp_path, opened):
    plain = told(scan(root))
    assert len(plain[1]) == 2
    for _ in range(2):
        assert told(run_once(root, tmp_path)) == plain
    assert told(scanned(root, None, processes=1).found) == plain


def test_the_second_run_opens_all_but_the_images(root, tmp_path, opened):
    run_once(root, tmp_path)
    first, opened[:] = sorted(opened), []
    run_once(root, tmp_path)
    assert len(first) == 14  # nine slices, three RT objects, two others
    assert sorted(opened) == ["cut.dcm", "dose.dcm", "notes.txt", "plan.dcm", "struct.dcm"]


def test_images_share_the_texts_that_are_the_same_in_all(root, tmp_path):
    """They are most of the memory of a run over very many files: each text once in place of once for each file."""
    for _ in range(2):
        images = [
            each for each in run_once(root, tmp_path).headers if each.role == "image" and not each.location.member
        ]
        assert len(images) == 9
        for texts in ([each.series_uid for each in images], [each.patient[0] for each in images]):
            assert len(set(map(id, texts))) == 1


def test_an_image_that_another_file_has_replaced_is_opened_even_if_size_and_time_are_the_same(root, tmp_path, opened):
    run_once(root, tmp_path)
    image = root / "a" / "ct_01.dcm"
    status, content = image.stat(), bytearray(image.read_bytes())
    place = content.index(b"2.25.", 400)
    content[place + 6] ^= 1  # another digit of a UID
    image.write_bytes(content)
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (image.stat().st_size, image.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    opened[:] = []
    assert told(run_once(root, tmp_path)) == told(scan(root))
    assert "ct_01.dcm" in opened
    assert "ct_02.dcm" not in opened


def test_a_damaged_file_of_kept_headers_costs_nothing_but_time(root, tmp_path):
    (tmp_path / scanning.FILE_NAME).write_bytes(b"no database" * 99)
    assert told(run_once(root, tmp_path)) == told(scan(root))
