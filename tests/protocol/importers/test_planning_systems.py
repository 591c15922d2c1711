"""Goals in the files of planning systems: what each becomes, and what is refused. The files are ours, in their form."""

import json
from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol.importers import Imported, NothingImportedError, import_protocol


def imported(folder: Path, text: str, *, name: str = "ours.xml", part: str = "") -> Imported:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return import_protocol(path, part=part)


def goals(result: Imported) -> list[str]:
    return [one.goal.text for one in result.protocol.constraints]


# RayStation, XML


def raystation(*rois: str, head: str = "", order: str = "An order") -> str:
    body = "".join(f"<roi><name>Heart</name>{roi}</roi>" for roi in rois)
    return f"<protocol><name>Ours</name><order><name>{order}</name>{head}<goals>{body}</goals></order></protocol>"


GY, PERCENT, CC = '<dose units="Gy">26</dose>', '<volume units="%">30</volume>', '<volume units="cc">0.1</volume>'


@pytest.mark.parametrize(
    ("roi", "goal"),
    [
        (f'<type dir="le">VX</type>{PERCENT}{GY}', "V26Gy <= 30 %"),
        (f'<type dir="lt">VX</type>{CC}{GY}', "V26Gy < 0.1 cc"),
        (f'<type dir="ge">DX</type>{PERCENT}{GY}', "D30% >= 26 Gy"),
        (f'<type dir="gt">DX</type>{CC}{GY}', "D0.1cc > 26 Gy"),
        (f'<type dir="lt">DX</type><volume units="cc" type="residual">700</volume>{GY}', "CV26Gy >= 700 cc"),
        (f"<type>Mean</type>{GY}", "Dmean <= 26 Gy"),
        (f"<type>VX</type>{PERCENT}{GY}", "V26Gy <= 30 %"),  # AtMost in the scripts
        (f"<type>DX</type>{CC}{GY}", "D0.1cc <= 26 Gy"),
        (f'<type dir="ge">Mean</type>{GY}', "Dmean >= 26 Gy"),
        (f"<type>Max</type>{GY}", "Dmax <= 26 Gy"),
        (f"<type>Max</type>{CC}{GY}", "D0.1cc <= 26 Gy"),
        (f"<type>Min</type>{GY}", "Dmin >= 26 Gy"),
        (f"<type>Min</type>{CC}{GY}", "DC0.1cc >= 26 Gy"),  # all but 0.1 cc receive it
        ('<type>Mean</type><dose units="cGy">2600</dose>', "Dmean <= 26 Gy"),
    ],
)
def test_a_raystation_goal(tmp_path, roi, goal):
    result = imported(tmp_path, raystation(roi))
    assert goals(result) == [goal]
    assert result.losses == ()


@pytest.mark.parametrize("kind", ["DX", "VX"])
def test_a_raystation_goal_of_a_target_needs_its_direction(tmp_path, kind):
    text = raystation(f"<type>{kind}</type>{PERCENT}{GY}", f"<type>Max</type>{GY}").replace("Heart", "PTV")
    result = imported(tmp_path, text)
    assert goals(result) == ["Dmax <= 26 Gy"]
    assert "goal 1, PTV" in result.losses[0]


def test_the_reference_of_a_raystation_goal_is_its_source(tmp_path):
    result = imported(tmp_path, raystation(f"<type>Mean</type><ref>RTOG 0813</ref>{GY}"))
    (one,) = result.protocol.constraints
    assert [each.citation for each in result.protocol.sources if each.id == one.source] == ["RTOG 0813"]


def test_a_raystation_goal_of_one_beam_set_is_kept_and_listed(tmp_path):
    result = imported(tmp_path, raystation(f"<type>Mean</type>{GY}<association>Beamset</association>"))
    assert goals(result) == ["Dmean <= 26 Gy"]
    assert "of one Beamset" in result.losses[0]


def test_a_raystation_dose_in_percent_is_of_the_target_that_it_names(tmp_path):
    (one,) = imported(
        tmp_path,
        raystation(f'<type dir="le">VX</type>{CC}<dose units="%" roi="PTV_p1">110</dose><priority>3</priority>'),
    ).protocol.constraints
    assert (one.goal.text, one.target, one.priority) == ("V110% <= 0.1 cc", "PTV_p1", "3")


