"""Cases made by hand: drawn shapes in a dose that is known everywhere, so that every metric is known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rtcheck.case import Case, Plan, Prescription, Roi, StructureSet
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry.contours import Structure
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol


def case_of(
    structures: Sequence[Structure],
    dose: DoseGrid | None,
    *,
    prescription_gy: float | None = 50.0,
    fractions: int | None = 25,
) -> Case:
    """A case with these structures (numbered as they come), one dose and one prescription."""
    numbered = [replace(shape, number=number) for number, shape in enumerate(structures, start=1)]
    by_number = {shape.number: shape for shape in numbered}
    rois = tuple(
        Roi(number=shape.number, name=shape.name, type=shape.type, contours=len(shape.contours)) for shape in numbered
    )
    prescriptions = (Prescription(dose_gy=prescription_gy),) if prescription_gy else ()
    return Case(
        plan=Plan(label="by hand", prescriptions=prescriptions, fractions=fractions),
        dose=dose,
        structures=StructureSet(rois=rois, load=by_number.__getitem__),
    )


def protocol_of(folder: Path, text: str) -> Protocol:
    """The protocol that a YAML text says."""
    path = folder / "protocol.yaml"
    path.write_text(text, encoding="utf-8")
    return load_protocol(str(path))
