"""Reading a protocol file over: what is legal, but surely not meant."""

from typing import TYPE_CHECKING

from rtcheck.on_demand import from_homes

if TYPE_CHECKING:
    from rtcheck.protocol.lint.message import LintMessage
    from rtcheck.protocol.lint.run import lint

__all__ = ["LintMessage", "lint"]

__getattr__ = from_homes(
    __name__, {"LintMessage": "rtcheck.protocol.lint.message", "lint": "rtcheck.protocol.lint.run"}
)
