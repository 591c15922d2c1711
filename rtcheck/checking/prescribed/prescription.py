"""A plan against the prescription rule -> items: dose, fractions, dose per fraction; energy and position only warn."""

from collections.abc import Iterable
from dataclasses import replace

from rtcheck.case import Beam, Plan
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.prescribed.stated_levels import why_unclear
from rtcheck.checking.range_text import range_words
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import PrescriptionRule, Range
from rtcheck.results import CheckItem, Outcome
from rtcheck.units import amount_text

UNKNOWN_FRACTIONS = "the number of fractions is unknown: give --fractions"


def check_prescription(evidence: Evidence) -> tuple[CheckItem, ...]:
    """All items that the protocol's rule asks for; what the plan does not say is not evaluated."""
    rule = evidence.protocol.prescription
    if rule is None:
        return ()
    return (
        *_required_items(evidence, rule),
        *_target_items(evidence, rule),
        *_warning_items(evidence.case.plan, rule),
    )


def notices_of_items(items: tuple[CheckItem, ...]) -> tuple[Notice, ...]:
    """A warning for each item that only warns and is not as the protocol has it."""
    return tuple(
        Notice(
            code="check.advisory" if item.code else "prescription.unusual",
            text=f"{item.item}: {item.found}, the protocol has {item.expected}",
        )
        for item in items
        if item.warns_only and item.outcome == "violated"
    )


def _required_items(evidence: Evidence, rule: PrescriptionRule) -> Iterable[CheckItem]:
    fractions = evidence.fractions
    prescribed = evidence.levels.of_target(rule.target) if rule.target else evidence.levels.main
    dose_gy, unknown_dose = prescribed.dose_gy, prescribed.reason
    if rule.dose_gy is not None:
        source = f"from {prescribed.source}" if prescribed.source else ""
        yield _item("Prescribed dose", rule.dose_gy, dose_gy, "Gy", unknown=unknown_dose, note=source)
    if rule.fractions is not None:
        yield _item("Fractions", rule.fractions, fractions, "", unknown=UNKNOWN_FRACTIONS)
    each_gy = dose_gy / fractions if dose_gy is not None and fractions else None
    unknown = unknown_dose if dose_gy is None else UNKNOWN_FRACTIONS
    if rule.dose_per_fraction_gy is not None:
        yield _item("Dose per fraction", rule.dose_per_fraction_gy, each_gy, "Gy", unknown=unknown)
    if rule.warn_dose_per_fraction_gy is not None:
        yield _item(
            "Dose per fraction", rule.warn_dose_per_fraction_gy, each_gy, "Gy", unknown=unknown, warns_only=True
        )


def _target_items(evidence: Evidence, rule: PrescriptionRule) -> Iterable[CheckItem]:
    """What the plan prescribes to each target that the protocol gives a dose level.

    A level that the plan ties to the target, or states without a tie, is compared; the highest level of the plan is
    that of the highest of the protocol. Lower levels that the plan says nothing of are the protocol's. A target that is
    not there may be one under another name, whose percentages would be of another dose.
    """
    highest_gy = max((dose_gy for _, dose_gy in rule.targets), default=0.0)
    for name, dose_gy in rule.targets:
        stated = evidence.levels.stated_for(name, dose_gy, is_highest=dose_gy == highest_gy)
        allowed = Range(low=dose_gy, high=dose_gy)
        item = f"Prescribed dose, {name}"
        if unclear := why_unclear(name, evidence.anatomy):
            yield _item(item, allowed, None, "Gy", unknown=f"{name} {unclear}")
        elif stated is None:
            note = "the plan states no dose for this target; the protocol's is used"
            yield replace(_item(item, allowed, None, "Gy", unknown=note, warns_only=True), given=False)
        else:
            note = f"from {stated.source}" if stated.source else ""
            yield _item(item, allowed, stated.dose_gy, "Gy", unknown=stated.reason, note=note)


def _warning_items(plan: Plan | None, rule: PrescriptionRule) -> Iterable[CheckItem]:
    beams = _treatment_beams(plan)
    if rule.warn_energy_mv is not None:
        energies = sorted({energy for beam in beams for energy in beam.energy_mv})
        is_inside = all(rule.warn_energy_mv.contains(energy) for energy in energies)
        found = ", ".join(f"{energy:g}" for energy in energies)
        yield _warning("Energy", range_words(rule.warn_energy_mv, "MV"), f"{found} MV" if found else "", is_inside)
    if rule.warn_radiation_types:
        types = sorted({beam.radiation_type for beam in beams if beam.radiation_type})
        is_inside = set(types) <= set(rule.warn_radiation_types)
        yield _warning("Radiation", " or ".join(rule.warn_radiation_types), ", ".join(types), is_inside)
    if rule.warn_positions:
        position = plan.patient_position if plan else ""
        yield _warning("Position", " or ".join(rule.warn_positions), position, position in rule.warn_positions)
    if rule.warn_overall_days is not None:
        yield _warning("Overall time", range_words(rule.warn_overall_days, "days"), "", False)


def _treatment_beams(plan: Plan | None) -> tuple[Beam, ...]:
    """Beams that treat: setup and imaging fields have no say in the energy."""
    return tuple(beam for beam in plan.beams if beam.delivery_type in ("", "TREATMENT")) if plan else ()


def _item(
    name: str,
    allowed: Range,
    value: float | None,
    unit: str,
    *,
    unknown: str,
    note: str = "",
    warns_only: bool = False,
) -> CheckItem:
    expected = range_words(allowed, unit)
    if value is None:
        return CheckItem(
            item=name,
            expected=expected,
            found="unknown",
            outcome="not_evaluated",
            warns_only=warns_only,
            note=unknown,
        )
    found = amount_text(value, unit) if unit else f"{value:g}"
    outcome: Outcome = "met" if allowed.contains(value) else "violated"
    return CheckItem(
        item=name, expected=expected, found=found, outcome=outcome, value=value, warns_only=warns_only, note=note
    )


def _warning(name: str, expected: str, found: str, is_as_expected: bool) -> CheckItem:
    if not found:
        return CheckItem(
            item=name, expected=expected, found="not stated", outcome="not_evaluated", given=False, warns_only=True
        )
    outcome: Outcome = "met" if is_as_expected else "violated"
    return CheckItem(item=name, expected=expected, found=found, outcome=outcome, value=found, warns_only=True)
