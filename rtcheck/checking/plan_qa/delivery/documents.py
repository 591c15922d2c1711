"""What the files state of themselves: approval, algorithm, heterogeneity, couch among the structures."""

from collections.abc import Iterator

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, listed, names_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule

_CORRECTED = ("IMAGE", "ROI_OVERRIDE")  # values of TissueHeterogeneityCorrection; WATER is none
_COUCH_WORDS = ("couch", "tabletop", "table top", "treatment table", "support", "tisch", "lettino")


def approval(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The plan's approval status is one of those."""
    status = subject.plan.approval
    allowed = {name.upper() for name in names_of(rule)}
    if not status:
        raise Unknown("the plan states no approval status")
    yield answer(status in allowed, status, value=status)


def algorithm(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """One of the algorithms is named by every dose file, in its comment, its description or its software.

    DICOM has no element for the algorithm of an RTDOSE (PS3.3 C.8.8.3): what names none is not evaluated.
    """
    texts = [" ".join((dose.comment, dose.description, dose.model, dose.software)) for dose in subject.doses]
    named = [next((name for name in names_of(rule) if _folded(name) in _folded(text)), "") for text in texts]
    if not all(named):
        raise Unknown("the dose file names no algorithm of the list; DICOM has no element for it")
    yield answer(True, listed(sorted(set(named))), value=named[0])


def heterogeneity(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every dose file states that densities were used."""
    stated = [value for dose in subject.doses for value in (dose.heterogeneity or ("",))]
    if not all(stated):
        raise Unknown("the dose file does not state TissueHeterogeneityCorrection")
    found = ", ".join(dict.fromkeys(stated))
    yield answer(all(value in _CORRECTED for value in stated), found, value=found, expected="IMAGE or ROI_OVERRIDE")


def couch(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The couch is among the structures, by type SUPPORT or by name."""
    drawn = [roi for roi in subject.rois if roi.contours]
    found = [roi.name for roi in drawn if roi.type == "SUPPORT" or _is_couch(roi.name)]
    yield answer(bool(found) == (rule.value == "present"), listed(found) or "none", value=bool(found))


def _is_couch(name: str) -> bool:
    return any(word in name.casefold() for word in _COUCH_WORDS)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
