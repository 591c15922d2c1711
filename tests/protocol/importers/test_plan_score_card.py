"""PlanScoreCard score cards: what they become, and what is named as lost. The cards are ours, in their form."""

import json
from pathlib import Path
from typing import Any

import pytest

from rtcheck.errors import UsageError
from rtcheck.geometry.expression import parse_expression
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.importers import Imported, import_protocol
from rtcheck.protocol.importers.yaml_writer import score_point_text


def points(*curve: tuple[float, float], marked: float | None = None) -> list[dict[str, Any]]:
    return [{"PointX": at, "Score": score, "Variation": at == marked, "Colors": []} for at, score in curve]


def metric(kind: str, structure: str, curve: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    named = {"StructureId": structure, "StructureCode": None, "TemplateStructureId": structure}
    return {"Structure": named, "MetricType": kind, "OutputUnit": "Gy", "ScorePoints": curve, **more}


def imported(folder: Path, *metrics: dict[str, Any], **more: Any) -> Imported:
    path = folder / "card.json"
    document = {"TemplateName": "Our card", "Site": "Liver", "Creator": "", "ScoreTemplates": list(metrics), **more}
    path.write_text(json.dumps(document), encoding="utf-8")
    return import_protocol(path)


def goal(result: Imported) -> str:
    return result.protocol.constraints[0].goal.text


FALLING = points((10, 10), (20, 0))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (metric("MaxDose", "Cord", FALLING), "Dmax < 20 Gy"),
        (metric("MeanDose", "Heart", points((1000, 5), (2000, 0)), OutputUnit="cGy"), "Dmean < 20 Gy"),
        (metric("MinDose", "PTV", points((90, 0), (95, 10)), OutputUnit="%"), "Dmin > 90 %"),
        (metric("DoseAtVolume", "Cord", FALLING, InputValue=0.03, InputUnit="CC"), "D0.03cc < 20 Gy"),
        (metric("DoseAtVolume", "PTV", points((90, 0), (95, 10)), InputValue=95, InputUnit="%"), "D95% > 90 Gy"),
        (metric("VolumeAtDose", "Lungs", FALLING, InputValue=20, InputUnit="Gy", OutputUnit="%"), "V20Gy < 20 %"),
        (metric("VolumeAtDose", "Heart", FALLING, InputValue=2500, InputUnit="cGy", OutputUnit="CC"), "V25Gy < 20 cc"),
        (metric("ConformationNumber", "PTV", points((0.6, 0), (0.9, 9)), InputValue=100, InputUnit="%"), "CN > 0.6"),
    ],
)
def test_the_end_of_a_curve_is_the_goal(tmp_path, one, expected):
    assert goal(imported(tmp_path, one)) == expected


def test_700_cc_of_liver_below_15_gy(tmp_path):
    # "D at (V - 700cc)": the highest dose in the 700 cc that receive least.
    curve = points((10, 10), (15, 1), (15, 0))
    result = imported(tmp_path, metric("DoseAtSubVolume", "Liver", curve, InputValue=700, InputUnit="CC"))
    assert goal(result) == "DC700cc <= 15 Gy"  # as the curve has it, in Gy


def test_more_than_700_ml_of_uninvolved_liver(tmp_path):
    result = imported(tmp_path, metric("Volume", "Normal liver", points((700, 0), (900, 10)), OutputUnit="CC"))
    assert (result.protocol.constraints[0].structures, goal(result)) == (("Liver-GTV",), "Volume > 700 cc")


def test_a_point_marked_as_variation_is_the_goal_and_the_end_of_the_curve_the_variation(tmp_path):
    curve = points((40, 10), (45, 5), (50, 0), marked=45)
    (one,) = imported(tmp_path, metric("MaxDose", "Cord", curve)).protocol.constraints
    assert one.goal.text == "Dmax <= 45 Gy"
    assert one.variation is not None
    assert one.variation.text == "Dmax < 50 Gy"


def test_a_step_belongs_to_the_better_score(tmp_path):
    assert goal(imported(tmp_path, metric("MaxDose", "Cord", points((45, 10), (45, 0), (60, 0))))) == "Dmax <= 45 Gy"


