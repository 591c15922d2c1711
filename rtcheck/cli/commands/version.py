"""`rtcheck version`: what to give in a bug report or a record."""

import platform
import sys
from importlib import metadata

from rtcheck import __version__


def version() -> None:
    """Print the version of rtcheck, of Python and of the libraries that read and compute, and the kernel in use."""
    from rtcheck.geometry._kernel import kernel_name

    sys.stdout.write(f"rtcheck {__version__}\n")
    sys.stdout.write(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n")
    for package in ("pydicom", "numpy", "dicompyler-core"):
        try:
            sys.stdout.write(f"{package} {metadata.version(package)}\n")
        except metadata.PackageNotFoundError:
            sys.stdout.write(f"{package} is not installed\n")
    sys.stdout.write(f"DVH kernel: {kernel_name()}\n")
