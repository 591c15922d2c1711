"""Registrations of pairs of frames of reference -> the map from one frame to another, directly or through others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from rtcheck.geometry.transforms.affine import FloatArray
from rtcheck.geometry.transforms.maps import Map, composed, most_apart_mm
from rtcheck.values import dataclass

SAME_MM = 0.5
"""Chains that put every point closer than this to one another are one registration, written with other decimals."""

MOST_STEPS = 6
MOST_CHAINS = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Link:
    """One registration: points of the frame `source_uid` -> those of the frame `target_uid`.

    `name` is for people, `digest` tells its file from others of that name. `is_inverse`: it is used against the
    direction of its file, which is towards the frame that everything in the file is registered to.
    """

    source_uid: str
    target_uid: str
    to_target: Map
    name: str = ""
    digest: str = ""
    is_inverse: bool = False

    def reversed(self) -> "Link":
        """The same registration, the other way."""
        return replace(
            self, source_uid=self.target_uid, target_uid=self.source_uid, to_target=self.to_target.inverse,
            is_inverse=not self.is_inverse,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """A map from one frame to another, and the registrations that it is made of, in their order.

    `others_apart_mm` is how far other chains of registrations between the same frames are off, at most.
    """

    to_target: Map
    links: tuple[Link, ...] = ()
    others_apart_mm: float = 0.0


def shortest_path(links: Sequence[Link], source_uid: str, target_uid: str, points_mm: FloatArray) -> Path | None:
    """The chain with the fewest registrations; None without any. Each may be used either way, and once.

    `points_mm` (n, 3) of the source frame are where several chains are compared.
    """
    both_ways = [*links, *(link.reversed() for link in links)]
    found = sorted(islice(_chains(both_ways, source_uid, target_uid, ()), MOST_CHAINS), key=len)
    if not found:
        return None
    maps = [composed([link.to_target for link in chain]) for chain in found]
    apart_mm = max((most_apart_mm(maps[0], other, points_mm) for other in maps[1:]), default=0.0)
    return Path(to_target=maps[0], links=found[0], others_apart_mm=apart_mm)


def _chains(links: Sequence[Link], here: str, target_uid: str, used: tuple[Link, ...]) -> Iterator[tuple[Link, ...]]:
    """All chains that enter no frame twice."""
    if here == target_uid:
        yield used
        return
    if len(used) == MOST_STEPS:
        return
    entered = {here, *(link.source_uid for link in used)}
    for link in links:
        if link.source_uid == here and link.target_uid not in entered:
            yield from _chains(links, link.target_uid, target_uid, (*used, link))
