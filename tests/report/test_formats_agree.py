"""Verdict, limits and outcomes, read back from every format, are those of the JSON of the same check."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from support.phantom_case import write_phantom

from rtcheck.checking.check import check
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import parse_protocol
from rtcheck.records.waivers import read_waivers
from rtcheck.report import render

STRUCTURES = ("PTV", "Stomach", "Uterus", "Liver")
GOALS = ("Dmean < {} Gy", "Dmax <= {} Gy", "D0.03cc < {} Gy", "V20Gy > {} cc", "V{}Gy <= 30 %", "D95% >= {} Gy")
WORDS = {
    "met": "Met", "variation": "Variation", "violated": "Violated", "not_evaluated": "Not evaluated",
    "not_applicable": "Not applicable", "waived": "Waived",
}  # fmt: skip


@st.composite
def limits(draw):
    """One constraint as the protocol file has it: any outcome can come of it, a waiver of some."""
    goal = draw(st.sampled_from(GOALS)).format(draw(st.sampled_from((1, 20, 40, 51, 70))))
    limit = {"structure": draw(st.sampled_from(STRUCTURES)), "goal": goal}
    if draw(st.booleans()):
        limit["priority"] = "advisory"
    if draw(st.booleans()) and " < " in goal:
        limit["variation"] = re.sub(r"< \d+", "< 90", goal)
    if draw(st.booleans()):
        limit["if_drawn"] = True
    return limit


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return read_case(write_phantom(tmp_path_factory.mktemp("plan")))


def plain(text):
    return re.sub(r"[\s\\*]+", " ", text).strip()


def of_json(report):
    told = json.loads(render(report, "json"))
    return told["verdict"], [
        (f"{each['structure']} {each['goal']}", each["outcome"], each["priority"]) for each in told["constraints"]
    ]


def of_csv(report):
    rows = [row for row in csv.DictReader(io.StringIO(render(report, "csv"))) if row["metric"] not in ("", None)]
    verdicts = {row["verdict"] for row in csv.DictReader(io.StringIO(render(report, "csv")))}
    assert len(verdicts) == 1
    return verdicts.pop(), [(f"{row['structure']} {row['goal']}", row["outcome"], row["priority"]) for row in rows]


def of_junit(report):
    root = ElementTree.fromstring(render(report, "junit"))
    suite = next(each for each in root if each.get("name") == "constraints")
    verdict = next(each.get("value") for each in suite.iter("property") if each.get("name") == "verdict")
    return verdict, [(case.get("name"), case[0].tag if len(case) else "passed") for case in suite.iter("testcase")]


def of_fhir(report):
    first, *rest = [entry["resource"] for entry in json.loads(render(report, "fhir"))["entry"]]
    limits = [each for each in rest if "bodySite" in each]
    return first["valueCodeableConcept"]["text"].replace(" ", "_"), [
        (
            f"{each['bodySite']['text']} {each['referenceRange'][0]['text']}",
            each["interpretation"][0]["text"].partition(",")[0],
            "advisory" if any("Advisory" in note["text"] for note in each.get("note", ())) else "required",
        )
        for each in limits
    ]


def of_sr(report):
    document = dcmread(io.BytesIO(render(report, "sr")))
    measurements = next(
        each
        for each in document.ContentSequence
        if each.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements"
    )
    told = []
    for group in measurements.ContentSequence:
        texts = {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in group.ContentSequence}
        coded = {
            name: item.ConceptCodeSequence[0].CodeValue.replace(" ", "_")
            for name, item in texts.items()
            if name in ("Verdict", "Outcome", "Priority")
        }
        told.append((texts["Tracking Identifier"].TextValue, coded))
    verdict = told[0][1]["Verdict"]
    return verdict, [(name, coded["Outcome"], coded.get("Priority", "required")) for name, coded in told[1:]]


def of_xlsx(report):
    book = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx")))
    rows = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]
    head = next(row for row in rows if "Outcome" in row and "Structure" in row)
    at = {name: head.index(name) for name in head if name}
    begin = rows.index(head) + 1
    return [row[at["Outcome"]] for row in rows[begin : begin + len(report.results)]]


def of_markdown(report):
    text = render(report, "markdown")
    rows = [plain(line).split(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    return text.splitlines()[0], [row[-1].rstrip("| ") for row in rows[1:]]


def of_html(report):
    return re.findall(r'data-w="([^"]*)" data-s=', re.sub(r"\s+", " ", render(report, "html")))


def of_table(report):
    text = render(report, "table")
    return re.findall(r"(?m)^\S.*?  [✗?▲≈✓◇–] (.+)$", text.partition("---\n")[2].partition("\n\n")[0])


ENDINGS = {"met": "passed", "variation": "passed", "not_applicable": "skipped", "waived": "skipped"}


def test_every_format_has_the_verdict_and_the_outcome_of_each_limit(case, tmp_path):
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(limits(), min_size=1, max_size=7), st.booleans())
    def holds(stated, has_waiver):
        protocol = parse_protocol(json.dumps({"name": "p", "constraints": stated}))
        waivers = None
        if has_waiver:
            first = protocol.constraints[0]
            name = f"{stated[0]['structure']} {first.goal.text}"
            entry = {"constraint": name, "reason": "r", "who": "Dr A", "until": "2999-01-01"}
            file = tmp_path / "waivers.yaml"
            file.write_text(json.dumps({"waivers": [{**entry, "plan": case.plan.sop_instance_uid}]}), "utf-8")
            waivers = read_waivers(file)
        assert_agreement(check(case, protocol, waivers=waivers))

    holds()


def assert_agreement(report):
    verdict, told = of_json(report)
    words = [WORDS[outcome] for _, outcome, _ in told]
    shown = [word for word in words if word != "Not applicable"]
    assert of_csv(report) == (verdict, told)
    assert of_sr(report) == (verdict, told)
    assert of_fhir(report) == (verdict, [(name, WORDS[outcome], priority) for name, outcome, priority in told])
    expected = [
        (name, ENDINGS.get(outcome) or ("skipped" if priority == "advisory" else
                                        {"violated": "failure", "not_evaluated": "error"}[outcome]))
        for name, outcome, priority in told
    ]  # fmt: skip
    assert of_junit(report) == (verdict, expected)
    assert [plain(str(each)).partition(",")[0] for each in of_xlsx(report)] == words
    heading, rows = of_markdown(report)
    assert [row.partition(",")[0] for row in rows] in (words, shown)
    assert {"pass": "PASS", "fail": "FAIL", "not_evaluated": "NOT EVALUATED", "variation": "VARIATION"}[
        verdict
    ] in heading
    assert [each.partition(",")[0] for each in of_html(report)] in (words, shown)
    rows = of_table(report)
    assert [row.strip().capitalize().partition(",")[0] for row in rows] in (words, shown)
