"""The sizes of the shifts and margins of `--robust` and `--margin`, as they are written on the command line."""

import re

from rtcheck.errors import UsageError

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mm)?\s*", re.IGNORECASE)
MOST_MM = 50.0  # more is no setup error


class Scenarios:
    """What `--robust 3mm` (or 3,3,5) and `--margin 2mm` ask for. Raises UsageError for what is no size."""

    def __init__(self, robust: str | None, margin: str | None) -> None:
        if margin is not None and robust is None:
            raise UsageError("--margin requires --robust: it adds expanded and contracted contours to the shifts.")
        sizes = None if robust is None else [_size_mm("--robust", text) for text in robust.split(",")]
        if sizes is not None and len(sizes) not in (1, 3):
            raise UsageError(
                f"--robust {robust}: expected one size for all axes (3mm) or three for x, y and z (3,3,5)."
            )
        self.shift_mm = None if sizes is None else (sizes[0], sizes[-1] if len(sizes) == 1 else sizes[1], sizes[-1])
        self.margin_mm = 0.0 if margin is None else _size_mm("--margin", margin)


def _size_mm(option: str, text: str) -> float:
    match = _SIZE.fullmatch(text)
    if match is None or not 0.0 < float(match[1]) <= MOST_MM:
        raise UsageError(f"{option} {text.strip()}: expected a size above 0 mm and up to {MOST_MM:g} mm, such as 3mm.")
    return float(match[1])
