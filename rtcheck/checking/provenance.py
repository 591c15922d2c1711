"""What is needed to run the same check again: program, files with their hashes, protocol, settings, command, time."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rtcheck import __version__
from rtcheck.case import SourceFile
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.protocol.model import Protocol


def provenance_of(
    sources: tuple[SourceFile, ...],
    settings: EngineSettings,
    *,
    protocol: Protocol | None = None,
    command: Sequence[str] = (),
    options: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Plain values, ready for JSON. `command` repeats the check; `options` are all that else may change a number."""
    told: dict[str, Any] = {
        "program": f"rtcheck {__version__}",
        "made": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "command": list(command),
        "versions": _versions(),
        "settings": asdict(settings),
        "options": options or {},
        "files": [_file(source) for source in sources],
    }
    if protocol is not None:
        told["protocol"] = {
            "name": protocol.name,
            "version": protocol.version,
            "sha256": protocol.sha256,
            "path": str(protocol.path) if protocol.path else None,
        }
    return told


def _versions() -> dict[str, str]:
    """Python and the libraries that read and compute; only those in use (asking must not import any)."""
    versions = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for name in ("numpy", "pydicom"):
        module = sys.modules.get(name)
        if module is not None:
            versions[name] = str(getattr(module, "__version__", ""))
    return versions


def _file(source: SourceFile) -> dict[str, Any]:
    return {
        "role": source.role,
        "path": str(source.path) if source.path else None,
        "sop_instance_uid": source.sop_instance_uid,
        "sha256": source.sha256,
        "size_bytes": source.size_bytes,
        "why": source.why,
    }
