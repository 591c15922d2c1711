"""PortPy clinical criteria: what they become, and what is named as lost. The files are ours, in their form."""

import json
from pathlib import Path
from typing import Any

import pytest

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
        criterion("max_dose", "CORD", {"limit_dose_gy": 50, "limit_dose_expr": "0.8*prescription"}),
    )
    assert result.losses == (
        'criterion 1, PTV: the criterion "homogeneity"',
        "criterion 2, CORD: limit_dose_expr: 0.8*prescription",
    )


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
