"""A constraint and the evidence -> its Results: one for each structure, or one for several together."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import methodcaller

from rtcheck.checking.conditions import obstacle
from rtcheck.checking.courses.in_effect import in_effect
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.index_values import BODY_INDICES
from rtcheck.checking.limits_by_volume import Limits, Pair, close_to_another, limits_of, undecided
from rtcheck.checking.measurement import Asked, asked_of, dvh_asked, measure_structure, region_around
from rtcheck.checking.places import place_of
from rtcheck.checking.rules import best_first, is_borderline, judge, margin_of
from rtcheck.checking.structures.anatomy import Find
from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.presence import NOT_DRAWN
from rtcheck.checking.uncertain import with_uncertainty
from rtcheck.checking.ways_out import ways_out
from rtcheck.checking.what_if.achievable import achievable
from rtcheck.checking.what_if.headroom import headroom_of
from rtcheck.dosimetry.metric_terms import Measurement, Metric
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import Constraint, Goal
from rtcheck.protocol.file.models import model_text
from rtcheck.protocol.names.selectors import kind_of_each, type_of_selector
from rtcheck.results import Match, Outcome, Result


def evaluate_constraint(constraint: Constraint, evidence: Evidence) -> tuple[Result, ...]:
    """The constraint's results, without its other readings."""
    absent = tuple(name for name in constraint.structures if evidence.presence.is_absent(name, constraint))
    if len(absent) == len(constraint.structures):
        return tuple(_not_drawn(constraint, name) for name in _result_names(constraint))
    if found_obstacle := obstacle(constraint, evidence):
        return tuple(
            _not_drawn(constraint, name) if name in absent else _not_judged(constraint, name, *found_obstacle)
            for name in _result_names(constraint)
        )
    return (*_main_results(constraint, evidence, absent), *_results_where_drawn(constraint, evidence))


def _main_results(constraint: Constraint, evidence: Evidence, absent: tuple[str, ...]) -> tuple[Result, ...]:
    """The results of the structures, of which those that are `absent` do not apply.

    Of several that are judged together all have to be there: a limit on both kidneys says nothing about one.
    """
    names, surrogates = constraint.structures, constraint.surrogates
    if constraint.combine == "together":
        return (_result(constraint, lambda anatomy: anatomy.together(names, surrogates=surrogates), evidence),)
    each = tuple(
        result
        for name in names
        for result in ((_not_drawn(constraint, name),) if name in absent else _results_of(name, constraint, evidence))
    )
    return (_any_of(each),) if constraint.combine == "any" and len(each) > 1 else each


def _results_of(name: str, constraint: Constraint, evidence: Evidence) -> tuple[Result, ...]:
    """The result of a structure; of `each PTV` one for every target.

    The isodose volume of several targets together says nothing of one: then an index needs a region.
    """
    finds = _finds(name, constraint.surrogates, evidence)
    kind = constraint.goal.metric.kind
    if len(finds) > 1 and kind in BODY_INDICES and kind != "Coverage" and constraint.region_mm is None:
        reason = f"{kind} would count the isodoses of {len(finds)} targets together; give region: 20 mm or the like"
        names = [find(evidence.anatomy).match.asked for find in finds]
        return tuple(_not_judged(constraint, each, "not_evaluated", reason) for each in names)
    if len(finds) > 1 and kind in BODY_INDICES and constraint.region_mm is not None:
        return tuple(_of_one_among(finds, find, constraint, evidence) for find in finds)
    return tuple(_result(constraint, find, evidence) for find in finds)


