"""What an anonymous batch must not hold: names of folders and files, in any of its outputs; and who may read them."""

import os
import sqlite3
import stat
import zlib
from pathlib import Path

import pytest
from support.command_line import run
from support.plan_farm import PROTOCOL, write_farm

SURNAME = "Featherstonehaugh"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three plans (one without a readable dose) in folders that carry a patient's name at every level."""
    folder = tmp_path_factory.mktemp("root") / f"{SURNAME}_Clinic"
    for number, case in enumerate(write_farm(folder, 3, broken_every=3)):
        case.rename(case.parent / f"{SURNAME}^Ann_{number}")
    (folder.parent / "farm.yaml").write_text(PROTOCOL)
    return folder


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def batch(root: Path, out: Path, *more: object) -> int:
    return run("batch", root, "-p", root.parent / "farm.yaml", "-o", out, "-j", 1, "-q", *more).status


def everything_in(out: Path) -> str:
    """All text of all outputs, with the compressed reports of the results file."""
    texts = [str(path.relative_to(out)) for path in out.rglob("*")]
    texts += [path.read_bytes().decode("latin-1") for path in out.rglob("*") if path.is_file()]
    with sqlite3.connect(out / "results.sqlite") as connection:
        texts += [zlib.decompress(row[0]).decode() for row in connection.execute("SELECT report FROM plans")]
    return "\n".join(texts)


def plan_keys(out: Path) -> set[str]:
    with sqlite3.connect(out / "results.sqlite") as connection:
        return {row[0] for row in connection.execute("SELECT plan_key FROM plans")}


def test_an_anonymous_batch_holds_no_folder_name_anywhere(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert batch(root, out, "--anonymous", "--reports") == 3
    found = everything_in(out)
    assert SURNAME.casefold() not in found.casefold()
    assert str(root.parent) not in found
    assert len(plan_keys(out)) == 3


def test_without_anonymous_the_folders_are_there_which_the_other_test_looks_for(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    batch(root, out)
    assert SURNAME in everything_in(out)
    assert run("batch", root, "-p", root.parent / "farm.yaml", "-o", out, "--anonymous").status == 2


def test_pseudonyms_are_the_same_in_a_resumed_run_and_others_in_another_folder(root: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    batch(root, first, "--anonymous")
    keys = plan_keys(first)
    resumed = run("batch", root, "-p", root.parent / "farm.yaml", "-o", first, "--anonymous", "-j", 1)
    assert "3 unchanged" in resumed.out
    assert plan_keys(first) == keys
    batch(root, second, "--anonymous")
    assert not plan_keys(second) & keys


def test_the_key_file_names_each_pseudonym_once_and_only_on_request(root: Path, tmp_path: Path) -> None:
    out, key_file = tmp_path / "out", tmp_path / "key.csv"
    batch(root, out, "--anonymous", "--key-file", key_file)
    head, *lines = key_file.read_text("utf-8").splitlines()
    assert head == "pseudonym,plan_key"
    assert {line.split(",")[0] for line in lines} == plan_keys(out)
    assert all(SURNAME in line for line in lines)
    assert batch(root, tmp_path / "named", "--key-file", key_file) == 2


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind are POSIX")
def test_all_that_a_batch_and_a_check_write_is_for_their_owner_alone(root: Path, tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        batch(root, tmp_path / "out", "--anonymous", "--reports")
        plan = next(root.rglob(f"{SURNAME}^Ann_0"))
        run(plan, "-p", root.parent / "farm.yaml", "-f", "html,json,csv", "-o", f"{tmp_path / 'single'}/")
    finally:
        os.umask(before)
    written = [path for top in ("out", "single", "state") for path in (tmp_path / top, *(tmp_path / top).rglob("*"))]
    assert len(written) > 10
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in written if path.is_file()} == {"0o600"}
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in written if path.is_dir()} == {"0o700"}


@pytest.mark.skipif(os.name == "nt", reason="permissions of this kind are POSIX")
def test_a_report_that_others_were_allowed_to_read_stays_readable(root: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("{}")
    report.chmod(0o644)
    plan = next(root.rglob(f"{SURNAME}^Ann_0"))
    run(plan, "-p", root.parent / "farm.yaml", "-o", report)
    assert stat.S_IMODE(report.stat().st_mode) == 0o644
