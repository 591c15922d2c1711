"""Doses of several frames of reference -> doses in one, each moved by the registrations that were given or found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtcheck.case import Case, SourceFile
from rtcheck.checking.courses.added_doses import Addend
from rtcheck.checking.courses.shared_structures import notices_of_shared_structures
from rtcheck.dicom.encoding.text import folded_name
from rtcheck.dicom.finding.sources import locate
from rtcheck.dicom.registration.spatial import RegistrationFile, read_registration
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.moved_dose import MovedDose, along_axes
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.geometry.transforms.affine import IDENTITY, FloatArray
from rtcheck.geometry.transforms.maps import Map, Warp, lattice_mm, most_apart_mm, require_no_folds
from rtcheck.geometry.transforms.paths import SAME_MM, Link, shortest_path
from rtcheck.geometry.transforms.paths import Path as Chain
from rtcheck.notices import Notice
from rtcheck.values import dataclass

IDENTITY_MM = 0.01
OF_ANOTHER = " is a registration of another patient."


@dataclass(frozen=True, slots=True, kw_only=True)
class InOneFrame:
    """The doses in one frame of reference, the registrations that this took, and what is remarked on them.

    `to_own` are the maps to the doses' own frames; None for those that are not moved.
    """

    doses: tuple[Addend, ...]
    to_own: tuple[Map | None, ...]
    sources: tuple[SourceFile, ...] = ()
    notices: tuple[Notice, ...] = ()


def in_one_frame(
    cases: Sequence[Case], doses: Sequence[DoseGrid], home: Case, given: Sequence[Path], names: Sequence[str]
) -> InOneFrame:
    """The doses (one of each case) in the frame of reference of the case `home`.

    `given` are the registrations to use; without any, those found next to the plans. `names` are the plans', for
    people.

    Raises UsageError where no registration leads to the frame, or several that contradict each other.
    """
    home_uid = home.dose.frame_of_reference_uid if home.dose else ""
    frames = {dose.frame_of_reference_uid for dose in doses}
    if len(frames - {""}) < 2:
        unused = Notice(
            code="registration.unused", text="The plans are in one frame of reference: no registration was used"
        )
        return InOneFrame(doses=tuple(doses), to_own=(None,) * len(doses), notices=(unused,) if given else ())
    if "" in frames:
        raise UsageError("The dose of one plan has no frame of reference, and those of the others differ.")
    book = _Book.of(cases, given)
    maps: list[Map | None] = []
    notices: list[Notice] = []
    used: dict[str, SourceFile] = {}
    for case, dose, name in zip(cases, doses, names, strict=True):
        if dose.frame_of_reference_uid == home_uid:
            maps.append(None)
            continue
        chain = book.chain(dose, home_uid)
        to_own = chain.to_target.inverse
        require_no_folds(to_own, dose.low_mm, dose.high_mm)
        maps.append(to_own)
        notices += _notices(name, dose, chain)
        notices += notices_of_shared_structures(home, case, chain.to_target, name)
        used |= {link.digest: book.sources[link.digest] for link in chain.links}
    moved = tuple(placed(dose, to_own, home_uid) for dose, to_own in zip(doses, maps, strict=True))
    return InOneFrame(doses=moved, to_own=tuple(maps), sources=tuple(used.values()), notices=tuple(notices))


def placed(dose: DoseGrid, to_own: Map | None, frame_uid: str) -> Addend:
    """A dose in another frame of reference, on its own nodes where the map leaves them along the axes."""
    if to_own is None:
        return dose
    there = MovedDose(dose=dose, to_own=to_own)
    on_nodes = along_axes(there)
    return there if on_nodes is None else replace(on_nodes, frame_of_reference_uid=frame_uid)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Book:
    """All links that may be used, the files by their names, and why others may not be."""

    links: tuple[Link, ...]
    sources: dict[str, SourceFile]
    unusable: tuple[str, ...] = ()

    @staticmethod
    def of(cases: Sequence[Case], given: Sequence[Path]) -> "_Book":
        if given:
            files = tuple(read_registration(locate(path), why="named by option") for path in given)
            for file in files:
                if not _is_of(file, cases):
                    raise UsageError(f"{file.name}{OF_ANOTHER}")
            return _Book._holding(files, ())
        paths = dict.fromkeys(path for case in cases for path in case.registrations)
        looked = [look_at(path, cases) for path in paths]
        files_found = [each for each in looked if isinstance(each, RegistrationFile)]
        return _Book._holding(files_found, tuple(each for each in looked if isinstance(each, str)))

    @staticmethod
    def _holding(files: Sequence[RegistrationFile], unusable: tuple[str, ...]) -> "_Book":
        distinct = {file.source.sha256: file for file in files}.values()
        return _Book(
            links=tuple(replace(link, digest=file.source.sha256) for file in distinct for link in file.links),
            sources={file.source.sha256: file.source for file in distinct},
            unusable=unusable,
        )

    def chain(self, dose: DoseGrid, home_uid: str) -> Chain:
        """The registrations from a dose's frame of reference to that of the structures."""
        within = lattice_mm(dose.low_mm, dose.high_mm)
        found = shortest_path(self.links, dose.frame_of_reference_uid, home_uid, within)
        if found is None:
            raise UsageError("\n".join([self._why_none, *(f"    {text}" for text in self.unusable)]))
        if found.others_apart_mm > SAME_MM:
            raise UsageError(
                "Several registrations lead from one plan's frame of reference to the other's, and they put the dose "
                f"up to {found.others_apart_mm:.1f} mm apart. Choose with --registration FILE: "
                f"{self._names}."
            )
        return found

    @property
    def _names(self) -> str:
        return ", ".join(sorted({link.name for link in self.links}))

    @property
    def _why_none(self) -> str:
        if self.links:
            what = f"the registrations ({self._names}) do not lead from one to the other"
        else:
            what = "there is no registration that can be used" if self.unusable else "there is no registration"
        return (
            "The doses of the plans are in different frames of reference and cannot be added without a registration: "
            f"{what}. Give a DICOM registration (REG) of these frames with --registration FILE, or resample one dose "
            "in the planning system first."
        )


