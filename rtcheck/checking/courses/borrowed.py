"""Another protocol's limits, made to hold for this plan's fractions: converted by EQD2 or refused."""

from dataclasses import replace
from typing import Any

from rtcheck.dosimetry.biology import eqd2_gy
from rtcheck.dosimetry.metric_terms import Quantity
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Constraint, Goal, Protocol
from rtcheck.protocol.language.goal import make_goal

DECIMALS_GY = 4  # of converted limits


class _Refused(Exception):  # noqa: N818 - not an error: it becomes a notice
    """Why a limit cannot be carried over."""


def borrowed(protocol: Protocol, fractions: int) -> tuple[Protocol, tuple[Notice, ...]]:
    """The protocol with its limits for `fractions` fractions, and notices of the limits converted or left out.

    A limit made for a range of fractions that holds the plan's stays as it is. Another one is converted to EQD2 where
    the protocol gives the structure's alpha/beta; of a range the highest number counts: it gives the strictest limit.
    Readings, variations and eligibility are not borrowed.
    """
    taken: list[Constraint] = []
    notices: list[Notice] = []
    refused: dict[str, list[str]] = {}
    for constraint in protocol.constraints:
        name = " | ".join(constraint.structures)
        label = f"{name} {constraint.goal.text}"
        try:
            converted = _converted(constraint, protocol, fractions)
        except _Refused as reason:
            refused.setdefault(str(reason), []).append(label)
            continue
        if converted.goal != constraint.goal:
            text = f"{label} of {protocol.name} was converted to {converted.goal.text} for {fractions} fractions"
            notices.append(Notice(code="isotoxic.limit-converted", text=text, structures=(name,)))
        taken.append(converted)
    nothing: dict[str, Any] = {"fractions": None, "prescription": None, "volume_eligibility": (), "facts": ()}
    plain = replace(protocol, constraints=tuple(taken), checks=(), **nothing)
    left_out = (
        Notice(code="isotoxic.limit-refused", text=f"{'; '.join(labels)} of {protocol.name}: omitted, {reason}")
        for reason, labels in refused.items()
    )
    return plain, (*notices, *left_out)


def _converted(constraint: Constraint, protocol: Protocol, fractions: int) -> Constraint:
    if constraint.goal.by_volume:
        raise _Refused("because its limit depends on a volume")
    plain = replace(constraint, fractions=None, readings=(), variation=None)
    if not _depends_on_fractions(constraint.goal):
        return plain
    made_for = constraint.fractions or protocol.fractions or (protocol.prescription and protocol.prescription.fractions)
    if not made_for:
        raise _Refused("because the protocol does not state for how many fractions it is meant")
    if made_for.contains(fractions):
        return plain
    if made_for.high is None:
        raise _Refused("meant for an open range of fractions")
    alpha_betas = {each.alpha_beta_gy for each in protocol.structures if each.name in constraint.structures}
    alpha_beta_gy = alpha_betas.pop() if len(alpha_betas) == 1 else None
    if alpha_beta_gy is None:
        raise _Refused(f"meant for {made_for.high:g} fractions, without a single alpha/beta for the conversion")
    return replace(plain, goal=_as_eqd2(constraint.goal, fractions=made_for.high, alpha_beta_gy=alpha_beta_gy))


def _depends_on_fractions(goal: Goal) -> bool:
    return goal.metric.kind != "Volume" and goal.metric.biology == "physical"


def _as_eqd2(goal: Goal, *, fractions: float, alpha_beta_gy: float) -> Goal:
    """The goal in EQD2, voxel by voxel. For D, V, CV and DC the two say the same; for means EQD2 is the stricter."""
    metric = replace(goal.metric, biology="EQD2", alpha_beta_gy=alpha_beta_gy)

    def convert(dose_gy: float) -> float:
        return round(float(eqd2_gy(dose_gy, fractions=fractions, alpha_beta_gy=alpha_beta_gy)), DECIMALS_GY)

    if metric.at is not None and metric.at.unit == "Gy" and not metric.per_fraction:
        ends = [each and Quantity(amount=convert(each.amount), unit="Gy") for each in (metric.at, metric.until)]
        moved = replace(metric, at=ends[0], until=ends[1])
        return make_goal(moved, goal.operator, goal.limit)
    if metric.unit == "Gy" and not metric.per_fraction:
        return make_goal(metric, goal.operator, convert(goal.limit))
    raise _Refused("relative to the prescription of its protocol, or not a limit on total dose")
