"""An edited protocol -> a protocol file that extends the original and is read back with the same constraints."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rtcheck.protocol.editing.edits import EDITED_SOURCE
from rtcheck.protocol.file.extend import is_removed, replaced_in, what_is_limited
from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.protocol.importers.yaml_writer import constraint_entry, protocol_to_yaml, yaml_text


@dataclass(slots=True)
class _Extension:
    """What a file says beside `extends`: constraints of its own, and (structure, metric) of those left out."""

    own: list[Constraint] = field(default_factory=list)
    own_volumes: list[Constraint] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)


def protocol_file(original: Protocol, changed: Protocol, *, name: str, title: str = "") -> str:
    """The text of the file. It extends a protocol of the library by name and a file by the file's name.

    An original that is in no file (an empty one, a draft) is written out whole.
    """
    changed = replace(changed, name=name, title=title or changed.title)
    extends = _extends(original)
    extension = _extension(original, changed) if extends else None
    if extension is None:
        return protocol_to_yaml(changed)
    about = {"rtcheck": 1, "name": name, "title": changed.title, "version": changed.version, "extends": extends}
    sources = [{"id": each.id, "citation": each.citation} for each in changed.sources if each.id == EDITED_SOURCE]
    parts: list[dict[str, Any]] = [
        about | ({"sources": sources} if sources else {}),
        {"remove": [{"structure": structure, "metric": metric} for structure, metric in extension.removed]},
        {"constraints": [constraint_entry(each) for each in extension.own]},
        {"eligibility": [constraint_entry(each) for each in extension.own_volumes]},
    ]
    head = f"# Edited from {original.name} {original.version}".rstrip() + ". Everything else is as in that protocol.\n"
    return head + "\n" + "\n".join(yaml_text(part) for part in parts if all(part.values()))


def _extends(original: Protocol) -> str:
    """How the file refers to the original; "" where there is no file of it."""
    if original.path is None:
        return ""
    in_library = protocol_files().get(original.name)
    if in_library is not None and in_library == original.path:
        return original.name
    return f"./{original.path.name}"


def _extension(original: Protocol, changed: Protocol) -> _Extension | None:
    """The least that makes the original the changed protocol; None where `extends` cannot say it.

    A file replaces all constraints with the same structures, metric and side at once, and removes by structure and
    metric: whatever else that would hit is written out again.
    """
    extension = _Extension()
    before, after = _by_key(original.constraints), _by_key(changed.constraints)
    gone = [key for key in before if key not in after]
    extension.removed = _distinct([(one.structures[0], one.goal.metric.text) for key in gone for one in before[key]])
    left = Counter(key for key, group in before.items() if not any(is_removed(one, extension.removed) for one in group))
    for key, group in after.items():
        if key not in left or group != before[key]:
            extension.own += group
    lost = [one for one in original.volume_eligibility if is_removed(one, extension.removed)]
    extension.own_volumes = lost
    made = replaced_in(original.constraints, extension.own, extension.removed)
    return extension if Counter(map(_bare, made)) == Counter(map(_bare, changed.constraints)) else None


def _by_key(constraints: Sequence[Constraint]) -> dict[Hashable, list[Constraint]]:
    groups: dict[Hashable, list[Constraint]] = {}
    for one in constraints:
        groups.setdefault(what_is_limited(one), []).append(one)
    return groups


def _distinct(items: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(items))


def _bare(constraint: Constraint) -> Constraint:
    return replace(constraint, file="", line=0)
