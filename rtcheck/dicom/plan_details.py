"""RTPLAN data set -> PlanFacts: beams with every control point, fraction groups, tolerance tables, setups."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import numpy as np

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.decimals import plain_decimals
from rtcheck.dicom.rtplan import RT_ION_PLAN
from rtcheck.errors import DicomError
from rtcheck.plan_facts import BeamFacts, ControlPoint, GroupFacts, LimitingDevice, Millimetres, PlanFacts

# (meterset, dose) of a beam in its fraction group
_Given = tuple[float | None, float | None]

_HELD = {
    tags.NOMINAL_BEAM_ENERGY: "energy",
    tags.DOSE_RATE_SET: "dose_rate",
    tags.GANTRY_ANGLE: "gantry_deg",
    tags.BEAM_LIMITING_DEVICE_ANGLE: "collimator_deg",
    tags.PATIENT_SUPPORT_ANGLE: "couch_deg",
    tags.SOURCE_TO_SURFACE_DISTANCE: "ssd_mm",
}
"""Numbers of a control point that hold for those after it."""

_HELD_FLOATS = {
    tags.TABLE_TOP_PITCH_ANGLE: "pitch_deg",
    tags.TABLE_TOP_ROLL_ANGLE: "roll_deg",
    tags.SNOUT_POSITION: "snout_mm",
}
"""The same of binary floats (FL)."""

_COUCH_TOP = (
    tags.TABLE_TOP_VERTICAL_POSITION,
    tags.TABLE_TOP_LONGITUDINAL_POSITION,
    tags.TABLE_TOP_LATERAL_POSITION,
)

MOST_SPOTS = 1_000_000
"""In one control point; a field of the largest scanning nozzle has some ten thousand."""


def read_plan_facts(dataset: DataSet) -> PlanFacts:
    """All that the plan states of its delivery. Raises DicomError for a value that is not of its element's form."""
    groups, given = _groups(dataset)
    beams = [_beam(item, tags.CONTROL_POINT_SEQUENCE, given) for item in dataset.items(tags.BEAM_SEQUENCE)]
    beams += [_beam(item, tags.ION_CONTROL_POINT_SEQUENCE, given) for item in dataset.items(tags.ION_BEAM_SEQUENCE)]
    return PlanFacts(
        kind=_kind(dataset),
        made_at=moment(dataset, tags.RT_PLAN_DATE, tags.RT_PLAN_TIME),
        description=dataset.text(tags.RT_PLAN_DESCRIPTION),
        manufacturer=dataset.text(tags.MANUFACTURER),
        model=dataset.text(tags.MANUFACTURER_MODEL_NAME),
        software=dataset.text(tags.SOFTWARE_VERSIONS),
        intent=dataset.code(tags.PLAN_INTENT),
        approval=dataset.code(tags.APPROVAL_STATUS),
        beams=tuple(beams),
        groups=groups,
        tolerance_tables=tuple(
            (item.whole_number(tags.TOLERANCE_TABLE_NUMBER), item.text(tags.TOLERANCE_TABLE_LABEL))
            for item in dataset.items(tags.TOLERANCE_TABLE_SEQUENCE)
        ),
        setups=tuple(
            (item.whole_number(tags.PATIENT_SETUP_NUMBER), item.code(tags.PATIENT_POSITION))
            for item in dataset.items(tags.PATIENT_SETUP_SEQUENCE)
        ),
    )


def moment(dataset: DataSet, date_tag: int, time_tag: int) -> datetime | None:
    """Date and time (DA, TM) together; the day's beginning without a readable time, None without a date."""
    day = dataset.day(date_tag)
    if day is None:
        return None
    digits = dataset.uid(time_tag).replace(":", "").partition(".")[0]
    try:
        clock = time(int(digits[:2] or 0), int(digits[2:4] or 0), min(int(digits[4:6] or 0), 59))
    except ValueError:
        clock = time()
    return datetime.combine(day, clock)


def _kind(dataset: DataSet) -> str:
    if tags.ION_BEAM_SEQUENCE in dataset or dataset.uid(tags.SOP_CLASS_UID) == RT_ION_PLAN:
        return "ions"
    is_brachy = tags.APPLICATION_SETUP_SEQUENCE in dataset or tags.BRACHY_TREATMENT_TYPE in dataset
    return "brachy" if is_brachy and not len(dataset.lazy_items(tags.BEAM_SEQUENCE)) else "beams"


