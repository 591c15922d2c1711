"""Structures that share what they cannot share, and structures that are drawn twice."""

from collections.abc import Iterator
from itertools import combinations

from rtcheck.case import Roi
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, listed, unknown
from rtcheck.checking.plan_qa.contoured.shapes import shared_cc
from rtcheck.checking.plan_qa.contoured.slices import anatomy_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import CheckRule
from rtcheck.units import amount_text

NEVER_SHARED = (
    ("Kidney_L", "Kidney_R"), ("Lung_L", "Lung_R"), ("Liver", "Kidney_R"), ("Liver", "Lung_R"), ("Heart", "Liver"),
    ("Spleen", "Kidney_L"), ("Spleen", "Lung_L"), ("Eye_L", "Eye_R"), ("Parotid_L", "Parotid_R"),
    ("Femur_Head_L", "Femur_Head_R"), ("Bladder", "Rectum"), ("Heart", "SpinalCord"), ("Brain", "Eye_L"),
    ("Brain", "Eye_R"), ("Bladder", "Femur_Head_L"), ("Bladder", "Femur_Head_R"), ("Esophagus", "SpinalCord"),
)  # fmt: skip
"""Solid organs beside one another: what two of them share is drawn wrongly."""

LEAST_SHARED_CC = 0.5
LEAST_SHARED = 0.02
"""More than both, of the smaller one, is shared: neighbours drawn apart meet within a pixel of their common face."""

SAME = 0.98
"""Dice's coefficient from which on two structures are one, drawn twice."""


def apart(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Pairs of structures that share nothing; for `true` the pairs of NEVER_SHARED that are drawn."""
    is_default = rule.value is True
    off, asked, unsure = {}, [], []
    for one, other in NEVER_SHARED if is_default else rule.value:
        if is_default and not (_may_be_drawn(subject, one) and _may_be_drawn(subject, other)):
            continue
        asked.append(f"{one} and {other}")
        try:
            a, b = subject.solid_of(one), subject.solid_of(other)
        except Unknown as why:
            unsure.append(why.reason)
            continue
        limit_cc = max(LEAST_SHARED_CC, LEAST_SHARED * min(volume_cc(a), volume_cc(b)))
        least_cc, most_cc = shared_cc(a, b, subject.anatomy.kept, limit_cc)
        if least_cc > limit_cc:
            off[asked[-1]] = amount_text(least_cc, "cc")
        elif most_cc > limit_cc:
            unsure.append(f"slices are missing where {asked[-1]} may overlap")
    expected = "apart: " + (listed(asked, 3) or "no pair of them is contoured")
    if off:
        text = "; ".join(f"{pair} share {cc}" for pair, cc in off.items())
        yield answer(False, text, value=float(len(off)), expected=expected)
    elif unsure:
        yield unknown("; ".join(dict.fromkeys(unsure)), expected=expected)
    elif not asked:
        yield Answer(found="no such pair is contoured", outcome="not_applicable", expected=expected)
    else:
        yield answer(True, "apart", value=0.0, expected=expected)


def _may_be_drawn(subject: Subject, name: str) -> bool:
    """Whether a structure of that name has contours, or several may be it."""
    numbers, is_ambiguous = subject.anatomy.names.roi_numbers(name)
    return is_ambiguous or any(roi.number in numbers and roi.contours for roi in subject.rois)


def duplicates(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No two structures are the same, or nearly so."""
    outlines = [(roi, drawn.box_mm, float(drawn.area_mm2.sum())) for roi, drawn in anatomy_of(subject)]
    same = []
    for (one, box_mm, area_mm2), (other, other_box_mm, other_mm2) in combinations(outlines, 2):
        if _may_be_same(box_mm, area_mm2, other_box_mm, other_mm2) and (dice := _dice(subject, one, other)) >= SAME:
            same.append(f"{one.name} and {other.name} ({100 * dice:.1f} % in common)")
    yield answer(not same, listed(same) or "none", value=float(len(same)), expected="no structure drawn twice")


def _may_be_same(
    one_box_mm: tuple[float, ...], one_mm2: float, other_box_mm: tuple[float, ...], other_mm2: float
) -> bool:
    """Whether two structures have nearly the same area, and boxes that meet."""
    larger_mm2 = max(one_mm2, other_mm2)
    if not larger_mm2 > 0 or abs(one_mm2 - other_mm2) > 0.05 * larger_mm2:
        return False
    low, high, other_low, other_high = one_box_mm[:3], one_box_mm[3:], other_box_mm[:3], other_box_mm[3:]
    return all(a <= d and c <= b for a, b, c, d in zip(low, high, other_low, other_high, strict=True))


def _dice(subject: Subject, one: Roi, other: Roi) -> float:
    a, b = (Solid(slabs=subject.solid_of_roi(roi).slabs) for roi in (one, other))  # as they are drawn
    whole_cc = volume_cc(a) + volume_cc(b)
    least_cc, _ = shared_cc(a, b, subject.anatomy.kept, SAME * whole_cc / 2)
    return 2 * least_cc / whole_cc if whole_cc > 0 else 0.0
