"""Which ROI a name is matched to: the rules in their order, and what is never matched."""

import pytest

from rtcheck.case import Roi
from rtcheck.protocol.names.aliases import Aliases
from rtcheck.protocol.names.match import match_name, targets_of_kind


def rois(*names: str, type: str = "ORGAN") -> tuple[Roi, ...]:
    return tuple(Roi(number=number, name=name, type=type, contours=7) for number, name in enumerate(names, start=1))


def test_an_exact_spelling_wins_over_a_folded_one():
    match = match_name("Heart", rois("heart", "Heart", "Herz"))
    assert (match.status, match.numbers) == ("matched", (2,))


def test_two_names_equal_after_folding_are_ambiguous_and_the_alias_line_is_given():
    match = match_name("Heart", rois("HEART", "heart"))
    assert match.status == "ambiguous"
    assert match.rois == ("HEART", "heart")
    assert match.alias_line == "Heart: [HEART]"
    assert match.alias_line in match.reason


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ("Kidney_L", "Lt. Kidney"),
        ("Kidney_L", "kidney (L)"),
        ("Kidney_L", "LKidney"),
        ("Kidney_L", "kidneyleft"),
        ("Kidney_L", "L_Kidney"),
        ("Kidney_L", "Niere li"),
        ("Kidney_R", "rechte Niere"),
        ("Kidney_L", "Rein gauche"),
        ("Kidney_R", "Rein D"),
        ("Kidney_L", "Riñón izquierdo"),
        ("Kidney_L", "Rinon izq"),
        ("Kidney_R", "Rene dx"),
        ("Kidney_L", "Linker nier"),
        ("Kidney_L", "左腎"),
        ("Kidney_R", "右肾"),
        ("Kidney_L", "肾(左)"),
        ("Kidney_L", "Rim esquerdo"),
        ("Duodenum", "Zwölffingerdarm"),
        ("Bowel_Small", "DUENNDARM"),
        ("Bowel_Small", "Du\u0308nndarm"),
        ("SpinalCord", "Moelle épinière"),
        ("Esophagus", "Œsophage"),
        ("Lungs", "Lung L+R"),
        ("Lungs", "双肺"),
        ("Liver", "ＬＩＶＥＲ"),
        ("Liver-GTV", "normal liver"),
        ("Liver-GTV", "liver minus GTV"),
        ("Lungs-GTV", "Lungs - GTV"),
        ("SpinalCord_PRV05", "Cord PRV 5mm"),
        ("SpinalCord_PRV05", "PRV5_SpinalCord"),
        ("SpinalCord_PRV05", "Cord + 5 mm"),
        ("SpinalCord_PRV", "cord PRV05"),
        ("OpticNrv_PRV03_L", "Left Optic Nerve PRV03"),
        ("Rib03_L", "Rib 3 L"),
        ("PTV_5000", "ptv 5000"),
    ],
)
def test_case_accents_separators_sides_and_nine_languages_do_not_matter(asked, spelled):
    match = match_name(asked, rois(spelled, "Something else"))
    assert (match.status, match.numbers) == ("matched", (1,))
    assert match.how


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ("Liver", "normal liver"),  # Liver-GTV
        ("Liver", "Liver-GTV"),
        ("Liver", "liver_opt"),
        ("Liver", "Liver~"),
        ("Liver", "Liver^old"),
        ("Liver", "zLiver"),
        ("Liver", "_Liver"),
        ("Liver", "Livre"),  # a near miss
        ("Bowel_Small", "bowel"),
        ("Kidney_L", "Kidney_R"),
        ("Kidney_R", "Kidney D"),  # D is "right" in French, Kidney is not French
        ("SpinalCord", "SpinalCord_PRV05"),
        ("SpinalCord_PRV03", "SpinalCord_PRV05"),
        ("SpinalCord_PRV05", "SpinalCord_PRV"),
        ("SpinalCord", "SC"),
        ("SpinalCord", "vocal cord"),
        ("Lungs-GTV", "Lung-GTV"),
        ("Lungs-GTV", "healthy lung"),
        ("Brain", "cerebro"),
        ("SpinalCanal", "canal"),
    ],
)
def test_what_is_alike_but_not_the_same_is_missing(asked, spelled):
    match = match_name(asked, rois(spelled))
    assert match.status == "missing"
    assert match.numbers == ()


