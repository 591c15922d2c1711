"""How often the true value lies inside the convention band widened by the numerical uncertainty."""

from collections.abc import Iterable
from dataclasses import dataclass

from validation.phantom import SLABS, Phantom, dvh_of, solid_of, values_of

from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.dosimetry.uncertainty import Taken, convention_band, other_conventions


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One metric of one phantom: the true value, the engine's, and the band around it with the uncertainty added."""

    phantom: str
    metric: str
    true: float
    value: float
    low: float
    high: float

    @property
    def holds_truth(self) -> bool:
        return self.low <= self.true <= self.high

    @property
    def width(self) -> float:
        """Relative to the value."""
        return (self.high - self.low) / self.value


def bands(phantoms: Iterable[Phantom], settings: EngineSettings = SLABS) -> list[Held]:
    """The bands of every metric that all conventions define; "auto" takes the phantoms to be targets."""
    return [band for phantom in phantoms for band in _bands(phantom, settings)]


def share_covered(found: list[Held]) -> float:
    return sum(band.holds_truth for band in found) / len(found)


def _bands(phantom: Phantom, settings: EngineSettings) -> list[Held]:
    true = phantom.truth.values()
    default = dvh_of(phantom, settings)
    value = values_of(default)
    finer = values_of(dvh_of(phantom, settings, refinement=2))
    taken: Taken = "smooth" if solid_of(phantom, settings).is_smooth else "slabs"
    conventions = other_conventions(settings, taken=taken)
    others = [values_of(dvh_of(phantom, each.settings)) for each in conventions]
    found = []
    for metric in true:
        if metric in phantom.left_out or not all(metric in each for each in (value, *others)):
            continue
        band = convention_band(value[metric], zip(conventions, (other[metric] for other in others), strict=True))
        change = 0.0
        if metric != "Volume":
            bin_gy = float(default.dose_gy[1] - default.dose_gy[0])
            change = abs(finer[metric] - value[metric]) + bin_gy
        found.append(
            Held(
                phantom=phantom.name,
                metric=metric,
                true=true[metric],
                value=value[metric],
                low=band.low - change,
                high=band.high + change,
            )
        )
    return found
