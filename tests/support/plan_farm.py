"""Folders of many small plans: the analytic phantom with identities of its own each time, a few of them broken."""

from collections.abc import Mapping
from pathlib import Path

from rtcheck.conformance.phantom import ROOT, PhantomSet, phantom_set

PROTOCOL = """
name: farm
prescription: {dose: 40-60 Gy, fractions: 20-30}
constraints:
  - {structure: PTV, goal: Dmean < 200 Gy}
  - {structure: PTV, goal: D95% >= 1 Gy}
"""
FIRST_UID = 1_000_000
PATIENT = "FARM000000"


def write_farm(root: Path, count: int, *, broken_every: int = 0, phantom: PhantomSet | None = None) -> list[Path]:
    """`count` plan folders below `root`, each of another patient and with another dose; every n-th has no dose file.

    Identities and dose scale are changed in the bytes of the files: their texts have as many characters in all plans.
    """
    phantom = phantom or phantom_set()
    scaling = float(phantom.dose.DoseGridScaling)
    files = _template(phantom, scaling, root / "template")
    folders = []
    for number in range(count):
        folder = root / f"{number // 100:03d}" / f"case_{number:06d}"
        folder.mkdir(parents=True)
        factor = 0.92 + 0.18 * (number % 97) / 97  # doses that fit the prescription
        for name, content in files.items():
            own = content.replace(f".{FIRST_UID}".encode(), f".{FIRST_UID + number}".encode())
            own = own.replace(PATIENT.encode(), f"FARM{number:06d}".encode())
            (folder / name).write_bytes(own.replace(_text(scaling), _text(scaling * factor)))
        if broken_every and number % broken_every == broken_every - 1:
            (folder / "dose.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"not a data set")
        folders.append(folder)
    return folders


def _template(phantom: PhantomSet, scaling: float, folder: Path) -> Mapping[str, bytes]:
    """Name and content of the files of the first plan; the folder is only a place to write them."""
    for dataset in (phantom.plan, phantom.dose, phantom.structures):
        dataset.PatientID = PATIENT
        for element in dataset.iterall():
            if element.VR == "UI" and str(element.value).startswith(ROOT):
                element.value = f"{element.value}.{FIRST_UID}"
    phantom.dose.DoseGridScaling = _text(scaling).decode()
    files = {path.name: path.read_bytes() for path in sorted(phantom.write(folder).iterdir())}
    for name in files:
        (folder / name).unlink()
    folder.rmdir()
    return files


def _text(scaling: float) -> bytes:
    return f"{scaling:.8e}".encode()
