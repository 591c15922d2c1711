"""Results that do not apply because nothing is drawn -> one remark that lists them, and doubts about single ones."""

from collections.abc import Iterable

from rtcheck.checking.structures.presence import Presence
from rtcheck.notices import Notice
from rtcheck.results import Result


def notices_of_absence(results: Iterable[Result], presence: Presence) -> tuple[Notice, ...]:
    """One remark with every structure that is not drawn, and a doubt for each of which a part or the whole is."""
    absent = [result for result in results if result.is_not_drawn]
    if not absent:
        return ()
    names = tuple(dict.fromkeys(result.structure for result in absent))
    limits = f"{len(absent)} limits do" if len(absent) > 1 else "1 limit does"
    text = f"{limits} not apply because these structures are not contoured: {', '.join(names)}."
    singles = dict.fromkeys(name for result in absent for name in _names_of(result))
    doubts = (_doubt(name, presence.drawn_relatives(name)) for name in singles)
    return (
        Notice(code="structures.not-drawn", text=text, severity="info", structures=names),
        *(doubt for doubt in doubts if doubt is not None),
    )


def _names_of(result: Result) -> tuple[str, ...]:
    """The structures that a result is of: one of the constraint's, or all of them together."""
    names = result.constraint.structures
    return (result.structure,) if result.structure in names else names


def _doubt(name: str, relatives: tuple[str, ...]) -> Notice | None:
    if not relatives:
        return None
    listed = " and ".join(map(repr, relatives[:3]))
    text = f"{name} was taken as not contoured, but {listed} {'is' if len(relatives) == 1 else 'are'}."
    return Notice(code="structures.drawn-otherwise", text=text, structures=(name,))
