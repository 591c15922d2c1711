"""NTCP and TCP as goals: models of the protocol, named with their sources, against closed forms of uniform doses."""

import math

import pytest
from support.known_plans import box, check, constraints, outcomes, write_plan

import rtcheck
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml

LKB = "{type: LKB, n: 0.5, m: 0.2, td50: 24, fraction_dose: 2, alpha_beta: 3, endpoint: late, source: a test}"
POISSON = "{type: Poisson, alpha: 0.3, alpha_beta: 10, clonogens_per_cc: 10, source: a test}"
MODELS = f"models:\n  organ: {LKB}\n  tumour: {POISSON}"


def test_ntcp_of_a_uniform_dose_is_the_normal_distribution_at_its_equivalent_dose(plan):
    """20 Gy in 25 fractions of 0.8 Gy are 20 (0.8 + 3) / (2 + 3) = 15.2 Gy in 2 Gy fractions: u = -8.8 / 4.8."""
    expected = 100 * 0.5 * math.erfc(8.8 / 4.8 / math.sqrt(2))
    (found,) = check(plan, constraints("PTV: NTCP[organ] < 5 %", more=MODELS)).json()["constraints"]
    assert found["value"] == pytest.approx(expected, rel=1e-3)
    assert (found["unit"], found["outcome"], found["metric"]) == ("%", "met", "NTCP[organ]")
    assert any("LKB, n 0.5, m 0.2, TD50 24 Gy" in note and "a test" in note for note in found["notes"])


def test_tcp_of_a_uniform_dose_is_poisson_with_the_cells_of_its_volume(plan):
    """12 cc of 10 cells; BED = 20 (1 + 0.8 / 10) = 21.6 Gy."""
    expected = 100 * math.exp(-120 * math.exp(-0.3 * 21.6))
    (found,) = check(plan, constraints("PTV: TCP[tumour] >= 90 %", more=MODELS)).json()["constraints"]
    assert found["value"] == pytest.approx(expected, rel=1e-3)
    assert found["outcome"] == "violated"


def test_at_a_dose_scale_where_it_meets_the_limit_the_outcome_changes(plan):
    """u = 0 at a limit of 50 %: EQD2 of 24 Gy, D (D / 25 + 3) / 5 = 24, D = 28.8 Gy."""
    (found,) = check(plan, constraints("PTV: NTCP[organ] < 50 %", more=MODELS)).json()["constraints"]
    dose_gy = (-3 + math.sqrt(9 + 4 * 24 * 5 / 25)) / 2 * 25
    assert found["headroom"]["scale"] == pytest.approx(dose_gy / 20, rel=1e-3)


def test_a_target_outside_the_dose_has_no_tcp(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("PTV", type="PTV", at_mm=(95.0, 0.0, 0.0))])
    assert outcomes(check(plan, constraints("PTV: TCP[tumour] >= 1 %", more=MODELS))) == ["not_evaluated"]


def test_a_surrogate_proves_nothing_about_ntcp(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("SpinalCanal")])
    text = constraints("{structure: SpinalCord, surrogates: SpinalCanal, goal: 'NTCP[organ] < 50 %'}", more=MODELS)
    assert outcomes(check(plan, text)) == ["not_evaluated"]


FAULTS = {
    "PTV: NTCP[organs] < 5 %": 'no model "organs" is defined under models; did you mean organ',
    "PTV: NTCP[tumour] < 5 %": 'the model "tumour" is not one of NTCP',
    "PTV: TCP[organ] > 5 %": 'the model "organ" is not one of TCP',
    "PTV: NTCP < 5 %": "expected the name of a model after NTCP",
    "PTV: NTCP[organ] < 5 Gy": "NTCP is a probability: expected %",
    "PTV: NTCP[organ] < 5": 'expected a unit after "NTCP',
    "PTV: NTCP[] < 5 %": "expected the name of a model in the brackets",
}


@pytest.mark.parametrize(("line", "fault"), FAULTS.items())
def test_a_fault_of_a_model_is_found_where_it_stands(line, fault):
    with pytest.raises(rtcheck.ProtocolError) as raised:
        rtcheck.parse_protocol(constraints(line, more=MODELS))
    assert fault in str(raised.value)


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("{type: LKB, n: 1, m: 0.2, alpha_beta: 3, fraction_dose: 2, source: x}", 'needs "td50"'),
        (POISSON.replace("alpha: 0.3", "alpha: 0.3, n: 1"), '"n" does not belong to a model of type Poisson'),
        (LKB.replace(", source: a test", ""), 'a model needs "source"'),
    ],
)
def test_a_model_is_whole_or_a_fault(model, fault):
    with pytest.raises(rtcheck.ProtocolError) as raised:
        rtcheck.parse_protocol(constraints("PTV: Dmax < 5 Gy", more=f"models:\n  mine: {model}"))
    assert fault in str(raised.value)


def test_models_survive_a_round_trip_and_can_be_replaced_by_an_extending_protocol(tmp_path):
    own = rtcheck.parse_protocol(constraints("PTV: NTCP[organ] < 5 %", "PTV: TCP[tumour] > 5 %", more=MODELS))
    assert rtcheck.parse_protocol(protocol_to_yaml(own)).constraints[0].goal == own.constraints[0].goal
    (tmp_path / "base.yaml").write_text(protocol_to_yaml(own), encoding="utf-8")
    (tmp_path / "more.yaml").write_text(f"name: x\nextends: base.yaml\nmodels:\n  organ: {LKB.replace('24', '30')}\n")
    assert rtcheck.load_protocol(tmp_path / "more.yaml").constraints[0].goal.metric.model.td50_gy == 30


def test_the_included_model_needs_no_definition():
    assert rtcheck.parse_metric("NTCP[liver_primary_dawson]").model.td50_gy == 39.8
