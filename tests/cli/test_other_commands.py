"""dvh, structures, protocols, facts, schema, version, help: and that every command is explained."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from support.command_line import run
from support.real_data import REAL_DICOM, needs_real_dicom
from support.samples import INCOMPLETE, PASSES, SAMPLES, STOMACH_FAILS, protocol_of

from rtcheck.checking.dvhs import DEFAULT_METRICS
from rtcheck.cli.table import COMMANDS
from rtcheck.protocol.language.goal import parse_metric

ROOT = Path(__file__).resolve().parents[2]


# --- every command is explained -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_explains_its_options(name):
    found = run(name, "--help")
    assert found.status == 0
    assert "Usage: rtcheck" in found.out
    assert re.search(r"^  \S.{20,}", found.out, re.MULTILINE), "the help has no sentence"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name):
    lines = run(name, "--help").out.splitlines()
    after_options = lines[lines.index("Options:") + 1 :] if "Options:" in lines else []
    flags = [i for i, line in enumerate(after_options) if line.startswith("  -")]
    for i in flags:
        following = after_options[i + 1] if i + 1 < len(after_options) else ""
        is_explained = re.match(r"  -.*\s{2,}\S", after_options[i]) or following.startswith(" " * 10)
        assert is_explained, f"{name}: {after_options[i]}"


@pytest.mark.parametrize("name", ["check", "batch", "dvh", "compare", "qa", "watch"])
def test_the_help_begins_with_what_is_the_commands_own(name):
    """Then follow, under headings, the options that it shares with others; each stands once."""
    lines = run(name, "--help").out.splitlines()
    lines = lines[lines.index("Options:") :]
    headings = [line for line in lines if re.fullmatch(r"[A-Z][\w ]+:", line)]
    assert "DVH engine:" in headings
    flags = [found[1] for line in lines if (found := re.match(r"  (?:-\w, )?(--[\w-]+)", line))]
    assert len(flags) == len(set(flags))
    assert flags.index("--shape") > flags.index("--output" if "--output" in flags else "--out")
    assert {"--protocol", "--shape"} - {"--protocol" if name == "dvh" else ""} <= set(flags)


def test_the_overview_names_every_command():
    for words in ([], ["--help"], ["-h"], ["help"]):
        found = run(*words)
        assert found.status == 0
        for name, command in COMMANDS.items():
            assert f"  {name} " in found.out
            assert command.summary in found.out
        assert max(map(len, found.out.splitlines())) <= 80


def test_the_overview_shows_a_sample_that_exists():
    shown = re.search(r"rtcheck (sample_dicom/\S+) --protocol", run("--help").out)
    assert shown is not None
    assert (ROOT / shown[1]).is_dir()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["structure", PASSES], "rtcheck structures"),
        (["protocol", "list"], "rtcheck protocols"),
        (["lint", "mine.yaml"], "rtcheck protocols lint"),
    ],
)
def test_a_misspelled_command_is_no_plan(words, meant):
    found = run(*words)
    assert found.status == 2
    assert f"Did you mean `{meant}`?" in found.err


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ([PASSES, "--html", "report.html"], "--format html"),
        (["dvh", PASSES, "--json"], "--format json"),
        (["qa", PASSES, "--report=qa.pdf"], "-o FILE"),
        (["compare", PASSES, PASSES, "--out", "two.html"], "-o FILE"),
    ],
)
def test_the_options_of_other_programs_for_reports_lead_to_ours(words, instead):
    found = run(*words)
    assert found.status == 2
    assert instead in found.err


def test_a_plan_without_a_protocol_is_told_where_the_protocols_are():
    found = run(PASSES)
    assert found.status == 2
    assert "rtcheck protocols list" in found.err
    assert "rtcheck dvh" in found.err


def test_the_tab_key_completes_a_protocol_though_the_word_check_is_left_out(monkeypatch):
    monkeypatch.setenv("_RTCHECK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "rtcheck some_folder --protocol axi")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert run().out.split() == ["axitinib"]


def test_a_narrow_terminal_gets_the_table_in_parts_and_no_line_beyond_its_width(monkeypatch):
    from rtcheck.report.pages import dvh_table

    words = ("dvh", PASSES, "-r", "Liver", "-m", "Dmean,Dmax,D98%,D95%,D50%,D2%,D0.03cc,V20Gy")
    whole = run(*words).out
    monkeypatch.setattr(dvh_table, "terminal_width", lambda: 50)
    parts = run(*words).out
    assert max(map(len, parts.splitlines()[:11])) <= 50
    assert sorted(parts.split()) == sorted([*whole.split(), *2 * ["Structure", "---------", "Liver"]])


def test_the_version_is_that_of_the_package():
    import rtcheck

    assert run("--version").out.startswith(f"rtcheck {rtcheck.__version__}\n")


# --- dvh ----------------------------------------------------------------------------------------------------------


def test_the_metrics_that_are_shown_unless_others_are_requested_are_those_that_their_texts_mean():
    assert [parse_metric(metric.text) for metric in DEFAULT_METRICS] == list(DEFAULT_METRICS)
    texts = ["Dmean", "Dmin", "Dmax", "D98%", "D50%", "D2%"]
    assert run("dvh", PASSES, "-m", ",".join(texts)).out == run("dvh", PASSES).out


def test_dvh_keys_metrics_by_their_text_as_asked():
    words = ["-r", "Liver", "-m", "Dmean", "-m", "V20Gy", "-m", "V20Gy[%]", "-m", "D0.03cc", "-m", "D9999cc"]
    found = run("dvh", PASSES, *words, "--format", "json").json()
    assert found["schema"] == "rtcheck.dvh/1"
    (liver,) = found["structures"]
    metrics = liver["metrics"]
    assert list(metrics) == ["Dmean", "V20Gy", "V20Gy[%]", "D0.03cc", "D9999cc"]
    assert [each["unit"] for each in metrics.values()] == ["Gy", "cc", "%", "Gy", "Gy"]
    assert metrics["V20Gy[%]"]["value"] == pytest.approx(100 * metrics["V20Gy"]["value"] / liver["volume_cc"])
    assert metrics["D9999cc"]["value"] is None
    assert metrics["D9999cc"]["undefined"]


def test_dvh_takes_expressions_and_lists_everything_by_itself():
    derived = run("dvh", PASSES, "-r", "Liver - GTV", "-m", "Volume", "-f", "json").json()["structures"][0]
    parts = run("dvh", PASSES, "-m", "Volume", "-f", "json").json()["structures"]
    volume = {each["name"]: each["volume_cc"] for each in parts}
    assert derived["volume_cc"] == pytest.approx(volume["Liver"] - volume["GTV"], rel=1e-3)
    assert derived["number"] is None


def test_dvh_of_a_structure_that_is_not_there_says_so():
    found = run("dvh", PASSES, "-r", "Livre", "-f", "json")
    assert found.status == 3
    assert found.json()["structures"][0]["metrics"]["Dmean"]["value"] is None
    assert "Liver" in found.json()["structures"][0]["reason"]


def test_dvh_gives_uncertainties_on_request_only():
    plain, asked = (
        run("dvh", PASSES, "-r", "Kidney_L", "-m", "D2cc", "-f", "json", *more).json()["structures"][0]["metrics"][
            "D2cc"
        ]
        for more in ([], ["--uncertainty"])
    )
    assert plain["uncertainty"] is None
    assert 0 < asked["uncertainty"] < 0.5
    assert asked["value"] == plain["value"]


def test_dvh_without_a_unit_shows_the_place():
    found = run("dvh", PASSES, "-m", "V20")
    assert found.status == 2
    assert found.err.rstrip().endswith("^")


def test_dvh_writes_a_table_and_csv():
    assert "Liver" in run("dvh", PASSES).out
    rows = list(csv.DictReader(io.StringIO(run("dvh", PASSES, "-m", "Dmean", "-f", "csv").out)))
    assert {row["metric"] for row in rows} == {"Dmean"}
    assert len(rows) >= 10


@needs_real_dicom
@pytest.mark.parametrize("folder", ["breast_eclipse", "prostate_pinnacle", "brain_pinnacle", "headneck_pinnacle"])
def test_dvh_runs_on_real_plans(folder):
    found = run("dvh", REAL_DICOM / folder, "-f", "json")
    assert found.status == 0
    assert len(found.json()["structures"]) > 5


@needs_real_dicom
def test_volumes_and_means_agree_with_eclipse_to_one_percent():
    """Eclipse's own DVHs of this plan, as tps_dvh.json lists them."""
    rows = json.loads((REAL_DICOM / "breast_eclipse" / "tps_dvh.json").read_text())["dvh"]
    theirs = {row["roi_name"][0]: row["from_data"] for row in rows}
    ours = {row["name"]: row for row in run("dvh", REAL_DICOM / "breast_eclipse", "-f", "json").json()["structures"]}
    for name in ("Breast", "Heart", "Lt Lung"):
        assert ours[name]["volume_cc"] == pytest.approx(theirs[name]["volume"], rel=0.01)
        assert ours[name]["metrics"]["Dmean"]["value"] == pytest.approx(theirs[name]["Dmean_mid"], rel=0.01)


