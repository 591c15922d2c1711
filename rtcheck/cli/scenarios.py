"""The sizes of the shifts and margins of `--robust` and `--margin`, as they are written on the command line."""

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.declared import Option
from rtcheck.errors import UsageError
from rtcheck.patterns import pattern
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.checking.what_if.sampling import Sampling

_SIZE = pattern(r"\s*(\d+(?:\.\d+)?)\s*(mm)?\s*", re.IGNORECASE)
MOST_MM = 50.0  # more is no setup error


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """Whether the check is repeated under shifts of the patient, and under which."""

    HEADING: ClassVar = "Shifts of the patient"

    robust: Annotated[
        str | None,
        Option("--robust", metavar="MM", help="Repeat the check under shifts: 3mm, or 3,3,5 (x, y, z); see --samples."),
    ] = None
    margin: Annotated[
        str | None, Option("--margin", metavar="MM", help="With --robust: also expand and contract the contours.")
    ] = None
    samples: Annotated[
        int | None,
        Option(
            "--samples",
            metavar="N",
            help="With --robust sigma=2mm,systematic=1.5mm: the probability of each limit over N random setup errors.",
        ),
    ] = None
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="With --samples: seed of the random numbers.")] = 1

    @property
    def scenarios(self) -> "Scenarios":
        """What they ask for."""
        return Scenarios(self.robust, self.margin, self.samples, self.seed)


class Scenarios:
    """What `--robust 3mm` (or 3,3,5), `--margin 2mm` and `--samples 500` ask for. Raises UsageError for other texts.

    With `--samples` --robust states deviations: sigma=2mm,systematic=1.5mm, or sigma=2/2/3mm for x, y and z.
    """

    def __init__(self, robust: str | None, margin: str | None, samples: int | None = None, seed: int = 1) -> None:
        self.sampling: Sampling | None = None
        if samples is not None or (robust is not None and "=" in robust):
            self.shift_mm, self.margin_mm = None, 0.0
            self.sampling = _sampling(robust or "", margin, samples, seed)
            return
        if margin is not None and robust is None:
            raise UsageError("--margin requires --robust: it adds expanded and contracted contours to the shifts.")
        sizes = None if robust is None else [_size_mm("--robust", text) for text in robust.split(",")]
        if sizes is not None and len(sizes) not in (1, 3):
            raise UsageError(
                f"--robust {robust}: expected one size for all axes (3mm) or three for x, y and z (3,3,5)."
            )
        self.shift_mm = None if sizes is None else (sizes[0], sizes[-1] if len(sizes) == 1 else sizes[1], sizes[-1])
        self.margin_mm = 0.0 if margin is None else _size_mm("--margin", margin)


def _sampling(robust: str, margin: str | None, samples: int | None, seed: int) -> "Sampling":
    from rtcheck.checking.what_if.sampling import Sampling

    if not robust:
        raise UsageError("--samples needs the errors to draw: --robust sigma=2mm,systematic=1.5mm, or one of them.")
    given: dict[str, tuple[float, float, float]] = {}
    for part in robust.split(","):
        name, equals, sizes = (each.strip() for each in part.partition("="))
        if name not in ("sigma", "systematic") or not equals or name in given:
            raise UsageError(f"--robust {robust}: with --samples expected sigma=2mm,systematic=1.5mm, or one of them.")
        each = [_size_mm("--robust", text) for text in sizes.split("/")]
        if len(each) not in (1, 3):
            raise UsageError(f"--robust {robust}: expected one size for all axes, or three as in sigma=2/2/3mm.")
        given[name] = (each[0], each[0], each[0]) if len(each) == 1 else (each[0], each[1], each[2])
    if samples is None:
        raise UsageError(f"--robust {robust}: give the number of samples with --samples, such as --samples 500.")
    zero = (0.0, 0.0, 0.0)
    return Sampling(
        count=samples,
        random_mm=given.get("sigma", zero),
        systematic_mm=given.get("systematic", zero),
        margin_mm=0.0 if margin is None else _size_mm("--margin", margin),
        seed=seed,
    )


def _size_mm(option: str, text: str) -> float:
    match = _SIZE.fullmatch(text)
    if match is None or not 0.0 < float(match[1]) <= MOST_MM:
        raise UsageError(f"{option} {text.strip()}: expected a size above 0 mm and up to {MOST_MM:g} mm, such as 3mm.")
    return float(match[1])
