"""What else the beams and fraction groups state: names, monitor units of each, bolus, set-up fields, scheme, tables."""

from collections import Counter
from collections.abc import Iterator

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, counted, in_range, listed, unknown
from rtcheck.checking.plan_qa.delivery.beams import require_monitor_units
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule

COUNTED_DOSE = 0.02
"""Relative: beam doses and prescription that differ by less are rounded."""


def unique_names(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every treatment beam has a name of its own."""
    counts = Counter(beam.name for beam in subject.treating)
    twice = [name or "(no name)" for name, count in counts.items() if count > 1 or not name]
    yield answer(not twice, listed(twice) or "all different", expected="a name for each beam")


def same_machine(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """All treatment beams are on one machine."""
    names = {beam.machine for beam in subject.treating}
    if "" in names:
        raise Unknown("the plan does not state the machine of every beam")
    yield answer(len(names) == 1, listed(sorted(names)), value=float(len(names)), expected="one machine")


def each_meterset(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The monitor units of every treatment beam in one fraction. [MU]"""
    values = {beam.label: beam.meterset for beam in subject.treating}
    absent = [label for label, value in values.items() if value is None]
    require_monitor_units(subject.treating)
    known = {label: value for label, value in values.items() if value is not None}
    if negative := [label for label, value in known.items() if value < 0]:
        raise Unknown(f"the monitor units of {listed(negative)} are negative")
    off = [label for label, value in known.items() if not rule.value.contains(value)]
    if absent and not off:
        yield unknown(f"the plan does not state the monitor units of {listed(absent)}")
        return
    worst = min(known.values(), key=lambda value: (rule.value.contains(value), value))
    yield in_range(rule.value, worst, "MU", place=listed(off))


def not_empty(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No treatment beam has zero monitor units, or is in no fraction group."""
    used = {number for group in subject.plan.groups for number in group.beams}
    off = [
        beam.label
        for beam in subject.treating
        if beam.number not in used or (beam.meterset is not None and beam.meterset <= 0)
    ]
    absent = [beam.label for beam in subject.treating if beam.meterset is None and beam.number in used]
    if absent and not off:
        raise Unknown(f"the plan does not state the monitor units of {listed(absent)}")
    text = f"{listed(off)} not delivered" if off else "all deliver dose"
    yield answer(not off, text, value=float(len(off)), expected="monitor units in every beam")


def bolus(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Whether treatment beams have a bolus: it is named by the beams, or among the structures."""
    names = {roi.number: roi.name for roi in subject.rois}
    drawn = [roi.name for roi in subject.rois if roi.type == "BOLUS" and roi.contours]
    by_beam = {beam.label: beam.boluses for beam in subject.treating if beam.boluses}
    unstated = [beam.label for beam in subject.treating if beam.stated_boluses is None and not beam.boluses]
    if unstated and not by_beam:
        raise Unknown(f"the plan does not state the number of boluses of {listed(unstated)}")
    used = sorted({names.get(number, "without a structure") for own in by_beam.values() for number in own})
    note = (
        f"contoured but used by no beam: {listed(n for n in drawn if n not in used)}" if set(drawn) - set(used) else ""
    )
    found = listed(used) or "none"
    yield answer(bool(used) == (rule.value == "present"), found, value=bool(used), place=listed(by_beam), note=note)


def setup_beams(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Whether the plan has set-up fields."""
    names = [beam.name or beam.label for beam in subject.plan.beams if beam.delivery == "SETUP"]
    unstated = [beam.label for beam in subject.plan.beams if not beam.delivery]
    if unstated and not names:
        raise Unknown(f"the plan does not state the delivery type of {listed(unstated)}")
    yield answer(bool(names) == (rule.value == "present"), listed(names) or "none", value=float(len(names)))


def tolerance_table(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Every treatment beam refers to a tolerance table of the plan, all to the same one."""
    known = dict(subject.plan.tolerance_tables)
    used = {beam.label: beam.tolerance_table for beam in subject.treating}
    absent = [label for label, number in used.items() if number is None or number not in known]
    tables = sorted({number for number in used.values() if number is not None and number in known})
    found = listed(known[number] or str(number) for number in tables) or "none"
    yield answer(not absent and len(tables) == 1, found, place=listed(absent), expected="one tolerance table for all")


def scheme(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Fraction groups state their fractions, list the beams that they count, and refer to beams that there are."""
    numbers = {beam.number for beam in subject.plan.beams}
    faults = []
    for place, group in enumerate(subject.plan.groups, 1):
        name = f"fraction group {group.number or place}"
        if not group.beams and not group.setups:
            faults.append(f"{name} has no beams")
        if repeated := [number for number, count in Counter(group.beams).items() if count > 1]:
            faults.append(f"{name} lists beam {listed(map(str, repeated))} more than once")
        if not group.fractions:
            faults.append(f"{name} states no number of fractions")
        if group.stated_beams is not None and group.stated_beams != len(group.beams):
            faults.append(f"{name} counts {group.stated_beams} beams and lists {len(group.beams)}")
        if lost := set(group.beams) - numbers:
            faults.append(f"{name} refers to missing beams {listed(map(str, sorted(lost)))}")
    if len(numbers) < len(subject.plan.beams):
        faults.append("several beams have one number")
    if not subject.plan.groups:
        faults.append("there is no fraction group")
    if not faults and (uncounted := [group for group in subject.plan.groups if group.stated_beams is None]):
        raise Unknown(f"the plan does not state the number of beams of {counted(len(uncounted), 'fraction group')}")
    told = ", ".join(
        f"{group.fractions} fractions of {counted(len(group.beams), 'beam')}" for group in subject.plan.groups
    )
    yield answer(not faults, listed(faults) or told, value=float(len(faults)), expected="a complete fraction scheme")


def beam_doses(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The beams' doses times the fractions, relative to the prescription: how far they are off. [%]

    Beam doses are those at the beams' own points; where all points are at the prescription's, both agree.
    """
    plan = subject.case.plan
    prescribed, total_gy = (plan.prescription, plan.beam_dose_total_gy) if plan else (None, None)
    if prescribed is None:
        raise Unknown(
            (plan.why_no_prescription if plan else "") or "the prescription is unknown; give it with --dose-rx"
        )
    if not total_gy:
        raise Unknown("the plan does not state the dose of every beam")
    off = 100 * abs(total_gy / prescribed.dose_gy - 1)
    note = f"{total_gy:.5g} Gy by the beams, {prescribed.dose_gy:g} Gy prescribed"
    yield in_range(rule.value, round(off, 4), "%", note=note)
