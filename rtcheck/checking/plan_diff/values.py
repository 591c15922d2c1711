"""What a comparison of two plans answers: one entry for each element, with both values and the tolerance."""

from typing import Literal

from rtcheck.values import dataclass

Kind = Literal["same", "within", "beyond", "missing", "remark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two numbers may be apart, in `unit`."""

    amount: float
    unit: str


TOLERANCES: dict[str, Tolerance] = {
    "meterset": Tolerance(amount=0.05, unit="MU"),
    "dose": Tolerance(amount=0.005, unit="Gy"),
    "weight": Tolerance(amount=0.0005, unit=""),
    "gantry": Tolerance(amount=0.1, unit="deg"),
    "collimator": Tolerance(amount=0.1, unit="deg"),
    "couch": Tolerance(amount=0.1, unit="deg"),
    "isocentre": Tolerance(amount=0.1, unit="mm"),
    "jaws": Tolerance(amount=0.1, unit="mm"),
    "leaves": Tolerance(amount=0.1, unit="mm"),
    "couch_top": Tolerance(amount=0.1, unit="mm"),
    "ssd": Tolerance(amount=1.0, unit="mm"),
    "sad": Tolerance(amount=0.1, unit="mm"),
    "energy": Tolerance(amount=0.0, unit="MV"),
    "dose_rate": Tolerance(amount=0.0, unit="MU/min"),
    "other": Tolerance(amount=0.005, unit=""),
    "volume": Tolerance(amount=0.5, unit="%"),
    "overlap": Tolerance(amount=1.0, unit="%"),
    "outline": Tolerance(amount=1.0, unit="mm"),
    "dose_grid": Tolerance(amount=0.5, unit="%"),
}
"""By element: what rounding in transfer may change. `dose_grid` is in percent of the highest dose; `overlap` is what
two contours of one structure do not share, in percent of both, and `outline` how far a corner of one is from the other.
`other` is of elements that are compared by their DICOM keywords, in the unit of the file; weights are shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One element: `where` it is ("beam 1 (G180)"), what A and B have, how far they are apart, and the tolerance.

    "missing": only one of them states it. "remark": a difference that changes no delivery (labels, approval).
    """

    where: str
    element: str
    a: str
    b: str
    kind: Kind
    apart: float | None = None
    tolerance: Tolerance | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A beam of A and the one of B that it was matched to, and by what: its name, or its geometry."""

    a: str
    b: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """All entries of a comparison; `pairs` are the matched beams, `not_compared` says what could not be."""

    entries: tuple[Entry, ...]
    pairs: tuple[Pair, ...]
    not_compared: tuple[str, ...] = ()

    @property
    def off(self) -> tuple[Entry, ...]:
        """What is beyond its tolerance, or stated by one of them only."""
        return tuple(entry for entry in self.entries if entry.kind in ("beyond", "missing"))

    @property
    def exit_status(self) -> int:
        """0: they agree; 1: something differs; 3: nothing could be compared."""
        if self.off:
            return 1
        return 0 if any(entry.kind != "remark" for entry in self.entries) else 3


def kind_of(apart: float, tolerance: Tolerance) -> Kind:
    """The same, within the tolerance, or beyond it."""
    return "same" if apart == 0 else "within" if apart <= tolerance.amount + 1e-9 else "beyond"
