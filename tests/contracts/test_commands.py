"""The command line as it is promised: PATH, named files, formats, engine settings, and where options may stand."""

import json
import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan
from support.plan_farm import write_farm
from support.samples import PASSES

from rtcheck.conformance.phantom import dose_dataset, plan_dataset, write_file


def _even(dose_gy, x, y, z):
    return np.full_like(x, dose_gy)


@pytest.mark.parametrize(
    "words",
    [
        ["{plan}", "--protocol", "{p}"],
        ["--protocol", "{p}", "{plan}"],
        ["check", "{plan}", "--protocol", "{p}"],
        ["check", "--protocol", "{p}", "{plan}"],
        ["--format", "json", "{plan}", "--protocol", "{p}"],
        ["{plan}", "--protocol={p}"],
        ["{plan}/plan.dcm", "-p", "{p}"],
        ["{plan}/dose.dcm", "-p", "{p}"],
        ["{plan}/struct.dcm", "-p", "{p}"],
        ["--plan", "{plan}/plan.dcm", "--dose", "{plan}/dose.dcm", "--structures", "{plan}/struct.dcm", "-p", "{p}"],
    ],
)
def test_the_check_is_the_same_however_it_is_asked_for(plan, tmp_path, words):
    asked = [word.format(plan=plan, p=tmp_path / "mine.yaml") for word in words]
    ran = run(*asked, *([] if "--format" in asked else ["-f", "json"]))
    assert ran.status == 0
    assert {each["role"] for each in ran.json()["provenance"]["files"]} == {"plan", "dose", "structures"}
    assert [each["value"] for each in ran.json()["constraints"]] == pytest.approx([20.0])


def test_doses_of_beams_that_are_named_one_by_one_are_added(tmp_path):
    """Two beams of 30 and 20 Gy make the 50 Gy of the whole course."""
    plan = write_plan(tmp_path / "plan", dose_gy=50.0, change=lambda files: setattr(files, "plan", plan_dataset()))
    (plan / "dose.dcm").unlink()
    words = []
    for beam, dose_gy in ((1, 30.0), (2, 20.0)):
        uid = f"2.25.77.{beam}"
        dose = dose_dataset(dose_at=partial(_even, dose_gy), bits=32, summation="BEAM", beam=beam, uid=uid)
        write_file(dose, tmp_path / f"beam{beam}.dcm")
        words += ["--dose", tmp_path / f"beam{beam}.dcm"]
    (found,) = check(plan, constraints("PTV: Dmax < 60 Gy"), *words).json()["constraints"]
    assert found["value"] == pytest.approx(50.0, rel=1e-6)


@pytest.mark.parametrize(("form", "beginning"), [("table", "Protocol"), ("json", "{"), ("html", "<!"), ("junit", "<?")])
def test_one_format_goes_to_standard_output(plan, tmp_path, form, beginning):
    ran = run(plan, "-p", tmp_path / "mine.yaml", "--format", form)
    assert ran.status == 0
    assert ran.out.lower().startswith(beginning.lower())


def test_several_formats_go_beside_one_another(plan, tmp_path):
    words = [plan, "-p", tmp_path / "mine.yaml", "--format", "json", "--format", "html", "--format", "csv"]
    assert run(*words, "-o", f"{tmp_path}/out/").status == 0
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".html", ".json"]
    assert run(*words, "-o", tmp_path / "named.json").status == 0
    assert {path.name for path in tmp_path.glob("named.*")} == {"named.json", "named.html", "named.csv"}
    assert json.loads((tmp_path / "named.json").read_text())["verdict"] == "pass"


def test_a_file_s_ending_tells_its_format_and_a_format_asked_for_twice_is_written_once(plan, tmp_path):
    assert run(plan, "-p", tmp_path / "mine.yaml", "-o", tmp_path / "a.html").status == 0
    assert (tmp_path / "a.html").read_text("utf-8").lower().startswith("<!doctype html")
    twice = run(plan, "-p", tmp_path / "mine.yaml", "-f", "json", "-f", "JSON")
    assert twice.json()["verdict"] == "pass"


@pytest.mark.parametrize(
    ("words", "volume_cc"),
    [([], 12.0), (["--end-caps", "none"], 10.8), (["--end-caps", "full"], 13.2)],
)
def test_engine_settings_are_the_same_for_every_command(plan, tmp_path, words, volume_cc):
    """Ten planes 3 mm apart of 4 cm2: 27, 30 and 33 mm high."""
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Volume > 1 cc", "PTV: Dmax < 60 Gy"))
    (row,) = run("dvh", plan, "-m", "Volume", "-f", "json", *words).json()["structures"]
    assert row["volume_cc"] == pytest.approx(volume_cc)
    ran = run(plan, "-p", tmp_path / "mine.yaml", "-f", "json", *words).json()
    assert ran["constraints"][0]["value"] == pytest.approx(volume_cc)
    assert ran["provenance"]["settings"]["end_caps"] == (words[1] if words else "half")
    out = tmp_path / "out"
    assert run("batch", plan, "-p", tmp_path / "mine.yaml", "--out", out, "--jobs", "1", *words).status == 0
    assert f",{volume_cc}" in (out / "results.csv").read_text("utf-8")