# --- structures ---------------------------------------------------------------------------------------------------


def test_structures_tell_what_each_name_was_matched_to_and_why():
    found = run("structures", STOMACH_FAILS, "-p", "apatinib", "-f", "json").json()
    matches = {each["asked"]: each for each in found["matches"]}
    assert matches["Kidney_L"]["rois"] == ["Kidney Left"]
    assert matches["Kidney_L"]["how"]
    assert matches["Liver-GTV"]["how"].startswith("derived")
    assert "Kidney Left" in run("structures", STOMACH_FAILS).out


def test_structures_draft_an_alias_file_that_can_be_read_back(tmp_path):
    path = tmp_path / "clinic.yaml"
    assert run("structures", STOMACH_FAILS, "-p", "apatinib", "--write-aliases", path).status == 0
    assert "Kidney Left" in path.read_text()
    again = run(STOMACH_FAILS, "-p", "apatinib", "--aliases", path)
    assert again.status == 1
    overwritten = run("structures", STOMACH_FAILS, "-p", "apatinib", "--write-aliases", path)
    assert overwritten.status == 2
    assert run("structures", PASSES, "--write-aliases", tmp_path / "x.yaml").status == 2


# --- protocols, facts ---------------------------------------------------------------------------------------------


def test_protocols_are_listed_and_shown():
    assert "apatinib" in run("protocols", "list").out
    shown = run("protocols", "show", "apatinib").out
    assert "Dmean < 24 Gy" in shown
    assert "Volume > 700 cc" in shown
    assert run("protocols", "show", "nothing").status == 2


