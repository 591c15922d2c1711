"""What the targets of a plan receive: the doses by which a prescription and a dose are compared."""

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Plan, Roi, StructureSet
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError
from rtcheck.protocol.names.folding import equal_after_folding
from rtcheck.protocol.names.membership import targets_of_kind

MEDIAN, NEARLY_ALL = 0.5, 0.9
"""Shares of a target's volume: external beams are prescribed near its median, brachytherapy near its D90."""

TRIED_TARGETS = 3
"""Targets that are looked at, the largest first: one that fits is enough."""


def target_doses_gy(grid: DoseGrid, plan: Plan, structures: StructureSet | None) -> Iterator[float]:
    """The median dose of each target, of brachytherapy its D90; the largest targets first. [Gy]

    The points of a brachytherapy plan for which it states a dose take their place where no target is drawn.
    """
    share = NEARLY_ALL if plan.is_brachy else MEDIAN
    is_any_drawn = False
    for roi in _targets(plan, structures) if structures else ():
        dose_gy = _dose_to(share, roi, structures, grid)
        if dose_gy is not None:
            is_any_drawn = True
            yield dose_gy
    if plan.is_brachy and not is_any_drawn:
        yield from (gy for point in plan.dose_points if (gy := grid.at(*point.position_mm)) is not None)


def _targets(plan: Plan, structures: StructureSet) -> tuple[Roi, ...]:
    """The targets to look at. A name alone is weak: "Breast" may be the site of a boost to the tumour bed in it.

    So the CTVs and GTVs follow those that are tied by name, for one that fits.
    """
    drawn = sorted((roi for roi in structures if roi.contours), key=lambda roi: -roi.contours)
    numbers = {each.roi_number for each in plan.prescriptions}
    names = [each.target for each in plan.prescriptions if each.target]
    by_number = [roi for roi in drawn if roi.number in numbers]
    by_name = [roi for roi in drawn if any(equal_after_folding(roi.name, name) for name in names)]
    ptvs = _of_kinds(("PTV",), drawn)
    others = _of_kinds(("CTV", "ITV", "GTV"), drawn)
    if by_number:
        return tuple(by_number[:TRIED_TARGETS])
    if plan.is_brachy:
        return tuple((by_name or ptvs or others)[:TRIED_TARGETS])
    if ptvs or not by_name:
        return tuple(ptvs[:TRIED_TARGETS])
    return (*by_name[:TRIED_TARGETS], *others[:TRIED_TARGETS])


def _of_kinds(kinds: tuple[str, ...], drawn: list[Roi]) -> list[Roi]:
    """The targets of these kinds by type and name, those without a type too; else those of the type alone."""
    numbers = {number for kind in kinds for number in targets_of_kind(kind, drawn)}
    return [roi for roi in drawn if roi.number in numbers] or [roi for roi in drawn if roi.type in kinds]


def _dose_to(share: float, roi: Roi, structures: StructureSet | None, grid: DoseGrid) -> float | None:
    """The dose that this share of one ROI receives at least, None where it has none. [Gy]"""
    from rtcheck.dosimetry.dvh import known_dvh

    assert structures is not None, "an ROI comes from its structure set"
    try:
        dvh = known_dvh(structures.slabs(roi.number), grid)
    except RtcheckError:
        return None
    if not dvh.volume_inside_cc > 0:
        return None
    return float(np.interp(-share * dvh.volume_inside_cc, -dvh.volume_at_least_cc, dvh.dose_gy))
