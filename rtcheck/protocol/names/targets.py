"""The names of targets: which ROI is a GTV, CTV, ITV or PTV, by its name's grammar and by its type in the file."""

import re
from collections.abc import Sequence
from typing import Protocol as Shape

from rtcheck.protocol.names.folding import folded
from rtcheck.protocol.names.synonyms import is_helper, meaning_of

# What makes a name that begins like a target something else: a ring around it, a copy cut for the optimiser, ...
_OTHER_WORDS = """
    ring shell wall edge margin exp expand opt optim eval evl crop cropped cut minus sub subtr and or not no non without
    in out inside outside avoid spare sparing push block help dummy temp tmp test old copy prv air bu build buildup nt
    couch for with
"""
_NOT_A_TARGET = frozenset(_OTHER_WORDS.split())
_HEAD = re.compile(
    r"(?P<kind>igtv|pgtv|pctv|gtv|ctv|itv|ptv)"
    r"(?P<class>nodes?|nodal|nd|ln|sb|par|vas|vein|lung|liver|brain|boost|high|low|mid|total|all|[tnpmv])?"
    r"(?P<number>\d{0,5}(?:\.\d+)?)(?P<unit>c?gy)?(?P<letter>[a-z])?"
)
_LABEL = re.compile(r"[^\W_]+(?:\.\d+)?(?:c?gy)?")
_DASH_LABEL = re.compile(
    r"t|n|p|m|nd|ln|boost|high|low|mid|hr|ir|lr|nodes?|nodal|primary|primaer|\d|[1-9]\d{1,4}(?:c?gy)?"
)
_KINDS = {"igtv": "ITV", "pgtv": "PTV", "pctv": "PTV"}
_ROI_TYPES = frozenset({"GTV", "CTV", "PTV", "ITV"})


class RoiLike(Shape):
    """What matching asks of an entry of a structure set (rtcheck.case.Roi has it)."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def codes(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def contours(self) -> int: ...
    @property
    def name_alternatives(self) -> tuple[str, ...]: ...


def kind_of_target_name(name: str) -> str:
    """ "GTV" for `GTVp`, `GTV_Liver` and `gtv 1`; "" for `PTV-GTV`, `PTV ring`, `GTV + 5 mm` and what is no target."""
    text = re.sub(r"[()\[\]]+", " ", folded(name)).strip()
    head = _HEAD.match(text)
    if head is None or is_helper(name):
        return ""
    words = [word for word in re.split(r"([-_\s]+)", text[head.end() :]) if word]
    if words and not re.fullmatch(r"[-_\s]+", words[0]):
        return ""
    for gap, label in zip(words[::2], words[1::2], strict=False):
        is_label = _DASH_LABEL.fullmatch(label) if "-" in gap else _LABEL.fullmatch(label)
        if not is_label or label in _NOT_A_TARGET:
            return ""
    return _KINDS.get(head["kind"], head["kind"].upper())


def target_kind(roi: RoiLike) -> str:
    """The kind of target that `roi` is, or "": what its name states, else its type where its name is no organ's."""
    kind = kind_of_target_name(roi.name)
    if kind:
        return kind
    roi_type = roi.type.strip().upper()
    if roi_type not in _ROI_TYPES or is_helper(roi.name) or _states_its_own(roi.name):
        return ""
    return roi_type


def targets_of_kind(kind: str, rois: Sequence[RoiLike]) -> tuple[int, ...]:
    """The numbers of all ROIs that are targets of `kind` ("GTV", "CTV", "ITV", "PTV") and have contours: `all GTV`."""
    wanted = kind.strip().upper()
    return tuple(roi.number for roi in rois if roi.contours and target_kind(roi) == wanted)


def says_it_is_something_else(name: str) -> bool:
    """Whether a word in `name` makes it a ring, a copy for the optimiser, a part, ... of what it is called after."""
    return not _NOT_A_TARGET.isdisjoint(re.split(r"[^a-z]+", folded(name)))


def _states_its_own(name: str) -> bool:
    """Whether a name that is no target's states something of its own: an organ, or a part cut from a target."""
    return meaning_of(name) is not None or says_it_is_something_else(name) or _HEAD.match(folded(name)) is not None