@pytest.mark.parametrize(
    "roi",
    [
        f'<type dir="eq">VX</type>{PERCENT}{GY}',
        f'<type dir="ge">Max</type>{GY}',
        f'<type dir="le">Min</type>{GY}',
        f'<type dir="lt" know="resid_vol">DX</type>{CC}{GY}',
        f'<type dir="le">VX</type><volume>5</volume>{GY}',  # no unit
        f'<type dir="le">VX</type><volume units="%">200</volume>{GY}',
        f'<type dir="le">VX</type>{PERCENT}<dose units="%">50</dose>',  # of which target
        f'<type dir="le">VX</type>{PERCENT}<dose units="Gy">1,5</dose>',
        f'<type dir="le">VX</type>{PERCENT}{GY}{GY}',
        f'<type dir="le">VX</type>{PERCENT}{GY}<condition>only if</condition>',
        '<type dir="ge">CI</type><dose units="Gy">50</dose><index>0.9</index>',
        f'<type dir="le">Mean</type>{PERCENT}{GY}',
        f"<type>Min</type>{PERCENT}{GY}",
    ],
)
def test_a_raystation_goal_with_two_readings_is_refused(tmp_path, roi):
    with pytest.raises(NothingImportedError):
        imported(tmp_path, raystation(roi))


def test_a_raystation_goal_for_an_unknown_number_of_fractions_is_a_loss(tmp_path):
    fractions = "<fractions>some</fractions>"
    result = imported(tmp_path, raystation(f"<type>Max</type>{GY}{fractions}", f"<type>Mean</type>{GY}"))
    assert goals(result) == ["Dmean <= 26 Gy"]
    assert result.losses == ('goal 1, Heart: omitted: the fractions "some" are not a number or a range',)


def test_orders_for_other_plans_are_not_mixed(tmp_path):
    one = f"<order><name>A</name><goals><roi><name>Heart</name><type>Mean</type>{GY}</roi></goals></order>"
    two = one.replace("<name>A<", "<name>B<").replace("26", "13")
    text = f"<protocol>{one}{two}</protocol>"
    with pytest.raises(UsageError, match="--part NAME"):
        imported(tmp_path, text)
    with pytest.raises(UsageError, match="none of its parts"):
        imported(tmp_path, text, part="C")
    assert goals(imported(tmp_path, text, part="b")) == ["Dmean <= 13 Gy"]


def test_an_order_states_its_prescription_and_its_objectives_are_counted_as_losses(tmp_path):
    head = (
        '<prescription><roi><name>PTV</name><dose units="Gy">45</dose></roi><fractions>5</fractions></prescription>'
        "<objectives><roi><name>Ring</name></roi></objectives>"
    )
    result = imported(tmp_path, raystation(f"<type>Mean</type>{GY}", head=head))
    rule = result.protocol.prescription
    assert rule is not None
    assert rule.single_dose_gy == 45
    assert result.protocol.fractions is not None
    assert result.protocol.fractions.low == 5
    assert result.losses == ("the order: 1 objectives of the optimiser, which are not goals",)


def test_goal_sets_keep_their_fractions(tmp_path):
    goal = f"<roi><name>Brain</name><type>Mean</type>{GY}<fractions>3</fractions></roi>"
    (one,) = imported(tmp_path, f"<goalsets><set><name>3Fx</name>{goal}</set></goalsets>").protocol.constraints
    assert one.fractions is not None
    assert (one.fractions.low, one.fractions.high) == (3, 3)


# RayStation, as a script reads it


