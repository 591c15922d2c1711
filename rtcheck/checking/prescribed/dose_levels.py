"""Which prescribed dose a percentage is of: the structure's own level, or the only one there is; else the reason.

A level is tied to a structure by what the user says of it by name, by the plan's ROI number, by a description in the
plan that equals the ROI's name, or by the protocol's `prescription: targets`. A plan with several levels says nothing
of a structure that none of them is tied to: the highest is not taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtcheck.case import SAME_LEVEL, Plan, Prescription
from rtcheck.checking.prescribed.stated_levels import tied_rois
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.protocol.file.model import PrescriptionRule
from rtcheck.protocol.names.folding import equal_after_folding
from rtcheck.results import Match
from rtcheck.values import dataclass

NO_PLAN = "there is no plan, so the prescription is unknown; give it with --dose-rx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The dose that percentages and indices are of, in Gy, and where it was read (`source`).

    Where it is None `reason` is a clause that says how to settle it. `is_given_by_name`: the user gave it to this very
    target.
    """

    dose_gy: float | None
    reason: str = ""
    source: str = ""
    is_given_by_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """One dose level (None: the target is listed without a dose) with what it is tied to."""

    dose_gy: float | None
    name: str
    numbers: frozenset[int]
    rank: int
    source: str = ""

    def is_of(self, match: Match) -> bool:
        """Whether it is tied to the ROIs that were matched; what is derived, or not drawn, is known by its name."""
        if self.numbers and not match.how.startswith("derived"):
            return self.numbers == set(match.numbers)
        return bool(self.name) and equal_after_folding(self.name, match.asked)


_USER, _PLAN, _PROTOCOL = _RANKS = (0, 1, 2)


class DoseLevels:
    """The dose levels of one case under one protocol."""

    def __init__(self, plan: Plan | None, rule: PrescriptionRule | None, anatomy: Anatomy) -> None:
        self._plan = plan
        self._rule = rule
        self._anatomy = anatomy
        self._levels = (*_user_levels(plan, anatomy), *_plan_levels(plan, anatomy), *_protocol_levels(rule, anatomy))

    def reference(self, match: Match, target: str = "") -> Reference:
        """The dose that a percentage of this structure is of; `target` is the target that the constraint names."""
        if target:
            return self.of_target(target)
        return self._unclear(match.asked) or self._own(match) or self._common(match) or self._only(match.asked)

    def is_tied_to(self, match: Match) -> bool:
        """Whether a dose is stated for this very structure, and not only for the plan."""
        own = self._own(match)
        return own is not None and own.dose_gy is not None

    @property
    def free(self) -> tuple[Prescription, ...]:
        """What the plan prescribes without stating to which of the structures."""
        stated = self._plan.prescriptions if self._plan else ()
        return tuple(each for each in stated if not each.is_given and not self._is_tied(each))

    @property
    def main(self) -> Reference:
        """The plan's main prescription: the user's, else the highest."""
        prescription = self._plan.prescription if self._plan else None
        if prescription is None:
            return self._only("")
        return Reference(dose_gy=prescription.dose_gy, source=prescription.source)

    def stated_for(self, target: str, dose_gy: float, *, is_highest: bool) -> Reference | None:
        """What the plan (or the user) prescribes to a target of which the protocol gives the level.

        None where it states nothing that could be it: the plan names no dose for its lower targets.
        """
        numbers, _ = self._anatomy.names.roi_numbers(target)
        own = self._own(Match(asked=target, numbers=numbers), ranks=(_USER, _PLAN))
        if own is not None or self._plan is None or not self._plan.prescriptions:
            return own or (self.main if is_highest else None)
        free = [each for each in self._plan.prescriptions if not self._is_tied(each)]
        if same := [each for each in free if abs(each.dose_gy - dose_gy) <= SAME_LEVEL * dose_gy]:
            return Reference(dose_gy=same[0].dose_gy, source=same[0].source)
        if is_highest:
            return self.main
        listed = [protocol_gy for _, protocol_gy in self._rule.targets] if self._rule else []
        unclaimed = [each for each in free if not any(abs(each.dose_gy - gy) <= SAME_LEVEL * gy for gy in listed)]
        if not unclaimed:
            return None
        stated = _listed(_distinct(each.dose_gy for each in unclaimed))
        reason = f"the plan prescribes {stated}, not linked to a target; give --dose-rx {target}=GY"
        return Reference(dose_gy=None, reason=reason)

    def of_target(self, target: str) -> Reference:
        """The dose level of a target by its name in the protocol."""
        numbers, _ = self._anatomy.names.roi_numbers(target)
        match = Match(asked=target, numbers=numbers)
        if own := self._unclear(target) or self._own(match):
            return own
        tied = [level for level in self._levels if level.numbers and level.rank != _PROTOCOL]
        if tied and len(self._levels_gy()) == 1:
            stated = f"{tied[0].dose_gy:g} Gy to another target" if tied[0].dose_gy else "no dose"
            return Reference(dose_gy=None, reason=f"the plan prescribes {stated}; give --dose-rx {target}=GY")
        return self._only(target)

    def _is_tied(self, prescription: Prescription) -> bool:
        """Whether a prescription is tied to a ROI."""
        if prescription.is_given:
            return bool(prescription.target and self._anatomy.names.roi_numbers(prescription.target)[0])
        return bool(tied_rois(prescription.target, prescription.roi_number, self._anatomy.rois))

    def _unclear(self, name: str) -> Reference | None:
        """No dose for a name that the user gave one to and that could be several structures."""
        unclear = self._plan.unclear_levels if self._plan else ()
        if not any(equal_after_folding(each.target, name) for each in unclear):
            return None
        return Reference(dose_gy=None, reason=f"{name} is not one structure; give the dose of one with --dose-rx")

    def _own(self, match: Match, *, ranks: tuple[int, ...] = _RANKS) -> Reference | None:
        """The structure's own level by the first rank that has any; None where none is tied to it."""
        levels = [level for level in self._levels if level.is_of(match) and level.rank in ranks]
        for rank in ranks:
            doses_gy = _distinct(level.dose_gy for level in levels if level.rank == rank and level.dose_gy)
            if len(doses_gy) > 1:
                name, listed = match.asked, _listed(doses_gy)
                reason = f"{name} has several prescribed doses ({listed}); give the right one with --dose-rx {name}=GY"
                return Reference(dose_gy=None, reason=reason)
            if doses_gy:
                source = next(level.source for level in levels if level.rank == rank and level.dose_gy)
                return Reference(dose_gy=doses_gy[0], source=source, is_given_by_name=rank == _USER)
        if levels and not self._is_only_target(levels):
            reason = f"the plan lists {match.asked} as a target without a dose; give it with --dose-rx {match.asked}=GY"
            return Reference(dose_gy=None, reason=reason)
        return None

    def _is_only_target(self, levels: Sequence[_Level]) -> bool:
        """Whether the plan lists this target alone, without a dose, so that the user's prescription is meant for it."""
        if self._plan is None or not any(each.is_given and not each.target for each in self._plan.prescriptions):
            return False
        listed = [level for level in self._levels if level.rank == _PLAN]
        return all(level in levels for level in listed) and all(each.is_given for each in self._plan.prescriptions)

    def _common(self, match: Match) -> Reference | None:
        """The level that all parts of a union have; None where they have none or different ones."""
        if len(match.numbers) < 2 or match.how.startswith("derived"):
            return None
        parts = [self._own(replace(match, numbers=(number,), rois=(), how="")) for number in match.numbers]
        doses_gy = _distinct(part.dose_gy for part in parts if part)
        is_known = all(part is not None and part.dose_gy is not None for part in parts)
        return Reference(dose_gy=doses_gy[0]) if is_known and len(doses_gy) == 1 else None

    def _only(self, name: str) -> Reference:
        """The plan's prescription where it is the only one."""
        if self._plan is None:
            return Reference(dose_gy=None, reason=NO_PLAN + self._offer())
        prescription = self._plan.prescription
        if prescription is None:
            why = self._plan.why_no_prescription or "the plan states no prescription; give it with --dose-rx"
            return Reference(dose_gy=None, reason=why + self._offer())
        levels_gy = self._levels_gy()
        if len(levels_gy) > 1:
            reason = (
                f"there are several dose levels ({_listed(levels_gy)}) and none of them is linked to {name}; "
                f"give it with --dose-rx {name}=GY"
            )
            return Reference(dose_gy=None, reason=reason)
        return Reference(dose_gy=prescription.dose_gy, source=prescription.source)

    def _levels_gy(self) -> list[float]:
        """The different doses that are prescribed, without those of the plan that the user's take the place of."""
        if self._plan is None:
            return []
        replaced = {level.numbers for level in self._levels if level.rank == _USER and level.numbers}
        return _distinct(
            each.dose_gy
            for each in self._plan.prescriptions
            if each.is_given or tied_rois(each.target, each.roi_number, self._anatomy.rois) not in replaced
        )

    def _offer(self) -> str:
        """The protocol's own prescription, where it is one number."""
        dose_gy = self._rule.single_dose_gy if self._rule else None
        return f" (--dose-rx protocol uses the protocol's {dose_gy:g} Gy)" if dose_gy else ""


