"""`rtcheck listen` as a program: it says where it listens, answers, and ends when it is told to."""

import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread
from support.command_line import run
from support.plan_farm import PROTOCOL, write_farm
from support.programs import needs_program
from support.samples import PASSES

import rtcheck
from rtcheck.batch.work import Question
from rtcheck.cli.main import main
from rtcheck.errors import MissingExtraError, UsageError
from rtcheck.network.extra import needed


@needs_program("echoscu")
def test_the_program_listens_until_it_is_told_to_end(tmp_path: Path) -> None:
    words = ["listen", "--protocol", "apatinib", "--out", str(tmp_path), "--port", "0"]
    command = [sys.executable, "-m", "rtcheck", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as listening:
        assert listening.stderr is not None
        port = re.search(r"on 127\.0\.0\.1:(\d+)", listening.stderr.readline())
        assert port is not None
        echo = ["echoscu", "-aec", "RTCHECK", "127.0.0.1", port[1]]
        assert subprocess.run(echo, timeout=90, check=False).returncode == 0
        listening.send_signal(signal.SIGTERM)
        assert listening.wait(timeout=90) == 0


def test_a_missing_extra_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pynetdicom", None)
    with pytest.raises(SystemExit) as left:
        main(["listen", "--protocol", "apatinib", "--out", str(tmp_path)])
    assert left.value.code == 2
    assert "pip install 'rtcheck[net]'" in capsys.readouterr().err


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingExtraError, match="no-such-package"):
        needed("no_such_package.api")


@pytest.mark.parametrize("node", ["ARCHIVE", "ARCHIVE@127.0.0.1"])
def test_a_node_written_wrongly_is_refused_before_anything_starts(
    node: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["listen", "--protocol", "apatinib", "--out", str(tmp_path), "--send-to", node])
    assert left.value.code == rtcheck.UsageError.exit_status
    assert "AET@host:port" in capsys.readouterr().err


def test_pull_and_listen_apply_limits_to_contoured_organs_alone_where_asked_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parts = tuple(dcmread(PASSES / name) for name in ("plan.dcm", "dose.dcm", "struct.dcm"))
    monkeypatch.setattr("rtcheck.network.servers.parts_of", lambda server, wanted: parts)
    monkeypatch.setattr("rtcheck.network.servers.server_at", lambda url: None)
    protocol = tmp_path / "eyes.yaml"
    protocol.write_text("name: eyes\nconstraints: [{structure: Eye_L, goal: Dmax < 5 Gy}]\n", encoding="utf-8")
    words = ["pull", "http://127.0.0.1:9", "--patient", "SAMPLE-1", "--protocol", protocol, "-f", "json"]
    for more, outcome in (([], "not_evaluated"), (["--drawn-only"], "not_applicable")):
        assert [each["outcome"] for each in run(*words, *more).json()["constraints"]] == [outcome]

    asked: list[bool] = []

    def judge(*, question: Question, **_: object) -> None:
        asked.append(question.terms.drawn_only)
        raise UsageError("enough")

    monkeypatch.setattr("rtcheck.network.worker.Judge", judge)
    for more in ([], ["--drawn-only"]):
        assert run("listen", "--protocol", protocol, "--out", tmp_path / "out", "--port", 0, *more).status == 2
    assert asked == [False, True]


def test_facts_of_one_patient_with_which_another_is_pulled_into_the_same_folder_put_both_in_doubt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "farm.yaml").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "facts.yaml").write_text("ecog: 0\n", encoding="utf-8")
    monkeypatch.setattr("rtcheck.network.servers.server_at", lambda url: None)
    monkeypatch.setattr("rtcheck.network.extra.report_formats", lambda: ("junit",))
    words = ["pull", "http://127.0.0.1:9", "--patient", "1", "--protocol", tmp_path / "farm.yaml"]
    in_doubt: list[int] = []
    for folder in write_farm(tmp_path / "farm", 2):
        parts = tuple(dcmread(path) for path in folder.iterdir())
        monkeypatch.setattr("rtcheck.network.servers.parts_of", lambda server, wanted, parts=parts: parts)
        run(*words, "--facts", tmp_path / "facts.yaml", "--out", tmp_path / "out")
        with sqlite3.connect(tmp_path / "out" / "results.sqlite") as store:
            in_doubt += store.execute(
                "SELECT count(*) FROM plans WHERE doubts LIKE '%facts.several-patients%'"
            ).fetchone()
    assert in_doubt == [0, 2]
