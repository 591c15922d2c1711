"""Files and folders that are made to hang, to fill the memory or to steer a terminal: refused or passed over."""

import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian
from support.phantom_case import read_phantom, warnings_of, write_phantom

from rtcheck.atomic_write import write_aside
from rtcheck.conformance.phantom import PhantomSet, contour, image_dataset, item, write_file
from rtcheck.dicom import read_case
from rtcheck.dicom.finding.folder import scan
from rtcheck.dicom.finding.sources import Location, locate, parse_dataset
from rtcheck.errors import DicomError, UsageError

MEBIBYTE = 1024**2
# A private element in explicit little endian that claims 1.9 GB, before the frame of reference.
LONG_BEGINNING = bytes(128) + b"DICM" + struct.pack("<HH2sHI", 9, 0x1010, b"OB", 0, 1_900_000_000)
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")


def _deflated_bomb(path: Path, megabytes: int) -> None:
    """The file at a path, deflated, followed by an element of so many megabytes of zeros."""
    content = path.read_bytes()
    start = 132 + 12 + int.from_bytes(content[140:144], "little")  # behind the file meta group (PS3.10 7.1)
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [squeezer.compress(zlib.decompress(content[start:], -zlib.MAX_WBITS))]
    parts.append(squeezer.compress(struct.pack("<HH2sHI", 0x7FE1, 0x1010, b"OB", 0, megabytes * 10**6)))
    parts += [squeezer.compress(bytes(10**6)) for _ in range(megabytes)]
    path.write_bytes(content[:start] + b"".join(parts) + squeezer.flush())


