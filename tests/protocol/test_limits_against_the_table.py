"""Every limit of the protocols in the box, read again from the table of published limits and from copies by hand."""

import csv
from collections.abc import Iterator
from functools import cache

import pytest
from support.real_data import CLINICAL

from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.protocol.language.goal import parse_goal

TABLE = CLINICAL / "constraints_verified.csv"
needs_table = pytest.mark.skipif(not TABLE.is_file(), reason="the table of published limits is not at hand")

# (set of the table, fractions of the table) -> file
FILES = {
    ("TG-101", "1"): "tg101_1fx",
    ("TG-101", "3"): "tg101_3fx",
    ("TG-101", "5"): "tg101_5fx",
    ("QUANTEC", "conv"): "quantec",
    ("NCCN-NSCLC-conv", "30-35"): "nccn_nsclc_conventional",
    ("NCCN-NSCLC-SABR", "1"): "nccn_nsclc_sabr_1fx",
    ("NCCN-NSCLC-SABR", "3"): "nccn_nsclc_sabr_3fx",
    ("NCCN-NSCLC-SABR", "4"): "nccn_nsclc_sabr_4fx",
    ("NCCN-NSCLC-SABR", "5"): "nccn_nsclc_sabr_5fx",
    ("RTOG-0415", "28/41"): "rtog_0415",
    ("RTOG-0418", "28"): "rtog_0418",
    ("RTOG-0529", "28-30"): "rtog_0529",
    ("RTOG-0534", "36-39"): "rtog_0534",
    ("TROG-15.03-FASTRACK-II", "1"): "trog_1503_fastrack2_1fx",
    ("TROG-15.03-FASTRACK-II", "3"): "trog_1503_fastrack2_3fx",
    ("TROG-13.01-SAFRON-II", "1"): "trog_1301_safron2_1fx",
    ("TROG-13.01-SAFRON-II", "4"): "trog_1301_safron2_4fx",
    ("HCC-RapidArc-2011(RO-J 6:76)", "conv"): "hcc_rapidarc_2011",
    ("HCC-KBP-IMRT-2018(RO-J)", "conv (~50 Gy)"): "hcc_kbp_imrt_2018",
    ("LIVER-6fx-PMH(RO-J 5:115)", "6"): "liver_sbrt_6fx",
    ("RCC-10fx-2016(RO-J)", "10"): "renal_sbrt_10fx",
    ("LUNG-ISOTOXIC(PMC4959796)", "30"): "lung_isotoxic",
    ("RECTAL-NEOADJ(PMC5031350)", "25"): "rectal_neoadjuvant",
}

# The table's shorthand -> (structures, combine)
SHORTHAND = {
    "OpticPathway(OpticNrv/OpticChiasm)": (("OpticNrv_L", "OpticNrv_R", "OpticChiasm"), "together"),
    "Cochlea_L/R": (("Cochlea_L", "Cochlea_R"), "each"),
    "BrachialPlex_L/R": (("BrachialPlex_L", "BrachialPlex_R"), "each"),
    "Femur_Head_L/R": (("Femur_Head_L", "Femur_Head_R"), "each"),
    "Kidney_L/R": (("Kidney_L", "Kidney_R"), "each"),
    "Kidney_ipsi": (("Kidney_L", "Kidney_R"), "each"),
    "Kidney_contra": (("Kidney_L", "Kidney_R"), "any"),
    "Kidney_L or Kidney_R": (("Kidney_L", "Kidney_R"), "any"),
    "Chestwall/Rib": (("Chestwall", "Rib"), "any"),
    "Bowel_Small(Jejunum_Ileum)": (("Bowel_Small",), "each"),
    "Trachea+Bronchus_Main": (("Trachea", "Bronchus_Main"), "each"),
    "Stomach+Bowel_PRV": (("Stomach_PRV", "Bowel_PRV"), "together"),
}

# Left out on purpose; each file says why.
LEFT_OUT = {
    ("RTOG-0117", "Lungs", "V20Gy"),
    ("RTOG-0117", "Esophagus", "V55Gy"),
    ("RTOG-0117", "Esophagus", "Dmean"),
    ("LIVER-6fx-PMH(RO-J 5:115)", "Liver", "NTCP"),
}
IMPLIED = ("TG-101", "Chestwall/Rib", "V30Gy")  # by V28.8Gy < 1 cc
SINGLE_KIDNEY = ("RCC-10fx-2016(RO-J)", "Kidney_ipsi", "26")  # a reading of the limit of 30 Gy


@cache
def rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = tuple(csv.DictReader(file))
    return tuple(row for row in found if row["status"].startswith("VERIFIED"))


def goal_of(row: dict[str, str]) -> str:
    unit = "%" if row["unit"] == "%Rx" else row["unit"]
    metric = row["metric"].replace("EQD2 ", "EQD2[3] ")  # the file gives the lung's alpha/beta
    return parse_goal(f"{metric} {row['op']} {row['limit']} {unit}").text