def _of_one_among(finds: tuple[Find, ...], find: Find, constraint: Constraint, evidence: Evidence) -> Result:
    """The index of one target; not evaluated where a neighbour lies in its region, whose isodose would be counted."""
    found = find(evidence.anatomy)
    region = region_around(found, constraint.region_mm or 0.0, evidence)
    others = (other(evidence.anatomy) for other in finds if other is not find)
    inside = [
        other.match.asked
        for other in others
        if region is not None
        and other.solid is not None
        and not evidence.kept.combined(region.solid, other.solid, "intersection").is_empty
    ]
    if inside:
        verb = "lies within the region: its" if len(inside) == 1 else "lie within the region: their"
        reason = f"{', '.join(inside)} {verb} isodose would be counted; give a smaller one"
        return _not_judged(constraint, found.match.asked, "not_evaluated", reason)
    return _result(constraint, find, evidence)


def _finds(name: str, surrogates: tuple[str, ...], evidence: Evidence) -> tuple[Find, ...]:
    """How the structures of a name are found: one, or of a selector every one, or the reason why these are unknown."""
    kind, roi_type = kind_of_each(name), type_of_selector(name)
    if not kind and not roi_type:
        return (methodcaller("find", name, surrogates=surrogates),)
    several = methodcaller("each", kind) if kind else methodcaller("of_type", roi_type)
    members: tuple[Found, ...] = several(evidence.anatomy)
    if any(found.match.is_ambiguous or not found.match.numbers for found in members):
        return (lambda anatomy: several(anatomy)[0],)
    return tuple(methodcaller("single", found.match.numbers[0], found.match.how) for found in members)


def _results_where_drawn(constraint: Constraint, evidence: Evidence) -> tuple[Result, ...]:
    """Structures held to the same limit only where they are drawn: the duodenum beside the small bowel."""
    finds = [methodcaller("find", name) for name in constraint.also_where_drawn]
    there = [find for find in finds if _is_there(find(evidence.anatomy))]
    note = f"checked against the limit of {' and '.join(constraint.structures)}, contoured separately"
    return tuple(_noted(_result(constraint, find, evidence), note) for find in there)


def _is_there(found: Found) -> bool:
    """Whether there is something to hold to a limit, be it that nobody can tell which ROI it is."""
    return found.solid is not None or found.match.is_ambiguous


def _result_names(constraint: Constraint) -> tuple[str, ...]:
    if constraint.combine == "each":
        return constraint.structures
    return ((" | " if constraint.combine == "together" else " or ").join(constraint.structures),)


def _not_drawn(constraint: Constraint, name: str) -> Result:
    return replace(_not_judged(constraint, name, "not_applicable", NOT_DRAWN), is_not_drawn=True)


def _not_judged(constraint: Constraint, name: str, outcome: Outcome, reason: str) -> Result:
    nothing = Measurement(value=None, unit=constraint.goal.unit, undefined=reason)
    return Result(
        structure=name,
        goal=constraint.goal,
        constraint=constraint,
        measurement=nothing,
        outcome=outcome,
        notes=(reason,),
    )


def _result(constraint: Constraint, find: Find, evidence: Evidence) -> Result:
    """One structure (or union) against the constraint's goal, and against its variation where the goal is missed."""
    found = find(evidence.anatomy)
    goal = _with_alpha_beta(constraint.goal, found.match.asked, evidence)
    evidence, recovery_notes = in_effect(evidence, goal.metric, found.match.asked)
    region = region_around(found, constraint.region_mm, evidence) if constraint.region_mm else None
    asked = asked_of(goal.metric, found.match, evidence, target=constraint.target, region=region)
    limits = limits_of(constraint, goal, found, find, evidence)
    if isinstance(limits, str):
        reason = found.match.reason if found.solid is None and found.match.reason else limits
        unknown = _not_judged(constraint, found.match.asked, "not_evaluated", reason)
        return replace(unknown, matched=(found.match,))
    goal = limits.goal
    judge_it = partial(_judged_result, constraint, limits, found, find, asked, evidence, recovery_notes)
    if evidence.only_outcomes:
        return judge_it()
    if evidence.kept.asked is None or found.solid is None or goal.metric.kind in BODY_INDICES or constraint.region_mm:
        result = judge_it()  # indices and regions look at more than the structure
    else:
        key = (asked, found.match, found.solid, limits)
        result, has_dvh = evidence.kept.settled(constraint, key, partial(_with_trace, judge_it, found.solid, evidence))
        if has_dvh:
            evidence.dvh(found)  # what is checked besides the limits asks which structures have one
    is_missed = result.outcome in ("violated", "variation")
    if not is_missed and not result.is_borderline:
        return result
    best = achievable(goal, asked, found, evidence) if is_missed else None
    place = place_of(goal, result.measurement, found, evidence)
    return evidence.kept.settled(result, (place, best), lambda: replace(result, place=place, achievable=best))


