"""Left and right by position. Patient coordinates (LPS) grow to the patient's left: that is DICOM's own definition."""

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over

from rtcheck.case import Roi
from rtcheck.checking.check import check
from rtcheck.geometry.contours import Structure
from rtcheck.protocol.names.aliases import Aliases

DOSE = dose_over(-150.0, 150.0, 10.0, 10.0)


def organ(name: str, x_mm: float, *, side_mm: float = 20.0) -> Structure:
    """A cube around (x, 0, 0)."""
    from dataclasses import replace

    half = side_mm / 2
    return replace(cube(side_mm, corner=(x_mm - half, -half, -half), spacing=2.5), name=name, type="ORGAN")


def warned(folder, structures, *names, aliases=None) -> list[str]:
    text = "name: mine\nconstraints:\n" + "".join(f"  - {{structure: {name}, goal: Dmax < 20 Gy}}\n" for name in names)
    report = check(case_of(structures, DOSE), protocol_of(folder, text), aliases=aliases)
    return [each.text for each in report.doubts if each.code == "structures.sides-swapped"]


@pytest.mark.parametrize("asked", [("Kidney_L",), ("Kidney_R",), ("Kidney_L", "Kidney_R")])
@pytest.mark.parametrize(
    ("left", "right"), [("Kidney_L", "Kidney_R"), ("Niere li", "Niere re"), ("Lt Kidney", "Rein droit")]
)
def test_a_left_kidney_right_of_the_right_one_is_a_doubt_named_once(tmp_path, left, right, asked):
    (text,) = warned(tmp_path, [organ(left, -40.0), organ(right, 40.0)], *asked)
    assert "80 mm to the patient's right" in text
    assert "Kidney_L" in text


@pytest.mark.parametrize(
    "pair",
    ["Lung_{}", "Parotid_{}", "OpticNrv_{}", "Femur_Head_{}", "Eye_{}", "Breast_{}", "OpticNrv_PRV03_{}", "Rib03_{}"],
)
def test_any_pair_of_tg_263_is_looked_at(tmp_path, pair):
    left, right = pair.format("L"), pair.format("R")
    assert warned(tmp_path, [organ(left, -40.0), organ(right, 40.0)], left)
    assert not warned(tmp_path, [organ(left, 40.0), organ(right, -40.0)], left)


@pytest.mark.parametrize("apart_mm", [0.0, 1.0, 1.9])
def test_centres_that_nearly_coincide_tell_nothing(tmp_path, apart_mm):
    assert not warned(tmp_path, [organ("Kidney_L", 0.0), organ("Kidney_R", apart_mm)], "Kidney_L")


def test_an_alias_file_that_swaps_the_sides_is_found_by_position(tmp_path):
    aliases = Aliases({"Kidney_L": ("K1",), "Kidney_R": ("K2",)})
    assert warned(tmp_path, [organ("K1", -40.0), organ("K2", 40.0)], "Kidney_L", aliases=aliases)
    assert not warned(tmp_path, [organ("K1", 40.0), organ("K2", -40.0)], "Kidney_L", aliases=aliases)


@pytest.mark.parametrize(
    ("middle", "x_mm", "is_warned"),
    [
        ("SpinalCord", -40, True),
        ("SpinalCord", -25, False),
        ("SpinalCord", 40, False),
        ("External", -40, False),
    ],
)
def test_a_lone_left_kidney_is_judged_by_the_midline_where_that_is_sure(tmp_path, middle, x_mm, is_warned):
    """It must lie as a whole 20 mm beyond the middle of the cord, or 50 mm beyond that of the body."""
    found = warned(tmp_path, [organ("Kidney_L", x_mm), organ(middle, 0.0, side_mm=10.0)], "Kidney_L")
    assert bool(found) == is_warned


def test_a_lone_organ_far_on_the_wrong_side_of_the_body_is_a_doubt(tmp_path):
    assert warned(tmp_path, [organ("Lung_R", 70.0), organ("External", 0.0, side_mm=200.0)], "Lung_R")
    assert not warned(tmp_path, [organ("Lung_R", 70.0)], "Lung_R")


def test_both_lungs_together_and_unsided_organs_are_left_alone(tmp_path):
    drawn = [organ("Lung_L", -40.0), organ("Lung_R", 40.0), organ("Liver", 60.0)]
    assert not warned(tmp_path, drawn, "Lungs", "Liver")


def test_a_pair_of_which_one_has_no_contours_raises_nothing(tmp_path):
    case = case_of([organ("Kidney_L", 40.0)], DOSE)
    empty = Roi(number=9, name="Kidney_R", contours=0)
    from dataclasses import replace

    structures = replace(case.structures, rois=(*case.structures.rois, empty))
    text = "name: mine\nconstraints:\n  - {structure: Kidney_L, goal: Dmax < 20 Gy}\n"
    assert check(replace(case, structures=structures), protocol_of(tmp_path, text)).verdict == "pass"


def test_the_warning_stands_with_the_verdict(tmp_path):
    text = "name: mine\nconstraints:\n  - {structure: Kidney_L, goal: Dmax < 20 Gy}\n"
    report = check(
        case_of([organ("Kidney_L", -40.0), organ("Kidney_R", 40.0)], DOSE, prescription_gy=10.0),
        protocol_of(tmp_path, text),
    )
    assert report.verdict == "pass"
    assert [each.code for each in report.doubts] == ["structures.sides-swapped"]
