"""The ContourSequence of one ROI -> its items, and where the values of plain ones lie without reading them one by one.

The kernel goes through the bytes once. What is unusual (other encodings, values or orders of elements), and everything
where there is no kernel, is read item by item as data sets.
"""

import numpy as np

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet, LazyItems, Spans
from rtcheck.dicom.encoding.elements import MAX_ITEMS, Buffer, Encoding, item_spans
from rtcheck.dicom.encoding.text import printable
from rtcheck.geometry._kernel import calls, reading
from rtcheck.geometry.contours import FloatArray
from rtcheck.values import dataclass

_ITEM, _KIND, _POINTS, _IMAGE, _IS_PLAIN = slice(0, 2), 2, 3, slice(6, 8), 8
_XOR = 2
_FIRST_Z, _THICKNESS = 0, 1


def are_rounded(numbers: FloatArray) -> calls.BoolArray:
    """Which numbers (n,) have at most three decimals; NaN has not."""
    found: calls.BoolArray = np.rint(numbers * 1000) / 1000 == numbers
    return found


@dataclass(frozen=True, slots=True, eq=False)
class ContourTable:
    """Contours by where they lie in the buffer: `rows` and `numbers` as `reading.contours` gives them."""

    buffer: Buffer
    rows: calls.IntArray
    numbers: FloatArray

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of one item."""
        start, end = self.rows[number, _ITEM].tolist()
        return start, end

    @property
    def is_plain(self) -> bool:
        """Whether all are closed contours with at least three points and nothing unusual."""
        return bool(self.rows[:, _IS_PLAIN].all())

    @property
    def is_xor(self) -> list[bool]:
        found: list[bool] = (self.rows[:, _KIND] == _XOR).tolist()
        return found

    @property
    def thickness_mm(self) -> FloatArray:
        """The slab thickness of each, NaN where none is stated."""
        return self.numbers[:, _THICKNESS]

    @property
    def first_z_mm(self) -> list[float]:
        """The z of each first point, rounded to 1e-3 mm; NaN where it has to be read from the item."""
        z_mm = self.numbers[:, _FIRST_Z]
        found: list[float] = z_mm.tolist()
        return found if are_rounded(z_mm).all() else [round(each, 3) for each in found]

    def image_uid(self, number: int) -> str | None:
        """The image that a contour refers to, None where its item has to be read."""
        start, end = self.rows[number, _IMAGE].tolist()
        return None if start < 0 else printable(bytes(self.buffer[start:end]).decode("latin-1").strip("\0 "))

    def points(self, *, largest_mm: float) -> tuple[FloatArray, calls.IntArray, FloatArray] | None:
        """The points of all (n, 3), where each contour ends (contours,), its first, lowest and highest z (3, contours).

        None where any is not plain after all.
        """
        found = reading.points(self.buffer, self.rows, largest=largest_mm)
        if found is None:
            return None
        points_mm, z_mm = found
        return points_mm, np.cumsum(self.rows[:, _POINTS]), z_mm.T


class ContourItems(LazyItems):
    """The items of one ContourSequence, with their table where they have one."""

    def __init__(
        self, parent: DataSet, encoding: Encoding, *, spans: Spans = (), table: ContourTable | None = None
    ) -> None:
        super().__init__(parent, encoding, spans)
        self.table = table

    def __len__(self) -> int:
        return super().__len__() if self.table is None else len(self.table.rows)

    def span(self, number: int) -> tuple[int, int]:
        return super().span(number) if self.table is None else self.table.span(number)


def contour_items(roi: DataSet) -> ContourItems:
    """The contours of an item of ROIContourSequence, counted now and read when they are gone through."""
    place = roi.sequence(tags.CONTOUR_SEQUENCE)
    if place is None:
        return ContourItems(roi, roi.encoding)
    element, encoding = place
    found = None
    if encoding.is_little:
        found = reading.contours(
            roi.buffer, element.start, element.end, is_explicit=encoding.is_explicit, most=MAX_ITEMS
        )  # fmt: skip
    if found is None:
        return ContourItems(roi, encoding, spans=tuple(item_spans(roi.buffer, element, encoding)))
    return ContourItems(roi, encoding, table=ContourTable(roi.buffer, *found))
