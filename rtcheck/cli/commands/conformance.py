"""`rtcheck conformance OUT/`: write the conformance kit and run it."""

from pathlib import Path
from typing import Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.standard_output import say
from rtcheck.errors import UsageError


def conformance(
    out: Annotated[Path, Argument(metavar="OUT", help="Folder for the sets.")],
    dicompyler: Annotated[bool, Option("--dicompyler", help="Also run dicompyler-core on the same sets.")] = False,
    write_only: Annotated[bool, Option("--write-only", help="Write the sets without checking them.")] = False,
) -> int:
    """Write DICOM sets of an analytic phantom, legal variants and mutants with one defect each, and check them.

    Other programs can be tested with the same sets: README.tsv in the folder lists the expected answer to each. Exit
    status 1 if a set is not as expected.
    """
    from rtcheck.conformance.kit import run_kit, table, write_kit

    try:
        write_kit(out)
    except OSError as error:
        raise UsageError(f"{out}: the conformance kit cannot be written there ({error.strerror}).") from None
    if write_only:
        say(f"The conformance kit is in {out}; README.tsv there lists the sets.\n")
        return 0
    verdicts = run_kit(out, with_dicompyler=dicompyler)
    say(table(verdicts))
    return 0 if all(verdict.is_as_expected for verdict in verdicts) else 1
