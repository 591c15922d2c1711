"""Left and right by position: sided structures whose centres lie on each other's side -> warnings.

Patient coordinates (DICOM LPS) grow to the patient's left, whatever the patient's position on the couch: the centre of
a left organ has the larger x of its pair. Against the midline a structure is on the wrong side only where the whole of
it lies clearly there.
"""

from collections.abc import Iterable

from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.notices import Notice
from rtcheck.protocol.names.crossing import other_side
from rtcheck.values import dataclass

# Centres nearer than this along x tell nothing about sides. [mm]
LEAST_APART_MM = 2.0

# Structures of the midline, best first, with the distance by which a structure must lie beyond their centre, as a
# whole, before it is surely on the wrong side: a spine may be bent, a body outline be cut by the field of view. [mm]
MIDLINES = (("SpinalCord", 20.0), ("SpinalCanal", 20.0), ("Brainstem", 20.0), ("External", 50.0), ("Body", 50.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A sided name of TG-263, the ROI that it was matched to, and where that lies along x. [mm]"""

    name: str
    roi: str
    low_mm: float
    centre_mm: float
    high_mm: float


def notices_of_sides(structures: Iterable[Found], anatomy: Anatomy) -> tuple[Notice, ...]:
    """One warning for each pair, or lone sided structure, that was asked for and lies on the wrong side."""
    notices: dict[str, Notice] = {}
    for found in structures:
        name = found.match.asked
        if len(found.match.numbers) != 1 or found.match.is_surrogate or not other_side(name):
            continue
        own, other = _side(name, anatomy), _side(other_side(name), anatomy)
        if own is None:
            continue
        text = (_swapped(own, other) if other else "") or _beyond_midline(own, anatomy)
        if text:
            stem = min(own.name, other_side(own.name))
            notices.setdefault(stem, Notice(code="structures.sides-swapped", text=text, structures=(name,)))
    return tuple(notices.values())


def is_on_its_side(name: str, anatomy: Anatomy) -> bool:
    """Whether a structure surely lies on its side: it is one ROI, and so is its other one, or a midline.

    Of a pair the centres are in order, and its own is not surely beyond the midline. A lone structure lies on its side
    of the midline as a whole, or its centre does by the distance that the midline is sure to.
    """
    own, other = _side(name, anatomy), _side(other_side(name), anatomy)
    if own is None:
        return False
    located = ((anatomy.extent_along_x(midline), least_mm) for midline, least_mm in MIDLINES)
    middle_mm, least_mm = next(((found[1][1], least) for found, least in located if found), (None, 0.0))
    sign = 1.0 if own.name.endswith("_L") else -1.0
    beyond_mm = None if middle_mm is None else sign * (middle_mm - own.centre_mm)
    if other is not None and other.roi != own.roi:
        is_in_order = sign * (own.centre_mm - other.centre_mm) >= LEAST_APART_MM
        return is_in_order and (beyond_mm is None or beyond_mm < least_mm)
    if middle_mm is None or beyond_mm is None:
        return False
    is_whole = own.low_mm >= middle_mm if sign > 0 else own.high_mm <= middle_mm
    return is_whole or -beyond_mm >= least_mm


def _side(name: str, anatomy: Anatomy) -> _Side | None:
    """Where the one ROI lies that a sided name is matched to; None where there is none."""
    canonical = other_side(other_side(name))
    located = anatomy.extent_along_x(name)
    if located is None:
        return None
    roi, (low_mm, centre_mm, high_mm) = located
    return _Side(name=canonical, roi=roi, low_mm=low_mm, centre_mm=centre_mm, high_mm=high_mm)


def _swapped(own: _Side, other: _Side) -> str:
    left, right = (own, other) if own.name.endswith("_L") else (other, own)
    apart_mm = right.centre_mm - left.centre_mm
    if left.roi == right.roi or apart_mm < LEAST_APART_MM:
        return ""
    return (
        f"{_named(left)} lies {apart_mm:.0f} mm to the patient's right of {_named(right)}: left and right seem "
        f"to be swapped."
    )


def _named(side: _Side) -> str:
    return side.name if side.roi == side.name else f"{side.name} ({side.roi!r})"


def _beyond_midline(own: _Side, anatomy: Anatomy) -> str:
    """What is said of a lone sided structure that lies on the wrong side of the midline as a whole."""
    for midline, least_mm in MIDLINES:
        located = anatomy.extent_along_x(midline)
        if located is None:
            continue
        roi, (_, centre_mm, _) = located
        is_left = own.name.endswith("_L")
        beyond_mm = centre_mm - own.high_mm if is_left else own.low_mm - centre_mm
        if beyond_mm < least_mm:
            return ""
        side, wrong = ("left", "right") if is_left else ("right", "left")
        return (
            f"{_named(own)} lies entirely on the patient's {wrong}, {beyond_mm:.0f} mm from the middle of "
            f"{roi!r}: it may be the {wrong} one, not the {side} one."
        )
    return ""
