"""The texts that people read, by room: string literals, help, templates, Markdown, YAML, schema descriptions."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rtcheck"

TEXTS: dict[str, tuple[str, ...]] = {
    "values": ("rtcheck/*.py",),
    "cli": ("rtcheck/cli/**/*.py",),
    "protocol": ("rtcheck/protocol/**/*.py",),
    "network": ("rtcheck/network/*.py",),
    "batch": ("rtcheck/batch/*.py",),
    "records": ("rtcheck/records/*.py",),
    "conformance": ("rtcheck/conformance/*.py",),
    "dosimetry": ("rtcheck/dosimetry/*.py",),
    "geometry": ("rtcheck/geometry/**/*.py",),
    "report": ("rtcheck/report/**/*.py",),
    "templates": ("rtcheck/report/templates/**/*", "rtcheck/web/page/js/*.js", "rtcheck/web/page/*.html"),
    "schemas": ("rtcheck/report/schemas/*.json",),
    "web": ("rtcheck/web/**/*.py",),
    "dicom": ("rtcheck/dicom/**/*.py",),
    "checking": ("rtcheck/checking/**/*.py",),
    "constraints": ("constraints/*.yaml",),
    "guides": ("README.md", "rtcheck/README.md", "rtcheck/guides/*", ".github/*.md", "sample_dicom/README.md"),
    "changelog": ("CHANGELOG.md",),
}
"""The files of each room, as patterns below the root."""

NOT_YET_REVISED = frozenset[str]()


@dataclass(frozen=True)
class Text:
    """A piece of text and its place, "file:line"."""

    place: str
    words: str


def texts_of(room: str) -> Iterator[Text]:
    """The texts of a room."""
    for pattern in TEXTS[room]:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(ROOT).as_posix()
                for line, words in _texts_in(path):
                    yield Text(f"{name}:{line}", words)


def _texts_in(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_text("utf-8")
    match path.suffix:
        case ".py":
            yield from _of_python(source, is_command=bool({"commands", "conformance"} & set(path.parts)))
        case ".json":
            yield from ((1, words) for words in _descriptions(json.loads(source)))
        case ".j2" | ".typ" | ".js":
            lines = enumerate(source.splitlines(), start=1)
            yield from ((number, _of_template(line, path.suffix)) for number, line in lines)
        case ".md":
            yield from _paragraphs(re.sub(r"`[^`\n]*`", "` `", source))
        case _:
            yield from enumerate(source.splitlines(), start=1)


def _of_python(source: str, *, is_command: bool) -> Iterator[tuple[int, str]]:
    """String literals with a blank; docstrings only of commands and mutants, where they are shown."""
    tree = ast.parse(source)
    docstrings = set(_docstrings(tree))
    commands = {node for node in docstrings if is_command and node.col_offset == 4}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if " " in node.value.strip() and (node not in docstrings or node in commands):
            yield node.lineno, node.value


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """The docstrings of modules, classes, functions and constants."""
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.value


def _of_template(line: str, suffix: str) -> str:
    """The literals of a line of a template, and its text outside of code."""
    if line.lstrip().startswith(("//", "{#")):
        return ""
    line = re.sub(r"[{][{].*?[}][}]", lambda tag: " | ".join(re.findall(r"'[^']*'", tag[0])), line)
    pieces = [first or second for first, second in re.findall(r"'([^']*)'|\"([^\"]*)\"", line)]
    if suffix == ".typ":
        pieces += (re.sub(r"#[\w.-]+(\([^)]*\))?", " | ", text) for text in re.findall(r"\[([^\[\]]*)\]", line))
    if suffix == ".j2":
        pieces.append(re.sub(r"[{][{%].*?[%}][}]|<[^>]*>", " | ", line))
    return " | ".join(pieces)


def _descriptions(schema: Any) -> Iterator[str]:
    """Every title and description of a JSON Schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("title", "description", "$comment") and isinstance(value, str):
                yield value
            else:
                yield from _descriptions(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _descriptions(value)


def _paragraphs(source: str) -> Iterator[tuple[int, str]]:
    """Markdown by paragraph, so that a phrase broken over two lines is found."""
    line = 1
    for paragraph in re.split(r"(?<=\n)\n", source):
        yield line, " ".join(paragraph.split())
        line += paragraph.count("\n") + 1
