"""The results file: replaced whole, never doubled, readable while written, refused when foreign."""

import os
import sqlite3
import subprocess
import sys
import zlib

import pytest

from rtcheck.batch.store import ConstraintRow, PlanRecord, only_writer, open_store
from rtcheck.errors import UsageError


def record(
    key: str = "a/plan.dcm", *, fingerprint: str = "f1", verdict: str = "pass", value: float = 20.0
) -> PlanRecord:
    row = ConstraintRow(
        structure="Liver-GTV", metric="Dmean", goal="Dmean < 24 Gy", priority="required", value=value, unit="Gy",
        uncertainty=0.1, low=None, high=None, margin=24 - value, outcome="met", borderline=False,
    )  # fmt: skip
    return PlanRecord(
        plan_key=key, protocol="apatinib", protocol_version="2022.1", fingerprint=fingerprint, status="checked",
        verdict=verdict, eligibility_verdict="not_evaluated", exit_status=0, reason="all met",
        report=zlib.compress(b'{"verdict": "pass"}'), constraints=(row,), notices=(("dose.example", "text", False),),
    )  # fmt: skip


def begin(store) -> int:
    return store.begin_run(started_at="2026-01-01T00:00:00Z", program_version="0", root="r", protocols="apatinib")


def test_a_plan_put_twice_is_there_once_with_its_newest_numbers(tmp_path):
    with open_store(tmp_path) as store:
        run = begin(store)
        store.put(run, record(value=20.0))
        store.put(run, record(value=21.0, fingerprint="f2"))
        assert [row["value"] for row in store.rows("SELECT value FROM constraints")] == [21.0]
        assert store.fingerprints() == {"a/plan.dcm": {"apatinib": "f2"}}
        assert store.verdict_of("a/plan.dcm", "apatinib") == ("pass", 0, False)
        assert store.report_json("a/plan.dcm", "apatinib") == '{"verdict": "pass"}'


def test_rows_of_a_replaced_plan_leave_no_orphans(tmp_path):
    with open_store(tmp_path) as store:
        run = begin(store)
        for number in range(3):
            store.put(run, record(fingerprint=str(number)))
        (counts,) = store.rows("SELECT (SELECT count(*) FROM constraints), (SELECT count(*) FROM notices)")
        assert tuple(counts) == (1, 1)


def test_a_half_written_plan_is_not_there_after_a_failure(tmp_path):
    broken = record(key="b/plan.dcm")
    object.__setattr__(broken, "notices", (("code", "text", False), ("no text",)))
    with open_store(tmp_path) as store:
        run = begin(store)
        with pytest.raises(ValueError, match="unpack"):
            store.put(run, broken)
        assert list(store.rows("SELECT * FROM plans")) == []


def test_a_file_of_a_newer_schema_is_refused_and_left_alone(tmp_path):
    open_store(tmp_path).connection.close()
    with sqlite3.connect(tmp_path / "results.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="newer rtcheck"):
        open_store(tmp_path)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    (tmp_path / "results.sqlite").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(UsageError, match="cannot be opened"):
        open_store(tmp_path)
    assert (tmp_path / "results.sqlite").read_bytes().startswith(b"not a database")


def test_two_batches_cannot_write_to_one_folder(tmp_path):
    with (
        only_writer(tmp_path),
        pytest.raises(UsageError, match=rf"batch, watch or listen is writing here \(process {os.getpid()} on "),
        only_writer(tmp_path),
    ):
        pass
    with only_writer(tmp_path):
        pass


def test_the_next_batch_removes_what_a_killed_one_had_begun_to_write_and_no_other_file(tmp_path):
    """A process that is killed between a file and its name: no `finally` runs in it."""
    killed = "import os; os.replace = lambda *_: os._exit(9)\n"
    begun = "from pathlib import Path; from rtcheck.atomic_write import write_aside; write_aside('half', Path({!r}))"
    for name in ("index.html", "reports/a/report.json"):
        subprocess.run([sys.executable, "-c", killed + begun.format(str(tmp_path / name))], check=False)
    assert len(list(tmp_path.rglob(".*.part"))) == 2
    (tmp_path / "reports" / "download.part").write_text("somebody's own")
    with only_writer(tmp_path):
        pass
    assert [path.name for path in tmp_path.rglob("*.part")] == ["download.part"]


def test_the_file_can_be_read_while_it_is_written(tmp_path):
    with open_store(tmp_path) as writer:
        run = begin(writer)
        writer.connection.execute("BEGIN IMMEDIATE")
        with open_store(tmp_path, must_exist=True) as reader:
            assert next(reader.rows("SELECT id FROM runs"))["id"] == run
        writer.connection.rollback()


@pytest.mark.parametrize("opened", [open_store, only_writer])
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path, opened):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError, match="results cannot be written here"), opened(tmp_path / "file"):
        pass
