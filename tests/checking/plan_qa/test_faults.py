"""Faults that no dose limit shows, each in a copy of the sample that passes; and the samples, which have none."""

from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from support.command_line import run
from support.plan_faults import contours_of, moved, renamed, sample_with
from support.samples import SAMPLES


def answers(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The items of `rtcheck qa` that are not met, by code."""
    report = run("qa", folder, "--format", "json").json()
    found: dict[str, list[dict[str, Any]]] = {}
    for item in report["plan_checks"]:
        if item["outcome"] not in ("met", "not_applicable"):
            found.setdefault(item["code"], []).append(item)
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_no_sample_violates_a_required_check(sample):
    off = [i for items in answers(sample).values() for i in items if i["outcome"] == "violated" and i["required"]]
    assert off == []


def test_swapped_kidneys_are_on_the_wrong_sides(tmp_path):
    folder = sample_with(
        tmp_path / "case", structures=lambda s: renamed(s, {"Kidney_L": "Kidney_R", "Kidney_R": "Kidney_L"})
    )
    found = answers(folder)
    assert {code for code, items in found.items() if items[0]["required"]} == {"structures.laterality"}
    assert run("qa", folder, "-q").status == 1


def test_a_gtv_moved_out_of_its_ptv_is_found_with_its_volume(tmp_path):
    folder = sample_with(tmp_path / "case", structures=lambda s: moved(s, "GTV", (-17.0, 0.0, 0.0)))
    (item,) = answers(folder)["structures.inside"]
    assert item["item"] == "all GTV inside all PTV"
    assert item["outcome"] == "violated"
    assert 1 < item["value"] < 43


def test_isocentres_apart_are_found_with_their_distance(tmp_path):
    def apart(plan):
        for number, beam in enumerate(plan.BeamSequence):
            point = beam.ControlPointSequence[0]
            point.IsocenterPosition = [float(point.IsocenterPosition[0]) + 50 * number, *point.IsocenterPosition[1:]]

    (item,) = answers(sample_with(tmp_path / "case", plan=apart))["plan.isocentre.one"]
    assert item["found"] == "7 isocentres, up to 300 mm apart"


def test_beams_of_one_monitor_unit_do_not_fit_the_dose(tmp_path):
    def one_each(plan):
        for beam in plan.FractionGroupSequence[0].ReferencedBeamSequence:
            beam.BeamMeterset = 1

    (item,) = answers(sample_with(tmp_path / "case", plan=one_each))["plan.meterset"]
    assert item["value"] == pytest.approx(7 / 200)


def test_an_emptied_organ_is_listed(tmp_path):
    def emptied(structures):
        del contours_of(structures, "Heart").ContourSequence

    (item,) = answers(sample_with(tmp_path / "case", structures=emptied))["structures.empty"]
    assert (item["found"], item["required"]) == ("Heart", False)


def test_a_stray_contour_of_a_millimetre_is_found_with_its_place(tmp_path):
    def with_stray(structures):
        stomach = contours_of(structures, "Stomach").ContourSequence
        z_mm = float(stomach[0].ContourData[2])
        stray = Dataset()
        stray.ContourGeometricType, stray.NumberOfContourPoints = "CLOSED_PLANAR", 4
        corners = ((-100, -50), (-99, -50), (-99, -49), (-100, -49))
        stray.ContourData = [f"{value:g}" for x, y in corners for value in (x, y, z_mm)]
        stomach.append(stray)

    (item,) = answers(sample_with(tmp_path / "case", structures=with_stray))["structures.strays"]
    assert item["found"] == "1 in Stomach"
    assert item["place"].startswith("Stomach at x -100, y -50")


def test_a_stomach_outside_the_body_is_found_with_its_volume(tmp_path):
    folder = sample_with(tmp_path / "case", structures=lambda s: moved(s, "Stomach", (90.0, 0.0, 0.0)))
    (item,) = answers(folder)["structures.outside_body"]
    assert item["outcome"] == "violated"
    assert item["found"] == "outside: Stomach"
    assert run("qa", folder, "-q").status == 1
