"""Tables of goals under other headings and in other orders: what each becomes, and what is refused. All are ours."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.importers import Imported, NothingImportedError, import_protocol

openpyxl = pytest.importorskip("openpyxl")


def imported(folder: Path, text: str, columns: str = "") -> Imported:
    path = folder / "Our table.csv"
    path.write_text(text, encoding="utf-8")
    return import_protocol(path, columns=columns)


def limits(result: Imported) -> list[tuple[str, str]]:
    return [(one.structures[0], one.goal.text) for one in result.protocol.constraints]


def refused(folder: Path, text: str, columns: str = "") -> str:
    """The losses of a table of which nothing may be imported."""
    with pytest.raises(NothingImportedError) as error:
        imported(folder, text, columns)
    return str(error.value)


@pytest.mark.parametrize(
    ("table", "limit"),
    [
        ("Structure,Goal\nHeart,Dmean < 26 Gy", ("Heart", "Dmean < 26 Gy")),
        ("Limit,ROI\nMean <= 2600 cGy,Heart", ("Heart", "Dmean <= 26 Gy")),
        ("Organ;Metric;Operator;Value;Unit\nHeart;V25Gy;less than;10;%", ("Heart", "V25Gy < 10 %")),
        ("Organ;Metric;Sign;Limit [cGy]\nHeart;Mean;at most;2600", ("Heart", "Dmean <= 26 Gy")),
        ("OAR\tConstraint\nHeart\tV30Gy(%) <= 46", ("Heart", "V30Gy <= 46 %")),
        (
            "Risikoorgan;Parameter;Grenzwert;Einheit\nHerz;Mittlere Dosis;höchstens 26,5;Gy",
            ("Heart", "Dmean <= 26.5 Gy"),
        ),
        ("Organ;Kennzahl;Grenzwert\nHerz;D15cc;< 32 Gy", ("Heart", "D15cc < 32 Gy")),
        ("Struktur;Kriterium\nRückenmark;D0,03cc ≤ 45 Gy", ("SpinalCord", "D0.03cc <= 45 Gy")),
        ("Struktur;Zielvorgabe\nDünndarm;D0,03cc < 54 Gy", ("Bowel_Small", "D0.03cc < 54 Gy")),
        ("Struktur;Metrik;Vorgabe\nHerz;V25Gy [%];kleiner 10", ("Heart", "V25Gy < 10 %")),
        ("Structure,DVH metric,Goal\nPTV,D95%,≥ 95 %", ("PTV", "D95% >= 95 %")),
        ("Structure,DVH metric,Goal\nLiver,CV15Gy,>= 700 cc", ("Liver", "CV15Gy >= 700 cc")),
        ("Structure,Constraint\nSpinalCord,Max 45 Gy", ("SpinalCord", "Dmax <= 45 Gy")),
        ("Structure,Constraint\nSpinalCord,Max dose: 45 Gy", ("SpinalCord", "Dmax <= 45 Gy")),
        ("Structure,Metric,Goal\nSpinalCord,Max [Gy],45", ("SpinalCord", "Dmax <= 45 Gy")),
    ],
)
def test_a_limit_is_read_from_columns_of_any_order_and_name(tmp_path, table, limit):
    result = imported(tmp_path, table + "\n")
    assert limits(result) == [limit]
    assert result.losses == ()
    file = tmp_path / "made.yaml"
    file.write_text(result.yaml, encoding="utf-8")
    assert load_protocol(file).constraints[0].goal == result.protocol.constraints[0].goal


def test_variation_rank_fractions_and_notes_have_their_columns(tmp_path):
    text = (
        "Prio;Organ;Optimal;Mandatory;Fx;Endpoint;Reference;Achieved\n"
        "2;Heart;D0.5cc < 22 Gy;26 Gy;3;Pericarditis;A 2020;21\n"
    )
    result = imported(tmp_path, text)
    (one,) = result.protocol.constraints
    assert (one.goal.text, one.priority, one.note) == ("D0.5cc < 22 Gy", "2", "Pericarditis")
    assert [source.citation for source in result.protocol.sources if source.id == one.source] == ["A 2020"]
    assert one.variation is not None
    assert one.variation.text == "D0.5cc < 26 Gy"
    assert one.fractions is not None
    assert (one.fractions.low, one.fractions.high) == (3, 3)
    assert result.losses == ()


@pytest.mark.parametrize(
    "table",
    [
        "Organ;Goal;Acceptable\nHeart;Dmean < 260 cGy;300",
        "Organ;Goal;Acceptable\nHeart;Dmean < 260 cGy;< 300",
        "Organ;Metric;Goal;Acceptable\nHeart;Mean [cGy];< 260;300",
        "Organ;Metric;Goal;Acceptable\nHeart;Mean[cGy];< 260;< 300",
        "Organ;Metric;Goal [cGy];Acceptable\nHeart;Mean;< 260;300",
        "Organ;Metric;Goal [cGy];Acceptable [Gy]\nHeart;Mean;< 260;3",
        "Organ;Metric;Goal;Unit;Acceptable\nHeart;Mean;< 260;cGy;300",
        "Organ;Metric;Goal;Unit;Acceptable\nHeart;Mean;< 260;cGy;3 Gy",
        "Organ;Goal;Acceptable\nHeart;Dmean < 2.6 Gy;300 cGy",
    ],
)
def test_a_variation_without_a_unit_has_the_one_in_which_the_goal_is_stated(tmp_path, table):
    (one,) = imported(tmp_path, table).protocol.constraints
    assert one.variation is not None
    assert (one.goal.text, one.variation.text) == ("Dmean < 2.6 Gy", "Dmean < 3 Gy")


@pytest.mark.parametrize(
    ("metric", "goal", "variation", "texts"),
    [
        ("Volume[cc]", "> 700", "650", ("Volume > 700 cc", "Volume > 650 cc")),
        ("V20Gy[%]", "< 30", "35", ("V20Gy < 30 %", "V20Gy < 35 %")),
        ("D2cc[cGy]", "< 260", "300", ("D2cc < 2.6 Gy", "D2cc < 3 Gy")),
        ("gEUD[2]", "< 260 cGy", "300", ("gEUD[2] < 2.6 Gy", "gEUD[2] < 3 Gy")),
        ("CI_RTOG", "< 1.2", "1.5", ("CI_RTOG < 1.2", "CI_RTOG < 1.5")),
        ("Dmean", "< 1.8 Gy/fx", "2", ("Dmean < 1.8 Gy/fx", "Dmean < 2 Gy/fx")),
    ],
)
def test_a_variation_of_any_metric_is_in_the_unit_of_its_goal(tmp_path, metric, goal, variation, texts):
    (one,) = imported(tmp_path, f"Organ;Metric;Goal;Acceptable\nHeart;{metric};{goal};{variation}").protocol.constraints
    assert (one.goal.text, one.variation.text if one.variation else None) == texts


def test_a_name_in_an_unknown_encoding_is_reported(tmp_path):
    path = tmp_path / "ours.csv"
    path.write_bytes("Organ;Goal\nRückenmark;Dmax < 45 Gy\nHerz;Dmean < 26 Gy\n".encode("cp437"))
    result = import_protocol(path)
    assert len(result.protocol.constraints) == 2
    assert ["has signs that cannot be read" in each for each in result.losses] == [True]


def test_a_second_table_in_another_order_is_not_read_by_the_headings_of_the_first(tmp_path):
    first = "Organ;Goal;Acceptable\nHeart;Dmean < 26 Gy;< 30 Gy\n\n"
    with pytest.raises(UsageError, match="row 4 has other headings than row 1"):
        imported(tmp_path, f"{first}Organ;Acceptable;Goal\nLung_L;Dmean < 20 Gy;\n")
    again = imported(tmp_path, f"{first}Organ;Goal;Acceptable\n;Dmean < 20 Gy;\nLung_L;Dmean < 20 Gy;\n")
    assert limits(again) == [("Heart", "Dmean < 26 Gy"), ("Lung_L", "Dmean < 20 Gy")]
    assert again.losses == ('row 5, no structure: the goal "Dmean < 20 Gy" has no structure',)


@pytest.mark.parametrize("name", ["Kidney L/R", "Parotid_L/R", "Lung (L / R)", "Niere li/re", "Femur rechts/links"])
def test_a_name_of_either_side_is_not_taken_for_both_together(tmp_path, name):
    """18 Gy to each kidney are more than 18 Gy to both together."""
    result = imported(tmp_path, f"Organ;Goal\n{name};Dmean < 18 Gy\nKidney L+R;Dmean < 16 Gy\nHeart;Dmean < 9 Gy\n")
    assert limits(result) == [("Kidneys", "Dmean < 16 Gy"), ("Heart", "Dmean < 9 Gy")]
    assert ["may mean each side or both together" in each for each in result.losses] == [True]


@pytest.mark.parametrize(
    "heading",
    ["Limit (EQD2)", "Limit [Gy/fx]", "Limit (5 fractions)", "Limit [GyE]", "Limit [Gy] (BED)", "Limit (α/β = 3)"],
)
@pytest.mark.parametrize("role", ["goal", "variation"])
def test_a_heading_that_states_more_than_a_unit_is_not_dropped(tmp_path, heading, role):
    """54 Gy in EQD2 would be 54 Gy of physical dose, and a limit for 5 fractions one for any number of them."""
    columns = heading if role == "goal" else f"Goal;{heading.replace('Limit', 'Variation')}"
    cells = "Dmax < 54 Gy" if role == "goal" else "Dmax < 54 Gy;60 Gy"
    with pytest.raises(UsageError, match="states more than a unit"):
        imported(tmp_path, f"Organ;{columns}\nHeart;{cells}\n")


def test_a_note_or_a_title_about_another_kind_of_dose_is_not_dropped(tmp_path):
    text = "Limits in EQD2\nOrgan;Goal;Comment\nHeart;Dmax < 54 Gy;as EQD2\nLiver;EQD2[3] Dmean < 30 Gy;EQD2\n"
    result = imported(tmp_path, text)
    assert limits(result) == [("Liver", "EQD2[3] Dmean < 30 Gy")]
    assert [each.partition(": ")[0] for each in result.losses] == ["row 1", "row 3, Heart"]
    plain = imported(tmp_path, "Our limits\nOrgan (OAR);Metric (DVH);Limit [Gy]\nHeart;Dmax;< 54\n")
    assert (limits(plain), plain.losses) == ([("Heart", "Dmax < 54 Gy")], ())


def test_limits_of_a_lower_rank_are_said_to_be_advisory(tmp_path):
    ranked = imported(
        tmp_path, "Organ;Goal;Prio\nHeart;Dmean < 26 Gy;1\nLiver;Dmean < 30 Gy;2\nLung_L;Dmean < 20 Gy;P3\n"
    )
    assert ranked.remark == "2 of 3 limits have a priority of 2 or more: they are reported, and never fail a plan."
    assert f"# {ranked.remark}" in ranked.yaml.splitlines()
    assert ranked.losses == ()
    assert imported(tmp_path, "Organ;Goal\nHeart;Dmean < 26 Gy\n").remark == ""


def test_a_title_above_and_blank_structures_below_one_are_understood(tmp_path):
    text = "Lung limits of our clinic,,\n,,\nROI,Metric,Limit\nHeart,Mean,< 20 Gy\n,V30Gy,< 40 %\n\n,V40Gy,< 30 %\n"
    result = imported(tmp_path, text)
    assert limits(result) == [("Heart", "Dmean < 20 Gy"), ("Heart", "V30Gy < 40 %")]
    assert result.losses == ('row 7, no structure: the goal "< 30 %" has no structure',)


def test_two_goals_in_one_cell_are_two_constraints(tmp_path):
    result = imported(tmp_path, 'Structure,Goal\nHeart,"Mean < 20 Gy; V30Gy < 40 %"\n')
    assert limits(result) == [("Heart", "Dmean < 20 Gy"), ("Heart", "V30Gy < 40 %")]


def test_a_number_without_its_unit_is_completed_only_where_the_field_has_one_meaning_and_that_is_reported(tmp_path):
    result = imported(tmp_path, "ROI,Metric,Goal\nHeart,V25 [%],< 10\nPTV,V95 [%],>= 98\nPTV,D95 [%],>= 95\n")
    assert [goal for _, goal in limits(result)] == ["V25Gy < 10 %", "V95% >= 98 %", "D95% >= 95 %"]
    assert [loss.partition(": ")[2] for loss in result.losses] == [
        "the unit of 25 in V25 [%] is missing; Gy was assumed",
        "the unit of 95 in V95 [%] is missing; % was assumed",
        "the unit of 95 in D95 [%] is missing; % was assumed",
    ]


def test_an_index_with_several_definitions_is_completed_and_that_is_reported(tmp_path):
    result = imported(tmp_path, "ROI,Goal\nPTV,CI < 1.2\nPTV,HI < 0.1\nPTV,CI_Paddick >= 0.8\n")
    assert [goal for _, goal in limits(result)] == ["CI_RTOG < 1.2", "HI_ICRU83 < 0.1", "CI_Paddick >= 0.8"]
    assert [loss.partition(": ")[2] for loss in result.losses] == [
        "CI has several definitions; CI_RTOG was assumed",
        "HI has several definitions; HI_ICRU83 was assumed",
    ]


@pytest.mark.parametrize(
    "row",
    [
        "Heart,D2,<= 20 Gy",  # 2 % or 2 cc
        "Heart,V2500,<= 20 %",  # 2500 cGy or an accident
        "PTV,V50,<= 20 %",  # 50 Gy or 50 %
        "External,V50,<= 20 %",
        "Heart,Dmean,26 Gy",  # no sign
        "Heart,V25Gy,10 %",
        "Heart,V25Gy,< 10",  # cc or %
        "Heart,V25Gy,< 0.1",
        "Heart,Dmean,< 26",  # Gy or %
        'Heart,Dmean,"< 1,500 cGy"',  # 1.5 or 1500
        "Heart,Dmean,< 1.500 cGy",  # the same where commas are decimal, and nothing else shows which
        "Heart,D0.03cc,< 1.500 cGy",
        "Heart,V25Gy,= 10 %",
        "Heart,V25Gy,10-20 %",
        "Heart,V25Gy,< 10 % or 20 %",
        "Heart,V25Gy,Dmean < 10 Gy",  # two metrics
        "Heart,V25%,< 10 Gy",  # a volume is not in Gy
        "Heart,Dmean,< 26 cc",
        "Heart,Dmean,< 12,5 Gy",  # a comma that also separates
        "Heart,Dmean,not < 26 Gy",
    ],
)
def test_a_row_with_two_readings_is_refused(tmp_path, row):
    assert "row 2, " in refused(tmp_path, f"ROI,Metric,Limit\n{row}\n")


@pytest.mark.parametrize("rest", ["5", "5 Gy", "50"])
def test_a_decimal_comma_in_a_table_with_commas_does_not_cut_its_number(tmp_path, rest):
    assert "decimal sign" in refused(tmp_path, f"ROI,Goal [Gy],Note\nHeart,Dmean < 12,{rest}\n")
    assert "row 2" in refused(tmp_path, f"ROI,Metric,Sign,Value [Gy],Note\nHeart,Dmean,<,12,{rest}\n")


def test_a_filled_column_that_is_not_known_makes_its_row_a_loss_with_the_remedy(tmp_path):
    text = "ROI,Goal,Direction\nHeart,Dmean < 26 Gy,at least\nLiver,Dmean < 30 Gy,\n"
    result = imported(tmp_path, text)
    assert limits(result) == [("Liver", "Dmean < 30 Gy")]
    assert "--columns (variation=C, note=C, skip=C)" in result.losses[0]
    assert len(imported(tmp_path, text, "skip=C").protocol.constraints) == 2


def test_columns_are_stated_by_letter_number_or_heading(tmp_path):
    text = "Was,Wo\nDmean < 26 Gy,Heart\n"
    for columns in ("structure=B,goal=A", "structure=2, goal=1", "structure=Wo,goal=was"):
        assert limits(imported(tmp_path, text, columns))[-1] == ("Heart", "Dmean < 26 Gy")
    assert limits(imported(tmp_path, "Dmean < 26 Gy,Heart\n", "structure=B,goal=A")) == [("Heart", "Dmean < 26 Gy")]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("structure=Z,goal=A", 'no column "Z"'),
        ("organ=A", "ROLE=COLUMN"),
        ("structure=A,structure=B", "given twice"),
        ("structure", "ROLE=COLUMN"),
    ],
)
def test_columns_that_are_not_there_are_usage_errors(tmp_path, columns, said):
    with pytest.raises(UsageError, match=said):
        imported(tmp_path, "a,b\nDmean < 26 Gy,Heart\n", columns)


def test_two_columns_for_the_goal_must_be_chosen_between(tmp_path):
    with pytest.raises(UsageError, match="--columns goal=B,skip=C"):
        imported(tmp_path, "ROI,Goal,Limit\nHeart,Dmean < 26 Gy,Dmean < 20 Gy\n")


def test_a_text_without_such_headings_says_what_to_state(tmp_path):
    with pytest.raises(UsageError, match="--columns structure=A,goal=C"):
        imported(tmp_path, "a,b\n1,2\n")


def workbook(folder: Path, rows: list[list[object]], **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Limits"
    for title, content in {"Limits": rows, **sheets}.items():
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in content:
            sheet.append(row)
    path = folder / "Our workbook.xlsx"
    book.save(path)
    return path


def test_a_workbook_with_merged_cells_and_percent_formats(tmp_path):
    path = workbook(
        tmp_path,
        [
            ["Grenzwerte", None, None],
            ["Organ", "Metrik", "Grenzwert"],
            ["Heart", "V25Gy", "< 10 %"],
            [None, "V30Gy", 0.46],
        ],
    )
    book = openpyxl.load_workbook(path)
    sheet = book["Limits"]
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A3:A4")
    sheet["D2"], sheet["D3"], sheet["D4"] = "Operator", None, "<"
    sheet["C4"].number_format = "0.0%"
    book.save(path)
    result = import_protocol(path)
    assert limits(result) == [("Heart", "V25Gy < 10 %"), ("Heart", "V30Gy < 46 %")]
    assert result.losses == ()


def test_a_number_in_a_cell_of_a_workbook_has_one_reading(tmp_path):
    path = workbook(tmp_path, [["Organ", "Metric", "Sign", "Limit", "Unit"], ["Liver", "CV15Gy", ">=", 1.125, "cc"]])
    (one,) = import_protocol(path).protocol.constraints
    assert one.goal.limit == 1.125


def test_a_point_is_decimal_where_another_limit_shows_it(tmp_path):
    text = "Organ;Goal\nHeart;Dmean < 26.5 Gy\nLiver;V20Gy < 1.500 cc\n"
    assert [one.goal.limit for one in imported(tmp_path, text).protocol.constraints] == [26.5, 1.5]


def test_a_formula_without_its_value_does_not_pass_for_an_empty_cell(tmp_path):
    """An empty cell takes the structure of the row above: the limit would be one on the heart."""
    path = workbook(tmp_path, [["ROI", "Goal"], ["Heart", "Dmean < 26 Gy"], ['=CONCAT("Li","ver")', "Dmean < 30 Gy"]])
    with pytest.raises(UsageError, match='the sheet "Limits": cell A3 has a formula without its value'):
        import_protocol(path)


@pytest.mark.parametrize(
    "rows",
    [
        'Heart;"Dmean < 26 Gy\nLung_L;V20Gy < 30 %',
        'Heart;"Dmean < 26 Gy\nLung_L;V20Gy < 30 %\nLung_R;"V20Gy < 30 %"',
    ],
)
@pytest.mark.parametrize("headings", ["Structure;Goal", "TemplateID;Goal;DVHObjective"])
def test_a_quotation_mark_that_is_not_closed_gives_no_structure_the_limits_of_another(tmp_path, headings, rows):
    with pytest.raises(UsageError, match=r"Our table\.csv: line 2: .* a cell"):
        imported(tmp_path, f"{headings}\n{rows}\n")


def test_quotation_marks_within_a_cell_are_read(tmp_path):
    result = imported(tmp_path, 'Structure,Goal\nPTV 5" lesion,Dmean < 26 Gy\n"PTV ""a""",Dmean < 27 Gy\n')
    assert limits(result) == [('PTV 5" lesion', "Dmean < 26 Gy"), ('PTV "a"', "Dmean < 27 Gy")]


