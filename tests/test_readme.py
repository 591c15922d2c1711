"""The README says only what is true: its examples are read again by the code, its tables name every command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rtcheck.cli.table import COMMANDS
from rtcheck.geometry.expression import parse_expression
from rtcheck.protocol.clinical.facts import read_facts
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.language.goal import parse_goal

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
YAML_BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def first_column(heading: str) -> list[str]:
    """The code texts in the first column of the table under a heading."""
    section = README.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    return [text.replace("\\|", "|") for cell in cells for text in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("text", [block for block in YAML_BLOCKS if block.startswith("name:")])
def test_every_protocol_of_the_readme_loads(tmp_path, text):
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    assert load_protocol(str(tmp_path / "example.yaml")).constraints


def test_the_facts_of_the_readme_can_be_read(tmp_path):
    (text,) = [block for block in YAML_BLOCKS if block.startswith("ecog:")]
    (tmp_path / "facts.yaml").write_text(text, encoding="utf-8")
    assert read_facts(tmp_path / "facts.yaml")


def test_every_goal_and_expression_of_the_readme_can_be_parsed():
    goals, expressions = first_column("Goals"), first_column("Structures")
    assert len(goals) > 15
    assert len(expressions) > 5
    for text in goals:
        parse_goal(text, alpha_beta_gy=3.0)
    for text in expressions:
        parse_expression(text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name):
    said = subprocess.run(
        [sys.executable, "-m", "rtcheck", name, "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) > 5
    assert f"`{name}`" in README


def test_every_command_that_the_readme_lists_is_there():
    table = README.split("| command | what it does |", 1)[1].split("\n\n", 1)[0]
    listed = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert listed <= set(COMMANDS)
