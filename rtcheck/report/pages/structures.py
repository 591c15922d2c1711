"""The ROIs of a case and the matches of a protocol's names -> text, or JSON of the schema `rtcheck.structures/1`."""

from collections.abc import Sequence
from typing import Any

from rtcheck.case import Case, Roi
from rtcheck.notices import Notice
from rtcheck.report.formats.columns import aligned, folded, terminal_width
from rtcheck.report.formats.json_ import match_values
from rtcheck.report.formats.json_text import notice_values, to_json
from rtcheck.report.telling.doubts import notice_text
from rtcheck.results import Match

SCHEMA = "rtcheck.structures/1"


def render_structures(case: Case, matches: tuple[Match, ...], notices: tuple[Notice, ...], output_format: str) -> str:
    """What is drawn, what each name was matched to and why, and what puts that in doubt (`notices`)."""
    rois = case.structures.rois if case.structures else ()
    if output_format == "json":
        return to_json(
            {
                "schema": SCHEMA,
                "structures": [_roi(roi) for roi in rois],
                "matches": [match_values(match) for match in matches],
                "warnings": [notice_values(each) for each in (*case.notices, *notices)],
            }
        )
    doubts = folded(f"! {notice_text(each)} [{each.code}]" for each in notices)
    return _rois_text(rois) + _matches_text(matches) + "".join(f"\n{line}" for line in doubts) + "\n" * bool(doubts)


def _roi(roi: Roi) -> dict[str, Any]:
    return {
        "name": roi.name,
        "number": roi.number,
        "type": roi.type,
        "contours": roi.contours,
        "codes": [{"scheme": scheme, "value": value} for scheme, value in roi.codes],
        "volume_cc_stated": roi.volume_cc_stated,
    }


def _rois_text(rois: tuple[Roi, ...]) -> str:
    if not rois:
        return "No structure is contoured.\n"
    lines = [("No.", "Structure", "Type", "Contours")]
    lines += [
        (str(roi.number), roi.name, roi.type or "-", str(roi.contours) if roi.contours else "none") for roi in rois
    ]
    return _table(lines, right=(0, 3))


def _matches_text(matches: tuple[Match, ...]) -> str:
    if not matches:
        return ""
    lines = [("Protocol", "Structure", "How")]
    lines += [(match.asked, ", ".join(match.rois) if not match.reason else "-", _how(match)) for match in matches]
    return "\n" + _table(lines)


def _how(match: Match) -> str:
    if match.is_ambiguous:
        return match.reason if "is ambiguous" in match.reason else f"ambiguous: {match.reason}"
    if match.reason:
        return f"not found: {match.reason}"
    return "; ".join((match.how, *map(str, match.members)))


def _table(lines: Sequence[tuple[str, ...]], *, right: tuple[int, ...] = ()) -> str:
    return "\n".join(aligned(lines, right=right, width=terminal_width(), is_ruled=True)) + "\n"