def look_at(path: Path, cases: Sequence[Case]) -> RegistrationFile | str:
    """A registration that was found next to the plans, or why it cannot be used for them."""
    try:
        file = read_registration(locate(path), why="found next to the plans")
    except RtcheckError as error:
        return str(error)
    return file if _is_of(file, cases) else f"{file.name}{OF_ANOTHER}"


def _is_of(file: RegistrationFile, cases: Sequence[Case]) -> bool:
    """Whether no ID or name of a patient says otherwise."""
    patients = {(folded_name(case.patient.id), folded_name(case.patient.name)) for case in cases}
    return all(
        one == other or not one or not other
        for patient in patients
        for one, other in zip(file.patient, patient, strict=True)
    )


def _notices(name: str, dose: DoseGrid, chain: Chain) -> Iterator[Notice]:
    files = ", then ".join(dict.fromkeys(f"{'the inverse of ' * link.is_inverse}{link.name}" for link in chain.links))
    how = "on its own grid points" if chain.to_target.is_along_axes else "trilinear at the grid points of the sum"
    yield Notice(
        code="registration.used",
        text=(
            f"The dose of {name} was moved into the frame of reference of the structures by {files} "
            f"({_described(chain.to_target, dose)}), {how}. The accuracy of the registration is unknown: check it"
        ),
    )
    if isinstance(chain.to_target, Warp):
        yield Notice(
            code="registration.deformable",
            text=(
                f"The registration of {name} is deformable: it states which tissue is where, also where tissue grew, "
                "shrank, was removed or slid along other tissue and no such pairs exist. The summed dose is that of "
                "its voxels. Check the displacements in the organs of interest before relying on it"
            ),
        )


def _described(to_target: Map, dose: DoseGrid) -> str:
    """ "rigid: turned by 5.0 degrees, the centre of the grid moved by 34.2 mm"."""
    within = lattice_mm(dose.low_mm, dose.high_mm)
    if most_apart_mm(to_target, IDENTITY, within) < IDENTITY_MM:
        return "identity: the coordinates of both frames are taken as the same"
    if isinstance(to_target, Warp):
        return f"deformable: {_moves(to_target, within)}"
    centre = within.mean(axis=0)
    shift_mm = float(np.linalg.norm(to_target.at(centre) - centre))
    if to_target.is_rigid:
        kind = f"rigid: turned by {to_target.turn_degrees:.1f} degrees"
    else:
        largest, _, least = to_target.scales
        kind = f"not rigid: lengths are scaled by {least:.3f} to {largest:.3f}"
    return f"{kind}, the centre of the grid moved by {shift_mm:.1f} mm"


def _moves(to_target: Warp, points_mm: FloatArray) -> str:
    """By how much points spread over the dose grid move, and how many of them the field does not reach."""
    moved_mm = np.linalg.norm(to_target.at(points_mm) - points_mm, axis=-1)
    known = moved_mm[np.isfinite(moved_mm)]
    if not len(known):
        return "it does not reach the grid"
    part = (
        "" if len(known) == len(moved_mm) else f"; {1 - len(known) / len(moved_mm):.0%} of the dose grid lies beyond it"
    )
    return f"the grid moved by {known.min():.1f} to {known.max():.1f} mm{part}"
