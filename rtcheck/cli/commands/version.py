"""`rtcheck version`: what to give in a bug report or a record."""

import platform
from importlib import metadata

from rtcheck import __version__
from rtcheck.cli.standard_output import say


def version() -> None:
    """Print the version of rtcheck, of Python and of the libraries that read and compute, and the kernel in use."""
    from rtcheck.geometry._kernel import kernel_name

    say(f"rtcheck {__version__}\n")
    say(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n")
    for package in ("pydicom", "numpy", "dicompyler-core"):
        try:
            say(f"{package} {metadata.version(package)}\n")
        except metadata.PackageNotFoundError:
            say(f"{package} is not installed\n")
    say(f"DVH kernel: {kernel_name()}\n")