@pytest.mark.parametrize("sign", ["+", "-", "–", " -", " +"])
@pytest.mark.parametrize("asked", ["Liver", "PTV", "Our organ"])
def test_a_plus_or_a_minus_at_an_end_makes_it_another_structure(asked, sign):
    """Planners call the liver less the target Liver-, and an expanded PTV PTV+."""
    for name in (asked + sign, sign.strip() + asked):
        assert not match_name(asked, rois(name)).is_matched
        assert match_name(asked, rois(name), aliases=Aliases({asked: (name,)})).is_matched
        assert match_name(name, rois(name)).is_matched


@pytest.mark.parametrize("name", ["GTV_N+", "GTVn+", "GTV LN+", "GTV N1+"])
def test_the_plus_of_positive_nodes_leaves_a_target_one(name):
    assert targets_of_kind("GTV", rois("GTVp", name, type="GTV")) == (1, 2)


def test_a_near_miss_is_suggested_with_its_alias_line():
    match = match_name("Stomach", rois("stomache", "Heart"))
    assert match.suggestions == ("stomache",)
    assert "Stomach: [stomache]" in match.reason


def test_a_form_of_two_letters_is_suggested():
    assert match_name("SpinalCord", rois("SC", "Heart")).suggestions == ("SC",)


def test_a_kidney_without_a_side_is_ambiguous_for_the_left_one():
    match = match_name("Kidney_L", rois("Kidney"))
    assert (match.status, match.rois, match.numbers) == ("ambiguous", ("Kidney",), ())


def test_both_lungs_are_the_left_and_the_right_one_together_where_they_are_drawn_apart():
    match = match_name("Lungs", rois("Lt Lung", "Heart", "Rt Lung"))
    assert (match.status, match.numbers) == ("matched", (1, 3))
    assert match_name("Lungs", rois("Lt Lung")).status == "missing"


def test_a_roi_without_contours_is_matched_and_reported():
    match = match_name("Heart", [Roi(number=4, name="Heart", type="ORGAN", contours=0)])
    assert (match.status, match.numbers, match.empty) == ("matched", (4,), ("Heart",))
    assert match.reason == "'Heart' has no contours"


def test_of_two_equal_names_the_one_that_alone_has_contours_is_taken():
    pair = [Roi(number=1, name="HEART", contours=0), Roi(number=2, name="heart", contours=9)]
    assert match_name("Heart", pair).numbers == (2,)


def test_two_rois_of_the_very_same_name_are_ambiguous():
    match = match_name("Heart", rois("Heart", "Heart"))
    assert match.status == "ambiguous"
    assert match.alias_line == ""


def test_an_fma_code_decides_where_the_name_says_nothing():
    coded = Roi(number=3, name="Organ 7", codes=(("FMA", "7197"),), contours=5)
    match = match_name("Liver", [coded, *rois("Heart")])
    assert match.numbers == (3,)
    assert "7197" in match.how


@pytest.mark.parametrize("code", [("FMA", "7197"), ("SCT", "10200004"), ("SRT", "T-62000")])
def test_codes_of_fma_and_snomed_decide(code):
    assert match_name("Liver", [Roi(number=3, name="Organ 7", codes=(code,), contours=5)]).numbers == (3,)


def test_a_code_does_not_outweigh_another_roi_whose_name_says_it():
    coded = Roi(number=1, name="Organ 7", codes=(("FMA", "7197"),), contours=5)
    named = Roi(number=2, name="Leber", contours=5)
    assert match_name("Liver", [coded, named]).status == "ambiguous"


def test_a_roi_found_by_code_and_name_wins_over_one_found_by_either():
    copy = Roi(number=1, name="Organ 7", codes=(("FMA", "7197"),), contours=5)
    organ = Roi(number=2, name="Leber", codes=(("FMA", "7197"),), contours=5)
    assert match_name("Liver", [copy, organ]).numbers == (2,)


def test_a_copy_for_the_optimiser_that_kept_the_code_is_not_the_organ():
    coded = Roi(number=1, name="Liver_opt", codes=(("FMA", "7197"),), contours=5)
    assert match_name("Liver", [coded]).status == "missing"


def test_the_code_of_a_larger_organ_is_no_contradiction():
    # 7199 is the bowel, 68877 both lungs.
    assert match_name("Bowel_Small", [Roi(number=1, name="small bowel", codes=(("FMA", "7199"),), contours=5)]).numbers
    assert match_name("Lung_L", [Roi(number=1, name="left lung", codes=(("FMA", "68877"),), contours=5)]).numbers


