"""Recipes: a plan with doses of its scenarios, and a sum; what a command line calls them."""

from pathlib import Path

import pytest
from pydicom import dcmread
from support.known_plans import box, write_plan

from rtcheck.web.desk.exporting import words_of_case
from rtcheck.web.desk.question import Override, Question, Recipe
from rtcheck.web.desk.reading import read
from rtcheck.web.desk.variations import variations_of
from rtcheck.web.refusals import Refusal


def recipe(root: Path, path: str, **more) -> Recipe:
    return Recipe(case="c", root=root, path=path, place=root, **more)


def words(of: Recipe) -> list[str]:
    return list(words_of_case(of, Question()))


def further_dose(folder: Path, name: str, gy: float) -> None:
    """The plan's dose once more, everywhere as high."""
    file = dcmread(folder / "dose.dcm")
    file.SOPInstanceUID = file.file_meta.MediaStorageSOPInstanceUID = f"{file.SOPInstanceUID}.9"
    file.PixelData = (file.pixel_array * 0 + round(gy / float(file.DoseGridScaling))).astype("<u4").tobytes()
    file.save_as(folder / name)


def test_the_dose_of_a_scenario_is_named_and_read_once(tmp_path):
    write_plan(tmp_path / "plan", [box("SpinalCord")], dose_gy=20.0, prescribed_gy=20.0)
    further_dose(tmp_path / "plan", "high.dcm", 21.0)
    named = {"plan": "plan/plan.dcm", "doses": ("plan/dose.dcm",), "scenarios": (("range +5 %", "plan/high.dcm"),)}
    made = recipe(tmp_path, "plan", **named)
    (scenario,) = read(made, Override()).scenarios
    assert (scenario.name, scenario.load().max_gy) == ("range +5 %", pytest.approx(21.0, abs=1e-3))
    assert scenario.load() is scenario.load()
    assert words(made)[-2:] == ["--scenario", f"range +5 %={tmp_path / 'plan/high.dcm'}"]


def test_a_sum_is_called_by_the_files_of_its_plans(tmp_path):
    one, two = recipe(tmp_path, "a", plan="a/plan.dcm"), recipe(tmp_path, "b", ignore=("plan.unapproved",))
    paths = [str(tmp_path / "a/plan.dcm"), str(tmp_path / "b")]
    assert words(recipe(tmp_path, "", parts=(one, two))) == [
        "rtcheck", *paths, "--sum", "--ignore", "plan.unapproved",
    ]  # fmt: skip
    eqd2 = recipe(tmp_path, "", parts=(one, two), eqd2_alpha_beta_gy=2.5, structures_of=1)
    assert words(eqd2)[3:7] == ["--sum-eqd2", "2.5", "--structures-of", paths[1]]
    dropped = recipe(tmp_path, "", plan="plan.dcm", private=tmp_path)
    assert words(recipe(tmp_path, "", parts=(dropped, dropped)))[1:3] == ["plan_1/plan.dcm", "plan_2/plan.dcm"]
    with pytest.raises(Refusal):  # no option names the dose of one plan of a sum
        words(recipe(tmp_path, "", parts=(one, recipe(tmp_path, "b", doses=("b/dose.dcm",)))))


@pytest.mark.parametrize(
    "values",
    [{"samples": 9, "random_x_mm": 2}, {"samples": 2001, "random_x_mm": 2}, {"samples": 50}, {"samples": 50.5},
     {"samples": 50, "systematic_y_mm": -1}, {"samples": 50, "random_x_mm": 2, "seed": -1}, {}],
)  # fmt: skip
def test_what_cannot_be_varied_is_refused(values):
    with pytest.raises(Refusal):
        variations_of(values)


def test_errors_along_each_axis_are_taken_as_given():
    drawn = variations_of({"samples": 50, "random_x_mm": 2, "random_z_mm": 3, "systematic_y_mm": 1, "seed": 4})
    (sampling,) = drawn.options().values()
    assert (sampling.count, sampling.seed) == (50, 4)
    assert (sampling.random_mm, sampling.systematic_mm) == ((2, 0, 3), (0, 1, 0))
