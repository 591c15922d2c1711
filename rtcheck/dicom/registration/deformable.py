"""A Deformable Spatial Registration (PS3.3 C.20.3) -> the links between frames of reference that it states.

Unlike a Spatial Registration it leads from the frame of the file to the frames of its items: a point p there is
post(pre(p) + d(p)) in the frame of the item, with d taken from the grid at p.
"""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.registration.matrices import faulty_registration, read_matrix, registered_frame
from rtcheck.geometry.transforms.affine import IDENTITY, Affine
from rtcheck.geometry.transforms.field import Field
from rtcheck.geometry.transforms.maps import Map, Warp, composed
from rtcheck.geometry.transforms.paths import Link

LARGEST_DISPLACEMENT_MM = 500.0
"""Of tissue in one patient. A field in other units, or of damaged numbers, has more."""

UNIT = 1e-3  # cosines farther from orthonormal are no axes


def deformable_links(dataset: DataSet, name: str) -> tuple[Link, ...]:
    """The maps from the file's frame of reference to those of its items.

    Raises DicomError for a file without any, and for grids and matrices that cannot be one patient's.
    """
    registered_uid = registered_frame(dataset)
    links = []
    for number, item in enumerate(dataset.items(tags.DEFORMABLE_REGISTRATION_SEQUENCE), start=1):
        source_uid = item.uid(tags.SOURCE_FRAME_OF_REFERENCE_UID)
        if source_uid in ("", registered_uid):
            continue  # the images that all are registered to, or images in no stated frame
        to_source = _to_source(item, f"item {number}")
        to_item = Link(
            source_uid=registered_uid, target_uid=source_uid, to_target=to_source, name=name, is_inverse=True
        )  # doses of the item's frame are moved to the file's, as by a rigid registration
        links.append(to_item)
    if not links:
        raise faulty_registration("it states no frame of reference that is registered to another")
    return tuple(links)


def _to_source(item: DataSet, where: str) -> Map:
    grids = list(item.items(tags.DEFORMABLE_REGISTRATION_GRID_SEQUENCE))
    matrices = [
        _matrix(item, tag, where)
        for tag in (
            tags.PRE_DEFORMATION_MATRIX_REGISTRATION_SEQUENCE,
            tags.POST_DEFORMATION_MATRIX_REGISTRATION_SEQUENCE,
        )
    ]
    if not grids and all(matrix is None for matrix in matrices):
        raise faulty_registration(f"{where} has no grid of displacements and no matrix")
    if len(grids) > 1:
        raise faulty_registration(f"{where} has {len(grids)} grids of displacements; 1 expected")
    pre, post = (matrix or IDENTITY for matrix in matrices)
    return composed([_field(grids[0], pre, where) if grids else pre, post])


def _matrix(item: DataSet, tag: int, where: str) -> Affine | None:
    found = [read_matrix(each, where) for each in item.items(tag)]
    if len(found) > 1:
        raise faulty_registration(f"{where} has {len(found)} matrices where one is expected")
    return found[0] if found else None


def _field(grid: DataSet, pre: Affine, where: str) -> Map:
    """The grid of displacements of one item."""
    counts = _binary(grid, tags.GRID_DIMENSIONS, "u4", where)
    steps_mm = _binary(grid, tags.GRID_RESOLUTION, "f8", where)
    columns, rows, planes = (int(count) for count in counts)
    if min(counts) < 2:
        raise faulty_registration(f"{where}: the grid has {columns} x {rows} x {planes} points; 2 or more expected")
    if not (np.isfinite(steps_mm) & (steps_mm > 0)).all():
        raise faulty_registration(f"{where}: the spacing of the grid is not above 0")
    raw = grid.raw(tags.VECTOR_GRID_DATA)
    if len(raw) != 12 * columns * rows * planes:
        raise faulty_registration(
            f"{where}: the grid has {len(raw)} bytes of displacements; "
            f"{12 * columns * rows * planes} expected for {columns} x {rows} x {planes} points"
        )
    stored = np.frombuffer(raw, dtype=f"{grid.encoding.byte_order}f4").reshape(planes, rows, columns, 3)
    vectors_mm = stored.astype(np.float32, copy=False)
    largest_mm = float(np.nanmax(np.abs(vectors_mm))) if np.isfinite(vectors_mm).any() else np.inf
    if largest_mm > LARGEST_DISPLACEMENT_MM:
        raise faulty_registration(f"{where}: displacements of {largest_mm:.3g} mm; tissue cannot move so far")
    return Warp(steps=(Field(vectors_mm=vectors_mm, to_nodes=_to_nodes(grid, steps_mm, where), pre=pre),))


def _to_nodes(grid: DataSet, steps_mm: NDArray[np.float64], where: str) -> Affine:
    """Points [mm] -> their place (column, row, plane) in the grid."""
    origin_mm = grid.numbers(tags.IMAGE_POSITION)
    cosines = np.array(grid.numbers(tags.IMAGE_ORIENTATION))
    if len(origin_mm) != 3 or len(cosines) != 6:
        raise faulty_registration(f"{where}: the grid has no position, or no orientation")
    along, across = cosines[:3], cosines[3:]
    if np.abs([along @ along - 1, across @ across - 1, along @ across]).max() > UNIT:
        raise faulty_registration(f"{where}: the orientation of the grid is not two unit vectors at a right angle")
    axes = np.column_stack([along, across, np.cross(along, across)])
    return Affine(linear=axes * steps_mm, shift_mm=np.array(origin_mm)).inverse


def _binary(grid: DataSet, tag: int, kind: str, where: str) -> NDArray[np.float64]:
    """Three binary numbers."""
    raw, dtype = grid.raw(tag), np.dtype(f"{grid.encoding.byte_order}{kind}")
    if len(raw) != 3 * dtype.itemsize:
        raise faulty_registration(f"{where}: the size or the spacing of the grid has {len(raw)} bytes; "
                                  f"{3 * dtype.itemsize} expected")  # fmt: skip
    return np.frombuffer(raw, dtype=dtype).astype(np.float64)
