"""Files that are no YAML: the fault names the line that is wrong, in words that say what to type."""

from pathlib import Path

import pytest

from rtcheck.errors import ProtocolError
from rtcheck.protocol.file.load import load_protocol

# Line 1 is the name; `constraints:` is line 2.
FAULTS = {
    "  - structure: PTV\n     goal: D95% >= 50 Gy\n": (4, "indent this line as line 3 (4 spaces)", "goal:"),
    "  - structure: PTV\n    note: see: page 3\n": (4, 'put the text after "note:" in quotes', "see: page 3"),
    "  - structure: PTV\n\tgoal: D95% >= 50 Gy\n": (4, "indent with spaces", " goal:"),
    "  - structure: *PTV\n    goal: D95% >= 50 Gy\n": (3, "put this text in quotes", "*PTV"),
    '  - structure: PTV\n    goal: "D95% >= 50 Gy\n  - structure: Liver\n': (4, "never closed", '"D95%'),
    "  - structure: PTV\n    goal: [D95% >= 50 Gy\n  - structure: Liver\n": (4, "bracket", "[D95%"),
    "  - structure: PTV\n    goal: D95% >= 50 Gy\n  -structure: Liver\n": (
        5,
        "space after the dash",
        "structure: Liver",
    ),
    "  - structure PTV\n    goal: D95% >= 50 Gy\n": (3, 'put a colon after "structure"', " PTV"),
    "  structure: PTV\n  goal: D95% >= 50 Gy\n  - structure: Liver\n": (
        3,
        'start every entry of this list with "- "',
        "st",
    ),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_of_yaml_names_its_line_what_to_type_and_the_place(text: str, tmp_path: Path) -> None:
    line, advice, at_caret = FAULTS[text]
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nconstraints:\n{text}", "utf-8")
    with pytest.raises(ProtocolError) as refused:
        load_protocol(path)
    said, shown, caret = refused.value.faults[0].splitlines()
    assert said.startswith(f"{path}:{line}: not YAML: ")
    assert advice in said
    assert shown[caret.index("^") :].startswith(at_caret)


def test_what_steers_a_terminal_is_not_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('name: mine\nconstraints:\n  - structure: "a\u202eb\n', "utf-8")
    with pytest.raises(ProtocolError) as refused:
        load_protocol(path)
    assert "\u202e" not in str(refused.value)
