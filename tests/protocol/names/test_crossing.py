"""What is never suggested, never drafted, and a warning where an alias says it: the other side, kind, organ or PRV."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Roi
from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.aliases import Aliases
from rtcheck.protocol.names.crossing import crossing, other_side
from rtcheck.protocol.names.match import match_name


def rois(*names: str, type: str = "ORGAN") -> tuple[Roi, ...]:
    return tuple(Roi(number=number, name=name, type=type, contours=7) for number, name in enumerate(names, start=1))


CROSSED = [
    ("Kidney_L", "Kidney_R", ""),
    ("Kidney_L", "Niere re", ""),
    ("Kidney_L", "R_Kidny", ""),
    ("Kidney_L", "kidneyrt", ""),
    ("Kidney_L", "Kidneys", ""),
    ("Lungs", "Lung_L", ""),
    ("OpticNrv_PRV03_L", "OpticNrv_PRV03_R", ""),
    ("PTV", "GTV1", ""),
    ("PTV_High", "CTV_High", ""),
    ("GTV", "Boost", "PTV"),
    ("PTV", "Stomach", "ORGAN"),
    ("Stomach", "PTV", ""),
    ("Liver", "GTV_Liver", "GTV"),
    ("SpinalCord", "SpinalCord_PRV05", ""),
    ("SpinalCord", "Cord + 5 mm", ""),
    ("SpinalCord", "Myelon +5", ""),
    ("SpinalCord", "Cord_5mm", ""),
    ("Brainstem", "BrainstemExp", ""),
    ("SpinalCord_PRV05", "SpinalCord", ""),
    ("SpinalCord_PRV05", "Cord PRV 3mm", ""),
    ("Liver", "Liver-GTV", ""),
    ("Liver-GTV", "Liver-PTV", ""),
    ("Liver-GTV", "Leber", ""),
]
ALLOWED = [
    ("Kidney_L", "LtKid", ""),
    ("Kidney_L", "Kidney", ""),
    ("Liver", "Leber_ges", ""),
    ("SpinalCord_PRV", "Cord PRV05", ""),
    ("SpinalCord_PRV05", "Myelon_5mm", ""),
    ("PTV", "Boost", "PTV"),
    ("PTV", "Rezidiv", ""),
    ("GTV", "iGTV", "GTV"),
    ("My target", "PTV1", "PTV"),
    ("Liver-GTV", "normal liver", ""),
    ("Heart", "Hearts_x", ""),
]


@pytest.mark.parametrize(("asked", "spelled", "type"), CROSSED)
def test_these_can_never_stand_for_one_another(asked, spelled, type):
    assert crossing(asked, spelled, type)


@pytest.mark.parametrize(("asked", "spelled", "type"), ALLOWED)
def test_these_may_be_aliases(asked, spelled, type):
    assert crossing(asked, spelled, type) == ""


@pytest.mark.parametrize(("asked", "spelled", "type"), CROSSED)
def test_an_alias_that_crosses_is_obeyed_and_named(asked, spelled, type):
    match = match_name(asked, rois(spelled, type=type), aliases=Aliases({asked: (spelled,)}))
    assert match.is_matched
    assert match.crosses == crossing(asked, spelled, type)


@pytest.mark.parametrize(("asked", "spelled", "type"), ALLOWED)
def test_an_alias_that_does_not_cross_is_not_named(asked, spelled, type):
    match = match_name(asked, rois(spelled, type=type), aliases=Aliases({asked: (spelled,)}))
    assert (match.is_matched, match.crosses) == (True, "")


def test_a_name_that_the_protocol_gives_is_named_where_it_crosses():
    assert match_name("Lungs", rois("Lung L"), also_named=["Lung L"]).crosses
    assert match_name("SpinalCord", rois("Myelon 2"), also_named=["Myelon 2"]).crosses == ""


def test_a_match_without_an_alias_crosses_nothing():
    assert match_name("Kidney_L", rois("Niere li")).crosses == ""


# --- suggestions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "drawn", "suggested"),
    [
        ("Kidney_L", ["Kidny_R", "kidnyr", "Kidneys", "Kidny_L"], ("Kidny_L",)),
        ("Kidney_L", ["Kidney_R"], ()),
        ("SpinalCord", ["SpinalCord_PRV05", "Spinalcord2"], ("Spinalcord2",)),
        (
            "SpinalCord",
            ["SpinalCord_5mm", "SpinalCord_opt", "zSpinalCord", "SpinalCord_old", "Spinal Cord 2"],
            ("Spinal Cord 2",),
        ),
        ("SpinalCord_PRV05", ["SpinalCord"], ()),
        ("PTV_High", ["CTV_High", "PTV_Higher"], ("PTV_Higher",)),
        ("Liver", ["Liver-GTV", "Livre"], ("Livre",)),
        ("Liver-GTV", ["Liver-PTV", "Liver"], ()),
    ],
)
def test_suggestions_never_cross(asked, drawn, suggested):
    match = match_name(asked, rois(*drawn))
    assert (match.status, match.suggestions) == ("missing", suggested)
    assert all(repr(name) not in match.reason for name in drawn if name not in suggested)


def test_for_a_missing_ptv_the_rois_of_that_type_are_proposed():
    structures = (*rois("Boost 60", "Zielgebiet", type="PTV"), *rois("Liver", "GTV"))
    match = match_name("PTV_High", structures)
    assert match.suggestions == ("Boost 60", "Zielgebiet")
    assert "PTV_High: [Boost 60]" in match.reason


sided = st.sampled_from([name for name in tg263.names() if name[-2:] in ("_L", "_R")])


@given(sided, st.integers(0, 99))
def test_no_sided_name_is_ever_suggested_for_the_other_side(asked, cut):
    """The other side's name with a letter missing, its side word before or after it."""
    stem = asked[:-2]
    stem = stem[: cut % len(stem)] + stem[cut % len(stem) + 1 :]
    wrong = {"L": ["R", "rt", "right", "re", "dx"], "R": ["L", "lt", "left", "li", "sx"]}[asked[-1]]
    for word in wrong:
        assert not match_name(asked, rois(f"{stem}_{word}")).suggestions
        assert not match_name(asked, rois(f"{word} {stem}")).suggestions


def test_the_other_side_of_a_name():
    assert other_side("Kidney_L") == "Kidney_R"
    assert other_side("Niere re") == "Kidney_L"
    assert other_side("OpticNrv_PRV03_L") == "OpticNrv_PRV03_R"
    assert other_side("Liver") == other_side("Kidneys") == other_side("Kidney") == ""
