"""plan_checks and structure_checks of a protocol: how they are read, extended and counted."""

import pytest
from support.command_line import run
from support.samples import PASSES

from rtcheck.checking.plan_qa.table import CHECKS
from rtcheck.errors import ProtocolError
from rtcheck.protocol.file.check_fields import check_codes
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.lint import lint


def protocol(tmp_path, text, name="mine"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"name: {name}\n{text}", encoding="utf-8")
    return path


def checked(tmp_path, text):
    return run(PASSES, "--protocol", protocol(tmp_path, text), "--format", "json")


def test_every_key_of_a_protocol_has_a_check_and_every_check_a_key():
    assert set(check_codes()) == set(CHECKS)


@pytest.mark.parametrize(
    ("text", "status", "verdict"),
    [
        ("plan_checks: {dose_grid: <= 3 mm}\n", 0, "pass"),
        ("plan_checks: {dose_grid: <= 2.5 mm}\n", 1, "fail"),
        ("plan_checks: {advisory: {dose_grid: <= 2.5 mm}, isocentre: {one: true}}\n", 0, "pass"),
        ("plan_checks: {calculation: {algorithm: AAA}}\n", 3, "not_evaluated"),
        ("plan_checks: {advisory: {calculation: {algorithm: AAA}}}\n", 3, "not_evaluated"),
        ("structure_checks: {required: [Liver, Spleen]}\n", 1, "fail"),
    ],
    ids=[
        "met",
        "violated",
        "advisory only warns",
        "not told by the files",
        "nothing required was evaluated",
        "missing",
    ],
)
def test_required_checks_count_like_every_other_requirement(tmp_path, text, status, verdict):
    ran = checked(tmp_path, text)
    assert (ran.status, ran.json()["verdict"]) == (status, verdict)


def test_an_advisory_check_that_is_not_met_is_a_warning(tmp_path):
    ran = checked(tmp_path, "plan_checks: {advisory: {dose_grid: <= 2.5 mm}, isocentre: {one: true}}\n")
    assert "check.advisory" in {each["code"] for each in ran.json()["warnings"]}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("plan_checks: {dose_grid: 2.5}\n", 'mine.yaml:2: plan_checks.dose_grid: expected a unit after "2.5": mm\n'),
        ("plan_checks: {grid: 2.5 mm}\n", 'plan_checks.grid: unknown key "grid"'),
        ("plan_checks: {beams: {energy: 6 Gy}}\n", "plan_checks.beams.energy: expected a unit"),
        (
            "plan_checks: {isocentre: {one: maybe}}\n",
            'plan_checks.isocentre.one: expected true or false, found "maybe"',
        ),
        ("structure_checks: {inside: [GTV, PTV]}\n", "structure_checks.inside: expected names with values"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, text, fault):
    with pytest.raises(ProtocolError) as raised:
        load_protocol(protocol(tmp_path, text))
    assert fault in str(raised.value)


def test_an_extension_replaces_takes_out_and_keeps_checks(tmp_path):
    protocol(tmp_path, "plan_checks: {dose_grid: <= 3 mm, couch: present, approval: APPROVED}\n", "base")
    own = "extends: base.yaml\nremove: [{check: plan.approval}]\nplan_checks: {dose_grid: <= 2 mm}\n"
    rules = {rule.code: rule.text for rule in load_protocol(protocol(tmp_path, own)).checks}
    assert rules == {"plan.dose_grid": "<= 2 mm", "plan.couch": "present"}


def test_a_check_that_is_false_is_not_asked(tmp_path):
    protocol(tmp_path, "structure_checks: {laterality: true, empty: none}\n", "base")
    own = "extends: base.yaml\nstructure_checks: {laterality: false}\n"
    assert [rule.code for rule in load_protocol(protocol(tmp_path, own)).checks] == ["structures.empty"]


def test_every_format_tells_a_violated_check(tmp_path):
    path = protocol(tmp_path, "plan_checks: {dose_grid: <= 2.5 mm}\n")
    for name in ("table", "html", "csv", "junit", "markdown"):
        told = run(PASSES, "--protocol", path, "--format", name, "-o", tmp_path / f"out.{name}")
        assert told.status == 1
        text = (tmp_path / f"out.{name}").read_text("utf-8")
        assert "Dose grid spacing" in text, name
        assert "at most 2.5 mm" in text.replace("\\", ""), name


def test_a_record_is_repeated_with_its_checks(tmp_path):
    record = tmp_path / "report.json"
    assert run("qa", PASSES, "--format", "json", "-o", record).status == 0
    assert run("verify", record).status == 0
    altered = record.read_text("utf-8").replace('"expected": "at most 4 mm"', '"expected": "at most 9 mm"')
    record.write_text(altered, encoding="utf-8")
    assert run("verify", record).status == 1


def test_the_linter_knows_the_structures_of_checks(tmp_path):
    margin = "{from: CTV, to: PTVV, at_least: 5 mm}"
    text = f"structure_checks: {{required: [Liver, Livr], inside: {{GTV: PTV}}, margin: {margin}}}\n"
    found = {message.text.split('"')[1] for message in lint(protocol(tmp_path, text)) if message.code == "name.unknown"}
    assert found == {"Livr", "PTVV"}


def test_protocols_show_lists_the_checks():
    shown = run("protocols", "show", "apatinib").out
    assert "plan.beams.technique: IMRT, VMAT (advisory)" in shown


LINAC = "name: Linac 1\ngantry: 0-360 deg\ncouch: 270-90 deg\ndose_rate: <= 500 MU/min\nmachine: Synthetic linac\n"


def test_a_machine_file_gives_its_limits_and_the_protocol_its_own(tmp_path):
    (tmp_path / "linac.yaml").write_text(LINAC, encoding="utf-8")
    ran = checked(tmp_path, "plan_checks: {machine_file: linac.yaml, beams: {couch: 0-0 deg}}\n")
    found = {item["code"]: (item["outcome"], item["expected"]) for item in ran.json()["plan_checks"]}
    assert found == {
        "plan.beams.couch": ("met", "0 to 0 deg"),
        "plan.beams.gantry": ("met", "0 to 360 deg"),
        "plan.beams.dose_rate": ("violated", "at most 500 MU/min"),
        "plan.beams.machine": ("met", "Synthetic linac"),
    }


def test_another_machine_file_is_another_protocol(tmp_path):
    path = protocol(tmp_path, "plan_checks: {machine_file: linac.yaml}\n")
    digests = []
    for text in (LINAC, LINAC.replace("500", "600")):
        (tmp_path / "linac.yaml").write_text(text, encoding="utf-8")
        digests.append(load_protocol(path).sha256)
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [(None, "does not exist"), ("gantri: 0-360 deg\n", 'linac.yaml:1: gantri: unknown key "gantri"'), ("", "is empty")],
)
def test_a_faulty_machine_file_is_a_fault_of_the_protocol(tmp_path, text, fault):
    if text is not None:
        (tmp_path / "linac.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"mine.yaml:2: plan_checks.machine_file") as raised:
        load_protocol(protocol(tmp_path, "plan_checks: {machine_file: linac.yaml}\n"))
    assert fault in str(raised.value)
