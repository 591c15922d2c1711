"""The volume of a plan's target: by it plans are compared with those of similar size."""

from rtcheck.checking.kept import Kept
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.protocol.names.aliases import Aliases
from rtcheck.results import Report

KINDS = ("PTV", "CTV", "GTV")  # the first that is contoured


def target_volume_cc(report: Report, *, aliases: Aliases | None = None, kept: Kept | None = None) -> float | None:
    """The volume of all PTV together, else of all CTV or GTV; None where there is none, or it is in doubt. [cc]

    `kept` is what the check of the case has left.
    """
    anatomy = Anatomy(
        report.case.structures,
        definitions=report.protocol.structures,
        aliases=aliases,
        settings=report.settings,
        kept=kept,
    )
    for kind in KINDS:
        selection = anatomy.names.targets(kind)
        if selection.members or selection.doubts:
            found = anatomy.find(f"all {kind}")
            return volume_cc(found.solid) if found.solid is not None else None
    return None
