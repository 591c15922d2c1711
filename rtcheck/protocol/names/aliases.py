"""A clinic's own structure names: an alias file (TG-263 name -> the clinic's spellings), read, checked and drafted.

Beside names, two kinds of lines settle which ROIs are targets of a kind where type and name disagree:
`all GTV: [GTV-PET]` (these are) and `not GTV: [GTV_old2]` (these are not).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.errors import ProtocolError
from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import TARGET_KINDS, equal_after_folding, folded, joined
from rtcheck.values import dataclass

if TYPE_CHECKING:
    import yaml

_SELECTION = pattern(rf"(all|not)\s+({'|'.join(TARGET_KINDS)})s?", re.IGNORECASE)
_GAPS = pattern(r"[\s_]+")


@dataclass(frozen=True, slots=True)
class Aliases:
    """The clinic's spellings of each name, and the file they came from (for the report).

    `selections` say which spellings are ("all GTV") and which are not ("not GTV") targets of a kind.
    """

    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: Path | None = None
    selections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[str, ...]:
        """The clinic's spellings of `name`."""
        return self.spellings.get(name, ())

    def owners(self, spelled: str) -> tuple[str, ...]:
        """The names that the file gives this very spelling to (case and separators do not count)."""
        if not self.spellings:  # asked for every ROI and every name
            return ()
        return tuple(
            name for name, words in self.spellings.items() if any(equal_after_folding(spelled, word) for word in words)
        )

    def selects(self, spelled: str, kind: str) -> bool | None:
        """Whether the file says that a ROI of this very spelling is a target of `kind`; None where it does not say.

        Only case, blanks and underscores do not count here: a dash or a plus makes another structure.
        """
        for word, answer in (("all", True), ("not", False)):
            if any(_spelled_alike(spelled, each) for each in self.selections.get(f"{word} {kind}", ())):
                return answer
        return None


NO_ALIASES = Aliases()


def read_aliases(path: Path | str) -> Aliases:
    """The aliases of a YAML file: `Kidney_L: [Niere li, LtKid]`. All faults are raised at once, each with its line."""
    import yaml

    path = Path(path)
    try:
        document = yaml.compose(path.read_text("utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as fault:
        raise ProtocolError((f"{path}: cannot be read: {_reason(fault)}",)) from None
    except yaml.YAMLError as fault:
        raise ProtocolError((f"{_place_of(path, fault)}: not valid YAML: {_problem(fault)}",)) from None
    if document is None:
        return Aliases(path=path)
    if not isinstance(document, yaml.MappingNode):
        raise ProtocolError((f"{path}:{_line(document)}: expected entries such as `Kidney_L: [Niere li]`",))
    spellings, faults = _spellings(path, document)
    selections = {name: spellings.pop(name) for name in list(spellings) if _SELECTION.fullmatch(name)}
    faults += _contradictions(path, selections)
    if faults:
        raise ProtocolError(tuple(faults))
    return Aliases(spellings, path, selections)


def draft_aliases(
    rows: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]], choices: Iterable[tuple[str, ...]] = ()
) -> str:
    """An alias file to finish by hand, from (name, what it was matched to, suggestions) of every protocol name.

    Matched names are written out, unmatched ones as comments with the suggestions: a person decides, not the program.
    Each of `choices` are lines of which one settles an ambiguous set of targets. The file can be used as it is, and
    then changes nothing: a ROI that two names were matched to stays a comment, for an alias can be of one name only.
    """
    rows = list(rows)
    todo = "" if all(matched for _, matched, _ in rows) and not choices else " and remove the # if it is right"
    lines = [f"# TG-263 name: how this clinic writes it. Check every line{todo}."]
    uses = Counter(joined(spelled) for name, matched, _ in rows for spelled in matched)
    for name, matched, suggestions in rows:
        listed = ", ".join(map(_quoted, matched or suggestions))
        if matched and any(uses[joined(spelled)] > 1 for spelled in matched):
            if matched != (name,):
                lines.append(f"# {_quoted(name)}: [{listed}]  # also matched to another name")
        elif matched and matched != (name,):
            lines.append(f"{_quoted(name)}: [{listed}]")
        elif not matched:
            lines.append(f"# {_quoted(name)}: [{listed}]")
    for choice in dict.fromkeys(choices):
        lines += [
            "# Keep one of these lines, or move each name to the line where it belongs:",
            *(f"# {line}" for line in choice),
        ]
    return "\n".join(lines) + "\n"


def alias_line(name: str, spelled: str) -> str:
    """The line that settles in an alias file that `spelled` means `name`."""
    return f"{_quoted(name)}: [{_quoted(spelled)}]"


def _spellings(path: Path, document: "yaml.MappingNode") -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """(name -> spellings, faults): names and spellings must be text, and no spelling may stand for two names."""
    import yaml

    spellings: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    owner_of: dict[str, str] = {}
    for key, value in document.value:
        place = f"{path}:{_line(key)}"
        name = _canonical(str(key.value))
        if name in spellings:
            faults.append(f"{place}: {name} is given twice")
        words = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not words or not all(isinstance(word, yaml.ScalarNode) and word.value for word in words):
            faults.append(f"{place}: {name}: expected one spelling or a list of them, such as [Niere li, LtKid]")
            continue
        for word in words if not _SELECTION.fullmatch(name) else ():
            other = owner_of.setdefault(joined(word.value), name)
            if other != name:
                faults.append(f"{path}:{_line(word)}: {word.value!r} is already an alias of {other}")
        spellings[name] = tuple(str(word.value) for word in words)
    return spellings, faults


def selection_line(kind: str, spelled: tuple[str, ...], *, are_members: bool) -> str:
    """The line of an alias file that makes ROIs of these spellings targets of `kind`, or says that they are none."""
    return f"{'all' if are_members else 'not'} {kind}: [{', '.join(map(_quoted, spelled))}]"


def _canonical(name: str) -> str:
    """`all gtvs` as `all GTV`; any other name as it is."""
    found = _SELECTION.fullmatch(name.strip())
    return f"{found[1].lower()} {found[2].upper()}" if found else name


def _contradictions(path: Path, selections: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Spellings that the file says are targets of a kind and are not."""
    return [
        f"{path}: {one!r} is given both as `all {kind}` and as `not {kind}`"
        for kind in TARGET_KINDS
        for one in selections.get(f"all {kind}", ())
        if any(_spelled_alike(one, other) for other in selections.get(f"not {kind}", ()))
    ]


def _spelled_alike(one: str, other: str) -> bool:
    return _GAPS.sub(" ", folded(one)) == _GAPS.sub(" ", folded(other))


def _quoted(text: str) -> str:
    """`text` as YAML on one line, in quotes only where a name in a list needs them."""
    import yaml

    if not text.isprintable():
        escaped = yaml.safe_dump([text], default_style='"', default_flow_style=True, width=100_000)
        return escaped.removeprefix("[").removesuffix("]\n")
    written = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=100_000)[1:-2]
    is_doubly_quotable = written.startswith("'") and '"' not in text and "\\" not in text
    return f'"{text}"' if is_doubly_quotable else written


def _line(node: "yaml.Node") -> int:
    return int(node.start_mark.line) + 1


def _place_of(path: Path, fault: "yaml.YAMLError") -> str:
    mark = getattr(fault, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark else str(path)


def _problem(fault: "yaml.YAMLError") -> str:
    return str(getattr(fault, "problem", None) or fault)


def _reason(fault: OSError | UnicodeDecodeError) -> str:
    return "not UTF-8 text" if isinstance(fault, UnicodeDecodeError) else fault.strerror or "unknown reason"
