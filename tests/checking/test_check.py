"""What the words of ARCHITECTURE mean, on cubes in doses that are known everywhere."""

from dataclasses import replace
from datetime import date

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, empty, gradient

from rtcheck.case import Case, Patient, Prescription
from rtcheck.checking.check import check
from rtcheck.protocol.clinical.facts import Facts


def organ(name, *, at=(0.0, 0.0, 0.0), side=20.0, type=""):
    """A cube around `at`, in mm."""
    return replace(cube(side, corner=tuple(each - side / 2 for each in at)), name=name, type=type)


def uniform(dose_gy, *, reach=60.0):
    return dose_over(-reach, reach, 3.0, dose_gy)


def rising(*, reach=60.0):
    """30 Gy at x = 0, 0.2 Gy more with each mm of x."""
    return dose_over(-reach, reach, 3.0, gradient("x", centre_gy=30.0, gy_per_mm=0.2))


def constraints(*lines, more=""):
    return "name: by_hand\n" + more + "constraints:\n" + "".join(f"  - {line}\n" for line in lines)


def checked(tmp_path, text, structures, dose, *, prescription_gy=50.0, fractions=25, **options):
    case = case_of(structures, dose, prescription_gy=prescription_gy, fractions=fractions)
    return check(case, protocol_of(tmp_path, text), **options)


def outcomes(report):
    return {result.structure: result.outcome for result in report.results}


# --- outcomes, verdict and exit status --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose_gy", "outcome", "verdict", "status"),
    [(20.0, "met", "pass", 0), (24.0, "violated", "fail", 1), (30.0, "violated", "fail", 1)],
)
def test_the_mean_of_a_uniform_dose_is_that_dose(tmp_path, dose_gy, outcome, verdict, status):
    report = checked(
        tmp_path, constraints("{structure: Heart, goal: Dmean < 24 Gy}"), [organ("Heart")], uniform(dose_gy)
    )
    (result,) = report.results
    assert result.measurement.value == pytest.approx(dose_gy, rel=1e-6)
    assert (result.outcome, report.verdict, report.exit_status) == (outcome, verdict, status)


def test_a_violation_wins_over_what_could_not_be_evaluated(tmp_path):
    text = constraints("{structure: Heart, goal: Dmean < 24 Gy}", "{structure: Stomach, goal: Dmax < 54 Gy}")
    report = checked(tmp_path, text, [organ("Heart")], uniform(30.0))
    assert outcomes(report) == {"Heart": "violated", "Stomach": "not_evaluated"}
    assert (report.verdict, report.exit_status) == ("fail", 1)


@pytest.mark.parametrize(
    ("structures", "dose"),
    [([], uniform(1.0)), ([empty("Heart")], uniform(1.0)), ([organ("Heart")], None)],
    ids=["not drawn", "no contours", "no dose"],
)
def test_missing_evidence_is_never_a_pass(tmp_path, structures, dose):
    report = checked(tmp_path, constraints("{structure: Heart, goal: Dmean < 24 Gy}"), structures, dose)
    (result,) = report.results
    assert result.outcome == "not_evaluated"
    assert result.measurement.value is None
    assert result.measurement.undefined
    assert (report.verdict, report.exit_status) == ("not_evaluated", 3)


def test_a_case_with_nothing_in_it_is_not_evaluated(tmp_path):
    report = check(Case(), protocol_of(tmp_path, constraints("{structure: Heart, goal: Dmean < 24 Gy}")))
    assert (report.verdict, report.exit_status) == ("not_evaluated", 3)


def test_d2cc_of_a_one_cc_organ_is_not_evaluated(tmp_path):
    text = constraints("{structure: Heart, goal: D2cc < 24 Gy}")
    report = checked(tmp_path, text, [organ("Heart", side=10.0)], uniform(1.0))
    assert outcomes(report) == {"Heart": "not_evaluated"}
    assert report.exit_status == 3


def test_an_organ_half_outside_the_dose_is_judged_by_both_bounds(tmp_path):
    """Half of it lies in 20 Gy, the other half in 0 to 20 Gy: the mean is between 10 and 20 Gy.

    The grid ends at 60 mm, half a step beyond its last node.
    """
    text = constraints(
        "{structure: Heart, goal: Dmean < 15 Gy}",
        "{structure: Heart, goal: Dmean < 21 Gy}",
        "{structure: Heart, goal: Dmean < 9 Gy}",
    )
    report = checked(tmp_path, text, [organ("Heart", at=(60.0, 0.0, 0.0))], uniform(20.0, reach=58.5))
    assert [result.outcome for result in report.results] == ["not_evaluated", "met", "violated"]
    assert report.results[0].measurement.bounds == pytest.approx((10.0, 20.0), rel=1e-3)
    assert "dose.partial-coverage" in {notice.code for notice in report.notices}