def test_lint_exits_2_for_errors_and_names_the_line(tmp_path):
    assert run("protocols", "lint", "apatinib").status == 0
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nconstraints:\n  - {structure: Heart, goal: D0.03 <= 45}\n")
    found = run("protocols", "lint", path)
    assert found.status == 2
    assert "mine.yaml:3" in found.out


def test_the_schema_of_protocols_is_json():
    assert json.loads(run("protocols", "schema").out)["type"] == "object"


def test_an_imported_protocol_can_be_used(tmp_path):
    path, made = tmp_path / "sheet.csv", tmp_path / "sheet.yaml"
    path.write_text("Structure,DVH Objective,Evaluator\nLiver,CV1500cGy[cc],>=700\n")
    found = run("protocols", "import", path, "-o", made)
    if found.status == 0:
        assert "CV15Gy >= 700 cc" in made.read_text()
    else:
        assert found.status == 2
        assert "Traceback" not in found.err


PORTPY = {"type": "dose_volume_D", "parameters": {"structure_name": "PTV", "volume_perc": 95}}
AT_LEAST = {**PORTPY, "constraints": {"limit_dose_gy": 47.5, "bound_type": "lower"}}
UNKNOWN = {**PORTPY, "constraints": {"limit_dose_gy": 47.5, "sense": "lower"}}


@pytest.mark.parametrize(
    ("criteria", "status"), [([AT_LEAST], 0), ([AT_LEAST, UNKNOWN], 3), ([UNKNOWN], 3)], ids=["all", "one lost", "none"]
)
def test_what_an_import_loses_is_listed_and_is_exit_status_3(tmp_path, criteria, status):
    path, made = tmp_path / "ours.json", tmp_path / "ours.yaml"
    path.write_text(json.dumps({"criteria": criteria}))
    found = run("protocols", "import", path, "-o", made)
    assert found.status == status
    assert ("sense" in found.err) == (status == 3)
    assert made.exists() == (AT_LEAST in criteria)
    assert AT_LEAST not in criteria or "goal: D95% >= 47.5 Gy" in made.read_text()


def test_the_facts_template_is_read_back_as_no_facts(tmp_path):
    path = tmp_path / "patient.yaml"
    path.write_text(run("facts", "apatinib").out)
    assert run(PASSES, "-p", "apatinib", "--facts", path).status == 0


# --- schemas ------------------------------------------------------------------------------------------------------

OUTPUTS = {
    "report": lambda sample: ["check", sample, "-p", protocol_of(sample)],
    "dvh": lambda sample: ["dvh", sample, "--uncertainty"],
    "structures": lambda sample: ["structures", sample, "-p", protocol_of(sample)],
    "isotoxic": lambda sample: ["isotoxic", sample, "-p", protocol_of(sample)],
    "comparison": lambda sample: ["compare", sample, PASSES, "-p", protocol_of(sample)],
}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_output_is_valid_by_its_published_schema(name, sample):
    jsonschema = pytest.importorskip("jsonschema")
    schema = run("schema", name).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(run(*OUTPUTS[name](sample), "--format", "json").json(), schema)


def test_unreadable_and_anonymous_reports_are_valid_too(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = run("schema", "report").json()
    (tmp_path / "plan.dcm").write_bytes(b"nothing")
    jsonschema.validate(run(tmp_path / "plan.dcm", "-p", "apatinib", "-f", "json").json(), schema)
    jsonschema.validate(run(INCOMPLETE, "-p", "apatinib", "-f", "json", "--anonymous", "--band").json(), schema)


def test_schemas_are_listed_and_an_unknown_one_is_answered():
    assert set(run("schema").out.split()) >= set(OUTPUTS)
    assert run("schema", "nothing").status == 2


def test_a_group_of_commands_alone_lists():
    assert run("protocols").out == run("protocols", "list").out
