"""RTPLAN data set -> PlanElements: what it states of the delivery that `PlanFacts` has no field for, by keyword.

Wedges, blocks, compensators, accessories, spots, channels and dwell positions: whatever the standard's dictionary knows
and a comparison of two plans is to see. Identifiers, dates, names of people and private elements are omitted.
"""

import struct
from collections.abc import Iterable

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.errors import DicomError
from rtcheck.plan_facts import Elements, PlanElements

SOURCE_SEQUENCE = 0x300A_0210

_OF_THE_PLAN = (
    tags.RT_PLAN_GEOMETRY,
    tags.DOSE_REFERENCE_SEQUENCE,
    tags.FRACTION_GROUP_SEQUENCE,
    tags.BRACHY_TREATMENT_TYPE,
    0x300A_0200,  # BrachyTreatmentTechnique
    tags.TREATMENT_MACHINE_SEQUENCE,
    SOURCE_SEQUENCE,
    tags.APPLICATION_SETUP_SEQUENCE,
)

_TEXTS = frozenset({"CS", "SH", "LO", "LT", "ST", "UC", "UT"})
_DECIMALS = frozenset({"DS", "IS"})
_BINARY = {"FL": "f", "FD": "d", "US": "H", "SS": "h", "UL": "I", "SL": "i"}
_TIMES = frozenset({"DA", "TM", "DT"})


def read_plan_elements(dataset: DataSet) -> PlanElements:
    """All that the plan states of its delivery."""
    beams = [item for tag in (tags.BEAM_SEQUENCE, tags.ION_BEAM_SEQUENCE) for item in dataset.items(tag)]
    setups = _by_number(dataset, tags.PATIENT_SETUP_SEQUENCE, tags.PATIENT_SETUP_NUMBER)
    tables = _by_number(dataset, tags.TOLERANCE_TABLE_SEQUENCE, tags.TOLERANCE_TABLE_NUMBER)
    return PlanElements(
        plan=_elements(dataset, _OF_THE_PLAN),
        beams=tuple(_elements(beam, beam.elements) for beam in beams),
        setups=tuple(setups.get(beam.whole_number(tags.REFERENCED_PATIENT_SETUP_NUMBER), Elements()) for beam in beams),
        tolerance_tables=tuple(
            tables.get(beam.whole_number(tags.REFERENCED_TOLERANCE_TABLE_NUMBER), Elements()) for beam in beams
        ),
    )


def _by_number(dataset: DataSet, sequence: int, number: int) -> dict[int | None, Elements]:
    return {item.whole_number(number): _elements(item, item.elements) for item in dataset.items(sequence)}


def _elements(dataset: DataSet, chosen: Iterable[int], *, with_times: bool = False) -> Elements:
    """The chosen elements of one level, and all of those below; what has no value is not there."""
    from pydicom.datadict import dictionary_has_tag, get_entry

    values: dict[str, str | tuple[float, ...]] = {}
    items: dict[str, tuple[Elements, ...]] = {}
    for tag in chosen:
        if tag not in dataset or not dictionary_has_tag(tag):
            continue
        vr, _, _, _, keyword = get_entry(tag)
        if vr == "SQ":
            is_timed = with_times or tag == SOURCE_SEQUENCE  # a source's strength is that of a day
            items[keyword] = tuple(_elements(item, item.elements, with_times=is_timed) for item in dataset.items(tag))
        elif value := _value(dataset, tag, vr, with_times=with_times):
            values[keyword] = value
    return Elements(values=values, items=items)


def _value(dataset: DataSet, tag: int, vr: str, *, with_times: bool) -> str | tuple[float, ...]:
    """Texts and numbers; a number that is not of its element's form is compared as it is written."""
    raw = dataset.raw(tag)
    if vr in _TEXTS or (with_times and vr in _TIMES):
        has_several = b"\\" in raw
        return dataset.uid(tag) if has_several else dataset.text(tag)  # all of them, or one in its characters
    if vr in _DECIMALS:
        try:
            return dataset.numbers(tag)
        except DicomError:
            return dataset.uid(tag)
    if vr in _BINARY:
        size = struct.calcsize(f"<{_BINARY[vr]}")
        if len(raw) % size:
            return raw.hex()
        return struct.unpack(f"{dataset.encoding.byte_order}{len(raw) // size}{_BINARY[vr]}", raw)
    return ""
