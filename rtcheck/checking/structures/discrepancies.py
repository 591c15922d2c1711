"""Structures held against the dose grid, their stated volume and their own derivation -> warnings."""

from collections.abc import Iterable, Iterator

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.curve import Dvh
from rtcheck.notices import Notice
from rtcheck.results import Result

# Two drawings of one structure agree to about this much; above it one of them is stale or drawn otherwise.
NOTABLE_DIFFERENCE = 0.02

# Systems model the space between planes differently; beyond both of these it is another structure.
NOTABLE_VOLUME = 0.05
NOTABLE_VOLUME_CC = 1.0

# The lowest dose above 0 in a grid that reaches to the edge of the body is below this part of the highest, unless lower
# doses were set to 0.
CUT_OFF_PART = 0.005


def notices_of_coverage(structures: Iterable[Found], evidence: Evidence) -> tuple[Notice, ...]:
    """One warning for each structure whose DVH was asked for and that lies partly or wholly outside the dose grid."""
    notices = []
    for found in structures:
        dvh = evidence.dvhs.get(found.solid) if found.solid is not None else None
        if dvh is not None and dvh.volume_outside_cc > 0.0:
            share = dvh.volume_outside_cc / dvh.volume_cc
            part = f"{dvh.volume_outside_cc:.3g} of {dvh.volume_cc:.4g} cc ({share:.1%})"
            text = f"{found.match.asked}: {part} lie outside the dose grid{_assumed_outside(dvh)}"
            notices.append(Notice(code="dose.partial-coverage", text=text, structures=(found.match.asked,)))
    return tuple(notices)


def notices_of_zero_dose(structures: Iterable[Found], evidence: Evidence) -> tuple[Notice, ...]:
    """One doubt for each structure that has dose 0 where the file may hold no dose rather than none.

    Scattered dose reaches everywhere: all of an organ at exactly 0, or doses of which the lowest above 0 is not
    negligible, were cut off, or filled up where nothing was calculated.
    """
    notices = []
    stated = {name for notice in evidence.case.notices if notice.code == "dose.zero" for name in notice.structures}
    for found in structures:
        dvh = evidence.dvhs.get(found.solid) if found.solid is not None else None
        if dvh is None or dvh.min_gy > 0.0 or not dvh.volume_inside_cc > 0.0 or found.match.asked in stated:
            continue
        text = f"{found.match.asked}: the dose is exactly 0 everywhere; nothing shows that it was calculated there"
        if dvh.max_gy > 0.0:
            lowest_gy = evidence.lowest_dose_gy
            if not lowest_gy > CUT_OFF_PART * dvh.grid_max_gy:
                continue
            text = (
                f"{found.match.asked}: the dose is exactly 0 in parts, and the lowest dose above 0 in the whole grid "
                f"is {lowest_gy:.3g} Gy; lower doses seem to have been cut off"
            )
        notices.append(Notice(code="dose.zero", text=text, structures=(found.match.asked,)))
    return tuple(notices)


def notices_of_zero_at_points(results: Iterable[Result]) -> Iterator[Notice]:
    """One doubt for each point at which the dose is exactly 0: nothing shows that it was calculated there."""
    for result in results:
        if result.goal.metric.kind == "Dpoint" and result.measurement.value == 0:
            text = f"{result.structure}: the dose at the point is exactly 0; nothing shows that it was calculated there"
            yield Notice(code="dose.zero", text=text, structures=(result.structure,))


def _assumed_outside(dvh: Dvh) -> str:
    """What is taken of the dose there, of a structure that lies partly inside."""
    if not dvh.volume_inside_cc > 0:
        return ""
    most = f"at most {dvh.outside_max_gy:.3g} Gy"
    taken = {
        "zero": "0",
        "face": f"{most}, the highest on the grid's faces that it leaves through",
        "maximum": f"{most}, the grid's maximum",
    }[dvh.outside_rule]
    return f"; the dose there is taken as {taken} (--outside {dvh.outside_rule})"


def notices_of_stated_volumes(structures: Iterable[Found], evidence: Evidence) -> tuple[Notice, ...]:
    """One warning for each drawn structure whose volume is notably not the one that its file states (ROIVolume)."""
    stated_cc = {roi.number: roi.volume_cc_stated for roi in evidence.anatomy.rois}
    notices = []
    for found in structures:
        stated = stated_cc.get(found.match.numbers[0]) if len(found.match.numbers) == 1 else None
        if not stated or found.solid is None or found.derived is not None or found.match.asked != found.match.rois[0]:
            continue
        drawn = volume_cc(found.solid)
        if abs(drawn - stated) > max(NOTABLE_VOLUME_CC, NOTABLE_VOLUME * stated):
            text = f"{found.match.asked}: {drawn:.4g} cc are contoured, but the structure set states {stated:.4g} cc"
            notices.append(Notice(code="structure.stated-volume", text=text, structures=(found.match.asked,)))
    return tuple(notices)


def notices_of_derivations(evidence: Evidence) -> tuple[Notice, ...]:
    """One warning for each drawn structure that differs from what its derivation gives, in volume or in mean dose."""
    return tuple(notice for found in evidence.anatomy.drawn_and_derived for notice in _differences(found, evidence))


def _differences(found: Found, evidence: Evidence) -> tuple[Notice, ...]:
    assert found.solid is not None
    assert found.derived is not None, "called only for structures that have both"
    pairs = [("volume", volume_cc(found.solid), volume_cc(found.derived), "cc")]
    drawn, derived = evidence.dvh(found), evidence.dvh_of(found.derived)
    if drawn is not None and derived is not None:
        pairs.append(("mean dose", drawn.mean_gy, derived.mean_gy, "Gy"))
    told = [
        f"{what} {one:.4g} {unit} as contoured, {other:.4g} {unit} as derived"
        for what, one, other, unit in pairs
        if abs(one - other) > NOTABLE_DIFFERENCE * max(abs(one), abs(other))
    ]
    if not told:
        return ()
    name = found.match.asked
    text = f"{name} was used as contoured, but differs from its derivation by more than 2 %: {'; '.join(told)}"
    return (Notice(code="structure.derivation-differs", text=text, structures=(found.match.asked,)),)