def test_a_goal_with_two_signs_is_a_loss(tmp_path):
    result = imported(tmp_path, "Organ;Grenze\nLiver;>= 700 cc < 15 Gy\nHeart;Dmean < 26 Gy")
    assert limits(result) == [("Heart", "Dmean < 26 Gy")]
    assert 'the goal ">= 700 cc < 15 Gy" has more than one of <, <=, > or >=' in result.losses[0]


def test_a_struck_through_limit_is_not_imported(tmp_path):
    path = workbook(tmp_path, [["ROI", "Goal"], ["Heart", "Dmean < 26 Gy"], ["Liver", "Dmean < 30 Gy"]])
    book = openpyxl.load_workbook(path)
    book["Limits"]["B2"].font = openpyxl.styles.Font(strike=True)
    book.save(path)
    result = import_protocol(path)
    assert limits(result) == [("Liver", "Dmean < 30 Gy")]
    assert "struck-through" in result.losses[0]


def test_two_sheets_with_goals_must_be_chosen_between(tmp_path):
    rows: list[list[object]] = [["ROI", "Goal"], ["Heart", "Dmean < 26 Gy"]]
    path = workbook(tmp_path, rows, Other=[["ROI", "Goal"], ["Liver", "Dmean < 30 Gy"]])
    with pytest.raises(UsageError, match="sheet=NAME"):
        import_protocol(path)
    assert limits(import_protocol(path, columns="sheet=Other")) == [("Liver", "Dmean < 30 Gy")]


