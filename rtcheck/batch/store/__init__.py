"""The results of a batch in one SQLite file: one row per plan and protocol, one per constraint.

One process writes (`lock`); a plan's rows (`rows`) are replaced in one transaction (`results`), so a run that is killed
at any moment leaves each plan either as it was or as it is, never half and never twice. WAL lets other programs read
while a batch runs. `schema` documents the tables.
"""

from rtcheck.batch.store.lock import only_writer
from rtcheck.batch.store.results import FILE_NAME, Store, open_store
from rtcheck.batch.store.rows import CheckRow, ConstraintRow, DvhRow, ListedPlan, PlanRecord

__all__ = [
    "FILE_NAME",
    "CheckRow",
    "ConstraintRow",
    "DvhRow",
    "ListedPlan",
    "PlanRecord",
    "Store",
    "only_writer",
    "open_store",
]
