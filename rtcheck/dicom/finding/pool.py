"""The headers among which files are linked, looked up by UID: thousands of plans may share one patient ID."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.sources import Location


class Pool:
    """The headers of one patient, or of one folder. What is looked up comes in the order of `everything`.

    Of copies with one SOP instance UID the first alone is linked; `copies_of` finds the others.
    """

    def __init__(self, everything: Sequence[Header]) -> None:
        self._place: dict[Header, int] = {}
        self._same: dict[tuple[object, object], list[Header]] = defaultdict(list)
        for number, header in enumerate(everything):
            self._place.setdefault(header, number)
            self._same[header.role, header.sop_instance_uid or header.location].append(header)
        self.headers = tuple(same[0] for same in self._same.values())

    @cached_property
    def plans(self) -> tuple[Header, ...]:
        return self._of_role("plan")

    @cached_property
    def plan_uids(self) -> frozenset[str]:
        return frozenset(plan.sop_instance_uid for plan in self.plans)

    @cached_property
    def doses(self) -> tuple[Header, ...]:
        return self._of_role("dose")

    @cached_property
    def doses_of_no_plan(self) -> tuple[Header, ...]:
        """The doses that refer to no plan that is here."""
        return tuple(dose for dose in self.doses if self.plan_uids.isdisjoint(dose.plan_uids))

    @cached_property
    def structures(self) -> tuple[Header, ...]:
        return self._of_role("structures")

    @cached_property
    def registrations(self) -> tuple[Location, ...]:
        return tuple(header.location for header in self.headers if header.modality == "REG")

    def plans_named(self, uids: Iterable[str]) -> list[Header]:
        """The plans with these SOP instance UIDs."""
        return self._in_order(plan for uid in uids for plan in self._same.get(("plan", uid), ())[:1])

    def plans_on(self, structure_set_uid: str) -> list[Header]:
        """The plans that refer to this structure set."""
        return self._plans_on.get(structure_set_uid, [])

    def doses_for(self, plan_uids: Iterable[str]) -> list[Header]:
        """The doses that refer to one of these plans."""
        return self._in_order(dose for uid in plan_uids for dose in self._doses_for.get(uid, ()))

    def structure_set(self, uid: str) -> Header | None:
        found = self._same.get(("structures", uid)) if uid else None
        return found[0] if found else None

    def images_in(self, frame_of_reference_uid: str) -> tuple[Header, ...]:
        return self._images_in.get(frame_of_reference_uid, ())

    def copies_of(self, chosen: Collection[Header]) -> tuple[Header, ...]:
        """The other files that have the SOP instance UID of a chosen one."""
        places = {header.location for header in chosen}
        same = (self._same.get((each.role, each.sop_instance_uid), ()) for each in chosen if each.sop_instance_uid)
        return tuple(self._in_order(copy for copies in same for copy in copies if copy.location not in places))

    @cached_property
    def _plans_on(self) -> dict[str, list[Header]]:
        found = defaultdict(list)
        for plan in self.plans:
            found[plan.structure_set_uid].append(plan)
        return found

    @cached_property
    def _doses_for(self) -> dict[str, list[Header]]:
        found = defaultdict(list)
        for dose in self.doses:
            for uid in dose.plan_uids:
                found[uid].append(dose)
        return found

    @cached_property
    def _images_in(self) -> dict[str, tuple[Header, ...]]:
        found = defaultdict(list)
        for image in self._of_role("image"):
            found[image.frame_of_reference_uid].append(image)
        return {frame: tuple(images) for frame, images in found.items()}

    def _of_role(self, role: str) -> tuple[Header, ...]:
        return tuple(header for header in self.headers if header.role == role)

    def _in_order(self, headers: Iterable[Header]) -> list[Header]:
        return sorted(dict.fromkeys(headers), key=self._place.__getitem__)