@pytest.mark.parametrize(
    ("one", "score"),
    [
        (metric("MaxDose", "Cord", FALLING), ["10 at 10 Gy", "0 at 20 Gy"]),
        (metric("MeanDose", "Heart", points((2000, 0), (1000, 5)), OutputUnit="cGy"), ["5 at 10 Gy", "0 at 20 Gy"]),
        (metric("MaxDose", "Cord", points((45, 0), (45, 10), (60, 0))), ["10 at 45 Gy", "0 at 45 Gy", "0 at 60 Gy"]),
        (metric("MinDose", "PTV", points((45, 5), (45, 0), (50, 9))), ["0 at 45 Gy", "5 at 45 Gy", "9 at 50 Gy"]),
    ],
)
def test_the_points_of_the_curve_are_kept_as_the_score(tmp_path, one, score):
    result = imported(tmp_path, one)
    (constraint,) = result.protocol.constraints
    assert [score_point_text(point, constraint.goal) for point in constraint.score] == score
    assert result.losses == ()


@pytest.mark.parametrize(
    ("one", "lost"),
    [
        (metric("MaxDose", "PTV", points((60, 0), (65, 10), (70, 0))), "not monotonic"),
        (metric("MaxDose", "PTV", points((60, 5))), "not monotonic"),
        (metric("VolumeOfRegret", "PTV", FALLING, InputValue=100, InputUnit="%"), "VolumeOfRegret at 100 %"),
        (metric("HomogeneityIndex", "PTV", FALLING), "HomogeneityIndex"),
        (metric("ConformityIndex", "PTV", FALLING, InputValue=95, InputUnit="%"), "ConformityIndex at 95 %"),
    ],
)
def test_what_the_goal_language_cannot_say_is_lost_by_name(tmp_path, one, lost):
    result = imported(tmp_path, one, metric("MaxDose", "Cord", FALLING))
    assert lost in result.losses[0]
    assert len(result.protocol.constraints) == 1


def test_the_code_names_a_structure_that_its_spelling_does_not(tmp_path):
    one = metric("MeanDose", "OAR 7", FALLING)
    one["Structure"]["StructureCode"] = "7197"
    assert imported(tmp_path, one).protocol.constraints[0].structures == ("Liver",)


def test_the_protocol_file_is_read_back(tmp_path):
    curve = points((40, 10), (45, 5), (50, 0), marked=45)
    result = imported(tmp_path, metric("MaxDose", "My cord", curve), NumberOfFractions=25, DosePerFraction=2.0)
    path = tmp_path / "read_back.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    protocol = load_protocol(path)
    assert [(one.structures, one.goal.text) for one in protocol.constraints] == [(("My cord",), "Dmax <= 45 Gy")]
    assert protocol.fractions is not None
    assert protocol.fractions.text == "25"


