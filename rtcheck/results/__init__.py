"""Results and the Report: what a check found. Plain values that every report format reads."""

from rtcheck.results.courses import CourseDose, CourseList, Cumulative
from rtcheck.results.isotoxic import Isotoxic, PrescriptionLimit
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
    Match,
    Members,
    Outcome,
    Peers,
    Place,
    ReadingResult,
    Result,
    Score,
    Verdict,
)

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
