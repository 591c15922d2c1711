"""Packages that only some commands need, imported when they are; a missing one gives the line that installs it."""

from importlib import import_module
from typing import Any

from rtcheck.errors import MissingExtraError


def needed(module: str, *, extra: str, what: str = "This needs", otherwise: str = "") -> Any:
    """The module; `what` says who needs it ("PDF reports need"), `otherwise` what works without it.

    Raises:
        MissingExtraError: it is not installed; the message has the line that installs its extra.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0].replace("_", "-")
        text = f"{what} the package {package}. Install it with: pip install 'rtcheck[{extra}]'"
        raise MissingExtraError(f"{text}. {otherwise}" if otherwise else text) from None
