"""Two cases -> PlanDiff: plan, beams, contours and doses, as far as both have them."""

from collections.abc import Iterator, Mapping

import numpy as np

from rtcheck.case import Case, StructureSet
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_diff.elements import Tolerances, beam_entries, number_entries, text_entries
from rtcheck.checking.plan_diff.matching import matched
from rtcheck.checking.plan_diff.values import TOLERANCES, Entry, Kind, Pair, PlanDiff, Tolerance, kind_of
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.geometry.boolean import combine
from rtcheck.plan_facts import PlanFacts

SAME_AXES_MM = 0.01
"""Nodes of two dose grids that are nearer are the same: positions are decimal strings."""


def compare(
    a: Case, b: Case, tolerances: Mapping[str, Tolerance] = TOLERANCES, *, any_patient: bool = False
) -> PlanDiff:
    """Every element of two plans of one patient, or of `any_patient` where the user vouches for it.

    Raises:
        UsageError: they are of different patients, or one has no plan.
    """
    if a.patient.id != b.patient.id and not any_patient:
        raise UsageError(
            "The two plans name different patients (PatientID). To compare them anyway: --ignore patient.mismatch."
        )
    first, second = _facts(a, "A"), _facts(b, "B")
    entries: list[Entry] = [*_plan_entries(a, b, first, second, tolerances)]
    pairs, only_a, only_b = matched(first.treating, second.treating)
    for one, other, _ in pairs:
        entries += beam_entries(one, other, tolerances)
    entries += [Entry(where=beam.label, element="beam", a="there", b="no such beam", kind="missing") for beam in only_a]
    entries += [Entry(where=beam.label, element="beam", a="no such beam", b="there", kind="missing") for beam in only_b]
    not_compared = []
    if a.structures is not None and b.structures is not None:
        entries += _structure_entries(a.structures, b.structures, tolerances)
    else:
        not_compared.append("structures: not in both")
    if a.dose is not None and b.dose is not None:
        entries += _dose_entries(a.dose, b.dose, tolerances)
    else:
        not_compared.append("dose: not in both")
    return PlanDiff(
        entries=tuple(entries),
        pairs=tuple(Pair(a=one.label, b=other.label, how=how) for one, other, how in pairs),
        not_compared=tuple(not_compared),
    )


def _facts(case: Case, name: str) -> PlanFacts:
    if case.stated.load_plan is None:
        raise UsageError(f"{name} has no plan (RTPLAN), or several.")
    return case.stated.load_plan()


def _plan_entries(a: Case, b: Case, first: PlanFacts, second: PlanFacts, tolerances: Tolerances) -> Iterator[Entry]:
    assert a.plan is not None
    assert b.plan is not None
    for element, one, other in (
        ("label", a.plan.label, b.plan.label),
        ("approval", first.approval, second.approval),
        ("intent", first.intent, second.intent),
    ):
        if one != other:
            yield Entry(where="plan", element=element, a=one or "not stated", b=other or "not stated", kind="remark")
    for element, one, other in (
        ("kind", first.kind, second.kind),
        ("fractions", str(a.plan.fractions or ""), str(b.plan.fractions or "")),
        ("patient position", a.plan.patient_position, b.plan.patient_position),
        ("treatment beams", str(len(first.treating)), str(len(second.treating))),
    ):
        yield from text_entries("plan", element, one, other)
    prescribed = (a.plan.prescription, b.plan.prescription)
    first_gy, second_gy = (each.dose_gy if each else None for each in prescribed)
    yield from number_entries("plan", "prescription", "dose", first_gy, second_gy, tolerances=tolerances)


def _structure_entries(a: StructureSet, b: StructureSet, tolerances: Tolerances) -> Iterator[Entry]:
    """Structures of one name: their volumes, and what they do not share."""
    if a.sop_instance_uid and a.sop_instance_uid == b.sop_instance_uid:
        if _have_same_contours(a, b):
            yield Entry(where="structures", element="structure set", a="the same", b="the same", kind="same")
            return
        yield Entry(where="structures", element="structure set", a="one UID", b="other contours", kind="remark")
    numbers_b = {roi.name: roi for roi in b.rois}
    for roi in a.rois:
        other = numbers_b.get(roi.name)
        if other is None or bool(roi.contours) != bool(other.contours):
            there = "contoured" if roi.contours else "not contoured"
            kind: Kind = "missing" if roi.contours or (other and other.contours) else "remark"
            told = "missing" if other is None else "contoured" if other.contours else "not contoured"
            yield Entry(where=roi.name, element="structure", a=there, b=told, kind=kind)
        elif roi.contours:
            yield from _overlap_entries(roi.name, a, roi.number, b, other.number, tolerances)
    names = {roi.name for roi in a.rois}
    for roi in b.rois:
        if roi.name not in names and roi.contours:
            yield Entry(where=roi.name, element="structure", a="missing", b="contoured", kind="missing")


