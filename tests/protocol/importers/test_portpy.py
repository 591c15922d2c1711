"""PortPy clinical criteria: what they become, and what is named as lost. The files are ours, in their form."""

import json
from pathlib import Path
from typing import Any

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.importers import Imported, import_protocol


def criterion(kind: str, structure: str, limits: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": {"structure_name": structure, **parameters}, "constraints": limits}


def imported(folder: Path, *criteria: dict[str, Any]) -> Imported:
    document = {
        "disease_site": "Lung",
        "protocol_name": "Ours",
        "pres_per_fraction_gy": 2,
        "num_of_fractions": 30,
        "criteria": list(criteria),
    }
    path = folder / "ours.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return import_protocol(path)


@pytest.mark.parametrize(
    ("one", "structure", "goal"),
    [
        (criterion("max_dose", "CORD", {"limit_dose_gy": 50}), "SpinalCord", "Dmax <= 50 Gy"),
        (criterion("max_dose", "RECTUM", {"limit_dose_perc": 102}), "Rectum", "Dmax <= 102 %"),
        (criterion("mean_dose", "LUNG_L", {"limit_dose_gy": 20}), "Lung_L", "Dmean <= 20 Gy"),
        (criterion("dose_volume_V", "HEART", {"limit_volume_perc": 50}, dose_gy=30), "Heart", "V30Gy <= 50 %"),
        (criterion("dose_volume_V", "LIVER", {"limit_volume_cc": 300}, dose_gy=15), "Liver", "V15Gy <= 300 cc"),
        (criterion("dose_volume_D", "RECTUM", {"limit_dose_perc": 76}, volume_cc=8), "Rectum", "D8cc <= 76 %"),
        (criterion("dose_volume_D", "BLADDER", {"limit_dose_gy": 46}, volume_perc=50), "Bladder", "D50% <= 46 Gy"),
    ],
)
def test_a_criterion_becomes_a_goal(tmp_path, one, structure, goal):
    result = imported(tmp_path, one)
    assert [(found.structures, found.goal.text) for found in result.protocol.constraints] == [((structure,), goal)]
    assert result.losses == ()


def test_a_criterion_may_call_its_type_a_name(tmp_path):
    one = {"name": "max_dose", "parameters": {"structure_name": "SKIN"}, "constraints": {"limit_dose_gy": 60}}
    assert imported(tmp_path, one).protocol.constraints[0].goal.text == "Dmax <= 60 Gy"


def test_a_limit_with_a_goal_is_the_variation_of_the_goal(tmp_path):
    result = imported(tmp_path, criterion("mean_dose", "ESOPHAGUS", {"limit_dose_gy": 34, "goal_dose_gy": 21}))
    (one,) = result.protocol.constraints
    assert one.goal.text == "Dmean <= 21 Gy"
    assert one.variation is not None
    assert (one.variation.text, one.priority) == ("Dmean <= 34 Gy", "required")


def test_a_goal_alone_is_advisory(tmp_path):
    result = imported(tmp_path, criterion("dose_volume_V", "HEART", {"goal_volume_perc": 48}, dose_gy=30))
    assert result.protocol.constraints[0].priority == "advisory"


def test_a_boolean_structure_is_derived(tmp_path):
    definition = {"type": "boolean", "expression": "(LUNG_L | LUNG_R) - GTV"}
    result = imported(
        tmp_path, criterion("mean_dose", "LUNGS_NOT_GTV", {"limit_dose_gy": 21}, structure_def=definition)
    )
    texts = {one.name: one.derive_text for one in result.protocol.structures}
    assert texts == {"LUNGS_NOT_GTV": "(Lung_L | Lung_R) - GTV"}


def test_prescription_and_fractions_are_carried_over(tmp_path):
    protocol = imported(tmp_path, criterion("max_dose", "CORD", {"limit_dose_gy": 50})).protocol
    assert (protocol.title, protocol.site) == ("Ours", "Lung")
    assert protocol.prescription is not None
    assert protocol.prescription.dose_gy is not None
    assert (protocol.prescription.dose_gy.low, protocol.prescription.dose_gy.high) == (60, 60)
    assert protocol.fractions is not None
    assert protocol.fractions.text == "30"


def test_what_has_no_metric_is_lost_by_name(tmp_path):
    result = imported(
        tmp_path,
        criterion("homogeneity", "PTV", {"limit_dose_gy": 1}),
        criterion("max_dose", "HEART", {"limit_dose_gy": 50}),
    )
    assert result.losses == ('criterion 1, PTV: the criterion "homogeneity"',)
    assert len(result.protocol.constraints) == 1


# --- which way a limit points -------------------------------------------------------------------------------------

KEPT = criterion("max_dose", "HEART", {"limit_dose_gy": 50})


def goals(result: Imported) -> list[str]:
    return [one.goal.text for one in result.protocol.constraints]


@pytest.mark.parametrize(
    ("one", "goal"),
    [
        (
            criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5, "bound_type": "lower"}, volume_perc=95),
            "D95% >= 47.5 Gy",
        ),
        (
            criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5, "bound_type": "upper"}, volume_perc=2),
            "D2% <= 47.5 Gy",
        ),
        (
            criterion("dose_volume_V", "PTV", {"limit_volume_perc": 95, "bound_type": "lower"}, dose_perc=95),
            "V95% >= 95 %",
        ),
        (criterion("mean_dose", "PTV", {"limit_dose_gy": 50, "bound_type": "lower"}), "Dmean >= 50 Gy"),
        (criterion("min_dose", "PTV", {"limit_dose_gy": 45}), "Dmin >= 45 Gy"),
        # 700 cc of liver are to be spared: below 15 Gy at least, or at most 15 Gy in the coldest 700 cc.
        (criterion("dose_volume_V", "LIVER", {"limit_volume_cc": 700}, dose_gy=15, coldest=True), "CV15Gy >= 700 cc"),
        (criterion("dose_volume_D", "LIVER", {"limit_dose_gy": 15}, volume_cc=700, coldest=True), "DC700cc <= 15 Gy"),
        (criterion("dose_volume_V", "LIVER", {"limit_volume_cc": 300}, dose_gy=15, coldest=False), "V15Gy <= 300 cc"),
        (
            criterion(
                "dose_volume_V", "LIVER", {"limit_volume_cc": 700, "bound_type": "upper"}, dose_gy=15, coldest=True
            ),
            "CV15Gy <= 700 cc",
        ),
        (criterion("max_dose", "GTV", {"limit_dose_gy": "1.15*prescription_gy"}), "Dmax <= 115 %"),
        (
            criterion(
                "dose_volume_V", "PTV", {"limit_volume_perc": 95, "bound_type": "lower"}, dose_gy="prescription_gy"
            ),
            "V100% >= 95 %",
        ),
    ],
)
def test_bound_type_and_coldest_say_which_way_a_limit_points(tmp_path, one, goal):
    result = imported(tmp_path, one)
    assert (goals(result), result.losses) == ([goal], ())


