"""The protocol file's keys: which there are, what each may hold, what it means; for the loader and the JSON Schema."""

from functools import partial

from rtcheck.protocol.clinical.recovery import SHARE_PATTERN, SPAN_PATTERN, parse_share, parse_span
from rtcheck.protocol.clinical.scenarios import HOLD_PATTERN, WORST_PATTERN, parse_hold, parse_worst
from rtcheck.protocol.file.check_fields import IMAGE_CHECKS, PLAN_CHECKS, STRUCTURE_CHECKS
from rtcheck.protocol.file.check_kinds import Attest, GoalOrTable, StructureName
from rtcheck.protocol.file.kinds import (
    ByName,
    Choice,
    ChoiceOrRank,
    Field,
    Flag,
    ListOf,
    Located,
    Number,
    OneOf,
    OneOrMany,
    Parsed,
    Table,
    Text,
    TextOrTable,
)
from rtcheck.protocol.language import patterns
from rtcheck.protocol.language.ranges import (
    NEEDS_UNIT,
    RangeUnit,
    parse_condition,
    parse_dose_level,
    parse_millimetres,
    parse_range,
)

NAMES = OneOrMany(Text())
YES_OR_NO = Flag()


def _range(unit: RangeUnit) -> Parsed:
    return Parsed(partial(parse_range, unit=unit), patterns.range_pattern(unit), takes_numbers=unit not in NEEDS_UNIT)


FRACTIONS = _range("fractions")
GOAL = Located(Parsed(str, patterns.GOAL))
GOAL_OR_TABLE = GoalOrTable(GOAL, patterns.range_pattern("cc"))
CONDITION = Parsed(parse_condition, patterns.CONDITION)
STRUCTURE = Located(OneOrMany(StructureName()))
SCORE_POINT = Located(Parsed(str, patterns.SCORE_POINT))

SOURCE = Table(
    "a source",
    {
        "id": Field(Text(), "Short name by which constraints refer to this source.", is_required=True),
        "citation": Field(Text(), "Authors, title, journal, year."),
        "url": Field(Text(), "Address where the limits were read."),
        "read": Field(
            Choice(("primary", "transcription")), "Whether the primary text was read, or a transcription of it."
        ),
    },
)

WARN = Table(
    "warn",
    {
        "dose_per_fraction": Field(_range("Gy/fx"), "Usual dose per fraction, e.g. 2 Gy; others give a warning."),
        "energy": Field(_range("MV"), "Nominal energies of the treatment beams, e.g. 6-10 MV; others give a warning."),
        "radiation": Field(NAMES, "DICOM radiation types, e.g. PHOTON, ELECTRON, PROTON; others give a warning."),
        "position": Field(NAMES, "DICOM patient positions, e.g. [HFS, FFS] for supine; others give a warning."),
        "overall_time": Field(_range("days"), "Overall treatment time, e.g. <= 21 days; longer ones give a warning."),
    },
)

PRESCRIPTION = Table(
    "prescription",
    {
        "dose": Field(_range("Gy"), "Total dose, e.g. 50-60 Gy."),
        "targets": Field(
            Located(ByName(Parsed(parse_dose_level, patterns.DOSE_LEVEL))),
            "Dose level of each target, which percentages of it refer to: {PTV_High: 70 Gy, PTV_Low: 56 Gy}.",
        ),
        "fractions": Field(FRACTIONS, "Number of fractions, e.g. 25-30."),
        "dose_per_fraction": Field(_range("Gy/fx"), "Dose per fraction, e.g. 2.5-4.5 Gy."),
        "target": Field(Text(), "The target whose prescription is meant; by default the highest."),
        "warn": Field(WARN, "What is unusual, but not a violation."),
        "isotoxic_step": Field(
            Number(is_low_excluded=True), "Step in Gy per fraction to which an isotoxic prescription is rounded down."
        ),
        "note": Field(Text(), "A note for readers of the report."),
        "source": Field(Text(), "The id of the source."),
    },
)

APPLIES_TO = Table(
    "applies_to",
    {
        "site": Field(NAMES, "Words, one of which occurs in the plan's labels: [breast, mamma]."),
        "label": Field(NAMES, "Patterns of the plan label, one of which matches: BRE*."),
        "dose": Field(_range("Gy"), "Highest prescription: 26 Gy."),
        "fractions": Field(FRACTIONS, "Number of fractions: 5. If omitted, that of the protocol."),
    },
)

