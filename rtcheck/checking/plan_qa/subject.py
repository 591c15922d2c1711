"""What the checks look at: the case, its structures, and the facts of its files, each read once."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from rtcheck.case import Case, Roi
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.plan_qa.answers import Unknown
from rtcheck.checking.plan_qa.contoured.drawn import Drawn, drawn_of
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.errors import RtcheckError
from rtcheck.geometry.solid import Solid
from rtcheck.plan_facts import BeamFacts, DoseFacts, ImageFacts, PlanFacts, StructureSetFacts
from rtcheck.protocol.names.folding import TARGET_KINDS
from rtcheck.values import dataclass

T = TypeVar("T")

EXTERNAL = "External"


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Subject:
    """The evidence of the check, asked about the plan itself.

    `anatomy` shares contours and solids with that of the constraints, but what is asked of it here is not drawn, nor
    warned of: the checks' own answers say it.
    """

    evidence: Evidence

    @property
    def case(self) -> Case:
        return self.evidence.case

    @cached_property
    def anatomy(self) -> Anatomy:
        """The structures as they are drawn: the shape "auto" concerns their doses and volumes, not their contours."""
        own = self.evidence.anatomy
        shape = own.settings.shape
        return own.under(replace(own.settings, shape="slabs" if shape == "auto" else shape))

    @cached_property
    def plan(self) -> PlanFacts:
        """Raises Unknown where there is no plan, or several were added."""
        if self.case.plan is None or not self.case.plan.sop_instance_uid:
            raise Unknown("there is no plan")
        return _loaded(self.case.stated.load_plan, "the plan is the sum of several")

    @cached_property
    def treating(self) -> tuple[BeamFacts, ...]:
        """The treatment beams. Raises Unknown where there are none, and where their numbers do not tell them apart."""
        if not self.plan.treating:
            raise Unknown("the plan has no treatment beams")
        if len({beam.number for beam in self.plan.treating}) < len(self.plan.treating):
            raise Unknown("several treatment beams have the same number")
        return self.plan.treating

    @cached_property
    def doses(self) -> tuple[DoseFacts, ...]:
        """What each dose file states."""
        return _loaded(self.case.stated.load_doses, "there is no dose")

    @cached_property
    def structure_set(self) -> StructureSetFacts:
        """What the structure set states."""
        return _loaded(self.case.stated.load_structures, "there is no structure set")

    @cached_property
    def images(self) -> tuple[ImageFacts, ...]:
        """The image slices. Raises Unknown where there are none, or all are others than those of the contours."""
        images = _loaded(self.case.stated.load_images, "there are no images")
        if not images:
            raise Unknown("there are no images with the plan")
        drawn_on = self.structure_set.image_uids if self.case.stated.load_structures else frozenset()
        if drawn_on and drawn_on.isdisjoint(image.sop_instance_uid for image in images):
            raise Unknown("the contours were drawn on other images")
        return images

    @property
    def rois(self) -> tuple[Roi, ...]:
        """The list of structures. Raises Unknown without a structure set."""
        if self.case.structures is None:
            raise Unknown("there is no structure set")
        return self.case.structures.rois

    @cached_property
    def _drawn(self) -> dict[int, Drawn | None]:
        return {}

    def drawn(self, roi: Roi) -> Drawn | None:
        """The contours of an ROI in numbers, None where it has none. Raises Unknown where they cannot be read."""
        if roi.number not in self._drawn:
            try:
                structure = self.anatomy.contours_of(roi.number)
            except RtcheckError as error:
                raise Unknown(f"{roi.name} cannot be read: {error}") from None
            self._drawn[roi.number] = drawn_of(structure) if structure.contours else None
        return self._drawn[roi.number]

    def solid_of_roi(self, roi: Roi) -> Solid:
        """The solid of one ROI, empty where nothing with an area is drawn. Raises Unknown where it cannot be read."""
        found = self.anatomy.of_rois((roi.number,), asked=roi.name, how="")
        if found.solid is None and not found.is_undrawn:
            raise Unknown(found.match.reason)
        return found.solid or Solid()

    def is_of_none(self, name: str) -> bool:
        """Whether `all GTV` stands for none: there is a structure set, and no ROI may be a GTV."""
        kind = name.removeprefix("all ")
        if kind == name or kind not in TARGET_KINDS or self.case.structures is None:
            return False
        selection = self.anatomy.names.targets(kind)
        return not selection.members and not selection.doubts

    def found(self, name: str) -> Found:
        """The structure of a name (or of an expression); raises Unknown with the reason where there is none."""
        found = self.anatomy.external() if name == EXTERNAL else self.anatomy.find(name)
        if found.solid is None:
            raise Unknown(found.match.reason or f"{name} is not contoured")
        if found.match.is_surrogate:
            raise Unknown(f"{name} is not contoured; {found.match.how} does not replace it here")
        return found

    def solid_of(self, name: str) -> Solid:
        """The solid of a name. Raises Unknown with the reason where there is none."""
        solid = self.found(name).solid
        assert solid is not None
        return solid


def _loaded(load: Callable[[], T] | None, why_not: str) -> T:
    if load is None:
        raise Unknown(why_not)
    try:
        return load()
    except RtcheckError as error:
        raise Unknown(str(error)) from None