@pytest.mark.parametrize(
    ("kind", "at", "level", "goal"),
    [
        ("VolumeAtDose", 2000, 0.3, "V20Gy <= 30 %"),
        ("AbsoluteVolumeAtDose", 2000, 5, "V20Gy <= 5 cc"),
        ("DoseAtVolume", 0.95, 4750, "D95% <= 47.5 Gy"),
        ("DoseAtAbsoluteVolume", 0.03, 4500, "D0.03cc <= 45 Gy"),
        ("AverageDose", 0, 2600, "Dmean <= 26 Gy"),
    ],
)
def test_a_goal_as_raystation_states_it(tmp_path, kind, at, level, goal):
    stated = {
        "RoiName": "Heart",
        "GoalCriteria": "AtMost",
        "Type": kind,
        "ParameterValue": at,
        "AcceptanceLevel": level,
    }
    text = json.dumps({"form": "RayStation clinical goals", "goals": [stated]})
    result = imported(tmp_path, text, name="ours.json")
    assert (goals(result), result.losses) == ([goal], ())


RAYSTATION = (
    "RoiName,GoalCriteria,GoalType,PrimaryAcceptanceLevel,SecondaryAcceptanceLevel,ParameterValue,IsComparativeGoal,"
    "Priority\n"
)
CORD = "SpinalCord,AtMost,DoseAtAbsoluteVolume,4500,4750,0.03,False,{}\n"


@pytest.mark.parametrize(
    ("rank", "priority"), [("2147483647", "required"), ("1", "required"), ("", "required"), ("3", "3")]
)
def test_a_raystation_goal_without_a_priority_of_its_own_is_required(tmp_path, rank, priority):
    """2147483647, the greatest whole number of 32 bits, is what RayStation has where the user states no priority."""
    result = imported(tmp_path, RAYSTATION + CORD.format(rank), name="ours.csv")
    (one,) = result.protocol.constraints
    assert (one.priority, one.goal.text, one.variation.text) == (priority, "D0.03cc <= 45 Gy", "D0.03cc <= 47.5 Gy")
    assert result.losses == ()


@pytest.mark.parametrize("separator", [";", "\t", ", "])
def test_a_raystation_table_that_a_spreadsheet_wrote_again_is_the_same(tmp_path, separator):
    text = (RAYSTATION + CORD.format(1)).replace(",", separator)
    if separator == ";":
        text = text.replace("0.03", "0,03")
    assert goals(imported(tmp_path, text, name="ours.csv")) == ["D0.03cc <= 45 Gy"]


def test_a_raystation_table_of_an_older_version_has_one_level(tmp_path):
    text = "GoalType,RoiName,Priority,GoalCriteria,ParameterValue,AcceptanceLevel\nAverageDose,Heart,1,AtMost,0,2600\n"
    assert goals(imported(tmp_path, text, name="ours.csv")) == ["Dmean <= 26 Gy"]


@pytest.mark.parametrize(
    "row",
    [
        "Lung_L,AtMost,VolumeAtDose,30,,2000,False,1",  # a share is from 0 to 1
        "Lung_L,AtMost,DoseAtVolume,2000,,30,False,1",
        "Heart,AtMost,AverageDose,26 Gy,,0,False,1",
        "Heart,AtMost,AverageDose,2_600,,0,False,1",
        "Heart,AtMost,AverageDose,inf,,0,False,1",
        "Heart,AtMost,AverageDose,0.8,,0,True,1",
        "Heart,Below,AverageDose,2600,,0,False,1",
    ],
)
def test_a_raystation_row_whose_numbers_do_not_fit_is_refused(tmp_path, row):
    result = imported(tmp_path, RAYSTATION + CORD.format(1) + row + "\n", name="ours.csv")
    assert goals(result) == ["D0.03cc <= 45 Gy"]
    assert len(result.losses) == 1


def test_a_raystation_goal_of_one_beam_set_is_listed_as_such_and_a_comparative_one_refused(tmp_path):
    stated = {"RoiName": "Heart", "GoalCriteria": "AtMost", "Type": "AverageDose", "AcceptanceLevel": 2600}
    rows = [{**stated, "OfBeamSet": True}, {**stated, "AcceptanceLevel": 0.8, "IsComparativeGoal": True}]
    result = imported(tmp_path, json.dumps({"form": "RayStation clinical goals", "goals": rows}), name="ours.json")
    assert goals(result) == ["Dmean <= 26 Gy"]
    assert [each.partition(": ")[2][:30] for each in result.losses] == [
        "it is of one beam set of the plan, not"[:30], "a comparative goal: its limit is"[:30],
    ]  # fmt: skip


# Eclipse


