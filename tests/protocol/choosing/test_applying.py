"""The protocol that a plan calls for: every statement of applies_to must hold, and one protocol alone must fit."""

from itertools import product
from pathlib import Path

import pytest
from support.command_line import run
from support.samples import PASSES

from rtcheck.errors import ProtocolError, UsageError
from rtcheck.protocol.choosing.applying import PlanOutline, fit_of, protocols_in, the_one_that_applies
from rtcheck.protocol.file.load import available_protocols, load_protocol, read_protocol

ONE_LIMIT = "constraints: [{structure: Heart, goal: Dmean < 5 Gy}]\n"


def outline(label="", dose_gy=None, fractions=None):
    return PlanOutline(
        labels=(("plan label", label),) if label else (), plan_label=label, dose_gy=dose_gy, fractions=fractions
    )


def written(folder, name, applies_to):
    path = Path(folder, f"{name}.yaml")
    path.write_text(f"name: {name}\napplies_to: {applies_to}\n{ONE_LIMIT}")
    return read_protocol(path)


@pytest.mark.parametrize(
    ("label", "dose_gy", "fractions", "name"),
    [
        ("BreL_FF", None, None, ""),
        ("Breast L", 26.0, 5, "fast_forward_26gy_5fx"),
        ("Mamma re", 26.0, 5, "fast_forward_26gy_5fx"),
        ("Breast L", 26.0, 15, ""),
        ("CHEST WALL", 40.0, 15, "dbcg_40gy_15fx"),
        ("Liver SBRT", 50.0, 5, "uw_liver_sbrt_5fx"),
        ("Liver", 50.0, 25, "apatinib"),
        ("HCC", 45.0, 15, "axitinib"),
        ("Esophagus", 50.0, 25, "keynote_975_50gy_25fx"),
        ("Lung RUL", 54.0, 3, "nccn_nsclc_sabr_3fx"),
        ("Lung", 60.0, 30, "nccn_nsclc_conventional"),
        ("HA-WBRT", 30.0, 10, "nrg_cc001_30gy_10fx"),
        ("WBRT", 30.0, 10, ""),
        ("Prostate", 36.25, 5, "uk_sabr_2017_prostate_5fx"),
        ("Prostate+LN", 60.0, 20, "nrg_pelvic_nodes_60gy_20fx"),
        ("Kidney R", 42.0, 3, "trog_1503_fastrack2_3fx"),
        ("", 26.0, 5, ""),
        ("Breast L", None, 5, ""),
        ("Breast L", 26.0, None, ""),
    ],
)
def test_an_included_protocol_finds_its_plans_and_no_others(label, dose_gy, fractions, name):
    plan = outline(label, dose_gy, fractions)
    if name:
        assert the_one_that_applies(available_protocols(), plan).protocol.name == name
    else:
        with pytest.raises(UsageError, match=r"None of \d+ protocols"):
            the_one_that_applies(available_protocols(), plan)


def test_no_two_included_protocols_fit_one_plan_of_a_single_site():
    with_rule = [protocol for protocol in available_protocols() if protocol.applies_to]
    words = sorted({word for protocol in with_rule for word in protocol.applies_to.site})
    doses = (26.0, 28.0, 30.0, 36.0, 40.0, 42.0, 45.0, 50.0, 54.0, 60.0, 66.0, 70.0, 73.8, 79.2)
    numbers = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 28, 30, 35, 36, 39, 41, 44)
    for word, dose_gy, fractions in product(words, doses, numbers):
        fitting = [each.name for each in with_rule if not fit_of(each, outline(word, dose_gy, fractions)).unmet]
        assert len(fitting) <= 1, (word, dose_gy, fractions, fitting)


def test_why_names_each_statement_that_holds(tmp_path):
    protocol = written(tmp_path, "p", "{site: [breast], label: 'BRE*', dose: 26 Gy, fractions: 5}")
    fit = fit_of(protocol, outline("Bre L breast", 26.001, 5))
    assert fit.why == '"breast" in the plan label, plan label matches BRE*, 26.001 Gy, 5 fractions'
    missed = fit_of(protocol, outline("lung", 27.0, 6))
    assert missed.unmet == (
        "no label contains breast",
        "the plan label does not match BRE*",
        "27 Gy, not 26 Gy",
        "6 fractions, not 5",
    )


