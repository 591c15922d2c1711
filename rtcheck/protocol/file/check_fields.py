"""The keys of `plan_checks` and `structure_checks`: what may be asked of a plan and of its structures.

A key is one check; `beams`, `isocentre` and the like gather several. `advisory:` holds the same keys again: what stands
there only warns.
"""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from rtcheck.protocol.file.check_kinds import ADVISORY, FlagOrPairs, Pairs, WordOrPairs
from rtcheck.protocol.file.document import Item
from rtcheck.protocol.file.kinds import (
    Choice,
    Entry,
    Field,
    Flag,
    Located,
    OneOrMany,
    Parsed,
    Table,
    Text,
)
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.protocol.language import patterns
from rtcheck.protocol.language.ranges import (
    ARC_PATTERN,
    HU_PATTERN,
    NEEDS_UNIT,
    RangeUnit,
    parse_arc,
    parse_hu,
    parse_limit,
    parse_range,
    parse_speed,
)

NAMES = OneOrMany(Text())
_ABOUT = ("note", "source", "machine_file")


def _range(unit: RangeUnit) -> Parsed:
    return Parsed(partial(parse_range, unit=unit), patterns.range_pattern(unit), takes_numbers=unit not in NEEDS_UNIT)


def _limit(unit: RangeUnit) -> Parsed:
    return Parsed(partial(parse_limit, unit=unit), patterns.limit_pattern(unit))


HU = Parsed(parse_hu, HU_PATTERN)

MARGIN = Table(
    "a margin",
    {
        "from": Field(Text(), "The inner structure: CTV.", is_required=True),
        "to": Field(Text(), "The outer structure: PTV.", is_required=True),
        "at_least": Field(_range("mm"), "The smallest distance between their surfaces: 5 mm.", is_required=True),
    },
)

_PRESENT = Located(Choice(("present", "absent")))
ARC = Located(Parsed(parse_arc, ARC_PATTERN))

BEAMS = Table(
    "beams",
    {
        "radiation": Field(Located(NAMES), "DICOM radiation types of the treatment beams: PHOTON."),
        "energy": Field(Located(_range("MV")), "Nominal energies of the treatment beams: 6-10 MV."),
        "technique": Field(Located(NAMES), "3D, IMRT or VMAT, as the control points show it."),
        "machine": Field(Located(NAMES), "Names of treatment machines; without a list, one machine for all beams."),
        "count": Field(Located(_range("")), "Number of treatment beams: 2-12."),
        "names": Field(Located(NAMES), "Patterns of beam names, with * and ?: ['G*', 'ARC?']."),
        "fluence": Field(Located(NAMES), "Fluence modes: STANDARD, NON_STANDARD, or the name of one, such as FFF."),
        "ssd": Field(Located(_range("mm")), "Distances from source to surface: 800-1000 mm."),
        "wedges": Field(_PRESENT, "Whether treatment beams have wedges: present or absent."),
        "same_machine": Field(Located(Flag()), "Whether all treatment beams are on one machine."),
        "unique_names": Field(Located(Flag()), "Whether every treatment beam has a name of its own."),
        "meterset": Field(Located(_range("MU")), "Monitor units of each beam in one fraction: >= 5 MU."),
        "deliver": Field(Located(Flag()), "Whether every treatment beam has monitor units and is in a fraction group."),
        "dose_rate": Field(Located(_range("MU/min")), "Dose rates: <= 600 MU/min."),
        "bolus": Field(_PRESENT, "Whether treatment beams have a bolus: present or absent."),
        "setup": Field(_PRESENT, "Whether there are set-up fields: present or absent."),
        "tolerance_table": Field(Located(Flag()), "Whether all treatment beams have one tolerance table."),
        "control_points": Field(Located(Flag()), "Whether weights rise, leaves do not cross, and numbers agree."),
        "arc_spacing": Field(Located(_range("deg")), "Largest turn of the gantry between control points: <= 4 deg."),
        "gantry": Field(ARC, "Gantry angles, clockwise: 181-179 deg."),
        "collimator": Field(ARC, "Collimator angles, clockwise: 270-90 deg."),
        "couch": Field(ARC, "Couch angles, clockwise: 270-90 deg."),
        "positions": Field(Located(_range("mm")), "How far jaws and leaves may be from the axis: <= 200 mm."),
        "arcs": Field(Located(Choice(("alternate",))), "alternate: neighbouring arcs turn in opposite directions."),
        "leaf_travel": Field(Located(_limit("mm/deg")), "Way of a leaf by degree of the gantry: <= 6 mm/deg."),
        "leaf_speed": Field(
            Located(Parsed(parse_speed, patterns.SPEED)),
            "Speed of leaves while the beam is on: <= 25 mm/s at 6 deg/s (of the gantry).",
        ),
        "clearance": Field(Located(_limit("mm")), "How far body and couch reach from the gantry's axis: <= 420 mm."),
        "setup_couch": Field(
            Located(_limit("mm")), "How far couch positions of set-up fields differ from the treatment beams': <= 1 mm."
        ),
        "range_shifter": Field(_PRESENT, "Whether ion beams have range shifters: present or absent."),
        "snout": Field(Located(_range("mm")), "Snout positions of ion beams: <= 420 mm."),
        "spot_spacing": Field(Located(_range("mm")), "Usual distance of neighbouring spots of ion beams: <= 6 mm."),
    },
)

