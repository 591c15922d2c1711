"""What lies in what: targets in targets, all in the body, with the cc that are outside."""

from collections.abc import Iterator

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, unknown
from rtcheck.checking.plan_qa.contoured.shapes import Outside, outside
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule
from rtcheck.units import amount_text

LEAST_OUTSIDE_CC = 0.1
LEAST_OUTSIDE = 0.005
"""More than both (of the inner structure) is outside: two contours of one edge differ by less than a pixel."""


def inside(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Each inner structure lies in its outer one."""
    for inner, outer in rule.value:
        item, expected = f"{inner} inside {outer}", "none of it outside"
        if subject.is_of_none(inner):
            yield Answer(found=f"no {inner[4:]}", outcome="not_applicable", item=item, expected=expected)
            continue
        try:
            found = outside(subject.solid_of(inner), subject.solid_of(outer), subject.anatomy.kept)
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=expected)
        else:
            yield _answer(found, item, expected)


def _answer(found: Outside, item: str, expected: str) -> Answer:
    most_allowed_cc = max(LEAST_OUTSIDE_CC, LEAST_OUTSIDE * found.volume_cc)
    text = f"{amount_text(found.most_cc, 'cc')} of {amount_text(found.volume_cc, 'cc')} outside"
    if found.least_cc > most_allowed_cc:
        return answer(False, text, value=found.most_cc, item=item, expected=expected, place=found.place)
    if found.most_cc > most_allowed_cc:
        return unknown(f"slices are missing: between {found.least_cc:.3g} and {text}", item=item, expected=expected)
    text = "all inside" if found.most_cc < LEAST_OUTSIDE_CC / 100 else text
    return answer(True, text, value=found.most_cc, item=item, expected=expected)
