"""Recipes: a plan with doses of its scenarios, and a sum; what a command line calls them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from support.known_plans import box, write_plan
from support.registrations import in_frame, matrix_of, write_registration

from rtcheck.errors import UsageError
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.exporting import words_of_case
from rtcheck.web.desk.question import Override, Question, Recipe
from rtcheck.web.desk.reading import read
from rtcheck.web.desk.registrations import registration_values
from rtcheck.web.desk.variations import variations_of
from rtcheck.web.refusals import Refusal


def recipe(root: Path, path: str, *, case: str = "c", **more) -> Recipe:
    return Recipe(case=case, root=root, path=path, place=root, **more)


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


def test_the_command_of_a_sum_names_its_registrations_and_what_was_delivered(tmp_path):
    one, two = recipe(tmp_path, "a", plan="a/plan.dcm"), recipe(tmp_path, "b", plan="b/plan.dcm")
    served, dropped = recipe(tmp_path, "reg/x.dcm"), recipe(tmp_path / "up", "x.dcm", private=tmp_path / "up")
    made = words(recipe(tmp_path, "", parts=(one, two), delivered=(12, None), registrations=(served, dropped)))
    delivered = f"{tmp_path / 'a/plan.dcm'}=12"
    assert made[4:] == [
        "--delivered",
        delivered,
        "--registration",
        str(tmp_path / "reg/x.dcm"),
        "--registration",
        "x.dcm",
    ]


@pytest.fixture
def on_two_images(tmp_path):
    """30 Gy and, on images that are shifted by 10 mm, 20 Gy; a registration in a folder of its own, and a bad one."""
    cord = box("SpinalCord")
    write_plan(tmp_path / "one", [cord], dose_gy=30.0, prescribed_gy=30.0)
    write_plan(tmp_path / "two", [cord], dose_gy=20.0, prescribed_gy=20.0, change=in_frame("2.25.11", ".5"))
    frame = str(dcmread(tmp_path / "one/dose.dcm").FrameOfReferenceUID)
    like = dcmread(tmp_path / "one/plan.dcm")
    (tmp_path / "reg").mkdir()
    for name, matrix in (
        ("ten.dcm", matrix_of(shift_mm=(10.0, 0.0, 0.0))),
        ("flat.dcm", matrix_of(np.diag([1, 1, 0]))),
    ):
        write_registration(tmp_path / "reg" / name, "2.25.11", frame, matrix, like=like)
    return tuple(recipe(tmp_path, name, case=name) for name in ("one", "two"))


def test_registrations_around_the_plans_are_listed_with_why_one_cannot_be_used(tmp_path, on_two_images):
    assert registration_values(Desk(), on_two_images[:1] * 2, {}, None) == {"is_needed": False, "files": []}
    found = registration_values(Desk(), on_two_images, {}, None)
    flat, ten = sorted(found["files"], key=lambda file: file["name"])
    assert (found["is_needed"], ten["is_of_plans"], ten["is_next_to_plan"], ten["problem"]) == (True, True, False, "")
    assert flat["problem"] == "the registration cannot be used: item 2: the matrix cannot be inverted."
    one, two = on_two_images  # the first as of an upload: all of it is looked through
    dropped = registration_values(Desk(), (replace(one, private=tmp_path), two), {}, None)["files"]
    assert [(file["upload"], file["name"]) for file in dropped] == [
        (tmp_path.name, "reg/flat.dcm"),
        (tmp_path.name, "reg/ten.dcm"),
    ]
    (tmp_path / "reg/ten.dcm").rename(tmp_path / "two/ten.dcm")
    assert registration_values(Desk(), on_two_images, {}, None)["files"][0] == {
        **ten,
        "name": "two/ten.dcm",
        "is_next_to_plan": True,
    }


def test_a_sum_over_an_uploaded_registration_names_it_as_it_was_dropped(tmp_path, on_two_images):
    (tmp_path / "up").mkdir()
    (tmp_path / "reg/ten.dcm").rename(tmp_path / "up/ten.dcm")
    file = recipe(tmp_path / "up", "ten.dcm", private=tmp_path / "up")
    case = read(recipe(tmp_path, "", parts=on_two_images, registrations=(file,)), Override())
    assert case.dose.max_gy == pytest.approx(50.0, abs=1e-3)
    (source,) = (each for each in case.sources if each.role == "registration")
    assert str(source.path) == "ten.dcm"
    with pytest.raises(UsageError, match="without a registration"):
        read(recipe(tmp_path, "", parts=on_two_images), Override())


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
