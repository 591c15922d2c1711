"""Two levels of two plan files -> an entry for every element that no other comparison covers, by its DICOM keyword."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from rtcheck.checking.plan_diff.values import Entry, Kind, Tolerance, kind_of
from rtcheck.plan_facts import Elements

Tolerances = Mapping[str, Tolerance]
Value = str | tuple[float, ...] | None

POINTS = ("ControlPointSequence", "IonControlPointSequence")
DWELLS = "BrachyControlPointSequence"
REMARKS = frozenset({
    "BeamName", "BeamDescription", "EntityLabel", "EntityLongLabel", "Manufacturer", "InstitutionName",
    "InstitutionAddress", "InstitutionalDepartmentName", "StationName", "ManufacturerModelName", "DeviceSerialNumber",
    "PatientSetupLabel", "ToleranceTableLabel", "DoseReferenceDescription", "FractionGroupDescription",
    "ApplicationSetupName", "ApplicationSetupManufacturer", "SourceManufacturer", "SourceModelID", "BlockName",
    "CompensatorDescription", "NumberOfFractionPatternDigitsPerDay", "RepeatFractionCycleLength", "FractionPattern",
})  # fmt: skip
"""What people and systems call things, and the days of treatment: a difference changes no dose."""

CODES = frozenset({"WedgeID", "BlockTrayID", "CompensatorTrayID", "AccessoryCode", "ApplicatorID", "MaterialID"})
"""Names of parts of the machine, which not every system exports: two that differ are a difference."""

ELSEWHERE = frozenset({
    "TreatmentMachineName", "RadiationType", "BeamType", "PrimaryDosimeterUnit", "SourceAxisDistance",
    "FinalCumulativeMetersetWeight", "FinalCumulativeTimeWeight", "PatientPosition", "ControlPointIndex",
    "CumulativeMetersetWeight", "NominalBeamEnergy", "DoseRateSet", "GantryAngle", "GantryRotationDirection",
    "BeamLimitingDeviceAngle", "PatientSupportAngle", "SourceToSurfaceDistance", "TableTopPitchAngle",
    "TableTopRollAngle", "SnoutPosition", "IsocenterPosition", "TableTopVerticalPosition",
    "TableTopLongitudinalPosition", "TableTopLateralPosition", "BeamMeterset", "BeamDose", "WedgeType",
    "RangeShifterID", "ApplicatorType", "BeamLimitingDevicePositionSequence", "PrimaryFluenceModeSequence",
    "ReferencedDoseReferenceSequence", "ReferencedDoseSequence", "ReferencedReferenceImageSequence",
    "PlannedVerificationImageSequence", "ReferencedBolusSequence", "ReferencedBeamSequence",
    "NumberOfFractionsPlanned",
})  # fmt: skip
"""What is compared by itself, and what is not of the delivery."""

OF_GROUPS = frozenset({"NumberOfFractionsPlanned", "ReferencedBeamSequence", "BeamMeterset", "BeamDose"})
"""What each of several fraction groups states by itself: amounts of the plan or of a beam are then not one number."""

COUNTS = frozenset({"NumberOfPaintings", "NumberOfPulses", "NumberOfLeafJawPairs"})
"""The numbers of things that are more than the length of a sequence."""

ORDERS = (
    "RTBeamLimitingDeviceType", "WedgeNumber", "BlockNumber", "ApplicationSetupNumber", "ChannelNumber",
    "ReferencedWedgeNumber", "ReferencedBeamNumber", "FractionGroupNumber", "DoseReferenceDescription",
)  # fmt: skip
"""By what the items of a sequence are put in order, where all have it."""


NO_VALUE = ("0", "NONE")
"""What an angle or a direction of rotation is where it is not stated."""


def other_entries(
    where: str, a: Elements, b: Elements, tolerances: Tolerances, *, besides: frozenset[str] = frozenset()
) -> Iterator[Entry]:
    """An entry for each keyword on two levels and below: of several places with one, the worst.

    `besides` are keywords that are compared here although they are usually compared elsewhere.
    """
    worst: dict[str, Entry] = {}
    for entry in _level(where, "", a, b, tolerances, ELSEWHERE - besides):
        before = worst.get(entry.element)
        if before is None or _rank(entry) > _rank(before):
            worst[entry.element] = entry
    yield from worst.values()


def _prepared(level: Elements) -> Elements:
    """The level with what each control point omits filled in from the one before, and with weights as shares."""
    items = dict(level.items)
    for name in POINTS:
        filled: list[Elements] = []
        for point in items.get(name, ()):
            last = filled[-1] if filled else Elements()
            filled.append(Elements(values={**last.values, **point.values}, items={**last.items, **point.items}))
        if filled:
            items[name] = tuple(filled)
    if DWELLS in items:
        last_weight = level.values.get("FinalCumulativeTimeWeight")
        items[DWELLS] = tuple(_shared(point, "CumulativeTimeWeight", last_weight) for point in items[DWELLS])
    weights = level.values.get("ScanSpotMetersetWeights")
    highest = (max(weights, default=0.0),) if isinstance(weights, tuple) else None
    return _shared(Elements(values=level.values, items=items), "ScanSpotMetersetWeights", highest)


def _shared(level: Elements, keyword: str, whole: Value) -> Elements:
    """The level with an element divided by `whole`, where that is a number that can divide."""
    value = level.values.get(keyword)
    if isinstance(value, str) or isinstance(whole, str) or not value or not whole or not whole[0]:
        return level
    return Elements(values={**level.values, keyword: tuple(each / whole[0] for each in value)}, items=level.items)


def _level(
    where: str, place: str, a: Elements, b: Elements, tolerances: Tolerances, elsewhere: frozenset[str]
) -> Iterator[Entry]:
    a, b = _prepared(a), _prepared(b)
    for keyword in dict.fromkeys((*a.values, *b.values)):
        is_number = keyword.endswith("Number") or (keyword.startswith("NumberOf") and keyword not in COUNTS)
        if keyword not in elsewhere and (not is_number or keyword == "NumberOfFractionsPlanned"):
            yield _entry(where, keyword, a.values.get(keyword), b.values.get(keyword), place, tolerances)
    for keyword in dict.fromkeys((*a.items, *b.items)):
        if keyword not in elsewhere:
            one, two = _ordered(a.items.get(keyword, ())), _ordered(b.items.get(keyword, ()))
            yield from _sequence(where, place, keyword, (one, two), tolerances, elsewhere)


def _sequence(
    where: str, place: str, keyword: str, items: tuple[Sequence[Elements], Sequence[Elements]], tolerances: Tolerances,
    elsewhere: frozenset[str],
) -> Iterator[Entry]:  # fmt: skip
    one, two = items
    is_points = keyword in POINTS
    name = "control point" if is_points else _words(keyword)
    if len(one) == len(two):
        for number, (first, second) in enumerate(zip(one, two, strict=True), start=0 if is_points else 1):
            within = ", ".join(filter(None, (place, f"{name} {number}" if len(one) > 1 else name)))
            yield from _level(where, within, first, second, tolerances, elsewhere)
    elif not is_points:  # the control points of a beam are counted with its other elements
        kind: Kind = "beyond" if one and two else "missing"
        yield Entry(where=where, element=name, a=f"{len(one)} items", b=f"{len(two)} items", kind=kind, place=place)


def _ordered(items: Sequence[Elements]) -> Sequence[Elements]:
    """Items in an order of their own where they have one, as jaws, leaves and channels do; else as they come."""
    for name in ORDERS:
        keys = [item.values.get(name) for item in items]
        if None not in keys and len(set(keys)) == len(keys):
            return sorted(items, key=lambda item: _sortable(item.values[name]))
    return items


def _sortable(value: Value) -> tuple[str, tuple[float, ...]]:
    return (value, ()) if isinstance(value, str) else ("", value or ())


def _entry(where: str, keyword: str, a: Value, b: Value, place: str, tolerances: Tolerances) -> Entry:
    tolerance: Tolerance | None = None
    apart: float | None = None
    kind: Kind
    if a is None or b is None:
        is_default = _may_be_omitted(keyword) and _shown(b if a is None else a) in NO_VALUE
        kind = "same" if is_default else "remark" if keyword in CODES else "missing"
    elif isinstance(a, str) or isinstance(b, str) or len(a) != len(b):
        kind = "same" if a == b else "beyond"
    else:
        tolerance = tolerances["other"]
        apart = max((_distance(keyword, x, y) for x, y in zip(a, b, strict=True)), default=0.0)
        kind = kind_of(apart, tolerance)
    if keyword in REMARKS and kind in ("beyond", "missing"):
        kind = "remark"
    return Entry(where=where, element=_words(keyword), a=_shown(a, b), b=_shown(b, a), kind=kind, apart=apart,
                 tolerance=tolerance, place=place)  # fmt: skip


def _may_be_omitted(keyword: str) -> bool:
    return keyword.endswith(("Angle", "RotationDirection"))


def _distance(keyword: str, a: float, b: float) -> float:
    if math.isnan(a) and math.isnan(b):
        return 0.0
    apart = abs(a - b)
    if keyword.endswith(("Angle", "Orientation")):
        return min(apart % 360.0, 360.0 - apart % 360.0)
    return apart


def _shown(value: Value, other: Value = None) -> str:
    """A value in words: of many numbers the first that is not the same in the other."""
    if value is None:
        return "not stated"
    if isinstance(value, str):
        return value
    if len(value) <= 3:
        return ", ".join(f"{number:.6g}" for number in value)
    if isinstance(other, tuple) and len(other) == len(value):
        number = max(range(len(value)), key=lambda each: abs(value[each] - other[each]))
        return f"{value[number]:.6g} (value {number + 1} of {len(value)})"
    return f"{len(value)} values"


def _words(keyword: str) -> str:
    """ "WedgeAngle" -> "wedge angle"."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", keyword.removesuffix("Sequence"))
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in split.split())


def _rank(entry: Entry) -> tuple[int, float]:
    return ["same", "within", "remark", "beyond", "missing"].index(entry.kind), entry.apart or 0.0
