"""The protocols in the box: where their files are, by name."""

from functools import cache
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.protocol.language.scanner import nearest

SUFFIXES = (".yaml", ".yml")
OTHER_FORMS = (".json", ".xml", ".csv", ".tsv", ".xlsx", ".xlsm")  # other programs' files, which are imported
QA = "qa"
"""The checks of `rtcheck qa`: no limits, so not among the protocols, but it can be extended like one."""

AUTO = "auto"  # in place of a name, where one plan is checked
PLAN = "plan"  # likewise: the limits that the plan states itself


def library_folder() -> Path:
    """The folder of the protocol files: inside the installed package, or beside it in a source checkout."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "constraints"
    return installed if installed.is_dir() else package.parent / "constraints"


def qa_file() -> Path:
    """The file of the default plan and structure checks."""
    return Path(__file__).resolve().parents[1] / "qa.yaml"


@cache
def protocol_files() -> dict[str, Path]:
    """The protocol files in the box by name, in alphabetical order."""
    found = (path for path in library_folder().glob("*.yaml") if not path.name.startswith("."))
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem.casefold())}


def is_included(name: str) -> bool:
    """Whether a protocol of the library has that name (in any case of letters)."""
    wanted = name.strip().casefold()
    return wanted == QA or any(each.casefold() == wanted for each in protocol_files())


def find_protocol(name_or_path: str | Path) -> Path:
    """The protocol file meant: a path to a file, or the name of a protocol in the box (in any case of letters).

    Raises:
        UsageError: there is neither; the text lists the nearest names.
    """
    text = str(name_or_path)
    path = Path(text).expanduser()
    if path.suffix.lower() in (*SUFFIXES, *OTHER_FORMS) or "/" in text or "\\" in text:
        if path.is_dir():
            raise UsageError(f"{text} is a folder, not a protocol file. Give the path of a file.")
        if path.is_file():
            return path
        raise UsageError(f"The protocol file {text} does not exist. {_how_to_choose(path.stem)}")
    if text.strip().casefold() == AUTO:
        raise UsageError("auto chooses a protocol by the plan; here there is no plan to choose by. Give a name.")
    if text.strip().casefold() == PLAN:
        raise UsageError(
            "plan stands for the limits that an RT Plan states itself; here there is no plan. Give a name."
        )
    by_name = {name.casefold(): found for name, found in protocol_files().items()}
    if text.strip().casefold() == QA:
        return qa_file()
    found = by_name.get(text.strip().casefold())
    if found is not None:
        return found
    if path.is_file():
        return path
    raise UsageError(f'No included protocol is named "{text}". {_how_to_choose(text)}')


def _how_to_choose(name: str) -> str:
    near = nearest(name, protocol_files(), count=3)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}`rtcheck protocols list` lists all of them. Give your own file by its path, such as ./mine.yaml."
