"""The TG-263 table: its names, their codes and the rules for names made of them."""

import pytest

from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.folding import joined
from rtcheck.protocol.names.synonyms import _dictionary, _hints, meaning_of


def test_the_table_has_717_names():
    assert len(tg263.names()) == 717  # TG-263 of 2017-08-15


def test_codes_as_printed_in_the_table():
    assert tg263.fma_code("Liver") == "7197"
    assert tg263.name_of_fma("7205") == "Kidney_L"
    assert tg263.name_of_fma("FMA7204") == "Kidney_R"


def test_a_code_that_the_table_gives_to_two_names_stands_for_none():
    assert tg263.name_of_fma("18810") == ""  # A_Iliac_Int_L and V_Iliac_Int_L
    assert tg263.fma_code("A_Iliac_Int_L") == ""


@pytest.mark.parametrize(
    "name",
    [
        "Liver",
        "L_Kidney",
        "SpinalCord_PRV05",
        "OpticNrv_PRV03_L",
        "Lung~_L",
        "Liver-GTV",
        "Heart^Old",
        "GTVp",
        "PTV_5000",
    ],
)
def test_names_of_tg263(name):
    assert tg263.is_tg263(name)


@pytest.mark.parametrize("name", ["liver", "Left Kidney", "Cord", "PTV ring", "Leber", "Kidney_ipsi", ""])
def test_names_outside_tg263(name):
    assert not tg263.is_tg263(name)


def test_the_nearest_name_is_found_by_synonym_and_by_spelling():
    assert tg263.nearest_tg263("Left kidney") == ("Kidney_L",)
    assert tg263.nearest_tg263("Stomache")[0] == "Stomach"
    assert tg263.nearest_tg263("qqqq") == ()


def test_every_name_of_the_table_means_itself():
    placeholders = {"E-PTV_Ev05_xxxx", "E-PTV_xxxx"}
    for name in tg263.names().keys() - placeholders:
        found = meaning_of(name)
        assert found is not None
        assert found.name == name.replace("PRVxx", "PRV").replace("PRVx", "PRV")


@pytest.mark.parametrize(("word", "side"), [(" L", "L"), (" R", "R"), ("_Left", "L"), ("_right", "R")])
def test_a_side_behind_any_word_for_a_paired_organ_is_never_lost_or_turned(word, side):
    # "cochlear" was once a word for the cochlea, and so Cochlea_R had no side.
    for stem, meanings in _dictionary().items():
        paired = {meaning.name[:-1] + side for meaning in meanings if meaning.name.endswith("_*")}
        found = meaning_of(stem + word)
        assert found is None or not paired or found.name in paired, stem


def test_no_word_of_two_latin_letters_is_a_synonym():
    words = [word for word, meanings in _dictionary().items() if {m.language for m in meanings} != {"TG-263"}]
    assert [word for word in words if len(word) < 3 and word.isascii()] == []


def test_a_hint_is_never_a_synonym_too():
    assert [word for word in _hints() if (found := meaning_of(word)) is not None and not found.is_sided_stem] == []


def test_every_name_of_the_tables_is_of_tg263():
    stems = {f"{stem}_*" for stem in tg263.sided_stems()}
    rows = {meaning.name for meanings in _dictionary().values() for meaning in meanings}
    assert {name for name in rows if not tg263.is_tg263(name)} - stems == set()
    assert {name for names in _hints().values() for name in names if not tg263.is_tg263(name)} == set()


def test_zeros_before_numbers_do_not_count():
    assert joined("Rib_03") == joined("rib 3")
