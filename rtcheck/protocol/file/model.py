"""The protocol model: what a protocol file says, as values."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from rtcheck.dosimetry.metric_terms import LymanModel, Metric, PoissonModel, Unit
from rtcheck.geometry.expression import Expression
from rtcheck.units import is_equal
from rtcheck.values import dataclass

Operator = Literal["<", "<=", ">", ">="]
Combine = Literal["each", "any", "together"]
TimeUnit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """low..high; None is open; `low_strict`/`high_strict` exclude the end."""

    low: float | None = None
    high: float | None = None
    low_strict: bool = False
    high_strict: bool = False
    text: str = ""

    def contains(self, value: float) -> bool:
        """Whether `value` lies in the range, its ends included unless they are strict: 2.4999999 is 2.5."""
        low, high = self.low, self.high
        is_above = low is None or (not self.low_strict if is_equal(value, low) else value > low)
        is_below = high is None or (not self.high_strict if is_equal(value, high) else value < high)
        return is_above and is_below


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeLimit:
    """One row of a table: the limit at a volume, or in a range of volumes, in the goal's unit. [cc]"""

    volume_cc: Range
    limit: float

    @property
    def is_point(self) -> bool:
        """Whether it is the limit at one volume, so that others are interpolated."""
        return self.volume_cc.low == self.volume_cc.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What must hold: `text` in canonical form ("D0.03cc <= 45 Gy"), `limit` in `unit` (the metric's unit).

    `by_volume` is a table of limits that depend on a volume: `limit` is then the strictest of them, and `text` a label
    ("R50 < 5.9 to 2.9 by volume of PTV"). Such a goal is judged only once the volume has chosen a limit.
    """

    text: str
    metric: Metric
    operator: Operator
    limit: float
    by_volume: tuple[VolumeLimit, ...] = ()

    @property
    def unit(self) -> Unit:
        return self.metric.unit

    @property
    def is_coverage(self) -> bool:
        """Whether it asks for dose, so that it is missed where the structure is coldest."""
        return not self.is_upper_limit and self.metric.kind not in ("CV", "DC")  # those spare

    @property
    def is_upper_limit(self) -> bool:
        return self.operator in ("<", "<=")

    @property
    def known_limit(self) -> float | None:
        """The limit; None where it depends on a volume."""
        return None if self.by_volume else self.limit

    @property
    def limit_text(self) -> str:
        """ "< 24 Gy": the limit without its metric."""
        if self.by_volume:
            return self.text.removeprefix(self.metric.text).strip()
        return f"{self.operator} {self.limit:.10g} {self.unit}".rstrip()


def variation_text(goal: Goal, variation: Goal | None) -> str:
    """ "< 56 Gy": the limit of a variation, with its metric where that is another than the goal's; "" without one."""
    if variation is None:
        return ""
    is_same = replace(variation.metric, text="") == replace(goal.metric, text="")
    return variation.limit_text if is_same else variation.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where limits come from. `read` tells whether the primary text was read or a transcription of it."""

    id: str
    citation: str = ""
    url: str = ""
    read: Literal["", "primary", "transcription"] = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionRule:
    """Ranges for the plan's prescription; every one that is None is not asked. `target`: whose (default: the highest).

    `targets` are (name, dose in Gy): the dose level of each target, which percentages of it are of.
    The `warn_` ranges and lists only warn (energy, position, a conventional dose per fraction).
    """

    target: str = ""
    dose_gy: Range | None = None
    targets: tuple[tuple[str, float], ...] = ()
    fractions: Range | None = None
    dose_per_fraction_gy: Range | None = None
    warn_dose_per_fraction_gy: Range | None = None
    warn_energy_mv: Range | None = None
    warn_radiation_types: tuple[str, ...] = ()
    warn_positions: tuple[str, ...] = ()
    warn_overall_days: Range | None = None
    isotoxic_step_gy_per_fraction: float = 0.1
    note: str = ""
    source: str = ""

    @property
    def single_dose_gy(self) -> float | None:
        """The prescription, where it is one number: the dose, else the highest of the targets' levels."""
        if self.dose_gy is not None:
            return self.dose_gy.low if self.dose_gy.low == self.dose_gy.high else None
        return max((dose_gy for _, dose_gy in self.targets), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureDefinition:
    """A name that the protocol explains: how it is derived, other names, supersets that may stand in."""

    name: str
    derive: Expression | None = None
    derive_text: str = ""
    also_named: tuple[str, ...] = ()
    surrogates: tuple[str, ...] = ()
    alpha_beta_gy: float | None = None
    note: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`share` (0 to 1) of the EQD2 of a course counts no more for a structure `after` that time."""

    structure: str
    after: tuple[TimeUnit, int]
    share: float
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Another sensible reading of the source: whatever is None stays as in the constraint."""

    label: str
    structures: tuple[str, ...] | None = None
    goal: Goal | None = None
    combine: Combine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`when:` - the constraint applies only where this holds ("prescription >= 54 Gy", "structure Stomach exists").

    `range` goes with the kinds prescription (Gy) and fractions, `name` with the structures, `rule` with fact.
    """

    text: str
    kind: Literal["prescription", "fractions", "structure_exists", "structure_missing", "fact"]
    name: str = ""
    range: Range | None = None
    rule: "FactRule | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePoint:
    """A point of a score curve: so many points at this value, in the unit of the goal."""

    value: float
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One dose or volume constraint on one or several structures.

    `priority` is "required", "advisory" or a number (1 = required, higher = advisory of that rank).
    `also_where_drawn`: structures held to the same limit only where they are drawn (duodenum beside small bowel).
    `volume_of`: the structure whose volume chooses the limit from a table; "" is the constraint's own.
    `target`: whose prescription percent-of-prescription goals mean. `fractions`: the range of fraction numbers that
    the limit was made for; outside it the constraint is refused (not evaluated), never applied. `region_mm`: indices
    count isodose volumes within this margin of the structure alone. `if_drawn`: whether it is only for structures that
    are drawn; None leaves that to the protocol. `hold`: the share (0 to 1) of the planning system's scenarios in which
    it must hold; None leaves that to the protocol. `file` and `line` are where it stands (the file of the protocol
    itself, or of one that it extends).
    """

    structures: tuple[str, ...]
    goal: Goal
    variation: Goal | None = None
    volume_of: str = ""
    combine: Combine = "each"
    also_where_drawn: tuple[str, ...] = ()
    priority: str = "required"
    readings: tuple[Reading, ...] = ()
    surrogates: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    fractions: Range | None = None
    target: str = ""
    region_mm: float | None = None
    if_drawn: bool | None = None
    hold: float | None = None
    score: tuple[ScorePoint, ...] = ()
    note: str = ""
    source: str = ""
    sentence: str = ""
    file: str = ""
    line: int = 0

    @property
    def is_required(self) -> bool:
        return self.priority in ("required", "1")

    @property
    def variation_text(self) -> str:
        """ "< 56 Gy": the limit of the acceptable variation, with its metric where that is another; "" without one."""
        return variation_text(self.goal, self.variation)

    @property
    def has_table(self) -> bool:
        """Whether its limit, or that of its variation, depends on a volume."""
        return bool(self.goal.by_volume or (self.variation and self.variation.by_volume))


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRule:
    """What one clinical fact must be. Exactly one of `choices`, `range`, `flag` is given.

    `times_uln`: the range is in multiples of the laboratory's upper limit of normal (fact `<name>_uln`).
    `longer_ago_than`: ("months", 6) - a date (or none) that must lie further back than that.
    """

    fact: str
    text: str
    choices: tuple[str, ...] = ()
    range: Range | None = None
    flag: bool | None = None
    times_uln: bool = False
    longer_ago_than: tuple[TimeUnit, int] | None = None
    only_if: str = ""
    unit: str = ""
    label: str = ""
    note: str = ""
    source: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule:
    """What one check of the plan or of its structures asks for.

    `code` is the key in the file ("beams.energy") with the block before it ("plan", "structures"): it finds the check.
    `value` is what the check takes (a Range, names, pairs of names); `text` says it as it is written.
    """

    code: str
    value: Any = None
    text: str = ""
    is_required: bool = True
    note: str = ""
    source: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesTo:
    """The plans that a protocol is meant for; everything that is stated must hold.

    `site`: words, one of which must occur in the plan's labels; `label`: patterns (`*`, `?`) of the plan label, one of
    which must match. `dose_gy` is the highest prescription.
    """

    site: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    dose_gy: Range | None = None
    fractions: Range | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A protocol file, read and checked. `sha256` is of the file's bytes (with the files it extends).

    `if_drawn` is what holds for constraints that do not say it themselves, `required_structures` are those that must be
    drawn all the same. `hold` is the share of scenarios for constraints that state none. `is_auto`: it stands for the
    one that the plan will call for. `is_of_plan`: it stands for the limits that the plan will state itself.
    """

    name: str
    constraints: tuple[Constraint, ...]
    title: str = ""
    version: str = ""
    site: str = ""
    if_drawn: bool | None = None
    hold: float | None = None
    required_structures: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    prescription: PrescriptionRule | None = None
    structures: tuple[StructureDefinition, ...] = ()
    models: tuple[LymanModel | PoissonModel, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    volume_eligibility: tuple[Constraint, ...] = ()
    facts: tuple[FactRule, ...] = ()
    fractions: Range | None = None
    applies_to: AppliesTo | None = None
    is_auto: bool = False
    is_of_plan: bool = False
    checks: tuple[CheckRule, ...] = ()
    note: str = ""
    path: Path | None = None
    sha256: str = ""

    @property
    def uses_plugins(self) -> bool:
        """Whether a metric or a check is that of an installed plug-in."""
        goals = (goal for one in self.constraints for goal in (one.goal, one.variation) if goal)
        return any(goal.metric.plugin for goal in goals) or any(rule.code.startswith("plugin.") for rule in self.checks)