def test_a_sheet_called_after_another_kind_of_dose_is_reported(tmp_path):
    path = workbook(tmp_path, [["ROI", "Goal"], ["Heart", "Dmax < 54 Gy"]])
    book = openpyxl.load_workbook(path)
    book["Limits"].title = "EQD2"
    book.save(path)
    assert ["EQD2" in each for each in import_protocol(path).losses] == [True]


def test_hostile_workbooks_are_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    for name, content in (("xl/a.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), ("xl/b.bin", b"\0" * 60_000_000)):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        with pytest.raises(UsageError, match=r"document type|more than 50 MB"):
            import_protocol(path)
    path.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(UsageError, match="damaged"):
        import_protocol(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(UsageError, match=r"save it as \.xlsx"):
        import_protocol(path)


def test_a_workbook_that_openpyxl_cannot_read_is_a_usage_error(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "b")
    path = tmp_path / "other.xlsx"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UsageError, match="cannot be read"):
        import_protocol(path)


@pytest.mark.parametrize("heading", ["Acceptable", "Tolerance", "Toleranz", "akzeptabel"])
def test_a_column_of_looser_limits_is_the_variation(tmp_path, heading):
    made = imported(tmp_path, f"Organ;Ideal;{heading}\nHeart;Dmean < 26 Gy;< 30 Gy\nPTV;D95% >= 95 %;>= 93 %")
    assert [one.variation_text for one in made.protocol.constraints] == ["< 30 Gy", ">= 93 %"]


def test_a_tolerance_without_a_sign_is_not_a_limit(tmp_path):
    """2 may be 2 percent points off, or a coverage of 2 %; the other row has a sign."""
    made = imported(tmp_path, "Organ;Goal;Tolerance\nPTV;D95% >= 95 %;2\nHeart;Dmean < 26 Gy;< 30 Gy")
    assert [one.variation_text for one in made.protocol.constraints] == ["< 30 Gy"]
    assert any('column C "Tolerance" ("2") is unknown' in loss for loss in made.losses)


def test_of_two_columns_for_the_goal_one_may_be_the_metric(tmp_path):
    table = "Structure;Constraint;Limit\nHeart;Dmean;< 26 Gy"
    with pytest.raises(UsageError, match="or metric=B,goal=C if B holds the metrics"):
        imported(tmp_path, table)
    assert limits(imported(tmp_path, table, "metric=B,goal=C")) == [("Heart", "Dmean < 26 Gy")]


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("nicht mehr als", "<="), ("nicht über", "<="), ("nicht größer als", "<="), ("not to exceed", "<="),
        ("not above", "<="), ("mehr als", ">"), ("über", ">"), ("above", ">"),
        ("nicht weniger als", ">="), ("nicht unter", ">="), ("mind.", ">="), ("not below", ">="),
        ("weniger als", "<"), ("unter", "<"), ("below", "<"),
    ],
)  # fmt: skip
def test_a_negated_comparison_is_the_opposite_with_equality(tmp_path, words, sign):
    assert limits(imported(tmp_path, f"Organ;Goal\nPTV;V25Gy {words} 10 %")) == [("PTV", f"V25Gy {sign} 10 %")]


