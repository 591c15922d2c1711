"""Reading a protocol file over: what is legal, but surely not meant."""

from rtcheck.protocol.lint.message import LintMessage
from rtcheck.protocol.lint.run import lint

__all__ = ["LintMessage", "lint"]
