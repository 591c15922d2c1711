"""The recipes of the integration guide by the linters of those who run them: schemas, hadolint, systemd."""

import json
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml
from support.guides import GUIDES, blocks
from support.programs import needs_program

WORKFLOW, PIPELINE = blocks("integration", "yaml")
(UNIT,) = blocks("integration", "ini")
SERVICES = re.findall(
    r"^    rtcheck ((?:watch|serve) .*)$", GUIDES["integration"].read_text("utf-8").partition("## systemd")[2], re.M
)


class Yaml12(yaml.SafeLoader):
    """`on` is a word, as in the YAML of GitHub."""


Yaml12.yaml_implicit_resolvers = {
    sign: [each for each in found if each[0] != "tag:yaml.org,2002:bool"]
    for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize(("recipe", "schema"), [(WORKFLOW, "github-workflows"), (PIPELINE, "gitlab-ci")])
def test_a_pipeline_meets_the_schema_of_its_system(recipe, schema):
    pytest.importorskip("check_jsonschema")
    validator_of = pytest.importorskip("jsonschema").validators.validator_for
    file = resources.files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{schema}.json")
    stated = json.loads(file.read_text("utf-8"))
    validator = validator_of(stated)(stated)
    assert [each.message for each in validator.iter_errors(yaml.load(recipe, Yaml12))] == []
    broken = recipe.replace("script:", "skript:").replace("steps:", "stepps:")
    assert list(validator.iter_errors(yaml.load(broken, Yaml12)))


def test_hadolint_finds_nothing_in_the_container_file():
    program = shutil.which("hadolint") or str(Path(sys.executable).with_name("hadolint"))
    if not Path(program).exists():
        pytest.skip("hadolint is not installed")
    (recipe,) = blocks("integration", "dockerfile")
    told = subprocess.run([program, "--no-color", "-"], input=recipe, capture_output=True, text=True, check=False)
    assert told.stdout == ""


@needs_program("systemd-analyze")
def test_systemd_accepts_the_unit_of_each_service(tmp_path):
    assert [each.split()[0] for each in SERVICES] == ["watch", "serve"]
    (command,) = re.findall(r"^ExecStart=/opt/rtcheck/bin/rtcheck (.*)$", UNIT, re.M)
    units = []
    for number, words in enumerate((command, *SERVICES)):
        units.append(tmp_path / f"rtcheck{number}.service")
        text = UNIT.replace(command, words).replace("/opt/rtcheck/bin/rtcheck", sys.executable)
        units[-1].write_text(text, encoding="utf-8")
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    own = [line for line in told.stderr.splitlines() if "rtcheck" in line]
    assert own == []
