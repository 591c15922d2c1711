"""Files written whole or not at all."""

import os
import tempfile
from pathlib import Path

from rtcheck.errors import UsageError


def write_aside(content: str | bytes, path: Path) -> None:
    """Write the whole file or none: first beside its place, then renamed into it. Makes missing folders.

    What is no file is written to as it is: renamed over, /dev/stdout or a pipe would be gone. A link stays a link.
    """
    # A file name that is no UTF-8 reaches Python as lone surrogates: they are spelled out, as JSON does.
    encoded = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        _write_into(encoded, path)
        return
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encoded)
        os.chmod(aside, 0o666 & ~_umask())  # mkstemp makes files that only their owner reads
        os.replace(aside, path)
    except OSError as error:
        Path(aside).unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _write_into(encoded: bytes, device: Path) -> None:
    try:
        device.write_bytes(encoded)
    except OSError as error:
        raise UsageError(f"{device} cannot be written: {error.strerror}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
