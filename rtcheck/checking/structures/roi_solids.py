"""The ROIs of one structure set -> their contours and solids under one set of engine settings, each made once."""

from dataclasses import replace

from rtcheck.case import StructureSet
from rtcheck.checking.kept import Kept
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.build import build_solid, is_small, smooth_solid
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.solid import EndCaps, Gaps, Shape, Solid
from rtcheck.notices import Notice
from rtcheck.protocol.names.targets import is_target_roi

USUAL: tuple[Shape, EndCaps, Gaps] = ("slabs", "half", "bounds")
"""The conventions of the solids that a structure set holds itself."""


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
                self._kept.contours[number] = self._structures.drawn(number)
            self._contours[number] = self._kept.contours[number]
        return self._contours[number]

    def solid(self, number: int, shape: Shape) -> Solid:
        """The solid of one ROI in that shape. Raises RtcheckError where it cannot be read."""
        key = (number, shape)
        if key not in self._solids:
            built = self._kept.solids
            end_caps, gaps = self._settings.end_caps, self._settings.gaps
            whole_key = (number, shape, end_caps, gaps)
            structure = self.contours(number)
            if whole_key not in built:
                if (shape, end_caps, gaps) == USUAL:
                    assert self._structures is not None, "the contours came from it"
                    made = self._structures.slabs(number)
                elif shape != "auto":
                    made = build_solid(structure, shape=shape, end_caps=end_caps, gaps=gaps)
                elif self._kept.answer(("small target", number), lambda: self._is_small_target(number)):
                    made = smooth_solid(structure, end_caps=end_caps, gaps=gaps)
                else:  # the very slabs, so that nothing is integrated twice
                    made = self.solid(number, "slabs")
                built[whole_key] = made
            self._solids[key] = built[whole_key]
        return self._solids[key]

    def _is_small_target(self, number: int) -> bool:
        """Whether the shape "auto" interpolates an ROI; end caps and gaps do not change that."""
        assert self._structures is not None, "numbers come from its own list"
        if not any(roi.number == number and is_target_roi(roi.name, roi.type) for roi in self._structures.rois):
            return False
        return is_small(self.under(replace(self._settings, end_caps="half", gaps="bounds")).solid(number, "slabs"))

    def united(self, solids: list[Solid]) -> Solid:
        """The union of solids."""
        union = solids[0] if solids else Solid()
        for solid in solids[1:]:
            union = self._kept.combined(union, solid, "union")
        return union
