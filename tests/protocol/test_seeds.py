"""The protocols of the two trials against the table of their statements, row by row.

The expected rows are written out here from the papers; where the table itself is at hand it is read as well, and every
row of it must be met by an entry of the protocol.
"""

import csv
from collections.abc import Iterator

import pytest
from support.real_data import CLINICAL

from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Constraint, FactRule, Protocol

APATINIB, AXITINIB = load_protocol("apatinib"), load_protocol("axitinib")
TABLE = CLINICAL / "seed_checks.csv"

# row -> (structures, goal)
CONSTRAINTS = {
    "A-OAR-1": (("Liver-GTV",), "Dmean < 24 Gy"),
    "A-OAR-2": (("Kidney_L", "Kidney_R"), "Dmean < 15 Gy"),
    "A-OAR-3": (("Stomach",), "Dmax < 54 Gy"),
    "A-OAR-4": (("Bowel_Small",), "Dmax < 54 Gy"),
    "A-OAR-5": (("SpinalCord",), "Dmax < 45 Gy"),
    "A-EL-1": (("Liver-GTV",), "Volume > 700 cc"),
    "X-OAR-1": (("Liver-GTV",), "Dmean <= 18 Gy"),
}

# row -> the facts that it asks for, each with its rule
FACTS = {
    "A-EL-2": {"child_pugh": "A"},
    "A-EL-3": {"age": "18-75"},
    "A-EL-4": {"ecog": "0-1"},
    "A-EL-5": {"wbc": ">= 3.0"},
    "A-EL-6": {"anc": ">= 1.5"},
    "A-EL-7": {"plt": ">= 75"},
    "A-EL-8": {"bilirubin": "< 1.5 x ULN"},
    "A-EL-9": {"alt": "< 2.5 x ULN", "ast": "< 2.5 x ULN"},
    "A-EL-10": {"hbv_dna": "< 500"},
    "A-EL-11": {
        "hcc_confirmed": "yes",
        "unresectable_or_relapsed": "yes",
        "rfa_unsuitable_or_failed": "yes",
        "tace_unsuitable_or_failed": "yes",
    },
    "A-EX-1": {"prior_systemic_therapy": "no"},
    "A-EX-2": {"extrahepatic_metastasis": "no"},
    "A-EX-3": {"pregnant": "no", "lactating": "no", "no_contraception": "no"},
    "A-EX-4": {
        "apatinib_allergy": "no",
        "uncontrolled_hypertension": "no",
        "uncontrolled_diabetes": "no",
        "hiv": "no",
        "bleeding_or_clotting_disorder": "no",
    },
    "A-EX-5": {"stroke": "more than 6 months ago", "myocardial_infarction": "more than 6 months ago"},
    "A-EX-6": {"gastroduodenal_ulcer": "more than 3 months ago", "upper_gi_bleeding": "more than 3 months ago"},
    "X-EL-1": {"child_pugh": "A or B"},
    "X-EL-2": {"ecog": "0-2"},
    "X-EL-3": {"local_therapy_unsuitable_or_failed": "yes", "sorafenib_failed_or_not_granted": "yes"},
    "X-EX-1": {"systolic_pressure": "<= 140", "diastolic_pressure": "<= 90"},
    "X-EX-2": {"proteinuria_24h": "< 500"},
    "X-EX-3": {
        "active_peptic_ulcer": "no",
        "unstable_varices": "no",
        "aneurysm_history": "no",
        "anticoagulant_therapy": "no",
    },
}
PRESCRIPTION = ["A-RX-1", "A-RX-2", "A-TECH-1", "A-TECH-2", "X-RX-1", "X-RX-2", "X-RX-3", "X-RX-4"]
ISOTOXIC = ["A-ISO", "X-ISO"]  # computed from the constraints and the prescription's range
NOTES = ["X-INFO-1"]


def protocol_of(row: str) -> Protocol:
    return APATINIB if row.startswith("A-") else AXITINIB


def constraints_of(protocol: Protocol) -> Iterator[Constraint]:
    yield from protocol.constraints
    yield from protocol.volume_eligibility


def readings_of(structure: str, protocol: Protocol) -> list[str]:
    (constraint,) = (one for one in protocol.constraints if one.structures[0] == structure)
    return [
        " ".join(
            [*(reading.structures or ()), reading.goal.text if reading.goal else "", reading.combine or ""]
        ).strip()
        for reading in constraint.readings
    ]


def fact(name: str) -> FactRule:
    (rule,) = (rule for rule in APATINIB.facts if rule.fact == name)
    return rule


@pytest.mark.parametrize("row", CONSTRAINTS)
def test_each_limit_of_the_papers_is_a_constraint(row: str) -> None:
    structures, goal = CONSTRAINTS[row]
    (found,) = (
        one for one in constraints_of(protocol_of(row)) if (one.structures, one.goal.text) == (structures, goal)
    )
    assert found.is_required
    assert found.source


def test_there_is_no_limit_that_the_papers_do_not_state() -> None:
    stated = len(CONSTRAINTS)
    assert len(list(constraints_of(APATINIB))) + len(list(constraints_of(AXITINIB))) == stated


@pytest.mark.parametrize("row", FACTS)
def test_each_clinical_statement_of_the_papers_is_a_fact(row: str) -> None:
    rules = {rule.fact: rule.text for rule in protocol_of(row).facts}
    assert {name: rules.get(name) for name in FACTS[row]} == FACTS[row]


