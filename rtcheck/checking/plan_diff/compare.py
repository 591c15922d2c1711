"""Two cases -> PlanDiff: plan, beams, contours and doses, as far as both have them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checking.plan_diff.doses import dose_entries
from rtcheck.checking.plan_diff.elements import Tolerances, beam_entries, number_entries, text_entries
from rtcheck.checking.plan_diff.matching import Matched, matched
from rtcheck.checking.plan_diff.other_elements import OF_GROUPS, other_entries
from rtcheck.checking.plan_diff.structures import density_entries, structure_entries
from rtcheck.checking.plan_diff.values import TOLERANCES, Entry, Pair, PlanDiff, Tolerance
from rtcheck.errors import UsageError
from rtcheck.plan_facts import BeamFacts, PlanElements, PlanFacts


def compare(
    a: Case, b: Case, tolerances: Mapping[str, Tolerance] = TOLERANCES, *, any_patient: bool = False
) -> PlanDiff:
    """Every element of two plans of one patient, or of `any_patient` where the user vouches for it.

    Raises:
        UsageError: they are of different patients, or one has no plan.
    """
    if a.patient.id != b.patient.id and not any_patient:
        raise UsageError(
            "The two plans name different patients (PatientID). To compare them anyway: --ignore patient.mismatch."
        )
    first, second = _facts(a, "A"), _facts(b, "B")
    entries: list[Entry] = [*_plan_entries(a, b, first, second, tolerances)]
    pairs, only_a, only_b = matched(first.treating, second.treating)
    for one, other, _ in pairs:
        entries += beam_entries(one, other, tolerances)
        boluses = (_bolus_names(one, a, b), _bolus_names(other, b, a))
        entries += text_entries(one.label, "bolus", *boluses)
    entries += _other_entries(a, b, (first, second), pairs, tolerances)
    entries += [Entry(where=beam.label, element="beam", a="there", b="no such beam", kind="missing") for beam in only_a]
    entries += [Entry(where=beam.label, element="beam", a="no such beam", b="there", kind="missing") for beam in only_b]
    not_compared = []
    if a.structures is not None and b.structures is not None:
        entries += structure_entries(a.structures, b.structures, tolerances)
        entries += density_entries(a, b)
    else:
        not_compared.append("structures: not in both")
    if a.dose is not None and b.dose is not None:
        entries += dose_entries(a.dose, b.dose, tolerances)
    else:
        not_compared.append("dose: not in both")
    return PlanDiff(
        entries=tuple(entries),
        pairs=tuple(Pair(a=one.label, b=other.label, how=how) for one, other, how in pairs),
        not_compared=tuple(not_compared),
    )


def _facts(case: Case, name: str) -> PlanFacts:
    if case.stated.load_plan is None:
        raise UsageError(f"{name} has no plan (RTPLAN), or several.")
    return case.stated.load_plan()


def _plan_entries(a: Case, b: Case, first: PlanFacts, second: PlanFacts, tolerances: Tolerances) -> Iterator[Entry]:
    assert a.plan is not None
    assert b.plan is not None
    for element, one, other in (
        ("label", a.plan.label, b.plan.label),
        ("approval", first.approval, second.approval),
        ("intent", first.intent, second.intent),
    ):
        if one != other:
            yield Entry(where="plan", element=element, a=one or "not stated", b=other or "not stated", kind="remark")
    for element, one, other in (
        ("kind", first.kind, second.kind),
        ("fractions", str(a.plan.fractions or ""), str(b.plan.fractions or "")),
        ("patient position", a.plan.patient_position, b.plan.patient_position),
        ("treatment beams", str(len(first.treating)), str(len(second.treating))),
    ):
        yield from text_entries("plan", element, one, other)
    prescribed = (a.plan.prescription, b.plan.prescription)
    first_gy, second_gy = (each.dose_gy if each else None for each in prescribed)
    yield from number_entries("plan", "prescription", "dose", first_gy, second_gy, tolerances=tolerances)
    frames = a.plan.frame_of_reference_uid, b.plan.frame_of_reference_uid
    if all(frames) and frames[0] != frames[1]:
        is_overridden = "frame.mismatch" in a.ignored_codes | b.ignored_codes
        yield Entry(where="plan", element="frame of reference", a="its own", b="another",
                    kind="remark" if is_overridden else "beyond")  # fmt: skip


def _bolus_names(beam: BeamFacts, case: Case, other: Case) -> str:
    """The structures of a beam's boluses: by name where both plans have structures, else by number."""
    names: dict[int, str] = {-1: "without a structure"}
    if case.structures is not None and other.structures is not None:
        names |= {roi.number: roi.name for roi in case.structures}
    return ", ".join(sorted(names.get(number, f"ROI {number}") for number in beam.boluses))


def _other_entries(
    a: Case, b: Case, facts: tuple[PlanFacts, PlanFacts], pairs: list[Matched], tolerances: Tolerances
) -> Iterator[Entry]:
    """What the plans state that has no name of its own here: accessories, set-up, fraction groups, brachytherapy."""
    assert a.stated.load_elements is not None
    assert b.stated.load_elements is not None
    one, two = a.stated.load_elements(), b.stated.load_elements()
    has_groups = max(len(each.groups) for each in facts) > 1
    yield from other_entries("plan", one.plan, two.plan, tolerances, besides=OF_GROUPS if has_groups else frozenset())
    numbers = [{id(beam): place for place, beam in enumerate(each.beams)} for each in facts]
    for first, second, _ in pairs:
        yield from _of_beam(first.label, one, two, (numbers[0][id(first)], numbers[1][id(second)]), tolerances)
    others = [len(each.beams) - len(each.treating) for each in facts]
    if others[0] != others[1]:
        yield Entry(where="plan", element="set-up fields", a=str(others[0]), b=str(others[1]), kind="remark")


def _of_beam(
    where: str, a: PlanElements, b: PlanElements, places: tuple[int, int], tolerances: Tolerances
) -> Iterator[Entry]:
    """A pair of beams, with the set-up and the tolerance table that each refers to."""
    i, j = places
    yield from other_entries(where, a.beams[i], b.beams[j], tolerances)
    for entry in other_entries(where, a.setups[i], b.setups[j], tolerances):
        yield entry if entry.element.startswith("table top") else _at_most_remark(entry)
    yield from map(_at_most_remark, other_entries(where, a.tolerance_tables[i], b.tolerance_tables[j], tolerances))


def _at_most_remark(entry: Entry) -> Entry:
    return replace(entry, kind="remark") if entry.kind in ("beyond", "missing") else entry
