"""Which structures are there: those that are required, and those that are listed without contours."""

from collections.abc import Iterator

from rtcheck.case import Roi
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, listed, names_of, unknown
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule


def required(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Each structure is there, with contours, by exactly one match."""
    if subject.case.structures is None:
        raise Unknown("there is no structure set")
    for name in names_of(rule):
        found = subject.anatomy.find(name)
        item, expected = f"{name} contoured", "contoured"
        if found.match.is_surrogate:
            yield answer(False, "missing", item=item, expected=expected, note=f"only as {found.match.how}")
        elif found.match.is_ambiguous:
            yield unknown(found.match.reason, item=item, expected=expected)
        elif found.solid is None:
            near = f"; near: {listed(found.match.suggestions)}" if found.match.suggestions else ""
            what = "no contours" if found.is_undrawn else "missing"
            yield answer(False, what, item=item, expected=expected, note=found.match.reason + near)
        else:
            drawn = listed(found.match.rois)
            yield answer(True, drawn or "derived", value=drawn, item=item, expected=expected, note=found.match.how)


_VOLUMES = ("GTV", "CTV", "PTV", "ORGAN", "AVOIDANCE", "EXTERNAL")


def _has_area(subject: Subject, roi: Roi) -> bool:
    drawn = subject.drawn(roi)
    return drawn is not None and bool(drawn.area_mm2.max() > 0)


def empty(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every listed structure has contours; a target, an organ or the body has some with an area."""
    names = [
        roi.name for roi in subject.rois if not roi.contours or (roi.type in _VOLUMES and not _has_area(subject, roi))
    ]
    yield answer(not names, listed(names) or "none", value=float(len(names)), expected="no structure without contours")
