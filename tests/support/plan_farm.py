"""Folders of many small plans: the analytic phantom with identities of its own each time, a few of them broken."""

from copy import deepcopy
from pathlib import Path

from pydicom.dataset import Dataset

from rtcheck.conformance.phantom import ROOT, PhantomSet, phantom_set

PROTOCOL = """
name: farm
prescription: {dose: 40-60 Gy, fractions: 20-30}
constraints:
  - {structure: PTV, goal: Dmean < 200 Gy}
  - {structure: PTV, goal: D95% >= 1 Gy}
"""


def write_farm(root: Path, count: int, *, broken_every: int = 0) -> list[Path]:
    """`count` plan folders below `root`, each of another patient and with another dose; every n-th has no dose file."""
    template = phantom_set()
    folders = []
    for number in range(count):
        folder = _numbered(template, number).write(root / f"{number // 100:03d}" / f"case_{number:06d}")
        if broken_every and number % broken_every == broken_every - 1:
            (folder / "dose.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"not a data set")
        folders.append(folder)
    return folders


def _numbered(template: PhantomSet, number: int) -> PhantomSet:
    numbered = deepcopy(template)
    for dataset in (numbered.plan, numbered.dose, numbered.structures):
        _renumber(dataset, number)
        dataset.PatientID = f"FARM{number:06d}"
    numbered.dose.DoseGridScaling = f"{float(numbered.dose.DoseGridScaling) * (0.9 + 0.2 * (number % 97) / 97):.9g}"
    return numbered


def _renumber(dataset: Dataset, number: int) -> None:
    """Give every UID of the phantom a suffix, references included, so that sets stay linked and differ."""
    for element in dataset.iterall():
        if element.VR == "UI" and str(element.value).startswith(ROOT):
            element.value = f"{element.value}.{number + 1}"