@pytest.mark.parametrize("option", [["--shape", "interpolated"], ["--dose-interpolation", "cubic"]])
@pytest.mark.parametrize("command", [["check"], ["dvh"], ["isotoxic"]])
def test_shape_and_dose_interpolation_are_taken_by_every_command_and_recorded(plan, tmp_path, command, option):
    protocol = [] if command == ["dvh"] else ["-p", tmp_path / "mine.yaml"]
    ran = run(*command, plan, *protocol, "-f", "json", *option)
    assert ran.status == 0
    if command != ["isotoxic"]:
        assert option[1] in ran.json()["provenance"]["settings"].values()


def test_dvh_lists_all_structures_by_itself_and_only_those_named_on_request(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("PTV"), box("Heart", 2)])
    names = [each["name"] for each in run("dvh", plan, "-f", "json").json()["structures"]]
    assert names == ["PTV", "Heart"]
    (heart,) = run("dvh", plan, "--roi", "Heart", "-f", "json").json()["structures"]
    assert heart["name"] == "Heart"
    assert run("dvh", plan, "-f", "csv").out.startswith("structure,")


def test_protocols_are_listed_shown_and_linted(plan, tmp_path):
    assert "apatinib" in run("protocols", "list").out
    assert "Stomach" in run("protocols", "show", "apatinib").out
    (tmp_path / "bad.yaml").write_text("name: bad\nconstraints:\n  - {structure: PTV, goal: V20 < 1 cc}\n")
    assert run("protocols", "lint", tmp_path / "mine.yaml").status == 0
    assert run("protocols", "lint", tmp_path / "bad.yaml").status == 2


def test_structures_says_what_each_name_was_matched_to_and_why(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("heart"), box("Liver", 2)])
    (tmp_path / "mine.yaml").write_text(constraints("Heart: Dmax < 24 Gy", "Liver: Dmax < 24 Gy", "Skin: Dmax < 1 Gy"))
    told = run("structures", plan, "-p", tmp_path / "mine.yaml").out
    assert "exact match" in told
    assert "different spelling" in told
    assert "no ROI is named Skin" in told


HEAVY = {"pydicom", "jinja2", "requests", "rich", "scipy", "numpy.ma"}
"""Each takes 5 to 500 ms to be imported."""


@pytest.mark.skipif(os.environ.get("RTCHECK_COVERAGE") is not None, reason="a coverage run imports more")
@pytest.mark.parametrize(
    ("command", "unused", "most"),
    [
        ([str(PASSES), "-p", "apatinib"], {"typer", "zipfile", "statistics"}, 315),
        (
            ["dvh", str(PASSES), "--roi", "Liver"],
            {"typer", "yaml", "zipfile", "difflib", "statistics", "hashlib", "rtcheck.checking.check"},
            181,
        ),
        (["protocols", "list"], {"rtcheck.checking.check", "numpy"}, 83),
        (["version"], {"typer", "numpy", "yaml"}, 17),
    ],
)
def test_a_command_imports_only_what_it_uses(command, unused, most):
    """`most` is about how many modules of rtcheck it imports today; each takes 0.2 to 0.5 ms of every run."""
    script = (
        "import sys; from rtcheck.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "own = sum(name.partition('.')[0] == 'rtcheck' for name in sys.modules)\n"
        f"print(own, *sorted({HEAVY | unused!r} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    own, *needless = ran.stderr.split()
    assert needless == []
    assert int(own) <= most


@pytest.mark.parametrize("kind", ["plan", "dose", "struct"])
@pytest.mark.parametrize("number", [0, 1])
def test_of_two_plans_in_one_folder_any_file_of_one_leads_to_all_of_it(tmp_path, kind, number):
    """The farm's second plan has 0.92 + 0.18 / 97 times the phantom's dose, its first 0.92 times."""
    together = tmp_path / "together"
    together.mkdir()
    for k, folder in enumerate(write_farm(tmp_path / "farm", 2)):
        for file in folder.iterdir():
            file.rename(together / f"{file.stem}_{k}.dcm")
    ran = check(together / f"{kind}_{number}.dcm", constraints("PTV: Dmean < 60 Gy"))
    used = {path.rpartition("/")[2] for path in (each["path"] for each in ran.json()["provenance"]["files"])}
    assert used == {f"{stem}_{number}.dcm" for stem in ("plan", "dose", "struct")}
    assert ran.json()["constraints"][0]["value"] == pytest.approx(50.0 * (0.92 + 0.18 * number / 97), rel=1e-4)