def _groups(dataset: DataSet) -> tuple[tuple[GroupFacts, ...], dict[int, _Given]]:
    """The fraction groups, and what they give to each beam; unknown where two of them give different amounts."""
    groups: list[GroupFacts] = []
    given: dict[int, _Given] = {}
    for item in dataset.items(tags.FRACTION_GROUP_SEQUENCE):
        numbers = []
        for beam in item.items(tags.REFERENCED_BEAM_SEQUENCE):
            number = beam.whole_number(tags.REFERENCED_BEAM_NUMBER)
            if number is None:
                continue
            numbers.append(number)
            own = beam.number(tags.BEAM_METERSET), beam.number(tags.BEAM_DOSE)
            given[number] = own if given.get(number, own) == own else (None, None)
        groups.append(
            GroupFacts(
                number=item.whole_number(tags.FRACTION_GROUP_NUMBER),
                fractions=item.whole_number(tags.NUMBER_OF_FRACTIONS_PLANNED),
                stated_beams=item.whole_number(tags.NUMBER_OF_BEAMS),
                beams=tuple(numbers),
                setups=len(item.lazy_items(tags.REFERENCED_BRACHY_APPLICATION_SETUP_SEQUENCE)),
            )
        )
    return tuple(groups), given


def _beam(item: DataSet, points_tag: int, given: dict[int, _Given]) -> BeamFacts:
    number = item.whole_number(tags.BEAM_NUMBER) or 0
    meterset, dose_gy = given.get(number, (None, None))
    points = tuple(_points(item, points_tag))
    return BeamFacts(
        number=number,
        name=item.text(tags.BEAM_NAME),
        description=item.text(tags.BEAM_DESCRIPTION),
        type=item.code(tags.BEAM_TYPE),
        radiation=item.code(tags.RADIATION_TYPE),
        delivery=item.code(tags.TREATMENT_DELIVERY_TYPE),
        machine=item.text(tags.TREATMENT_MACHINE_NAME),
        meterset_unit=item.code(tags.PRIMARY_DOSIMETER_UNIT),
        meterset=meterset,
        dose_gy=dose_gy,
        final_weight=item.number(tags.FINAL_CUMULATIVE_METERSET_WEIGHT),
        stated_points=item.whole_number(tags.NUMBER_OF_CONTROL_POINTS),
        source_distance_mm=item.number(tags.SOURCE_AXIS_DISTANCE),
        fluence_modes=tuple(_fluence_modes(item)),
        wedges=tuple(wedge.code(tags.WEDGE_TYPE) for wedge in item.items(tags.WEDGE_SEQUENCE)),
        boluses=_boluses(item),
        stated_wedges=item.whole_number(tags.NUMBER_OF_WEDGES),
        stated_boluses=item.whole_number(tags.NUMBER_OF_BOLI),
        stated_range_shifters=item.whole_number(tags.NUMBER_OF_RANGE_SHIFTERS),
        blocks=item.whole_number(tags.NUMBER_OF_BLOCKS) or 0,
        compensators=item.whole_number(tags.NUMBER_OF_COMPENSATORS) or 0,
        applicator=next((each.code(tags.APPLICATOR_TYPE) for each in item.items(tags.APPLICATOR_SEQUENCE)), ""),
        tolerance_table=item.whole_number(tags.REFERENCED_TOLERANCE_TABLE_NUMBER),
        setup=item.whole_number(tags.REFERENCED_PATIENT_SETUP_NUMBER),
        range_shifters=tuple(each.text(tags.RANGE_SHIFTER_ID) for each in item.items(tags.RANGE_SHIFTER_SEQUENCE)),
        snout=next((each.text(tags.SNOUT_ID) for each in item.items(tags.SNOUT_SEQUENCE)), ""),
        devices=tuple(_devices(item)),
        points=points,
    )


def _boluses(item: DataSet) -> tuple[int, ...]:
    numbers = [each.whole_number(tags.REFERENCED_ROI_NUMBER) for each in item.items(tags.REFERENCED_BOLUS_SEQUENCE)]
    unlisted = max((item.whole_number(tags.NUMBER_OF_BOLI) or 0) - len(numbers), 0)
    return tuple(-1 if number is None else number for number in (*numbers, *[None] * min(unlisted, 1)))


