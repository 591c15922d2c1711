"""The table of checks: by their code in a protocol, what each asks, which plans it is asked of, and what answers it."""

from collections.abc import Callable, Iterable

from rtcheck.checking.plan_qa import attested, plugged
from rtcheck.checking.plan_qa.answers import Answer
from rtcheck.checking.plan_qa.contoured import (
    body,
    images,
    labels,
    margins,
    nesting,
    overlaps,
    presence,
    sides,
    slices,
    strays,
    volumes,
)
from rtcheck.checking.plan_qa.delivery import (
    beam_details,
    beams,
    clearance,
    complexity,
    consistency,
    control_points,
    documents,
    dose_grid,
    ions,
    isocentre,
    movement,
)
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule
from rtcheck.values import dataclass

ALL = frozenset({"beams", "ions", "brachy"})
EXTERNAL_BEAM = frozenset({"beams", "ions"})
X_RAYS = frozenset({"beams"})
IONS = frozenset({"ions"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`title` names it in a report; it is asked of plans of these `kinds`; of ALL, also without a plan."""

    title: str
    answers: Callable[[Subject, CheckRule], Iterable[Answer]]
    kinds: frozenset[str] = ALL
    expected: str = "as the protocol requires"


PLUGGED = Check(title="Plug-in", answers=plugged.plugged)
ATTESTED = Check(title="Attestation", answers=attested.attested)

CHECKS: dict[str, Check] = {
    "plan.dose_grid": Check(title="Dose grid spacing", answers=dose_grid.spacing),
    "plan.beams.radiation": Check(title="Radiation", answers=beams.radiation, kinds=EXTERNAL_BEAM),
    "plan.beams.energy": Check(title="Beam energy", answers=beams.energy, kinds=X_RAYS),
    "plan.beams.technique": Check(title="Technique", answers=beams.technique, kinds=X_RAYS),
    "plan.beams.machine": Check(title="Treatment machine", answers=beams.machine, kinds=EXTERNAL_BEAM),
    "plan.beams.names": Check(title="Pattern of beam names", answers=beams.names, kinds=EXTERNAL_BEAM),
    "plan.beams.fluence": Check(title="Fluence mode", answers=beams.fluence, kinds=X_RAYS),
    "plan.beams.ssd": Check(title="Source to surface", answers=control_points.surface_distance, kinds=EXTERNAL_BEAM),
    "plan.beams.wedges": Check(title="Wedges", answers=beams.wedges, kinds=X_RAYS),
    "plan.beams.count": Check(title="Number of beams", answers=beams.count, kinds=EXTERNAL_BEAM),
    "plan.beams.same_machine": Check(title="One machine", answers=beam_details.same_machine, kinds=EXTERNAL_BEAM),
    "plan.beams.unique_names": Check(title="Beam names", answers=beam_details.unique_names, kinds=EXTERNAL_BEAM),
    "plan.beams.meterset": Check(title="Monitor units of a beam", answers=beam_details.each_meterset, kinds=X_RAYS),
    "plan.beams.deliver": Check(title="Beams without dose", answers=beam_details.not_empty, kinds=EXTERNAL_BEAM),
    "plan.beams.dose_rate": Check(title="Dose rate", answers=control_points.dose_rate, kinds=X_RAYS),
    "plan.beams.bolus": Check(title="Bolus", answers=beam_details.bolus, kinds=EXTERNAL_BEAM),
    "plan.beams.setup": Check(title="Set-up fields", answers=beam_details.setup_beams, kinds=EXTERNAL_BEAM),
    "plan.beams.tolerance_table": Check(
        title="Tolerance table", answers=beam_details.tolerance_table, kinds=EXTERNAL_BEAM
    ),
    "plan.beams.control_points": Check(title="Control points", answers=control_points.sane, kinds=EXTERNAL_BEAM),
    "plan.beams.arc_spacing": Check(title="Spacing of control points", answers=control_points.spacing, kinds=X_RAYS),
    "plan.beams.gantry": Check(title="Gantry angles", answers=control_points.gantry, kinds=EXTERNAL_BEAM),
    "plan.beams.collimator": Check(title="Collimator angles", answers=control_points.collimator, kinds=X_RAYS),
    "plan.beams.couch": Check(title="Couch angles", answers=control_points.couch, kinds=EXTERNAL_BEAM),
    "plan.beams.arcs": Check(title="Directions of arcs", answers=movement.arc_directions, kinds=X_RAYS),
    "plan.beams.leaf_travel": Check(title="Leaf travel", answers=movement.leaf_travel, kinds=X_RAYS),
    "plan.beams.leaf_speed": Check(title="Leaf speed", answers=movement.leaf_speed, kinds=X_RAYS),
    "plan.beams.clearance": Check(title="Clearance", answers=clearance.clearance, kinds=EXTERNAL_BEAM),
    "plan.beams.setup_couch": Check(
        title="Couch of set-up fields", answers=clearance.setup_position, kinds=EXTERNAL_BEAM
    ),
    "plan.beams.positions": Check(title="Jaws and leaves", answers=control_points.positions, kinds=X_RAYS),
    "plan.beams.range_shifter": Check(title="Range shifter", answers=ions.range_shifters, kinds=IONS),
    "plan.beams.snout": Check(title="Snout position", answers=ions.snout, kinds=IONS),
    "plan.beams.spot_spacing": Check(title="Spot spacing", answers=ions.spot_spacing, kinds=IONS),
    "plan.calculation.rbe": Check(title="RBE", answers=ions.rbe_stated, kinds=IONS),
    "plan.dose_covers": Check(title="Extent of the dose grid", answers=dose_grid.covers),
    "plan.target_dose": Check(title="Dose of targets", answers=dose_grid.target_dose),
    "plan.beam_doses": Check(title="Beam doses and prescription", answers=beam_details.beam_doses, kinds=EXTERNAL_BEAM),
    "plan.reference_points": Check(
        title="Dose at reference points", answers=dose_grid.reference_points, kinds=EXTERNAL_BEAM
    ),
    "plan.fractions": Check(title="Fraction scheme", answers=beam_details.scheme, kinds=EXTERNAL_BEAM),
    "plan.dates": Check(title="Dates", answers=consistency.dates),
    "plan.references": Check(title="References", answers=consistency.references),
    "plan.complexity": Check(title="Complexity", answers=complexity.shown),
    "plan.label": Check(title="Plan label", answers=consistency.label),
    "plan.intent": Check(title="Intent", answers=consistency.intent),
    "plan.isocentre.one": Check(title="Isocentre", answers=isocentre.one, kinds=EXTERNAL_BEAM),
    "plan.isocentre.count": Check(title="Number of isocentres", answers=isocentre.number, kinds=EXTERNAL_BEAM),
    "plan.isocentre.inside": Check(title="Isocentre in the body", answers=isocentre.inside, kinds=EXTERNAL_BEAM),
    "plan.isocentre.distance": Check(title="Isocentre to target", answers=isocentre.distance, kinds=EXTERNAL_BEAM),
    "plan.meterset": Check(title="Monitor units by dose", answers=beams.meterset_per_dose, kinds=X_RAYS),
    "plan.calculation.algorithm": Check(title="Dose algorithm", answers=documents.algorithm),
    "plan.calculation.heterogeneity": Check(title="Heterogeneity correction", answers=documents.heterogeneity),
    "plan.couch": Check(title="Couch", answers=documents.couch, kinds=EXTERNAL_BEAM),
    "plan.approval": Check(title="Approval", answers=documents.approval),
    "structures.approval": Check(title="Approval of structures", answers=consistency.structures_approved),
    "structures.required": Check(title="Required structure", answers=presence.required),
    "structures.empty": Check(title="Structures without contours", answers=presence.empty),
    "structures.slices.spacing": Check(title="Slice spacing", answers=slices.spacing),
    "structures.slices.gaps": Check(title="Missing slices", answers=slices.gaps),
    "structures.inside": Check(title="Containment", answers=nesting.inside),
    "structures.margin": Check(title="Margin", answers=margins.smallest),
    "structures.crop_from_skin": Check(title="Distance to skin", answers=body.crop_from_skin),
    "structures.outside_body": Check(title="Structures outside the body", answers=body.nothing_outside),
    "structures.in_couch": Check(title="Structures in the couch", answers=body.nothing_in_couch),
    "structures.apart": Check(title="Overlapping organs", answers=overlaps.apart),
    "structures.duplicates": Check(title="Structures drawn twice", answers=overlaps.duplicates),
    "structures.strays": Check(title="Stray contours", answers=strays.none),
    "structures.holes": Check(title="Small holes", answers=strays.holes),
    "structures.volumes": Check(title="Volumes", answers=volumes.usual),
    "structures.names": Check(title="Names", answers=labels.tg263),
    "structures.densities": Check(title="Density overrides", answers=labels.densities),
    "structures.laterality": Check(title="Left and right", answers=sides.laterality),
    "images.thickness": Check(title="Slice thickness", answers=images.thickness),
    "images.spacing": Check(title="Distance of slices", answers=images.spacing),
    "images.number": Check(title="Number of slices", answers=images.number),
    "images.age": Check(title="Age of the images", answers=images.age),
    "images.position": Check(title="Position in the images", answers=images.position),
    "images.scanner": Check(title="Scanner", answers=images.scanner),
    "images.hu": Check(title="Hounsfield units", answers=images.hounsfield_units),
    "images.contours": Check(title="Contours beyond the images", answers=images.contours_on_images),
    "images.outline": Check(title="Body outline cut by the images", answers=images.outline_not_cut),
}


def check_of(code: str) -> Check:
    """The check of a rule."""
    if code.startswith("plugin."):
        return PLUGGED
    return ATTESTED if code.startswith("attest.") else CHECKS[code]
