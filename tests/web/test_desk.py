"""A desk that has answered much answers as a fresh one does, and as the command line does."""

import json
import shlex
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_line import run
from support.samples import SAMPLE_DICOM, SAMPLES

from rtcheck.protocol.file.load import load_protocol
from rtcheck.web.desk import desk as desk_module
from rtcheck.web.desk.calls import answer
from rtcheck.web.desk.checking import checked
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.question import Recipe, question_of
from rtcheck.web.desk.told import told

PROTOCOLS = ("apatinib", "axitinib", "quantec", "rtog_0617")
GOALS = (
    "Dmax < 54 Gy",
    "Dmax < 60 Gy",
    "Dmean < 20.5 Gy",
    "D0.03cc <= 57.35 Gy",
    "D95% >= 95 %",
    "V30Gy < 30 %",
    "CV20Gy >= 700 cc",
)
ROIS = ("Liver", "Stomach", "stomach", "SpinalCord", "Lung_L", "No such ROI")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody types: what is made aside need not wait for quiet."""
    monkeypatch.setattr(desk_module, "QUIET_S", 0.0)


def recipe(folder: Path, sample: Path) -> Recipe:
    return Recipe(case="case", root=SAMPLE_DICOM, path=sample.name, place=folder)


def settled(desk: Desk, at: Recipe, values: dict[str, Any]) -> Any:
    """The answer once nothing is refined any more, as the page goes on asking."""
    for _ in range(200):
        found = answer(desk, "check", {"recipe": at, "values": values})
        told = json.loads(found.body)
        if not told.get("is_waiting"):
            return told
        time.sleep(0.02)
    raise AssertionError("the bands never came")


@st.composite
def questions(draw: Any) -> list[dict[str, Any]]:
    """A few questions by one protocol, each of which changes something of the one before."""
    protocol = draw(st.sampled_from(PROTOCOLS))
    bases = range(len(load_protocol(protocol).constraints))
    names = [name for one in load_protocol(protocol).constraints for name in one.structures]
    edit = st.one_of(
        st.fixed_dictionaries(
            {"base": st.sampled_from(bases)},
            optional={"goal": st.sampled_from(GOALS), "priority": st.sampled_from(("advisory", "required"))},
        ),
        st.fixed_dictionaries({"structure": st.sampled_from(ROIS), "goal": st.sampled_from(GOALS)}),
    )
    changes = st.one_of(
        st.fixed_dictionaries({"edits": st.none() | st.lists(edit, min_size=1, max_size=8)}),
        st.fixed_dictionaries({"aliases": st.dictionaries(st.sampled_from(names), st.sampled_from(ROIS), max_size=2)}),
        st.fixed_dictionaries(
            {
                "override": st.sampled_from(
                    (
                        {},
                        {"dose_rx": {"": 54.5}, "fractions": 27},
                        {"dose_is": "course"},
                        {"dose_rx": {"": 53.123456789}},
                    )
                )
            }
        ),
        st.fixed_dictionaries({"dose_scale": st.sampled_from((1.0, 0.941, 1.1))}),
        st.fixed_dictionaries({"drawn_only": st.booleans(), "require_eligibility": st.booleans()}),
    )
    question: dict[str, Any] = {"protocol": protocol}
    return [question := {**question, **change} for change in draw(st.lists(changes, min_size=2, max_size=4))]


def words(told: Any) -> Any:
    """What a person reads of an answer."""
    if "error" in told:
        return told["error"]
    rows = [
        (row["structure"], row["goal"], row["word"], row["margin"], row["remarks"]) for row in told["telling"]["rows"]
    ]
    return [
        told["verdict"],
        told["plain"]["verdict"],
        told["plain"]["sentence"],
        told["telling"]["doubts"],
        told["what_if"],
        told["constraints"],
        told["structures"],
        rows,
    ]


@settings(deadline=None, max_examples=25)
@given(asked=questions(), sample=st.sampled_from(SAMPLES))
def test_what_was_asked_before_changes_no_answer(asked, sample):
    with TemporaryDirectory() as folder:
        warm, at = Desk(), recipe(Path(folder), sample)
        for question in asked:
            known, fresh = settled(warm, at, question), settled(Desk(), at, question)
            assert words(known) == words(fresh)
            values = [[each["value"] for each in told.get("numbers", [])] for told in (known, fresh)]
            within = {"rel": 1e-3, "abs": 1e-3} if question.get("dose_scale", 1.0) != 1.0 else {"rel": 1e-12}  # bins
            assert values[0] == [each if each is None else pytest.approx(each, **within) for each in values[1]]
            assert [row["constraint"] for row in known.get("numbers", [])] == [
                row["constraint"] for row in fresh.get("numbers", [])
            ]


def test_edits_that_say_the_same_in_other_words_are_two_limits(tmp_path):
    desk, at = Desk(), recipe(tmp_path, SAMPLE_DICOM / "apatinib_56gy_stomach_fails")
    settled(desk, at, {"protocol": "apatinib", "edits": [{"base": 0}]})
    goal = load_protocol("apatinib").constraints[0].goal.text
    told = settled(desk, at, {"protocol": "apatinib", "edits": [{"base": 0, "goal": goal}, {"base": 0}]})
    assert [row["constraint"] for row in told["numbers"]] == [0, 1]


@settings(deadline=None, max_examples=25)
@given(asked=questions(), sample=st.sampled_from(SAMPLES))
def test_the_command_line_says_what_the_desk_says(asked, sample):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        desk, at = Desk(), recipe(Path(folder) / "desk", sample)
        known = [settled(desk, at, {**question, "dose_scale": 1.0}) for question in asked][-1]
        made = json.loads(
            answer(desk, "command", {"recipe": at, "values": {**asked[-1], "dose_scale": 1.0}, "letterhead": None}).body
        )
        if "error" in known or "error" in made:
            assert known.get("error", {}).get("text", made["error"]["text"]) == made["error"]["text"]
            return
        for each in made["files"]:
            (Path(folder) / each["name"]).write_text(each["text"], encoding="utf-8")
        patched.chdir(folder)
        ran = run(*shlex.split(made["command"])[1:], "-f", "json")
        report = ran.json()
        assert (report["verdict"], ran.status) == (known["verdict"], known["exit_status"])
        told = [
            (row["structure"], each["outcome"], each["value"])
            for row, each in zip(known["telling"]["rows"], known["numbers"], strict=True)
        ]
        assert sorted(map(str, told)) == sorted(
            str((each["structure"], each["outcome"], each["value"])) for each in report["constraints"]
        )


def test_an_answer_without_its_bands_says_so_though_they_have_come_meanwhile(tmp_path):
    desk, at = Desk(), recipe(tmp_path, SAMPLE_DICOM / "apatinib_56gy_stomach_fails")
    question = question_of({"protocol": "apatinib", "dose_scale": 0.941})
    done = checked(desk, at, question, defers_bands=True)
    assert done.left_out
    while not done.left_out <= done.opened.kept.banded:
        time.sleep(0.01)
    planned = checked(desk, at, question_of({"protocol": "apatinib"}), defers_bands=True)
    assert told(done, planned)["is_waiting"], "the page asks again"
    again = checked(desk, at, question, defers_bands=True)
    assert not again.is_waiting
    assert any(row["band"] for row in told(again, planned)["telling"]["rows"])
