"""What the files state of themselves: approval, algorithm, heterogeneity, couch among the structures."""

import re
from collections.abc import Iterator

from rtcheck.case import Roi
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, listed, names_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import CheckRule
from rtcheck.protocol.names.targets import says_it_is_something_else

_COUCH = pattern(r"couch(top)?|table ?top|treatment ?table|tisch(platte)?|lettino", re.IGNORECASE)
_OF_A_COUCH = pattern(r"surface|surf|interior|exterior|inner|outer|shell|core", re.IGNORECASE)
_NO_COUCH = pattern(r"body|external|skin|patient|gtv|ctv|ptv|\b(no|not|without)\b|minus|avoid", re.IGNORECASE)
_ALGORITHMS = (
    "AAA",
    "Acuros",
    "AXB",
    "Collapsed Cone",
    "CCC",
    "Monte Carlo",
    "XVMC",
    "Pencil Beam",
    "PBC",
    "Convolution",
)


def approval(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The plan's approval status is one of those."""
    status = subject.plan.approval
    allowed = {name.upper() for name in names_of(rule)}
    if not status:
        raise Unknown("the plan states no approval status")
    yield answer(status in allowed, status, value=status)


def algorithm(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """One of the algorithms is named by every dose file, in its comment, its description or its software.

    DICOM has no element for the algorithm of an RTDOSE (PS3.3 C.8.8.3): what names none, or another one as well, is not
    evaluated.
    """
    texts = [" ".join((dose.comment, dose.description, dose.model, dose.software)) for dose in subject.doses]
    named = [next((name for name in names_of(rule) if _is_named(name, text)), "") for text in texts]
    if not all(named):
        raise Unknown("the dose file names no algorithm of the list; DICOM has no element for it")
    allowed = " ".join(names_of(rule)).casefold()
    others = {
        name for name in _ALGORITHMS for text in texts if name.casefold() not in allowed and _is_named(name, text)
    }
    if others:
        raise Unknown(f"the dose file names {listed(sorted(others))} as well")
    yield answer(True, listed(sorted(set(named))), value=named[0])


def heterogeneity(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every dose file states that the densities of the image were used.

    ROI_OVERRIDE alone does not say so: a body that is set to water has it, too.
    """
    stated = [value for dose in subject.doses for value in (dose.heterogeneity or ("",))]
    if not all(stated):
        raise Unknown("the dose file does not state TissueHeterogeneityCorrection")
    found = ", ".join(dict.fromkeys(stated))
    is_met = all("IMAGE" in dose.heterogeneity and "WATER" not in dose.heterogeneity for dose in subject.doses)
    yield answer(is_met, found, value=found, expected="IMAGE")


def couch(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The couch is among the structures, by type SUPPORT or by name."""
    found = [roi.name for roi in couch_rois(subject)]
    yield answer(bool(found) == (rule.value == "present"), listed(found) or "none", value=bool(found))


def couch_rois(subject: Subject) -> list[Roi]:
    """The contoured structures that are of the couch."""
    drawn = [roi for roi in subject.rois if roi.contours]
    return [roi for roi in drawn if roi.type == "SUPPORT" or (roi.type != "EXTERNAL" and _is_couch(roi.name))]


def _is_couch(name: str) -> bool:
    """Whether a name says so, and what else it says does not make it something else ("BODY-Couch")."""
    rest = _OF_A_COUCH.sub("", _COUCH.sub("", name)).strip(" _-zZ")
    return bool(_COUCH.search(name)) and not _NO_COUCH.search(rest) and not says_it_is_something_else(rest)


def _is_named(name: str, text: str) -> bool:
    """Whether the name is in the text, with any signs between its letters or none, by itself and not after a "no"."""
    words = r"[\W_]*".join(letter for letter in name if letter.isalnum())
    return bool(words) and bool(re.search(rf"(?<!no )(?<!not )(?<![^\W\d_]){words}(?![^\W\d_])", text, re.IGNORECASE))