def _with_trace(judge_it: Callable[[], Result], solid: Solid, evidence: Evidence) -> tuple[Result, bool]:
    """The result, and whether the DVH of the structure was made for it."""
    before = evidence.dvhs.pop(solid, None)
    result = judge_it()
    has_dvh = solid in evidence.dvhs
    if before is not None:
        evidence.dvhs[solid] = before
    return result, has_dvh


def _judged_result(
    constraint: Constraint,
    limits: Limits,
    found: Found,
    find: Find,
    asked: Asked,
    evidence: Evidence,
    recovery_notes: tuple[str, ...],
) -> Result:
    """The value with its uncertainty, the outcome and the headroom."""
    goal, by_volume = limits.goal, limits.by_volume
    judged = with_uncertainty(measure_structure(asked, found, evidence), asked, find, goal, evidence)
    measurement = judged.measurement
    outcome, reason = judge(goal, measurement)
    if measurement.is_uncertain and reason and not evidence.only_outcomes:
        reason = "; ".join((reason, *ways_out(found, find, evidence)))
    judge_by = partial(_outcome_by, asked=asked, found=found, measurement=measurement, evidence=evidence)
    outcome = judge_by((goal, limits.variation))
    if any(judge_by(pair) != outcome for pair in limits.possible):
        outcome, reason = "not_evaluated", undecided(limits)
    if by_volume and any(pair is None or judge_by(pair) != outcome for pair in limits.near):
        by_volume = replace(by_volume, is_close=outcome in ("met", "violated"))
    if found.match.is_surrogate:
        outcome, reason = _by_surrogate(goal, outcome, reason, found.match)
    is_close = outcome in ("met", "violated") and is_borderline(goal, measurement)
    is_by_volume = by_volume is not None and by_volume.is_close
    result = Result(
        structure=found.match.asked,
        goal=goal,
        constraint=constraint,
        measurement=measurement,
        outcome=outcome,
        matched=(found.match,),
        margin=margin_of(goal, measurement),
        is_borderline=is_close or is_by_volume,
        by_volume=by_volume,
        band_flips=judged.flips if is_close else (),
    )
    if not evidence.only_outcomes:
        proves_nothing = found.match.is_surrogate and outcome == "not_evaluated"
        is_scalable = evidence.is_dose_scalable and not evidence.anatomy.names.is_of_isodose(found.match.asked)
        dvh = None if proves_nothing or not is_scalable else dvh_asked(goal.metric, found, evidence)
        headroom = headroom_of(goal, measurement, dvh, fractions=evidence.fractions)
        result = replace(result, headroom=headroom)
        if limits.variation is not None and _is_same_metric(limits.variation, goal):
            varied = replace(goal, operator=limits.variation.operator, limit=limits.variation.limit)
            headroom = headroom_of(varied, measurement, dvh, fractions=evidence.fractions)
            result = replace(result, variation_headroom=headroom)
    model = goal.metric.model
    is_smooth = found.solid is not None and found.solid.is_smooth
    return _noted(
        result,
        reason,
        limits.told,
        close_to_another(limits) if is_by_volume else "",
        *recovery_notes,
        f"model {model_text(model)}" if model else "",
        "small target, interpolated between its planes" if is_smooth else "",
    )


