"""What differs on Windows, as far as it can be simulated: a console without Unicode, backslashes, reserved names."""

import io
import re
import sys
import zipfile

import pytest
from support.command_line import run
from support.phantom_case import write_phantom

from rtcheck.batch.trial.letters import file_name
from rtcheck.batch.trial.plans import TrialPlan
from rtcheck.batch.work import report_name
from rtcheck.cli.main import main

RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
PROTOCOL = "name: p\nconstraints: [{structure: PTV, goal: Dmean < 40 Gy}]\n"


def test_a_console_of_code_page_1252_shows_the_verdict(tmp_path, monkeypatch):
    (tmp_path / "p.yaml").write_text(PROTOCOL)
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(sys, "argv", ["rtcheck", str(write_phantom(tmp_path / "plan")), "-p", str(tmp_path / "p.yaml")])
    with pytest.raises(SystemExit, match=r"^1$"):
        main()
    console.flush()
    assert b"VIOLATED" in console.buffer.getvalue()


def test_an_archive_with_backslashes_is_read_like_one_with_slashes(tmp_path):
    (tmp_path / "p.yaml").write_text(PROTOCOL)
    plan = write_phantom(tmp_path / "plan")
    told = []
    for separator in "/\\":
        path = tmp_path / f"{ord(separator)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in plan.iterdir():
                member = zipfile.ZipInfo("x")
                member.filename = f"case{separator}{file.name}"  # the name as it is, not as ZipInfo would mend it
                archive.writestr(member, file.read_bytes())
        told.append(run(path, "-p", tmp_path / "p.yaml", "-f", "json").json()["constraints"])
    assert told[0] == told[1]
    assert told[0][0]["outcome"] == "violated"


def test_files_named_after_plans_never_have_a_reserved_name_or_sign():
    for name in ("CON", "aux.1", "a:b?*<>|", "x" * 300, "nul"):
        letter = f"001_{file_name(TrialPlan(key='k', name=name, status='checked'))}.html"
        for file in (letter, report_name(name, "p")):
            assert not RESERVED.match(file)
            assert not set(file) & set('<>:"/\\|?*')
            assert len(file) < 128