@pytest.mark.parametrize(
    "one",
    [
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5, "bound_type": "at_least"}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5, "sense": "lower"}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5}, volume_perc=95, side="cold"),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5}, volume_perc=95, coldest="yes"),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5}, volume_perc=95, volume_cc=3),
        criterion("dose_volume_D", "PTV", {"limit_volume_cc": 47.5}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": 47.5, "limit_dose_perc": 95}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": "47.5"}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": "prescription_gy - 2"}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": float("nan")}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {"limit_dose_gy": True}, volume_perc=95),
        criterion("dose_volume_D", "PTV", {}, volume_perc=95),
        criterion("max_dose", "PTV", {"limit_dose_gy": 47.5}, volume_cc=0.03),
        criterion("max_dose", "PTV", {"limit_volume_perc": 5}),
        {**criterion("max_dose", "PTV", {"limit_dose_gy": 47.5}), "invert": True},
        {**criterion("max_dose", "PTV", {"limit_dose_gy": 47.5}), "name": "min_dose"},
        {"type": "max_dose", "parameters": ["PTV"], "constraints": {"limit_dose_gy": 47.5}},
        {"type": "max_dose", "parameters": {"structure_name": "PTV"}, "constraints": [47.5]},
        "max_dose PTV 47.5",
    ],
)
def test_a_criterion_with_anything_unknown_is_a_loss_and_never_a_limit(tmp_path, one):
    result = imported(tmp_path, one, KEPT)
    assert goals(result) == ["Dmax <= 50 Gy"]
    assert result.losses
    assert all(loss.startswith("criterion 1") for loss in result.losses)


