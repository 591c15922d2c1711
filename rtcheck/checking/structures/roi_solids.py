"""The ROIs of one structure set -> their contours and solids under one set of engine settings, each made once."""

from rtcheck.case import StructureSet
from rtcheck.checking.kept import Kept
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.build import build_solid, is_small, smooth_solid
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.solid import Shape, Solid
from rtcheck.notices import Notice


class RoiSolids:
    """What is drawn of single ROIs. What was read or built for an earlier check comes from `kept`."""

    def __init__(self, structures: StructureSet | None, settings: EngineSettings, kept: Kept) -> None:
        self._structures, self._settings, self._kept = structures, settings, kept
        self._contours: dict[int, Structure] = {}
        self._solids: dict[tuple[int, Shape], Solid] = {}

    def under(self, settings: EngineSettings) -> "RoiSolids":
        """The same ROIs under other engine settings; what was read of them is not read again."""
        other = RoiSolids(self._structures, settings, self._kept)
        other._contours = self._contours
        return other

    @property
    def notices(self) -> list[Notice]:
        """What was odd in everything that was read and built so far."""
        read = [notice for structure in self._contours.values() for notice in structure.notices]
        return read + [notice for solid in self._solids.values() for notice in solid.notices]

    def contours(self, number: int) -> Structure:
        """What is drawn of one ROI. Raises RtcheckError where it cannot be read."""
        if number not in self._contours:
            assert self._structures is not None  # numbers come from its own list
            if number not in self._kept.contours:
                self._kept.contours[number] = self._structures.load(number)
            self._contours[number] = self._kept.contours[number]
        return self._contours[number]

    def solid(self, number: int, shape: Shape) -> Solid:
        """The solid of one ROI in that shape. Raises RtcheckError where it cannot be read."""
        key = (number, shape)
        if key not in self._solids:
            structure, built = self.contours(number), self._kept.solids
            end_caps, gaps = self._settings.end_caps, self._settings.gaps
            whole_key = (number, shape, end_caps, gaps)
            if whole_key not in built:
                if shape == "auto":  # one and the same solid as the slabs where it is not small
                    slabs = self.solid(number, "slabs")
                    made = smooth_solid(structure, end_caps=end_caps, gaps=gaps) if is_small(slabs) else slabs
                else:
                    made = build_solid(structure, shape=shape, end_caps=end_caps, gaps=gaps)
                built[whole_key] = made
            self._solids[key] = built[whole_key]
        return self._solids[key]

    def united(self, solids: list[Solid]) -> Solid:
        """The union of solids."""
        union = solids[0] if solids else Solid()
        for solid in solids[1:]:
            union = self._kept.combined(union, solid, "union")
        return union
