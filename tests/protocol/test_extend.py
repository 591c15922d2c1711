"""Protocols that build upon others: what is taken over, replaced, added and removed."""

from pathlib import Path

import pytest

from rtcheck.errors import ProtocolError
from rtcheck.protocol.file.load import load_protocol

BASE = """\
name: base
title: The base
site: Liver
sources: [{id: paper, citation: A paper}]
prescription: {dose: 50-60 Gy, fractions: 25-30}
structures: {Liver-GTV: {derive: Liver - all GTV}}
constraints:
  - {structure: Liver-GTV, goal: Dmean < 24 Gy}
  - {structure: Stomach, goal: Dmax < 54 Gy}
  - {structure: SpinalCord, goal: Dmax < 45 Gy}
eligibility:
  - {fact: ecog, is: 0-1}
  - {fact: hiv, is: false}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    return tmp_path


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def goals(path: Path) -> list[str]:
    return [f"{one.structures[0]} {one.goal.text}" for one in load_protocol(path).constraints]


def test_everything_is_taken_over_where_the_file_is_silent(folder: Path) -> None:
    protocol = load_protocol(write(folder, "name: mine\nextends: base.yaml\n"))
    base = load_protocol(folder / "base.yaml")
    assert protocol.name == "mine"
    assert (protocol.title, protocol.site, protocol.sources) == (base.title, base.site, base.sources)
    assert (protocol.constraints, protocol.prescription, protocol.facts) == (
        base.constraints,
        base.prescription,
        base.facts,
    )


def test_a_constraint_replaces_the_one_on_the_same_structure_and_metric_in_its_place(folder: Path) -> None:
    path = write(folder, "name: m\nextends: base.yaml\nconstraints: [{structure: Stomach, goal: Dmax < 50 Gy}]\n")
    assert goals(path) == ["Liver-GTV Dmean < 24 Gy", "Stomach Dmax < 50 Gy", "SpinalCord Dmax < 45 Gy"]


def test_a_constraint_on_another_metric_is_added_at_the_end(folder: Path) -> None:
    path = write(folder, "name: m\nextends: base.yaml\nconstraints: [{structure: Stomach, goal: D5cc < 45 Gy}]\n")
    assert goals(path)[-2:] == ["SpinalCord Dmax < 45 Gy", "Stomach D5cc < 45 Gy"]


def test_prescription_rules_are_replaced_one_by_one(folder: Path) -> None:
    rule = load_protocol(write(folder, "name: m\nextends: base.yaml\nprescription: {fractions: 20}\n")).prescription
    assert rule is not None
    assert rule.dose_gy is not None
    assert rule.fractions is not None
    assert (rule.dose_gy.text, rule.fractions.text) == ("50-60 Gy", "20")


def test_a_fact_replaces_the_fact_of_the_same_name(folder: Path) -> None:
    protocol = load_protocol(write(folder, "name: m\nextends: base.yaml\neligibility: [{fact: ecog, is: 0-2}]\n"))
    assert [(rule.fact, rule.text) for rule in protocol.facts] == [("ecog", "0-2"), ("hiv", "no")]


def test_what_is_removed_is_gone(folder: Path) -> None:
    removed = "remove: [{structure: Stomach}, {structure: SpinalCord, metric: Dmax}, {fact: hiv}]\n"
    path = write(folder, f"name: m\nextends: base.yaml\n{removed}")
    assert goals(path) == ["Liver-GTV Dmean < 24 Gy"]
    assert [rule.fact for rule in load_protocol(path).facts] == ["ecog"]


def test_removing_what_is_not_there_is_a_fault(folder: Path) -> None:
    with pytest.raises(ProtocolError) as caught:
        load_protocol(write(folder, "name: m\nextends: base.yaml\nremove:\n  - {structure: Heart}\n"))
    assert ':4: remove[0]: nothing to remove: base has no entry for "Heart"' in str(caught.value)


def test_a_constraint_may_refer_to_the_sources_of_the_extended_protocol(folder: Path) -> None:
    added = "constraints: [{structure: Heart, goal: Dmean < 20 Gy, source: paper}]\n"
    assert load_protocol(write(folder, f"name: m\nextends: base.yaml\n{added}")).constraints[-1].source == "paper"


def test_a_protocol_in_the_box_is_extended_by_name(folder: Path) -> None:
    protocol = load_protocol(write(folder, "name: m\nextends: apatinib\n"))
    assert len(protocol.constraints) == len(load_protocol("apatinib").constraints)


def test_a_circle_of_protocols_is_a_fault(folder: Path) -> None:
    write(folder, "name: a\nextends: b.yaml\n", "a.yaml")
    write(folder, "name: b\nextends: a.yaml\n", "b.yaml")
    with pytest.raises(ProtocolError, match="circular reference"):
        load_protocol(folder / "a.yaml")


def test_faults_of_the_extended_file_are_shown_with_its_own_lines(folder: Path) -> None:
    write(folder, "name: b\nconstraints:\n  - {structure: A, goal: V20 < 3 %}\n", "b.yaml")
    with pytest.raises(ProtocolError) as caught:
        load_protocol(write(folder, "name: m\nextends: b.yaml\n"))
    assert "mine.yaml:2: extends: b.yaml has errors" in str(caught.value)
    assert "b.yaml:3: constraints[0].goal" in str(caught.value)


def test_the_hash_changes_with_the_extended_file(folder: Path) -> None:
    path = write(folder, "name: m\nextends: base.yaml\n")
    before = load_protocol(path).sha256
    write(folder, BASE.replace("54 Gy", "53 Gy"), "base.yaml")
    assert load_protocol(path).sha256 != before