def test_advisory_violations_and_variations_do_not_fail(tmp_path):
    text = constraints(
        "{structure: Heart, goal: Dmean < 24 Gy, priority: advisory}",
        "{structure: Heart, goal: Dmean < 25 Gy, variation: Dmean < 31 Gy}",
    )
    report = checked(tmp_path, text, [organ("Heart")], uniform(30.0))
    assert [result.outcome for result in report.results] == ["violated", "variation"]
    assert (report.verdict, report.exit_status) == ("variation", 0)


def test_a_protocol_of_which_nothing_applies_is_no_pass(tmp_path):
    text = constraints("{structure: Heart, goal: Dmean < 24 Gy, when: prescription >= 54 Gy}")
    report = checked(tmp_path, text, [organ("Heart")], uniform(1.0))
    assert outcomes(report) == {"Heart": "not_applicable"}
    assert (report.verdict, report.exit_status) == ("not_evaluated", 3)


# --- several structures -------------------------------------------------------------------------------------------

KIDNEYS = [organ("Kidney_L", at=(25.0, 0.0, 0.0)), organ("Kidney_R", at=(-25.0, 0.0, 0.0))]  # means 35 and 25 Gy


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        ("each", {"Kidney_L": "violated", "Kidney_R": "met"}),
        ("any", {"Kidney_L or Kidney_R": "met"}),
        ("together", {"Kidney_L | Kidney_R": "met"}),
    ],
)
def test_structures_are_held_to_a_limit_each_by_any_or_together(tmp_path, combine, expected):
    text = constraints(f"{{structure: [Kidney_L, Kidney_R], combine: {combine}, goal: Dmean < 31 Gy}}")
    assert outcomes(checked(tmp_path, text, KIDNEYS, rising())) == expected


def test_two_equal_kidneys_together_have_the_mean_of_their_means(tmp_path):
    text = constraints("{structure: [Kidney_L, Kidney_R], combine: together, goal: Dmean < 31 Gy}")
    (result,) = checked(tmp_path, text, KIDNEYS, rising()).results
    assert result.measurement.value == pytest.approx(30.0, rel=1e-6)


def test_together_needs_all_of_them(tmp_path):
    text = constraints("{structure: [Kidney_L, Kidney_R], combine: together, goal: Dmean < 31 Gy}")
    report = checked(tmp_path, text, KIDNEYS[:1], rising())
    assert report.exit_status == 3


def test_a_reading_is_listed_and_warned_of_but_changes_nothing(tmp_path):
    reading = "readings: [{label: together, combine: together}]"
    text = constraints(f"{{structure: [Kidney_L, Kidney_R], goal: Dmean < 31 Gy, {reading}}}")
    report = checked(tmp_path, text, KIDNEYS, rising())
    assert (report.verdict, report.exit_status) == ("fail", 1)
    assert {each.outcome for result in report.results for each in result.readings} == {"met"}
    assert [notice.code for notice in report.notices].count("reading.changes-verdict") == 1


def test_a_reading_that_agrees_warns_of_nothing(tmp_path):
    reading = "readings: [{label: near maximum, goal: D0.03cc < 54 Gy}]"
    text = constraints(f"{{structure: Stomach, goal: Dmax < 54 Gy, {reading}}}")
    report = checked(tmp_path, text, [organ("Stomach")], uniform(10.0))
    assert "reading.changes-verdict" not in {notice.code for notice in report.notices}


# --- derived structures, surrogates, names ------------------------------------------------------------------------

LIVER = "structures:\n  Liver-GTV: {derive: Liver - all GTV}\n"
LIVER_DMEAN = constraints("{structure: Liver-GTV, goal: Dmean < 24 Gy}", more=LIVER)


def test_the_liver_without_its_gtv_is_derived_by_volume(tmp_path):
    """A cube of 40 mm less one of 20 mm: 64 - 8 = 56 cc."""
    text = constraints("{structure: Liver-GTV, goal: Volume > 55.9 cc}", more=LIVER)
    (result,) = checked(tmp_path, text, [organ("Liver", side=40.0), organ("GTV", type="GTV")], uniform(10.0)).results
    assert result.measurement.value == pytest.approx(56.0, rel=1e-6)
    assert set(result.matched[0].rois) == {"Liver", "GTV"}