@pytest.mark.parametrize("stated", ["{dose: 26 Gy}", "{fractions: 5}", "{site: breast}", "{label: 'b*'}"])
def test_what_a_plan_does_not_state_is_not_met(tmp_path, stated):
    assert fit_of(written(tmp_path, "p", stated), PlanOutline()).unmet


def test_two_that_fit_stop_and_both_are_named(tmp_path):
    for name in ("one", "two"):
        written(tmp_path, name, "{fractions: 5}")
    with pytest.raises(UsageError, match=r"2 protocols apply to this plan: one \(5 fractions\); two \(5 fractions\)"):
        the_one_that_applies(protocols_in(tmp_path), outline("liver", 50.0, 5))


def test_none_that_fits_stops_and_says_what_keeps_the_nearest_from_it(tmp_path):
    written(tmp_path, "near", "{site: liver, fractions: 3}")
    written(tmp_path, "far", "{site: lung, fractions: 3}")
    with pytest.raises(UsageError, match="near: 5 fractions, not 3") as stopped:
        the_one_that_applies(protocols_in(tmp_path), outline("liver", 50.0, 5))
    assert "far:" not in str(stopped.value)


def test_an_extending_protocol_does_not_inherit_applies_to(tmp_path):
    path = Path(tmp_path, "mine.yaml")
    path.write_text("name: mine\nextends: apatinib\n")
    assert load_protocol("apatinib").applies_to is not None
    assert read_protocol(path).applies_to is None


def test_an_empty_applies_to_is_a_fault(tmp_path):
    with pytest.raises(ProtocolError, match="applies_to needs at least one of"):
        written(tmp_path, "p", "{}")


# --- the command --------------------------------------------------------------------------------------------------


def test_the_check_prints_and_records_why():
    ran = run(PASSES, "--protocol", "auto", "-f", "json")
    told = 'Protocol apatinib was chosen by --protocol auto: "liver" in the plan label, 50 Gy, 25 fractions.'
    assert told in ran.err
    assert ran.status == 0
    assert ran.json()["protocol"]["name"] == "apatinib"
    assert [each["text"] for each in ran.json()["warnings"] if each["code"] == "protocol.chosen"] == [told]


def test_the_verdict_is_that_of_the_protocol_by_name():
    chosen, named = (run(PASSES, "-p", name, "-f", "json").json() for name in ("auto", "apatinib"))
    assert chosen["constraints"] == named["constraints"]
    assert chosen["protocol"] == named["protocol"]


def test_a_folder_of_own_protocols_is_searched_alone(tmp_path):
    written(tmp_path, "mine", "{label: 'Liver*'}")
    Path(tmp_path, "aliases.yaml").write_text("Liver: [Leber]\n")
    assert run(PASSES, "-p", f"auto:{tmp_path}", "-f", "json").json()["protocol"]["name"] == "mine"


@pytest.mark.parametrize("content", [None, "name: p\n" + ONE_LIMIT])
def test_a_folder_without_such_protocols_is_a_usage_error(tmp_path, content):
    if content:
        Path(tmp_path, "p.yaml").write_text(content)
    ran = run(PASSES, "-p", f"auto:{tmp_path if content else tmp_path / 'gone'}")
    assert ran.status == 2
    assert "auto:" in ran.err


def test_a_plan_that_nothing_fits_exits_2_and_writes_no_verdict():
    ran = run(PASSES, "-p", "auto", "--fractions", "19")
    assert (ran.status, ran.out) == (2, "")
    assert "None of" in ran.err


def test_commands_for_several_plans_refuse_auto():
    ran = run("compare", PASSES, PASSES, "-p", "auto")
    assert ran.status == 2
    assert "auto chooses a protocol by the plan" in ran.err
