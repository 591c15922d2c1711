"""Two contoured ROIs that one name could mean: each holds half of a cord, and the hot spot is in the other half."""

from dataclasses import replace

import pytest
from support.cases import case_of, protocol_of
from support.shapes import dose_over, prism, square

from rtcheck.checking.check import check
from rtcheck.checking.structures.name_matches import alias_rows, match_names
from rtcheck.geometry.contours import Structure
from rtcheck.protocol.names.aliases import Aliases, draft_aliases

DOSE = dose_over(-100.0, 100.0, 10.0, lambda x, y, z: 30.0 + 0.2 * z)
LIMIT = "name: mine\nconstraints:\n  - {structure: SpinalCord, goal: Dmax < 36 Gy}\n"


def half(name: str, low_mm: float, *, type: str = "ORGAN", side_mm: float = 10.0) -> Structure:
    """40 mm of a cord, from `low_mm` on: 50 Gy lie at the end of the upper half, 38 at that of the lower."""
    shape = prism([square(0.0, 0.0, side_mm)], low=low_mm, planes=16, spacing=2.5)
    return replace(shape, name=name, type=type)


def competing(folder, *structures: Structure, aliases: Aliases | None = None, text: str = LIMIT) -> list[str]:
    report = check(case_of(structures, DOSE), protocol_of(folder, text), aliases=aliases)
    return [each.text for each in report.doubts if each.code == "structures.competing"]


@pytest.mark.parametrize(
    "other",
    [
        "Cord",
        "spinalcord",
        "Spinal Cord",
        "Myelon",
        "R\N{LATIN SMALL LETTER U WITH DIAERESIS}ckenmark",
        "SPINAL_CORD",
        "Spin\N{CYRILLIC SMALL LETTER A}lCord",
    ],
)
def test_half_a_cord_under_the_exact_name_is_a_doubt_where_the_other_half_has_a_synonym(tmp_path, other):
    (text,) = competing(tmp_path, half("SpinalCord", 0.0), half(other, 40.0))
    assert repr(other) in text
    assert "`SpinalCord: [SpinalCord]`" in text


@pytest.mark.parametrize(
    "other",
    [
        "SpinalCord_PRV05",
        "SpinalCanal",
        "zSpinalCord",
        "SpinalCord_ring",
        "Cord opti",
        "SpinalCord~",
        "Cord-PTV",
        "Brain",
    ],
)
def test_a_structure_made_from_the_cord_or_next_to_it_is_no_competitor(tmp_path, other):
    assert not competing(tmp_path, half("SpinalCord", 0.0), half(other, 40.0))


def test_a_copy_is_no_competitor_and_one_without_contours_neither(tmp_path):
    cord = half("SpinalCord", 0.0)
    rounded = replace(half("Cord", 0.0, side_mm=10.01))
    assert not competing(tmp_path, cord, rounded, replace(half("Myelon", 40.0), contours=()))
    assert competing(tmp_path, cord, half("Cord", 0.0, side_mm=10.4))  # 8 % more


def test_the_alias_line_of_the_message_settles_it_either_way(tmp_path):
    cords = half("SpinalCord", 0.0), half("Cord", 40.0)
    assert not competing(tmp_path, *cords, aliases=Aliases({"SpinalCord": ("SpinalCord",)}))
    away = Aliases({"Another": ("SpinalCord",)})
    assert not competing(tmp_path, *cords, aliases=away)
    report = check(case_of(cords, DOSE), protocol_of(tmp_path, LIMIT), aliases=away)
    assert report.results[0].matched[0].rois == ("Cord",)
    assert report.results[0].outcome == "violated"  # 46 Gy at z = 80 mm


@pytest.mark.parametrize("other", ["Cord", "SPINALCORD"])
def test_an_alias_that_names_another_roi_than_the_exact_one_does_not_decide(tmp_path, other):
    cords = half("SpinalCord", 0.0), half(other, 40.0)
    assert competing(tmp_path, *cords, aliases=Aliases({"SpinalCord": (other,)}))


def test_either_lung_of_both_together_can_have_a_competitor(tmp_path):
    text = "name: mine\nconstraints:\n  - {structure: Lungs, goal: Dmean < 50 Gy}\n"
    lungs = half("Lung_L", 0.0), half("Lung_R", 0.0), half("LUNG_R", 40.0)
    (said,) = competing(tmp_path, *lungs, text=text)
    assert said.startswith("Lung_R")


def test_a_larger_organ_that_the_protocol_lets_stand_in_is_no_competitor(tmp_path):
    text = (
        "name: mine\nstructures:\n  Bowel: {also_named: [Bowel_Bag, loops]}\n"
        "constraints:\n  - {structure: Bowel, goal: Dmax < 50 Gy}\n"
    )
    assert not competing(tmp_path, half("Bowel", 0.0), half("Bowel_Bag", 40.0), text=text)
    assert competing(tmp_path, half("Bowel", 0.0), half("loops", 40.0), text=text)


def test_a_draft_of_aliases_does_not_settle_what_is_in_doubt(tmp_path):
    """A code and a name find 'Cord', the name alone 'Spinal Cord': the untouched draft must not silence the doubt."""
    case = case_of((half("Cord", 0.0), half("Spinal Cord", 40.0)), DOSE)
    structures = case.structures
    assert structures is not None
    coded = replace(structures.rois[0], codes=(("FMA", "7647"),))
    case = replace(case, structures=replace(structures, rois=(coded, *structures.rois[1:])))
    protocol = protocol_of(tmp_path, LIMIT)
    names = match_names(case, protocol)
    assert [each.code for each in names.notices] == ["structures.competing"]
    drafted = tmp_path / "aliases.yaml"
    drafted.write_text(draft_aliases(alias_rows(names)), "utf-8")
    assert [each.code for each in check(case, protocol, aliases=drafted).doubts if "compet" in each.code]


def test_an_organ_in_letters_that_only_look_latin_is_not_taken_for_absent(tmp_path):
    """A limit that applies only where the cord is contoured: "Cord" with a Cyrillic o is a cord to whoever reads it."""
    text = LIMIT.replace("Gy}", "Gy, if_drawn: true}") + "  - {structure: Brain, goal: Dmax < 50 Gy}\n"
    cord = half("C\N{CYRILLIC SMALL LETTER O}rd", 40.0)
    report = check(case_of((half("Brain", 0.0), cord), DOSE), protocol_of(tmp_path, text))
    assert [each.outcome for each in report.results] == ["not_evaluated", "met"]
    assert "CYRILLIC SMALL LETTER O" in " ".join(report.results[0].notes)