@pytest.mark.parametrize(("protocol", "prefix"), [(APATINIB, "A-"), (AXITINIB, "X-")])
def test_there_is_no_fact_that_the_papers_do_not_ask_for(protocol: Protocol, prefix: str) -> None:
    asked = {name for row, facts in FACTS.items() if row.startswith(prefix) for name in facts}
    assert {rule.fact for rule in protocol.facts} == asked


@pytest.mark.skipif(not TABLE.is_file(), reason="the table of the papers' statements is not at hand")
def test_every_row_of_the_table_is_met_by_an_entry() -> None:
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = {row["id"] for row in csv.DictReader(table)}
    assert rows == {*CONSTRAINTS, *FACTS, *PRESCRIPTION, *ISOTOXIC, *NOTES}


@pytest.mark.skipif(not TABLE.is_file(), reason="the table of the papers' statements is not at hand")
def test_every_limit_of_the_table_stands_in_the_goal_of_its_row() -> None:
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["id"] in CONSTRAINTS]
    for row in rows:
        _, goal = CONSTRAINTS[row["id"]]
        assert goal.endswith(f"{row['op']} {row['limit']} {row['unit']}")


def test_apatinib_is_50_to_60_gy_in_25_to_30_fractions() -> None:
    rule = APATINIB.prescription
    assert rule is not None
    assert rule.dose_gy is not None
    assert rule.fractions is not None
    assert [rule.dose_gy.contains(dose_gy) for dose_gy in (49.9, 50, 60, 60.1)] == [False, True, True, False]
    assert [rule.fractions.contains(count) for count in (24, 25, 30, 31)] == [False, True, True, False]


def test_apatinib_only_warns_of_another_dose_per_fraction_energy_or_position() -> None:
    rule = APATINIB.prescription
    assert rule is not None
    assert rule.dose_per_fraction_gy is None
    assert rule.warn_dose_per_fraction_gy is not None
    assert (rule.warn_dose_per_fraction_gy.low, rule.warn_dose_per_fraction_gy.high) == (2, 2)
    assert rule.warn_energy_mv is not None
    assert (rule.warn_energy_mv.low, rule.warn_energy_mv.high) == (6, 10)
    assert (rule.warn_radiation_types, rule.warn_positions) == (("PHOTON",), ("HFS", "FFS"))


def test_axitinib_is_37_5_to_67_5_gy_in_15_fractions_of_2_5_to_4_5_gy() -> None:
    rule = AXITINIB.prescription
    assert rule is not None
    assert rule.dose_gy is not None
    assert rule.fractions is not None
    assert rule.dose_per_fraction_gy is not None
    assert (rule.dose_gy.low, rule.dose_gy.high) == (37.5, 67.5)
    assert (rule.fractions.low, rule.fractions.high) == (15, 15)
    assert (rule.dose_per_fraction_gy.low, rule.dose_per_fraction_gy.high) == (2.5, 4.5)
    assert rule.warn_overall_days is not None
    assert rule.warn_overall_days.high == 21  # three weeks; information only


def test_normal_liver_is_the_liver_without_all_gtvs() -> None:
    for protocol in (APATINIB, AXITINIB):
        (liver,) = (one for one in protocol.structures if one.name == "Liver-GTV")
        assert liver.derive_text == "Liver - all GTV"


def test_the_other_readings_of_the_papers_are_listed() -> None:
    assert readings_of("Liver-GTV", APATINIB) == ["Liver - all CTV", "Liver - all PTV", "Liver"]
    assert readings_of("Kidney_L", APATINIB) == ["together"]
    assert readings_of("Stomach", APATINIB) == ["D0.03cc < 54 Gy"]
    assert readings_of("Bowel_Small", APATINIB) == ["D0.03cc < 54 Gy"]
    assert readings_of("SpinalCord", APATINIB) == ["D0.03cc < 45 Gy"]
    assert readings_of("Liver-GTV", AXITINIB) == ["Liver"]


def test_kidneys_are_each_held_to_the_limit() -> None:
    (kidneys,) = (one for one in APATINIB.constraints if "Kidney_L" in one.structures)
    assert kidneys.combine == "each"


def test_the_duodenum_is_held_to_the_small_bowels_limit_where_drawn() -> None:
    (bowel,) = (one for one in APATINIB.constraints if one.structures == ("Bowel_Small",))
    assert bowel.also_where_drawn == ("Duodenum",)


def test_canal_and_bowel_may_stand_in_for_cord_and_small_bowel() -> None:
    surrogates = {one.name: one.surrogates for one in APATINIB.structures}
    assert surrogates["SpinalCord"] == ("SpinalCanal",)
    assert surrogates["Bowel_Small"] == ("Bowel", "Bag_Bowel", "Spc_Bowel")


def test_pregnancy_is_asked_of_women_only_and_hbv_dna_of_the_infected() -> None:
    conditions = {name: fact(name).only_if for name in ("pregnant", "lactating", "no_contraception", "hbv_dna")}
    assert conditions == {
        "pregnant": "female",
        "lactating": "female",
        "no_contraception": "female",
        "hbv_dna": "hbv_infected",
    }


def test_axitinib_says_that_no_other_limit_is_stated() -> None:
    assert "none for any other organ" in AXITINIB.note
    assert "no age limit" in AXITINIB.note


def test_every_limit_says_where_it_was_read() -> None:
    for protocol in (APATINIB, AXITINIB):
        (source,) = protocol.sources
        assert source.url.startswith("https://")
        assert source.read == "primary"
        assert {one.source for one in constraints_of(protocol)} | {fact.source for fact in protocol.facts} == {
            source.id
        }
