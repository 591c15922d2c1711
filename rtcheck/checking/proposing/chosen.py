"""A case and the protocols to choose from -> the one that applies, with a remark on the choice."""

from collections.abc import Iterable
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checking.proposing.plan_outline import outline_of
from rtcheck.notices import Notice
from rtcheck.protocol.choosing.applying import the_one_that_applies
from rtcheck.protocol.file.model import Protocol


def with_chosen(
    case: Case, candidates: Iterable[Protocol], *, quotes_labels: bool = True
) -> tuple[Case, Protocol, str]:
    """The case with the remark, the protocol, and the remark.

    Raises:
        UsageError: none applies, or several do; with `quotes_labels` the text quotes the plan's labels.
    """
    fit = the_one_that_applies(candidates, outline_of(case), quotes_labels=quotes_labels)
    told = f"Protocol {fit.protocol.name} was chosen by --protocol auto: {fit.why}."
    notice = Notice(code="protocol.chosen", text=told, severity="info")
    return replace(case, notices=(*case.notices, notice)), fit.protocol, told