@pytest.mark.parametrize("gtv", [[], [replace(empty("GTV"), type="GTV")]], ids=["no GTV", "GTV without contours"])
def test_without_a_gtv_the_whole_liver_never_passes(tmp_path, gtv):
    report = checked(tmp_path, LIVER_DMEAN, [organ("Liver", side=40.0), *gtv], uniform(10.0))
    assert outcomes(report) == {"Liver-GTV": "not_evaluated"}
    assert report.exit_status == 3


def test_a_drawn_structure_is_used_first_and_compared_with_its_derivation(tmp_path):
    """Drawn 27 cc, derived 56 cc."""
    drawn = [organ("Liver", side=40.0), organ("GTV", type="GTV"), organ("Liver-GTV", side=30.0)]
    report = checked(tmp_path, LIVER_DMEAN, drawn, uniform(10.0))
    assert report.results[0].matched[0].rois == ("Liver-GTV",)
    assert "structure.derivation-differs" in {notice.code for notice in report.notices}


@pytest.mark.parametrize(
    ("side", "goal", "is_in_doubt"),
    [(30.0, "Volume < 30 cc", True), (30.0, "Volume < 60 cc", False), (30.0, "Volume < 20 cc", False),
     (30.0, "EQD2 D40cc > 1 Gy", False)],
)  # fmt: skip
def test_a_limit_that_is_met_as_drawn_and_violated_as_derived_is_in_doubt(tmp_path, side, goal, is_in_doubt):
    """Drawn 27 cc, derived 56 cc: an old drawing, or one for another purpose."""
    liver = LIVER.replace("derive:", "alpha_beta: 3, derive:")
    protocol = constraints(f"{{structure: Liver-GTV, goal: {goal}}}", more=liver)
    assert "alpha_beta" in protocol
    drawn = [organ("Liver", side=40.0), organ("GTV", type="GTV"), organ("Liver-GTV", side=side)]
    report = checked(tmp_path, protocol, drawn, uniform(10.0))
    assert ("structure.derivation-decides" in {notice.code for notice in report.notices}) == is_in_doubt


CANAL = "structures:\n  SpinalCord: {surrogates: [SpinalCanal]}\n"


@pytest.mark.parametrize(
    ("goal", "dose_gy", "outcome"),
    [
        ("Dmax < 45 Gy", 30.0, "met"),
        ("Dmax < 45 Gy", 50.0, "not_evaluated"),
        ("D0.03cc < 45 Gy", 30.0, "met"),
        ("V20Gy < 9 cc", 30.0, "met"),
        ("Dmean < 45 Gy", 30.0, "not_evaluated"),
        ("V20Gy <= 100 %", 30.0, "not_evaluated"),
        ("D50% < 45 Gy", 30.0, "not_evaluated"),
        ("Dmax > 10 Gy", 30.0, "not_evaluated"),
    ],
)
def test_a_superset_proves_only_upper_limits_on_maxima_and_volumes_in_cc(tmp_path, goal, dose_gy, outcome):
    text = constraints(f"{{structure: SpinalCord, goal: {goal}}}", more=CANAL)
    report = checked(tmp_path, text, [organ("SpinalCanal")], uniform(dose_gy))
    assert outcomes(report) == {"SpinalCord": outcome}
    # nor does it tell how far the dose could go where it proves nothing
    assert (report.results[0].headroom is None) == (outcome == "not_evaluated")


def test_a_surrogate_is_not_asked_where_the_structure_itself_is_drawn(tmp_path):
    text = constraints("{structure: SpinalCord, goal: Dmax < 45 Gy}", more=CANAL)
    report = checked(tmp_path, text, [organ("SpinalCanal"), organ("SpinalCord", at=(0.0, 0.0, 25.0))], uniform(50.0))
    assert outcomes(report) == {"SpinalCord": "violated"}


def test_an_ambiguous_name_exits_3(tmp_path):
    text = constraints("{structure: Kidney_L, goal: Dmean < 15 Gy}")
    drawn = [organ("kidney l", at=(25.0, 0.0, 0.0)), organ("KIDNEY_L", at=(-25.0, 0.0, 0.0))]
    report = checked(tmp_path, text, drawn, uniform(1.0))
    assert report.results[0].matched[0].is_ambiguous
    assert report.exit_status == 3


