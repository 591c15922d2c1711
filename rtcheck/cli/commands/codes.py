"""`rtcheck codes`: every code of a warning or error, for --ignore and --error."""

from typing import TYPE_CHECKING

from rtcheck.cli.standard_output import say

if TYPE_CHECKING:
    from rtcheck.codes import Code


def codes() -> None:
    """List the codes of all warnings and errors with their meaning, for --ignore and --error.

    Warnings and remarks can be ignored or made errors. Overridable errors can be ignored; other errors cannot. A doubt
    is a warning that is shown with the verdict and makes --strict exit with 3; some are errors from a stated size on.
    """
    from rtcheck.codes import CODES
    from rtcheck.report.formats.columns import aligned, terminal_width

    lines = aligned([(code.code, code.kind, _meaning(code)) for code in CODES], width=terminal_width())
    say("\n".join(lines) + "\n")


def _meaning(code: "Code") -> str:
    return f"{code.meaning} An error from {code.refused_from} on." if code.refused_from else code.meaning