def _outcome_by(limits: Pair, *, asked: Asked, found: Found, measurement: Measurement, evidence: Evidence) -> Outcome:
    """The outcome by a goal and its variation, which holds where the goal is missed."""
    goal, variation = limits
    outcome, _ = judge(goal, measurement)
    if outcome == "violated" and variation is not None:
        variation = _with_alpha_beta(variation, found.match.asked, evidence)
        if _is_variation_met(variation, replace(asked, metric=variation.metric), found, measurement, evidence):
            return "variation"
    return outcome


def _is_variation_met(
    variation: Goal, asked: Asked, found: Found, measurement: Measurement, evidence: Evidence
) -> bool:
    if variation.unit != measurement.unit or _without_text(variation.metric) != _without_text(asked.metric):
        measurement = measure_structure(asked, found, evidence)
    return judge(variation, measurement)[0] == "met"


def _is_same_metric(variation: Goal, goal: Goal) -> bool:
    """Whether a variation is another limit on the same metric; one on another metric has no scale of its own."""
    return variation.unit == goal.unit and _without_text(variation.metric) in (
        _without_text(goal.metric), replace(_without_text(goal.metric), alpha_beta_gy=None),
    )  # fmt: skip


def _without_text(metric: Metric) -> Metric:
    return replace(metric, text="")


def _by_surrogate(goal: Goal, outcome: Outcome, reason: str, match: Match) -> tuple[Outcome, str]:
    """What a superset can prove: its pass counts for upper limits on Dmax, D_cc and V_cc, and nothing else does."""
    if outcome == "not_evaluated":
        return outcome, reason
    stand_in = " and ".join(match.rois)
    if not _bounds_the_structure_inside(goal):
        return (
            "not_evaluated",
            f"{match.asked} is not contoured, and {stand_in} cannot be used instead for {goal.metric.text}",
        )
    if outcome == "met":
        return "met", f"{match.asked} is not contoured; {stand_in}, which contains it, meets the limit"
    return "not_evaluated", (
        f"{match.asked} is not contoured; {stand_in}, which contains it, does not meet the limit: inconclusive"
    )


def _bounds_the_structure_inside(goal: Goal) -> bool:
    """Whether the value of a superset is never below the structure's own, so that an upper limit carries over."""
    metric = goal.metric
    if not goal.is_upper_limit:
        return False
    if metric.kind == "Dmax":
        return True
    if metric.kind == "D":
        return metric.at is not None and metric.at.unit == "cc"
    return metric.kind in ("V", "Vrange") and metric.unit == "cc"


def _any_of(results: tuple[Result, ...]) -> Result:
    """One result for several structures of which one has to hold the limit: the best of them, the others as notes."""
    best = min(results, key=lambda result: best_first(result.outcome))
    if best.is_not_drawn:
        return replace(best, structure=" or ".join(each.structure for each in results))
    others = tuple(f"{each.structure}: {each.outcome.replace('_', ' ')}" for each in results)
    return replace(
        best,
        structure=" or ".join(each.structure for each in results),
        matched=tuple(match for each in results for match in each.matched),
        notes=(
            f"at least one of them must meet the limit; {best.structure} is shown ({'; '.join(others)})",
            *best.notes,
        ),
    )


def _with_alpha_beta(goal: Goal, structure: str, evidence: Evidence) -> Goal:
    """The goal with the structure's alpha/beta from the protocol, where the goal converts doses and states none."""
    if goal.metric.biology == "physical" or goal.metric.alpha_beta_gy is not None:
        return goal
    known = {each.name: each.alpha_beta_gy for each in evidence.protocol.structures}
    return replace(goal, metric=replace(goal.metric, alpha_beta_gy=known.get(structure)))


def _noted(result: Result, *notes: str) -> Result:
    added = tuple(note for note in notes if note and note not in result.notes)
    return replace(result, notes=(*result.notes, *added)) if added else result
