"""A JSON report -> the SHA-256 of everything that it reports, so that a record edited afterwards is noticed."""

import hashlib
from collections.abc import Mapping
from typing import Any

KEY = "record_sha256"


def record_digest(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record's values in one spelling (sorted keys, no spaces).

    Left out are the digest itself and the provenance, which `verify` checks by repeating what it describes. Layout and
    the order of keys do not matter: a record that was only re-indented keeps its digest.
    """
    import json

    reported = {key: value for key, value in record.items() if key not in (KEY, "provenance")}
    text = json.dumps(reported, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