def eclipse(*items: str) -> str:
    return (
        '<Protocol xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<Preview ID="Ours" TreatmentSite="Lung"/><Phases>'
        f"<Phase><FractionCount>25</FractionCount><Prescription>{''.join(items)}</Prescription></Phase></Phases></Protocol>"
    )


def index(kind: int, modifier: int, value: float, at: float | str = "", absolute: str = "true", more: str = "") -> str:
    return (
        f'<MeasureItem ID="Heart"><Type>{kind}</Type><Modifier>{modifier}</Modifier><Value>{value}</Value>'
        f"<TypeSpecifier>{at}</TypeSpecifier><ReportDQPValueInAbsoluteUnits>{absolute}</ReportDQPValueInAbsoluteUnits>"
        f"{more}</MeasureItem>"
    )


def item(modifier: int, total: float, volume: float = 0, dose: float | str = "") -> str:
    return (
        f'<Item ID="Heart" Primary="false"><Type>0</Type><Modifier>{modifier}</Modifier><Parameter>{volume}</Parameter>'
        f"<Dose>{dose}</Dose><TotalDose>{total}</TotalDose></Item>"
    )


@pytest.mark.parametrize(
    ("stated", "goal"),
    [
        (index(2, 1, 30, 50, "false"), "V50% < 30 %"),
        (index(3, 1, 30, 20, "false"), "V20Gy < 30 %"),
        (index(4, 0, 47.5, 95), "D95% > 47.5 Gy"),
        (index(4, 0, 95, 95, "false"), "D95% > 95 %"),
        (index(5, 1, 45, 0.1), "D0.1cc < 45 Gy"),
        (index(8, 1, 26), "Dmean < 26 Gy"),
        (item(0, 47.5, 95, 1.9), "V47.5Gy >= 95 %"),
        (item(1, 20, 30), "V20Gy <= 30 %"),
        (item(7, 50), "Dmean > 50 Gy"),
        (item(8, 26), "Dmean < 26 Gy"),
        (item(9, 45), "Dmin > 45 Gy"),
        (item(10, 55), "Dmax < 55 Gy"),
    ],
)
def test_an_eclipse_goal_whose_codes_are_agreed_on(tmp_path, stated, goal):
    result = imported(tmp_path, eclipse(stated))
    assert (goals(result), result.losses) == ([goal], ())
    assert result.protocol.site == "Lung"


@pytest.mark.parametrize(
    "stated",
    [
        index(8, 3, 26),  # at least or at most
        index(8, 4, 26),
        index(8, 2, 26),
        index(6, 1, 45),  # minimum or maximum
        index(7, 1, 45),
        index(3, 1, 5000, 20),  # mm3 or cc
        index(0, 1, 1.2),
        index(8, 1, 26, absolute="maybe"),
        index(8, 1, 26, more="<Unit>2</Unit>"),
        item(2, 50),
        item(3, 50),
        item(4, 50),
        item(1, 20, 30, 2),  # 2 Gy by 25 fractions are not 20 Gy
        item(1, 20, 130),
    ],
)
def test_an_eclipse_goal_with_a_disputed_code_is_refused(tmp_path, stated):
    with pytest.raises(NothingImportedError):
        imported(tmp_path, eclipse(stated))


def test_an_eclipse_variation_and_rank(tmp_path):
    more = "<Priority>2</Priority><VariationAcceptable>30</VariationAcceptable>"
    (one,) = imported(tmp_path, eclipse(index(8, 1, 26, more=more))).protocol.constraints
    assert one.variation is not None
    assert (one.variation.text, one.priority) == ("Dmean < 30 Gy", "2")


# Monaco


def monaco(kind: int, *, dose: object = 2600, volume: object = 0, tolerance: object = 0, more: str = "") -> str:
    goal = (
        f"<DoseGoalData><GoalType>{kind}</GoalType><Dose>{dose}</Dose><Volume>{volume}</Volume>"
        f"<Tolerance>{tolerance}</Tolerance>{more}</DoseGoalData>"
    )
    return (
        "<MonacoDvhCriteria><DoseStructureParameters><DoseStructureParametersData><StructName>Heart</StructName>"
        f"<DoseGoals>{goal}</DoseGoals></DoseStructureParametersData></DoseStructureParameters></MonacoDvhCriteria>"
    )


