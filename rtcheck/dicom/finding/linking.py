"""Headers -> Choice: which plan, doses and structure set belong together, and why."""

from collections.abc import Sequence

from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.pool import Pool
from rtcheck.dicom.finding.sources import Location
from rtcheck.dicom.findings import Findings
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

_OF_SEVERAL_PLANS = ("MULTI_PLAN", "PLAN_OVERVIEW")

SHOWN_CANDIDATES = 30
"""Candidates that are listed where the user has to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One file that was chosen, and why."""

    header: Header
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The files of one case.

    `doses` are all that belong to the plan; which of them make its dose is decided later. `other_plans` are those of
    further doses that the user asked to add. `scenarios` are doses that the user named as such. `registrations` are
    files of modality REG. `copies` have the SOP instance UID of a chosen file.
    """

    plan: Chosen | None = None
    doses: tuple[Chosen, ...] = ()
    structures: Chosen | None = None
    images: tuple[Header, ...] = ()
    registrations: tuple[Location, ...] = ()
    other_plans: tuple[Chosen, ...] = ()
    scenarios: tuple[tuple[str, Chosen], ...] = ()
    copies: tuple[Header, ...] = ()

    @property
    def headers(self) -> tuple[Header, ...]:
        """Plan, doses and structure set, as far as there are."""
        return tuple(c.header for c in (self.plan, *self.doses, self.structures) if c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user named: outright by option, or as the path itself (`start`)."""

    start: Header | None = None
    plan: Header | None = None
    doses: tuple[Header, ...] = ()
    structures: Header | None = None
    scenarios: tuple[tuple[str, Header], ...] = ()

    def has_named(self, header: Header) -> bool:
        return header in (self.start, self.plan, *self.doses, self.structures)

    def one(self, role: str) -> Chosen | None:
        """The plan, the dose or the structure set that was named."""
        named = {"plan": self.plan, "structures": self.structures}.get(role)
        if named:
            return Chosen(header=named, why="named by option")
        if role == "dose" and self.doses:
            return Chosen(header=self.doses[0], why="named by option")
        if self.start and self.start.role == role:
            return Chosen(header=self.start, why="the path given")
        return None


def choose(pool: Pool, asked: Asked, findings: Findings) -> Choice:
    """Links plan -> structure set and dose -> plan by UID, then by weaker ties, each said in `why` and by a notice.

    Raises UsageError where the choice is the user's to make.
    """
    plan = asked.one("plan") or _choose_plan(pool, asked, findings)
    doses = _choose_doses(pool, asked, plan, findings)
    structures = asked.one("structures") or _choose_structures(pool, plan, doses, findings)
    other_plans = _other_plans(pool, plan, doses, asked)
    if plan and not other_plans:
        _check_dose_references(pool, plan.header, doses, findings)
    if plan:
        _remark_on_absent_plans((plan, *other_plans), doses, findings)
    _tell_what_is_missing(plan, doses, structures, findings)
    chosen = tuple(c.header for c in (plan, *doses, structures, *other_plans) if c)
    frame_uid = next((header.frame_of_reference_uid for header in chosen if header.frame_of_reference_uid), "")
    return Choice(
        plan=plan,
        doses=doses,
        structures=structures,
        images=pool.images_in(frame_uid),
        registrations=pool.registrations,
        other_plans=other_plans,
        scenarios=tuple((name, Chosen(header=each, why=f"scenario {name}")) for name, each in asked.scenarios),
        copies=pool.copies_of([header for header in chosen if not asked.has_named(header)]),
    )


def _ask(what: str, option: str, candidates: Sequence[Header]) -> UsageError:
    """The question that only the user can answer, with all answers listed."""
    listed = "".join(f"\n    {header.describe()}" for header in candidates[:SHOWN_CANDIDATES])
    surplus = len(candidates) - SHOWN_CANDIDATES
    more = f"\n    ... and {surplus} more" if surplus > 0 else ""
    return UsageError(
        f"There are {len(candidates)} {what} to choose from. Choose one with {option} FILE:{listed}{more}"
    )


def _choose_plan(pool: Pool, asked: Asked, findings: Findings) -> Chosen | None:
    plans = pool.plans
    dose, structures = asked.one("dose"), asked.one("structures")
    if dose:
        by_uid = pool.plans_named(dose.header.plan_uids)
        if by_uid:
            return Chosen(header=by_uid[0], why="the dose refers to it")
    elif structures:
        by_uid = pool.plans_on(structures.header.sop_instance_uid)
        if len(by_uid) > 1:
            raise _ask("plans for these structures", "--plan", by_uid)
        if by_uid:
            return Chosen(header=by_uid[0], why="it refers to the structure set")
    anchor = dose or structures
    if anchor:
        return _by_weaker_ties(plans, anchor.header, "plan", "--plan", findings)
    if len(plans) > 1:
        raise _ask("plans", "--plan", plans)
    return Chosen(header=plans[0], why="the only plan found") if plans else None


def _choose_doses(pool: Pool, asked: Asked, plan: Chosen | None, findings: Findings) -> tuple[Chosen, ...]:
    if asked.doses:
        return tuple(Chosen(header=dose, why="named by option") for dose in asked.doses)
    start = asked.one("dose")
    if start:
        return (start, *_parts_beside(start.header, pool))
    if plan:
        by_uid = pool.doses_for((plan.header.sop_instance_uid,))
        if by_uid:
            return tuple(Chosen(header=dose, why="it refers to the plan") for dose in by_uid)
    doses = pool.doses_of_no_plan if plan else pool.doses
    anchor = plan or asked.one("structures")
    if anchor:
        weaker = _by_weaker_ties(doses, anchor.header, "dose", "--dose", findings)
        return (weaker,) if weaker else ()
    if len({dose.plan_uids for dose in doses}) > 1:
        raise _ask("doses", "--dose", doses)
    why = "the only dose found" if len(doses) == 1 else "one of the doses of the same plan"
    return tuple(Chosen(header=dose, why=why) for dose in doses)


