"""Clinical facts in one place: reading a file of them, holding one against its rule, and the file to fill in."""

from rtcheck.protocol.clinical.facts_file import read_facts
from rtcheck.protocol.clinical.judgement import FactOutcome, judge_fact, later
from rtcheck.protocol.clinical.template import facts_template
from rtcheck.protocol.clinical.values import (
    FROM_DICOM,
    Facts,
    FactValue,
    age_years,
    asked_facts,
    unused_facts,
)

__all__ = [
    "FROM_DICOM",
    "FactOutcome",
    "FactValue",
    "Facts",
    "age_years",
    "asked_facts",
    "facts_template",
    "judge_fact",
    "later",
    "read_facts",
    "unused_facts",
]
