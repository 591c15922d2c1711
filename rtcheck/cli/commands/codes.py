"""`rtcheck codes`: every code of a warning or refusal, for --ignore and --error."""

import sys


def codes() -> None:
    """List the codes of all warnings and refusals with their meaning: what --ignore and --error take.

    A warning or a remark can be ignored or made an error; a liftable refusal can be ignored; a refusal cannot.
    """
    from rtcheck.codes import CODES
    from rtcheck.report.formats.columns import aligned, terminal_width

    lines = aligned([(code.code, code.kind, code.meaning) for code in CODES], width=terminal_width())
    sys.stdout.write("\n".join(lines) + "\n")
