"""Protocol files: what is read, and what is refused with which line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rtcheck.errors import ProtocolError, UsageError
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a protocol file and gives its path."""

    def write_one(text: str, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write_one


def faults_of(path: Path) -> list[str]:
    """The faults of a file, each as "line: text"."""
    with pytest.raises(ProtocolError) as caught:
        load_protocol(path)
    return [fault.removeprefix(f"{path}:") for fault in caught.value.faults]


def load(write: Write, constraint: str, more: str = "") -> Protocol:
    """A protocol with one constraint in flow style."""
    return load_protocol(write(f"name: mine\n{more}constraints:\n  - {constraint}\n"))


def test_the_smallest_file_has_a_name_and_a_structure_with_a_goal(write: Write) -> None:
    protocol = load(write, "{structure: Liver, goal: Dmean < 24 Gy}")
    (constraint,) = protocol.constraints
    assert (protocol.name, constraint.structures, constraint.goal.text) == ("mine", ("Liver",), "Dmean < 24 Gy")
    assert (constraint.priority, constraint.combine, constraint.line) == ("required", "each", 3)


def test_every_feature_of_a_constraint_is_read(write: Write) -> None:
    text = """\
name: mine
sources: [{id: paper, citation: A paper}]
structures:
  SpinalCord: {alpha_beta: 2, surrogates: [SpinalCanal]}
constraints:
  - structure: SpinalCord
    goal: EQD2 Dmax < 45 Gy
    variation: EQD2 Dmax < 48 Gy
    priority: 2
    when: [prescription >= 54 Gy, structure Stomach exists]
    fractions: 25-35
    target: PTV_High
    also_where_drawn: SpinalCord_PRV
    surrogates: SpinalCanal
    readings:
      - {goal: EQD2 D0.03cc < 45 Gy}
      - {label: with margin, structure: SpinalCord + 5 mm}
    note: The cord itself
"""
    (constraint,) = load_protocol(write(text)).constraints
    assert constraint.goal.text == "EQD2[2] Dmax < 45 Gy"
    assert constraint.variation is not None
    assert constraint.variation.limit == 48
    assert (constraint.priority, constraint.is_required) == ("2", False)
    assert [condition.kind for condition in constraint.when] == ["prescription", "structure_exists"]
    assert constraint.fractions is not None
    assert (constraint.fractions.low, constraint.fractions.high) == (25, 35)
    assert (constraint.target, constraint.also_where_drawn) == ("PTV_High", ("SpinalCord_PRV",))
    assert [reading.label for reading in constraint.readings] == ["EQD2[2] D0.03cc < 45 Gy", "with margin"]
    assert constraint.source == "paper"  # the only source there is


def test_a_priority_of_one_is_required_and_higher_ones_are_advisory(write: Write) -> None:
    required = [
        load(write, f"{{structure: Liver, goal: Dmean < 24 Gy, priority: {priority}}}").constraints[0].is_required
        for priority in ("required", "1", "2", "advisory")
    ]
    assert required == [True, True, False, False]


def test_an_unquoted_version_and_a_structure_called_no_are_taken_as_they_stand(write: Write) -> None:
    protocol = load(write, "{structure: no, goal: Dmean < 24 Gy}", "version: 2022.10\n")
    assert (protocol.version, protocol.constraints[0].structures) == ("2022.10", ("no",))


def test_all_faults_are_shown_at_once_with_their_lines(write: Write) -> None:
    text = """\
name: mine
titel: A protocol
prescription:
  dose: 50-60
constraints:
  - structure: Liver
    goal: V20 <= 30 %
  - structure: Stomach
    goal: Dmax < 54 Gy
    goal: Dmax < 50 Gy
  - goal: Dmaen < 3 Gy
  - structure: SpinalCord
    goal: Dmax < 45 Gy
    combine: eech
    source: nowhere
eligibility:
  - {fact: ecog, is: 3-1}
"""
    found = [fault.splitlines()[0] for fault in faults_of(write(text))]
    assert found == [
        '2: titel: unknown key "titel"; did you mean title?',
        '4: prescription.dose: expected a unit after "50-60": Gy',
        '7: constraints[0].goal: expected a unit after "V20": Gy, cGy or % (of the prescription);'
        " other programs read it in different ways",
        '10: constraints[1].goal: "goal" is given twice; the first is in line 9',
        '11: constraints[2]: a constraint needs "structure": A TG-263 name, a name defined here, an expression,'
        " a type, or a list.",
        '11: constraints[2].goal: "Dmaen" is not a metric; did you mean Dmean?',
        '14: constraints[3].combine: expected each, any or together, found "eech"; did you mean each?',
        '15: constraints[3].source: no source has the id "nowhere"',
        "17: eligibility[0].is: the range is empty: 3 is more than 1",
    ]


def test_a_fault_in_a_goal_is_underlined(write: Write) -> None:
    (fault,) = faults_of(write("name: mine\nconstraints:\n  - structure: Liver\n    goal: D0.03 <= 45 Gy\n"))
    assert fault.splitlines()[1:] == ["    D0.03 <= 45 Gy", "         ^"]


FAULTS = [
    ("", "1: the file is empty"),
    ("# only a comment\n", "1: the file is empty"),
    ("just text\n", "1: expected a protocol with keys such as rtcheck, name or title"),
    ("- a\n- b\n", "1: expected a protocol"),
    ("name: mine\n", '1: a protocol needs "constraints"'),
    ("constraints:\n  - {structure: Liver, goal: Dmean < 24 Gy}\n", '1: a protocol needs "name"'),
    ("name:\nconstraints:\n  - {structure: A, goal: Dmean < 24 Gy}\n", "1: name: expected text, found nothing"),
    ("name: mine\nconstraints: []\n", "2: constraints: the list is empty"),
    ("name: mine\nconstraints:\n  structure: A\n", "3: constraints: expected a list, found a mapping"),
    ("name: mine\nconstraints:\n\t- a\n", "3: not YAML: indented with a tab"),
    ("name: mine\nconstraints: [\n", "2: not YAML: the bracket that opens here"),
    ("name: mine\nname: yours\nconstraints: [{structure: A, goal: Dmean < 2 Gy}]\n", '2: name: "name" is given twice'),
    ("name: mine\nconstraints:\n  - {structure: A, goal: Dmean < 2 Gy, <<: x}\n", "3: constraints[0].<<: merge keys"),
    (
        "name: mine\nrtcheck: 2\nconstraints: [{structure: A, goal: Dmean < 2 Gy}]\n",
        '2: rtcheck: expected 1, found "2"',
    ),
    (
        "name: mine\nconstraints: [{structure: PTV, goal: D95% >= 98 %, variation: V95% >= 95 %}]\n",
        "2: constraints[0].variation: a variation is a looser limit of the same metric",
    ),
    (
        "name: mine\nconstraints: [{structure: PTV, goal: Dmax < 9 Gy, readings: [{label: other}]}]\n",
        "2: constraints[0].readings[0]: a reading needs a different structure, goal or combine",
    ),
    (
        "name: mine\nsources: [{id: a}, {id: a}]\nconstraints: [{structure: PTV, goal: Dmax < 9 Gy}]\n",
        '2: sources[1]: more than one source has the id "a"',
    ),
    (
        "name: mine\nremove: [{fact: a}]\nconstraints: [{structure: A, goal: Dmax < 9 Gy}]\n",
        "2: remove[0]: remove needs extends",
    ),
    ("name: mine\nextends: apatinip\n", "2: extends: No included protocol is named"),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_faulty_file_is_refused_with_the_line(write: Write, text: str, expected: str) -> None:
    (fault, *_) = faults_of(write(text))
    assert fault.startswith(expected)


def test_a_stray_comma_in_braces_is_explained(write: Write) -> None:
    (fault,) = faults_of(write("name: m\nconstraints:\n  - {structure: A, goal: Dmax < 9 Gy, note: here, and there}\n"))
    assert fault == '3: constraints[0].and there: "and there" has no value: quote text that contains a comma'


def test_two_alpha_beta_leave_a_bare_eqd2_undecided(write: Write) -> None:
    structures = "structures: {A: {alpha_beta: 2}, B: {alpha_beta: 3}}\n"
    path = write(f"name: mine\n{structures}constraints: [{{structure: [A, B], goal: EQD2 Dmax < 45 Gy}}]\n")
    (fault,) = faults_of(path)
    assert "expected alpha/beta after EQD2" in fault


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"name: mine\ntitle: Pr\xe4zision\n")
    assert faults_of(path) == ["2: not UTF-8 text; save the file as UTF-8"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: mine\r\nconstraints:\r\n  - {structure: A, goal: Dmax < 9 Gy}\r\n")
    assert load_protocol(path).constraints[0].line == 3


def test_aliases_upon_aliases_do_not_grow(write: Write) -> None:
    """The "billion laughs": nine levels of ten aliases each stand for 10^9 texts."""
    levels = "".join(f"{name}: &{name} [{', '.join(f'*{before}' for _ in range(10))}]\n" for before, name in _pairs())
    found = faults_of(write(f"a: &a [lol]\n{levels}name: *i\n"))
    assert found[0].startswith('1: a: unknown key "a"')


def _pairs() -> list[tuple[str, str]]:
    return list(zip("abcdefgh", "bcdefghi", strict=True))


def test_a_constraint_that_holds_itself_is_refused(write: Write) -> None:
    found = faults_of(write("name: mine\nconstraints: &all\n  - *all\n"))
    assert found == [
        "2: constraints[0]: expected a constraint with keys such as structure, goal or variation, found a list"
    ]


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 20_000, "\n".join(" " * i + "a:" for i in range(600))])
def test_lists_within_lists_without_end_are_refused_before_they_harm(write: Write, text: str) -> None:
    (fault,) = faults_of(write(text))
    assert "not a protocol" in fault


