"""The README and the guides as tests read them: their code blocks, tables and command lines."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = {path.stem: path for path in sorted((ROOT / "rtcheck" / "guides").glob("*.md"))}
PAGES = {"README": README, **GUIDES}

_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(r"^(?:\.venv/bin/)?rtcheck +(?=\S)")


def blocks(page: str, language: str) -> list[str]:
    """The fenced code blocks of a language, without the indent that a list gives them."""
    found = _FENCED.findall(PAGES[page].read_text("utf-8"))
    return [re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, name, code in found if name == language]


def first_column(page: str, heading: str) -> list[str]:
    """The code texts in the first column of the tables under a heading."""
    section = PAGES[page].read_text("utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [re.split(r"(?<!\\)\|", line)[1] for line in section.splitlines() if line.startswith("| `")]
    return [text.replace("\\|", "|") for cell in cells for text in re.findall(r"`([^`]+)`", cell)]


def command_lines(page: str) -> list[list[str]]:
    """The words after `rtcheck` of every command line in a code block of a page."""
    text = PAGES[page].read_text("utf-8")
    indented = re.findall(r"^(?: {4}|\t) *(\S.*)$", _FENCED.sub("", text), re.MULTILINE)
    fenced = "\n".join(blocks(page, "sh") + blocks(page, "yaml")).replace("\\\n", " ").split("\n")
    found = []
    for line in [*indented, *(each.strip() for each in fenced)]:
        for part in re.split(r"&&|^- run: |^\*/10 \* \* \* \* +|^- ", line):
            part = part.strip().partition(" > ")[0]
            if _PROGRAM.match(part):
                found.append(shlex.split(_PROGRAM.sub("", part), comments=True))
    return found
