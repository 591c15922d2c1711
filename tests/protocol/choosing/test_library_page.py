"""The page of all protocols is up to date, names every source, and lists where sources disagree."""

import re
from pathlib import Path

import pytest
from support.command_line import run

from rtcheck.protocol.choosing.disagreements import copies_that_disagree, protocols_that_differ
from rtcheck.protocol.file.load import available_protocols, load_protocol, read_protocol
from rtcheck.protocol.language.goal import parse_goal

PAGE = Path(__file__).resolve().parents[3] / "rtcheck" / "guides" / "library.md"


def test_the_guide_is_what_the_command_writes(tmp_path):
    run("protocols", "list", "--format", "markdown", "-o", tmp_path / "library.md")
    written = (tmp_path / "library.md").read_text("utf-8")
    assert PAGE.read_text("utf-8") == written, (
        "write it anew: rtcheck protocols list --format markdown -o rtcheck/guides/library.md"
    )


@pytest.mark.parametrize("protocol", available_protocols(), ids=lambda protocol: protocol.name)
def test_a_protocol_is_listed_once_with_the_numbers_of_its_sources(protocol):
    text = " ".join(PAGE.read_text("utf-8").split())
    (told,) = re.findall(rf"- `{protocol.name}` \((.*?)\. (?=- `|## )", text)
    numbers = re.findall(r"\[(\d+)\]", told)
    sources = text.partition("## Sources")[2]
    addresses = [re.findall(rf" {number}\. [^<>]*<(http.*?)>", sources)[0] for number in numbers]
    assert addresses == [source.url for source in protocol.sources]


def test_a_limit_on_which_copies_disagree_is_in_no_protocol_unless_the_register_says_so():
    files = {("HyTEC", n): f"hytec_{n}fx" for n in "1345"} | {("TG-101", n): f"tg101_{n}fx" for n in "35"}
    assert len(copies_that_disagree()) >= 9
    for row in copies_that_disagree():
        structure, metric = row.limit.split(" ", 1)
        limits = {
            one.goal.text
            for one in load_protocol(files[row.set, row.fractions]).constraints
            if structure in one.structures
        }
        kept = {name: parse_goal(f"{metric} {getattr(row, name)}").text in limits for name in ("first", "second")}
        assert kept == {"first": row.included == "first", "second": row.included == "second"}, row


def protocol(folder, name, fractions, *goals):
    limits = ", ".join(f"{{structure: {structure}, goal: {goal}}}" for structure, goal in goals)
    path = Path(folder, f"{name}.yaml")
    path.write_text(f"name: {name}\nfractions: {fractions}\nconstraints: [{limits}]\n")
    return read_protocol(path)


def test_protocols_differ_where_fractions_organ_and_metric_are_the_same_and_the_value_is_not(tmp_path):
    one = protocol(tmp_path, "one", 5, ("Lung_L", "Dmean < 8 Gy"), ("Heart", "Dmean < 5 Gy"), ("PTV", "Dmax < 60 Gy"))
    two = protocol(tmp_path, "two", 5, ("Lung_R", "Dmean <= 9 Gy"), ("Heart", "Dmean <= 5 Gy"), ("PTV", "Dmax < 55 Gy"))
    other = protocol(tmp_path, "other", 3, ("Lung_L", "Dmean < 4 Gy"))
    (found,) = protocols_that_differ([two, other, one])
    assert (found.structure, found.metric, found.fractions) == ("Lung", "Dmean", "5")
    assert found.limits == (("< 8 Gy", "one"), ("<= 9 Gy", "two"))


def test_a_protocol_does_not_differ_from_itself(tmp_path):
    alone = protocol(tmp_path, "alone", 5, ("Brain", "V12Gy <= 5 cc"), ("Brain", "V12Gy <= 10 cc"))
    assert protocols_that_differ([alone]) == ()
