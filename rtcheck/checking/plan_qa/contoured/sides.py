"""Left and right: by position against the name."""

from collections.abc import Iterator

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, counted, listed
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.laterality import is_on_its_side, notices_of_sides
from rtcheck.protocol.file.model import CheckRule
from rtcheck.protocol.names.crossing import other_side
from rtcheck.results import Match


def laterality(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every structure with a side in its name lies on that side of its other one, or of the midline."""
    sided = [roi for roi in subject.rois if roi.contours and other_side(roi.name)]
    if not sided:
        yield Answer(found="no structure with a side in its name", outcome="not_applicable", expected="on their sides")
        return
    names = {roi.number: other_side(other_side(roi.name)) for roi in sided}
    asked = [Found(match=Match(asked=names[roi.number], numbers=(roi.number,))) for roi in sided]
    off = notices_of_sides(asked, subject.anatomy)
    unsure = [roi.name for roi in sided if not off and not is_on_its_side(names[roi.number], subject.anatomy)]
    if unsure:
        raise Unknown(f"neither the other one of the pair nor the midline shows the side of {listed(unsure)}")
    found = "; ".join(notice.text for notice in off) or f"correct for {counted(len(sided), 'structure')}"
    place = listed(dict.fromkeys(name for notice in off for name in notice.structures))
    yield answer(not off, found, value=float(len(off)), expected="on their sides", place=place)
