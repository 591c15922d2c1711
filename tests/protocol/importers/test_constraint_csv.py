"""PlanCheck and ClearPlan tables: what they become, and what is named as lost. The tables are ours, in their form."""

from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.importers import Imported, import_protocol

PLAN_CHECK = (
    "Structure IDs,Structure Codes,IDAliases,CodeAliases,DVH Objective,Evaluation Point,Variation,Priority,Met,Achieved"
)
CLEAR_PLAN = "TemplateId,TemplateCodes,TemplateAliases,TemplateTypes,DVHObjective,Goal,Variation,Priority,Source,Notes"


def imported(folder: Path, header: str, *rows: str) -> Imported:
    path = folder / "Our table (3 Fractions).csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return import_protocol(path)


def goals(result: Imported) -> list[tuple[str, str]]:
    return [(one.structures[0], one.goal.text) for one in result.protocol.constraints]


@pytest.mark.parametrize(
    ("objective", "goal"),
    [
        ("CV1500cGy[cc]", ">=700"),
        ("CV15Gy[cc]", ">=700"),
        ("DC700cc[cGy]", "<=1500"),
        ("DC700cc[Gy]", "<15"),
    ],
)
def test_700_cc_of_liver_below_15_gy_comes_out_of_every_encoding(tmp_path, objective, goal):
    for header, row in (
        (PLAN_CHECK, f"Liver,7197,,,{objective},{goal},,1,,"),
        (CLEAR_PLAN, f"Liver,7197,,,{objective},{goal},,1,,"),
    ):
        assert goals(imported(tmp_path, header, row)) == [("Liver", "CV15Gy >= 700 cc")]


@pytest.mark.parametrize("objective", ["Volume[cc]", "Vol[cc]"])
def test_more_than_700_ml_of_uninvolved_liver_is_a_volume(tmp_path, objective):
    result = imported(tmp_path, PLAN_CHECK, f"Uninvolved liver,,,,{objective},>700,,1,,")
    assert goals(result) == [("Liver-GTV", "Volume > 700 cc")]


def test_doses_in_cgy_and_variations_without_a_sign(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, "Spinal Cord,7647,,,Max[cGy],<=2250,2363,1,,")
    (one,) = result.protocol.constraints
    assert one.structures == ("SpinalCord",)
    assert one.goal.text == "Dmax <= 22.5 Gy"
    assert one.variation is not None
    assert one.variation.text == "Dmax <= 23.63 Gy"
    assert result.losses == ()


def test_a_variation_stricter_than_its_goal_is_lost_by_name(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, "Liver,7197,,,CV1710cGy[cc],>=700,735,1,,")
    assert result.protocol.constraints[0].variation is None
    assert 'the variation "CV17.1Gy >= 735 cc" is stricter than the goal' in result.losses[0]


def test_aliases_of_another_structure_are_lost_by_name_and_others_kept(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, "Liver,7197,Liver-PTVs|Hepar 2,,Mean[cGy],<=1500,,1,,")
    (definition,) = result.protocol.structures
    assert definition.also_named == ("Hepar 2",)
    assert result.losses == ("row 2, Liver: its alias 'Liver-PTVs' means another structure, Liver-PTVS",)


def test_an_unknown_name_takes_the_name_of_its_code(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, "FemHeadNeck_L,32843,,,D10cc[cGy],<=2400,,1,,")
    assert goals(result) == [("Femur_Head_L", "D10cc <= 24 Gy")]
    assert result.protocol.structures[0].also_named == ("FemHeadNeck_L",)


def test_a_name_with_several_codes_is_kept_as_it_is(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, "Bowel_Lg,14543|7201,Large Bowel,,Max[cGy],<=3000,,1,,")
    assert goals(result) == [("Bowel_Lg", "Dmax <= 30 Gy")]
    assert "several structures (Bowel_Large, Colon)" in result.losses[0]