UPPER = "<MeanDoseMaximum>2600</MeanDoseMaximum><MeanDoseMaxTolerance>200</MeanDoseMaxTolerance>"


@pytest.mark.parametrize(
    ("text", "goal", "variation"),
    [
        (monaco(1), "Dmin >= 26 Gy", ""),
        (monaco(2, tolerance=100), "Dmax <= 26 Gy", "Dmax <= 27 Gy"),
        (monaco(3, dose="INF", more=UPPER), "Dmean <= 26 Gy", "Dmean <= 28 Gy"),
        (monaco(5, volume=95, tolerance=100), "D95% >= 26 Gy", "D95% >= 25 Gy"),
        (monaco(6, volume=500), "D0.5cc >= 26 Gy", ""),
        (monaco(7, volume=2), "D2% <= 26 Gy", ""),
        (monaco(8, volume=500), "D0.5cc <= 26 Gy", ""),
        (monaco(9, volume=95, tolerance=5), "V26Gy >= 95 %", "V26Gy >= 90 %"),
        (monaco(10, volume=700000), "V26Gy >= 700 cc", ""),
        (monaco(11, volume=30, tolerance=5), "V26Gy <= 30 %", "V26Gy <= 35 %"),
        (monaco(12, volume=5000, tolerance=1000), "V26Gy <= 5 cc", "V26Gy <= 6 cc"),
    ],
)
def test_a_monaco_goal(tmp_path, text, goal, variation):
    result = imported(tmp_path, text)
    (one,) = result.protocol.constraints
    assert (one.goal.text, one.variation.text if one.variation else "") == (goal, variation)
    assert result.losses == ()


@pytest.mark.parametrize(
    "text", [monaco(13), monaco(4), monaco(5, volume=130), monaco(2, dose="INF"), monaco(2, dose="")]
)
def test_a_monaco_goal_without_a_counterpart_is_refused(tmp_path, text):
    with pytest.raises(NothingImportedError):
        imported(tmp_path, text)


def test_every_list_of_goals_of_a_monaco_structure_is_read(tmp_path):
    more = "</DoseGoals><DoseGoals>"
    second = "<DoseGoalData><GoalType>2</GoalType><Dose>4500</Dose></DoseGoalData><Other><Dose>1</Dose></Other>"
    result = imported(tmp_path, monaco(1).replace("</DoseGoals>", f"{more}{second}</DoseGoals>"))
    assert goals(result) == ["Dmin >= 26 Gy", "Dmax <= 45 Gy"]
    assert ["goal 3" in each for each in result.losses] == [True]


# CERR


def cerr(**roles: object) -> str:
    return json.dumps({"name": "Ours", "numFrx": 15, "structures": {"HEART": {"abRatio": 3, **roles}}})


V20 = {"function": "calc_Vx", "parameters": {"x": {"val": 20}, "volumeType": {"val": 1}}, "limit": 0.3}
MAXIMUM = {"function": "calc_maxDose", "limit": 66}


def test_cerr_criteria_and_guidelines(tmp_path):
    soft = {"MaxPtDose": {**MAXIMUM, "limit": 60}}
    result = imported(tmp_path, cerr(criteria={"V20": V20, "MaxPtDose": MAXIMUM}, guidelines=soft), name="ours.json")
    first, second = result.protocol.constraints
    assert (first.goal.text, second.goal.text) == ("V20Gy <= 30 %", "Dmax <= 60 Gy")
    assert second.variation is not None
    assert second.variation.text == "Dmax <= 66 Gy"
    assert result.protocol.fractions is not None
    assert result.protocol.fractions.high == 15
    assert result.losses == ()


