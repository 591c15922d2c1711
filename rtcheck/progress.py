"""How far a step is, for those who wait for it."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""

T = TypeVar("T")


def counted(what: str, items: Sequence[T], progress: Progress | None) -> Iterator[T]:
    """The items in turn; `progress` hears before each how many are done, and at the end that all are.

    >>> list(counted("Checking limits", "ab", print))
    Checking limits 0 2
    Checking limits 1 2
    Checking limits 2 2
    ['a', 'b']
    """
    for done, item in enumerate(items):
        if progress:
            progress(what, done, len(items))
        yield item
    if progress:
        progress(what, len(items), len(items))