@pytest.mark.parametrize("objective", ["GI50%[%]", "CN95%[%]"])
def test_indices_without_their_region_are_lost_by_name(tmp_path, objective):
    rows = (f"Body,BODY,,,{objective},<=5,6,1,,", "Heart,7088,,,Max[cGy],<=3000,,1,,")
    result = imported(tmp_path, PLAN_CHECK, *rows)
    assert goals(result) == [("Heart", "Dmax <= 30 Gy")]
    assert objective in result.losses[0]


def test_a_target_by_type_of_clearplan(tmp_path):
    result = imported(tmp_path, CLEAR_PLAN, "Target,,PTV|CTV,PTV|CTV,D95%[%],>=95,>=93,1,Clinic,Coverage")
    (one,) = result.protocol.constraints
    assert (one.goal.text, one.note) == ("D95% >= 95 %", "Coverage")
    assert [each.citation for each in result.protocol.sources if each.id == one.source] == ["Clinic"]
    assert one.variation is not None
    assert one.variation.text == "D95% >= 93 %"
    assert any("the choice by type (PTV|CTV)" in loss for loss in result.losses)


def test_ranks_become_priorities(tmp_path):
    rows = ("Heart,7088,,,Mean[Gy],<=20,,2,,", "Lungs,68877,,,Mean[Gy],<=20,,1,,")
    result = imported(tmp_path, CLEAR_PLAN, *rows)
    assert [one.priority for one in result.protocol.constraints] == ["2", "required"]


def test_a_row_that_stands_twice_is_kept_once(tmp_path):
    row = "Rectum,14544,,,Max[cGy],<=3500,,1,,"
    result = imported(tmp_path, PLAN_CHECK, row, row)
    assert len(result.protocol.constraints) == 1
    assert "twice" in result.losses[0]


