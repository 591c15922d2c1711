"""Case: what one patient's files turned into. Plain values; no DICOM library is needed to hold or to make one."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.solid import Solid
from rtcheck.notices import Notice
from rtcheck.plan_facts import Stated
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.dosimetry.moved_dose import MovedDose

Role = Literal["plan", "dose", "structures", "image", "registration", "scenario"]

SAME_LEVEL = 1e-4
"""Relative: doses nearer than this are one dose level, written with other decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file that was read: `why` says how it was chosen ("named", "references the plan by UID", ...).

    Its SHA-256 is computed where it is needed, or in the background from when `begin_sha256` is called.
    """

    role: Role
    path: Path | None
    sop_instance_uid: str
    load_sha256: Callable[[], str] = field(repr=False, compare=False)
    size_bytes: int
    why: str = ""
    begin_sha256: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        return self.load_sha256()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who it is, as far as the files say; `birth_date` is None for missing, placeholder or impossible dates.

    The repr tells nothing of it: reprs end in logs.
    """

    id: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Where, by whom and with what a plan was made, as far as the files say; for reports only.

    `planner` and `reviewer` are DICOM person names, and not in the repr: reprs end in logs.
    """

    institution: str = ""
    planner: str = field(default="", repr=False)
    reviewer: str = field(default="", repr=False)
    machines: tuple[str, ...] = ()
    planning_system: str = ""
    dose_comment: str = field(default="", repr=False)
    heterogeneity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """What is prescribed to one target, and where that was read (`source`); `is_given`: by the user, not the plan."""

    dose_gy: float
    target: str = ""
    roi_number: int | None = None
    source: str = ""
    is_given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target that the plan lists without a prescribed dose."""

    name: str = ""
    roi_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePoint:
    """A point (patient LPS, mm) to which the plan states a dose: a brachytherapy plan's specification points."""

    position_mm: tuple[float, float, float]
    dose_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLimits:
    """What the plan itself allows one of its dose references (PS3.3 C.8.8.10).

    `name` is its description, `amounts` are (keyword of the element, amount in Gy or %). `is_volume`: it is of a ROI's
    volume or a site, not of a point.
    """

    name: str
    roi_number: int | None
    is_volume: bool
    amounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """One beam of the plan's fraction groups. `dose_gy` is the BeamDose per fraction, where the plan has it."""

    number: int
    name: str = ""
    radiation_type: str = ""
    energy_mv: tuple[float, ...] = ()
    delivery_type: str = ""
    beam_type: str = ""
    control_points: int = 0
    dose_gy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An RT Plan: `fractions` is None where the plan does not say.

    `prescriptions`, the main one first: the user's, else the highest. Where there is none `why_no_prescription` is a
    clause that says why. `unclear_levels` are the user's levels of names that are not one structure: they count for
    nothing. `dose_limits` are those that the plan states itself. `fraction_doses_gy` are the doses of one fraction by
    the beam (or application setup) doses of each fraction group, `beam_dose_total_gy` those of all fractions: what the
    beams give to their own reference points, which is not a prescription.
    """

    label: str = ""
    name: str = ""
    sop_instance_uid: str = ""
    structure_set_uid: str = ""
    frame_of_reference_uid: str = ""
    approval_status: str = ""
    planned_on: date | None = None
    patient_position: str = ""
    prescriptions: tuple[Prescription, ...] = ()
    targets_without_dose: tuple[Target, ...] = ()
    why_no_prescription: str = ""
    unclear_levels: tuple[Prescription, ...] = ()
    fractions: int | None = None
    fraction_groups: int = 1
    fraction_doses_gy: tuple[float, ...] = ()
    beam_dose_total_gy: float | None = None
    beams: tuple[Beam, ...] = ()
    dose_points: tuple[DosePoint, ...] = ()
    dose_limits: tuple[DoseLimits, ...] = ()
    is_brachy: bool = False
    is_ion: bool = False

    @property
    def prescription(self) -> Prescription | None:
        """The main prescription, or None."""
        return self.prescriptions[0] if self.prescriptions else None


def added_prescriptions(plans: Sequence[tuple[Prescription, ...]], source: str) -> tuple[Prescription, ...]:
    """What plans that are added prescribe together; nothing where one of them prescribes nothing.

    Where all of them have one level to one and the same target, that is its sum. Else the sum is the main prescription
    and each plan's levels are listed, tied to no target: what a boost's target has in all cannot be known from them.
    """
    if not plans or not all(plans):
        return ()
    every = [each for prescriptions in plans for each in prescriptions]
    numbers = {each.roi_number for each in every}
    total = Prescription(dose_gy=sum(prescriptions[0].dose_gy for prescriptions in plans), source=source)
    if len(every) == len(plans) and len({each.target or each.roi_number for each in every}) == 1:
        return (replace(total, target=every[0].target, roi_number=numbers.pop() if len(numbers) == 1 else None),)
    return (total, *(replace(each, target="", roi_number=None) for each in every))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roi:
    """One entry of a structure set's list, before its contours are read.

    `codes` are (scheme, value) of the ROI's identification codes (FMA, SNOMED); `name_alternatives` are other
    readings of a name whose declared character set cannot be right (GB18030 bytes declared as Latin-1).
    `display_colour` is red, green and blue from 0 to 255, as the planning system shows the ROI.
    """

    number: int
    name: str
    type: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    contours: int = 0
    volume_cc_stated: float | None = None
    name_alternatives: tuple[str, ...] = ()
    display_colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StructureSet:
    """The ROIs of a structure set; `load(number)` parses one ROI's contours when they are needed."""

    rois: tuple[Roi, ...]
    load: Callable[[int], Structure]
    label: str = ""
    sop_instance_uid: str = ""
    frame_of_reference_uid: str = ""
    _drawn: dict[int, Structure] = field(default_factory=dict, init=False, repr=False)
    _slabs: dict[int, Solid] = field(default_factory=dict, init=False, repr=False)

    def __iter__(self) -> Iterator[Roi]:
        return iter(self.rois)

    def drawn(self, number: int) -> Structure:
        """What is drawn of one ROI, read once. Raises RtcheckError where it cannot be read."""
        if number not in self._drawn:
            self._drawn[number] = self.load(number)
        return self._drawn[number]

    def slabs(self, number: int) -> Solid:
        """The solid of one ROI under the usual conventions, built once: for its plausibility and for its limits.

        Raises RtcheckError where the ROI cannot be read.
        """
        if number not in self._slabs:
            from rtcheck.geometry.build import build_solid

            self._slabs[number] = build_solid(self.drawn(number))
        return self._slabs[number]


