"""A pipeline that reads the JUnit report, and not the exit status, comes to the same verdict."""

from xml.etree import ElementTree

import pytest
from pydicom import dcmread
from support.command_line import run
from support.samples import INCOMPLETE, PASSES, STOMACH_FAILS

PROTOCOLS = {
    "of what is not contoured": "{structure: Uterus, goal: Dmax < 1 Gy, if_drawn: true}",
    "of advice that is met": "{structure: Heart, goal: Dmax < 60 Gy, priority: advisory}",
    "of advice that cannot be evaluated": "{structure: Uterus, goal: Dmax < 60 Gy, priority: advisory}",
}


def assert_that_both_say(status: int, *words: object) -> None:
    ran = run(*words, "-f", "junit")
    root = ElementTree.fromstring(ran.out)
    is_green = not [*root.iter("failure"), *root.iter("error")]
    assert (ran.status, is_green) == (status, status == 0)
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, (PASSES,)), (1, (STOMACH_FAILS,)), (3, (INCOMPLETE,)), (3, (PASSES, "--require-eligibility"))],
)
def test_junit_is_green_only_where_the_exit_status_is_0(status, words):
    assert_that_both_say(status, *words, "--protocol", "apatinib")


@pytest.mark.parametrize(
    ("status", "file", "keyword", "value", "words"),
    [
        (3, "dose", "DoseSummationType", "BEAM", ()),  # cannot be read
        (0, "plan", "ApprovalStatus", "REJECTED", ()),
        (3, "plan", "ApprovalStatus", "REJECTED", ("--strict",)),
    ],
)
def test_junit_is_not_green_where_input_cannot_be_read_or_a_doubt_counts(status, file, keyword, value, words, tmp_path):
    for name in ("plan", "struct", "dose"):
        dataset = dcmread(PASSES / f"{name}.dcm")
        if name == file:
            setattr(dataset, keyword, value)
        dataset.save_as(tmp_path / f"{name}.dcm")
    assert_that_both_say(status, tmp_path, "--protocol", "apatinib", *words)


@pytest.mark.parametrize(
    ("status", "which"),
    list(zip((3, 0, 3), PROTOCOLS, strict=True)),
    ids=[name.replace(" ", "-") for name in PROTOCOLS],
)
def test_junit_is_not_green_where_nothing_was_evaluated(status, which, tmp_path):
    protocol = tmp_path / "mine.yaml"
    protocol.write_text(f"name: mine\nconstraints:\n  - {PROTOCOLS[which]}\n", encoding="utf-8")
    assert_that_both_say(status, PASSES, "--protocol", protocol)
