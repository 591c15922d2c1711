"""A recipe -> the case: from its files, or as the sum of the cases of several recipes."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from rtcheck.case import Case
from rtcheck.dicom import read_case
from rtcheck.web.desk.finding import inside
from rtcheck.web.desk.paths import with_shown_paths
from rtcheck.web.desk.question import Override, Recipe

MOST_SCENARIO_BYTES = 600_000_000
"""Doses of scenarios that are held in memory for one case; where they are more, each is read when it is asked for."""


def read(recipe: Recipe, override: Override) -> Case:
    """The case from its files, with what is given in place of the plan's."""
    return _sum(recipe, override) if recipe.parts else _holding_scenarios(_plan(recipe, override))


def _plan(recipe: Recipe, override: Override) -> Case:
    path = inside(recipe.root, recipe.path)
    named = {"plan": recipe.plan, "structures": recipe.structures}
    outright: Mapping[str, Any] = {role: inside(recipe.root, name) for role, name in named.items() if name}
    case = read_case(
        path,
        **outright,
        dose=[inside(recipe.root, name) for name in recipe.doses],
        scenarios={name: inside(recipe.root, file) for name, file in recipe.scenarios},
        dose_rx_gy=dict(override.dose_rx).get(""),
        dose_levels_gy={target: dose_gy for target, dose_gy in override.dose_rx if target} or None,
        fractions=override.fractions,
        dose_is=override.dose_is,
        ignore=(*recipe.ignore, *override.ignore),
    )
    return with_shown_paths(case, *recipe.private_folders)


def _sum(recipe: Recipe, override: Override) -> Case:
    """The doses of all parts added; what is given of prescription and fractions is that of the sum."""
    from rtcheck.checking.courses.sums import summed
    from rtcheck.dicom.overrides import Overrides

    each = Override(dose_is=override.dose_is, ignore=override.ignore)
    levels = dict(override.dose_rx)
    stated = Overrides(
        dose_rx_gy=levels.pop("", None), dose_levels_gy=tuple(levels.items()), fractions=override.fractions
    )
    case = summed(
        [_plan(part, each) for part in recipe.parts],
        eqd2_alpha_beta_gy=recipe.eqd2_alpha_beta_gy,
        stated=stated.of_their_sum,
        registrations=[inside(each.root, each.path) for each in recipe.registrations],
        structures_of=recipe.structures_of,
        delivered=recipe.delivered,
    )
    return with_shown_paths(case, *recipe.private_folders)


def _holding_scenarios(case: Case) -> Case:
    """The case with the doses of its scenarios held once they are read: every check asks for them."""
    whole = len(case.scenarios) * (case.dose.dose_gy.nbytes if case.dose else 0)
    if not case.scenarios or whole > MOST_SCENARIO_BYTES:
        return case
    return replace(case, scenarios=tuple(replace(each, load=cache(each.load)) for each in case.scenarios))