def _peak_bytes_of_scan(folder: Path) -> int:
    tracemalloc.start()
    scan(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_deflated_file_that_grows_beyond_the_bound_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtcheck.dicom.finding.sources.MAX_UNPACKED_BYTES", 20 * MEBIBYTE)
    bomb = tmp_path / "bomb.dcm"
    write_file(image_dataset(0.0, 1), bomb, DeflatedExplicitVRLittleEndian)
    _deflated_bomb(bomb, 200)
    content = bomb.read_bytes()
    tracemalloc.start()
    with pytest.raises(DicomError, match="too large"):
        parse_dataset(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * MEBIBYTE


def test_the_header_of_a_deflated_file_is_read_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    write_file(image_dataset(0.0, 1), path, DeflatedExplicitVRLittleEndian)
    _deflated_bomb(path, 60)
    assert [header.role for header in scan(tmp_path).headers] == ["image"]


def test_a_header_that_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    with open(tmp_path / "sparse.dcm", "wb") as file:
        file.write(LONG_BEGINNING)
        file.truncate(2_000_000_000)
    assert _peak_bytes_of_scan(tmp_path) < 40 * MEBIBYTE
    assert [error.code for _, error in scan(tmp_path).skipped] == ["file.truncated"]


def test_an_archives_member_that_never_ends_is_not_unpacked_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.dcm", "w") as member:
        member.write(LONG_BEGINNING)
        for _ in range(100):
            member.write(bytes(10**6))
    assert _peak_bytes_of_scan(tmp_path) < 40 * MEBIBYTE


@pipes
def test_a_pipe_that_calls_itself_an_archive_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "export.zip")
    with pytest.raises(DicomError, match="not a regular file"):
        read_case(tmp_path / "export.zip")
    with pytest.raises(DicomError, match="not a regular file"):
        Location(tmp_path / "export.zip", "plan.dcm").read()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_itself_is_no_file(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "loop").symlink_to("loop")
    (folder / "zero.dcm").symlink_to("/dev/zero")
    assert len(scan(folder).headers) == 3


def test_names_that_no_file_can_have_are_missing_files() -> None:
    for name in ("a" * 300, "a/" * 3_000, "a" * 300 + ".zip/plan.dcm", "a\0b"):
        with pytest.raises(UsageError, match="no such file") as caught:
            locate(name)
        assert len(str(caught.value)) < 400


def test_a_file_that_vanishes_while_the_folder_is_searched_is_passed_over(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "z.dcm").write_bytes((folder / "plan.dcm").read_bytes())
    found = scan(folder, progress=lambda *_: (folder / "z.dcm").unlink(missing_ok=True))
    assert len(found.headers) == 3
    assert [error.code for _, error in found.skipped] == ["file.unreadable"]


def test_an_archives_member_cannot_stand_for_a_file_outside(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in folder.iterdir():
            archive.writestr(zipfile.ZipInfo(str(path)), path.read_bytes())
    case = read_case(tmp_path / "export.zip")
    assert [str(source.path) for source in case.sources] == [
        f"{tmp_path}/export.zip{folder}/{name}.dcm" for name in ("plan", "dose", "struct")
    ]


@pytest.mark.parametrize(
    ("kind", "why"), [("nested", "inside an archive"), ("encrypted", "is encrypted"), ("cut off", "not a zip file")]
)
def test_an_archive_that_cannot_be_opened_says_why(kind: str, why: str, tmp_path: Path) -> None:
    inner, path = tmp_path / "inner.zip", tmp_path / "export.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("plan.dcm", b"x" * 1_000)
    content = bytearray(inner.read_bytes())
    if kind == "nested":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(inner, "inner.zip")
    elif kind == "encrypted":
        content[6] |= 1  # the flag in the local header, and in the directory
        content[content.index(b"PK\1\2") + 8] |= 1
        path.write_bytes(content)
    else:
        path.write_bytes(content[:-60])
    with pytest.raises(
        DicomError, match={"nested": "inside an archive", "encrypted": "encrypted"}.get(kind, "not a zip")
    ):
        read_case(path)


def test_a_damaged_copy_of_a_file_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "z.dcm").write_bytes((folder / "dose.dcm").read_bytes()[:5_000])
    assert warnings_of(read_case(folder)) == {"folder.damaged"}


def test_what_steers_a_terminal_is_spelled_out_in_file_names_and_left_out_of_codes(tmp_path: Path) -> None:
    image = image_dataset(0.0, 1)
    image.SOPClassUID = "1.2.3"
    path = tmp_path / "\x1b[31mred\x07\u202e.dcm"
    write_file(image, path)
    path.write_bytes(path.read_bytes().replace(b"CS\x02\x00CT", b"CS\x02\x00\x1bT"))
    with pytest.raises(DicomError, match="modality T") as caught:
        read_case(path)
    assert "\\x1b[31mred\\x07\\u202e.dcm: " in str(caught.value)
    assert not {"\x1b", "\x07", "\u202e"} & set(str(caught.value))


def test_the_command_line_spells_out_control_characters_of_its_arguments(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rtcheck", "dvh", str(tmp_path / "\x1b[2J\x9b31m")]
    found = subprocess.run(command, capture_output=True, check=False)
    assert found.returncode == 2
    assert b"\\x1b[2J\\x9b31m" in found.stderr
    assert b"\x1b" not in found.stderr


def test_the_command_line_quotes_no_file_by_the_warnings_of_a_library(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    content = (folder / "dose.dcm").read_bytes()
    (folder / "dose.dcm").write_bytes(content.replace(b"ISO_IR 192", b"IS\x1b[31m192"))
    command = [sys.executable, "-m", "rtcheck", "check", str(folder), "--protocol", "quantec", "--cross-check"]
    found = subprocess.run(command, capture_output=True, check=False)
    assert found.returncode in (0, 1, 3)
    assert found.stderr == b""
    assert b"\x1b" not in found.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes there")
def test_reports_of_a_folder_whose_name_is_no_utf_8_can_be_written(tmp_path: Path) -> None:
    write_aside("set \udcff", tmp_path / "report.json")
    assert (tmp_path / "report.json").read_bytes() == b"set \\udcff"
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/\xff"))
    assert read_case(write_phantom(folder)).dose is not None


def test_a_tangle_of_two_thousand_random_points_leaves_its_structure_without_value(tmp_path: Path) -> None:
    import random

    from rtcheck import measure_structures, parse_metric

    rng = random.Random(1)
    tangle = [(rng.uniform(-80, 80), rng.uniform(-80, 80)) for _ in range(2_000)]

    def change(phantom):  # type: ignore[no-untyped-def]
        phantom.structures.ROIContourSequence[2].ContourSequence[5] = contour(tangle, -34.5)

    rows = measure_structures(read_phantom(tmp_path / "set", change), [parse_metric("Dmax")]).structures
    assert [row.metrics["Dmax"].value is None for row in rows] == [False, False, True, False, False]


def _dvh(**elements: object) -> object:
    included = item(DVHROIContributionType="INCLUDED", ReferencedROINumber=1)
    plain = {"DVHType": "CUMULATIVE", "DoseUnits": "GY", "DVHDoseScaling": 1, "DVHVolumeUnits": "CM3"}
    return item(**(plain | elements), DVHReferencedROISequence=[included])


def test_stored_dvhs_that_are_damaged_are_left_out_and_the_others_read(tmp_path: Path) -> None:
    good, huge = _dvh(DVHData=[1.0, 50.0, 1.0, 0.0]), _dvh(DVHData=[1e308, 50, 1e308, 0])
    scaled_up = _dvh(DVHData=[1.0, 50.0, 1.0, 0.0], DVHDoseScaling="1e308")

    def change(phantom: PhantomSet) -> None:
        phantom.dose.DVHSequence = [good, huge, scaled_up, good]

    folder = write_phantom(tmp_path / "set", change)
    load = read_case(folder).load_tps_dvhs
    assert load is not None
    assert [stored.dvh.volume_cc for stored in load()] == [50.0, 50.0]
    content = (folder / "dose.dcm").read_bytes()
    start = content.index(struct.pack("<HH2s", 0x3004, 0x50, b"SQ")) + 12
    (folder / "dose.dcm").write_bytes(content[:start] + bytes(8) + content[start + 8 :])
    load = read_case(folder).load_tps_dvhs
    assert load is not None
    assert load() == ()
