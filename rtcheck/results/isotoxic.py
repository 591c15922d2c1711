"""How far the prescription can go when dose and prescription are scaled together."""

from rtcheck.notices import Notice
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionLimit:
    """The prescription at which one constraint breaks when dose and prescription are scaled together.

    `scale` is None where the constraint does not depend on the scale, or could not be evaluated (`reason`).
    `is_upper`: the constraint holds below the scale (an organ's limit), else above it (coverage). `is_attained`: it
    still holds at the scale itself (<=, >=). `added_from` names another protocol that the user added. `variation` is
    the limit of the acceptable variation ("" for none), `variation_gy` the prescription at which that breaks.
    """

    structure: str
    metric: str
    goal: str
    scale: float | None
    prescription_gy: float | None
    is_upper: bool = True
    is_attained: bool = True
    is_required: bool = True
    reason: str = ""
    added_from: str = ""
    variation: str = ""
    variation_gy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotoxic:
    """How far the prescription can go at a fixed number of fractions, and what stops it.

    `unrounded_gy` is the highest prescription of the protocol's range that every evaluated upper limit allows,
    `allowed_gy` the same rounded down to `step_gy`; None where the plan cannot be treated within the range, or where a
    required limit is unknown (not `is_complete`). `lowest_gy` is the least that lower limits (coverage) need. Where a
    limit stops the prescription below the range and its acceptable variation does not, `allowed_gy` is the least of the
    range, and `is_variation` is true. `meets_all` is false where no prescription meets all required constraints:
    coverage needs more than is allowed, or something is violated at any dose.
    """

    planned_gy: float
    fractions: int
    low_gy: float | None
    high_gy: float | None
    step_gy: float
    limits: tuple[PrescriptionLimit, ...]
    binding: PrescriptionLimit | None
    unrounded_gy: float | None
    allowed_gy: float | None
    lowest_gy: float | None
    is_complete: bool
    is_out_of_reach: bool
    is_variation: bool
    advice: tuple[str, ...]
    meets_all: bool = True
    notices: tuple[Notice, ...] = ()
