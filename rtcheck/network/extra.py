"""The optional packages that talk to DICOM nodes and web servers, imported when they are needed."""

from importlib import import_module
from typing import Any

from rtcheck.errors import MissingExtraError


def needed(module: str) -> Any:
    """The module; MissingExtraError with the line that installs it where it is not there."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0].replace("_", "-")
        text = f"This needs the package {package}. Install it with: pip install 'rtcheck[net]'"
        raise MissingExtraError(text) from None


def pdf_needed() -> None:
    """Raises MissingExtraError where no PDF can be made, before anything is done that would need one."""
    try:
        import_module("typst")
    except ImportError:
        text = "Reports are stored as PDF, which needs the package typst. Install it with: pip install 'rtcheck[pdf]'"
        raise MissingExtraError(text) from None
