"""Signed reports: signed and checked by the system's own programs, ssh-keygen and minisign."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.command_line import run
from support.programs import needs_program
from support.samples import PASSES


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "physicist"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


@pytest.fixture
def signed(key: Path, tmp_path: Path) -> Path:
    report = tmp_path / "report.json"
    assert run(PASSES, "-p", "apatinib", "-o", report, "--sign", key).status == 0
    return report


@needs_program("ssh-keygen")
def test_a_signed_report_is_verified_by_ssh_keygen_itself_and_by_us(signed: Path, key: Path) -> None:
    signature = signed.with_name("report.json.sig")
    with signed.open("rb") as content:
        words = ["ssh-keygen", "-Y", "check-novalidate", "-n", "rtcheck", "-s", signature]
        assert subprocess.run(words, stdin=content, capture_output=True, check=False).returncode == 0
    done = run("verify", signed, "--signed-by", key.with_suffix(".pub"))
    assert (done.status, "Signed by physicist.pub." in done.out) == (0, True)
    assert "--signed-by FILE checks the signer" in run("verify", signed).out


@needs_program("ssh-keygen")
def test_one_changed_character_of_a_signed_report_is_noticed(signed: Path, key: Path) -> None:
    signed.write_text(signed.read_text("utf-8").replace("rtcheck.report/1", "rtcheck.report/1", 1) + " ", "utf-8")
    done = run("verify", signed, "--signed-by", key.with_suffix(".pub"), "-f", "json")
    assert done.status == 1
    assert [each["kind"] for each in done.json()["differences"]] == ["record"]
    assert run("verify", signed).status == 1


@needs_program("ssh-keygen")
def test_a_signature_by_somebody_else_or_none_at_all_is_refused(signed: Path, key: Path, tmp_path: Path) -> None:
    other = tmp_path / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    assert run("verify", signed, "--signed-by", other.with_suffix(".pub")).status == 1
    signers = tmp_path / "allowed_signers"
    signers.write_text("dr.a@clinic " + key.with_suffix(".pub").read_text("utf-8"), "utf-8")
    assert "Signed by dr.a@clinic." in run("verify", signed, "--signed-by", signers).out
    signed.with_name("report.json.sig").unlink()
    assert run("verify", signed).status == 0
    assert run("verify", signed, "--signed-by", signers).status == 1


@needs_program("minisign")
def test_a_report_is_signed_and_checked_with_minisign_too(tmp_path: Path) -> None:
    secret, public, report = tmp_path / "mini.key", tmp_path / "mini.pub", tmp_path / "report.json"
    subprocess.run(["minisign", "-G", "-W", "-s", secret, "-p", public], check=True, capture_output=True)
    assert run(PASSES, "-p", "apatinib", "-o", report, "--sign", secret).status == 0
    assert run("verify", report, "--signed-by", public).status == 0
    report.write_bytes(report.read_bytes() + b"\n")
    assert run("verify", report, "--signed-by", public).status == 1


def test_what_cannot_sign_is_said_before_anything_is_lost(tmp_path: Path) -> None:
    no_key = tmp_path / "notes.txt"
    no_key.write_text("not a key", "utf-8")
    done = run(PASSES, "-p", "apatinib", "-o", tmp_path / "report.json", "--sign", no_key)
    assert (done.status, "not a private key" in done.err) == (2, True)
    assert run(PASSES, "-p", "apatinib", "--sign", no_key).status == 2
    assert shutil.which("ssh-keygen") is None or not (tmp_path / "report.json.sig").exists()