def _user_levels(plan: Plan | None, anatomy: Anatomy) -> Iterable[_Level]:
    for each in plan.prescriptions if plan else ():
        if each.is_given and each.target:
            numbers, _ = anatomy.names.roi_numbers(each.target)
            yield _Level(
                dose_gy=each.dose_gy, name=each.target, numbers=frozenset(numbers), rank=_USER, source=each.source
            )


def _plan_levels(plan: Plan | None, anatomy: Anatomy) -> Iterable[_Level]:
    """The plan's prescriptions and targets without a dose that are tied to a ROI by number, else by name."""
    if plan is None:
        return
    stated = [(each.dose_gy, each.target, each.roi_number) for each in plan.prescriptions if not each.is_given]
    listed = [(None, each.name, each.roi_number) for each in plan.targets_without_dose]
    for dose_gy, name, number in (*stated, *listed):
        numbers = tied_rois(name, number, anatomy.rois)
        if numbers or name:
            yield _Level(dose_gy=dose_gy, name=name, numbers=numbers, rank=_PLAN, source="TargetPrescriptionDose")


def _protocol_levels(rule: PrescriptionRule | None, anatomy: Anatomy) -> Iterable[_Level]:
    for name, dose_gy in rule.targets if rule else ():
        numbers, _ = anatomy.names.roi_numbers(name)
        yield _Level(dose_gy=dose_gy, name=name, numbers=frozenset(numbers), rank=_PROTOCOL, source="the protocol")


def _distinct(doses_gy: Iterable[float | None]) -> list[float]:
    distinct: list[float] = []
    for dose_gy in doses_gy:
        if dose_gy is not None and not any(abs(dose_gy - other) <= SAME_LEVEL * other for other in distinct):
            distinct.append(dose_gy)
    return distinct


def _listed(doses_gy: Sequence[float]) -> str:
    return ", ".join(f"{dose_gy:g} Gy" for dose_gy in doses_gy)
