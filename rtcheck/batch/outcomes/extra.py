"""The one place where the statistics packages are imported: a clear message where they are missing."""

from importlib import import_module
from types import ModuleType

from rtcheck.errors import MissingExtraError


def statistics(module: str) -> ModuleType:
    """A module of scipy, lifelines or statsmodels.

    Raises:
        MissingExtraError: the extra is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise MissingExtraError(
            f"Outcomes need the package {package}. Install it with: pip install 'rtcheck[outcomes]'"
        ) from None
