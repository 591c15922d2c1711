"""A clinic's own structure names: an alias file (TG-263 name -> the clinic's spellings), read, checked and drafted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import yaml

from rtcheck.errors import ProtocolError
from rtcheck.protocol.names.folding import equal_after_folding, joined


@dataclass(frozen=True, slots=True)
class Aliases:
    """The clinic's spellings of each name, and the file they came from (for the report)."""

    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    path: Path | None = None

    def of(self, name: str) -> tuple[str, ...]:
        """The clinic's spellings of `name`."""
        return self.spellings.get(name, ())

    def owners(self, spelled: str) -> tuple[str, ...]:
        """The names that the file gives this very spelling to (case and separators do not count)."""
        return tuple(
            name for name, words in self.spellings.items() if any(equal_after_folding(spelled, word) for word in words)
        )


NO_ALIASES = Aliases()


def read_aliases(path: Path | str) -> Aliases:
    """The aliases of a YAML file: `Kidney_L: [Niere li, LtKid]`. All faults are raised at once, each with its line."""
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
        raise ProtocolError((f"{path}:{_line(document)}: expected lines such as `Kidney_L: [Niere li]`",))
    spellings, faults = _spellings(path, document)
    if faults:
        raise ProtocolError(tuple(faults))
    return Aliases(MappingProxyType(spellings), path)


def draft_aliases(rows: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> str:
    """An alias file to finish by hand, from (name, what it was matched to, suggestions) of every protocol name.

    Matched names are written out, unmatched ones as comments with the suggestions: a person decides, not the program.
    """
    rows = list(rows)
    todo = "" if all(matched for _, matched, _ in rows) else ", and remove the # where it is right"
    lines = [f"# TG-263 name: how this clinic writes it. Check every line{todo}."]
    for name, matched, suggestions in rows:
        if matched and matched != (name,):
            lines.append(f"{_quoted(name)}: [{', '.join(map(_quoted, matched))}]")
        elif not matched:
            offered = ", ".join(map(_quoted, suggestions))
            lines.append(f"# {_quoted(name)}: [{offered}]")
    return "\n".join(lines) + "\n"


def alias_line(name: str, spelled: str) -> str:
    """The line that settles in an alias file that `spelled` means `name`."""
    return f"{_quoted(name)}: [{_quoted(spelled)}]"


def _spellings(path: Path, document: yaml.MappingNode) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """(name -> spellings, faults): names and spellings must be text, and no spelling may stand for two names."""
    spellings: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    owner_of: dict[str, str] = {}
    for key, value in document.value:
        place = f"{path}:{_line(key)}"
        name = str(key.value)
        if name in spellings:
            faults.append(f"{place}: {name} stands here for the second time")
        words = value.value if isinstance(value, yaml.SequenceNode) else [value]
        if not words or not all(isinstance(word, yaml.ScalarNode) and word.value for word in words):
            faults.append(f"{place}: {name}: expected one spelling or a list of them, such as [Niere li, LtKid]")
            continue
        for word in words:
            other = owner_of.setdefault(joined(word.value), name)
            if other != name:
                faults.append(f"{path}:{_line(word)}: {word.value!r} is already an alias of {other}")
        spellings[name] = tuple(str(word.value) for word in words)
    return spellings, faults


def _quoted(text: str) -> str:
    """`text` as YAML, in quotes only where it needs them."""
    written = yaml.safe_dump(text, default_flow_style=True, allow_unicode=True, width=1000)
    plain = written.removesuffix("\n...\n").removesuffix("\n")
    return f'"{plain}"' if plain == text and ("," in text or "[" in text or "]" in text) else plain


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _place_of(path: Path, fault: yaml.YAMLError) -> str:
    mark = getattr(fault, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark else str(path)


def _problem(fault: yaml.YAMLError) -> str:
    return str(getattr(fault, "problem", None) or fault)


def _reason(fault: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8 text" if isinstance(fault, UnicodeDecodeError) else fault.strerror or "unknown reason"