def test_what_is_drawn_separately_is_held_to_the_same_limit(tmp_path):
    text = constraints("{structure: Bowel_Small, goal: Dmax < 54 Gy, also_where_drawn: Duodenum}")
    bowel, duodenum = organ("Bowel_Small", at=(-30.0, 0.0, 0.0)), organ("Duodenum", at=(30.0, 0.0, 0.0))
    dose = dose_over(-60.0, 60.0, 3.0, gradient("x", centre_gy=50.0, gy_per_mm=0.3))
    assert outcomes(checked(tmp_path, text, [bowel, duodenum], dose)) == {"Bowel_Small": "met", "Duodenum": "violated"}
    assert outcomes(checked(tmp_path, text, [bowel], dose)) == {"Bowel_Small": "met"}


# --- prescription, fractions, conditions --------------------------------------------------------------------------


def test_percent_of_the_prescription_does_not_change_when_dose_and_prescription_scale_together(tmp_path):
    text = constraints("{structure: PTV, goal: D95% >= 95 %}")
    shapes = [organ("PTV", type="PTV")]
    values = [
        checked(tmp_path, text, shapes, uniform(48.0 * scale), prescription_gy=50.0 * scale)
        .results[0]
        .measurement.value
        for scale in (1.0, 0.7, 1.3)
    ]
    assert values == pytest.approx([96.0, 96.0, 96.0], rel=1e-5)


def test_percent_without_a_prescription_is_not_evaluated(tmp_path):
    text = constraints("{structure: PTV, goal: V95% >= 95 %}")
    report = checked(tmp_path, text, [organ("PTV", type="PTV")], uniform(48.0), prescription_gy=None)
    assert outcomes(report) == {"PTV": "not_evaluated"}


def test_percentages_mean_the_target_that_is_named_and_never_the_highest_of_several_prescriptions(tmp_path):
    """45 Gy everywhere, prescribed are 60 Gy to one target and 45 Gy to the other; neither is the heart's."""
    case = case_of([organ("PTV_Low", type="PTV"), organ("Heart", at=(30.0, 0.0, 0.0))], uniform(45.0))
    both = (Prescription(dose_gy=60.0, target="PTV_High"), Prescription(dose_gy=45.0, target="PTV_Low"))
    case = replace(case, plan=replace(case.plan, prescriptions=both))
    text = constraints(
        "{structure: PTV_Low, goal: D95% >= 95 %, target: PTV_Low}",
        "{structure: Heart, goal: Dmax < 80 %}",
        "{structure: PTV_Low, goal: D95% >= 95 %, target: PTV_Boost}",
    )
    named, untied, unknown = check(case, protocol_of(tmp_path, text)).results
    assert named.measurement.value == pytest.approx(100.0, rel=1e-5)
    assert [each.outcome for each in (untied, unknown)] == ["not_evaluated"] * 2
    assert "--dose-rx Heart=GY" in untied.measurement.undefined


@pytest.mark.parametrize(("fractions", "outcome"), [(5, "met"), (25, "not_evaluated"), (None, "not_evaluated")])
def test_a_limit_for_five_fractions_is_not_applied_to_another_number(tmp_path, fractions, outcome):
    text = constraints("{structure: Heart, goal: Dmax < 38 Gy, fractions: 5}")
    report = checked(tmp_path, text, [organ("Heart")], uniform(10.0), fractions=fractions)
    assert outcomes(report) == {"Heart": outcome}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("prescription >= 50 Gy", "met"),
        ("prescription > 50 Gy", "not_applicable"),
        ("fractions <= 25", "met"),
        ("structure Stomach exists", "not_applicable"),
        ("structure Heart exists", "met"),
    ],
)
def test_a_constraint_applies_where_its_condition_holds(tmp_path, condition, outcome):
    text = constraints(f'{{structure: Heart, goal: Dmax < 38 Gy, when: "{condition}"}}')
    assert outcomes(checked(tmp_path, text, [organ("Heart")], uniform(10.0))) == {"Heart": outcome}


RX = "prescription: {dose: 50-60 Gy, fractions: 25-30}\n"


@pytest.mark.parametrize(
    ("prescription_gy", "fractions", "status"),
    [(50.0, 25, 0), (60.0, 30, 0), (60.1, 30, 1), (54.0, 24, 1), (None, 25, 3), (54.0, None, 3)],
)
def test_a_prescription_out_of_range_fails_and_an_unknown_one_is_not_evaluated(
    tmp_path, prescription_gy, fractions, status
):
    text = constraints("{structure: Heart, goal: Dmean < 24 Gy}", more=RX)
    report = checked(
        tmp_path, text, [organ("Heart")], uniform(1.0), prescription_gy=prescription_gy, fractions=fractions
    )
    assert report.exit_status == status


