"""The protocol file's keys: which there are, what each may hold, what it means; for the loader and the JSON Schema."""

from functools import partial

from rtcheck.protocol.file.kinds import (
    ByName,
    Choice,
    ChoiceOrRank,
    Field,
    ListOf,
    Located,
    Number,
    OneOf,
    OneOrMany,
    Parsed,
    Table,
    Text,
)
from rtcheck.protocol.language import patterns
from rtcheck.protocol.language.ranges import NEEDS_UNIT, RangeUnit, parse_condition, parse_range

NAMES = OneOrMany(Text())


def _range(unit: RangeUnit) -> Parsed:
    return Parsed(partial(parse_range, unit=unit), patterns.range_pattern(unit), takes_numbers=unit not in NEEDS_UNIT)


FRACTIONS = _range("fractions")
GOAL = Located(Parsed(str, patterns.GOAL))
CONDITION = Parsed(parse_condition, patterns.CONDITION)
STRUCTURE = Located(OneOrMany(Text()))

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
        "dose_per_fraction": Field(_range("Gy/fx"), "Usual dose per fraction: 2 Gy. Others get a warning."),
        "energy": Field(_range("MV"), "Nominal energies of the treatment beams: 6-10 MV. Others get a warning."),
        "radiation": Field(NAMES, "DICOM radiation types: PHOTON, ELECTRON, PROTON. Others get a warning."),
        "position": Field(NAMES, "DICOM patient positions: [HFS, FFS] is supine. Others get a warning."),
        "overall_time": Field(_range("days"), "Overall treatment time: <= 21 days. Longer ones get a warning."),
    },
)

PRESCRIPTION = Table(
    "prescription",
    {
        "dose": Field(_range("Gy"), "Total dose: 50-60 Gy."),
        "fractions": Field(FRACTIONS, "Number of fractions: 25-30."),
        "dose_per_fraction": Field(_range("Gy/fx"), "Dose per fraction: 2.5-4.5 Gy."),
        "target": Field(Text(), "The target whose prescription is meant; the highest where left out."),
        "warn": Field(WARN, "What is unusual, but no violation."),
        "isotoxic_step": Field(
            Number(is_low_excluded=True), "Step in Gy per fraction to which an isotoxic prescription is rounded down."
        ),
        "note": Field(Text(), "A remark for the reader of the report."),
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
        "derive": Field(Located(Text()), "How to make it where it is not drawn: Liver - all GTV."),
        "also_named": Field(NAMES, "Other names that mean the same."),
        "surrogates": Field(
            NAMES, "Larger structures that may stand in: a pass of an upper limit counts, a fail decides nothing."
        ),
        "alpha_beta": Field(Number(is_low_excluded=True), "Alpha/beta in Gy for EQD2 and BED of this structure."),
        "note": Field(Text(), "A remark for the reader of the report."),
    },
)

COMBINE = Field(
    Choice(("each", "any", "together")),
    "Several structures: each must meet the goal (the default), any one is enough, or all together as one.",
)

READING = Table(
    "a reading",
    {
        "label": Field(Text(), "What this reading takes differently."),
        "structure": Field(STRUCTURE, "Other structures."),
        "goal": Field(GOAL, "Another goal."),
        "combine": COMBINE,
    },
)

CONSTRAINT_FIELDS = {
    "structure": Field(STRUCTURE, "A TG-263 name, a name defined here, an expression, or a list.", is_required=True),
    "goal": Field(GOAL, "What must hold: Dmean < 24 Gy, D0.03cc <= 45 Gy, V20Gy <= 30 %.", is_required=True),
    "variation": Field(GOAL, "A looser goal: between the two lies an acceptable variation."),
    "combine": COMBINE,
    "also_where_drawn": Field(NAMES, "Structures held to the same goal only where they are drawn."),
    "priority": Field(
        ChoiceOrRank(("required", "advisory")),
        "required (the default), advisory, or a number: 1 is required, higher ones are advisory.",
    ),
    "readings": Field(
        ListOf(READING), "Other sensible readings of the source: shown, and flagged where they change the verdict."
    ),
    "surrogates": Field(NAMES, "Larger structures that may stand in for this constraint."),
    "when": Field(
        OneOrMany(CONDITION),
        "Conditions, all of which must hold: prescription >= 54 Gy, structure Stomach exists, fact hbv_infected.",
    ),
    "fractions": Field(FRACTIONS, "Fraction numbers that the limit was made for; other plans are refused."),
    "target": Field(Text(), "The target whose prescription a limit in % means; the highest where left out."),
    "note": Field(Text(), "A remark for the reader of the report."),
    "source": Field(Located(Text()), "The id of the source; the only one where there is one."),
    "sentence": Field(Text(), "The few words of the source that state the limit."),
}
CONSTRAINT = Table("a constraint", CONSTRAINT_FIELDS)

FACT_FIELDS = {
    "fact": Field(Text(), "Name of the clinical fact, as in the file of facts: ecog.", is_required=True),
    "is": Field(
        Located(OneOrMany(Text())),
        "What it must be: 0-1, [A, B], true, '>= 3.0', '< 1.5 x ULN', more than 6 months ago.",
        is_required=True,
    ),
    "only_if": Field(Text(), "Asked only where this other fact is true."),
    "unit": Field(Text(), "Unit in which the fact is given."),
    "label": Field(Text(), "What the fact is called in the report."),
    "note": Field(Text(), "A remark for the reader of the report."),
    "source": Field(Located(Text()), "The id of the source."),
}
FACT = Table("a fact", FACT_FIELDS)

REMOVE = Table(
    "an entry of remove",
    {
        "structure": Field(Text(), "The structure whose constraints are left out."),
        "metric": Field(Text(), "Only those on this metric: Dmax."),
        "fact": Field(Text(), "The clinical fact that is not asked."),
    },
)


ELIGIBILITY = OneOf(CONSTRAINT, FACT, key="fact")

PROTOCOL = Table(
    "a protocol",
    {
        "rtcheck": Field(Choice(("1",)), "Version of this file format: 1."),
        "name": Field(Text(), "Short name: what `--protocol` is given. The file is called the same.", is_required=True),
        "title": Field(Text(), "What the protocol is, in a line."),
        "version": Field(Text(), "Version of the protocol's text."),
        "site": Field(Text(), "Treated site: Liver, Lung, Prostate."),
        "note": Field(Text(), "A remark for the reader of the report."),
        "extends": Field(Located(Text()), "Another protocol, by name or path: its entries hold unless replaced here."),
        "remove": Field(ListOf(Located(REMOVE)), "Entries of the extended protocol that are left out."),
        "sources": Field(ListOf(Located(SOURCE)), "Where the limits come from."),
        "fractions": Field(
            FRACTIONS, "Fraction numbers that the whole protocol was made for; other plans are refused."
        ),
        "applies_to": Field(APPLIES_TO, "The plans for which `--protocol auto` chooses this protocol."),
        "prescription": Field(PRESCRIPTION, "What the plan must prescribe."),
        "structures": Field(ByName(STRUCTURE_DEFINITION), "Names that this protocol explains."),
        "constraints": Field(ListOf(CONSTRAINT), "What the plan must meet."),
        "eligibility": Field(ListOf(ELIGIBILITY), "What the patient must meet: volumes and clinical facts."),
    },
)