STRUCTURE_DEFINITION = Table(
    "a structure",
    {
        "derive": Field(Located(Text()), "How to derive it if it is not contoured, e.g. Liver - all GTV."),
        "also_named": Field(NAMES, "Other names of the same structure."),
        "surrogates": Field(
            NAMES,
            "Larger structures to use if it is missing: meeting an upper limit counts, exceeding it is inconclusive.",
        ),
        "alpha_beta": Field(Number(is_low_excluded=True), "Alpha/beta (Gy) for EQD2 and BED of this structure."),
        "note": Field(Text(), "A note for readers of the report."),
    },
)

MODEL = Table(
    "a model",
    {
        "type": Field(Choice(("LKB", "Poisson")), "LKB (for NTCP) or Poisson (for TCP).", is_required=True),
        "endpoint": Field(Text(), "What it predicts."),
        "n": Field(Number(is_low_excluded=True), "LKB: volume exponent n; gEUD is taken with a = 1/n."),
        "m": Field(Number(is_low_excluded=True), "LKB: slope m."),
        "td50": Field(Number(is_low_excluded=True), "LKB: TD50 in Gy, given in fractions of `fraction_dose`."),
        "fraction_dose": Field(Number(is_low_excluded=True), "LKB: dose per fraction (Gy) that TD50 refers to."),
        "alpha": Field(Number(is_low_excluded=True), "Poisson: alpha in 1/Gy."),
        "clonogens_per_cc": Field(Number(is_low_excluded=True), "Poisson: density of clonogenic cells per cc."),
        "alpha_beta": Field(Number(is_low_excluded=True), "Alpha/beta in Gy.", is_required=True),
        "source": Field(Text(), "Where the parameters were read.", is_required=True),
    },
)

RECOVERY = Table(
    "a recovery",
    {
        "after": Field(
            Parsed(parse_span, SPAN_PATTERN), "Time since the earlier course, e.g. 6 months.", is_required=True
        ),
        "by": Field(
            Parsed(parse_share, SHARE_PATTERN), "Share of its EQD2 that no longer counts, e.g. 25 %.", is_required=True
        ),
        "note": Field(Text(), "A note for readers of the report."),
        "source": Field(Located(Text()), "The id of the source."),
    },
)

ROBUST = Field(
    TextOrTable(
        Parsed(parse_worst, WORST_PATTERN),
        Table(
            "a share of scenarios", {"hold": Field(Parsed(parse_hold, HOLD_PATTERN), "The share.", is_required=True)}
        ),
    ),
    "In how many scenarios of the planning system it must hold: worst (all of them) or {hold: 95 %}.",
)

COMBINE = Field(
    Choice(("each", "any", "together")),
    "For several structures: each must meet the goal (default), any of them, or all together as one.",
)

READING = Table(
    "a reading",
    {
        "label": Field(Text(), "What is different in this reading."),
        "structure": Field(STRUCTURE, "Different structures."),
        "goal": Field(GOAL, "A different goal."),
        "combine": COMBINE,
    },
)

CONSTRAINT_FIELDS = {
    "structure": Field(
        STRUCTURE, "A TG-263 name, a name defined here, an expression, a type, or a list.", is_required=True
    ),
    "goal": Field(
        GOAL_OR_TABLE,
        "The limit, e.g. Dmean < 24 Gy, V20Gy <= 30 %; or limits by volume: {20 cc: R50 < 5, 40 cc: R50 < 4}.",
        is_required=True,
    ),
    "variation": Field(GOAL_OR_TABLE, "A looser limit; values between the two are an acceptable variation."),
    "by_volume": Field(
        Located(Text()),
        "The structure whose volume chooses the limit from such a table; by default that of `structure`.",
    ),
    "combine": COMBINE,
    "also_where_drawn": Field(NAMES, "Structures to which the same goal applies if they are contoured."),
    "priority": Field(
        ChoiceOrRank(("required", "advisory")),
        "required (default), advisory, or a number: 1 is required, higher numbers are advisory.",
    ),
    "readings": Field(
        ListOf(READING),
        "Other sensible readings of the source: reported, and flagged if they would change the verdict.",
    ),
    "surrogates": Field(NAMES, "Larger structures to use for this constraint if the structure is missing."),
    "when": Field(
        OneOrMany(CONDITION),
        "Conditions, all of which must hold, e.g. prescription >= 54 Gy, structure Stomach exists, fact hbv_infected.",
    ),
    "fractions": Field(FRACTIONS, "Fraction numbers that the limit is meant for; for other plans it is not evaluated."),
    "target": Field(Text(), "The target whose prescription a limit in % refers to; by default the highest."),
    "region": Field(
        Parsed(parse_millimetres, patterns.MILLIMETRES),
        "Indices count isodose volumes within this margin of the structure alone, e.g. 20 mm.",
    ),
    "if_drawn": Field(YES_OR_NO, "true: not applicable if the structure is not contoured; never for a target."),
    "robust": ROBUST,
    "score": Field(
        ListOf(SCORE_POINT),
        "Points at values, e.g. [10 at 20 Gy, 0 at 26 Gy]; linear in between, never part of the verdict.",
    ),
    "note": Field(Text(), "A note for readers of the report."),
    "source": Field(Located(Text()), "The id of the source; not needed if there is only one."),
    "sentence": Field(Text(), "The words of the source that state the limit."),
}
CONSTRAINT = Table("a constraint", CONSTRAINT_FIELDS)

