"""Names by TG-263, and densities that are set instead of taken from the image."""

from collections.abc import Iterator

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, counted, listed
from rtcheck.checking.plan_qa.contoured.slices import NOT_ANATOMY
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import CheckRule
from rtcheck.protocol.names.tg263 import is_tg263, nearest_tg263

MOST_CHARACTERS = 16  # TG-263 2.3: the shortest limit of the planning systems in use
_ALLOWED = pattern(r"[A-Za-z0-9_~+^.!-]*")
_OUT_OF_SCOPE = pattern(r"[zZ_~]")  # TG-263 2.4: structures for optimisation, which no dose is reported for


def tg263(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every target and organ has a name of TG-263, of 16 characters at most; names that begin with z or _ are free."""
    asked = [roi.name for roi in subject.rois if roi.type not in NOT_ANATOMY and not _OUT_OF_SCOPE.match(roi.name)]
    if not asked:
        raise Unknown("there is no target or organ")
    off = [name for name in asked if not is_named_well(name)]
    near = [f"{name}: {nearest_tg263(name)[0]}" for name in off if nearest_tg263(name)]
    found = f"{counted(len(off), 'name')}: {listed(off)}" if off else f"all {len(asked)} names"
    note = f"perhaps {listed(near)}" if near else ""
    yield answer(not off, found, value=float(len(off)), expected="names of TG-263", note=note)


def is_named_well(name: str) -> bool:
    """Whether a name is of TG-263, in its characters and its length."""
    return len(name) <= MOST_CHARACTERS and bool(_ALLOWED.fullmatch(name)) and is_tg263(name)


def densities(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No structure has a density of its own; those that have are listed with it."""
    names = {roi.number: roi.name for roi in subject.rois}
    told = [
        f"{names.get(each.roi_number, each.roi_number)} {each.property}"
        + ("" if each.value is None else f" {each.value:g}")
        for each in subject.structure_set.densities
    ]
    if not subject.structure_set.has_observations:
        raise Unknown("the structure set does not describe its structures (RTROIObservationsSequence)")
    yield answer(not told, listed(told) or "none", value=float(len(told)), expected="no density overrides")