def test_the_same_file_has_the_same_hash_and_another_one_another(write: Write) -> None:
    first = load(write, "{structure: Liver, goal: Dmean < 24 Gy}").sha256
    again = load(write, "{structure: Liver, goal: Dmean < 24 Gy}").sha256
    other = load(write, "{structure: Liver, goal: Dmean < 25 Gy}").sha256
    assert first == again != other
    assert len(first) == 64


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("apatinip", "Did you mean apatinib"),
        ("nothing-like-it-at-all", "`rtcheck protocols list` lists all of them"),
        ("missing/mine.yaml", "The protocol file missing/mine.yaml does not exist"),
    ],
)
def test_an_unknown_protocol_is_answered_in_one_paragraph(asked: str, answer: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_protocol(asked)
    assert answer in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder, not a protocol file"):
        load_protocol(f"{tmp_path}/")


def test_a_protocol_is_found_by_name_in_any_case_of_letters() -> None:
    assert load_protocol("Apatinib").name == "apatinib"


@pytest.mark.parametrize(
    ("structure", "reason"),
    [
        ("Liver - ", "expected a structure name"),
        ("Liver + GTV", "expected a margin such as 5 mm"),
        ("(Liver - GTV", "expected a closing parenthesis"),
    ],
)
def test_a_structure_expression_that_cannot_be_read_is_a_fault(write: Write, structure: str, reason: str) -> None:
    (fault,) = faults_of(write(f'name: mine\nconstraints:\n  - structure: "{structure}"\n    goal: Dmax < 9 Gy\n'))
    assert fault.startswith(f"3: constraints[0].structure: {reason}")


def test_a_structure_may_be_an_expression(write: Write) -> None:
    protocol = load(write, '{structure: "(Lungs - all GTV) & Body - 3 mm", goal: Dmean < 20 Gy}')
    assert protocol.constraints[0].structures == ("(Lungs - all GTV) & Body - 3 mm",)


def test_brackets_in_braces_are_explained(write: Write) -> None:
    (fault,) = faults_of(write("name: mine\nconstraints:\n  - {structure: A, goal: EQD2[3] Dmax < 9 Gy}\n"))
    assert fault.startswith("3: not YAML")
    assert "quote text that contains brackets" in fault
