"""SECURITY.md promises nothing that no test checks."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROMISE = re.compile(r"^\| (?P<promise>[A-Z].+?) \| `(?P<test>tests/[^`]+)` \|$", re.MULTILINE)


def test_every_promise_names_a_file_of_tests_that_exists() -> None:
    promises = PROMISE.findall((ROOT / ".github" / "SECURITY.md").read_text("utf-8"))
    assert len(promises) >= 12
    missing = [test for _, test in promises if "def test_" not in (ROOT / test).read_text("utf-8")]
    assert missing == []
