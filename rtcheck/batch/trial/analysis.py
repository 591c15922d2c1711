"""The plans of a trial -> what its report states: accrual, items, doses by arm, deviations, sites."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rtcheck.batch.cohort import Distribution, distribution_of
from rtcheck.batch.rates import Rate, exact_rate, funnel_limit
from rtcheck.batch.trial.control import ControlChart, control_charts
from rtcheck.batch.trial.plans import LIMIT, WORST_FIRST, Item, TrialPlan, plan_in
from rtcheck.batch.truth.grading import Grades
from rtcheck.units import DoseUnit
from rtcheck.values import dataclass

NO_SITE, NO_ARM, NO_MONTH = "site not given", "arm not given", "no date"
ONE_ARM = "all plans"
FEWEST_SITES = 3
"""With fewer a funnel plot compares nothing."""
WARNING, ACTION = 0.95, 0.998
"""Probabilities of the limits of a funnel plot (Spiegelhalter 2005)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSummary:
    """One item over all plans that were checked. Rates are None where nothing was evaluated."""

    protocol: str
    kind: str
    name: str
    met: int
    variation: int
    violated: int
    waived: int
    not_evaluated: int

    @property
    def evaluated(self) -> int:
        return self.met + self.variation + self.violated + self.waived

    @property
    def met_rate(self) -> Rate | None:
        return exact_rate(self.met, self.evaluated) if self.evaluated else None

    @property
    def violated_rate(self) -> Rate | None:
        """Violations, those with a waiver included: a waiver accepts one, and does not undo it."""
        return exact_rate(self.violated + self.waived, self.evaluated) if self.evaluated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganDose:
    """A metric of a structure by arm; None where an arm has no value."""

    structure: str
    metric: str
    unit: str
    by_arm: tuple[Distribution | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One item of one plan that is not met as the protocol requires."""

    plan: TrialPlan
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSummary:
    """One site: plans by what came of them, and its share of each item met, in the order of the items."""

    site: str
    plans: int
    verdicts: Counter[str]
    deviations: int
    met: tuple[tuple[int, int], ...]

    @property
    def judged(self) -> int:
        """Plans with a verdict on which the site can be compared."""
        return self.verdicts["pass"] + self.verdicts["variation"] + self.verdicts["fail"]

    @property
    def fail_rate(self) -> Rate | None:
        return exact_rate(self.verdicts["fail"], self.judged) if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Sites as (name, judged plans, share that fails) against the share of all and the limits by number of plans."""

    overall: float
    sites: tuple[tuple[str, int, float], ...]
    sizes: tuple[int, ...]
    limits: tuple[tuple[float, float, float, float], ...]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """Plans by site (rows) and month (columns)."""

    sites: tuple[str, ...]
    months: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def cumulated(self) -> tuple[int, ...]:
        """Plans up to and in each month; those without a date are not among them."""
        total, found = 0, []
        for number, month in enumerate(self.months):
            if month != NO_MONTH:
                total += sum(row[number] for row in self.counts)
                found.append(total)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All that the report states. `data_hash` is of the plans with their outcomes: the same data, the same hash.

    `grades` are those of benchmark cases, None without a truth table.
    """

    plans: tuple[TrialPlan, ...]
    protocols: tuple[str, ...]
    verdicts: Counter[str]
    accrual: Accrual
    items: tuple[ItemSummary, ...]
    arms: tuple[str, ...]
    doses: tuple[OrganDose, ...]
    deviations: tuple[Deviation, ...]
    sites: tuple[SiteSummary, ...]
    funnel: Funnel | None
    unchecked: tuple[TrialPlan, ...]
    data_hash: str
    grades: Grades | None = None
    charts: tuple[ControlChart, ...] = ()

    @property
    def checked(self) -> int:
        return sum(plan.is_checked for plan in self.plans)

    @property
    def with_several_plans(self) -> int:
        """Patients of whom several plans are known; those of anonymous results are not."""
        plans = {(plan.patient, plan.key) for plan in self.plans if plan.patient}
        return sum(number > 1 for number in Counter(patient for patient, _ in plans).values())

    @property
    def has_sites(self) -> bool:
        return any(plan.site for plan in self.plans)


def analysed(plans: Sequence[TrialPlan], *, grades: Grades | None = None, unit: DoseUnit = "Gy") -> Trial:
    """The analysis of the plans, with doses in this unit."""
    data_hash = _data_hash(plans)
    plans = [plan_in(plan, unit) for plan in plans]
    checked = [plan for plan in plans if plan.is_checked]
    items = tuple(_items(checked))
    arms = _ordered({plan.arm for plan in checked}, NO_ARM if any(plan.arm for plan in checked) else ONE_ARM)
    sites = tuple(_sites(plans, items))
    return Trial(
        plans=tuple(plans),
        protocols=tuple(dict.fromkeys(plan.protocol for plan in checked)),
        verdicts=_verdicts(plans),
        accrual=_accrual(plans),
        items=items,
        arms=arms,
        doses=tuple(_doses(checked, arms)),
        deviations=tuple(Deviation(plan=p, item=item) for p in checked for item in p.items if item.is_deviation),
        sites=sites,
        funnel=_funnel(sites),
        unchecked=tuple(plan for plan in plans if not plan.is_checked),
        data_hash=data_hash,
        grades=grades,
        charts=control_charts(plans),
    )


def _verdicts(plans: Iterable[TrialPlan]) -> Counter[str]:
    """Each plan once, with the worst of its verdicts under all protocols."""
    worst = {plan.key: plan.judged for plan in sorted(plans, key=lambda plan: -WORST_FIRST.index(plan.judged))}
    return Counter(worst.values())


def _ordered(names: Iterable[str], without: str) -> tuple[str, ...]:
    """The names in alphabetical order, and last what stands for none."""
    names = set(names)
    return tuple(sorted(name for name in names if name)) + ((without,) if "" in names or not names else ())


def _accrual(plans: Sequence[TrialPlan]) -> Accrual:
    """Each plan once, under however many protocols. Where there is a table of plans, those that are in it count."""
    has_table = any(plan.is_listed for plan in plans)
    counted = {plan.key: plan for plan in plans if plan.is_listed or not has_table}.values()
    sites = _ordered({plan.site for plan in counted}, NO_SITE)
    dated = sorted({plan.month for plan in counted if plan.month})
    months = (*_every_month(dated), *((NO_MONTH,) if any(not plan.month for plan in counted) else ()))
    number = Counter((plan.site or NO_SITE, plan.month or NO_MONTH) for plan in counted)
    return Accrual(
        sites=sites, months=months, counts=tuple(tuple(number[site, month] for month in months) for site in sites)
    )


def _every_month(dated: Sequence[str]) -> list[str]:
    """All months from the first to the last: a gap in the accrual is to be seen."""
    if not dated:
        return []
    first, last = (12 * int(text[:4]) + int(text[5:7]) - 1 for text in (dated[0], dated[-1]))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]


def _items(plans: Sequence[TrialPlan]) -> Iterable[ItemSummary]:
    """Every item that any plan was asked, in the protocol's order; what no plan states is left out."""
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for plan in plans:
        for item in plan.items:
            if item.outcome != "not_applicable":
                found[plan.protocol, item.kind, item.name][item.outcome] += 1
    for (protocol, kind, name), number in sorted(found.items(), key=lambda each: each[0][0]):
        if set(number) != {"not_given"}:
            yield ItemSummary(
                protocol=protocol,
                kind=kind,
                name=name,
                met=number["met"],
                variation=number["variation"],
                violated=number["violated"],
                waived=number["waived"],
                not_evaluated=number["not_evaluated"] + number["not_given"],
            )


def _doses(plans: Sequence[TrialPlan], arms: Sequence[str]) -> Iterable[OrganDose]:
    """Each metric that a limit is on, once for each plan; the last of the arms is that of plans without one."""
    values: dict[tuple[str, str, str], dict[str, dict[str, float]]] = {}
    for plan in plans:
        for item in plan.items:
            if item.kind == LIMIT and item.value is not None:
                metric = values.setdefault((item.structure, item.metric, item.unit), {})
                metric.setdefault(plan.arm or arms[-1], {})[plan.key] = item.value
    for (structure, metric_name, unit), by_arm in values.items():
        spread = tuple(distribution_of(by_arm.get(arm, {}).values()) for arm in arms)
        yield OrganDose(structure=structure, metric=metric_name, unit=unit, by_arm=spread)


def _sites(plans: Sequence[TrialPlan], items: Sequence[ItemSummary]) -> Iterable[SiteSummary]:
    for site in _ordered({plan.site for plan in plans}, NO_SITE):
        own = [plan for plan in plans if (plan.site or NO_SITE) == site]
        outcomes: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
        for plan in own:
            for item in plan.items if plan.is_checked else ():
                outcomes[plan.protocol, item.kind, item.name][item.outcome] += 1
        of_items = [outcomes[item.protocol, item.kind, item.name] for item in items]
        yield SiteSummary(
            site=site,
            plans=len({plan.key for plan in own}),
            verdicts=_verdicts(own),
            deviations=sum(item.is_deviation for plan in own if plan.is_checked for item in plan.items),
            met=tuple(
                (number["met"], sum(number[each] for each in ("met", "variation", "violated", "waived")))
                for number in of_items
            ),
        )


def _funnel(sites: Sequence[SiteSummary]) -> Funnel | None:
    """The funnel of failing plans; None of too few sites, and where all or none of the plans fail."""
    own = [(each.site, each.judged, each.verdicts["fail"]) for each in sites if each.judged and each.site != NO_SITE]
    judged, failing = sum(number for _, number, _ in own), sum(failed for _, _, failed in own)
    if len(own) < FEWEST_SITES or failing in (0, judged):
        return None
    overall = failing / judged
    sizes = _sizes(max(number for _, number, _ in own))
    return Funnel(
        overall=overall,
        sites=tuple((site, number, failed / number) for site, number, failed in own),
        sizes=sizes,
        limits=tuple(_limits(number, overall) for number in sizes),
        beyond=tuple(site for site, number, failed in own if _is_beyond(number, failed, overall)),
    )


def _is_beyond(judged: int, failing: int, overall: float) -> bool:
    """Whether a site lies outside the inner limits."""
    _, low, high, _ = _limits(judged, overall)
    return not low <= failing / judged <= high


def _sizes(largest: int) -> tuple[int, ...]:
    """Numbers of plans at which the limits are drawn."""
    end = max(int(largest * 1.15), largest + 2)
    step = max(end // 120, 1)
    return tuple(range(1, end + step, step))


def _limits(of: int, share: float) -> tuple[float, float, float, float]:
    """Action, warning, warning, action: from below to above."""
    tails = ((1 - ACTION) / 2, (1 - WARNING) / 2, (1 + WARNING) / 2, (1 + ACTION) / 2)
    lowest, low, high, highest = (funnel_limit(of, share, tail) for tail in tails)
    return lowest, low, high, highest


def _data_hash(plans: Sequence[TrialPlan]) -> str:
    return hashlib.sha256("\n".join(map(repr, plans)).encode(errors="backslashreplace")).hexdigest()
