"""An open results file: a plan's rows are put, replaced and read."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from rtcheck.batch.store.lock import make_private
from rtcheck.batch.store.rows import CheckRow, ConstraintRow, ListedPlan, PlanRecord
from rtcheck.batch.store.schema import migrate
from rtcheck.errors import UsageError

FILE_NAME = "results.sqlite"
BUSY_TIMEOUT_S = 30.0
PLAN_COLUMNS = tuple(
    field.name
    for field in fields(PlanRecord)
    if field.name not in ("report", "constraints", "checks", "notices", "dvhs")
)


class Store:
    """An open results file. Make one with `open_store`; close it, or use it in a `with` statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def begin_run(self, *, started_at: str, program_version: str, root: str, protocols: str) -> int:
        """Number of the new run."""
        with self.connection:
            cursor = self.connection.execute(
                "INSERT INTO runs (started_at, program_version, root, protocols) VALUES (?, ?, ?, ?)",
                (started_at, program_version, root, protocols),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def continued_run(self, *, root: str, protocols: str) -> int | None:
        """The newest run, opened again, if it is of the same folder and protocols; else None."""
        last = self.connection.execute("SELECT * FROM runs ORDER BY id DESC LIMIT 1").fetchone()
        if last is None or (last["root"], last["protocols"]) != (root, protocols):
            return None
        with self.connection:
            self.connection.execute("UPDATE runs SET finished_at = NULL WHERE id = ?", (last["id"],))
        return int(last["id"])

    def end_run(self, run_id: int, *, finished_at: str) -> None:
        with self.connection:
            self.connection.execute("UPDATE runs SET finished_at = ? WHERE id = ?", (finished_at, run_id))

    def fingerprints(self) -> dict[str, dict[str, str]]:
        """The fingerprint of every record by plan key and by protocol; records to be tried again have none."""
        rows = self.connection.execute("SELECT plan_key, protocol, fingerprint FROM plans WHERE fingerprint != ''")
        found: dict[str, dict[str, str]] = {}
        for key, protocol, fingerprint in rows:
            found.setdefault(key, {})[protocol] = fingerprint
        return found

    def keep_only(self, run_id: int, plan_key: str, protocols: Iterable[str]) -> None:
        """Remove what a run has of a plan under other protocols: rules that choose one have changed since."""
        kept = tuple(protocols)
        marks = ", ".join("?" * len(kept))
        with self.connection:
            self.connection.execute(
                f"DELETE FROM plans WHERE run_id = ? AND plan_key = ? AND protocol NOT IN ({marks})",
                (run_id, plan_key, *kept),
            )

    def verdict_of(self, plan_key: str, protocol: str) -> tuple[str, int, bool]:
        """The verdict ("error" where there is none), the exit status of a record, and whether it is in doubt."""
        query = "SELECT status, verdict, exit_status, doubts FROM plans WHERE plan_key = ? AND protocol = ?"
        status, verdict, exit_status, doubts = self.connection.execute(query, (plan_key, protocol)).fetchone()
        return "error" if status == "error" else verdict, exit_status, bool(doubts)

    def touch(self, run_id: int, plan_key: str, protocol: str) -> None:
        """Note that this run saw the plan, and that its rows still hold."""
        with self.connection:
            self.connection.execute(
                "UPDATE plans SET run_id = ? WHERE plan_key = ? AND protocol = ?", (run_id, plan_key, protocol)
            )

    def put(self, run_id: int, record: PlanRecord) -> None:
        """Replace all rows of one plan and protocol, in one transaction."""
        columns = (*PLAN_COLUMNS, "run_id", "report")
        values = [getattr(record, name) for name in PLAN_COLUMNS]
        values += [run_id, record.report]
        marks = ", ".join("?" * len(columns))
        with self.connection:
            self.connection.execute(
                "DELETE FROM plans WHERE plan_key = ? AND protocol = ?", (record.plan_key, record.protocol)
            )
            cursor = self.connection.execute(f"INSERT INTO plans ({', '.join(columns)}) VALUES ({marks})", values)
            plan_id = cursor.lastrowid
            self.connection.executemany(
                "INSERT INTO constraints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_values(plan_id, n, row) for n, row in enumerate(record.constraints)),
            )
            self.connection.executemany(
                "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_values(plan_id, n, row) for n, row in enumerate(record.checks)),
            )
            self.connection.executemany(
                "INSERT INTO notices VALUES (?, ?, ?, ?, ?)",
                ((plan_id, n, code, text, doubt) for n, (code, text, doubt) in enumerate(record.notices)),
            )
            self.connection.executemany(
                "INSERT OR REPLACE INTO dvhs VALUES (?, ?, ?, ?, ?)",
                ((plan_id, row.structure, row.volume_cc, row.step_gy, row.shares) for row in record.dvhs),
            )

    def drop(self, plan_key: str) -> None:
        """Remove what is known of a plan under every protocol: it was a file that is part of a plan by now."""
        with self.connection:
            self.connection.execute("DELETE FROM plans WHERE plan_key = ?", (plan_key,))

    def put_listed(self, plans: Iterable[ListedPlan]) -> None:
        """Replace what a table says of the plans."""
        with self.connection:
            self.connection.execute("DELETE FROM listed")
            self.connection.executemany(
                "INSERT INTO listed VALUES (?, ?, ?, ?, ?)",
                ((each.plan_key, each.line, each.arm, each.site, each.enrolled) for each in plans),
            )

    def latest_run(self) -> int:
        """Number of the newest run; UsageError where there was none."""
        row = self.connection.execute("SELECT max(id) FROM runs").fetchone()
        if row[0] is None:
            raise UsageError("The results file contains no run: run `rtcheck batch` first.")
        return int(row[0])

    def rows(self, query: str, parameters: Iterable[object] = ()) -> Iterator[sqlite3.Row]:
        """Rows of a SELECT."""
        return iter(self.connection.execute(query, tuple(parameters)))

    def report_json(self, plan_key: str, protocol: str) -> str:
        """The stored JSON report of one plan."""
        row = self.connection.execute(
            "SELECT report FROM plans WHERE plan_key = ? AND protocol = ?", (plan_key, protocol)
        ).fetchone()
        if row is None:
            raise UsageError(f"The results contain no plan {plan_key!r} under the protocol {protocol!r}.")
        return zlib.decompress(row[0]).decode()


def open_store(folder: Path, *, must_exist: bool = False) -> Store:
    """The results file of a batch folder, brought up to the newest schema.

    UsageError where the file is missing (`must_exist`), is no SQLite file, or was written by a newer rtcheck.
    """
    path = folder / FILE_NAME
    if must_exist and not path.is_file():
        raise UsageError(f"{path}: not found. Give the folder written by `rtcheck batch --out`.")
    try:
        make_private(path)  # SQLite gives the files next to it (-wal, -shm) the same permissions
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, path)
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path}: cannot be opened as a results file of rtcheck ({error}).") from error
    return Store(connection)


def _values(plan_id: int | None, position: int, row: ConstraintRow | CheckRow) -> tuple[object, ...]:
    return (plan_id, position, *(getattr(row, field.name) for field in fields(row)))
