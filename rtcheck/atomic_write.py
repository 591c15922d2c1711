"""Files written whole or not at all."""

import os
import stat
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.patterns import pattern

_ASIDE = pattern(r"\..+\.[a-z0-9_]{8}\.part")  # the names that `write_aside` gives


def write_aside(content: str | bytes, path: Path) -> None:
    """Write the whole file or none: first beside its place, then renamed into it. Makes missing folders.

    A device or a pipe is written to directly: renamed over, /dev/stdout would be gone. A link stays a link. A new file
    is readable by its owner alone, since reports hold patient data; one that was there keeps its permissions.
    """
    import tempfile

    # A file name that is no UTF-8 reaches Python as lone surrogates: they are spelled out, as JSON does.
    encoded = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        _write_into(encoded, path)
        return
    path = Path(os.path.realpath(path))
    try:
        make_private_folder(path.parent)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encoded)
        if path.is_file():
            os.chmod(aside, stat.S_IMODE(path.stat().st_mode))
        os.replace(aside, path)
    except OSError as error:
        Path(aside).unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def write_inside(root: Path, content: str | bytes, path: Path) -> None:
    """`write_aside` for what a server writes: a link planted below `root` never leads the file out of it.

    A link in the file's own place is replaced, not followed; a folder that leads elsewhere is refused.
    """
    make_private_folder(path.parent)
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{path.parent} is a link that leads out of {root}; nothing was written.")
    if path.is_symlink():
        path.unlink()
    write_aside(content, path)


def remove_abandoned(folder: Path) -> None:
    """Remove what a killed process had begun to write below `folder`. Only for the one process that may write there."""
    for path in folder.rglob(".*.part"):
        if _ASIDE.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _write_into(encoded: bytes, device: Path) -> None:
    try:
        device.write_bytes(encoded)
    except OSError as error:
        raise UsageError(f"{device} cannot be written: {error.strerror}.") from error


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone; one that exists stays as it is."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        os.chmod(each, 0o700)