def test_an_fma_code_does_not_outweigh_what_the_name_states():
    # Planning systems keep the organ's code on what is derived from it. 7197 is the liver.
    coded = Roi(number=1, name="Liver-GTV", codes=(("FMA", "7197"),), contours=5)
    assert match_name("Liver", [coded]).status == "missing"


def test_a_name_whose_fma_code_says_the_other_side_is_not_taken():
    # 7204 is the right kidney.
    coded = Roi(number=1, name="kidney left", codes=(("FMA", "7204"),), contours=5)
    assert match_name("Kidney_L", [coded]).status == "missing"


def test_a_name_of_a_gtv_in_the_liver_is_not_the_liver_less_the_gtv():
    assert match_name("Liver-GTV", rois("liver_gtv", type="GTV")).status == "missing"
    assert match_name("Liver-GTV", rois("liver_gtv")).status == "matched"


def test_a_marker_is_no_organ():
    assert match_name("Heart", rois("heart", type="MARKER")).status == "missing"


def test_the_outline_called_skin_is_the_external_and_not_the_skin():
    outline = rois("Skin", type="EXTERNAL")
    assert match_name("Skin", outline).status == "missing"
    assert match_name("External", outline).numbers == (1,)
    assert match_name("Body", outline).numbers == (1,)


def test_a_name_in_a_broken_character_set_is_read_otherwise_where_that_is_a_word_for_it():
    broken = Roi(number=1, name="¸ÎÔà", contours=5, name_alternatives=("肝脏",))  # GB18030 bytes read as Latin-1
    match = match_name("Liver", [broken])
    assert match.numbers == (1,)
    assert "another character set" in match.how
    assert match_name("Stomach", [broken]).status == "missing"


def test_aliases_come_before_synonyms_and_take_a_name_away_from_its_usual_meaning():
    aliases = Aliases({"Liver-GTV": ("Leber",), "Stomach": ("M1",)})
    structures = rois("Leber", "M1", "Magen")
    assert match_name("Liver-GTV", structures, aliases=aliases).numbers == (1,)
    assert match_name("Liver", structures, aliases=aliases).status == "missing"
    assert match_name("Stomach", structures, aliases=aliases).numbers == (2,)


def test_an_alias_matches_a_helper_name():
    aliases = Aliases({"Liver": ("zLiver",)})
    assert match_name("Liver", rois("zLiver"), aliases=aliases).numbers == (1,)


def test_names_that_the_protocol_gives_are_matched_by_their_letters():
    match = match_name("Bowel_Small", rois("Loops"), also_named=["loops"])
    assert match.numbers == (1,)


def test_a_name_outside_tg263_is_matched_by_its_letters_only():
    assert match_name("My ring", rois("my_ring")).numbers == (1,)
    assert match_name("Cord", rois("SpinalCord")).status == "missing"


def test_the_only_gtv_is_the_gtv_and_two_are_ambiguous():
    assert match_name("GTV", rois("GTVp", "Liver")).numbers == (1,)
    assert match_name("GTV", rois("GTVp", "GTVn")).status == "ambiguous"


@pytest.mark.parametrize(
    "name", ["GTV", "GTVp", "GTVn2", "gtv 1", "GTV_Liver", "GTV-T", "GTV_5000", "GTVnd", "GTV 50 Gy", "GTV(1)"]
)
def test_these_names_are_targets_of_the_kind_gtv(name):
    assert targets_of_kind("GTV", rois(name)) == (1,)


@pytest.mark.parametrize(
    "name", ["PTV", "GTV+5mm", "GTV ring", "Liver-GTV", "zGTV", "PTV-GTV", "GTV-PTV", "GTV_opt", "IGTV", "GTV and cord"]
)
def test_these_names_are_no_targets_of_the_kind_gtv(name):
    assert targets_of_kind("GTV", rois(name)) == ()


def test_the_type_makes_a_target_of_a_name_that_states_nothing_else():
    assert targets_of_kind("GTV", rois("HCC segment 7", type="GTV")) == (1,)
    assert targets_of_kind("GTV", rois("Breast", type="GTV")) == ()  # an organ by name: seen in a real structure set
    assert targets_of_kind("GTV", rois("HCC segment 7")) == ()


def test_a_target_without_contours_is_no_part_of_all_targets():
    assert targets_of_kind("GTV", [Roi(number=1, name="GTV", type="GTV", contours=0)]) == ()
