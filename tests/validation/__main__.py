"""Prints the whole validation: `PYTHONPATH=tests python -m validation` (some minutes), or only the parts named."""

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from support.real_data import REAL_DICOM
from validation import balls, coverage, hard, lesions, nelms, smooth
from validation.phantom import AUTO, INTERPOLATED, SLABS, Deviation, Phantom, deviations
from validation.table import beyond, table

from rtcheck.dosimetry.settings import EngineSettings

CUBIC = replace(SLABS, dose_interpolation="cubic")
INTERPOLATED_CUBIC = replace(INTERPOLATED, dose_interpolation="cubic")
EXTREMES = ("Dmin", "Dmax")


def _all(phantoms: list[Phantom], settings: EngineSettings) -> list[Deviation]:
    return [each for phantom in phantoms for each in deviations(phantom, settings)]


def print_nelms() -> None:
    """Nelms et al. 2015: contours 0.2 mm, then contours and dose at 1, 2, 3 mm, slabs and interpolated."""
    print(table("Contours 0.2 mm, dose 0.4 to 3 mm, slabs", _all(list(nelms.phantoms(nelms.FINE)), SLABS)))
    coarse = list(nelms.phantoms(nelms.COARSE))
    print(table("Contours and dose at 1, 2 and 3 mm, slabs", _all(coarse, SLABS)))
    print(table("Contours and dose at 1, 2 and 3 mm, interpolated", _all(coarse, INTERPOLATED)))


def print_solids() -> None:
    """Smooth solids, hard ones, and small balls: one line for each way to calculate."""
    print("| solids | shape, dose | values | > 3 % | > 1 % | lowest | highest |\n|---|---|---|---|---|---|---|")
    for name, phantoms, settings in (
        ("smooth", list(smooth.phantoms()), (SLABS, INTERPOLATED)),
        ("hard", list(hard.phantoms()), (SLABS, INTERPOLATED)),
        (
            "balls of 3 to 20 mm",
            list(balls.phantoms()),
            (SLABS, CUBIC, INTERPOLATED, INTERPOLATED_CUBIC),
        ),
    ):
        for each in settings:
            found = [d for d in _all(phantoms, each) if d.metric not in EXTREMES]
            _print_line(f"{name} | {each.shape}, {each.dose_interpolation}", found)
    print()


def print_coverage() -> None:
    """How often band and uncertainty hold the true value: of slabs, and of the shape auto."""
    for settings in (SLABS, AUTO):
        _print_bands(settings)


def _print_bands(settings: EngineSettings) -> None:
    print(f"**Shape {settings.shape}**\n")
    print("| phantoms | number | volumes, means, D_x | held | Dmin, Dmax | held |\n|---|---|---|---|---|---|")
    total: list[coverage.Held] = []
    count = 0
    families = {
        "Nelms, 1 to 3 mm": list(nelms.phantoms(nelms.COARSE)),
        "smooth": list(smooth.phantoms()),
        "hard": list(hard.phantoms()),
        "balls of 3 to 20 mm": list(balls.phantoms()),
    }
    for name, phantoms in families.items():
        found = coverage.bands(phantoms, settings)
        _print_coverage(name, len(phantoms), found)
        total += found
        count += len(phantoms)
    _print_coverage("all", count, total)
    print(f"\nMedian width of the band: {100 * float(np.median([each.width for each in total])):.1f} % of the value.\n")


def print_lesions() -> None:
    """Small targets drawn by hand, by volume, by planes and by kind: slabs and the interpolated shape."""
    ways = {"slabs": SLABS, "interpolated": INTERPOLATED_CUBIC}
    found: dict[tuple[str, str], list[Deviation]] = {}
    for phantom in lesions.phantoms():
        for way, settings in ways.items():
            own = [each for each in deviations(phantom, settings) if each.metric not in EXTREMES]
            for of_class in lesions.classes_of(phantom):
                found.setdefault((of_class, way), []).extend(own)
    print("| lesions | shape | values | > 3 % | > 1 % | volume | mean dose | D values |\n" + 8 * "|---" + "|")
    for of_class in lesions.CLASSES:
        for way in ways:
            _print_sizes(f"{of_class} | {way}", found[of_class, way])
    print()


def print_thinned() -> None:
    """Real organs with planes left out."""
    if not REAL_DICOM.is_dir():
        print("The real DICOM sets are not at hand: no figures for thinned organs.\n")
        return
    from validation import thinned

    print("| one plane kept of | shape | values | > 3 % | > 1 % | lowest | highest |\n|---|---|---|---|---|---|---|")
    for (shape, one_of), found in sorted(thinned.deviations().items(), key=lambda each: each[0][1]):
        _print_line(f"{one_of} | {shape}", found)
        volumes = [each.error for each in found if each.metric == "Volume"]
        print(
            f"| {one_of} | {shape}: mean error of the volume | {len(volumes)} | | | {100 * np.mean(volumes):+.2f} % | |"
        )
    print()


def print_targets() -> None:
    """Targets of the real sets with planes left out, by the number of planes that are left."""
    if not REAL_DICOM.is_dir():
        print("The real DICOM sets are not at hand: no figures for thinned targets.\n")
        return
    from validation import thinned

    print("| planes left | shape, dose | values | > 3 % | > 1 % | volume | mean dose | D values |\n" + 8 * "|---" + "|")
    for (planes, way), found in sorted(thinned.target_deviations().items()):
        _print_sizes(f"{planes} | {way}", found)
    print()


def _print_line(start: str, found: list[Deviation]) -> None:
    errors = [100 * each.error for each in found]
    counts = f"{len(found)} | {beyond(found, 0.03)} | {beyond(found, 0.01)}"
    print(f"| {start} | {counts} | {min(errors):+.1f} % | {max(errors):+.1f} % |")


def _print_sizes(start: str, found: list[Deviation]) -> None:
    """How many values are off, and the mean sizes of the errors of volumes, mean doses and D values."""
    counts = f"{len(found)} | {beyond(found, 0.03)} | {beyond(found, 0.01)}"
    others = {each.metric for each in found} - {"Volume", "Dmean"}
    parts = ({"Volume"}, {"Dmean"}, others)
    sizes = [100 * np.mean([abs(each.error) for each in found if each.metric in part]) for part in parts]
    print(f"| {start} | {counts} | {' | '.join(f'{size:.2f} %' for size in sizes)} |")


def _print_coverage(name: str, phantoms: int, found: list[coverage.Held]) -> None:
    inner = [each for each in found if each.metric not in EXTREMES]
    outer = [each for each in found if each.metric in EXTREMES]
    shares = [f"{len(some)} | {100 * coverage.share_covered(some):.1f} %" for some in (inner, outer)]
    print(f"| {name} | {phantoms} | {' | '.join(shares)} |")


PARTS: dict[str, Callable[[], None]] = {
    "nelms": print_nelms,
    "solids": print_solids,
    "coverage": print_coverage,
    "lesions": print_lesions,
    "thinned": print_thinned,
    "targets": print_targets,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
