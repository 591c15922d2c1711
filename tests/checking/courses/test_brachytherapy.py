"""Brachytherapy fractions with external beams, value by value: the numbers of published schedules and by hand.

Schedules of the American Brachytherapy Society (Viswanathan 2012, Brachytherapy 11:47; table 1 of PMC3489267) after
45 Gy in 25 fractions: D90 of the high-risk CTV in EQD2[10], and EQD2[3] of an organ with 90 or 70 % of the target dose.
"""

import pytest
from support.brachytherapy import PROTOCOL, fraction
from support.command_line import run

import rtcheck
from rtcheck.checking.courses.by_values import parse_external
from rtcheck.errors import UsageError


def added(folder, doses, *options, fractions=1, external="45/25"):
    paths = [
        fraction(folder / f"bt{n}", target, bladder, n, fractions=fractions)
        for n, (target, bladder) in enumerate(doses, 1)
    ]
    (folder / "mine.yaml").write_text(PROTOCOL, encoding="utf-8")
    return run(*paths, "-p", folder / "mine.yaml", "--sum-values", "--external", external, "-f", "json", *options)


@pytest.mark.parametrize(
    ("plans", "fractions", "dose_gy", "share", "target_gy", "organ_gy"),
    [
        (1, 5, 5.5, 0.9, 79.8, 82.6),
        (1, 5, 6.0, 0.7, 84.3, 73.4),
        (1, 6, 5.0, 0.7, 81.8, 70.5),
        (4, 1, 7.0, 0.9, 83.9, 90.1),
    ],
    ids=["5x5.5 in one plan", "5x6 in one plan", "6x5 in one plan", "4x7 in four"],
)
def test_the_published_schedules_give_their_published_eqd2(
    tmp_path, plans, fractions, dose_gy, share, target_gy, organ_gy
):
    physical_gy = dose_gy * fractions
    target, organ, _ = added(tmp_path, [(physical_gy, share * physical_gy)] * plans, fractions=fractions).json()[
        "constraints"
    ]
    assert target["value"] == pytest.approx(target_gy, abs=0.051)
    assert organ["value"] == pytest.approx(organ_gy, abs=0.051)


@pytest.mark.parametrize(
    ("external", "fractions", "dose_gy", "point_a_gy"),
    [("30/15", 4, 6.0, 62), ("40/20", 3, 6.0, 64), ("40/20", 4, 6.0, 72), ("45/25", 4, 7.0, 84)],
)
def test_four_published_combinations_give_their_point_a_dose(tmp_path, external, fractions, dose_gy, point_a_gy):
    """The conventional sums that Tamaki 2015 (J Radiat Res 56:804, PMC4576998) quotes in whole Gy, as a D90%."""
    physical_gy = fractions * dose_gy
    ran = added(tmp_path, [(physical_gy, physical_gy)], fractions=fractions, external=external)
    assert round(ran.json()["constraints"][0]["value"]) == point_a_gy


def test_the_organs_d2cc_add_with_the_external_dose_and_leave_a_dose_per_fraction(tmp_path):
    """45 x (1.8 + 3) / 5 = 43.2; 6 x 9 / 5 = 10.8 and 5 x 8 / 5 = 8: 62.0. 18 Gy are left: 2 x d (d + 3) / 5 = 18."""
    ran = added(tmp_path, [(7.0, 6.0), (7.0, 5.0)], "--fractions-left", "2")
    bladder = ran.json()["constraints"][1]
    assert bladder["value"] == pytest.approx(62.0, abs=1e-3)
    assert bladder["outcome"] == "met"
    limit = ran.json()["courses"]["limits"][1]
    assert [each["eqd2_gy"] for each in limit["courses"]] == pytest.approx([10.8, 8.0, 43.2], abs=1e-3)
    assert [each["physical_gy"] for each in limit["courses"]] == pytest.approx([6.0, 5.0, 45.0], abs=1e-3)
    assert limit["remaining_gy"] == pytest.approx(18.0, abs=1e-3)
    d = limit["per_fraction_gy"]
    assert 2 * d * (d + 3) / 5 == pytest.approx(18.0, abs=1e-3)


def test_what_a_target_lacks_is_given_by_the_fractions_to_come(tmp_path):
    """45 x 11.8 / 12 = 44.25 and 2 x 7 x 17 / 12 = 19.83: 18.92 Gy are missing, 3 d (d + 10) / 12 with d = 5.0333.

    The bladder may get 3 d (d + 3) / 5 = 18 Gy with d = 4.1789: each is rounded to the side on which its limit is met.
    """
    ran = added(tmp_path, [(7.0, 6.0), (7.0, 5.0)], "--fractions-left", "3")
    target = ran.json()["courses"]["limits"][0]
    assert (target["is_upper"], target["structure"]) == (False, "CTV_HR")
    assert target["remaining_gy"] == pytest.approx(83 - 44.25 - 2 * 7 * 17 / 12, abs=1e-3)
    assert target["per_fraction_gy"] == pytest.approx(100.6667**0.5 - 5, abs=1e-3)
    paths = (tmp_path / "bt1", tmp_path / "bt2", "-p", tmp_path / "mine.yaml", "--sum-values", "--external", "45/25")
    told = run(*paths, "--fractions-left", "3", "-f", "markdown").out
    assert "below the limit; 3 more fractions: at least 5.04 Gy each" in told
    assert "left to the limit; 3 more fractions: up to 4.17 Gy each" in told
    assert "1 more fraction: up to 8.10 Gy" in run(*paths, "--fractions-left", "1", "-f", "markdown").out


