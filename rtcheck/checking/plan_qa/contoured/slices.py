"""The slices that structures are drawn on: how far apart, and which ones are left out."""

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Roi
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, worst_of
from rtcheck.checking.plan_qa.contoured.drawn import Drawn
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.geometry.arrays import median
from rtcheck.protocol.file.model import CheckRule
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.targets import kind_of_target_name, organ_of_name, says_it_is_something_else

LEAST_PLANES = 3
"""Of a structure that tells how far apart slices are."""

NOT_ANATOMY = frozenset(
    {"SUPPORT", "BOLUS", "FIXATION", "MARKER", "ISOCENTER", "REGISTRATION", "DOSE_REGION", "CONTRAST_AGENT", "CONTROL"}
    | {"BRACHY_CHANNEL", "BRACHY_ACCESSORY", "BRACHY_SRC_APP", "BRACHY_CHNL_SHLD", "TREATED_VOLUME", "IRRAD_VOLUME"}
)
"""ROI types (PS3.3 C.8.8.8.1) that are neither a target, an organ nor the body."""


def spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The usual distance of neighbouring planes of every target and organ, the largest of all."""
    each_mm = {roi.name: usual for roi, drawn in anatomy_of(subject) if (usual := _usual_mm(drawn)) is not None}
    if not each_mm:
        raise Unknown(f"no structure has {LEAST_PLANES} planes")
    names = [name for name, value_mm in each_mm.items() if not rule.value.contains(value_mm)]
    yield in_range(rule.value, worst_of(rule.value, each_mm.values()), "mm", place=listed(names))


def gaps(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No target or organ leaves out slices between its own."""
    found = {}
    for roi, _drawn in anatomy_of(subject):
        notices = subject.solid_of_roi(roi).notices
        missing = [each.text.partition(": ")[2] for each in notices if each.code == "structure.missing-slices"]
        if missing:
            found[roi.name] = "; ".join(missing)
    yield answer(not found, listed(found) or "none", value=float(len(found)), expected="no missing slices",
                 place="; ".join(f"{name}: {text}" for name, text in list(found.items())[:4]))  # fmt: skip


def is_helper(name: str) -> bool:
    """Whether a name is that of a ring, a copy for the optimiser or a dose level: nothing of the patient."""
    return name[:1].isdigit() or bool(helper_sign(name)) or says_it_is_something_else(name)


def anatomy_of(subject: Subject) -> Iterator[tuple[Roi, Drawn]]:
    """The targets, organs and outlines that have contours, as drawn; of what is typed as something else those whose
    names are of targets or organs. Raises Unknown where one cannot be read, or there is none.
    """
    is_any = False
    for roi in subject.rois:
        if roi.contours and (roi.type not in NOT_ANATOMY or organ_of_name(roi.name) or kind_of_target_name(roi.name)):
            drawn = subject.drawn(roi)
            if drawn is not None:
                is_any = True
                yield roi, drawn
    if not is_any:
        raise Unknown("no target or organ has contours")


def _usual_mm(drawn: Drawn) -> float | None:
    own_mm = drawn.planes_mm
    return round(median(np.diff(own_mm)), 3) if len(own_mm) >= LEAST_PLANES else None
