"""What one constraint or one check item gave, and what it was measured on."""

from typing import TYPE_CHECKING, Literal

from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.protocol.file.model import Constraint, Goal, variation_text
from rtcheck.results.match import Match
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.dosimetry.curve import Dvh
    from rtcheck.geometry.solid import Solid

Outcome = Literal["met", "variation", "violated", "not_evaluated", "not_applicable", "waived"]
Verdict = Literal["pass", "variation", "fail", "not_evaluated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingResult:
    """Another reading's answer. It never changes the outcome; `changes_outcome` says that it would."""

    label: str
    structure: str
    goal: Goal
    measurement: Measurement
    outcome: Outcome
    changes_outcome: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """How far a constraint is from flipping: the scale of the whole dose at which it does (None: never, or unknown)."""

    scale: float | None
    is_upper: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Why and where: the hottest point (LPS mm) and its dose, the volume over the limit, what of it lies in targets.

    Of a lower limit (`is_cold`): the coldest point, and the volume that falls short of the limit.
    """

    position_mm: tuple[float, float, float]
    dose_gy: float
    is_cold: bool = False
    over_limit_cc: float | None = None
    under_limit_cc: float | None = None
    inside_targets_cc: float | None = None
    inside_targets: tuple[str, ...] = ()
    beams: tuple[tuple[str, float], ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievable:
    """The lowest value that the geometry allows (of a volume to be spared the highest), in the goal's unit.

    Where the `value` is None, `reason` is a clause that says why. Assumed: every one of the `targets` (name, dose in
    Gy) has its dose, and outside it falls by the part `fall_off` of what is left with every mm from its surface.
    """

    value: float | None = None
    fall_off: float = 0.0
    targets: tuple[tuple[str, float], ...] = ()
    reason: str = ""

    def is_beaten_by(self, value: float | None, goal: Goal) -> bool:
        """Whether a measured value is better by more than the 1 % that the computation may be off."""
        if value is None or self.value is None:
            return False
        return value < 0.99 * self.value if goal.is_upper_limit else value > 1.01 * self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ByVolume:
    """How the limits of a table were chosen: the volume of which structure, and the variation that holds there.

    `is_close`: within the uncertainty of the volume another limit would change the outcome.
    """

    structure: str
    volume: Measurement
    variation: Goal | None = None
    is_close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Points of the possible `maximum`, of one constraint or of all; `reason` says why they are fewer than measured.

    `unscored` are structures that count 0 points because they have no value.
    """

    points: float
    maximum: float
    reason: str = ""
    unscored: tuple[str, ...] = ()

    @property
    def percent(self) -> float | None:
        """Share of the maximum [%]; None where the maximum is not above 0."""
        return 100 * self.points / self.maximum if self.maximum > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Where a value lies among other plans under the same protocol, in the goal's unit.

    A percentile is the share of the others that have less [%], None of too few. `similar` of them have a target of a
    volume like `target_cc`, the target's of this plan.
    """

    plans: int
    percentile: float | None
    minimum: float
    median: float
    maximum: float
    similar: int = 0
    similar_percentile: float | None = None
    target_cc: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One constraint on one structure (or on several together): the outcome with all that led to it.

    `structure` is the protocol's name for it ("Kidney_L", "Kidney_L | Kidney_R" when together). `margin` > 0 is to
    spare, in the goal's unit. `is_borderline` is a flag on met or violated. `notes` are sentences.
    `band_flips` names the convention that would flip a borderline result. `variation_headroom` is the headroom of the
    acceptable variation. `waiver` says who and why. `is_not_drawn`: it does not apply because the structure is not
    drawn (`if_drawn`). `by_volume` goes with a constraint whose limit depends on a volume: `goal` is then the one for
    this volume.
    """

    structure: str
    goal: Goal
    constraint: Constraint
    measurement: Measurement
    outcome: Outcome
    matched: tuple[Match, ...] = ()
    margin: float | None = None
    is_borderline: bool = False
    band_flips: tuple[str, ...] = ()
    readings: tuple[ReadingResult, ...] = ()
    notes: tuple[str, ...] = ()
    headroom: Headroom | None = None
    variation_headroom: Headroom | None = None
    place: Place | None = None
    achievable: Achievable | None = None
    waiver: str = ""
    is_not_drawn: bool = False
    score: Score | None = None
    peers: Peers | None = None
    by_volume: ByVolume | None = None

    @property
    def variation(self) -> Goal | None:
        """The acceptable variation; of a table the one that the volume chose."""
        return self.by_volume.variation if self.by_volume else self.constraint.variation

    @property
    def variation_text(self) -> str:
        """ "< 56 Gy": the limit of the acceptable variation, with its metric where that is another; "" without one."""
        return variation_text(self.goal, self.variation)

    @property
    def goal_of_any_plan(self) -> str:
        """The goal's text, the same for every plan: of a table that of the protocol."""
        return self.constraint.goal.text if self.constraint.goal.by_volume else self.goal.text

    @property
    def is_required(self) -> bool:
        return self.constraint.is_required


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One prescription or eligibility item, or one answer of a plan check.

    `found` and `expected` are for people, `value` is a number where it is one. `given` is False for clinical facts that
    nobody gave. `warns_only` items never change a verdict. `counts`: the plan's verdict depends on it (clinical facts
    count for the eligibility verdict alone, unless they are required). Of a plan or structure check `code` finds the
    check, and `place` says where: beams, structures, a position.
    """

    item: str
    expected: str
    found: str
    outcome: Outcome
    value: float | str | bool | None = None
    given: bool = True
    warns_only: bool = False
    counts: bool = True
    note: str = ""
    source: str = ""
    code: str = ""
    place: str = ""

    @property
    def is_required(self) -> bool:
        """Whether the plan's verdict depends on it."""
        return self.counts and not self.warns_only


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """One metric as other programs have it: (program, value or None, relative difference or None)."""

    structure: str
    metric: str
    unit: str
    value: float | None
    others: tuple[tuple[str, float | None, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawing:
    """What pictures and plots need of one structure: computed only when a report asks (`load`).

    `conventions` are its DVHs under other conventions (end caps, shape, dose interpolation), where a band is drawn.
    `display_colour` is that of its ROI in the structure set; of a derived structure that of the first of its ROIs.
    """

    name: str
    roi_type: str
    dvh: "Dvh"
    solid: "Solid"
    conventions: "tuple[Dvh, ...]" = ()
    display_colour: tuple[int, int, int] | None = None