def _parts_beside(start: Header, pool: Pool) -> tuple[Chosen, ...]:
    """The doses of single beams or fraction groups of the same plan as the dose that was given."""
    parts = [
        dose
        for dose in pool.doses_for(start.plan_uids)
        if dose.sop_instance_uid != start.sop_instance_uid and dose.summation in ("BEAM", "FRACTION")
    ]
    return tuple(Chosen(header=dose, why="it refers to the same plan as the dose") for dose in parts)


def _choose_structures(pool: Pool, plan: Chosen | None, doses: Sequence[Chosen], findings: Findings) -> Chosen | None:
    for referrer, why in ((plan, "the plan refers to it"), *((dose, "the dose refers to it") for dose in doses)):
        if referrer and (found := pool.structure_set(referrer.header.structure_set_uid)):
            return Chosen(header=found, why=why)
    candidates = pool.structures
    anchor = plan or (doses[0] if doses else None)
    if anchor:
        return _by_weaker_ties(candidates, anchor.header, "structure set", "--structures", findings)
    if len(candidates) > 1:
        raise _ask("structure sets", "--structures", candidates)
    return Chosen(header=candidates[0], why="the only structure set found") if candidates else None


def _by_weaker_ties(
    candidates: Sequence[Header], anchor: Header, what: str, option: str, findings: Findings
) -> Chosen | None:
    """The one candidate of the same patient tied by structure set, by frame of reference, or by being alone."""
    own = [header for header in candidates if _may_be_same_patient(header, anchor)]
    wanted = anchor.sop_instance_uid if anchor.role == "structures" else anchor.structure_set_uid
    ties = (
        ("link.by-structures", "the same structure set", [h for h in own if h.structure_set_uid == wanted != ""]),
        (
            "link.by-frame",
            "the same frame of reference",
            [h for h in own if h.frame_of_reference_uid == anchor.frame_of_reference_uid != ""],
        ),
        ("link.only-one", "", own),
    )
    for code, tie, found in ties:
        if len(found) > 1:
            raise _ask(f"{what}s{f' with {tie}' if tie else ''}", option, found)
        if found:
            why = f"not linked by UID; chosen {f'by {tie}' if tie else 'because it is the only one'}"
            findings.warn(code, f"The {what} {found[0].location.name}: {why}.")
            return Chosen(header=found[0], why=why)
    return None


def _may_be_same_patient(a: Header, b: Header) -> bool:
    """Whether no patient ID or name (folded, in that order) says otherwise."""
    return all(one == other or not one or not other for one, other in zip(a.patient, b.patient, strict=True))


def _other_plans(pool: Pool, plan: Chosen | None, doses: Sequence[Chosen], asked: Asked) -> tuple[Chosen, ...]:
    """The other plans that a dose of several plans, or doses named for adding, refer to; none where one was named."""
    if not plan or asked.plan:
        return ()
    summed = doses if len(asked.doses) > 1 else [dose for dose in doses if dose.header.summation in _OF_SEVERAL_PLANS]
    wanted = {uid for dose in summed for uid in dose.header.plan_uids} - {plan.header.sop_instance_uid}
    found = pool.plans_named(wanted)
    return tuple(Chosen(header=header, why="a dose to be added refers to it") for header in found)


def _remark_on_absent_plans(plans: Sequence[Chosen], doses: Sequence[Chosen], findings: Findings) -> None:
    """Remarks on a dose of more plans than were read: the prescription is then that of a part."""
    there = {plan.header.sop_instance_uid for plan in plans}
    for dose in (chosen.header for chosen in doses):
        if there & set(dose.plan_uids) and (absent := set(dose.plan_uids) - there):
            findings.warn(
                "dose.several-plans",
                f"The dose {dose.location.name} belongs to {len(set(dose.plan_uids))} plans, {len(absent)} of "
                f"which were "
                "not read: prescription and fractions are only those of the others.",
            )
        elif dose.summation == "MULTI_PLAN" and len(set(dose.plan_uids)) == 1:
            findings.warn(
                "dose.several-plans",
                f"The dose {dose.location.name} is one of several plans (MULTI_PLAN), but refers to one plan only: "
                "prescription and fractions are those of this plan.",
            )


def _check_dose_references(pool: Pool, plan: Header, doses: Sequence[Chosen], findings: Findings) -> None:
    """Refuses the dose of another plan that is there; remarks on one of a plan that is not."""
    for dose in (chosen.header for chosen in doses):
        if plan.sop_instance_uid in dose.plan_uids:
            continue
        if not pool.plan_uids.isdisjoint(dose.plan_uids):
            findings.refuse_unless_ignored(
                "dose.other-plan", f"The dose {dose.location.name} refers to another plan than {plan.location.name}."
            )
        else:
            findings.warn("dose.not-referenced", f"The dose {dose.location.name} does not refer to the plan.")


def _tell_what_is_missing(
    plan: Chosen | None, doses: Sequence[Chosen], structures: Chosen | None, findings: Findings
) -> None:
    if not plan:
        findings.tell("link.no-plan", "No plan was found; prescription and fractions are unknown unless given.")
    if not doses:
        findings.warn("link.no-dose", "No dose was found that belongs to the other files: doses cannot be evaluated.")
    if not structures:
        findings.warn("link.no-structures", "No structure set was found: structures cannot be evaluated.")
