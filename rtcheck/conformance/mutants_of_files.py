"""Mutants of the files as bytes: truncated, damaged, duplicated, hostile."""

import struct
from pathlib import Path

from rtcheck.conformance.phantom import ROOT, PhantomSet, dose_dataset, plan_dataset, write_file
from rtcheck.conformance.registry import spoilt_files
from rtcheck.conformance.shapes import dose_gy


def _cut(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


@spoilt_files("warning", "folder.damaged")
def plan_cut_off(phantom: PhantomSet, folder: Path) -> None:
    """The second half of the plan file is missing."""
    _cut(phantom.write(folder) / "plan.dcm", 0.5)


@spoilt_files("error", "file.truncated")
def dose_cut_off(phantom: PhantomSet, folder: Path) -> None:
    """The last tenth of the dose file is missing."""
    _cut(phantom.write(folder) / "dose.dcm", 0.9)


@spoilt_files("error", "file.truncated")
def structures_cut_off(phantom: PhantomSet, folder: Path) -> None:
    """The second half of the structure set file is missing."""
    _cut(phantom.write(folder) / "struct.dcm", 0.5)


@spoilt_files("warning", "link.no-dose")
def dose_of_no_bytes(phantom: PhantomSet, folder: Path) -> None:
    """The dose file is empty."""
    (phantom.write(folder) / "dose.dcm").write_bytes(b"")


@spoilt_files("warning", "folder.damaged")
def dose_overwritten(phantom: PhantomSet, folder: Path) -> None:
    """The header of the dose file is overwritten with text."""
    path = phantom.write(folder) / "dose.dcm"
    content = bytearray(path.read_bytes())
    content[600:900] = b"x" * 300
    path.write_bytes(content)


@spoilt_files("warning", "folder.damaged")
def an_element_without_end(phantom: PhantomSet, folder: Path) -> None:
    """An element of the plan claims a length of four gigabytes."""
    path = phantom.write(folder) / "plan.dcm"
    giant = struct.pack("<HH2sHI", 0x300B, 0x1001, b"OB", 0, 0xFFFF_FFF0)
    path.write_bytes(path.read_bytes() + giant + b"1234")


@spoilt_files("warning", "folder.damaged")
def sequences_without_bottom(phantom: PhantomSet, folder: Path) -> None:
    """The plan has sequences nested ten thousand deep."""
    path = phantom.write(folder) / "plan.dcm"
    sequence = struct.pack("<HH2sHI", 0x300B, 0x1001, b"SQ", 0, 0xFFFF_FFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFF_FFFF)
    path.write_bytes(path.read_bytes() + (sequence + item) * 10_000)


@spoilt_files("warning", "folder.damaged")
def an_element_twice(phantom: PhantomSet, folder: Path) -> None:
    """The plan ends with a second plan label."""
    path = phantom.write(folder) / "plan.dcm"
    path.write_bytes(path.read_bytes() + struct.pack("<HH2sH", 0x300A, 0x0002, b"SH", 4) + b"XXXX")


@spoilt_files("error", "usage")
def two_plans(phantom: PhantomSet, folder: Path) -> None:
    """The folder contains two plans; only the user can choose."""
    phantom.write(folder)
    plan = plan_dataset()
    plan.SOPInstanceUID = f"{ROOT}.1.2"
    write_file(plan, folder / "plan_2.dcm")


@spoilt_files("error", "usage")
def two_doses_of_one_plan(phantom: PhantomSet, folder: Path) -> None:
    """The folder contains two PLAN doses of the plan; only the user can choose."""
    phantom.write(folder)
    write_file(dose_dataset(uid=f"{ROOT}.3.2"), folder / "dose_2.dcm")


@spoilt_files("error", "file.duplicate-uid")
def one_uid_for_two_doses(phantom: PhantomSet, folder: Path) -> None:
    """Two doses with different values have the same SOP Instance UID."""
    phantom.write(folder)
    write_file(dose_dataset(dose_at=lambda x, y, z: 1.1 * dose_gy(x, y, z)), folder / "dose_2.dcm")


@spoilt_files("error", "dose.incomplete")
def a_beam_twice(phantom: PhantomSet, folder: Path) -> None:
    """There are three beam doses for two beams."""
    phantom.write(folder)
    (folder / "dose.dcm").unlink()
    for number, beam in enumerate((1, 2, 2)):
        dose = dose_dataset(bits=32, summation="BEAM", beam=beam, uid=f"{ROOT}.3.{number}")
        write_file(dose, folder / f"dose_{number}.dcm")


@spoilt_files("warning", "link.no-structures")
def no_structure_set(phantom: PhantomSet, folder: Path) -> None:
    """There is no structure set."""
    (phantom.write(folder) / "struct.dcm").unlink()


@spoilt_files("warning", "link.no-dose")
def no_dose(phantom: PhantomSet, folder: Path) -> None:
    """There is no dose."""
    (phantom.write(folder) / "dose.dcm").unlink()


@spoilt_files("error", "folder.no-rt")
def nothing_of_a_plan(_: PhantomSet, folder: Path) -> None:
    """The folder contains only a text file."""
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("no DICOM")