_OF_A_MACHINE = (
    *("energy", "dose_rate", "gantry", "collimator", "couch", "positions", "machine", "snout"),
    *("leaf_speed", "leaf_travel", "clearance"),
)

MACHINE = Table(
    "a machine file",
    {
        "name": Field(Text(), "What the machine is called in messages."),
        **{name: BEAMS.fields[name] for name in _OF_A_MACHINE},
    },
)
MACHINE_FILE = "machine_file"

ISOCENTRE = Table(
    "isocentre",
    {
        "one": Field(Located(Flag()), "Whether all treatment beams have one isocentre."),
        "count": Field(Located(_range("")), "How many isocentres the treatment beams have: 1-2."),
        "inside": Field(Located(Text()), "The structure that holds every isocentre: External."),
        "distance": Field(
            Located(Pairs(_limit("mm"))), "How far the isocentre is from the centre of structures: {PTV: <= 20 mm}."
        ),
    },
)

CALCULATION = Table(
    "calculation",
    {
        "algorithm": Field(Located(NAMES), "Names of dose algorithms, one of which the dose file states."),
        "heterogeneity": Field(Located(Flag()), "Whether the dose is corrected for densities."),
        "rbe": Field(Located(Flag()), "Whether the dose of ions states that it is weighted (DoseType EFFECTIVE)."),
    },
)

_PLAN_FIELDS = {
    "dose_grid": Field(Located(_range("mm")), "Largest spacing of the dose grid: <= 2.5 mm."),
    "beams": Field(BEAMS, "The treatment beams."),
    "isocentre": Field(ISOCENTRE, "The isocentres."),
    "meterset": Field(Located(_range("MU/cGy")), "All monitor units of a fraction by its dose: 1.5-6 MU/cGy."),
    "calculation": Field(CALCULATION, "How the dose was calculated, where the files state it."),
    "dose_covers": Field(
        Located(Pairs(_range("mm"))), "What the dose grid holds, with which margin: {PTV: 10 mm, SpinalCord: 0 mm}."
    ),
    "target_dose": Field(
        Located(Pairs(_range("%"))), "Median dose of targets in percent of their prescription: {PTV: 95-107 %}."
    ),
    "beam_doses": Field(Located(_range("%")), "How far beam doses times fractions are off the prescription: <= 5 %."),
    "reference_points": Field(
        Located(_limit("%")), "How far the dose at reference points is off what the plan states there: <= 3 %."
    ),
    "fractions": Field(Located(Choice(("complete",))), "complete: fraction groups state fractions and their beams."),
    "dates": Field(Located(Choice(("in order",))), "in order: the dose is not older than plan or structures."),
    "references": Field(Located(Choice(("by UID",))), "by UID: plan, dose and structures refer to one another."),
    "complexity": Field(
        Located(Choice(("shown",))), "shown: modulation complexity, aperture and leaf travel, as information."
    ),
    "label": Field(Located(NAMES), "Patterns of the plan's label, with * and ?: 'RX*'."),
    "intent": Field(Located(NAMES), "Plan intents: [CURATIVE, PALLIATIVE]."),
    "couch": Field(_PRESENT, "Whether the couch is among the structures."),
    "approval": Field(Located(NAMES), "Approval statuses that the plan may have: APPROVED."),
}

