"""Plug-ins: the package of the guide, installed; and packages that fail, which never turn into a pass."""

import re
import tomllib

import pytest
from support.command_line import run
from support.guides import blocks
from support.phantom_case import write_phantom

from rtcheck import plugins
from rtcheck.checking.check import check
from rtcheck.cli.commands.protocols import _plugins_text
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import parse_protocol

BROKEN = """
def crashing(*_, **__):
    raise KeyError("Doe^Jane")
def endless(dvh):
    return float("inf")
endless.unit = "Gy"
"""


def install(folder, name, module, points):
    """What an installer writes: the module, and the entry points in the package's metadata."""
    (folder / f"{name}.py").write_text(module, encoding="utf-8")
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.2\n")
    lines = [line for group, own in points.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in own.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return write_phantom(tmp_path_factory.mktemp("plan"))


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """The guide's package, and one that is broken."""
    (toml,), (module,) = blocks("plug-ins", "toml"), blocks("plug-ins", "python")
    install(tmp_path, "clinic_tools", module, tomllib.loads(toml)["project"]["entry-points"])
    points = {"rtcheck.metrics": {"crashing": "broken:crashing", "endless": "broken:endless", "gone": "nowhere:x"},
              "rtcheck.checks": {"crashing": "broken:crashing"},
              "rtcheck.formats": {"crashing": "broken:crashing"}}  # fmt: skip
    install(tmp_path, "broken", BROKEN, points)
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.installed.cache_clear()
    yield tmp_path
    plugins.installed.cache_clear()


def judged(plan, text):
    return check(read_case(plan), parse_protocol("name: p\n" + text))


def test_the_guides_metric_check_format_and_importer_work(plan, packages):
    metric = '{structure: PTV, goal: "Plugin[dose_spread] <= 9 Gy"}'
    report = judged(plan, f"constraints:\n  - {metric}\nplugin_checks: {{few_beams: '2'}}\n")
    (result,), (item,) = report.results, report.plan_checks
    by_hand = check(read_case(plan), parse_protocol(
        "name: q\nconstraints: [{structure: PTV, goal: D5% < 99 Gy}, {structure: PTV, goal: D95% < 99 Gy}]"
    )).results  # fmt: skip
    spread = by_hand[0].measurement.value - by_hand[1].measurement.value
    assert result.measurement.value == pytest.approx(spread, abs=0.1)
    assert (result.outcome, report.verdict) == ("met", "pass")
    assert (item.item, item.found, item.outcome) == ("Few beams", "2 beams", "met")
    assert report.provenance["versions"]["clinic-tools"] == "1.2"
    assert report.isotoxic is None or report.isotoxic.allowed_gy is None  # how it changes with the dose is unknown
    (packages / "p.yaml").write_text(f"name: p\nconstraints:\n  - {metric}\n")
    assert run(plan, "--protocol", packages / "p.yaml", "-o", packages / "x.ticket").status == 0
    assert (packages / "x.ticket").read_text().startswith("pass: ")
    (packages / "liver.lim").write_text("limits 1\nLiver;Dmean < 24 Gy\n")
    assert "goal: Dmean < 24 Gy" in run("protocols", "import", packages / "liver.lim").out
    assert "dose_spread (clinic-tools 1.2)" in _plugins_text()


@pytest.mark.parametrize(
    ("goal", "reason"),
    [
        ("Plugin[crashing] <= 9 Gy", r"crashing \(broken 1.2\) failed \(KeyError in broken.py, line 3\)"),
        ("Plugin[endless] <= 9 Gy", "gives no number"),
        ("Plugin[gone] <= 9 Gy", "ModuleNotFoundError"),
        ("Plugin[missing] <= 9 Gy", "is not installed"),
        ("Plugin[dose_spread] <= 9 %", "gives Gy, not %"),
    ],
)
def test_a_metric_that_fails_is_named_and_not_evaluated(plan, packages, goal, reason):
    report = judged(plan, f'constraints: [{{structure: PTV, goal: "{goal}"}}]')
    assert report.verdict == "not_evaluated"
    assert re.search(reason, report.results[0].measurement.undefined)
    assert "Doe" not in report.to_json()


def test_a_check_that_fails_is_named_and_not_evaluated(plan, packages):
    report = judged(plan, "plugin_checks: {crashing: x, advisory: {missing: y}}")
    assert report.verdict == "not_evaluated"
    assert [item.outcome for item in report.plan_checks] == ["not_evaluated"] * 2
    assert "crashing (broken 1.2) failed" in report.plan_checks[0].note


def test_a_format_that_fails_ends_with_an_error_that_names_it(plan, packages):
    (packages / "p.yaml").write_text("name: p\nconstraints: [{structure: PTV, goal: Dmean < 200 Gy}]")
    answer = run(plan, "--protocol", packages / "p.yaml", "--format", "crashing")
    assert answer.status == 3
    assert "crashing (broken 1.2) failed" in answer.err
    assert "ticket" in run(plan, "--protocol", packages / "p.yaml", "--format", "nothing").err
