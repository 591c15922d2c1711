"""What the YAML reader complains of -> what to write instead, with the line and a caret under the place.

The reader's own words ("did not find expected key") name its grammar; people need to know which line to indent like
which, and what to put in quotes. So the lines around the place are looked at again.
"""

import re
from typing import TYPE_CHECKING

from rtcheck.errors import harmless
from rtcheck.patterns import pattern

if TYPE_CHECKING:
    import yaml

_ENTRY = pattern(r"^(?P<dashes>[ ]*(?:-[ ]+)*)(?P<key>[^\s:#\"'-][^:#\"']*):[ ]+(?P<value>\S.*)$")
_NO_SPACE_AFTER_DASH = pattern(r"^[ ]*-[A-Za-z]")
_NO_COLON = pattern(r"^[ ]*(?:-[ ]+)?(?P<key>[a-z_]+)[ ]+\S")
_SPECIAL_FIRST = "*&@%`!|>"
_KNOWN_KEYS = ("structure", "structures", "goal", "name", "version", "title", "priority", "source", "variation", "note")
_WIDEST = 100  # characters of a line that are shown


def yaml_fault(error: "yaml.MarkedYAMLError", text: str) -> tuple[int, str]:
    """The line (from 1) and what is wrong in it, what to do, and the line itself with a caret."""
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    at = min(mark.line if mark else 0, len(lines) - 1)
    column = mark.column if mark else 0
    problem = error.problem or ""
    opened = _opened(error, lines)
    if opened is None:
        at, column, said = _diagnosed(problem, lines, at, column)
    elif mark is not None and mark.line == opened[0] and "','" in problem:
        said = "quote text that contains brackets, braces or commas, or close the bracket"
    else:
        what = "quotation mark" if "quoted" in (error.context or "") else "bracket"
        at, column, said = *opened, f"the {what} that opens here is never closed"
    return at + 1, f"not YAML: {said}{_shown(lines[at], column)}"


def _diagnosed(problem: str, lines: list[str], at: int, column: int) -> tuple[int, int, str]:
    """(line from 0, column, advice) for a complaint; the rules go from the plainest sign to the most general."""
    above = _line_above(lines, at)
    tab = next((n for n in range(at, max(at - 2, -1), -1) if "\t" in _indent(lines[n])), None)
    if tab is not None:
        return tab, len(lines[tab].split("\t")[0]), "indented with a tab; indent with spaces"
    if _NO_SPACE_AFTER_DASH.match(lines[at]):
        return at, lines[at].index("-") + 1, 'put a space after the dash: "- structure: ..."'
    if "undefined alias" in problem or "cannot start any token" in problem or "expected alphabetic" in problem:
        return at, column, "put this text in quotes: it begins with a sign that has a meaning of its own in YAML"
    if "mapping values are not allowed" in problem:
        entry = _ENTRY.match(lines[at])
        if entry and re.search(r":(\s|$)", entry["value"]):
            key = harmless(entry["key"])
            return at, entry.start("value"), f'put the text after "{key}:" in quotes: it contains a colon'
        missing = _NO_COLON.match(lines[above]) if above is not None else None
        if above is not None and missing and missing["key"] in _KNOWN_KEYS:
            return above, missing.end("key"), f'put a colon after "{missing["key"]}"'
    bare = _entry_without_dash(lines, at)
    if bare is not None:
        return bare, len(_indent(lines[bare])), 'start every entry of this list with "- "'
    if above is not None and _depth(lines[at]) != _depth(lines[above]):
        like = _line_to_follow(lines, at)
        if like is not None:
            return at, len(_indent(lines[at])), f"indent this line as line {like + 1} ({_depth(lines[like])} spaces)"
    if "could not find expected ':'" in problem:
        return at, column, "a key must be followed by a colon and a space"
    return at, column, "this does not fit the lines above; indent entries of one list or mapping alike"


def _opened(error: "yaml.MarkedYAMLError", lines: list[str]) -> tuple[int, int] | None:
    """Where the quotation mark or the bracket stands in which the reader was lost (line from 0, column)."""
    context, mark = error.context or "", error.context_mark
    if "flow node" in context:  # the reader names the place where it gave up, not the bracket
        return _last_bracket(lines)
    is_open = "quoted scalar" in context or "flow" in context
    return (mark.line, mark.column) if is_open and mark is not None and mark.line < len(lines) else None


def _last_bracket(lines: list[str]) -> tuple[int, int] | None:
    """The last opening bracket of the file."""
    found = [(n, place) for n, line in enumerate(lines) if (place := max(line.rfind("["), line.rfind("{"))) >= 0]
    return found[-1] if found else None


def _line_above(lines: list[str], at: int) -> int | None:
    """The nearest line above that holds more than a comment."""
    return next((n for n in range(at - 1, -1, -1) if lines[n].strip() and not lines[n].lstrip().startswith("#")), None)


def _line_to_follow(lines: list[str], at: int) -> int | None:
    """The line above whose indentation this one should have: that of the same kind, and nearest to its own."""
    is_entry = lines[at].lstrip().startswith("- ")
    own = len(_indent(lines[at]))
    above = [n for n in range(at) if lines[n].strip() and not lines[n].lstrip().startswith("#")]
    if is_entry:
        above = [n for n in above if lines[n].lstrip().startswith("- ")]
        return above[-1] if above and len(_indent(lines[above[-1]])) != own else None
    return min(reversed(above), key=lambda n: abs(_depth(lines[n]) - own), default=None) if above else None


def _entry_without_dash(lines: list[str], at: int) -> int | None:
    """The first line of the block above that has no dash, where this line is an entry of a list."""
    if not lines[at].lstrip().startswith("- "):
        return None
    found = None
    for number in range(at - 1, -1, -1):
        if _indent(lines[number]) != _indent(lines[at]) or lines[number].lstrip().startswith("- "):
            break
        found = number
    return found


def _depth(line: str) -> int:
    """Where the first key of the line stands, behind dashes."""
    return len(line) - len(line.lstrip(" -"))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _shown(line: str, column: int) -> str:
    """The line and a caret under the column; a long line is cut around it."""
    start = max(column - _WIDEST // 2, 0)
    part = harmless(line[start : start + _WIDEST].replace("\t", " "))
    return f"\n    {part}\n    {' ' * (column - start)}^"
