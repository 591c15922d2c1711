"""`rtcheck codes`: every code of a warning or refusal, for --ignore and --error."""

import sys


def codes() -> None:
    """List the codes of all warnings and refusals with their meaning: what --ignore and --error take.

    A warning or a remark can be ignored or made an error; a liftable refusal can be ignored; a refusal cannot.
    """
    from rtcheck.codes import CODES

    width = max(len(code.code) for code in CODES)
    lines = [f"{code.code:{width}}  {code.kind:16}  {code.meaning}" for code in CODES]
    sys.stdout.write("\n".join(lines) + "\n")
