"""Cohort numbers against counts by hand and against the definitions of Tukey's box plot."""

import zlib

import numpy as np
import pytest
from support.command_line import run as run_command

from rtcheck.batch.cohort import compare_runs, distribution_of, dvh_bands, incomplete_lines, summarize
from rtcheck.batch.cohort_page import box_plot, cohort_csv, cohort_page
from rtcheck.batch.dvh_rows import packed_shares, shares_of
from rtcheck.batch.score_ranks import ranked_plans, ranking_csv, ranking_lines
from rtcheck.batch.store import ConstraintRow, DvhRow, PlanRecord, open_store
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.telling.style import ReportStyle


def straight_dvh(maximum_gy: float) -> Dvh:
    """Volume falls in a straight line from all at 0 Gy to none at the maximum."""
    return Dvh(
        dose_gy=np.array([0.0, maximum_gy]), volume_at_least_cc=np.array([100.0, 0.0]), volume_cc=100.0,
        mean_gy=maximum_gy / 2, min_gy=0.0, max_gy=maximum_gy, grid_max_gy=maximum_gy,
    )  # fmt: skip


def put(store, run, key, value, outcome, *, verdict="pass", maximum_gy=10.0, goal="Dmean < 24 Gy"):
    row = ConstraintRow(
        structure="Liver-GTV", metric="Dmean", goal=goal, priority="required", value=value, unit="Gy",
        uncertainty=None, low=None, high=None, margin=None, outcome=outcome, borderline=False,
    )  # fmt: skip
    dvh = DvhRow(structure="Liver-GTV", volume_cc=100.0, step_gy=0.5, shares=packed_shares(straight_dvh(maximum_gy)))
    store.put(
        run,
        PlanRecord(
            plan_key=key, protocol="apatinib", protocol_version="1", fingerprint="f", status="checked",
            verdict=verdict, eligibility_verdict="pass", exit_status=0, reason="", report=zlib.compress(b"{}"),
            constraints=(row,), dvhs=(dvh,),
        ),
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as opened:
        yield opened


def begin(store):
    return store.begin_run(started_at="", program_version="", root="", protocols="")


def test_quartiles_of_nine_numbers_are_the_third_fifth_and_seventh():
    found = distribution_of([9, 1, 8, 2, 7, 3, 6, 4, 5])
    assert (found.minimum, found.lower_quartile, found.median, found.upper_quartile, found.maximum) == (1, 3, 5, 7, 9)
    assert distribution_of([]) is None


def test_counts_median_range_and_outliers_of_a_cohort(store):
    run = begin(store)
    for number, value in enumerate([18.0, 19.0, 20.0, 21.0, 22.0, 40.0]):
        put(store, run, f"p{number}", value, "violated" if value >= 24 else "met")
    put(store, run, "p6", None, "not_evaluated")
    (found,) = summarize(store, run)
    assert (found.plans, found.evaluated, found.met, found.violated, found.not_evaluated) == (7, 6, 5, 1, 1)
    assert (found.distribution.median, found.distribution.minimum, found.distribution.maximum) == (20.5, 18.0, 40.0)
    assert found.outliers == (("p5", 40.0),)


def test_a_cohort_in_cgy_is_a_hundredfold_with_the_same_picture(store):
    run = begin(store)
    for number, value in enumerate([18.0, 19.25, 20.0, 40.0]):
        put(store, run, f"p{number}", value, "violated" if value >= 24 else "met")
    (found,) = summarize(store, run)
    shown = found.shown_in("cGy")
    assert (shown.goal, shown.unit, shown.values) == ("Dmean < 2400 cGy", "cGy", (1800.0, 1925.0, 2000.0, 4000.0))
    assert (shown.distribution.minimum, shown.distribution.maximum, shown.distribution.count) == (1800.0, 4000.0, 4)
    assert drawn(box_plot(shown)) == drawn(box_plot(found))
    assert ",Dmean < 2400 cGy,cGy,4," in cohort_csv([found], "cGy")
    style = ReportStyle(unit="cGy", letterhead=Letterhead(name="Clinic <West>", foot="Room 3"))
    page = cohort_page("Cohort", [found], dvh_bands(store, run), plans=4, style=style)
    assert "(1800.0 to 4000.0) cGy" in page
    assert " Gy" not in page
    assert "Clinic &lt;West&gt;" in page
    assert "Room 3" in page


def drawn(picture: str) -> str:
    return picture.partition("aria-label")[0] + picture.partition(">")[2]


def test_groups_split_the_plans_and_leave_out_the_unnamed(store):
    run = begin(store)
    for number in range(6):
        put(store, run, f"p{number}", 10.0 + number, "met")
    found = summarize(store, run, groups={"p0": "Lyon", "p1": "Lyon", "p2": "Taipei"})
    assert {summary.group: summary.values for summary in found} == {"Lyon": (10.0, 11.0), "Taipei": (12.0,)}


def test_plans_of_an_earlier_run_only_are_not_counted(store):
    put(store, begin(store), "gone", 1.0, "met")
    run = begin(store)
    put(store, run, "here", 2.0, "met")
    (found,) = summarize(store, run)
    assert found.values == (2.0,)


def test_the_median_of_straight_dvhs_is_the_middle_one(store):
    run = begin(store)
    for number, maximum_gy in enumerate([10.0, 20.0, 40.0]):
        put(store, run, f"p{number}", 1.0, "met", maximum_gy=maximum_gy)
    (band,) = dvh_bands(store, run)
    assert band.plans == 3
    at_8_gy = list(band.dose_gy).index(8.0)
    assert band.median[at_8_gy] == pytest.approx(1 - 8 / 20, abs=1e-4)
    assert band.low[at_8_gy] == pytest.approx(0.8 * 0.2 + 0.2 * 0.6, abs=1e-4)


def test_packed_dvh_shares_come_back_to_a_thousandth_of_a_percent():
    shares = shares_of(packed_shares(straight_dvh(50.0)))
    assert shares[:101] == pytest.approx(1 - np.arange(101) * 0.5 / 50.0, abs=1e-5)
    assert shares[101:].max() == 0.0


def test_a_verdict_that_another_protocol_version_changes_is_listed_with_its_cause(tmp_path):
    stores = []
    for name, limit, outcome, verdict in (("a", 24, "met", "pass"), ("b", 22, "violated", "fail")):
        (tmp_path / name).mkdir()
        store = open_store(tmp_path / name)
        run = begin(store)
        put(store, run, "same", 20.0, "met", goal=f"Dmean < {limit} Gy")
        put(store, run, "changes", 23.0, outcome, verdict=verdict, goal=f"Dmean < {limit} Gy")
        stores.append(store)
    (change,) = compare_runs(*stores)
    assert (change.plan_key, change.before, change.after) == ("changes", "pass", "fail")
    assert "23.00 Gy for Dmean < 22 Gy (violated)" in change.why[0]
    for store in stores:
        store.connection.close()


def test_a_cohort_states_which_plans_are_not_in_its_numbers(store, tmp_path):
    run = begin(store)
    put(store, run, "a", 18.0, "met")
    assert incomplete_lines(store, run) == (
        "The batch has not finished: plans are missing. Run it again with the same --out to complete it.",
    )
    store.end_run(run, finished_at="2026-11-29T00:00:00Z")
    assert incomplete_lines(store, run) == ()
    error = PlanRecord(
        plan_key="b", protocol="apatinib", protocol_version="1", fingerprint="", status="error",
        verdict="not_evaluated", eligibility_verdict="not_evaluated", exit_status=3, reason="", report=b"",
    )  # fmt: skip
    store.put(run, error)
    said = run_command("cohort", tmp_path)
    for text in (said.out, (tmp_path / "cohort.html").read_text("utf-8")):
        assert "1 of the plans could not be checked and are not in these numbers." in text


def test_batches_without_a_common_plan_are_not_called_equal(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        with open_store(tmp_path / name) as opened:
            run = begin(opened)
            put(opened, run, name, 18.0, "met")
            put(opened, run, "both", 18.0, "met")
            opened.end_run(run, finished_at="2026-11-29T00:00:00Z")
    words = ("cohort", tmp_path / "a", "--against", tmp_path / "b")
    assert run_command(*words).out.splitlines() == [
        "0 of 1 plans have a different verdict.", "1 more only in the first batch.", "1 more only in the second batch.",
    ]  # fmt: skip
    for name in "ab":
        with open_store(tmp_path / name) as opened:
            opened.drop("both")
    assert run_command(*words).out == "Nothing was compared: the batches have no plan and protocol in common.\n"


def test_the_plans_of_each_protocol_are_ranked_by_their_share_of_the_maximum(store):
    run = begin(store)
    for key, protocol, points, maximum in (
        ("half", "a", 5.0, 10.0), ("best", "a", 9.0, 10.0), ("also half", "a", 2.0, 4.0), ("other", "b", 1.0, 10.0),
        ("without", "a", None, None),
    ):  # fmt: skip
        record = PlanRecord(
            plan_key=key, protocol=protocol, protocol_version="1", fingerprint="f", status="checked", verdict="fail",
            eligibility_verdict="pass", exit_status=1, reason="", report=zlib.compress(b"{}"), score_points=points,
            score_maximum=maximum, unscored="Cord" if key == "best" else "",
        )  # fmt: skip
        store.put(run, record)
    ranked = ranked_plans(store, run)
    assert [(each.protocol, each.rank, each.plan) for each in ranked] == [
        ("a", 1, "best"), ("a", 2, "also half"), ("a", 2, "half"), ("b", 1, "other")
    ]  # fmt: skip
    assert next(ranking_lines(ranked[:1])) == "Scores under a"
    assert "    1.  90.0 %  9 of 10  best (fail); 0 points without a value: Cord" in list(ranking_lines(ranked))
    assert ranking_csv(ranked).splitlines()[1] == "a,1,best,9.0,10.0,90.0,fail,Cord"
