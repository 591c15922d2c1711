"""Report -> what was read, by what, and how to do it again."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from rtcheck.report.telling.anonymous import anonymous_command
from rtcheck.results import Report
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file that was read, or the protocol."""

    role: str
    name: str
    uid: str
    sha256: str
    why: str


def file_lines(report: Report, *, is_anonymous: bool) -> Iterator[FileLine]:
    """The input files and the protocol; hashes identify nobody, names and UIDs do."""
    for source in report.case.sources:
        yield FileLine(
            role={"structures": "structure set", "image": "CT"}.get(source.role, source.role),
            name="" if is_anonymous or source.path is None else source.path.name,
            uid="" if is_anonymous else source.sop_instance_uid,
            sha256=source.sha256,
            why="" if is_anonymous else source.why,
        )
    protocol = report.protocol
    name = protocol.path.name if protocol.path else protocol.name
    yield FileLine(
        role="protocol",
        name=name,
        uid=f"version {protocol.version}" if protocol.version else "",
        sha256=protocol.sha256,
        why="",
    )


def command_of(report: Report, *, is_anonymous: bool) -> str:
    """The command that repeats the check; "" where none is known."""
    command = report.provenance.get("command")
    if not command:
        return ""
    parts = shlex.split(command) if isinstance(command, str) else [str(part) for part in command]
    return anonymous_command(parts) if is_anonymous else shlex.join(parts)


def provenance_lines(report: Report) -> Iterator[tuple[str, str]]:
    """The rest of the provenance as (label, text): programs, settings, the dose grid, when and how long."""
    settings = report.settings
    for key, value in report.provenance.items():
        if key not in ("command", "files", "settings", "protocol") and _flat(value):
            yield key.replace("_", " ").capitalize(), _flat(value)
    yield (
        "Engine",
        f"exact coverage; shape {settings.shape}; end caps {settings.end_caps}; dose {settings.dose_interpolation}; "
        f"gaps {settings.gaps}; outside the dose grid {settings.outside}",
    )
    if dose := report.case.dose:
        count = " × ".join(str(len(axis)) for axis in (dose.x_mm, dose.y_mm, dose.z_mm))
        spacing = " × ".join(_spacing(axis) for axis in (dose.x_mm, dose.y_mm, dose.z_mm))
        yield "Dose grid", f"{count} points (x, y, z), {spacing} mm, maximum {dose.max_gy:.2f} Gy"
    yield "Exit status", str(report.exit_status)


def _spacing(axis: Any) -> str:
    return f"{(axis[-1] - axis[0]) / (len(axis) - 1):.3g}" if len(axis) > 1 else "one plane"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(_named(key, part) for key, part in value.items() if part not in (None, False, "", (), []))
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_flat, value))
    return str(value)


def _named(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    return name if value is True else f"{name} {_flat(value)}"
