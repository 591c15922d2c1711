"""Whatever evidence is taken from a plan, no limit that the whole plan misses is met without a doubt in the verdict.

Every limit is a little beyond the value of the whole plan, on the side that it misses. Evidence is lost in ways that
leave a trace: slices between others, contours that are open or points, ROIs, types, names, the edges and peaks of the
dose, prescription and fractions. RTCHECK_EXAMPLES=2000 tries so many plans.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.known_plans import box, constraints

from rtcheck import check, load_protocol, read_case
from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.conformance.phantom import PhantomSet, dose_dataset, plan_dataset, structures_dataset
from rtcheck.conformance.shapes import BODY
from rtcheck.errors import RtcheckError

LIVER = box("Liver", 2, at_mm=(-50.0, 0.0, 0.0), size_mm=(60.0, 80.0, 72.0))
KIDNEY = box("Kidneys", 4, at_mm=(-40.0, 55.0, 0.0), size_mm=(20.0, 20.0, 72.0))
BOXES = (
    box("PTV", 1, at_mm=(20.0, 10.0, 0.0), size_mm=(30.0, 30.0, 60.0), type="PTV"),
    LIVER,
    box("SpinalCord", 3, at_mm=(0.0, 40.0, 0.0), size_mm=(12.0, 12.0, 102.0)),
    KIDNEY,
    box("GTV", 5, at_mm=(-50.0, 0.0, 0.0), size_mm=(20.0, 20.0, 30.0), type="GTV"),
)
METRICS = ["Dmax", "Dmin", "Dmean", "D1cc", "DC5cc", "V52Gy[cc]", "CV52Gy[cc]", "Volume"]
ASKED = [
    *(f"{each}: {metric}" for each in ("SpinalCord", "Kidneys", "Liver - all GTV") for metric in METRICS),
    *(f"PTV: {metric}" for metric in ("V100%[%]", "D95%[%]", "Dmax[%]", "Dmean", "HI", "EQD2[3] Dmean")),
    *(f"{each}: Dmax" for each in ("Liver | SpinalCord", "Liver & GTV")),
]
UNITS = {
    "V52Gy[cc]": "cc",
    "CV52Gy[cc]": "cc",
    "Volume": "cc",
    "V100%[%]": "%",
    "D95%[%]": "%",
    "Dmax[%]": "%",
    "HI": "",
}
OFF = 2e-3
"""Of its value, by which each limit is missed."""

SLABS_GY = {0.0: 5.0, 4.0: 5.0, -24.0: 4.0, 32.0: -4.0, 48.0: 6.0}
"""What nodes at these z have more than others."""

Loss = Callable[[PhantomSet], None]


def dose_gy(x_mm, y_mm, z_mm):
    """Hot and cold slabs on a gradient: what lies in each slice matters."""
    return 50 + 0.02 * x_mm + 0.02 * y_mm + SLABS_GY.get(z_mm, 0.0)


def dose_in_the_body_gy(x_mm, y_mm, z_mm):
    """The same, but low doses near the surface: the lowest of the grid are not cut off."""
    return 0.1 if y_mm < -60 else dose_gy(x_mm, y_mm, z_mm)


@cache
def whole(*, in_body: bool = False) -> PhantomSet:
    """The plan before anything is lost: the kidneys are two parts of one ROI, the liver has a hole."""
    structures = structures_dataset(boxes=(*BOXES, replace(BODY, number=9)) if in_body else BOXES)
    second = replace(KIDNEY, low_mm=(30.0, *KIDNEY.low_mm[1:]), high_mm=(50.0, *KIDNEY.high_mm[1:]))
    drawn = structures.ROIContourSequence
    drawn[3].ContourSequence.extend(structures_dataset(boxes=(second,)).ROIContourSequence[0].ContourSequence)
    hole = replace(LIVER, low_mm=(-75.0, 10.0, LIVER.low_mm[2]), high_mm=(-60.0, 25.0, LIVER.high_mm[2]))
    drawn[1].ContourSequence.extend(structures_dataset(boxes=(hole,)).ROIContourSequence[0].ContourSequence)
    return PhantomSet(
        plan=plan_dataset(beam_doses_gy=(2.0,)),
        dose=dose_dataset(dose_at=dose_in_the_body_gy if in_body else dose_gy),
        structures=structures,
    )


def outcomes_of(files: PhantomSet, protocol):
    """The results, and the doubts of the verdict; nothing of a plan that is refused."""
    with TemporaryDirectory() as folder:
        try:
            report = check(read_case(files.write(Path(folder))), protocol, band="none")
        except RtcheckError:
            return (), frozenset()
    return report.results, frozenset(notice.text for notice in report.notices if puts_verdict_in_doubt(notice))


def protocol_of(lines):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_text(constraints(*lines), encoding="utf-8")
        return load_protocol(path)


@cache
def missed(*, in_body: bool = False):
    """A protocol of which the whole plan misses every limit, upper and lower ones, and its doubts."""
    easy = [f"{line} >= 0 {UNITS.get(line.split(': ')[1], 'Gy')}".rstrip() for line in ASKED]
    results, _ = outcomes_of(whole(in_body=in_body), protocol_of(easy))
    lines = []
    for line, result in zip(ASKED, results, strict=True):
        value, unit = result.measurement.value, UNITS.get(line.split(": ")[1], "Gy")
        off = max(OFF * abs(value), 1e-3)
        lines += [f"{line} <= {value - off:.6f} {unit}".rstrip(), f"{line} >= {value + off:.6f} {unit}".rstrip()]
    protocol = protocol_of(lines)
    results, doubts = outcomes_of(whole(in_body=in_body), protocol)
    assert [result.outcome for result in results] == ["violated"] * len(lines)
    return protocol, doubts


# --- what is lost --------------------------------------------------------------------------------------------------


def opened(each):
    each.ContourGeometricType = "OPEN_PLANAR"


def untyped(each):
    del each.ContourGeometricType


def pointed(each):
    each.ContourGeometricType, each.NumberOfContourPoints, each.ContourData = "POINT", 1, each.ContourData[:3]


def emptied(each):
    each.ContourData = None


def two_pointed(each):
    each.NumberOfContourPoints, each.ContourData = 2, each.ContourData[:6]


def flattened(each):
    each.ContourData = [*each.ContourData[:6], *each.ContourData[3:6], *each.ContourData[:3]]


def dotted(each):
    x, y, z, *_ = map(float, each.ContourData)
    each.ContourData = [x, y, z, x + 0.5, y, z, x + 0.5, y + 0.5, z, x, y + 0.5, z]


@st.composite
def lost_contours(draw) -> Loss:
    """Slices between others are gone, or some in a row have contours that cannot be used; of one part, or of all."""
    roi = draw(st.integers(0, len(BOXES) - 1))
    spoil = draw(st.sampled_from([None, opened, untyped, pointed, emptied, two_pointed, flattened, dotted]))
    sides = draw(st.sampled_from([(True,), (False,), (True, False)])) if BOXES[roi] is KIDNEY else (True, False)
    planes_mm = BOXES[roi].planes_mm
    is_inner = spoil is None or (len(sides) == 2 and draw(st.booleans()))
    is_noted = spoil in (opened, untyped, emptied) or (spoil in (pointed, two_pointed) and sides == (True, False))
    least = 1 if is_inner or is_noted else 3
    first = draw(st.integers(1, len(planes_mm) - 2) if is_inner else st.integers(0, len(planes_mm) - least))
    most = len(planes_mm) - is_inner - first
    chosen = planes_mm[first : first + draw(st.integers(least, max(least, min(most, len(planes_mm) - 1))))]

    def lose(files: PhantomSet) -> None:
        kept = []
        for each in files.structures.ROIContourSequence[roi].ContourSequence:
            x, _, z, *_ = map(float, each.ContourData)
            if z in chosen and (x < 0) in sides:
                if spoil is None:
                    continue
                spoil(each)
            kept.append(each)
        files.structures.ROIContourSequence[roi].ContourSequence = kept

    return lose


@st.composite
def lost_roi(draw) -> Loss:
    """An ROI, its contours, its name or its type is gone."""
    roi, how = draw(st.integers(0, len(BOXES) - 1)), draw(st.sampled_from(["roi", "contours", "name", "type", "organ"]))

    def lose(files: PhantomSet) -> None:
        sets = files.structures
        if how == "roi":
            del sets.StructureSetROISequence[roi], sets.ROIContourSequence[roi], sets.RTROIObservationsSequence[roi]
        elif how == "contours":
            del sets.ROIContourSequence[roi].ContourSequence
        elif how == "name":
            sets.StructureSetROISequence[roi].ROIName = "Structure 1"
        else:
            sets.RTROIObservationsSequence[roi].RTROIInterpretedType = "" if how == "type" else "ORGAN"

    return lose


@st.composite
def lost_dose(draw) -> Loss:
    """The grid ends earlier on one side, the dose is cut off at the highest number that the file holds, frames within
    the grid are gone, or the dose is stored in steps of so many Gy, cut off.

    The grid ends where the dose is flat along z: its last voxels reach half a step beyond their nodes.
    """
    side, cut = draw(st.integers(0, 8)), draw(st.integers(1, 14))
    if side < 2:
        ends_mm = {cut: (60 - 4 * cut if side == 0 else 4 * cut - 60) for cut in range(1, 15)}
        flat = [cut for cut, z_mm in ends_mm.items() if not {z_mm - 4, z_mm, z_mm + 4} & set(SLABS_GY)]
        cut = draw(st.sampled_from(flat))

    def lose(files: PhantomSet) -> None:
        dose = files.dose
        shape = dose.NumberOfFrames, dose.Rows, dose.Columns
        stored = np.frombuffer(dose.PixelData, dtype="<u2").reshape(shape)
        if side == 6:
            scaling = (48 + cut) / 65535
            stored = np.minimum(np.round(stored * (dose.DoseGridScaling / scaling)), 65535).astype("<u2")
            dose.DoseGridScaling = scaling
        elif side == 7:
            stored = np.floor(stored * (dose.DoseGridScaling / cut)).astype("<u2")
            dose.DoseGridScaling = cut
        elif side == 8:
            kept_frames = np.delete(np.arange(shape[0]), [cut + 1, *([cut + 2] if cut % 2 else [])])
            stored = stored[kept_frames]
            dose.GridFrameOffsetVector = [list(dose.GridFrameOffsetVector)[frame] for frame in kept_frames]
        else:
            axis, is_low = divmod(side, 2)
            kept = [slice(None)] * 3
            kept[axis] = slice(cut, None) if is_low else slice(None, -cut)
            stored = stored[tuple(kept)]
            steps_mm = (4.0, 3.0, 5.0)
            if is_low:
                dose.ImagePositionPatient[2 - axis] += cut * steps_mm[axis]
            if axis == 0:
                dose.GridFrameOffsetVector = list(dose.GridFrameOffsetVector)[: len(stored)]
        dose.NumberOfFrames, dose.Rows, dose.Columns = stored.shape
        dose.PixelData = stored.tobytes()

    return lose


@st.composite
def lost_plan(draw) -> Loss:
    """The prescription, what it refers to, the fractions or the beams' doses are gone."""
    how = draw(st.sampled_from(["dose", "prescription", "reference", "fractions", "beam doses", "set"]))

    def lose(files: PhantomSet) -> None:
        plan = files.plan
        if how == "dose":
            del plan.DoseReferenceSequence[0].TargetPrescriptionDose
        elif how == "prescription":
            del plan.DoseReferenceSequence
        elif how == "reference":
            del plan.DoseReferenceSequence[0].ReferencedROINumber
        elif how == "fractions":
            del plan.FractionGroupSequence[0].NumberOfFractionsPlanned
        elif how == "beam doses":
            del plan.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamDose
        else:
            del plan.ReferencedStructureSetSequence

    return lose


