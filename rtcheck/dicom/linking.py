"""Headers -> Choice: which plan, doses and structure set belong together, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rtcheck.dicom.findings import Findings
from rtcheck.dicom.headers import Header
from rtcheck.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One file that was chosen, and why."""

    header: Header
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The files of one case. `doses` are all that belong to the plan; which of them make its dose is decided later."""

    plan: Chosen | None = None
    doses: tuple[Chosen, ...] = ()
    structures: Chosen | None = None
    images: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user named: outright by option, or as the path itself (`start`)."""

    start: Header | None = None
    plan: Header | None = None
    doses: tuple[Header, ...] = ()
    structures: Header | None = None

    def chosen(self, role: str) -> Chosen | None:
        """The file named for a role."""
        named = {"plan": self.plan, "structures": self.structures}.get(role)
        if named:
            return Chosen(header=named, why="named by option")
        if self.start and self.start.role == role:
            return Chosen(header=self.start, why="the path given")
        return None


def choose(pool: Sequence[Header], asked: Asked, findings: Findings) -> Choice:
    """Links plan -> structure set and dose -> plan by UID, then by weaker ties, each said in `why` and by a notice.

    Raises UsageError where the choice is the user's to make.
    """
    pool = one_per_uid(pool)
    plan = asked.chosen("plan") or _choose_plan(pool, asked, findings)
    doses = _choose_doses(pool, asked, plan, findings)
    structures = asked.chosen("structures") or _choose_structures(pool, plan, doses, findings)
    frame = next((c.header.frame_of_reference_uid for c in (*doses, structures, plan) if c), "")
    images = tuple(h for h in pool if h.role == "image" and h.frame_of_reference_uid == frame)
    return Choice(plan=plan, doses=doses, structures=structures, images=images)


def one_per_uid(headers: Iterable[Header]) -> tuple[Header, ...]:
    """The headers without copies of the same SOP instance (the first of each stays)."""
    seen: dict[object, Header] = {}
    for header in headers:
        seen.setdefault(header.sop_instance_uid or header.location, header)
    return tuple(seen.values())


def ask(what: str, option: str, candidates: Sequence[Header]) -> UsageError:
    """The question that only the user can answer, with all answers listed."""
    listed = "\n".join(f"    {header.describe()}" for header in candidates[:30])
    more = f"\n    ... and {len(candidates) - 30} more" if len(candidates) > 30 else ""
    return UsageError(
        f"There are {len(candidates)} {what} to choose from. Name one with {option} FILE:\n{listed}{more}"
    )


def _choose_plan(pool: Sequence[Header], asked: Asked, findings: Findings) -> Chosen | None:
    plans = [header for header in pool if header.role == "plan"]
    dose = asked.doses[0] if asked.doses else asked.start if asked.start and asked.start.role == "dose" else None
    structures = asked.structures or (asked.start if asked.start and asked.start.role == "structures" else None)
    if dose:
        by_uid = [plan for plan in plans if plan.sop_instance_uid in dose.plan_uids]
        if by_uid:
            return Chosen(header=by_uid[0], why="the dose refers to it")
    elif structures:
        by_uid = [plan for plan in plans if plan.structure_set_uid == structures.sop_instance_uid]
        if len(by_uid) > 1:
            raise ask("plans for these structures", "--plan", by_uid)
        if by_uid:
            return Chosen(header=by_uid[0], why="it refers to the structure set")
    anchor = dose or structures
    if anchor is None:
        if len(plans) > 1:
            raise ask("plans", "--plan", plans)
        return Chosen(header=plans[0], why="the only plan there") if plans else None
    return _by_weaker_ties(plans, anchor, "plan", "--plan", findings)


def _choose_doses(pool: Sequence[Header], asked: Asked, plan: Chosen | None, findings: Findings) -> tuple[Chosen, ...]:
    if asked.doses:
        return tuple(Chosen(header=dose, why="named by option") for dose in asked.doses)
    if asked.start and asked.start.role == "dose":
        return (Chosen(header=asked.start, why="the path given"),)
    doses = [header for header in pool if header.role == "dose"]
    plan_uids = {header.sop_instance_uid for header in pool if header.role == "plan"}
    if plan:
        by_uid = [dose for dose in doses if plan.header.sop_instance_uid in dose.plan_uids]
        if by_uid:
            return tuple(Chosen(header=dose, why="it refers to the plan") for dose in by_uid)
        free = [dose for dose in doses if not plan_uids & set(dose.plan_uids)]
        weaker = _by_weaker_ties(free, plan.header, "dose", "--dose", findings)
        return (weaker,) if weaker else ()
    structures = asked.chosen("structures")
    if structures:
        weaker = _by_weaker_ties(doses, structures.header, "dose", "--dose", findings)
        return (weaker,) if weaker else ()
    if len({dose.plan_uids for dose in doses}) > 1:
        raise ask("doses", "--dose", doses)
    return tuple(
        Chosen(header=dose, why="the only dose there" if len(doses) == 1 else "one of a set") for dose in doses
    )


def _choose_structures(
    pool: Sequence[Header], plan: Chosen | None, doses: Sequence[Chosen], findings: Findings
) -> Chosen | None:
    candidates = [header for header in pool if header.role == "structures"]
    for referrer, why in ((plan, "the plan refers to it"), *((dose, "the dose refers to it") for dose in doses)):
        for candidate in candidates:
            if referrer and candidate.sop_instance_uid == referrer.header.structure_set_uid != "":
                return Chosen(header=candidate, why=why)
    anchor = plan or (doses[0] if doses else None)
    if anchor is None:
        if len(candidates) > 1:
            raise ask("structure sets", "--structures", candidates)
        return Chosen(header=candidates[0], why="the only structure set there") if candidates else None
    return _by_weaker_ties(candidates, anchor.header, "structure set", "--structures", findings)


def _by_weaker_ties(
    candidates: Sequence[Header], anchor: Header, what: str, option: str, findings: Findings
) -> Chosen | None:
    """The one candidate of the same patient tied by structure set, by frame of reference, or by being alone."""
    own = [header for header in candidates if _may_be_same_patient(header, anchor)]
    by_structures = [h for h in own if h.structure_set_uid and h.structure_set_uid in _structure_uids(anchor)]
    by_frame = [h for h in own if h.frame_of_reference_uid == anchor.frame_of_reference_uid != ""]
    ties = (
        (by_structures, "the structure set that it refers to"),
        (by_frame, "its frame of reference"),
        (own, "being the only one there"),
    )
    for found, tie in ties:
        if len(found) > 1:
            raise ask(f"{what}s that could belong together by {tie}", option, found)
        if found:
            findings.warn(
                "link.by-frame"
                if found is by_frame
                else "link.by-structures"
                if found is by_structures
                else "link.only-one",
                f"No UID links the {what} to the other files; {found[0].location.name} was taken for {tie}.",
            )
            return Chosen(header=found[0], why=f"no UID links it; taken for {tie}")
    return None


def _structure_uids(anchor: Header) -> tuple[str, ...]:
    if anchor.role == "structures":
        return (anchor.sop_instance_uid,)
    return (anchor.structure_set_uid,) if anchor.structure_set_uid else ()


def _may_be_same_patient(a: Header, b: Header) -> bool:
    return a.patient_id == b.patient_id or not a.patient_id or not b.patient_id