FACT_FIELDS = {
    "fact": Field(Text(), "Name of the clinical fact as in the facts file, e.g. ecog.", is_required=True),
    "is": Field(
        Located(OneOrMany(Text())),
        "What it must be: 0-1, [A, B], true, '>= 3.0', '< 1.5 x ULN', more than 6 months ago.",
        is_required=True,
    ),
    "only_if": Field(Text(), "Required only if this other fact is true."),
    "unit": Field(Text(), "Unit in which the fact is given."),
    "label": Field(Text(), "Name of the fact in the report."),
    "note": Field(Text(), "A note for readers of the report."),
    "source": Field(Located(Text()), "The id of the source."),
}
FACT = Table("a fact", FACT_FIELDS)

REMOVE = Table(
    "an entry of remove",
    {
        "structure": Field(Text(), "The structure whose constraints are removed."),
        "metric": Field(Text(), "Only those on this metric, e.g. Dmax."),
        "fact": Field(Text(), "The clinical fact to remove."),
        "check": Field(Text(), "The plan or structure check to remove: plan.couch, or a group of them: plan.beams."),
    },
)


ELIGIBILITY = OneOf(CONSTRAINT, FACT, key="fact")

PROTOCOL = Table(
    "a protocol",
    {
        "rtcheck": Field(Choice(("1",)), "Version of this file format: 1."),
        "name": Field(Text(), "Short name, as used with `--protocol` and as the file name.", is_required=True),
        "title": Field(Text(), "Title of the protocol, in one line."),
        "version": Field(Text(), "Version of the protocol."),
        "site": Field(Text(), "Treated site, e.g. Liver, Lung, Prostate."),
        "note": Field(Text(), "A note for readers of the report."),
        "extends": Field(Located(Text()), "Another protocol, by name or path; its entries apply unless replaced here."),
        "remove": Field(ListOf(Located(REMOVE)), "Entries of the extended protocol to remove."),
        "sources": Field(ListOf(Located(SOURCE)), "Sources of the limits."),
        "fractions": Field(
            FRACTIONS, "Fraction numbers that the whole protocol is meant for; other plans are not evaluated."
        ),
        "if_drawn": Field(YES_OR_NO, "Default for constraints that do not state if_drawn themselves."),
        "robust": Field(ROBUST.kind, "The same, for constraints that do not state robust themselves."),
        "required_structures": Field(Located(NAMES), "Structures that must be contoured whatever if_drawn states."),
        "applies_to": Field(APPLIES_TO, "The plans for which `--protocol auto` chooses this protocol."),
        "prescription": Field(PRESCRIPTION, "The prescription that the plan must have."),
        "structures": Field(ByName(STRUCTURE_DEFINITION), "Structure names that this protocol defines."),
        "recovery": Field(
            ByName(RECOVERY), "Structures that forget a share of an earlier course, for limits on EQD2 of sums."
        ),
        "models": Field(ByName(MODEL), "Models for the goals NTCP[name] and TCP[name], with their sources."),
        "constraints": Field(ListOf(CONSTRAINT), "Constraints that the plan must meet."),
        "plan_checks": Field(PLAN_CHECKS, "What the plan itself must be: dose grid, beams, isocentres, monitor units."),
        "structure_checks": Field(
            STRUCTURE_CHECKS, "What the structure set must be: names, slices, sides, what lies in what."
        ),
        "image_checks": Field(IMAGE_CHECKS, "What the images with the plan must be: slices, age, position, scanner."),
        "attest": Field(
            Attest(), "What no file holds and a person attests: {shifts: The shifts are those of the plan}."
        ),
        "plugin_checks": Field(
            Attest(), "Checks of installed plug-ins by their names, with the text that each is given: {bolus: 5 mm}."
        ),
        "eligibility": Field(ListOf(ELIGIBILITY), "Eligibility criteria: volumes and clinical facts."),
    },
)
