"""What the courses of a sum give together, and what is left to each limit."""

from datetime import date

from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDose:
    """One course's own value of a metric: physical and as EQD2, and the share (0 to 1) of the EQD2 that counts."""

    physical_gy: float | None
    eqd2_gy: float | None
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cumulative:
    """One dose limit over all courses: each course's own value, that of the sum, and what is left.

    `alpha_beta_gy` is that of the EQD2 (None: not given); `is_eqd2`: the limit is one on EQD2. `remaining_gy` is the
    limit less the sum, negative beyond it. `last_may_add_gy` is the limit less what the other courses give without the
    last one. Both are in the unit of the limit, and None where not known. Where a value has bounds the highest counts.
    `per_fraction_gy` is the physical dose that each of the fractions to come may give. Of a lower limit (not
    `is_upper`) the lowest bound counts; these are then what is missing, and what those fractions have to give.
    """

    structure: str
    goal: str
    limit_gy: float
    alpha_beta_gy: float | None
    is_eqd2: bool
    courses: tuple[CourseDose, ...]
    physical_gy: float | None
    eqd2_gy: float | None
    remaining_gy: float | None
    last_may_add_gy: float | None
    per_fraction_gy: float | None = None
    is_upper: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseList:
    """The courses of a sum by their labels, their fractions and dates, and the limits over all of them.

    `last` is the place of the course that was planned last; None where not every plan states its date.
    """

    labels: tuple[str, ...]
    fractions: tuple[int | None, ...]
    planned_on: tuple[date | None, ...]
    last: int | None
    limits: tuple[Cumulative, ...]
    fractions_left: int | None = None
