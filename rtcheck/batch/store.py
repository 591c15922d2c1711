"""The results of a batch in one SQLite file: one row per plan and protocol, one per constraint.

The schema is documented where it is made, in `MIGRATIONS`; `user_version` counts the migrations that a file has had.
One process writes; a plan's rows are replaced in one transaction, so a run that is killed at any moment leaves each
plan either as it was or as it is, never half and never twice. WAL lets other programs read while a batch runs.
"""

import json
import os
import socket
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from rtcheck.atomic_write import remove_abandoned, write_aside
from rtcheck.errors import UsageError

FILE_NAME = "results.sqlite"
HOLDER = ".lock-holder.json"
BUSY_TIMEOUT_S = 30.0

MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL,          -- ISO 8601, UTC
        finished_at TEXT,                  -- NULL while running, or if the run was killed
        program_version TEXT NOT NULL,
        root TEXT NOT NULL,
        protocols TEXT NOT NULL            -- "apatinib 2022.1, axitinib 2020.1"
    );
    CREATE TABLE plans (
        id INTEGER PRIMARY KEY,
        plan_key TEXT NOT NULL,            -- path of the plan below the root (or of the dose, if no plan was found)
        protocol TEXT NOT NULL,
        protocol_version TEXT NOT NULL,
        fingerprint TEXT NOT NULL,         -- SHA-256 over input files, protocol, program version and settings
        run_id INTEGER NOT NULL REFERENCES runs(id),   -- the last run that saw this plan
        status TEXT NOT NULL,              -- checked | error | incomplete (no dose or structures) | excluded
        verdict TEXT NOT NULL,             -- pass | variation | fail | not_evaluated
        eligibility_verdict TEXT NOT NULL,
        exit_status INTEGER NOT NULL,      -- 0 | 1 | 3 | 4, as the command line returns for this plan
        reason TEXT NOT NULL,              -- one sentence
        plan_uid TEXT NOT NULL,
        plan_label TEXT NOT NULL,
        patient_id TEXT NOT NULL,          -- empty with --anonymous
        prescription_gy REAL,
        fractions INTEGER,
        seconds REAL NOT NULL,             -- of the check itself
        checked_at TEXT NOT NULL,
        program_version TEXT NOT NULL,
        report BLOB NOT NULL,              -- the JSON report, zlib-compressed UTF-8
        UNIQUE (plan_key, protocol)
    );
    CREATE TABLE constraints (
        plan_id INTEGER NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
        position INTEGER NOT NULL,         -- order in the report
        structure TEXT NOT NULL,
        metric TEXT NOT NULL,
        goal TEXT NOT NULL,
        priority TEXT NOT NULL,
        value REAL,                        -- NULL if undefined
        unit TEXT NOT NULL,
        uncertainty REAL,
        low REAL,
        high REAL,
        margin REAL,
        outcome TEXT NOT NULL,             -- met | variation | violated | not_evaluated | not_applicable | waived
        borderline INTEGER NOT NULL,
        PRIMARY KEY (plan_id, position)
    ) WITHOUT ROWID;
    CREATE INDEX constraints_by_structure ON constraints (structure, metric, outcome, value);
    CREATE INDEX constraints_by_metric ON constraints (metric, structure);
    CREATE TABLE notices (
        plan_id INTEGER NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        code TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (plan_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE dvhs (
        plan_id INTEGER NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
        structure TEXT NOT NULL,
        volume_cc REAL NOT NULL,
        step_gy REAL NOT NULL,
        shares BLOB NOT NULL,              -- volume share at 0, step, 2 step, ... Gy: uint16 / 65535, zlib-compressed
        PRIMARY KEY (plan_id, structure)
    ) WITHOUT ROWID;
    CREATE INDEX plans_by_run ON plans (run_id, protocol, verdict);
    """,
    """
    ALTER TABLE plans ADD COLUMN doubts TEXT NOT NULL DEFAULT '';       -- what puts the verdict in doubt, in sentences
    ALTER TABLE notices ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;    -- whether it puts the verdict in doubt
    """,
    """
    ALTER TABLE plans ADD COLUMN score_points REAL;     -- NULL if the protocol has no scores
    ALTER TABLE plans ADD COLUMN score_maximum REAL;
    ALTER TABLE plans ADD COLUMN unscored TEXT NOT NULL DEFAULT '';     -- structures that count 0 points
    """,
    """
    CREATE TABLE checks (                  -- plan and structure checks
        plan_id INTEGER NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
        position INTEGER NOT NULL,         -- order in the report
        code TEXT NOT NULL,                -- plan.dose_grid
        item TEXT NOT NULL,
        expected TEXT NOT NULL,
        found TEXT NOT NULL,
        place TEXT NOT NULL,
        priority TEXT NOT NULL,            -- required | advisory
        value REAL,                        -- NULL where it is not a number
        outcome TEXT NOT NULL,             -- as of constraints
        PRIMARY KEY (plan_id, position)
    ) WITHOUT ROWID;
    CREATE INDEX checks_by_code ON checks (code, outcome);
    """,
    """
    CREATE TABLE listed (                  -- rows of the table of plans (--table) of the newest run
        plan_key TEXT PRIMARY KEY,
        line INTEGER NOT NULL,             -- row of the table
        arm TEXT NOT NULL,
        site TEXT NOT NULL,
        enrolled TEXT NOT NULL             -- 2026-11-28; with --anonymous the month alone; '' if not given
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE plans ADD COLUMN target_cc REAL;        -- volume of all PTV together, else CTV, GTV; NULL if unknown
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintRow:
    """One constraint of one plan, as the table `constraints` holds it."""

    structure: str
    metric: str
    goal: str
    priority: str
    value: float | None
    unit: str
    uncertainty: float | None
    low: float | None
    high: float | None
    margin: float | None
    outcome: str
    borderline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One answer of a plan or structure check, as the table `checks` holds it."""

    code: str
    item: str
    expected: str
    found: str
    place: str
    priority: str
    value: float | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhRow:
    """One structure's DVH, thinned to steps of `step_gy`; `shares` is ready for the table."""

    structure: str
    volume_cc: float
    step_gy: float
    shares: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """What a batch keeps of one plan under one protocol. `report`: the JSON report, zlib-compressed."""

    plan_key: str
    protocol: str
    protocol_version: str
    fingerprint: str
    status: str
    verdict: str
    eligibility_verdict: str
    exit_status: int
    reason: str
    doubts: str = ""
    plan_uid: str = ""
    plan_label: str = ""
    patient_id: str = ""
    prescription_gy: float | None = None
    fractions: int | None = None
    score_points: float | None = None
    score_maximum: float | None = None
    unscored: str = ""
    target_cc: float | None = None
    seconds: float = 0.0
    checked_at: str = ""
    program_version: str = ""
    report: bytes = b""
    constraints: tuple[ConstraintRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    notices: tuple[tuple[str, str, bool], ...] = ()
    dvhs: tuple[DvhRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlan:
    """What the table of plans says of a plan besides how it is checked."""

    plan_key: str
    line: int
    arm: str = ""
    site: str = ""
    enrolled: str = ""


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
        _made(path)  # SQLite gives the files next to it (-wal, -shm) the same permissions
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection, path)
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path}: cannot be opened as a results file of rtcheck ({error}).") from error
    return Store(connection)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for one batch at a time; UsageError where another batch is writing there, and which one.

    What an earlier batch had begun to write when it was killed is removed.

    The lock is an open SQLite transaction on a file of its own: the system drops it with the process, even when killed.
    """
    _made(folder / ".lock")
    with closing(sqlite3.connect(folder / ".lock", timeout=0.0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"{folder}: another rtcheck batch, watch or listen is writing here{_holder(folder)}. "
                "Wait for it, or choose another --out."
            ) from error
        remove_abandoned(folder)
        write_aside(
            json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": _now()}), folder / HOLDER
        )
        yield


def _made(path: Path) -> None:
    """The file is there, for its owner alone if it is new. UsageError where the folder cannot be written."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise UsageError(f"{path.parent}: results cannot be written here ({told}). Choose another --out.") from None


def _holder(folder: Path) -> str:
    """Who holds the folder, as far as it is known: " (process 4711 on rt-node, since 2026-11-27T18:30Z)"."""
    try:
        held = json.loads((folder / HOLDER).read_text("utf-8"))
        return f" (process {held['process']} on {held['host']}, since {held['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise UsageError(
            f"{path}: written by a newer rtcheck (schema {version}; this version reads up to {len(MIGRATIONS)}). "
            "Update rtcheck, or choose another folder."
        )
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")


def _values(plan_id: int | None, position: int, row: ConstraintRow | CheckRow) -> tuple[object, ...]:
    return (plan_id, position, *(getattr(row, field.name) for field in fields(row)))