SLICES = Table(
    "slices",
    {
        "spacing": Field(Located(_range("mm")), "Distance of the slices that structures are drawn on: <= 3 mm."),
        "gaps": Field(Located(Choice(("none",))), "none: no structure leaves slices out."),
    },
)

_NONE = Located(Choice(("none",)))

_STRUCTURE_FIELDS = {
    "approval": Field(Located(NAMES), "Approval statuses that the structure set may have: APPROVED."),
    "required": Field(Located(NAMES), "Structures that must be there, with contours."),
    "empty": Field(Located(Choice(("none",))), "none: every listed structure has contours."),
    "slices": Field(SLICES, "The slices that structures are drawn on."),
    "inside": Field(Located(Pairs(Text())), "Structures that lie in others: {GTV: PTV, PTV: External}."),
    "margin": Field(Located(OneOrMany(MARGIN)), "Smallest margins: {from: CTV, to: PTV, at_least: 5 mm}, or a list."),
    "crop_from_skin": Field(Located(Pairs(_range("mm"))), "Distances to keep from the skin: {PTV: 3 mm}."),
    "outside_body": Field(_NONE, "none: no organ, GTV or CTV lies outside the body."),
    "in_couch": Field(_NONE, "none: nothing of the patient lies in a support structure."),
    "apart": Field(Located(FlagOrPairs(Text())), "Pairs that share nothing; true: organs that cannot overlap."),
    "duplicates": Field(_NONE, "none: no structure is drawn twice, or nearly so."),
    "strays": Field(_NONE, "none: no structure has a piece of a few pixels far from the rest."),
    "holes": Field(_NONE, "none: no structure has a hole of a few pixels."),
    "volumes": Field(
        Located(WordOrPairs("typical", _range("cc"))),
        "typical: near the reference volumes of adults; or ranges: {Liver: 800-2500 cc}.",
    ),
    "names": Field(Located(Choice(("TG-263",))), "TG-263: names of the nomenclature."),
    "densities": Field(_NONE, "none: no density is set for a structure."),
    "laterality": Field(Located(Flag()), "Whether left and right structures lie on their sides."),
}


def _block(what: str, fields: dict[str, Field]) -> Table:
    about = {
        "note": Field(Text(), "A note for readers of the report."),
        "source": Field(Located(Text()), "The id of the source; not needed if there is only one."),
    }
    advisory = Field(Table("advisory", fields), "The same keys: here they only warn.")
    return Table(what, {**fields, ADVISORY: advisory, **about})


_IMAGE_FIELDS = {
    "thickness": Field(Located(_range("mm")), "Slice thickness: <= 3 mm."),
    "spacing": Field(Located(_range("mm")), "Distance of neighbouring slices, the largest of all: <= 3 mm."),
    "number": Field(Located(_range("")), "Number of slices: >= 60."),
    "age": Field(Located(_range("days")), "Days from the images to the plan: <= 21 days."),
    "position": Field(Located(NAMES), "Patient positions, also those of the plan: HFS."),
    "scanner": Field(Located(NAMES), "Words in manufacturer and model of the scanner."),
    "hu": Field(Located(Pairs(HU)), "Mean Hounsfield units of structures: {Lung_L: -900 to -600 HU}."),
    "contours": Field(Located(Choice(("on slices",))), "on slices: every contour lies on a slice of the images."),
    "outline": Field(Located(Choice(("not cut",))), "not cut: the body outline does not run along the images' edge."),
}


