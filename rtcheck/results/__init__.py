"""Results and the Report: what a check found, as plain values that every report format reads.

Each is imported when it is first used: a command pays for those that it needs.
"""

from typing import TYPE_CHECKING

from rtcheck.on_demand import from_homes

if TYPE_CHECKING:
    from rtcheck.results.courses import CourseDose, CourseList, Cumulative
    from rtcheck.results.isotoxic import Isotoxic, PrescriptionLimit
    from rtcheck.results.match import Match, Members
    from rtcheck.results.repeated import (
        DvhBand,
        Repeated,
        RobustConstraint,
        Robustness,
        SampledConstraint,
        Samples,
        ScenarioConstraint,
        Scenarios,
    )
    from rtcheck.results.report import Report
    from rtcheck.results.result import (
        Achievable,
        ByVolume,
        CheckItem,
        CrossCheck,
        Drawing,
        Headroom,
        Outcome,
        Peers,
        Place,
        ReadingResult,
        Result,
        Score,
        Verdict,
    )

_HOMES = {
    "Achievable": "rtcheck.results.result",
    "ByVolume": "rtcheck.results.result",
    "CheckItem": "rtcheck.results.result",
    "CourseDose": "rtcheck.results.courses",
    "CourseList": "rtcheck.results.courses",
    "CrossCheck": "rtcheck.results.result",
    "Cumulative": "rtcheck.results.courses",
    "Drawing": "rtcheck.results.result",
    "DvhBand": "rtcheck.results.repeated",
    "Headroom": "rtcheck.results.result",
    "Isotoxic": "rtcheck.results.isotoxic",
    "Match": "rtcheck.results.match",
    "Members": "rtcheck.results.match",
    "Outcome": "rtcheck.results.result",
    "Peers": "rtcheck.results.result",
    "Place": "rtcheck.results.result",
    "PrescriptionLimit": "rtcheck.results.isotoxic",
    "ReadingResult": "rtcheck.results.result",
    "Repeated": "rtcheck.results.repeated",
    "Report": "rtcheck.results.report",
    "Result": "rtcheck.results.result",
    "RobustConstraint": "rtcheck.results.repeated",
    "Robustness": "rtcheck.results.repeated",
    "SampledConstraint": "rtcheck.results.repeated",
    "Samples": "rtcheck.results.repeated",
    "ScenarioConstraint": "rtcheck.results.repeated",
    "Scenarios": "rtcheck.results.repeated",
    "Score": "rtcheck.results.result",
    "Verdict": "rtcheck.results.result",
}

__all__ = [
    "Achievable",
    "ByVolume",
    "CheckItem",
    "CourseDose",
    "CourseList",
    "CrossCheck",
    "Cumulative",
    "Drawing",
    "DvhBand",
    "Headroom",
    "Isotoxic",
    "Match",
    "Members",
    "Outcome",
    "Peers",
    "Place",
    "PrescriptionLimit",
    "ReadingResult",
    "Repeated",
    "Report",
    "Result",
    "RobustConstraint",
    "Robustness",
    "SampledConstraint",
    "Samples",
    "ScenarioConstraint",
    "Scenarios",
    "Score",
    "Verdict",
]


__getattr__ = from_homes(__name__, _HOMES)
