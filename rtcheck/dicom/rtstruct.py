"""RTSTRUCT data set -> StructureSet: the list of ROIs at once, the contours of one ROI when they are asked for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from threading import Lock

from rtcheck.case import Roi, StructureSet
from rtcheck.dicom.contour_data import read_lists
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.contour_items import ContourItems, contour_items
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.sources import DicomFile, naming
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.slice_positions import Slices, slices_of_set
from rtcheck.errors import DicomError
from rtcheck.geometry.contours import Structure
from rtcheck.timing import timed
from rtcheck.values import dataclass

SEVERAL_TYPES = "/"
"""Between the types of a structure that has several, so that it is of none of them."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the three sequences of a structure set say about one ROI."""

    roi: Roi
    frame_of_reference_uid: str
    contours: tuple[ContourItems, ...]


def read_structures(
    file: DicomFile, findings: Findings, *, dose_frame_uid: str = "", images: Sequence[Header] = ()
) -> StructureSet:
    """The structure set in an RTSTRUCT file. `load(number)` raises DicomError where that ROI cannot be used.

    An ROI in another frame of reference than the dose's (where that is given) is one of those. `images` are the CT
    slices in its frame of reference: they say on which slices structures could be drawn.
    """
    entries = _read_entries(file.dataset, findings)
    if not entries:
        findings.refuse("structures.none", f"{file.location}: the structure set lists no structures.")
    numbers = Counter(entry.roi.number for entry in entries)
    for number in (number for number, count in numbers.items() if count > 1):
        names = ", ".join(entry.roi.name for entry in entries if entry.roi.number == number)
        findings.warn(
            "structures.duplicate-number",
            f"The ROI number {number} is given to several structures ({names}), none of which can be evaluated.",
        )
    if several := [f"{entry.roi.name} ({entry.roi.type})" for entry in entries if SEVERAL_TYPES in entry.roi.type]:
        findings.warn("structures.several-types", f"Structures with several types: {', '.join(several)}.")
    foreign = [entry.roi.name for entry in entries if entry.roi.name_alternatives]
    if foreign:
        findings.tell(
            "structures.charset",
            f"{len(foreign)} structure names are not ASCII; other character sets than the declared one are also tried.",
        )
    loader = _Loader(file, entries, findings.fork(), dose_frame_uid, images)
    return StructureSet(
        rois=tuple(entry.roi for entry in entries),
        load=loader.load,
        label=file.dataset.text(tags.STRUCTURE_SET_LABEL),
        sop_instance_uid=file.dataset.uid(tags.SOP_INSTANCE_UID),
        frame_of_reference_uid=_frame_of_reference(file.dataset, entries, dose_frame_uid),
    )


class _Loader:
    """Parses one ROI's contours on request; safe to call from several threads."""

    def __init__(
        self,
        file: DicomFile,
        entries: tuple[_Entry, ...],
        policy: Findings,
        dose_frame_uid: str,
        images: Sequence[Header],
    ) -> None:
        self._file = file
        self._images = images
        self._dose_frame_uid = dose_frame_uid
        self._entries = entries
        self._policy = policy
        self._lock = Lock()

    @timed("reading")
    def load(self, number: int) -> Structure:
        """The ROI with this number, its contours in patient millimetres."""
        entry = self._entry(number)
        findings = self._policy.fork()
        name = entry.roi.name
        with naming(self._file.location):
            self._check_frame(entry, findings)
            if (lists := sum(map(bool, map(len, entry.contours)))) > 1:
                findings.warn(
                    "structures.contours-twice",
                    f"{name} has {lists} lists of contours instead of one; all of them are used together: one may be "
                    f"of another structure or an old version.",
                    structure=name,
                )
            drawn = read_lists(entry.contours, name, findings)
        with self._lock:
            slices = self._slices
        findings.add(slices.notices(number, name))
        return Structure(
            name=name,
            number=number,
            type=entry.roi.type,
            contours=drawn.contours,
            frame_of_reference_uid=entry.frame_of_reference_uid,
            slab_thickness_mm=drawn.slab_thickness_mm,
            slices_mm=slices.of_roi(number),
            marks=drawn.marks,
            notices=tuple(findings.notices),
        )

    def _check_frame(self, entry: _Entry, findings: Findings) -> None:
        uids = {entry.frame_of_reference_uid, self._dose_frame_uid} - {""}
        if len(uids) > 1 and not self._is_said_of_the_set(entry, findings):
            findings.refuse_unless_ignored(
                "frame.mismatch", f"{entry.roi.name} is contoured in another frame of reference than the dose."
            )

    def _is_said_of_the_set(self, entry: _Entry, findings: Findings) -> bool:
        """Whether the whole structure set was let through in that frame of reference, with a notice, already."""
        uids = {other.frame_of_reference_uid for other in self._entries}
        return "frame.mismatch" in findings.ignored and uids == {entry.frame_of_reference_uid}

    def _entry(self, number: int) -> _Entry:
        found = [entry for entry in self._entries if entry.roi.number == number]
        if len(found) != 1:
            text = f"{self._file.location}: {len(found)} structures have the ROI number {number}; expected one."
            raise DicomError(text, code="structures.duplicate-number")
        return found[0]

    @cached_property
    def _slices(self) -> Slices:
        """The slices of the whole set."""
        contours_of = {entry.roi.number: entry.contours for entry in self._entries}
        return slices_of_set(contours_of, self._file.dataset, self._images)


