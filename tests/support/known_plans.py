"""Plans on disk whose every dose and volume is known by hand, and the command line asked about them.

The dose grid is the conformance phantom's: nodes from -100 to 100, -75 to 75 and -60 to 60 mm along x, y and z. A box
is drawn on planes 3 mm apart, so that its volume and its share of any dose can be worked out on paper.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtcheck.conformance.phantom import PhantomSet, dose_dataset, plan_dataset, structures_dataset
from rtcheck.conformance.shapes import FRACTIONS, Box
from support.command_line import Ran, run

Dose = float | Callable[[float, float, float], Any]
Millimetres = tuple[float, float, float]

FACT_RULES = """  - {fact: ecog, is: 0-1}
  - {fact: child_pugh, is: [A, B]}
  - {fact: hiv, is: false}
  - {fact: haemoglobin, is: '>= 3.0'}
  - {fact: bilirubin, is: '< 1.5 x ULN'}
  - {fact: stroke, is: more than 6 months ago}
  - {fact: antiviral, is: true, only_if: hbv_infected}
"""
"""One rule of every form that ARCHITECTURE.md gives to clinical facts, as lines of `eligibility`."""


def box(
    name: str,
    number: int = 1,
    *,
    at_mm: Millimetres = (0.0, 0.0, 0.0),
    size_mm: Millimetres = (20.0, 20.0, 30.0),
    type: str = "ORGAN",
) -> Box:
    """A box around a point; as it comes it holds 12 cc. Its height is a multiple of 3 mm."""
    low, high = zip(*((at - size / 2, at + size / 2) for at, size in zip(at_mm, size_mm, strict=True)), strict=True)
    return Box(name=name, number=number, type=type, low_mm=low, high_mm=high)


def write_plan(
    folder: Path,
    boxes: Sequence[Box] = (box("PTV", type="PTV"),),
    *,
    dose_gy: Dose = 20.0,
    prescribed_gy: float | None = None,
    bits: int = 32,
    scaling: float | None = None,
    change: Callable[[PhantomSet], Any] = lambda files: None,
) -> Path:
    """Plan, dose and structure set in a folder: 25 fractions, the same dose everywhere or a function of x, y, z.

    Without a prescription 50 Gy are prescribed, or what the patient receives where that contradicts 50 Gy.
    """
    if prescribed_gy is None:
        prescribed_gy = fitting_prescription_gy(dose_gy, boxes)
    dose_at = dose_gy if callable(dose_gy) else lambda x_mm, y_mm, z_mm: dose_gy
    files = PhantomSet(
        # One beam for it all: a dose as high as that of one beam of several would be refused.
        plan=plan_dataset(beam_doses_gy=(prescribed_gy / FRACTIONS,)),
        dose=dose_dataset(dose_at=dose_at, bits=bits, scaling=scaling),
        structures=structures_dataset(boxes=tuple(boxes)),
    )
    files.plan.DoseReferenceSequence[0].TargetPrescriptionDose = prescribed_gy
    change(files)
    return files.write(folder)


def fitting_prescription_gy(dose_gy: Dose, boxes: Sequence[Box]) -> float:
    """50 Gy, or what the targets receive in their middle (without targets the maximum) where that contradicts it."""
    targets = [each for each in boxes if each.type in ("PTV", "CTV", "GTV") or each.number == 1]  # which the plan names
    middles = [[(low + high) / 2 for low, high in zip(each.low_mm, each.high_mm, strict=True)] for each in targets]
    grid = np.meshgrid(np.linspace(-100, 100, 21), np.linspace(-75, 75, 16), np.linspace(-60, 60, 13), indexing="ij")
    points = np.array(middles).T if targets else np.array([axis.ravel() for axis in grid])
    received_gy = max(float(dose_gy(*at)) for at in points.T) if callable(dose_gy) else dose_gy
    return 50.0 if 25.0 < received_gy < 100.0 else max(received_gy, 10.0)


def constraints(*lines: str, more: str = "") -> str:
    """A protocol with these constraints, each as "Heart: Dmean < 24 Gy" or as a YAML mapping in braces."""
    rows = []
    for line in lines:
        structure, _, goal = line.partition(": ")
        rows.append(line if line.startswith("{") else f"{{structure: '{structure}', goal: '{goal}'}}")
    return "\n".join(["name: mine", more, "constraints:", *(f"  - {row}" for row in rows)]) + "\n"


def check(plan: Path, protocol: str, *options: object) -> Ran:
    """`rtcheck PLAN --protocol ... --format json` with a protocol text, which is kept beside the plan's folder."""
    path = plan.parent / "mine.yaml"
    path.write_text(protocol, encoding="utf-8")
    return run(plan, "--protocol", path, "--format", "json", *options)


def outcomes(ran: Ran) -> list[str]:
    """The outcome of each constraint."""
    return [each["outcome"] for each in ran.json()["constraints"]]


def codes(ran: Ran) -> set[str]:
    """The codes of the warnings."""
    return {each["code"] for each in ran.json()["warnings"]}
