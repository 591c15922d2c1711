"""Paths of the server's private folder as its user knows them: what was uploaded has the name that it came with."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtcheck.case import Case
from rtcheck.notices import Notice
from rtcheck.results import Report


def shown_text(text: str, *roots: Path) -> str:
    """The text without the folders that uploads are kept in."""
    for root in roots:
        text = text.replace(f"{root}/", "").replace(str(root), "the files")
    return text


def with_shown_paths(case: Case, *roots: Path) -> Case:
    """The case as if its files had been read where their user has them: in texts and in the record."""
    for root in roots:
        sources = tuple(replace(each, path=_below(each.path, root)) for each in case.sources)
        case = replace(case, sources=sources, notices=_shown_notices(case.notices, root))
    return case


def with_shown_record(report: Report, folders: Iterable[Path]) -> Report:
    """The report with the files that the page wrote (protocol, aliases, facts, waivers) by their names alone."""
    provenance, protocol = dict(report.provenance), report.protocol
    for folder in folders:
        provenance = _without_folder(provenance, str(folder))
        sources = tuple(replace(each, file=_without_folder(each.file, str(folder))) for each in protocol.sources)
        protocol = replace(protocol, sources=sources)
    return replace(report, provenance=provenance, protocol=protocol)


def _without_folder(value: Any, folder: str) -> Any:
    if isinstance(value, dict):
        return {key: _without_folder(each, folder) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folder(each, folder) for each in value]
    return value.replace(f"{folder}/", "") if isinstance(value, str) else value


def _below(path: Path | None, root: Path) -> Path | None:
    return path.relative_to(root) if path is not None and path.is_relative_to(root) else path


def _shown_notices(notices: tuple[Notice, ...], root: Path) -> tuple[Notice, ...]:
    return tuple(replace(each, text=shown_text(each.text, root)) for each in notices)
