"""EQD2 over courses: each with its own fractions, recovery by dates from the plans, and what is left to the limit.

Alpha/beta 2 Gy: 45 Gy in 25 fractions are 45 (1.8 + 2) / 4 = 42.75 Gy, 30 Gy in 3 are 30 (10 + 2) / 4 = 90 Gy; with
alpha/beta 10 Gy they are 45 x 11.8 / 12 = 44.25 and 30 x 20 / 12 = 50.
"""

import pytest
from support.command_line import run
from support.known_plans import box, write_plan

CORD = box("SpinalCord")
TUMOUR = box("GTV", 2, at_mm=(40.0, 0.0, 0.0), type="GTV")

PROTOCOL = """
name: mine
structures: {{SpinalCord: {{alpha_beta: 2}}, GTV: {{alpha_beta: 10}}}}
{recovery}
constraints:
  - {{structure: SpinalCord, goal: EQD2 Dmax <= {limit} Gy}}
  - {{structure: SpinalCord, goal: Dmax <= 80 Gy}}
  - {{structure: GTV, goal: EQD2 Dmean <= 120 Gy}}
"""
RECOVERY = "recovery: {SpinalCord: {after: 6 months, by: 25 %}}"


def course(folder, dose_gy, fractions, day, number):
    def change(files):
        files.plan.SOPInstanceUID += number
        files.dose.SOPInstanceUID += number
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        files.plan.RTPlanLabel = folder.name
        files.plan.RTPlanDate = day
        files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = fractions
        files.plan.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamDose = dose_gy / fractions

    return write_plan(folder, [CORD, TUMOUR], dose_gy=dose_gy, prescribed_gy=dose_gy, change=change)


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("courses")
    course(folder / "old", 45.0, 25, "20240101", ".1")
    course(folder / "new", 30.0, 3, "20250301", ".2")
    course(folder / "soon", 30.0, 3, "20240801", ".3")
    course(folder / "undated", 30.0, 3, "", ".4")
    return folder


def checked(courses, *options, second="new", recovery="", limit=140, out="json"):
    (courses / "mine.yaml").write_text(PROTOCOL.format(recovery=recovery, limit=limit), encoding="utf-8")
    return run(courses / "old", courses / second, "-p", courses / "mine.yaml", "--sum", "-f", out, *options)


def values(ran):
    return [each["value"] for each in ran.json()["constraints"]]


def test_every_limit_is_converted_with_the_alpha_beta_of_its_structure_and_the_fractions_of_each_course(courses):
    assert values(checked(courses)) == pytest.approx([42.75 + 90.0, 75.0, 44.25 + 50.0], abs=1e-3)


def test_a_recovered_course_counts_for_the_part_that_is_left(courses):
    ran = checked(courses, recovery=RECOVERY)
    assert values(ran) == pytest.approx([0.75 * 42.75 + 90.0, 75.0, 94.25], abs=1e-3)
    (note,) = [each for each in ran.json()["constraints"][0]["notes"] if "75 % count" in each]
    assert "planned on 2024-01-01" in note


def test_the_time_runs_from_the_end_of_the_course_and_not_from_its_plan(courses):
    """1 January and five weeks of fractions end on 5 February; six months later is 5 August, after 1 August."""
    ran = checked(courses, second="soon", recovery=RECOVERY)
    assert values(ran)[0] == pytest.approx(132.75, abs=1e-3)
    assert any("no course ended 6 months before" in each for each in ran.json()["constraints"][0]["notes"])


def test_without_a_date_in_a_plan_no_recovery_is_assumed(courses):
    ran = checked(courses, second="undated", recovery=RECOVERY)
    assert values(ran)[0] == pytest.approx(132.75, abs=1e-3)
    assert any("not every plan states its date" in each for each in ran.json()["constraints"][0]["notes"])
    assert ran.json()["courses"]["last"] is None
    assert ran.json()["courses"]["limits"][0]["last_may_add_gy"] is None


def test_the_table_has_each_course_next_to_the_sum_and_what_is_left(courses):
    found = checked(courses, recovery=RECOVERY).json()["courses"]
    assert (found["labels"], found["fractions"], found["last"]) == (['"old"', '"new"'], [25, 3], 1)
    cord, physical, tumour = found["limits"]
    assert [each["physical_gy"] for each in cord["courses"]] == pytest.approx([45.0, 30.0], abs=1e-3)
    assert [each["eqd2_gy"] for each in cord["courses"]] == pytest.approx([42.75, 90.0], abs=1e-3)
    assert [each["share"] for each in cord["courses"]] == [0.75, 1.0]
    assert (cord["physical_gy"], cord["eqd2_gy"]) == pytest.approx((75.0, 122.0625), abs=1e-3)
    assert (cord["remaining_gy"], cord["last_may_add_gy"]) == pytest.approx((17.9375, 140 - 32.0625), abs=1e-3)
    assert (physical["remaining_gy"], physical["last_may_add_gy"]) == pytest.approx((5.0, 35.0), abs=1e-3)
    assert tumour["eqd2_gy"] == pytest.approx(94.25, abs=1e-3)


@pytest.mark.parametrize("out", ["table", "html", "markdown", "junit"])
def test_every_format_states_what_the_last_course_may_add(courses, out):
    text = checked(courses, limit=100, out=out).out.replace("\\", "")
    assert "57.25 Gy EQD2[2]" in text
    assert "32.75 Gy EQD2[2] above the limit" in text


def test_an_anonymous_report_has_no_labels_and_no_dates_of_the_courses(courses):
    for out in ("table", "json", "html"):
        text = checked(courses, "--anonymous", recovery=RECOVERY, out=out).out
        assert "2024-01-01" not in text
        assert '"old"' not in text
        assert "&#34;old" not in text


def test_a_plan_without_fractions_makes_eqd2_of_the_sum_unknown(tmp_path):
    def change(files):
        files.plan.SOPInstanceUID += ".9"
        files.dose.SOPInstanceUID += ".9"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        files.plan.RTPlanLabel = "bare"
        del files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned

    course(tmp_path / "old", 45.0, 25, "20240101", ".1")
    write_plan(tmp_path / "bare", [CORD, TUMOUR], dose_gy=30.0, prescribed_gy=30.0, change=change)
    ran = checked(tmp_path, second="bare")
    cord = ran.json()["constraints"][0]
    assert (cord["outcome"], cord["value"]) == ("not_evaluated", None)
    assert 'those of "bare" are not stated' in cord["notes"][0]


def test_the_record_of_such_a_sum_is_verified(courses):
    record = courses / "record.json"
    checked(courses, "-o", record, recovery=RECOVERY)
    assert run("verify", record).status == 0
