"""Which protocols are for a site, allow a number of fractions and limit an organ."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.protocol.choosing.selecting import Query, limits_on, selected
from rtcheck.protocol.choosing.words import contains_words
from rtcheck.protocol.file.load import available_protocols, load_protocol, read_protocol


def names(**asked):
    return [protocol.name for protocol in selected(available_protocols(), Query(**asked))]


def organs(name, organ):
    return {structure for limit in limits_on(load_protocol(name), organ) for structure in limit.structures}


def test_five_fractions_to_the_liver_with_a_limit_on_the_kidneys():
    found = names(site="liver", fractions=5, organ="Kidney")
    assert found[0] == "uw_liver_sbrt_5fx", "a protocol for the liver comes before those for any site"
    assert {"uk_sabr_2022_5fx", "uk_sabr_2017_5fx"} <= set(found)
    assert not {"liver_sbrt_6fx", "tg101_1fx", "hytec_5fx"} & set(found)


@pytest.mark.parametrize("site", ["oesophagus", "Esophagus", "ESOPHAG"])
def test_both_spellings_of_a_site_are_found(site):
    assert "keynote_975_50gy_25fx" in names(site=site)


@pytest.mark.parametrize(
    ("name", "organ", "found"),
    [
        ("keynote_975_50gy_25fx", "Kidney", {"Kidney_L", "Kidney_R"}),
        ("uw_liver_sbrt_5fx", "Kidney", {"Kidneys"}),
        ("uw_liver_sbrt_5fx", "Niere", {"Kidneys"}),
        ("tg101_1fx", "Kidney", {"Kidney_Cortex"}),
        ("nsclc_proton_2018", "lungs", {"Lungs-GTV"}),
        ("keynote_975_50gy_25fx", "cord", {"SpinalCord", "SpinalCord_PRV05"}),
        ("keynote_975_50gy_25fx", "PTV", {"PTV"}),  # not Stomach-PTV
        ("tg101_1fx", "Brain", set()),  # not the brainstem
        ("uk_sabr_2022_5fx", "Bowel", {"Bowel_Small"}),
    ],
)
def test_an_organ_is_found_with_its_sides_and_parts_and_by_its_synonyms(name, organ, found):
    assert organs(name, organ) == found


def test_an_unknown_organ_is_an_error_that_names_the_nearest():
    with pytest.raises(UsageError, match=r'"Kidny" is not a structure name.*Kidney'):
        names(organ="Kidny")


def test_an_organ_that_no_protocol_limits_is_an_empty_list():
    assert names(organ="Thymus") == []


@pytest.mark.parametrize(
    ("statement", "fractions", "is_listed"),
    [
        ("fractions: 5", 5, True),
        ("fractions: 5", 6, False),
        ("fractions: '>= 20'", 30, True),
        ("fractions: '>= 20'", 19, False),
        ("prescription: {fractions: 25-30}", 27, True),
        ("prescription: {fractions: 25-30}", 31, False),
        ("note: nothing is stated", 7, True),
    ],
)
def test_the_number_of_fractions_is_that_of_the_protocol_or_of_its_prescription(
    tmp_path, statement, fractions, is_listed
):
    protocol = written(tmp_path, statement)
    assert bool(selected([protocol], Query(fractions=fractions))) is is_listed


def test_a_limit_for_some_fraction_numbers_lists_a_protocol_for_those_alone(tmp_path):
    path = Path(tmp_path, "p.yaml")
    path.write_text("name: p\nconstraints:\n- {structure: Heart, goal: Dmean < 5 Gy, fractions: 3-5}\n")
    assert selected([read_protocol(path)], Query(fractions=4))
    assert not selected([read_protocol(path)], Query(fractions=8))


def written(folder, *statements):
    path = Path(folder, "p.yaml")
    path.write_text("\n".join(["name: p", *statements, "constraints: [{structure: Heart, goal: Dmean < 5 Gy}]"]))
    return read_protocol(path)


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(["_", " ", "-", "."]), st.data())
def test_every_word_of_a_label_is_found_in_any_case_and_behind_any_separator(words, separator, data):
    label = separator.join(words)
    assert contains_words(label.upper(), data.draw(st.sampled_from(words)))
    assert contains_words(label, " ".join(words))


@pytest.mark.parametrize(
    ("label", "word", "is_there"),
    [
        ("LIVER_SBRT", "liver", True),
        ("Mammakarzinom li", "mamma", True),
        ("HN_70", "hn", True),
        ("HNX", "hn", False),  # short words are whole words
        ("Deliver", "liver", False),
        ("Analysis", "anal", False),
        ("Anusha", "anus", False),
        ("LungSBRT", "lung", True),
        ("SBRTLung", "lung", True),
        ("lungs", "lung", True),
        ("Ösophaguskarzinom", "esophagus", True),
        ("prostate 60/20", "prostate", True),
        ("lung", "lung mets", False),
        ("", "lung", False),
        ("lung", "", False),
    ],
)
def test_words_begin_words(label, word, is_there):
    assert contains_words(label, word) is is_there