def test_between_goal_and_variation_the_sum_is_a_variation_and_beyond_it_violated(tmp_path):
    """43.2 + 2 x 10 x 13 / 5 = 95.2 is above both; 43.2 + 2 x 8.5 x 11.5 / 5 = 82.3 between 80 and 90."""
    assert added(tmp_path / "a", [(9.0, 10.0)] * 2).json()["constraints"][1]["outcome"] == "violated"
    assert added(tmp_path / "b", [(9.0, 8.5)] * 2).json()["constraints"][1]["outcome"] == "variation"


def test_volumes_are_not_added_and_so_not_passed(tmp_path):
    ran = added(tmp_path, [(20.0, 4.0)] * 2)
    assert ran.json()["constraints"][2]["outcome"] == "not_evaluated"
    assert "only doses in Gy are added" in ran.json()["constraints"][2]["notes"][0]
    assert ran.status == 3


def test_a_protocols_prescription_is_not_passed_unchecked(tmp_path):
    added(tmp_path, [(7.0, 4.0)] * 2)
    limit = "constraints: [{structure: Bladder, goal: 'EQD2[3] D2cc <= 80 Gy'}]"
    text = f"name: mine\nprescription: {{dose: 45-50 Gy}}\n{limit}\n"
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    ran = run(tmp_path / "bt1", tmp_path / "bt2", "-p", tmp_path / "other.yaml", "--sum-values", "-f", "json")
    assert (ran.status, ran.json()["verdict"]) == (3, "not_evaluated")


def test_the_same_dose_is_not_added_twice_and_the_record_is_verified(tmp_path):
    record = tmp_path / "record.json"
    added(tmp_path, [(7.0, 6.0), (7.0, 5.0)], "--fractions-left", "2", "-o", record)
    assert run("verify", record).status == 0
    ran = run(tmp_path / "bt1", tmp_path / "bt1", "-p", tmp_path / "mine.yaml", "--sum-values")
    assert (ran.status, "counted twice" in ran.err) == (2, True)
    for stated in (("--dose-rx", "28"), ("--fractions", "4")):
        ran = added(tmp_path, [(7.0, 6.0), (7.0, 5.0)], *stated)
        assert (ran.status, "neither --dose-rx nor --fractions" in ran.err) == (2, True)


def test_in_python_reports_are_added_and_what_does_not_belong_together_is_an_error(tmp_path):
    """62.0 Gy as on the command line."""
    paths = [fraction(tmp_path / f"bt{number}", 7.0, dose, number) for number, dose in ((1, 6.0), (2, 5.0))]
    reports = [rtcheck.check(path, rtcheck.parse_protocol(PROTOCOL)) for path in paths]
    added = rtcheck.values_added(reports, external=["45/25"])
    assert added.results[1].measurement.value == pytest.approx(62.0, abs=1e-3)
    other = rtcheck.check(paths[1], rtcheck.parse_protocol(PROTOCOL.replace("<= 80", "<= 70")))
    for wrong, more, said in (
        ([reports[0]], {}, "at least two plans"),
        ([reports[0], other], {}, "one protocol"),
        ([reports[0], added], {}, "values of a sum"),
        (reports, {"external": ["45"]}, "such as 45/25"),
        (reports, {"fractions_left": 0}, "at least 1"),
    ):
        with pytest.raises(UsageError, match=said):
            rtcheck.values_added(wrong, **more)


def test_a_copy_of_a_fraction_under_other_uids_is_a_doubt(tmp_path):
    """As in a sum of doses: counted twice it would cover a target that it does not cover."""
    codes = {each["code"] for each in added(tmp_path / "a", [(7.0, 6.0)] * 2).json()["warnings"]}
    assert {"sum.values", "sum.same-dose"} <= codes
    codes = {each["code"] for each in added(tmp_path / "b", [(7.0, 6.0), (7.0, 5.0)]).json()["warnings"]}
    assert "sum.same-dose" not in codes


@pytest.mark.parametrize("text", ["45", "45/", "/25", "45/0", "-45/25", "45/25/2", "nan/25", "4500/25"])
def test_an_external_dose_is_gray_and_fractions(text):
    with pytest.raises(UsageError, match="such as 45/25"):
        parse_external(text)


def test_an_anonymous_report_does_not_name_the_plans(tmp_path):
    added(tmp_path, [(7.0, 6.0), (7.0, 5.0)])
    protocol = "name: mine\nconstraints: [{structure: Rectum, goal: 'EQD2[3] D2cc <= 80 Gy'}]\n"
    (tmp_path / "mine.yaml").write_text(protocol, encoding="utf-8")
    for out in ("json", "table"):
        ran = run(
            tmp_path / "bt1", tmp_path / "bt2", "-p", tmp_path / "mine.yaml", "--sum-values", "--anonymous", "-f", out
        )
        assert "could not be" in ran.out or "not_evaluated" in ran.out
        assert '"BT1' not in ran.out.replace("\\", "")