def test_a_large_hot_volume_of_an_organ_may_be_meant_as_spared(tmp_path):
    """V15 >= 700 cc of the liver: 700 cc that receive less than 15 Gy."""
    assert "may be meant of the spared volume: write CV15Gy" in refused(tmp_path, "Organ;Goal\nLiver;V15 >= 700 cc")
    assert limits(imported(tmp_path, "Organ;Goal\nLiver;CV15Gy >= 700 cc")) == [("Liver", "CV15Gy >= 700 cc")]


@pytest.mark.parametrize(
    "words", ["nicht", "soll nicht mehr als", "kein", "not", "never above", "not necessarily below"]
)
def test_words_around_a_comparison_that_may_turn_it_are_refused(tmp_path, words):
    refused(tmp_path, f"Organ;Goal\nHeart;V25Gy {words} < 10 %")


@pytest.mark.parametrize(
    "text",
    [
        '{"computed":' + "[" * 200_000 + "]" * 200_000 + "}",  # nested beyond what a JSON reader follows
        "Structure,Metric,Limit\n" + "A" * 200_000 + ",Dmean,<26 Gy\n",  # a cell larger than csv reads
    ],
)
def test_what_no_reader_can_hold_is_a_usage_error(tmp_path, text):
    path = tmp_path / "huge.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"no row of headings|line 2: a cell is longer"):
        import_protocol(path)


def test_a_long_table_is_read_in_time_that_grows_with_its_rows(tmp_path):
    """19 times the rows took 360 times as long when each limit was compared with all before it."""

    def seconds(rows: int) -> float:
        path = tmp_path / f"{rows}.csv"
        lines = (f"S{row},Dmean,<{row % 60 + 1} Gy" for row in range(rows))
        path.write_text("\n".join(("Structure,Metric,Limit", *lines)), encoding="utf-8")
        begin = time.process_time()
        assert len(import_protocol(path).protocol.constraints) == rows
        return time.process_time() - begin

    seconds(100)
    few, many = min(seconds(1000), seconds(1000)), seconds(8000)
    assert many < 20 * few
