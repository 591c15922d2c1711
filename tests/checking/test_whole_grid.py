"""`rtcheck dvh --grid`: metrics, maximum and integral dose of the whole grid, of 200 x 150 x 120 mm (3600 cc)."""

import pytest
from support.command_line import run
from support.known_plans import write_plan


def test_the_grid_of_a_uniform_dose(tmp_path):
    """20 Gy in 3600 cc are 72 Gy L."""
    ran = run("dvh", write_plan(tmp_path / "plan"), "--grid", "--metric", "Dmean,V10Gy", "--format", "json").json()
    (row,) = ran["structures"]
    assert row["volume_cc"] == pytest.approx(3600.0)
    assert [each["value"] for each in row["metrics"].values()] == pytest.approx([20.0, 3600.0])
    assert ran["grid"]["integral_gy_cc"] == pytest.approx(72000.0)


def test_the_maximum_is_where_the_dose_is_highest(tmp_path):
    plan = write_plan(tmp_path / "plan", dose_gy=lambda x, y, z: 40.0 + x / 10 + y / 50 - z / 20)
    ran = run("dvh", plan, "--grid", "--roi", "PTV", "--format", "json").json()
    assert [each["name"] for each in ran["structures"]] == ["whole dose grid", "PTV"]
    assert ran["grid"]["position_mm"] == pytest.approx([100.0, 75.0, -60.0])
    assert ran["grid"]["max_gy"] == pytest.approx(40 + 10 + 1.5 + 3, abs=0.01)
    assert "x +100, y +75, z −60 mm" in run("dvh", plan, "--grid").out


def test_structures_alone_have_no_grid_and_a_grid_needs_a_dose(tmp_path):
    plan = write_plan(tmp_path / "plan")
    assert run("dvh", plan, "--format", "json").json()["grid"] is None
    structures = next(file for file in plan.iterdir() if b"RTSTRUCT" in file.read_bytes()[:4000])
    (tmp_path / "alone").mkdir()
    structures.rename(tmp_path / "alone" / structures.name)
    ran = run("dvh", tmp_path / "alone", "--grid")
    assert (ran.status, "--grid needs a dose" in ran.err) == (2, True)
