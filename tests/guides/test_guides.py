"""The README and the guides contain only what is true: their code runs, their command lines are understood."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.command_line import run
from support.guides import GUIDES, PAGES, README, ROOT, blocks, command_lines, first_column
from typer.main import get_command

from rtcheck.cli.main import _default_for
from rtcheck.cli.table import COMMANDS, load
from rtcheck.geometry.expression import parse_expression
from rtcheck.guides import SUMMARIES, guide_named
from rtcheck.protocol.clinical.facts import read_facts
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.records.waivers import read_waivers

YAML_BLOCKS = [block for page in PAGES for block in blocks(page, "yaml")]
RECIPES = [(page, code) for page in PAGES for code in blocks(page, "python")]
COMMAND_LINES = [(page, words) for page in PAGES for words in command_lines(page)]


# --- the texts ----------------------------------------------------------------------------------------------------


def test_every_guide_has_its_line_in_the_list_and_in_the_readme():
    assert sorted(SUMMARIES) == list(GUIDES)
    linked = re.findall(r"^\| \[([\w-]+)\]\(rtcheck/guides/\1\.md\) \|", README.read_text("utf-8"), re.MULTILINE)
    assert linked == list(SUMMARIES)


def test_the_readme_counts_the_protocols_that_are_included():
    (count,) = re.findall(r"(\d+) published protocols", " ".join(README.read_text("utf-8").split()))
    assert int(count) == len(list((ROOT / "constraints").glob("*.yaml")))


def test_the_readme_is_short():
    assert len(README.read_text("utf-8").splitlines()) <= 160


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_fits_80_columns_and_begins_with_its_only_title(name):
    lines = GUIDES[name].read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) > 80 and not re.fullmatch(r" *<https://\S+>", line)] == []
    outside_code = re.sub(r"^```.*?^```$", "", "\n".join(lines), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^# .*", outside_code, re.MULTILINE) == [lines[0]]


@pytest.mark.parametrize("page", PAGES)
def test_every_local_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[page].read_text("utf-8")):
        assert (PAGES[page].parent / target).exists(), target


# --- their code ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "code"), RECIPES, ids=[f"{page}-{n}" for n, (page, _) in enumerate(RECIPES)])
def test_python_code_runs(tmp_path: Path, page: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pandas", "polars"):
        if f"import {module}" in code:
            pytest.importorskip(module)
    (tmp_path / "sample_dicom").symlink_to(ROOT / "sample_dicom")
    file = tmp_path / "test_recipe.py"
    file.write_text(code, "utf-8")
    if "def test_" not in code and "__main__" not in code:
        monkeypatch.chdir(tmp_path)
        runpy.run_path(str(file))
        return
    command = [sys.executable, *(("-m", "pytest", "-q") if "def test_" in code else ()), str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", [block for block in YAML_BLOCKS if block.startswith("name:")])
def test_every_protocol_loads(tmp_path, text):
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    protocol = load_protocol(str(tmp_path / "example.yaml"))
    assert protocol.constraints or protocol.checks


def test_the_facts_and_the_waivers_can_be_read(tmp_path):
    (facts,) = [block for block in YAML_BLOCKS if block.startswith("ecog:")]
    (waivers,) = [block for block in YAML_BLOCKS if block.startswith("waivers:")]
    (tmp_path / "facts.yaml").write_text(facts, encoding="utf-8")
    (tmp_path / "waivers.yaml").write_text(waivers, encoding="utf-8")
    assert read_facts(tmp_path / "facts.yaml").values["child_pugh"] == "A6"
    (waiver,) = read_waivers(tmp_path / "waivers.yaml").entries
    assert waiver.constraint == "Stomach Dmax < 54 Gy"


def test_every_goal_and_expression_can_be_parsed():
    goals, expressions = first_column("protocols", "Goals"), first_column("protocols", "Structures")
    assert len(goals) > 20
    assert len(expressions) > 5
    for text in goals:
        parse_goal(text, alpha_beta_gy=3.0)
    for text in expressions:
        parse_expression(text)


def test_the_script_for_orthanc_is_the_one_that_a_test_runs():
    (script,) = blocks("integration", "lua")
    tested = (ROOT / "tests" / "network" / "auto_routing.lua").read_text("utf-8")
    assert script in tested


# --- their command lines ------------------------------------------------------------------------------------------


def parsed(words: list[str]) -> None:
    """Let Typer read the words as the program would, running nothing; raises for what it does not know."""
    if words[0].startswith("--install"):
        return
    name = words[0] if words[0] in COMMANDS else _default_for(words[0])
    command = get_command(load(COMMANDS[name], name))
    words = words[1:] if words[0] == name else words
    context = command.make_context(name, list(words))
    if hasattr(command, "resolve_command"):
        _, subcommand, rest = command.resolve_command(context, words)
        subcommand.make_context(words[0], rest)


@pytest.mark.parametrize(("page", "words"), COMMAND_LINES, ids=[" ".join(words) for _, words in COMMAND_LINES])
def test_every_command_line_is_understood(page, words):
    if "--help" not in words:
        parsed(words)


def test_command_lines_are_found_in_every_kind_of_block():
    assert len(COMMAND_LINES) > 40
    for words in (["pull", "http://127.0.0.1:8042/dicom-web"], ["plans/0001", "-p", "apatinib", "-f", "junit"]):
        assert any(found[: len(words)] == words for _, found in COMMAND_LINES), words


RUNS_UNTIL_STOPPED = ("serve", "watch", "listen")
RUN_BY_THEMSELVES = [
    words
    for words in command_lines("README")
    if "sample_dicom" in " ".join(words) and words[0] not in RUNS_UNTIL_STOPPED
]


@pytest.mark.parametrize("words", RUN_BY_THEMSELVES)
def test_the_readmes_command_lines_work_word_for_word(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample_dicom").symlink_to(ROOT / "sample_dicom")
    (protocol,) = blocks("README", "yaml")
    (tmp_path / "mine.yaml").write_text(protocol, encoding="utf-8")
    found = run(*words)
    expected = 1 if "apatinib_56gy_stomach_fails" in words[0] or words[0] == "batch" else 0
    assert found.status == expected, found.err
    if "-o" in words:
        assert Path(words[words.index("-o") + 1]).stat().st_size > 10_000


def test_the_verdict_that_the_readme_shows_is_the_one_of_its_first_command():
    (shown,) = re.findall(r"^    (Verdict: .*)$", README.read_text("utf-8"), re.MULTILINE)
    assert shown in run(ROOT / "sample_dicom" / "apatinib_50gy_passes", "-p", "apatinib").out


# --- the command --------------------------------------------------------------------------------------------------


def test_without_a_name_all_guides_are_listed():
    found = run("guide")
    assert found.status == 0
    for name, summary in SUMMARIES.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", found.out, re.MULTILINE)


@pytest.mark.parametrize("name", SUMMARIES)
def test_in_a_pipe_a_guide_is_its_markdown(name):
    assert run("guide", name).out == GUIDES[name].read_text("utf-8")


@pytest.mark.parametrize("name", SUMMARIES)
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_in_a_terminal_a_guide_keeps_within_its_width(name, columns):
    from rtcheck.cli.commands.guide import _formatted

    shown = re.sub(r"\x1b\[[0-9;]*m", "", _formatted(guide_named(name), columns))
    assert max(map(len, shown.splitlines())) <= columns
    assert "](" not in shown
    assert "**" not in shown.replace("**kwargs", "")


def test_an_unknown_guide_is_a_usage_error_that_lists_the_guides():
    found = run("guide", "protocol writing")
    assert found.status == 2
    assert 'There is no guide "protocol writing"' in found.err
    assert "first-steps, commands, protocols" in found.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_in_the_guide_to_commands(name):
    assert run(name, "--help").status == 0
    assert name in first_column_of_commands()


def test_every_command_in_that_guide_exists():
    assert set(first_column_of_commands()) == set(COMMANDS)


def first_column_of_commands() -> list[str]:
    table = GUIDES["commands"].read_text("utf-8").split("| command | what it does |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


# --- the addresses ------------------------------------------------------------------------------------------------


def test_an_internal_error_says_where_to_report_it():
    from rtcheck.cli.errors import internal_error_text

    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    assert urls["Issues"] in internal_error_text(ValueError("Doe^John"))
    assert "Doe" not in internal_error_text(ValueError("Doe^John"))


def test_what_the_package_urls_lead_to_exists_in_the_repository():
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    for url in urls.values():
        below = re.sub(r"^(?:tree|blob)/main/", "", url.removeprefix(urls["Homepage"]).lstrip("/"))
        assert below == "issues" or (ROOT / below).exists()
