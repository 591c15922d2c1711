"""Where output goes: what is no ordinary file stays what it is, and a file's ending tells its format."""

import csv
import json
import os
import threading
from importlib import import_module
from inspect import signature
from typing import get_args

import pytest
from support.command_line import run

from rtcheck.atomic_write import write_aside
from rtcheck.cli.grouping import flattened
from rtcheck.cli.table import COMMANDS


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    """So does /dev/stdout: a rename would put an ordinary file in its place, for everybody."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_aside("a report", pipe)
    reader.join(timeout=60)
    assert read == [b"a report"]
    assert pipe.is_fifo()


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path):
    (tmp_path / "of_today.txt").write_text("old")
    (tmp_path / "latest.txt").symlink_to("of_today.txt")
    write_aside("new", tmp_path / "latest.txt")
    assert (tmp_path / "latest.txt").is_symlink()
    assert (tmp_path / "of_today.txt").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.txt", "of_today.txt"]


def test_a_dash_is_standard_output(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    for words in (["check", plan, "-p", tmp_path / "mine.yaml"], ["dvh", plan]):
        assert run(*words, "-f", "json", "-o", "-").json()["schema"]
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_name_is_a_wrong_question(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run(plan, "-p", tmp_path / "mine.yaml", "-o", "").status == 2
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("words", [["check"], ["dvh"], ["isotoxic"], ["structures"]])
def test_the_ending_of_a_file_tells_its_format_for_every_command(plan, tmp_path, words):
    protocol = [] if words == ["dvh"] else ["-p", tmp_path / "mine.yaml"]
    out = tmp_path / "out.json"
    assert run(*words, plan, *protocol, "-o", out).status == 0
    assert json.loads(out.read_text("utf-8"))["schema"].startswith("rtcheck.")


@pytest.mark.parametrize("ending", [".pdf", ".html", ".xml", ".md"])
def test_an_ending_of_a_format_that_a_command_does_not_write_is_a_wrong_question(plan, tmp_path, ending):
    ran = run("dvh", plan, "-o", tmp_path / f"out{ending}")
    assert ran.status == 2
    assert "table, json, csv" in ran.err
    assert not (tmp_path / f"out{ending}").exists()


def test_dvh_writes_csv_into_a_file_that_ends_so(plan, tmp_path):
    assert run("dvh", plan, "-o", tmp_path / "out.csv").status == 0
    assert next(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))["structure"] == "PTV"


@pytest.mark.parametrize("dose", ["nan", "inf", "-inf", "1e400", "0", "-5", "five"])
def test_a_prescription_that_is_no_dose_is_a_wrong_question(plan, tmp_path, dose):
    assert run(plan, "-p", tmp_path / "mine.yaml", f"--dose-rx={dose}").status == 2


def commands_with_outputs():
    """Every command with -o, and whether it takes several."""
    for name, command in COMMANDS.items():
        module, _, function = command.target.partition(":")
        target = getattr(import_module(module), function)
        for words, each in [(name, target)] if callable(target) else [(f"{name} {sub}", target[sub]) for sub in target]:
            for parameter in signature(flattened(each)).parameters.values():
                kind, *options = get_args(parameter.annotation) or (None,)
                if any("-o" in (getattr(option, "flags", ())) for option in options):
                    yield words, "list" in str(kind)


SEVERAL = {
    "check": ("{plan} -p {p}", "json", "csv"),
    "qa": ("{plan}", "json", "csv"),
    "isotoxic": ("{plan} -p {p}", "json", "html"),
    "compare": ("{plan} {plan} -p {p}", "json", "csv"),
    "diff": ("{plan} {plan}", "json", "csv"),
    "dvh": ("{plan}", "json", "csv"),
    "structures": ("{plan}", "json", "txt"),
    "protocols list": ("", "json", "md"),
    "protocols compare": ("{p} {p}", "json", "txt"),
    "protocols export": ("{p}", "csv", "xlsx"),
}


def test_no_command_drops_an_output_in_silence(plan, tmp_path):
    """Several are written each by its ending (pull writes as check does, from a server), or a second is an error."""
    found = dict(commands_with_outputs())
    assert {words for words, takes_several in found.items() if takes_several} == {*SEVERAL, "pull"}
    assert {"batch", "watch", "listen", "cohort", "protocols new", "protocols import"} <= set(found)
    for words, takes_several in found.items():
        if not takes_several:
            ran = run(*words.split(), "-o", tmp_path / "a.yaml", "-o", tmp_path / "b.yaml")
            assert (ran.status, "was given more than once" in ran.err) == (2, True), words
    assert list(tmp_path.glob("?.yaml")) == []
    for words, (more, *endings) in SEVERAL.items():
        given = more.format(plan=plan, p=tmp_path / "mine.yaml").split()
        outs = [tmp_path / f"{words.replace(' ', '_')}.{ending}" for ending in endings]
        run(*words.split(), *given, "-o", outs[0], "-o", outs[1])
        assert [path.stat().st_size > 0 for path in outs if path.is_file()] == [True, True], words


def test_a_second_protocol_is_not_dropped_in_silence(plan, tmp_path):
    """Of `-p strict -p lax` only the last was checked."""
    for words in ((plan, "-p", "apatinib"), ("isotoxic", plan, "--protocol=apatinib")):
        ran = run(*words, "-p", tmp_path / "mine.yaml")
        assert (ran.status, ran.out, "--protocol was given more than once" in ran.err) == (2, "", True)