LOSSES = st.tuples(*(st.none() | loss for loss in (lost_contours(), lost_dose(), lost_plan(), lost_roi()))).filter(any)
"""The ROI comes last: the others count ROIs."""


@settings(
    max_examples=int(os.environ.get("RTCHECK_EXAMPLES", "6")),
    suppress_health_check=[HealthCheck.too_slow], print_blob=True,
)  # fmt: skip
@given(LOSSES)
def test_a_plan_that_has_lost_evidence_meets_no_limit_that_the_whole_plan_misses(losses):
    protocol, doubts_of_the_whole = missed()
    files = deepcopy(whole())
    for lose in filter(None, losses):
        lose(files)
    results, doubts = outcomes_of(files, protocol)
    met = [f"{each.structure} {each.goal.text}: {each.measurement.value}" for each in results if each.outcome == "met"]
    assert not met or doubts - doubts_of_the_whole


# --- a dose that is 0 in places --------------------------------------------------------------------------------------

NODES_MM = np.meshgrid(np.arange(-60, 61, 4), np.arange(-75, 76, 3), np.arange(-100, 101, 5), indexing="ij")
"""z, y and x of the dose grid's nodes, as they are stored."""


@st.composite
def zeros(draw):
    """The nodes at which the dose becomes 0: beyond a plane, between two, out of a box or ball, or in it.

    They reach deeper than a centimetre into the body and are more than the airways hold, for less may be air.
    """
    form = draw(st.sampled_from(["beyond", "between", "box", "ball"]))
    if form in ("beyond", "between"):
        axis, at_mm = draw(st.integers(0, 2)), draw(st.integers(-30, 30))
        width_mm = draw(st.integers(6, 20)) if form == "between" else np.inf
        inside = (NODES_MM[axis] >= at_mm) & (NODES_MM[axis] < at_mm + width_mm)
        return inside if draw(st.booleans()) or form == "between" else ~inside
    off_mm = [np.abs(at - draw(st.integers(-20, 20))) for at in NODES_MM]
    size_mm = draw(st.integers(22, 40)) if form == "box" else draw(st.integers(38, 45))
    inside = np.max(off_mm, axis=0) < size_mm if form == "box" else np.linalg.norm(off_mm, axis=0) < size_mm
    return inside if draw(st.booleans()) else ~inside


@settings(
    max_examples=int(os.environ.get("RTCHECK_EXAMPLES", "4")),
    suppress_health_check=[HealthCheck.too_slow], print_blob=True,
)  # fmt: skip
@given(zeros())
def test_a_dose_that_is_0_in_places_meets_no_limit_that_the_whole_plan_misses(is_zero):
    protocol, doubts_of_the_whole = missed(in_body=True)
    files = deepcopy(whole(in_body=True))
    stored = np.frombuffer(files.dose.PixelData, dtype="<u2").reshape(is_zero.shape)
    files.dose.PixelData = np.where(is_zero, 0, stored).astype("<u2").tobytes()
    results, doubts = outcomes_of(files, protocol)
    met = [f"{each.structure} {each.goal.text}: {each.measurement.value}" for each in results if each.outcome == "met"]
    assert not met or doubts - doubts_of_the_whole