def _have_same_contours(a: StructureSet, b: StructureSet) -> bool:
    """Whether both list the same structures, with the same points: one UID does not show that a file is unchanged."""
    if [(roi.name, roi.number, roi.contours) for roi in a.rois] != [(r.name, r.number, r.contours) for r in b.rois]:
        return False
    try:
        pairs = [(a.drawn(roi.number).contours, b.drawn(roi.number).contours) for roi in a.rois if roi.contours]
    except RtcheckError:
        return False
    return all(
        len(own) == len(others)
        and all(np.array_equal(c.vertices_mm, d.vertices_mm) for c, d in zip(own, others, strict=True))
        for own, others in pairs
    )


def _overlap_entries(
    name: str, a: StructureSet, number: int, b: StructureSet, other: int, tolerances: Tolerances
) -> Iterator[Entry]:
    try:
        one, two = a.slabs(number), b.slabs(other)
    except RtcheckError as error:
        yield Entry(where=name, element="contours", a="", b="", kind="missing", place=str(error))
        return
    first, second = volume_cc(one), volume_cc(two)
    larger = max(first, second)
    off = 100 * abs(first - second) / larger if larger else 0.0
    tolerance = tolerances["volume"]
    kind = kind_of(off, tolerance)
    yield Entry(where=name, element="volume", a=f"{first:.5g} cc", b=f"{second:.5g} cc", kind=kind, apart=off,
                tolerance=tolerance)  # fmt: skip
    shared = volume_cc(combine(one, two, "intersection"))
    apart = 100 * (1 - 2 * shared / (first + second)) if first + second else 0.0
    apart = 0.0 if abs(apart) < 1e-6 else apart
    tolerance = tolerances["overlap"]
    kind = kind_of(apart, tolerance)
    yield Entry(where=name, element="contours", a="", b=f"{apart:.3g} % not shared", kind=kind, apart=apart,
                tolerance=tolerance)  # fmt: skip


def _dose_entries(a: DoseGrid, b: DoseGrid, tolerances: Tolerances) -> Iterator[Entry]:
    """The largest difference at the nodes of A where both grids are, in percent of the highest dose of A."""
    tolerance = tolerances["dose_grid"]
    is_same = all(
        len(one) == len(other) and bool(np.abs(one - other).max() <= SAME_AXES_MM)
        for one, other in zip(a.axes_mm, b.axes_mm, strict=True)
    )
    if is_same:
        off = np.abs(a.dose_gy.astype(np.float64) - b.dose_gy)
        place = "at the same nodes"
    else:
        sampled = [
            (a.dose_gy[k, j, i], b.at(float(a.x_mm[i]), float(a.y_mm[j]), float(a.z_mm[k]))) for k, j, i in _some(a)
        ]
        known = [abs(float(one) - other) for one, other in sampled if other is not None]
        if not known:
            yield Entry(where="dose", element="dose", a="", b="no common place", kind="missing")
            return
        off, place = np.array(known), f"at {len(known)} nodes, interpolated: the grids differ"
    share = 100 * float(off.max()) / a.max_gy
    kind = kind_of(share, tolerance)
    yield Entry(where="dose", element="dose", a=f"{a.max_gy:.5g} Gy at most", b=f"{b.max_gy:.5g} Gy at most", kind=kind,
                apart=share, tolerance=tolerance, place=place)  # fmt: skip


def _some(grid: DoseGrid) -> list[tuple[int, int, int]]:
    """Nodes with at least a tenth of the highest dose, some thousand of them, evenly chosen."""
    nodes = np.argwhere(grid.dose_gy >= 0.1 * grid.max_gy)
    chosen = nodes[:: max(len(nodes) // 4000, 1)]
    return [(int(k), int(j), int(i)) for k, j, i in chosen]