@pytest.mark.parametrize(
    "stated",
    [
        {**V20, "limit": 30},  # a fraction of 1 or percent
        {**V20, "parameters": {"x": {"val": 20}}},
        {"function": "calc_Dx", "parameters": {"x": {"val": 95}, "volumeType": {"val": 1}}, "limit": 60},
        {"function": "ntcp", "parameters": {"modelFile": "a.json"}, "limit": 0.2},
        {**MAXIMUM, "sense": "lower"},
        {**MAXIMUM, "function": {"name": "calc_maxDose"}},
    ],
)
def test_cerr_criteria_without_a_counterpart_are_refused(tmp_path, stated):
    with pytest.raises(NothingImportedError):
        imported(tmp_path, cerr(criteria={"one": stated}), name="ours.json")


def test_cerr_limits_in_percent_and_in_cc_are_two(tmp_path):
    in_cc = {**V20, "parameters": {"x": {"val": 20}, "volumeType": {"val": 0}}, "limit": 500}
    result = imported(tmp_path, cerr(criteria={"a": V20, "b": in_cc, "c": V20}), name="ours.json")
    assert goals(result) == ["V20Gy <= 30 %", "V20Gy <= 500 cc"]
    assert result.losses == ()


@pytest.mark.parametrize("fractions", [10**300, 0.5, -3, "five", 1000])
def test_fractions_that_are_none_are_a_loss(tmp_path, fractions):
    text = json.dumps({**json.loads(cerr(criteria={"V20": V20})), "numFrx": fractions})
    result = imported(tmp_path, text, name="ours.json")
    assert (goals(result), result.protocol.fractions) == (["V20Gy <= 30 %"], None)
    assert [each.startswith("the file: ") for each in result.losses] == [True]


def test_a_list_of_cerr_criteria_is_a_loss(tmp_path):
    text = cerr(criteria=[V20], guidelines={"Max": MAXIMUM})
    result = imported(tmp_path, text, name="ours.json")
    assert goals(result) == ["Dmax <= 66 Gy"]
    assert ["HEART, criteria: expected entries by name" in each for each in result.losses] == [True]


def test_a_number_of_more_digits_than_any_is_a_loss(tmp_path):
    text = cerr(criteria={"a": {**MAXIMUM, "limit": 10**400}, "b": V20})
    result = imported(tmp_path, text, name="ours.json")
    assert goals(result) == ["V20Gy <= 30 %"]
    assert len(result.losses) == 1


@pytest.mark.parametrize("limits", [(45, 50), (50, 45)])
def test_of_two_cerr_limits_on_one_metric_the_stricter_is_kept(tmp_path, limits):
    criteria = {str(limit): {**MAXIMUM, "limit": limit} for limit in limits}
    result = imported(tmp_path, cerr(criteria=criteria), name="ours.json")
    assert goals(result) == ["Dmax <= 45 Gy"]
    assert [each.partition(", ")[2] for each in result.losses] == [
        f"criteria, {limits[1]}: Dmax is limited twice, to {limits[0]} Gy and {limits[1]} Gy; kept 45 Gy"
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (monaco(11, dose="2000", volume=20, tolerance=90), "V20Gy <= 110 %"),
        (monaco(11, dose="2000", volume=20, tolerance=80), "V20Gy <= 100 %"),
    ],
)
def test_a_variation_that_any_plan_meets_is_not_carried_over(tmp_path, text, name):
    result = imported(tmp_path, text)
    assert [one.variation for one in result.protocol.constraints] == [None]
    assert any(f'"{name}" is met by any plan' in each for each in result.losses)


def test_a_dose_that_can_only_be_one_in_cgy_is_refused(tmp_path):
    result = imported(tmp_path, eclipse(index(3, 1, 30, 2000, "false"), index(3, 1, 30, 20, "false")))
    assert goals(result) == ["V20Gy < 30 %"]
    assert "it may be in cGy" in result.losses[0]


# XML of any kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><protocol>&b;</protocol>', "document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><protocol/>', "document type"),
        ("<protocol><goal></goals></protocol>", "not well-formed"),
        ("<a>" * 100 + "</a>" * 100, "levels"),
        ("<TreatmentInstruction><SchemaVersion>2.0</SchemaVersion></TreatmentInstruction>", "Ethos"),
        ("<other/>", "root element other"),
    ],
)
def test_xml_that_is_hostile_torn_or_of_another_form_is_a_usage_error(tmp_path, text, said):
    with pytest.raises(UsageError, match=said):
        imported(tmp_path, text)
