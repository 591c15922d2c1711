"""The treatment beams: radiation, energy, technique, machine and number; and the monitor units that they take."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, each_of, in_range, listed, names_of, unknown
from rtcheck.checking.plan_qa.delivery.control_points import may_be_full_turn
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.range_text import range_words
from rtcheck.plan_facts import BeamFacts
from rtcheck.protocol.file.model import CheckRule

MOVING_DEG = 1.0
"""A gantry that turns by more while the beam is on makes an arc."""

STATIC_POINTS = 2
"""Control points of a beam whose leaves stand still; more of them with one shape are wedges or dose rates."""


def radiation(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every treatment beam has one of the radiation types."""
    allowed = {name.upper() for name in names_of(rule)}
    types = {beam.label: beam.radiation for beam in subject.treating}
    yield each_of(types, lambda word: word in allowed, missing="the plan does not state the radiation type")


def energy(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every energy of every treatment beam lies in the range, which is of photons: electrons are in MeV."""
    off, absent, present = [], [], set()
    electrons = [beam.label for beam in subject.treating if beam.radiation == "ELECTRON"]
    for beam in subject.treating:
        if beam.label in electrons:
            continue
        energies = {point.energy for point in beam.points if point.energy is not None}
        present |= energies
        if not all(rule.value.contains(value) for value in energies):
            off.append(beam.label)
        elif not energies or any(point.energy is None for point in beam.points):
            absent.append(beam.label)
    found = ", ".join(f"{value:g}" for value in sorted(present))
    expected = range_words(rule.value, "MV")
    if electrons and not off:
        yield unknown(f"{listed(electrons)} is of electrons, whose energy is in MeV", expected=expected)
    elif off or not absent:
        yield answer(not off, f"{found} MV", value=found, place=listed(off), expected=expected)
    else:
        yield unknown(f"the plan does not state the energy of {listed(absent)}", expected=expected)


def technique(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every treatment beam is delivered by one of the techniques, as its control points show."""
    allowed = {name.upper() for name in names_of(rule)}
    techniques = {beam.label: technique_of(beam) for beam in subject.treating}
    yield each_of(
        techniques, lambda word: word in allowed, missing="there are no control points, gantry angles or leaf positions"
    )


def technique_of(beam: BeamFacts) -> str:
    """ "VMAT" (an arc whose leaves move), "ARC", "IMRT" (a fixed gantry, leaves move), "3D"; "" if unknown.

    Unknown without control points, without gantry angles, and where the leaves of a collimator have no positions.
    """
    leaves = {device.type for device in beam.devices if device.type.startswith("MLC")}
    is_stated = all(device.type for device in beam.devices) and any(
        all(point.positions_mm.get(name) for name in leaves) for point in beam.points
    )
    angles = {point.gantry_deg for point in beam.points}
    if not is_stated or None in angles or may_be_full_turn(beam):
        return ""
    if len(angles) > 1:
        return "VMAT" if _leaves_move(beam) else "ARC"
    return "IMRT" if _leaves_move(beam) or beam.compensators else "3D"


def _leaves_move(beam: BeamFacts) -> bool:
    """Whether leaves have more than one shape over the control points."""
    shapes = {tuple(sorted(_leaves(point.positions_mm).items())) for point in beam.points}
    return len(shapes) > 1


def _leaves(positions_mm: object) -> dict[str, tuple[float, ...]]:
    assert hasattr(positions_mm, "items")
    return {name: values for name, values in positions_mm.items() if name.startswith("MLC")}


def machine(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every treatment beam is on one of the machines."""
    allowed = {name.casefold() for name in names_of(rule)}
    machines = {beam.label: beam.machine for beam in subject.treating}
    yield each_of(machines, lambda word: word.casefold() in allowed, missing="the plan does not state the machine")


def names(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every treatment beam's name follows one of the patterns (* and ? stand for any letters, for one)."""
    called = {beam.label: beam.name for beam in subject.treating}
    yield each_of(called, lambda word: follows(word, rule), missing="the plan does not state the name")


def follows(word: str, rule: CheckRule) -> bool:
    """Whether a name follows one of the rule's patterns."""
    return any(fnmatchcase(word, pattern) for pattern in names_of(rule))


def fluence(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every treatment beam has one of the fluence modes: STANDARD, NON_STANDARD, or the name of one (FFF)."""
    allowed = {name.upper() for name in names_of(rule)}
    modes = {beam.label: " ".join(beam.fluence_modes).upper() for beam in subject.treating}
    missing = "the plan does not state the fluence mode"
    yield each_of(modes, lambda word: not allowed.isdisjoint(word.split()), missing=missing)


def wedges(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Whether treatment beams have wedges, and of which types."""
    used = {beam.label: beam.wedges or ("",) for beam in subject.treating if beam.wedges or beam.stated_wedges}
    unstated = [beam.label for beam in subject.treating if beam.stated_wedges is None and not beam.wedges]
    if unstated and not used:
        raise Unknown(f"the plan does not state the number of wedges of {listed(unstated)}")
    types = sorted({kind or "of unknown type" for own in used.values() for kind in own})
    yield answer(bool(used) == (rule.value == "present"), listed(types) or "none", value=bool(used), place=listed(used))


def count(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The number of treatment beams."""
    yield in_range(rule.value, len(subject.treating), "")


def meterset_per_dose(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The monitor units of one fraction by the prescribed dose of one fraction. [MU/cGy]"""
    beams = subject.treating
    absent = [beam.label for beam in beams if beam.meterset is None]
    if absent:
        raise Unknown(f"the plan does not state the monitor units of {listed(absent)}")
    require_monitor_units(beams)
    if sum(bool(group.beams) for group in subject.plan.groups) > 1:
        raise Unknown("the plan has several fraction groups, whose beams are not given in one fraction")
    total_mu = sum(beam.meterset or 0.0 for beam in beams)
    if negative := [beam.label for beam in beams if (beam.meterset or 0.0) < 0]:
        raise Unknown(f"the monitor units of {listed(negative)} are negative")
    dose_gy, source = _fraction_dose_gy(subject)
    note = f"{total_mu:.5g} MU for {dose_gy:.4g} Gy in each fraction, {source}"
    yield in_range(rule.value, round(total_mu / dose_gy / 100, 6), "MU/cGy", note=note)


def require_monitor_units(beams: Sequence[BeamFacts]) -> None:
    """Raises Unknown where a meterset is not in MU, or its unit is not stated."""
    if other := {beam.meterset_unit or "an unknown unit" for beam in beams} - {"MU"}:
        raise Unknown(f"the metersets are in {listed(sorted(other))}, not in MU")


def _fraction_dose_gy(subject: Subject) -> tuple[float, str]:
    """The dose of one fraction: that prescribed, else the beams' doses at their own points. [Gy]"""
    plan = subject.case.plan
    prescribed, fractions = (plan.prescription, plan.fractions) if plan else (None, None)
    if prescribed is not None and fractions:
        return prescribed.dose_gy / fractions, "as prescribed"
    doses_gy = [beam.dose_gy for beam in subject.treating]
    total_gy = sum(dose_gy or 0.0 for dose_gy in doses_gy)
    if None in doses_gy or not total_gy > 0:
        raise Unknown("neither the prescription nor the beams' doses are known: give --dose-rx and --fractions")
    return total_gy, "the sum of the beams' doses (no prescription is stated)"
