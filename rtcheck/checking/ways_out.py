"""A value that is open for want of evidence -> the options that would decide it, for who knows that they are right."""

from collections.abc import Iterator
from dataclasses import replace

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.structures.anatomy import Find
from rtcheck.checking.structures.found import Found
from rtcheck.checking.uncertain import MISSING_SLICES


def ways_out(found: Found, find: Find, evidence: Evidence) -> Iterator[str]:
    """Clauses that name an option and what it takes for granted."""
    dvh, settings = evidence.dvh(found), evidence.settings
    if dvh is not None and dvh.volume_outside_cc > 0:
        if settings.end_caps != "none" and _is_inside_without_end_caps(find, evidence):
            yield "only its end caps lie outside, and --end-caps none omits them"
        elif settings.outside == "auto" and dvh.outside_rule == "maximum" and dvh.outside_faces_gy < dvh.outside_max_gy:
            most = f"{dvh.outside_faces_gy:.3g} Gy, the highest dose on the grid's faces that it leaves through"
            yield f"--outside face takes the dose outside to be at most {most}"
    notices = found.solid.notices if found.solid is not None else ()
    if settings.gaps == "bounds" and any(notice.code == MISSING_SLICES for notice in notices):
        yield "--gaps filled or --gaps open decides what lies in the gaps"


def _is_inside_without_end_caps(find: Find, evidence: Evidence) -> bool:
    other = evidence.under(replace(evidence.settings, end_caps="none"))
    dvh = other.dvh(find(other.anatomy))
    return dvh is not None and not dvh.volume_outside_cc > 0
