"""Names that would be markup, formulas or terminal commands elsewhere are text in every report."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from support.command_line import run
from support.known_plans import box, write_plan

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", SCRIPT, '"><img src=x onerror=alert(1)>', "</script><b>",
    "]]>&amp;", "{{7*7}}", "a|b`c", "*bold* [x](http://y)",
)  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A plan whose names are all hostile, and a protocol that asks for each of them; the last is not drawn."""

    def change(files):
        for dataset in (files.plan, files.dose, files.structures):
            dataset.PatientName, dataset.PatientID = "=1+1<i>^@x", "=2+2" + SCRIPT
        files.plan.RTPlanLabel = "=9*9<i>"

    folder = tmp_path_factory.mktemp("hostile")
    boxes = [box(name, number) for number, name in enumerate(HOSTILE, start=1)]
    plan = write_plan(folder / "plan", boxes, change=change)
    constraints = [
        {
            "structure": f"'{name}'" if '"' in name else f'"{name}"',
            "goal": "Dmax < 15 Gy" if number % 2 else "Dmax < 24 Gy",
            "note": "=3+3" + SCRIPT,
            "readings": [{"label": "=4+4" + SCRIPT, "goal": "Dmean < 15 Gy"}],
        }
        for number, name in enumerate((*HOSTILE, "=nothing" + SCRIPT))
    ]
    protocol = {
        "name": "=5+5<b>",
        "title": SCRIPT,
        "sources": [{"id": "s", "citation": "=6+6" + SCRIPT, "url": "javascript:alert(1)"}],
        "constraints": constraints,
        "eligibility": [{"fact": "ecog", "is": "0-1", "label": "=7+7" + SCRIPT}],
    }
    (folder / "mine.yaml").write_text(json.dumps(protocol), encoding="utf-8")
    return plan, "-p", folder / "mine.yaml"


class Tags(HTMLParser):
    """The tags and attributes of a page, as a browser sees them."""

    def __init__(self):
        super().__init__()
        self.scripts, self.handlers, self.links = [], [], []
        self.is_script = False

    def handle_starttag(self, tag, attributes):
        self.is_script = tag == "script"
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        self.links += [value for name, value in attributes if name in ("href", "src") and value]

    def handle_endtag(self, tag):
        self.is_script = False

    def handle_data(self, data):
        if self.is_script:
            self.scripts.append(data)


@pytest.mark.parametrize("words", [["check"], ["compare", "{plan}"]], ids=["check", "compare"])
def test_a_page_runs_nothing_that_a_name_says(asked, words):
    page = run(*(word.format(plan=asked[0]) for word in words), *asked, "-f", "html").out
    seen = Tags()
    seen.feed(page)
    assert seen.handlers == []
    assert not [script for script in seen.scripts if "<script" in script or "<img" in script]
    assert not [link for link in seen.links if link.lower().startswith("javascript:")]
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def is_formula(cell):
    """Whether a spreadsheet would compute it; a plain signed number it may."""
    return cell.lstrip()[:1] in ("=", "+", "-", "@", "\t") and not re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", cell)


@pytest.mark.parametrize("words", [["check"], ["dvh"]])
def test_no_cell_of_a_table_is_a_formula(asked, words):
    plan, *protocol = asked
    ran = run(*words, plan, *(protocol if words == ["check"] else []), "-f", "csv")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert len(rows) > len(HOSTILE)
    assert [cell for row in rows for cell in row if is_formula(cell)] == []


def test_no_cell_of_a_batch_s_table_is_a_formula_and_its_page_runs_nothing(asked, tmp_path):
    plan, *protocol = asked
    run("batch", plan, *protocol, "--out", tmp_path / "out", "--jobs", "1")
    rows = list(csv.reader(io.StringIO((tmp_path / "out" / "results.csv").read_text("utf-8"))))
    assert len(rows) > len(HOSTILE)
    assert [cell for row in rows for cell in row if is_formula(cell)] == []
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    seen = Tags()
    seen.feed(page)
    assert seen.handlers == []
    assert "<script>alert" not in page


def test_xml_and_json_hold_the_names_as_they_are(asked):
    names = {case.get("name") for case in ElementTree.fromstring(run(*asked, "-f", "junit").out).iter("testcase")}
    told = run(*asked, "-f", "json").json()
    structures = [each["structure"] for each in told["constraints"]]
    assert {name for name in HOSTILE if not any(name in each for each in structures)} == set()
    assert any(SCRIPT in str(name) for name in names)


def test_markdown_shows_names_and_follows_none_of_them(asked):
    text = run(*asked, "-f", "markdown").out
    assert "<script" not in text.replace("\\<", "")
    assert not re.search(r"(?<!\\)\]\(http", text)


def test_nothing_that_steers_a_terminal_comes_from_a_name(tmp_path):
    names = ["red\x1b[31m", "bell\x07", "back\x08", "line\nbreak", "\u202eevil"]

    def change(files):
        for entry, name in zip(files.structures.StructureSetROISequence, names, strict=True):
            entry.ROIName = name

    plan = write_plan(tmp_path / "plan", [box(f"s{k}", k) for k in range(1, 6)], change=change)
    for words in (["dvh", plan], ["structures", plan]):
        ran = run(*words)
        assert not set(ran.out + ran.err) & {"\x1b", "\x07", "\x08", "\u202e"}


def test_nothing_that_steers_a_terminal_comes_from_a_protocol(plan, tmp_path):
    """YAML writes the escape character as \\x1b; a raw one it does not allow."""
    red = r"\x1b[31mred"
    reading = f'{{label: "l{red}", goal: Dmean < 3 Gy}}'
    text = (
        f'name: "m{red}"\ntitle: "t{red}"\nsources: [{{id: s, citation: "c{red}"}}]\nconstraints:\n'
        f'  - {{structure: PTV, goal: Dmax < 15 Gy, note: "n{red}", source: s, readings: [{reading}]}}\n'
        f'  - {{structure: "Y{red}", goal: Dmax < 15 Gy}}\n'
        f'  - {{structure: PTV, goal: Dmax < 15 Gy, "k{red}": 1}}\n'
    )
    faulty, sound = tmp_path / "faulty.yaml", tmp_path / "sound.yaml"
    faulty.write_text(text)
    sound.write_text("".join(text.splitlines(keepends=True)[:-1]))
    for words in (
        [plan, "-p", sound, "-v"], [plan, "-p", sound, "-f", "markdown"], ["compare", plan, plan, "-p", sound],
        ["isotoxic", plan, "-p", sound], ["structures", plan, "-p", sound], ["protocols", "show", sound],
        ["protocols", "lint", faulty], [plan, "-p", faulty],
    ):  # fmt: skip
        ran = run(*words)
        assert "31mred" in ran.out + ran.err
        assert "\x1b" not in ran.out + ran.err
