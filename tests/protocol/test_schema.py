"""The JSON Schema for editors: it allows what ships, and refuses what the loader refuses."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from rtcheck.errors import ProtocolError
from rtcheck.protocol.file.fields import PROTOCOL
from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.schema import protocol_schema, protocol_schema_text

VALIDATOR = Draft202012Validator(protocol_schema())

SMALLEST = "name: mine\nconstraints:\n  - {structure: Liver, goal: Dmean < 24 Gy}\n"


def is_valid(text: str) -> bool:
    return VALIDATOR.is_valid(yaml.safe_load(text))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(protocol_schema())
    assert json.loads(protocol_schema_text()) == protocol_schema()


def test_the_smallest_file_is_valid() -> None:
    assert is_valid(SMALLEST)


@pytest.mark.parametrize("path", protocol_files().values(), ids=lambda path: path.stem)
def test_every_protocol_in_the_box_is_valid(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text("utf-8")))] == []


REJECTED = [
    "just text\n",
    "- a list\n",
    "name: mine\n",
    "constraints: [{structure: A, goal: Dmean < 2 Gy}]\n",
    "name: ''\nconstraints: [{structure: A, goal: Dmean < 2 Gy}]\n",
    "name: mine\nconstraints: []\n",
    "name: mine\nconstraints: {structure: A}\n",
    "name: mine\nconstraints: [{structure: A}]\n",
    "name: mine\nconstraints: [{goal: Dmean < 2 Gy}]\n",
    "name: mine\nconstraints: [{structure: [], goal: Dmean < 2 Gy}]\n",
    "name: mine\nconstraints: [5]\n",
    f"{SMALLEST}titel: A\n",
    f"{SMALLEST}title: [a]\n",
    f"{SMALLEST}rtcheck: 2\n",
    f"{SMALLEST}prescription: {{dose: 50-60}}\n",
    f"{SMALLEST}prescription: {{fractions: some}}\n",
    f"{SMALLEST}prescription: {{fractions: -5}}\n",
    f"{SMALLEST}prescription: {{warn: {{energy: 6}}}}\n",
    f"{SMALLEST}prescription: {{warn: {{overall_time: 3 weeks}}}}\n",
    f"{SMALLEST}structures: {{A: {{alpha_beta: 0}}}}\n",
    f"{SMALLEST}structures: {{A: {{derived: B}}}}\n",
    f"{SMALLEST}structures: [A]\n",
    f"{SMALLEST}sources: [{{citation: A paper}}]\n",
    f"{SMALLEST}sources: [{{id: a, read: twice}}]\n",
    f"{SMALLEST}eligibility: [{{fact: ecog}}]\n",
    f"{SMALLEST}eligibility: [{{fact: ecog, is: 0-1, goal: Dmax < 3 Gy}}]\n",
    *(
        f'name: mine\nconstraints: [{{structure: A, goal: "{goal}"}}]\n'
        for goal in (
            "V20 <= 30 %", "D0.03 <= 45 Gy", "Dmaen < 3 Gy", "Dmean = 3 Gy", "Dmean < 3,5 Gy", "Dmean",
            "< 3 Gy", "Dmean < 3 kg", "D20Gy < 3 %", "V2cc < 3 Gy", "gEUD < 3 Gy", "Dmean < -3 Gy",
            "V20Gy << 3 %", "Dmean < 3 Gy daily", "",
        )
    ),
    *(
        f"name: mine\nconstraints: [{{structure: A, goal: Dmean < 2 Gy, {more}}}]\n"
        for more in (
            "combine: eech", "priority: 0", "priority: high", "priority: 1.5", "combin: each", "variation: V20 < 3 %",
            "readings: []", "readings: [{label: a, gaol: Dmax < 3 Gy}]", "when: stomach exists",
            "when: prescription 54", "fractions: few", "note: [a]",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", REJECTED)
def test_what_the_schema_refuses_the_loader_refuses_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ProtocolError):
        load_protocol(path)
    assert not is_valid(text)


@pytest.mark.parametrize(
    "goal",
    [
        "Dmean < 24 Gy", "D0.03cc[Gy] <= 45", "V20Gy[%] < 30", "EQD2[3] Dmax < 45 Gy", "EQD2 Dmax < 45 Gy",
        "gEUD[-10] > 5 Gy", "CI_Paddick >= 0.8", "HI < 0.1", "R50% < 5", "Coverage >= 95 %", "Dmax <= 105 %Rx",
        "V3Gy/fx < 5 cc",
        "Mean[Gy] < 24", "Dmax < 3 Gy per fraction", "volume > 700 mL", "DC700cc < 15 Gy",
        "CV1500cGy[cc] >=700", "V95% ≥ 98 %", "V10-20Gy < 30 %",
        "V 10 Gy – 2000 cGy[cc] < 5", "V50-95% < 5 cc", "IsocentreDistance <= 6 cm",
    ],
)  # fmt: skip
def test_every_form_of_goal_is_valid_for_editors(goal: str) -> None:
    assert is_valid(f'name: mine\nconstraints: [{{structure: A, goal: "{goal}"}}]\n')


def test_every_key_is_described() -> None:
    def meanings(schema: object) -> list[str]:
        if not isinstance(schema, dict):
            return []
        own = [key for key, value in schema.get("properties", {}).items() if not value.get("description")]
        return own + [name for value in schema.values() for name in meanings(value)]

    assert meanings(protocol_schema()) == []
    assert set(protocol_schema()["properties"]) == set(PROTOCOL.fields)
