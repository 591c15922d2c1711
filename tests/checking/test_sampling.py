"""Random setup errors: in a linear dose every probability is that of a normal distribution."""

import copy
import csv
import io
import json
import math
import re
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from openpyxl import load_workbook
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_on, dose_over, gradient, nodes

from rtcheck.checking.check import check
from rtcheck.checking.courses.sums import summed
from rtcheck.checking.what_if.sampling import Sampling
from rtcheck.cli.scenarios import Scenarios
from rtcheck.dosimetry.blurring import blurred
from rtcheck.errors import UsageError
from rtcheck.records.comparing import differences
from rtcheck.report.schemas import schema_text

CORD = replace(cube(10.0, corner=(-5.0, -5.0, -5.0)), name="SpinalCord")
LINEAR = dose_over(-60.0, 60.0, 5.0, gradient("x", centre_gy=60.0))


def sampled(tmp_path, goal, sampling, *, fractions=25):
    """1 Gy/mm along x, 60 Gy in the middle of the cord."""
    protocol = protocol_of(tmp_path, f"name: x\nconstraints: [{{structure: SpinalCord, goal: {goal}}}]\n")
    report = check(case_of([CORD], LINEAR, fractions=fractions), protocol, sampling=sampling)
    return report, report.samples.constraints[0]


@pytest.mark.parametrize(("random_mm", "systematic_mm"), [(0.0, 2.0), (5.0, 0.0), (3.0, 1.5)])
def test_the_probability_and_the_spread_are_those_of_the_normal_distribution(tmp_path, random_mm, systematic_mm):
    """The mean of a linear dose moves with the mean error alone: variance systematic^2 + random^2 / fractions."""
    sampling = Sampling(count=120, random_mm=(random_mm,) * 3, systematic_mm=(systematic_mm,) * 3)
    deviation = math.hypot(systematic_mm, random_mm / 5)
    _, found = sampled(tmp_path, f"Dmean < {60 + 0.8 * deviation:.6f} Gy", sampling)
    truth = NormalDist().cdf(0.8)
    assert found.evaluated == 120
    assert found.probability_low < truth < found.probability_high
    spread = (found.percentiles[2] - found.percentiles[0]) / 2
    assert spread == pytest.approx(NormalDist().inv_cdf(0.95) * deviation, rel=0.3)
    assert found.percentiles[1] == pytest.approx(60.0, abs=0.3 * deviation)


def test_the_same_seed_gives_the_same_samples_and_the_verdict_stays(tmp_path):
    drawn = [Sampling(count=20, systematic_mm=(2.0, 2.0, 2.0), seed=seed) for seed in (3, 3, 4)]
    reports = [sampled(tmp_path, "Dmean < 60.5 Gy", each) for each in drawn]
    one, same, other = (found.percentiles for _, found in reports)
    assert one == same != other
    assert reports[0][0].verdict == "pass"
    assert "holds with a probability of" in str(reports[0][0])


def test_the_band_of_a_dvh_holds_the_shifted_doses(tmp_path):
    """A cord of 55 to 65 Gy, 1.645 x 2 mm off either way: at 60 Gy it has 50 % of its volume -+ 32.9 %."""
    report, _ = sampled(tmp_path, "D50% < 99 Gy", Sampling(count=100, systematic_mm=(2.0, 2.0, 2.0)))
    (band,) = report.samples.bands
    at_60 = [float(np.interp(60.0, band.dose_gy, line)) for line in (band.low, band.middle, band.high)]
    assert at_60 == [pytest.approx(share, abs=0.1) for share in (0.171, 0.5, 0.829)]


