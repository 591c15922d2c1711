"""What is said of one plan -> the same among plans whose values are added, where no option states what a plan lacks."""

import re
from dataclasses import replace

from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.notices import Notice
from rtcheck.patterns import pattern

IN_THE_PLAN = "; for --sum-values it must be in the RT Plan"
_BY_OPTION = pattern(
    r"""
    (?: [.;:,]?\s+ \(? (?:[Gg]ive|or\ state|if\ that\ is\ its\ dose\ level,\ give) \b [^;()]* | \s+\( )
    --(?:dose-rx|fractions)\b [^;()]*? (?: \s\(--[^()]*\) )?
    (?: \) | (?= \.?$ | ;\s | \.\s+[A-Z] ) )
    """,
    re.VERBOSE,
)


def without_options(text: str) -> str:
    """A text without the advice to use --dose-rx or --fractions, which --sum-values rejects.

    >>> without_options("The plan does not state the number of fractions. Give it with --fractions.")
    'The plan does not state the number of fractions; for --sum-values it must be in the RT Plan.'
    """
    return _BY_OPTION.sub(IN_THE_PLAN, text, count=1)


def notice_of_part(notice: Notice) -> Notice:
    """A remark on one of the plans."""
    return replace(notice, text=without_options(notice.text))


def value_of_part(measured: Measurement) -> Measurement:
    """A value of one of the plans, or the reason why it has none."""
    return replace(measured, undefined=without_options(measured.undefined)) if measured.undefined else measured