@dataclass(frozen=True, slots=True, kw_only=True)
class TpsDvh:
    """A DVH that the planning system stored in the RTDOSE: for comparison, never for a verdict."""

    roi_number: int
    dvh: Dvh
    is_relative_volume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phase:
    """A part of a course that is given in equal fractions: its physical dose; `fractions` is None if not stated."""

    dose: "DoseGrid | MovedDose"
    fractions: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """One plan of a sum, in the coordinates of the sum. Its phases are one, or one for each fraction group.

    `prescribed_gy` is the dose that decides whether its grid's end is the dose's end; None where nothing does.
    """

    phases: tuple[Phase, ...]
    label: str = ""
    planned_on: date | None = None
    prescribed_gy: float | None = None

    @property
    def fractions(self) -> int | None:
        """All its fractions; None where one phase does not state them."""
        every = [phase.fractions for phase in self.phases]
        return sum(each for each in every if each) if all(every) else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Courses:
    """The courses that a case's dose is made of, for what cannot be computed of their sum: `of` is that dose.

    Where a case has another dose by now, they say nothing of it. What is made of them is then blurred by normal errors
    of the deviations `blur_mm`, and moved by `shift_mm`, as that dose was. Where many shifts follow, `made` keeps it as
    it is before it is moved.
    """

    of: DoseGrid
    courses: tuple[Course, ...]
    blur_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    made: dict[Hashable, DoseGrid] | None = field(default=None, repr=False)

    def moved(self, dose: DoseGrid, shift_mm: tuple[float, float, float]) -> "Courses":
        """The same courses, shifted as `dose` is. [mm]"""
        x, y, z = (one + more for one, more in zip(self.shift_mm, shift_mm, strict=True))
        return replace(self, of=dose, shift_mm=(x, y, z))

    def blurred(self, dose: DoseGrid, deviations_mm: tuple[float, float, float]) -> "Courses":
        """The same courses, blurred by random errors as `dose` is. [mm]"""
        return replace(self, of=dose, blur_mm=deviations_mm, made={})

    def for_many_shifts(self) -> "Courses":
        """The same courses, which keep what is made of them."""
        return replace(self, made={})

    def here(self, key: Hashable, make: Callable[[], DoseGrid]) -> DoseGrid:
        """What `make` makes of the courses' doses, moved as they are; `key` is what it is called."""
        made = {} if self.made is None else self.made
        if key not in made:
            made[key] = make()
        return made[key].moved(*self.shift_mm) if any(self.shift_mm) else made[key]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """The dose of the plan under one of its uncertainties, as the planning system computed it; `load` reads it."""

    name: str
    load: Callable[[], DoseGrid]
    source: SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseSum:
    """How a dose was added up: the files of each plan by SHA-256, and the alpha/beta where each was made EQD2 first.

    `origin_mm` and `spacing_mm` (x, y, z) are those of the finest of the grids, on which the doses were added.
    `registrations` are the files that doses of other frames of reference were moved by (SHA-256), `structures_of` the
    place of the plan whose structures are used, if the user chose it. `delivered` are the fractions given of each plan
    (None: all). `without_fractions` names the plans that state none; `effect` is what `eqd2_alpha_beta_gy` is of.
    `is_by_values`: not the doses were added but their values, with uniform `external` doses (Gy, fractions);
    `fractions_left` are still to come.
    """

    files: tuple[tuple[str, ...], ...]
    eqd2_alpha_beta_gy: float | None = None
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    registrations: tuple[str, ...] = ()
    structures_of: int | None = None
    delivered: tuple[int | None, ...] = ()
    without_fractions: str = ""
    effect: Literal["EQD2", "BED"] = "EQD2"
    is_by_values: bool = False
    external: tuple[tuple[float, int], ...] = ()
    fractions_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Case:
    """A plan (or none), a dose (or none) and structures (or none) of one patient in one frame of reference.

    Missing parts are None: what needs them becomes not evaluated. `images` are CT slices beside the plan, by
    path, for pictures only; `registrations` are files of modality REG there. `load_tps_dvhs` reads the planning
    system's own DVHs on request. `beam_doses` holds single-beam doses by beam number where the files have them, each
    read when it is asked for. `ignored_codes` and `error_codes` are what --ignore and --error named: notices of later
    steps are to be held against them too.
    `overrides` are `dose_rx_gy`, `fractions` and `dose_is` as far as the user gave them, for the record. `dose_sum`
    says that the dose is that of several plans, `courses` are their doses one by one. `scenarios` are those of the plan
    under its uncertainties. `stated` reads what plan checks ask of the files.
    """

    plan: Plan | None = None
    dose: DoseGrid | None = None
    structures: StructureSet | None = None
    patient: Patient = field(default_factory=Patient)
    sources: tuple[SourceFile, ...] = ()
    notices: tuple[Notice, ...] = ()
    images: tuple[Path, ...] = ()
    registrations: tuple[Path, ...] = ()
    beam_doses: Mapping[int, DoseGrid] = field(default_factory=dict)
    load_tps_dvhs: Callable[[], tuple[TpsDvh, ...]] | None = None
    ignored_codes: frozenset[str] = frozenset()
    error_codes: frozenset[str] = frozenset()
    overrides: Mapping[str, float | str] = field(default_factory=dict)
    dose_sum: DoseSum | None = None
    courses: Courses | None = None
    scenarios: tuple[Scenario, ...] = ()
    stated: Stated = field(default_factory=Stated)
    equipment: Equipment = field(default_factory=Equipment)

    def __repr__(self) -> str:
        prescribed = f" of {self.plan.prescription.dose_gy:g} Gy" if self.plan and self.plan.prescription else ""
        plan = f"plan{prescribed}" if self.plan else "no plan"
        grid = " x ".join(map(str, reversed(self.dose.dose_gy.shape))) + " dose" if self.dose else "no dose"
        rois = f"{len(self.structures.rois)} structures" if self.structures else "no structures"
        return f"<Case {plan}, {grid}, {rois}>"


NEGLIGIBLE_PART = 0.1
"""Of the prescription: an external-beam dose that is lower on its grid's faces is taken to end there."""


def negligible_dose_gy(case: Case) -> float | None:
    """The dose on a grid's faces below which it may be taken to end there; None where no rule says so. [Gy]

    A brachytherapy dose has no such limit: a source may lie beyond the grid.
    """
    prescription = case.plan.prescription if case.plan else None
    if prescription is None or any(notice.code == "plan.brachy" for notice in case.notices):
        return None
    return NEGLIGIBLE_PART * prescription.dose_gy