def test_semicolons_and_windows_text_are_read(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes("TemplateId;DVHObjective;Goal\nMagen;Max[Gy];<=54\nKörper;Max[Gy];<=70\n".encode("cp1252"))
    assert goals(import_protocol(path)) == [("Stomach", "Dmax <= 54 Gy"), ("Body", "Dmax <= 70 Gy")]


def test_the_protocol_file_is_read_back_and_its_losses_stand_at_its_top(tmp_path):
    rows = ("Great Vessels,GreatVessels,,,D10cc[cGy],<=3900,4095,1,,", "Body,,,,GI50%[%],<=5,,1,,")
    result = imported(tmp_path, PLAN_CHECK, *rows)
    path = tmp_path / "ours.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    protocol = load_protocol(path)
    assert protocol.name == "our_table_3_fractions"
    assert [one.goal.text for one in protocol.constraints] == ["D10cc <= 39 Gy"]
    assert "# - row 3, Body: the index GI50%[%]" in result.yaml


def test_a_rank_with_a_footnote_is_a_loss(tmp_path):
    result = imported(tmp_path, GERMAN + ";Priority", "Magen;Max[Gy];<=54;;1¹")
    assert result.losses == ('row 2, Magen: the priority "1¹"',)


def test_a_line_break_in_a_cell_stays_within_the_comments_of_the_file(tmp_path):
    result = imported(tmp_path, GERMAN + ";Priority", 'Magen;Max[Gy];<=54;;"1\nconstraints: []"')
    path = tmp_path / "ours.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert [one.goal.text for one in load_protocol(path).constraints] == ["Dmax <= 54 Gy"]
    assert result.losses == ('row 2, Magen: the priority "1 constraints: []"',)


def test_a_table_of_another_form_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("apple,pear\nLiver,15\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other\.csv: no row of headings names a structure and a goal"):
        import_protocol(path)


def test_a_table_of_which_nothing_is_left_is_refused_with_the_reasons(tmp_path):
    with pytest.raises(UsageError, match="GI50%"):
        imported(tmp_path, PLAN_CHECK, "Body,,,,GI50%[%],<=5,,1,,")


# --- numbers and columns ------------------------------------------------------------------------------------------

GERMAN = "TemplateId;DVHObjective;Goal;Variation"


@pytest.mark.parametrize(
    ("row", "goal", "variation"),
    [
        ("Magen;D0,03cc[Gy];<=54,5;<=56,25", "D0.03cc <= 54.5 Gy", "D0.03cc <= 56.25 Gy"),
        ("Magen;V27,5Gy[%];<=12,5;15", "V27.5Gy <= 12.5 %", "V27.5Gy <= 15 %"),
        ("Magen;D0,035cc[Gy];<=45;", "D0.035cc <= 45 Gy", None),
        ("Magen;D0.03cc[Gy];<=54.5;56", "D0.03cc <= 54.5 Gy", "D0.03cc <= 56 Gy"),
    ],
)
def test_decimal_commas_are_read(tmp_path, row, goal, variation):
    (one,) = imported(tmp_path, GERMAN, row).protocol.constraints
    assert (one.goal.text, one.variation.text if one.variation else None) == (goal, variation)


@pytest.mark.parametrize(
    "row",
    [
        "Magen;Max[cGy];<=1,500;",  # 1.5 or 1500
        "Magen;Max[cGy];<=1.500;1.600,5",  # a dot may part thousands where commas are decimal
        "Magen;Max[cGy];<=1.500,5;",
        "Magen;Max[cGy];<=1,500.5;",
        "Magen;D0,03cc[cGy];<=1.500;",
    ],
)
def test_a_number_that_can_be_read_in_two_ways_is_named_and_never_a_limit(tmp_path, row):
    result = imported(tmp_path, GERMAN, row, "Herz;Max[Gy];<=30,5;")
    assert goals(result) == [("Heart", "Dmax <= 30.5 Gy")]
    assert "is ambiguous" in result.losses[0]


def test_a_decimal_comma_in_a_table_with_commas_shifts_no_cell_into_a_limit(tmp_path):
    rows = ("Stomach,7148,,,D0,03cc[Gy],<=54,,1,,", "Heart,7088,,,Max[Gy],<=30,,1,,")
    result = imported(tmp_path, PLAN_CHECK, *rows)
    assert goals(result) == [("Heart", "Dmax <= 30 Gy")]
    assert result.losses[0].startswith("row 2, Stomach")


def test_a_quoted_decimal_comma_in_a_table_with_commas_is_read(tmp_path):
    result = imported(tmp_path, PLAN_CHECK, 'Stomach,7148,,,"D0,03cc[Gy]","<=54,5",,1,,')
    assert goals(result) == [("Stomach", "D0.03cc <= 54.5 Gy")]


def test_a_cell_in_an_unknown_column_makes_its_row_a_loss_and_never_a_limit(tmp_path):
    rows = ("Stomach;Max[Gy];54;>=", "Heart;Max[Gy];<=30;")
    result = imported(tmp_path, "TemplateId;DVHObjective;Goal;Sense", *rows)
    assert goals(result) == [("Heart", "Dmax <= 30 Gy")]
    assert '"sense": >=' in result.losses[0]


def test_a_heading_that_occurs_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match='"goal" occurs twice'):
        imported(tmp_path, "TemplateId;DVHObjective;Goal;Goal", "Heart;Max[Gy];<=30;>=30")


def test_a_row_without_structure_or_objective_is_a_loss(tmp_path):
    result = imported(tmp_path, GERMAN, ";Max[Gy];<=30;", "Herz;;<=30;", "Herz;Max[Gy];<=30;", ";;;")
    assert len(result.losses) == 2


def test_a_goal_beside_its_variation_keeps_the_metric_of_the_table(tmp_path):
    # The two as volumes below a dose would be two metrics: CV15Gy and CV16Gy.
    (one,) = imported(tmp_path, PLAN_CHECK, "Liver,7197,,,DC700cc[Gy],<=15,16,1,,").protocol.constraints
    assert (one.goal.text, one.variation and one.variation.text) == ("DC700cc <= 15 Gy", "DC700cc <= 16 Gy")