def test_the_ranges_of_an_even_dose_are_that_dose(tmp_path):
    """Read off the band, which has a point every 0.66 Gy, D2% was 60.5 Gy."""
    even = dose_over(-60.0, 60.0, 5.0, lambda x, y, z: 60.0 + 0 * (x + y + z))
    protocol = protocol_of(tmp_path, "name: x\nconstraints: [{structure: SpinalCord, goal: D50% < 99 Gy}]\n")
    report = check(case_of([CORD], even), protocol, sampling=Sampling(count=10, systematic_mm=(2.0, 2.0, 2.0)))
    (band,) = report.samples.bands
    assert np.array(band.ranges_gy).T.tolist() == [[0.98, 0.5, 0.02], *[pytest.approx([60.0] * 3, abs=0.02)] * 2]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Dmax of 65 Gy, which needs no DVH, with errors of 2 mm."""
    return sampled(tmp_path_factory.mktemp("told"), "Dmax < 65 Gy", Sampling(count=150, systematic_mm=(2.0, 2.0, 2.0)))[
        0
    ]


def test_the_band_is_told_in_words_and_drawn(told):
    """D50% is 60 Gy -+ 1.645 x 2 mm at 1 Gy/mm; the DVHs that no limit needs are those of the first 100 samples."""
    (band,) = told.samples.bands
    assert band.samples == 100
    said = re.search(r"SpinalCord DVH: D98% .* Gy, D50% ([\d.]+) to ([\d.]+) Gy, .* in 90 % of 100 samples", str(told))
    assert [float(end) for end in said.groups()] == [pytest.approx(60 - 3.29, abs=1.0), pytest.approx(63.29, abs=1.0)]
    page = told.to_html()
    assert 'class="smp ' in page
    assert "90 % of the samples" in page


def test_the_table_has_the_probability_and_the_range(told, tmp_path):
    (row,) = csv.DictReader(io.StringIO(told.to_csv()))
    (found,) = told.samples.constraints
    assert float(row["probability"]) == found.probability
    assert (float(row["least_of_samples"]), float(row["most_of_samples"])) == (
        found.percentiles[0],
        found.percentiles[2],
    )
    sheet = load_workbook(told.save(tmp_path / "told.xlsx"))["DVH bands"]
    at_60 = next(row for row in sheet.iter_rows(min_row=2, values_only=True) if 59.5 < row[1] < 60.7)
    assert at_60[0] == "SpinalCord"
    assert 0 < at_60[2] < at_60[3] < at_60[4] < 100


def test_the_schema_and_a_repeated_check_read_the_samples(told):
    record = told.to_dict()
    Draft202012Validator(json.loads(schema_text("report"))).validate(record)
    assert list(differences(record, record)) == []
    changed = copy.deepcopy(record)
    changed["samples"]["constraints"][0]["held"] += 1
    assert ["held" in each for each in differences(changed, record)] == [True]
    assert list(differences(record, {**record, "samples": None}))


def test_random_errors_blur_a_dose():
    """A parabola gains the variance, and h^2 / 6 because it is straight between nodes h apart; a line stays."""
    parabola = dose_over(-60.0, 60.0, 3.0, lambda x, y, z: x**2 + 0 * y * z)
    assert blurred(parabola, (6.0, 0.0, 0.0)).at(0.0, 0.0, 0.0) == pytest.approx(36.0 + 9.0 / 6, rel=5e-3)
    line = blurred(LINEAR, (4.0, 4.0, 4.0))
    assert line.at(7.0, 0.0, 0.0) == pytest.approx(67.0, abs=1e-3)
    assert line.x_mm.max() == 45.0  # within 3 deviations of the end the blurred dose is not known


def test_a_peak_keeps_its_integral_when_it_is_blurred():
    def peak_gy(x, y, z):
        return np.where((np.abs(x) < 1) & (np.abs(y) < 1) & (np.abs(z) < 1), 50.0, 0.0)

    dose = dose_over(-40.0, 40.0, 2.0, peak_gy)
    after = blurred(dose, (3.0, 3.0, 3.0))
    assert after.dose_gy.sum() == pytest.approx(dose.dose_gy.sum(), rel=0.01)
    assert after.max_gy < 5.0


def boosted():
    """50 Gy in 25 fractions, and 10 Gy in 2 in a grid that ends at x = 10 mm. Three cubes of 0.2 mm."""
    at_mm = {"Deep": -12.0, "Near": 9.0, "Outside": 16.0}
    cubes = [replace(cube(0.2, corner=(x - 0.1, -0.1, -0.1), spacing=0.1), name=name) for name, x in at_mm.items()]
    boost = dose_on(nodes(-59, 9, 2), nodes(-45, 45, 3), nodes(-45, 45, 3), 10.0)
    plans = [
        case_of(cubes, dose_over(-60, 60, 4, 50.0), prescription_gy=50.0, fractions=25),
        case_of(cubes, boost, prescription_gy=10.0, fractions=2),
    ]
    return summed(plans)


LIMITS = 'name: x\nconstraints: [{{structure: [Deep, Near, Outside], combine: each, goal: "{}"}}]\n'


@pytest.mark.parametrize(
    ("metric", "boost_gy"), [pytest.param("Dmean", 10.0, id="dose"), pytest.param("EQD2[2] Dmean", 17.5, id="EQD2")]
)
def test_a_sum_is_blurred_with_bounds_where_a_grid_ends(tmp_path, metric, boost_gy):
    """10 mm is half a deviation from one cube, and 3 from the other; EQD2[2] of 10 Gy in 2 is 10 (5 + 2) / 4."""
    case = boosted()
    dose = blurred(case.dose, (2.0, 2.0, 2.0))
    case = replace(case, dose=dose, courses=case.courses.blurred(dose, (2.0, 2.0, 2.0)))
    deep, near, outside = check(case, protocol_of(tmp_path, LIMITS.format(f"{metric} < 99 Gy"))).results
    assert (deep.measurement.value, deep.measurement.bounds) == (pytest.approx(50 + boost_gy, abs=1e-3), None)
    for result, deviations in ((near, 0.5), (outside, -3.0)):
        low_gy = 50 + boost_gy * NormalDist().cdf(deviations)
        assert result.measurement.bounds == pytest.approx((low_gy, 50 + boost_gy), abs=2e-3 * boost_gy)


@pytest.mark.parametrize(
    ("goal", "held", "decided"),
    [
        pytest.param("Dmean < 60.1 Gy", [20, 20, 20], [20, 20, 20], id="met at both ends"),
        pytest.param("Dmean < 59.7 Gy", [0, 0, 0], [20, 0, 0], id="between the ends"),
        pytest.param("EQD2[2] Dmean < 67.6 Gy", [20, 20, 20], [20, 20, 20], id="EQD2"),
    ],
)
def test_a_sum_whose_grids_end_in_different_places_is_sampled(tmp_path, goal, held, decided):
    sampling = Sampling(count=20, random_mm=(2.0, 2.0, 2.0), systematic_mm=(0.1, 0.1, 0.1))
    found = check(boosted(), protocol_of(tmp_path, LIMITS.format(goal)), sampling=sampling).samples
    assert [each.held for each in found.constraints] == held
    assert [each.evaluated for each in found.constraints] == decided
    assert [band.structure for band in found.bands] == ["Deep"]
    low_gy, _, high_gy = found.constraints[2].percentiles  # outside the grid of the boost it may give all or nothing
    assert (low_gy, high_gy) == (
        pytest.approx(50.0, abs=0.1),
        pytest.approx(found.constraints[0].percentiles[1], abs=0.1),
    )


def test_a_value_without_a_bound_has_no_range(tmp_path):
    """The isodose of 40 Gy reaches the faces of the grid: beyond them its volume is not known."""
    text = (
        "name: x\nstructures: {Iso: {derive: Isodose(40 Gy)}}\nconstraints: [{structure: Iso, goal: Volume > 1 cc}]\n"
    )
    sampling, case = Sampling(count=10, systematic_mm=(1.0, 0.0, 0.0)), case_of([CORD], dose_over(-20, 20, 10, 50.0))
    (found,) = check(case, protocol_of(tmp_path, text), sampling=sampling).samples.constraints
    assert (found.held, found.percentiles) == (10, ())


def test_contours_are_drawn_together_with_the_setup(tmp_path):
    """Dmax of a cube grown by 3 mm is 3 Gy higher: one sample in six, one in six 3 Gy lower."""
    sampling = Sampling(count=120, systematic_mm=(1e-6, 0.0, 0.0), margin_mm=3.0)
    _, found = sampled(tmp_path, "Dmax < 66 Gy", sampling)
    assert found.probability == pytest.approx(5 / 6, abs=0.14)  # 4 standard deviations of 120 samples
    least, middle, most = found.percentiles
    assert (least, most) == (pytest.approx(62.0, abs=0.4), pytest.approx(68.0, abs=0.4))
    assert middle == pytest.approx(65.0, abs=1e-2)


def test_structures_that_leave_the_grid_are_not_held(tmp_path):
    """The cord lies 3 mm from the end: with errors of 10 mm it leaves the grid in many samples."""
    near = replace(cube(10.0, corner=(47.0, -5.0, -5.0)), name="SpinalCord")
    protocol = protocol_of(tmp_path, "name: x\nconstraints: [{structure: SpinalCord, goal: Dmin > 1 Gy}]\n")
    sampling = Sampling(count=50, systematic_mm=(10.0, 0.0, 0.0))
    found = check(case_of([near], LINEAR), protocol, sampling=sampling).samples.constraints[0]
    assert found.evaluated < 50
    assert found.probability == found.held / 50
    assert found.probability_high > found.probability + 0.15


@pytest.mark.parametrize(
    ("robust", "samples", "said"),
    [
        ("3mm", 100, "expected sigma=2mm"),
        ("sigma=2mm", None, "give the number of samples"),
        ("sigma=2mm,sigma=3mm", 100, "expected sigma=2mm"),
        ("sigma=2/3mm", 100, "one size for all axes"),
        ("sigma=2cm", 100, "a size above 0 mm"),
        ("sigma=2mm", 5, "expected 10 to"),
    ],
)
def test_what_cannot_be_drawn_is_refused(robust, samples, said):
    with pytest.raises(UsageError, match=said):
        Scenarios(robust, None, samples)


def test_the_options_are_read_as_they_are_written():
    sampling = Scenarios("sigma=2/2/3mm, systematic=1.5mm", "2mm", 500, 7).sampling
    assert (sampling.random_mm, sampling.systematic_mm) == ((2.0, 2.0, 3.0), (1.5, 1.5, 1.5))
    assert (sampling.count, sampling.margin_mm, sampling.seed) == (500, 2.0, 7)