def _read_entries(dataset: DataSet, findings: Findings) -> tuple[_Entry, ...]:
    contours_of: dict[int, list[ContourItems]] = {}
    colours: dict[int, tuple[int, int, int]] = {}
    for item in dataset.items(tags.ROI_CONTOUR_SEQUENCE):
        number = _roi_number(item, tags.REFERENCED_ROI_NUMBER)
        if colour := _display_colour(item):
            colours.setdefault(number, colour)
        contours_of.setdefault(number, []).append(contour_items(item))
    observations: dict[int, list[DataSet]] = {}
    for item in dataset.items(tags.RT_ROI_OBSERVATIONS_SEQUENCE):
        observations.setdefault(_roi_number(item, tags.REFERENCED_ROI_NUMBER), []).append(item)
    entries = []
    for item in dataset.items(tags.STRUCTURE_SET_ROI_SEQUENCE):
        number = _roi_number(item, tags.ROI_NUMBER)
        contours = tuple(contours_of.get(number, ()))
        roi = replace(
            _roi(item, number, observations.get(number, ()), sum(map(len, contours))),
            display_colour=colours.get(number),
        )
        entries.append(_Entry(roi, item.uid(tags.REFERENCED_FRAME_OF_REFERENCE_UID), contours))
    orphans = sorted(set(contours_of) - {entry.roi.number for entry in entries})
    if orphans:
        listed = ", ".join(map(str, orphans))
        findings.warn("structures.orphan-contours", f"Contours of unlisted ROI numbers were omitted: {listed}.")
    return tuple(entries)


def _roi_number(item: DataSet, tag: int) -> int:
    number = item.whole_number(tag)
    if number is None:
        raise DicomError("An entry of the structure set has no ROI number.", code="structures.no-number")
    return number


def _roi(item: DataSet, number: int, observations: Sequence[DataSet], contours: int) -> Roi:
    types = {roi_type for each in observations if (roi_type := each.code(tags.RT_ROI_INTERPRETED_TYPE))}
    return Roi(
        number=number,
        name=item.text(tags.ROI_NAME),
        type=SEVERAL_TYPES.join(sorted(types)),
        codes=tuple(chain.from_iterable(map(_codes, observations))),
        contours=contours,
        volume_cc_stated=_stated_volume_cc(item),
        name_alternatives=item.text_alternatives(tags.ROI_NAME),
    )


def _display_colour(item: DataSet) -> tuple[int, int, int] | None:
    """ROIDisplayColor (red, green, blue from 0 to 255), for plots only: a malformed one is treated as missing."""
    try:
        values = item.numbers(tags.ROI_DISPLAY_COLOR)
    except DicomError:
        return None
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        return None
    red, green, blue = map(round, values)
    return red, green, blue


def _codes(observation: DataSet) -> Iterator[tuple[str, str]]:
    for code in observation.items(tags.RT_ROI_IDENTIFICATION_CODE_SEQUENCE):
        value = code.text(tags.CODE_VALUE)
        if value:
            yield code.text(tags.CODING_SCHEME_DESIGNATOR), value


def _stated_volume_cc(item: DataSet) -> float | None:
    """ROIVolume, for comparison only: a malformed one is as good as none. [cc]"""
    try:
        return item.number(tags.ROI_VOLUME)
    except DicomError:
        return None


def _frame_of_reference(dataset: DataSet, entries: tuple[_Entry, ...], dose_frame_uid: str) -> str:
    """The dose's frame of reference where any ROI has it, else that of most ROIs, else the structure set's first."""
    uids = Counter(entry.frame_of_reference_uid for entry in entries if entry.frame_of_reference_uid)
    if dose_frame_uid in uids:
        return dose_frame_uid
    if uids:
        return uids.most_common(1)[0][0]
    first = dataset.first_item(tags.REFERENCED_FRAME_OF_REFERENCE_SEQUENCE)
    return first.uid(tags.FRAME_OF_REFERENCE_UID) if first else ""