IMAGE_CHECKS = _block("image_checks", _IMAGE_FIELDS)
PLAN_CHECKS = _block("plan_checks", _PLAN_FIELDS)
PLAN_CHECKS.fields = {
    **PLAN_CHECKS.fields,
    MACHINE_FILE: Field(
        Located(Text()), "A file with the limits of a machine: gantry, collimator, couch, positions, energy, dose_rate."
    ),
}
STRUCTURE_CHECKS = _block("structure_checks", _STRUCTURE_FIELDS)


def check_codes() -> tuple[str, ...]:
    """The codes of all checks that a protocol may ask for."""
    blocks = (("plan", _PLAN_FIELDS), ("structures", _STRUCTURE_FIELDS), ("images", _IMAGE_FIELDS))
    return tuple(code for area, fields in blocks for code in _codes(area, fields))


def _codes(area: str, fields: dict[str, Field]) -> Iterator[str]:
    for name, field in fields.items():
        if isinstance(field.kind, Table):
            yield from (f"{area}.{name}.{inner}" for inner in field.kind.fields)
        else:
            yield f"{area}.{name}"


def rules_of(entry: Entry, area: str, *, file: str, source: str) -> Iterator[CheckRule]:
    """The rules of one block, its required ones first."""
    about = {"note": entry.get("note", ""), "source": source, "file": file}
    yield from _rules(entry, area, is_required=True, about=about)
    if ADVISORY in entry:
        yield from _rules(entry[ADVISORY], area, is_required=False, about=about)


def machine_rules(entry: Entry, *, file: str, own: Collection[str]) -> Iterator[CheckRule]:
    """The limits of a machine file; what the protocol asks itself (`own` codes) holds instead."""
    named = Entry({name: value for name, value in entry.values.items() if name != "name"}, entry.item)
    about = {"note": f"by the machine file {entry.get('name', '')}".strip(), "source": "", "file": file}
    for rule in _rules(named, "plan.beams", is_required=True, about=about):
        if rule.code not in own:
            yield rule


def named_rules(area: str, items: tuple[tuple[str, str, bool, int], ...], *, file: str) -> Iterator[CheckRule]:
    """One rule for each sentence that a person is to attest, or for each check of a plug-in with its text."""
    for name, text, is_required, line in items:
        yield CheckRule(code=f"{area}.{name}", value=text, text=text, is_required=is_required, file=file, line=line)


def _rules(entry: Entry, prefix: str, *, is_required: bool, about: dict[str, str]) -> Iterator[CheckRule]:
    for name, found in entry.values.items():
        if name == ADVISORY or name in _ABOUT:
            continue
        if isinstance(found, Entry):
            yield from _rules(found, f"{prefix}.{name}", is_required=is_required, about=about)
            continue
        value, item = found
        yield CheckRule(
            code=f"{prefix}.{name}", value=_plain(value), text=_written(value, item), is_required=is_required,
            line=item.line, **about,
        )  # fmt: skip


def _plain(value: Any) -> Any:
    """The value without entries: a margin as (from, to, range)."""
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    return tuple(value.values.get(key) for key in ("from", "to", "at_least")) if isinstance(value, Entry) else value


def _written(value: Any, item: Item) -> str:
    if item.scalar is not None:
        return item.scalar
    if isinstance(value, tuple):
        return ", ".join(_pair_text(each) for each in value)
    return ""


def _pair_text(each: Any) -> str:
    if not isinstance(each, tuple):
        return str(each)
    first, *rest = (part.text if isinstance(part, Range) else str(part) for part in each)
    return f"{first} {rest[0]}" if isinstance(each[1], Range) else " in ".join((first, *rest))


def structures_of(rule: CheckRule) -> tuple[str, ...]:
    """The structures that a rule names, expressions among them."""
    match rule.code:
        case "structures.required":
            return tuple(rule.value)
        case "plan.isocentre.inside":
            return (rule.value,)
        case "structures.margin":
            return tuple(name for margin in rule.value for name in margin[:2])
    if not isinstance(rule.value, tuple) or not all(isinstance(each, tuple) for each in rule.value):
        return ()
    return tuple(part for pair in rule.value for part in pair if isinstance(part, str))