def _fluence_modes(item: DataSet) -> Iterator[str]:
    for mode in item.items(tags.PRIMARY_FLUENCE_MODE_SEQUENCE):
        named = mode.text(tags.FLUENCE_MODE_ID)
        yield " ".join(filter(None, (mode.code(tags.FLUENCE_MODE), named)))


def _devices(item: DataSet) -> Iterator[LimitingDevice]:
    sequences = (tags.BEAM_LIMITING_DEVICE_SEQUENCE, tags.ION_BEAM_LIMITING_DEVICE_SEQUENCE)
    for sequence in sequences:
        for device in item.items(sequence):
            yield LimitingDevice(
                type=device.code(tags.RT_BEAM_LIMITING_DEVICE_TYPE),
                pairs=device.whole_number(tags.NUMBER_OF_LEAF_JAW_PAIRS) or 0,
                boundaries_mm=device.numbers(tags.LEAF_POSITION_BOUNDARIES),
            )


def _points(item: DataSet, points_tag: int) -> Iterator[ControlPoint]:
    """The control points, each with what holds there: stated by itself, else by those before."""
    before = ControlPoint()
    points = list(item.items(points_tag))
    for point, positions_mm in zip(points, _positions(points), strict=True):
        before = _point(point, positions_mm, before)
        yield before


def _positions(points: list[DataSet]) -> Iterator[dict[str, tuple[float, ...]]]:
    """What each control point states of jaws and leaves; of an arc they are tens of thousands of numbers."""
    devices = [list(point.items(tags.BEAM_LIMITING_DEVICE_POSITION_SEQUENCE)) for point in points]
    texts = [device.raw(tags.LEAF_JAW_POSITIONS).strip(b"\0 ") for own in devices for device in own]
    plain = plain_decimals(texts) if texts else None
    numbers = iter([tuple(each.tolist()) for each in plain]) if plain else None
    for own in devices:
        yield {
            device.code(tags.RT_BEAM_LIMITING_DEVICE_TYPE): (
                device.numbers(tags.LEAF_JAW_POSITIONS) if numbers is None else next(numbers)
            )
            for device in own
        }


def _point(item: DataSet, stated_mm: dict[str, tuple[float, ...]], before: ControlPoint) -> ControlPoint:
    present = item.elements.keys()
    stated: dict[str, float | None] = {_HELD[tag]: item.number(tag) for tag in _HELD.keys() & present}
    stated |= {_HELD_FLOATS[tag]: next(iter(_floats(item, tag)), None) for tag in _HELD_FLOATS.keys() & present}
    changes: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    if any(tag in present for tag in _COUCH_TOP):
        ways = zip(_COUCH_TOP, before.couch_top_mm, strict=True)
        changes["couch_top_mm"] = tuple(held if (at := item.number(tag)) is None else at for tag, held in ways)
    spots = _floats(item, tags.SCAN_SPOT_POSITION_MAP)
    return replace(
        before,
        index=item.whole_number(tags.CONTROL_POINT_INDEX),
        meterset_weight=item.number(tags.CUMULATIVE_METERSET_WEIGHT),
        gantry_direction=item.code(tags.GANTRY_ROTATION_DIRECTION) or before.gantry_direction,
        isocentre_mm=_three(item, tags.ISOCENTER_POSITION) or before.isocentre_mm,
        positions_mm={**before.positions_mm, **stated_mm},
        spots_mm=tuple(zip(spots[0::2], spots[1::2], strict=False)),
        **changes,
    )


def _three(item: DataSet, tag: int) -> Millimetres | None:
    """A point of three coordinates; None where there is none or another number of them. [mm]"""
    numbers = item.numbers(tag)
    return (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None


def _floats(item: DataSet, tag: int) -> tuple[float, ...]:
    """Binary floats (FL) of an element. Raises DicomError for a length that no number of them has."""
    raw = item.raw(tag)
    if not raw:
        return ()
    if len(raw) % 4 or len(raw) > 8 * MOST_SPOTS:
        raise DicomError(f"an element of binary floats has {len(raw)} bytes", code="file.bad-value")
    values = np.frombuffer(raw, dtype=f"{item.encoding.byte_order}f4").astype(float)
    if not np.isfinite(values).all():
        raise DicomError("an element of binary floats holds something that is not a number", code="file.bad-value")
    return tuple(values.tolist())
