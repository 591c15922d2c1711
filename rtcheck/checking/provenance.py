"""What is needed to run the same check again: program, files with their hashes, protocol, settings, command, time."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rtcheck import __version__, plugins
from rtcheck.case import Case, SourceFile
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.notices import SMALL_TARGET, Notice
from rtcheck.protocol.file.model import Protocol
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.checking.what_if.sampling import Sampling
    from rtcheck.protocol.clinical.facts import Facts
    from rtcheck.protocol.names.match import Aliases
    from rtcheck.records.waivers import Waivers


BandChoice = bool | Literal["none"]
"""Whose convention band is computed: of every value (True), of those near a limit (False), of none."""


FALL_OFF = 0.10
"""Part of the dose lost per mm from a target: half of it within 7 mm, as a steep plan for a small target has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user chose of a check, besides the engine's settings. `robust_mm` are shifts along x, y and z."""

    band: BandChoice = False
    require_eligibility: bool = False
    reference_date: date | None = None
    robust_mm: tuple[float, float, float] | None = None
    robust_margin_mm: float = 0.0
    sampling: "Sampling | None" = None
    strict: bool = False
    drawn_only: bool = False
    only_plan_checks: bool = False
    fall_off: float = FALL_OFF
    has_image_checks: bool = False


def provenance_of(
    sources: tuple[SourceFile, ...],
    settings: EngineSettings,
    *,
    protocol: Protocol | None = None,
    command: Sequence[str] = (),
    options: dict[str, Any] | None = None,
    beside: "Mapping[str, Facts | Aliases | Waivers | None] | None" = None,
) -> dict[str, Any]:
    """Plain values, ready for JSON. `command` repeats the check; `options` are all that else may change a number.

    `beside` are what was read from files of facts, aliases and waivers, by kind.
    """
    told: dict[str, Any] = {
        "program": f"rtcheck {__version__}",
        "made": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "command": list(command),
        "versions": _versions() | (plugins.versions() if protocol and protocol.uses_plugins else {}),
        "settings": asdict(settings),
        "options": options or {},
        "files": [_file(source) for source in sources],
        "beside": [_beside(role, each.path) for role, each in (beside or {}).items() if each],
    }
    if protocol is not None:
        told["protocol"] = {
            "name": protocol.name,
            "version": protocol.version,
            "sha256": protocol.sha256,
            "path": str(protocol.path) if protocol.path else None,
        }
    return told


def begin_digests(sources: Iterable[SourceFile]) -> None:
    """Hash the files in the background from now on: their provenance will be needed."""
    for source in sources:
        if source.begin_sha256 is not None:
            source.begin_sha256()


def settings_taken(settings: EngineSettings, notices: Iterable[Notice]) -> EngineSettings:
    """`settings` with the shape that was taken: slabs where "auto" interpolated nothing."""
    if settings.shape != "auto" or any(notice.code == SMALL_TARGET for notice in notices):
        return settings
    return replace(settings, shape="slabs")


def recorded_options(case: Case, options: Options) -> dict[str, Any]:
    """The options of a check and of reading its case, for `rtcheck verify`."""
    return {
        **asdict(options),
        "reference_date": options.reference_date.isoformat() if options.reference_date else None,
        "sum": asdict(case.dose_sum) if case.dose_sum else None,
        "ignore": sorted(case.ignored_codes),
        "errors": sorted(case.error_codes),
        **case.overrides,
    }


def _beside(role: str, path: Path | None) -> dict[str, Any]:
    """A file that was given beside the plan; without a path it was made in memory and cannot be read again."""
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else None
    return {"role": role, "path": str(path) if path else None, "sha256": digest}


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