def test_a_key_that_occurs_twice_is_refused(tmp_path):
    path = tmp_path / "twice.json"
    path.write_text('{"criteria": [{"type": "max_dose", "type": "min_dose"}]}', encoding="utf-8")
    with pytest.raises(UsageError, match='"type" occurs twice'):
        import_protocol(path)


def test_a_goal_looser_than_its_limit_never_takes_the_place_of_the_limit(tmp_path):
    result = imported(tmp_path, criterion("mean_dose", "HEART", {"limit_dose_gy": 20, "goal_dose_gy": 25}))
    (one,) = result.protocol.constraints
    assert (one.goal.text, one.variation, one.priority) == ("Dmean <= 20 Gy", None, "required")
    assert result.losses


# --- derived structures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ("LARYNX - PTV", "Larynx - PTV"),
        ({"type": "boolean", "expression": "LARYNX & PTV"}, "Larynx & PTV"),
        ("(LUNG_L | LUNG_R) & HEART", "(Lung_L | Lung_R) & Heart"),
    ],
)
def test_a_structure_definition_may_be_a_text_or_an_entry(tmp_path, stated, text):
    result = imported(tmp_path, criterion("max_dose", "OURS", {"limit_dose_gy": 50}, structure_def=stated))
    assert [one.derive_text for one in result.protocol.structures] == [text]


@pytest.mark.parametrize(
    "stated",
    [
        "LUNG_L - (PTV + 2)",  # of what unit?
        "LARYNX | PTV - CORD",  # which binds first?
        "CORD-TREATED",  # a name, or the cord less something?
        {"type": "boolean", "expression": "LARYNX - PTV", "margin": 3},
        {"type": "margin", "expression": "LARYNX"},
        {"type": "boolean"},
        ["LARYNX"],
    ],
)
def test_a_limit_is_lost_with_the_definition_of_its_structure(tmp_path, stated):
    result = imported(tmp_path, criterion("max_dose", "PTV", {"limit_dose_gy": 47.5}, structure_def=stated), KEPT)
    assert goals(result) == ["Dmax <= 50 Gy"]
    assert result.losses


def test_a_name_that_is_derived_in_two_ways_has_only_the_first_limit(tmp_path):
    result = imported(
        tmp_path,
        criterion("max_dose", "OURS", {"limit_dose_gy": 50}, structure_def="LARYNX - PTV"),
        criterion("max_dose", "OURS", {"limit_dose_gy": 60}, structure_def="LARYNX & PTV"),
    )
    assert goals(result) == ["Dmax <= 50 Gy"]
    assert "Larynx - PTV" in result.losses[0]


@pytest.mark.parametrize("value", ["thirty", -1, [30], True])
def test_a_number_of_fractions_that_is_none_is_a_loss(tmp_path, value):
    path = tmp_path / "ours.json"
    path.write_text(json.dumps({"num_of_fractions": value, "criteria": [KEPT]}), encoding="utf-8")
    result = import_protocol(path)
    assert result.protocol.fractions is None
    assert "num_of_fractions" in result.losses[0]


def test_the_protocol_file_is_read_back(tmp_path):
    definition = {"type": "boolean", "expression": "(LUNG_L | LUNG_R) - GTV"}
    result = imported(
        tmp_path,
        criterion("max_dose", "PTV", {"limit_dose_gy": 69, "goal_dose_gy": 66}),
        criterion("mean_dose", "LUNGS_NOT_GTV", {"limit_dose_gy": 21}, structure_def=definition),
    )
    path = tmp_path / "read_back.yaml"
    path.write_text(result.yaml, encoding="utf-8")
    assert [one.goal.text for one in load_protocol(path).constraints] == ["Dmax <= 66 Gy", "Dmean <= 21 Gy"]