# --- eligibility --------------------------------------------------------------------------------------------------

ELIGIBILITY = (
    constraints("{structure: Heart, goal: Dmean < 24 Gy}")
    + "eligibility:\n  - {structure: Heart, goal: Volume > VOLUME cc}\n"
    + "  - {fact: ecog, is: 0-1}\n  - {fact: age, is: 18-75}\n"
)


def eligible(tmp_path, *, volume="7", born=date(1950, 3, 1), **options):
    case = case_of([organ("Heart")], uniform(1.0))
    case = replace(case, patient=Patient(birth_date=born), plan=replace(case.plan, planned_on=date(2026, 2, 28)))
    return check(case, protocol_of(tmp_path, ELIGIBILITY.replace("VOLUME", volume)), **options)


def test_facts_not_given_are_listed_and_change_nothing(tmp_path):
    report = eligible(tmp_path)
    assert (report.verdict, report.eligibility_verdict, report.exit_status) == ("pass", "not_evaluated", 0)
    assert [(item.item, item.given, item.outcome) for item in report.eligibility][1] == ("ecog", False, "not_evaluated")


def test_facts_not_given_count_where_eligibility_is_required(tmp_path):
    assert eligible(tmp_path, require_eligibility=True).exit_status == 3
    assert eligible(tmp_path, require_eligibility=True, facts=Facts(values={"ecog": 2.0})).exit_status == 1
    assert eligible(tmp_path, require_eligibility=True, facts=Facts(values={"ecog": 1.0})).exit_status == 0


def test_an_unmet_fact_alone_fails_the_eligibility_and_not_the_plan(tmp_path):
    report = eligible(tmp_path, facts=Facts(values={"ecog": 2.0}))
    assert (report.verdict, report.eligibility_verdict, report.exit_status) == ("pass", "fail", 0)


def test_a_volume_that_the_images_show_too_small_fails_the_plan(tmp_path):
    """The cube has 8 cc."""
    report = eligible(tmp_path, volume="8.1")
    assert (report.verdict, report.eligibility_verdict, report.exit_status) == ("fail", "fail", 1)


def test_seventy_five_lasts_until_the_day_before_the_seventy_sixth_birthday(tmp_path):
    facts = Facts(values={"ecog": 0.0})
    assert eligible(tmp_path, facts=facts).eligibility_verdict == "pass"
    on_birthday = eligible(tmp_path, facts=facts, reference_date=date(2026, 3, 1))
    assert on_birthday.eligibility_verdict == "fail"
    assert "2026-03-01" in on_birthday.eligibility[2].note


def test_an_unknown_birth_date_is_unknown_and_no_failure(tmp_path):
    report = eligible(tmp_path, born=None, facts=Facts(values={"ecog": 0.0}))
    assert report.eligibility_verdict == "not_evaluated"


# --- provenance ---------------------------------------------------------------------------------------------------


def test_the_report_says_what_it_was_made_with(tmp_path):
    report = checked(
        tmp_path,
        constraints("{structure: Heart, goal: Dmean < 24 Gy}"),
        [organ("Heart")],
        uniform(1.0),
        command=["rtcheck", "x"],
    )
    told = report.provenance
    assert told["command"] == ["rtcheck", "x"]
    shape = {"shape": "slabs", "end_caps": "half", "dose_interpolation": "linear"}
    assert told["settings"] == {**shape, "gaps": "bounds", "outside": "auto"}
    assert told["protocol"]["sha256"] == report.protocol.sha256


def test_transcribed_limits_are_said_to_be_so_in_one_line(tmp_path):
    source = "sources: [{id: table, citation: a table, url: 'https://example.org', read: transcription}]\n"
    text = constraints("{structure: Heart, goal: Dmean < 24 Gy, source: table}", more=source)
    report = checked(tmp_path, text, [organ("Heart")], uniform(1.0))
    (told,) = [notice.text for notice in report.notices if notice.code == "protocol.transcribed"]
    assert told.startswith("1 of 1 limits")


@pytest.mark.parametrize("dose_gy", [10.0, 30.0])
def test_a_protocol_that_requires_nothing_is_no_pass_and_no_failure(tmp_path, dose_gy):
    text = constraints("{structure: Heart, goal: Dmean < 24 Gy, priority: advisory}")
    report = checked(tmp_path, text, [organ("Heart")], uniform(dose_gy))
    assert (report.verdict, report.exit_status) == ("not_evaluated", 0)
