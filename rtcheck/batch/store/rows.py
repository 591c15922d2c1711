"""What the tables of a results file hold, as values: a plan's record with its rows."""

from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintRow:
    """One constraint of one plan, as the table `constraints` holds it."""

    structure: str
    metric: str
    goal: str
    priority: str
    value: float | None
    unit: str
    uncertainty: float | None
    low: float | None
    high: float | None
    margin: float | None
    outcome: str
    borderline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One answer of a plan or structure check, as the table `checks` holds it."""

    code: str
    item: str
    expected: str
    found: str
    place: str
    priority: str
    value: float | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhRow:
    """One structure's DVH, thinned to steps of `step_gy`; `shares` is ready for the table."""

    structure: str
    volume_cc: float
    step_gy: float
    shares: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """What a batch keeps of one plan under one protocol. `report`: the JSON report, zlib-compressed."""

    plan_key: str
    protocol: str
    protocol_version: str
    fingerprint: str
    status: str
    verdict: str
    eligibility_verdict: str
    exit_status: int
    reason: str
    doubts: str = ""
    plan_uid: str = ""
    plan_label: str = ""
    patient_id: str = ""
    prescription_gy: float | None = None
    fractions: int | None = None
    score_points: float | None = None
    score_maximum: float | None = None
    unscored: str = ""
    target_cc: float | None = None
    seconds: float = 0.0
    checked_at: str = ""
    program_version: str = ""
    report: bytes = b""
    constraints: tuple[ConstraintRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    notices: tuple[tuple[str, str, bool], ...] = ()
    dvhs: tuple[DvhRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlan:
    """What the table of plans says of a plan besides how it is checked."""

    plan_key: str
    line: int
    arm: str = ""
    site: str = ""
    enrolled: str = ""