def limit_of(row: dict[str, str]) -> tuple[tuple[str, ...], str, str]:
    structures, combine = SHORTHAND.get(row["structure"], ((row["structure"],), "each"))
    return structures, combine, goal_of(row)


def limits(protocol: Protocol) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for constraint in protocol.constraints:
        yield constraint.structures, constraint.combine, constraint.goal.text


def kept(row: dict[str, str]) -> bool:
    return (row["set"], row["structure"], row["metric"]) not in {*LEFT_OUT, IMPLIED} and (
        row["set"],
        row["structure"],
        row["limit"],
    ) != SINGLE_KIDNEY


def url_of(constraint: Constraint, protocol: Protocol) -> str:
    sources = {source.id: source for source in protocol.sources}
    return (sources[constraint.source] if constraint.source else protocol.sources[0]).url


@needs_table
@pytest.mark.parametrize(("of", "file"), FILES.items(), ids=FILES.values())
def test_a_file_holds_the_limits_of_the_table_and_no_others(of, file):
    wanted = [limit_of(row) for row in rows() if (row["set"], row["fractions"]) == of and kept(row)]
    assert sorted(limits(load_protocol(file))) == sorted(wanted)


@needs_table
@pytest.mark.parametrize(("of", "file"), FILES.items(), ids=FILES.values())
def test_each_limit_states_the_address_where_it_was_read(of, file):
    protocol = load_protocol(file)
    addresses = {limit_of(row): row["source"] for row in rows() if (row["set"], row["fractions"]) == of and kept(row)}
    for constraint in protocol.constraints:
        address = addresses[constraint.structures, constraint.combine, constraint.goal.text]
        url = url_of(constraint, protocol)
        # The table gives the NCCN pages by repository, path and commit.
        parts = address.split() if address.startswith("github") else [url]
        assert url in address or all(part in url for part in parts[1:] if part != "commit")


@needs_table
def test_every_verified_row_is_in_a_file_or_left_out_on_purpose():
    homeless = [row for row in rows() if (row["set"], row["fractions"]) not in FILES]
    assert {(row["set"], row["structure"], row["metric"]) for row in homeless} <= LEFT_OUT


# Copied by hand from the sources that the files name, so that these can fail without the table.
@pytest.mark.parametrize(
    ("file", "structure", "goal"),
    [
        ("tg101_1fx", "SpinalCord", "D0.035cc < 14 Gy"),
        ("tg101_3fx", "SpinalCord", "V18Gy < 0.35 cc"),
        ("tg101_5fx", "Heart", "V32Gy < 15 cc"),
        ("tg101_1fx", "Liver", "CV9.1Gy >= 700 cc"),
        ("quantec", "Rectum", "V70Gy < 20 %"),
        ("nccn_nsclc_conventional", "Lungs", "V20Gy <= 35 %"),
        ("nccn_nsclc_sabr_5fx", "SpinalCord", "Dmax <= 30 Gy"),
        ("rtog_0415", "PenileBulb", "Dmean < 51 Gy"),
        ("rtog_0418", "Bowel_Small", "D30% < 40 Gy"),
        ("rtog_0529", "Genitals", "D5% < 40 Gy"),
        ("rtog_0534", "Bladder-CTV", "D50% < 65 Gy"),
        ("trog_1503_fastrack2_3fx", "Liver", "CV15Gy >= 700 cc"),
        ("trog_1301_safron2_4fx", "SpinalCord", "D0.03cc <= 20.8 Gy"),
        ("hcc_rapidarc_2011", "Liver-GTV", "Dmean <= 26 Gy"),
        ("hcc_kbp_imrt_2018", "Liver-GTV", "V30Gy < 28 %"),
        ("liver_sbrt_6fx", "Rib", "D0.5cc <= 48 Gy"),
        ("renal_sbrt_10fx", "SpinalCord_PRV", "Dmax <= 35 Gy"),
        ("lung_isotoxic", "Heart", "D33% < 60 Gy"),
        ("rectal_neoadjuvant", "Bladder", "V45Gy < 30 %"),
    ],
)
def test_limits_copied_by_hand(file, structure, goal):
    found = {(name, one.goal.text) for one in load_protocol(file).constraints for name in one.structures}
    assert (structure, parse_goal(goal).text) in found


def test_a_single_kidney_is_a_reading_of_the_limit_for_two():
    kidneys = load_protocol("renal_sbrt_10fx").constraints[0]
    assert [reading.goal.text for reading in kidneys.readings if reading.goal] == ["Dmean <= 26 Gy"]


def test_the_box_holds_these_protocols():
    assert set(protocol_files()) >= {*FILES.values(), "apatinib", "axitinib"}
    assert "rtog_0117" not in protocol_files()
