"""Results and the Report: what a check found. Plain values that every report format reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rtcheck import presentation
from rtcheck.case import Case
from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import Measurement
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.solid import Solid
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Constraint, Goal, Protocol

Outcome = Literal["met", "variation", "violated", "not_evaluated", "not_applicable", "waived"]
Verdict = Literal["pass", "variation", "fail", "not_evaluated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The ROIs that a selection by kind (`of`: "all GTV") stands for, and those left out although named alike."""

    of: str
    rois: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        left_out = f"; omitted: {', '.join(self.left_out)}" if self.left_out else ""
        return f"{self.of} is {', '.join(self.rois)}{left_out}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a protocol's structure name was met: `rois` are names as drawn, `how` says by what rule ("exact match",
    "derived: Liver - all GTV", "surrogate SpinalCanal"). `reason` says why there is none; `suggestions`: near misses.
    `members` are what each selection by kind stands for; `alias_lines` are lines of an alias file of which one settles
    an ambiguous selection.
    """

    asked: str
    rois: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    how: str = ""
    is_surrogate: bool = False
    is_ambiguous: bool = False
    reason: str = ""
    suggestions: tuple[str, ...] = ()
    members: tuple[Members, ...] = ()
    alias_lines: tuple[str, ...] = ()


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

    Assumed: every one of the `targets` (name, dose in Gy) has its dose, and outside it falls by the part `fall_off` of
    what is left with every mm from its surface.
    """

    value: float
    fall_off: float
    targets: tuple[tuple[str, float], ...]

    def is_beaten_by(self, value: float | None, goal: Goal) -> bool:
        """Whether a measured value is better by more than the 1 % that the computation may be off."""
        if value is None:
            return False
        return value < 0.99 * self.value if goal.is_upper_limit else value > 1.01 * self.value


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
    drawn (`if_drawn`).
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
    dvh: Dvh
    solid: Solid
    conventions: tuple[Dvh, ...] = ()
    display_colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A constraint that is checked again under other doses, with what it gave under the nominal one."""

    structure: str
    goal: str
    unit: str
    outcome: Outcome
    is_required: bool
    nominal: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustConstraint(Repeated):
    """One constraint over all scenarios. In `passing` of the `evaluated` ones its own limit holds.

    In `within_variation` more of them the value lies within the acceptable `variation` (its limit, "" for none).
    `flips`: some scenario changes the outcome.
    """

    worst: float | None
    worst_scenario: str
    passing: int
    evaluated: int
    scenarios: int
    flips: bool
    variation: str = ""
    within_variation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Robustness:
    """The check under shifts of a static dose cloud (x, y, z in mm) and, with a margin, with other contours."""

    shift_mm: tuple[float, float, float]
    margin_mm: float
    scenarios: tuple[str, ...]
    constraints: tuple[RobustConstraint, ...]
    flips_verdict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioConstraint(RobustConstraint):
    """One constraint over all scenarios of the planning system, and at the lowest and highest dose of each voxel.

    `hold` is the share (0 to 1) of scenarios in which the protocol demands it; None where it demands nothing.
    """

    voxel_low: float | None = None
    voxel_high: float | None = None
    hold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """The check under the doses that the planning system computed for the uncertainties of the plan."""

    names: tuple[str, ...]
    constraints: tuple[ScenarioConstraint, ...]
    flips_verdict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledConstraint(Repeated):
    """One constraint over the samples: it holds in `held` of the `evaluated`; the probability with its 95 % interval.

    Samples that could not be evaluated count as not held, and as held for the upper end of the interval. `percentiles`
    are the 5th, 50th and 95th of its values.
    """

    held: int
    evaluated: int
    probability: float | None
    probability_low: float | None
    probability_high: float | None
    percentiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhBand:
    """The 5th, 50th and 95th percentile (low, middle, high) of a structure's DVHs: shares of its volume at a dose.

    `samples` is the number of DVHs: of structures whose limits need none, they are made for the first samples only.
    """

    structure: str
    samples: int
    dose_gy: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The check under setup errors drawn at random; standard deviations along x, y and z. [mm]"""

    count: int
    seed: int
    random_mm: tuple[float, float, float]
    systematic_mm: tuple[float, float, float]
    margin_mm: float
    fractions: int | None
    constraints: tuple[SampledConstraint, ...]
    bands: tuple[DvhBand, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDose:
    """One course's own value of a metric: physical and as EQD2, and the share (0 to 1) of the EQD2 that counts."""

    physical_gy: float | None
    eqd2_gy: float | None
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cumulative:
    """One upper dose limit over all courses: each course's own value, that of the sum, and what is left.

    `alpha_beta_gy` is that of the EQD2 (None: not given); `is_eqd2`: the limit is one on EQD2. `remaining_gy` is the
    limit less the sum, negative beyond it. `last_may_add_gy` is the limit less what the other courses give without the
    last one. Both are in the unit of the limit, and None where not known. Where a value has bounds the highest counts.
    `per_fraction_gy` is the physical dose that each of the fractions to come may give.
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
    range, and `is_variation` is true.
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
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Report:
    """Everything a check found. `drawings()` gives each evaluated structure's DVH and solid, computed on first use.

    `failure` says why the input could not be read, where it could not. `print(report)` shows what
    `rtcheck PATH --protocol P` shows; the repr is one line that names no patient. `is_strict`: the exit status counts
    doubts as well.
    """

    verdict: Verdict
    eligibility_verdict: Verdict
    exit_status: int
    case: Case
    protocol: Protocol
    results: tuple[Result, ...]
    prescription: tuple[CheckItem, ...]
    eligibility: tuple[CheckItem, ...]
    notices: tuple[Notice, ...]
    settings: EngineSettings
    provenance: dict[str, Any]
    drawings: Callable[[], tuple[Drawing, ...]]
    matches: tuple[Match, ...] = ()
    plan_checks: tuple[CheckItem, ...] = ()
    cross_checks: tuple[CrossCheck, ...] = ()
    isotoxic: Isotoxic | None = None
    robustness: Robustness | None = None
    scenarios: Scenarios | None = None
    samples: Samples | None = None
    courses: CourseList | None = None
    failure: str = ""
    extras: dict[str, Any] = field(default_factory=dict)
    is_strict: bool = False

    @property
    def doubts(self) -> tuple[Notice, ...]:
        """Of the notices those that put the verdict itself in doubt; every format shows them with the verdict."""
        return tuple(filter(puts_verdict_in_doubt, self.notices))

    @property
    def score(self) -> Score | None:
        """The points of all constraints with a score curve; None without any. It is never part of the verdict."""
        scored = [(result, result.score) for result in self.results if result.score is not None]
        if not scored:
            return None
        unscored = [result.structure for result, _ in scored if result.measurement.value is None or result.is_not_drawn]
        return Score(
            points=sum(score.points for _, score in scored),
            maximum=sum(score.maximum for _, score in scored),
            unscored=tuple(dict.fromkeys(unscored)),
        )

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in one sentence."""
        return presentation.reason(self)

    def __repr__(self) -> str:
        named = f"{self.protocol.name} {self.protocol.version}".strip()
        return f"<Report {self.verdict} by {named}: {self.reason}>"

    def __str__(self) -> str:
        return presentation.plain_text(self)

    def to_dict(self, *, anonymous: bool = False) -> dict[str, Any]:
        """The JSON report as plain values (schema `rtcheck.report/1`)."""
        return presentation.as_dict(self, anonymous=anonymous)

    def to_json(self, *, anonymous: bool = False) -> str:
        """The JSON report (`rtcheck schema report`)."""
        return str(self._rendered("json", anonymous=anonymous))

    def to_html(self, *, anonymous: bool = False) -> str:
        """The report as one self-contained HTML page."""
        return str(self._rendered("html", anonymous=anonymous))

    def to_csv(self, *, anonymous: bool = False) -> str:
        """One row for each constraint, as CSV text."""
        return str(self._rendered("csv", anonymous=anonymous))

    def to_junit(self, *, anonymous: bool = False) -> str:
        """The constraints as JUnit test cases (XML)."""
        return str(self._rendered("junit", anonymous=anonymous))

    def to_markdown(self, *, anonymous: bool = False) -> str:
        """The report as Markdown."""
        return str(self._rendered("markdown", anonymous=anonymous))

    def to_pdf(self, *, anonymous: bool = False) -> bytes:
        """The report as a PDF file's bytes; raises MissingExtraError without the extra `pdf`."""
        return bytes(self._rendered("pdf", anonymous=anonymous))

    def save(
        self,
        path: Path | str,
        *,
        anonymous: bool = False,
        unit: Literal["Gy", "cGy"] = "Gy",
        letterhead: Path | str | None = None,
        own_colours: bool = False,
    ) -> Path:
        """Write the report, whole or not at all; the suffix (.json, .html, .pdf, .csv, .xlsx, .xml, .md) is the format.

        `unit`, `letterhead` (a YAML file) and `own_colours` are as on the command line; JSON is always in Gy.
        """
        from rtcheck.atomic_write import write_aside

        path = Path(path)
        name = presentation.format_of_file(path)
        style = presentation.style(unit=unit, letterhead=letterhead, own_colours=own_colours)
        write_aside(presentation.rendered(self, name, anonymous=anonymous, style=style), path)
        return path

    def _rendered(self, name: str, *, anonymous: bool) -> Any:
        return presentation.rendered(self, name, anonymous=anonymous)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the constraints and the DVHs."""
        return presentation.report_fragment(self)
