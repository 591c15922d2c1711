"""Names that two contoured ROIs could be meant by, of which one was taken -> a doubt, unless the other is a copy of it.

"SpinalCord" is taken before "Spinal Cord": where each holds half of the cord, the limit is checked on one half only.
"""

from collections.abc import Iterable, Iterator

from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.notices import Notice
from rtcheck.protocol.names.aliases import alias_line
from rtcheck.protocol.names.tg263 import both_sides

SAME_SHAPE = 0.005
"""Of the volume: what two copies differ by when their contours are written with a tenth of a millimetre."""


def notices_of_competitors(structures: Iterable[Found], anatomy: Anatomy) -> tuple[Notice, ...]:
    """One warning for each structure that was asked for and has a competitor of another shape."""
    names = dict.fromkeys(name for found in structures for name in _names(found))
    return tuple(notice for name in names for notice in _doubts(name, anatomy))


def _names(found: Found) -> tuple[str, ...]:
    """The names by which ROIs were matched: of both lungs together each lung's."""
    asked = found.match.asked
    return (asked, *((both_sides(asked) or ()) if len(found.match.numbers) > 1 else ()))


def _doubts(name: str, anatomy: Anatomy) -> Iterator[Notice]:
    match = anatomy.names.match(name)
    names = {roi.number: roi.name for roi in anatomy.rois}
    others = [number for number in match.competing if not _is_copy(match.numbers[0], number, anatomy)]
    if not others:
        return
    taken, listed = match.rois[0], " and ".join(repr(names[number]) for number in others)
    is_or_are = "has another shape" if len(others) == 1 else "have other shapes"
    text = (
        f"{name} was matched to {taken!r} ({match.how}), but {listed} could be meant as well and {is_or_are}. "
        f"If {taken!r} is right, add to an alias file (--aliases): `{alias_line(name, taken)}`."
    )
    yield Notice(code="structures.competing", text=text, structures=(name,))


def _is_copy(one: int, other: int, anatomy: Anatomy) -> bool:
    """Whether two ROIs have the same shape. What cannot be built is no copy."""
    found = [anatomy.of_rois((number,), asked="", how="") for number in (one, other)]
    solids = [each.solid for each in found if each.solid is not None]
    if len(solids) < 2:
        return False
    differing_cc = sum(volume_cc(anatomy.kept.combined(a, b, "difference")) for a, b in (solids, reversed(solids)))
    return differing_cc <= SAME_SHAPE * volume_cc(solids[0])
