"""Standard output that is full, closed or of another encoding: a sentence, an exit status, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.samples import PASSES

FULL = Path("/dev/full")
COMMANDS = [
    [str(PASSES), "-p", "apatinib"], ["dvh", str(PASSES)], ["structures", str(PASSES)], ["protocols", "list"],
    ["protocols", "show", "apatinib"], ["facts", "apatinib"], ["codes"], ["schema", "report"], ["guide"],
    ["guide", "protocols"], ["version"], ["--help"], ["dvh", "--help"], [],
]  # fmt: skip


def started(words, *, unbuffered=False, encoding="utf-8", **streams):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment |= {"PYTHONIOENCODING": encoding} | ({"PYTHONUNBUFFERED": "1"} if unbuffered else {})
    return subprocess.Popen(
        [sys.executable, "-m", "rtcheck", *words], stderr=subprocess.PIPE, text=True, env=environment, **streams
    )


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("words", [*COMMANDS, [str(PASSES), "-p", "apatinib", "-f", "sr"]], ids=" ".join)
def test_of_a_full_disk_a_sentence_says_so(words, unbuffered):
    with FULL.open("w") as full:
        process = started(words, unbuffered=unbuffered, stdout=full)
        _, error = process.communicate(timeout=60)
    assert error == "rtcheck: Standard output cannot be written: No space left on device.\n"
    assert process.returncode == 2


@pytest.mark.parametrize("words", [["--help"], ["protocols", "list"], ["dvh", str(PASSES)]])
def test_a_reader_who_leaves_is_no_error(words):
    reader, writer = os.pipe()
    os.close(reader)
    process = started(words, stdout=writer)
    os.close(writer)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_an_encoding_lacks_becomes_a_question_mark(words):
    process = started(words, encoding="ascii", stdout=subprocess.PIPE)
    shown, error = process.communicate(timeout=60)
    assert process.returncode == 0
    assert error == ""
    assert shown.isascii()
    assert len(shown) > 50


def test_all_that_was_written_arrives_where_the_process_leaves_at_once():
    """50,000 lines into a pipe that is read late: more than any buffer between holds."""
    script = (
        "import sys; from rtcheck.cli import main, table\n"
        "def run(*_, **__):\n"
        "    for number in range(50_000): print(number)\n"
        "    raise SystemExit(3)\n"
        "main.run = run; sys.argv = ['rtcheck', 'version']; main.script()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout.splitlines() == [str(number) for number in range(50_000)]


def test_an_interrupt_between_imports_is_no_traceback():
    script = (
        "import sys; from rtcheck.cli import main\n"
        "def run(*_, **__): raise KeyboardInterrupt\n"
        "main.run = run; sys.argv = ['rtcheck', 'version']; main.script()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "rtcheck: Interrupted.\n")
