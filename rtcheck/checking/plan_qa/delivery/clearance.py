"""Room around the patient, and where the couch stands: what contours and couch positions alone tell."""

from collections.abc import Iterator
from math import dist

import numpy as np

from rtcheck.case import Roi
from rtcheck.checking.isocentre_distance import SAME_POINT_MM
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, place_mm
from rtcheck.checking.plan_qa.contoured.images import slices_that_cut
from rtcheck.checking.plan_qa.delivery.documents import couch_rois
from rtcheck.checking.plan_qa.delivery.isocentre import isocentres
from rtcheck.checking.plan_qa.subject import EXTERNAL, Subject
from rtcheck.plan_facts import BeamFacts, Millimetres
from rtcheck.protocol.file.model import CheckRule

LEVEL_DEG = 0.5
"""A couch that is turned or tilted by less stands straight."""

AROUND_PATIENT = ("BOLUS", "FIXATION")


def clearance(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How far body and couch reach from the axis that the gantry turns about, at every isocentre. [mm]

    As far as they are contoured, and with the couch at 0 degrees, where that axis runs along z.
    """
    position = subject.case.plan.patient_position if subject.case.plan else ""
    if not position.startswith(("HF", "FF")):
        raise Unknown(f"the patient's position is {position or 'not stated'}")
    body = subject.found(EXTERNAL)
    bodies = [roi for roi in subject.rois if roi.number in body.match.numbers]
    couches = couch_rois(subject)
    around = {roi.number: roi for roi in subject.rois if roi.type in AROUND_PATIENT and roi.contours}
    parts = {roi.number: roi for roi in (*bodies, *couches)} | around
    points = isocentres(subject)
    straight = {beam.label: points[beam.label] for beam in subject.treating if _stands_straight(beam)}
    reach = {label: _farthest(subject, tuple(parts.values()), own) for label, own in straight.items()}
    off = [label for label, (far_mm, _) in reach.items() if not rule.value.contains(round(far_mm, 1))]
    if not off:
        _require_all(subject, bodies, couches, points, straight)
    far_mm, place = max(reach.values())
    yield in_range(rule.value, round(far_mm, 1), "mm", place="; ".join(filter(None, (place, listed(off)))),
                   note="of the body and the couch as they are contoured")  # fmt: skip


def _require_all(
    subject: Subject,
    bodies: list[Roi],
    couches: list[Roi],
    points: dict[str, tuple[Millimetres, ...]],
    straight: dict[str, tuple[Millimetres, ...]],
) -> None:
    """Raises Unknown where something is missing of what stands around the isocentres."""
    turned = [label for label in points if label not in straight]
    if turned:
        raise Unknown(f"the couch is turned, or its angle is not stated: {listed(turned)}")
    if not couches:
        raise Unknown("the couch is not contoured")
    if not subject.solid_of(EXTERNAL).is_certain:
        raise Unknown("slices of the body are missing")
    heights = [drawn.planes_mm for roi in bodies if (drawn := subject.drawn(roi)) is not None]
    low_mm, high_mm = min(each[0] for each in heights), max(each[-1] for each in heights)
    if beyond := [label for label, own in points.items() if not all(low_mm <= p[2] <= high_mm for p in own)]:
        raise Unknown(f"the body is not contoured at the isocentre of {listed(beyond)}")
    if subject.case.images and slices_that_cut(subject):
        raise Unknown("the images cut the body outline")


def _farthest(subject: Subject, rois: tuple[Roi, ...], points: tuple[Millimetres, ...]) -> tuple[float, str]:
    """The largest distance of contours from lines along z through points, and where. [mm]"""
    found = (0.0, "")
    for roi in rois:
        if (drawn := subject.drawn(roi)) is None:
            continue
        for x_mm, y_mm, _ in points:
            away_mm = np.hypot(*(drawn.points_mm - (x_mm, y_mm)).T)
            index = int(away_mm.argmax())
            contour = int(np.searchsorted(drawn.starts, index, side="right")) - 1
            at_mm = (*drawn.points_mm[index].tolist(), float(drawn.z_mm[contour]))
            found = max(found, (float(away_mm[index]), f"{roi.name} at {place_mm(at_mm)}"))
    return found


def _stands_straight(beam: BeamFacts) -> bool:
    """Whether the couch is at 0 degrees and level throughout; a tilt that is not stated is none."""
    angles = [(point.couch_deg, point.pitch_deg or 0.0, point.roll_deg or 0.0) for point in beam.points]
    return all(
        couch is not None and all(abs((angle + 180) % 360 - 180) <= LEVEL_DEG for angle in (couch, pitch, roll))
        for couch, pitch, roll in angles
    )


def setup_position(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How far set-up fields' couch positions are off those of the treatment beams at their isocentre. [mm]"""
    treating = subject.treating
    setups = [beam for beam in subject.plan.beams if beam.delivery == "SETUP"]
    if not setups:
        yield Answer(found="no set-up fields", outcome="not_applicable")
        return
    treated = [place for beam in treating for place in _places(beam)]
    off_mm: dict[str, float] = {}
    absent = [beam.label for beam in treating if not _places(beam)]
    for beam in setups:
        own = _places(beam)
        apart_mm = [
            max(abs(a - b) for a, b in zip(couch, other, strict=True))
            for isocentre, couch in own
            for at, other in treated
            if dist(isocentre, at) <= SAME_POINT_MM
        ]
        if apart_mm:
            off_mm[beam.label] = round(max(apart_mm), 3)
        elif own and treated and not absent:
            yield answer(False, f"{beam.label} has an isocentre of its own", place=place_mm(own[0][0]))
            return
        else:
            absent.append(beam.label)
    off = [label for label, value in off_mm.items() if not rule.value.contains(value)]
    if absent and not off:
        raise Unknown(f"the plan does not state couch position and isocentre of {listed(absent)}")
    yield in_range(rule.value, max(off_mm.values()), "mm", place=listed(off))


def _places(beam: BeamFacts) -> list[tuple[Millimetres, Millimetres]]:
    """The different isocentres and couch positions of a beam; none where one of its control points states less."""
    found = []
    for point in beam.points:
        x, y, z = point.couch_top_mm
        if point.isocentre_mm is None or x is None or y is None or z is None:
            return []
        found.append((point.isocentre_mm, (x, y, z)))
    return list(dict.fromkeys(found))
