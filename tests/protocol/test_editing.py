"""A protocol edited by hand: what an edited limit keeps and loses, and a file that is read back as what was edited."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.errors import UsageError
from rtcheck.protocol.editing.edits import Edit, EditError, edited, edits_of
from rtcheck.protocol.editing.saving import protocol_file
from rtcheck.protocol.file.load import available_protocols, load_protocol

LIBRARY = {protocol.name: protocol for protocol in available_protocols()}
GOALS = ("Dmax < 40 Gy", "Dmean <= 12.5 Gy", "D0.03cc <= 31 Gy", "V20Gy < 30 %", "D95% >= 95 %", "Volume > 700 cc")


def without_places(constraints):
    return Counter(replace(one, file="", line=0) for one in constraints)


def test_edits_that_change_nothing_give_the_protocol_itself():
    protocol = LIBRARY["apatinib"]
    assert edited(protocol, edits_of(protocol)) is protocol


def test_an_edited_limit_no_longer_cites_the_paper_and_says_what_the_protocol_has():
    protocol = LIBRARY["apatinib"]
    place = next(n for n, one in enumerate(protocol.constraints) if one.structures == ("Stomach",))
    edits = [replace(edit, goal="Dmax < 50 Gy") if edit.base == place else edit for edit in edits_of(protocol)]
    changed = edited(protocol, edits)
    stomach = changed.constraints[place]
    assert (stomach.goal.text, stomach.source, stomach.sentence) == ("Dmax < 50 Gy", "edited", "")
    assert "apatinib has Dmax < 54 Gy" in stomach.note
    assert changed.name != protocol.name
    assert changed.title.startswith("Edited from apatinib")
    others = [one for n, one in enumerate(changed.constraints) if n != place]
    assert others == [one for n, one in enumerate(protocol.constraints) if n != place]


def test_a_variation_that_an_edited_limit_has_passed_is_left_out(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nconstraints: [{structure: PTV, goal: D95% >= 95 %, variation: D95% >= 90 %}]\n")
    protocol = load_protocol(path)
    stricter = edited(protocol, [Edit(base=0, goal="D95% >= 97 %")]).constraints[0]
    looser = edited(protocol, [Edit(base=0, goal="D95% >= 88 %")]).constraints[0]
    assert stricter.variation is not None
    assert stricter.variation.text == "D95% >= 90 %"
    assert looser.variation is None


@pytest.mark.parametrize(
    ("edit", "reason", "underlined"),
    [
        (Edit(base=0, goal="Dmax < 45"), "unit", " " * 9),
        (Edit(structure="Heart", goal="V20 < 3 %"), "unit", " " * 3),
        (Edit(structure="", goal="Dmax < 45 Gy"), "structure", ""),
        (Edit(structure="(Heart", goal="Dmax < 45 Gy"), "parenthesis", ""),
        (Edit(base=999), "none at position 999", ""),
        (Edit(base=0, priority="urgent"), "urgent", ""),
    ],
)
def test_an_edit_that_cannot_be_read_names_its_row_and_the_place(edit, reason, underlined):
    protocol = LIBRARY["apatinib"]
    with pytest.raises(EditError, match=reason) as caught:
        edited(protocol, [Edit(base=0), edit])
    assert caught.value.index == 1
    if underlined:
        assert caught.value.start == len(underlined)


def test_more_edits_than_any_protocol_has_are_refused():
    with pytest.raises(UsageError, match="501"):
        edited(LIBRARY["apatinib"], [Edit(base=0)] * 501)


def test_an_edited_protocol_of_the_library_extends_it_by_name(tmp_path):
    protocol = LIBRARY["apatinib"]
    changed = edited(protocol, [*edits_of(protocol), Edit(structure="Heart", goal="Dmean < 20 Gy")])
    text = protocol_file(protocol, changed, name="stricter")
    assert "extends: apatinib" in text
    assert text.count("goal:") == 1, "nothing but what was added stands in the file"
    path = tmp_path / "stricter.yaml"
    path.write_text(text)
    assert load_protocol(path).constraints[-1].goal.text == "Dmean < 20 Gy"


def test_a_protocol_that_is_in_no_file_is_written_whole(tmp_path):
    nowhere = replace(LIBRARY["apatinib"], path=None)
    changed = edited(nowhere, edits_of(nowhere)[:-1])
    path = tmp_path / "whole.yaml"
    path.write_text(protocol_file(nowhere, changed, name="whole"))
    assert "extends" not in path.read_text()
    assert without_places(load_protocol(path).constraints) == without_places(changed.constraints)


@st.composite
def edited_protocols(draw):
    protocol = LIBRARY[draw(st.sampled_from(sorted(LIBRARY)))]
    places = st.integers(0, len(protocol.constraints) - 1)
    of_original = st.builds(
        Edit,
        base=places,
        goal=st.sampled_from(("", "", *GOALS)),
        priority=st.sampled_from(("", "", "advisory", "required", "2")),
    )
    structures = [*sorted({one.structures[0] for one in protocol.constraints}), "Heart", "Liver - all GTV", "A & B"]
    added = st.builds(Edit, structure=st.sampled_from(structures), goal=st.sampled_from(GOALS))
    kept = [edit for edit in edits_of(protocol) if draw(st.integers(0, 9)) > 1]
    return protocol, [*kept, *draw(st.lists(of_original | added, max_size=4))]


@given(edited_protocols())
@settings(max_examples=60)
def test_the_file_of_an_edited_protocol_is_read_back_as_what_was_edited(tmp_path_factory, case):
    protocol, edits = case
    changed = edited(protocol, edits)
    path = tmp_path_factory.mktemp("saved") / "saved.yaml"
    path.write_text(protocol_file(protocol, changed, name="saved"), encoding="utf-8")
    read = load_protocol(path)
    assert without_places(read.constraints) == without_places(changed.constraints)
    assert without_places(read.volume_eligibility) == without_places(protocol.volume_eligibility)
    assert (read.facts, read.prescription, read.structures) == (
        protocol.facts,
        protocol.prescription,
        protocol.structures,
    )
