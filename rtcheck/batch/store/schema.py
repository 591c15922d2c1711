"""The tables of a results file: every migration from an empty file on, and how a file is brought up to the newest.

`user_version` counts the migrations that a file has had.
"""

import sqlite3
from pathlib import Path

from rtcheck.errors import UsageError

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


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file up to the newest schema. UsageError where a newer rtcheck wrote it."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise UsageError(
            f"{path}: written by a newer rtcheck (schema {version}; this version reads up to {len(MIGRATIONS)}). "
            "Update rtcheck, or choose another folder."
        )
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")
