"""RTPLAN data set -> its fraction groups: how often which beams or application setups are given, and their doses."""

from rtcheck.case import DosePoint
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.values import dataclass

_NOT_TREATING = ("SETUP", "OPEN_PORTFILM", "TRMT_PORTFILM")


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionGroup:
    """One fraction group: how often which beams, or which brachytherapy application setups, are delivered.

    `setup_doses_gy` are the doses of its brachytherapy application setups, `points` those with a specification point.
    """

    number: int
    fractions: int | None
    beam_numbers: tuple[int, ...]
    beam_doses_gy: tuple[float | None, ...]
    setup_numbers: tuple[int, ...] = ()
    setup_doses_gy: tuple[float | None, ...] = ()
    points: tuple[DosePoint, ...] = ()

    @property
    def dose_per_fraction_gy(self) -> float | None:
        """The sum of the beam (or setup) doses of one fraction, None where one of them has none. [Gy]"""
        doses_gy = (*self.beam_doses_gy, *self.setup_doses_gy)
        given = [dose for dose in doses_gy if dose is not None]
        return sum(given) if given and len(given) == len(doses_gy) else None


def fraction_groups(dataset: DataSet) -> tuple[FractionGroup, ...]:
    """The fraction groups that deliver beams or sources (all, where none does), in the file's order."""
    beams = (*dataset.items(tags.BEAM_SEQUENCE), *dataset.items(tags.ION_BEAM_SEQUENCE))
    idle = {b.whole_number(tags.BEAM_NUMBER) for b in beams if b.code(tags.TREATMENT_DELIVERY_TYPE) in _NOT_TREATING}
    groups = tuple(_fraction_group(item, idle) for item in dataset.items(tags.FRACTION_GROUP_SEQUENCE))
    return tuple(group for group in groups if group.beam_numbers or group.setup_doses_gy) or groups


def beam_dose_total_gy(groups: tuple[FractionGroup, ...]) -> float | None:
    """The beam (or setup) doses of all fractions of all groups, None where one is not known. [Gy]"""
    total_gy = 0.0
    for group in groups:
        if group.dose_per_fraction_gy is None or not group.fractions:
            return None
        total_gy += group.dose_per_fraction_gy * group.fractions
    return round(total_gy, 6) if groups else None


def _fraction_group(item: DataSet, idle: set[int | None]) -> FractionGroup:
    beams = [
        (number, beam.number(tags.BEAM_DOSE))
        for beam in item.items(tags.REFERENCED_BEAM_SEQUENCE)
        if (number := beam.whole_number(tags.REFERENCED_BEAM_NUMBER)) is not None and number not in idle
    ]
    setups = tuple(item.items(tags.REFERENCED_BRACHY_APPLICATION_SETUP_SEQUENCE))
    return FractionGroup(
        number=item.whole_number(tags.FRACTION_GROUP_NUMBER) or 0,
        fractions=item.whole_number(tags.NUMBER_OF_FRACTIONS_PLANNED),
        beam_numbers=tuple(number for number, _ in beams),
        beam_doses_gy=tuple(dose_gy for _, dose_gy in beams),
        setup_numbers=tuple(
            setup.whole_number(tags.REFERENCED_BRACHY_APPLICATION_SETUP_NUMBER) or 0 for setup in setups
        ),
        setup_doses_gy=tuple(setup.number(tags.BRACHY_APPLICATION_SETUP_DOSE) for setup in setups),
        points=tuple(point for setup in setups for point in _points(setup)),
    )


def _points(setup: DataSet) -> tuple[DosePoint, ...]:
    """The setup's specification point with its dose, where both are stated."""
    dose_gy = setup.number(tags.BRACHY_APPLICATION_SETUP_DOSE)
    position_mm = setup.numbers(tags.BRACHY_APPLICATION_SETUP_DOSE_SPECIFICATION_POINT)
    if not dose_gy or len(position_mm) != 3:
        return ()
    x, y, z = position_mm
    return (DosePoint(position_mm=(x, y, z), dose_gy=dose_gy),)
