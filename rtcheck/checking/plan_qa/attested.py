"""What no DICOM file holds: open until the facts file answers it, with name and date."""

from collections.abc import Iterator
from datetime import date

from rtcheck.checking.plan_qa.answers import Answer, unknown
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule

EXPECTED = "attested by a person"


def attested(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """A yes is met; a no is violated, or waived with a justification; without an answer the item is open."""
    item = rule.text.rstrip(".")
    name = rule.code.partition(".")[2]
    found = subject.evidence.facts.attested.get(name)
    if found is None:
        yield unknown(f"open: add {name} under `attested` in the facts file", item=item, expected=EXPECTED)
        return
    if found.on > date.today():
        yield unknown(f"{name} is attested for a day to come, {found.on.isoformat()}", item=item, expected=EXPECTED)
        return
    plan = subject.case.plan
    if found.plan and (plan is None or found.plan not in (plan.sop_instance_uid, plan.label)):
        yield unknown(f"open: {name} is attested for another plan", item=item, expected=EXPECTED)
        return
    signed = f"{found.by}, {found.on.isoformat()}"
    planned = plan.planned_on if plan else None
    if planned is not None and found.on < planned:
        signed += f", before the date of the plan, {planned.isoformat()}"
    if found.is_so:
        yield Answer(found=signed, outcome="met", item=item, expected=EXPECTED, note=found.because)
    elif found.because:
        told = f"no: {found.because} ({signed})"
        yield Answer(found=told, outcome="waived", item=item, expected=EXPECTED)
    else:
        yield Answer(found=f"no ({signed})", outcome="violated", item=item, expected=EXPECTED)