def test_json_of_another_form_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"PlanScoreCard JSON"):
        import_protocol(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        import_protocol(tmp_path / "none.json")


# --- what turns a limit round, or its structure into another ------------------------------------------------------

KEPT = metric("MaxDose", "Cord", FALLING)


def built(comment: Any, name: str = "Ours", *, generated: Any = True) -> dict[str, Any]:
    one = metric("MaxDose", name, FALLING)
    one["Structure"] |= {"StructureComment": comment, "AutoGenerated": generated}
    return one


@pytest.mark.parametrize(
    "one",
    [
        {**metric("MaxDose", "PTV", FALLING), "Direction": "Higher"},
        {**metric("MaxDose", "PTV", FALLING), "FailLevel": 30},
        metric("MaxDose", "PTV", [{**point, "Operator": ">"} for point in FALLING]),
        metric("MaxDose", "PTV", [{"PointX": "20", "Score": 0}, {"PointX": 10, "Score": 10}]),
        metric("MaxDose", "PTV", [{"Score": 0}, {"PointX": 10, "Score": 10}]),
        metric("MaxDose", "PTV", ["20"]),
        metric("MaxDose", "PTV", points((45, 10), (45, 0))),  # one place: which side of it is good?
        metric("MaxDose", "PTV", [{**point, "Variation": True} for point in points((10, 10), (15, 5), (20, 0))]),
        metric("DoseAtVolume", "PTV", FALLING, InputUnit="CC"),
        metric("DoseAtVolume", "PTV", FALLING, InputValue="2", InputUnit="CC"),
        metric("DoseAtSubVolume", "PTV", FALLING, InputValue=10, InputUnit="%"),
        metric("MaxDose", "PTV", FALLING, OutputUnit="mGy"),
        {**metric("MaxDose", "PTV", FALLING), "Structure": "PTV"},
        {**metric("MaxDose", "PTV", FALLING), "Structure": {"StructureId": "PTV", "Margin": 3}},
        "MaxDose PTV 20 Gy",
    ],
)
def test_a_metric_with_anything_unknown_is_a_loss_and_never_a_limit(tmp_path, one):
    result = imported(tmp_path, one, KEPT)
    assert [found.structures for found in result.protocol.constraints] == [("SpinalCord",)]
    assert any(loss.startswith("metric 1") for loss in result.losses)


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        ("{<PTV>}", "PTV"),
        ("{<PTV>|5}", "PTV + 5 mm"),
        ("{<PTV>|-3}", "PTV - 3 mm"),
        ("<Liver> SUB <GTV>", "Liver - GTV"),
        ("{<Liver> SUB <GTV>}", "Liver - GTV"),
        ("{<PTV>|20 SUB <PTV>|5}", "(PTV + 20 mm) - (PTV + 5 mm)"),
        ("{<Liver> OR <GTV> SUB <PTV>}", "(Liver | GTV) - PTV"),
        ("{<Left Lung> OR <Right Lung>} SUB {<PTV>|3}|2", "(Lung_L | Lung_R) - ((PTV + 3 mm) + 2 mm)"),
        ("{<PTV>|1^2^3^4^5^6}", "PTV + (L 1, R 2, S 3, I 4, P 5, A 6) mm"),
        ("{<my PTV (1)>|5}", '"my PTV (1)" + 5 mm'),
    ],
)
def test_a_generated_structure_is_derived_by_its_comment(tmp_path, comment, text):
    result = imported(tmp_path, built(comment))
    derived = {one.name: one.derive for one in result.protocol.structures}
    assert derived["Ours"] == parse_expression(text)


@pytest.mark.parametrize(
    "comment", ["{{<PTV> OR <GTV>} SUB <Cord>}", "{<PTV> RING 3*5}", "{<PTV>", "ring of 5 mm", "{<PTV>|5^0^5^5^5^5}", 5]
)
def test_a_metric_of_a_generated_structure_that_cannot_be_read_is_lost(tmp_path, comment):
    result = imported(tmp_path, built(comment, "PTV"), KEPT)
    assert [found.structures for found in result.protocol.constraints] == [("SpinalCord",)]
    assert "PTV" in result.losses[0]


@pytest.mark.parametrize(("comment", "generated"), [("{<GTV>|5}", False), ("", True), (None, True)])
def test_a_comment_on_a_structure_that_is_drawn_derives_nothing(tmp_path, comment, generated):
    result = imported(tmp_path, built(comment, generated=generated))
    assert [one.derive for one in result.protocol.structures] == [None]


def test_a_card_with_generated_structures_is_read_back(tmp_path):
    result = imported(tmp_path, built("{<Liver> SUB <GTV>|5}", "Liver less GTV"))
    path = tmp_path / "read_back.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    (definition,) = [one for one in load_protocol(path).structures if one.derive]
    assert definition.derive == parse_expression("Liver - (GTV + 5 mm)")


def test_points_at_values_below_0_are_lost_and_the_file_is_read_back(tmp_path):
    result = imported(tmp_path, metric("MeanDose", "Heart", points((-1, 9), (10, 5), (20, 0))))
    path = tmp_path / "card.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    (one,) = load_protocol(path).constraints
    assert (one.goal.text, one.score) == ("Dmean < 20 Gy", ())
    assert ["points at values below 0" in each for each in result.losses] == [True]
