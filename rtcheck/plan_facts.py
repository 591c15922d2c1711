"""What the files state of the delivery and of themselves, beyond what doses are judged by: read when it is asked for.

Everything is as the file has it; None, "" or () where it states nothing. Elements that a control point leaves out hold
from the control point before it (PS3.3 C.8.8.14.5), and are filled in here.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime

from rtcheck.values import dataclass

Millimetres = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPoint:
    """The machine at one moment of a beam; `positions_mm` are those of jaws and leaves by device type."""

    index: int | None = None
    meterset_weight: float | None = None
    energy: float | None = None
    dose_rate: float | None = None
    gantry_deg: float | None = None
    gantry_direction: str = ""
    collimator_deg: float | None = None
    couch_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    isocentre_mm: Millimetres | None = None
    ssd_mm: float | None = None
    snout_mm: float | None = None
    couch_top_mm: tuple[float | None, float | None, float | None] = (None, None, None)
    positions_mm: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    spots_mm: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitingDevice:
    """Jaws or a multileaf collimator: `pairs` of them; `boundaries_mm` between leaves (pairs + 1)."""

    type: str
    pairs: int
    boundaries_mm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamFacts:
    """One beam. `meterset` (in `meterset_unit`) and `dose_gy` are of one fraction, from the fraction group.

    `fluence_modes`: STANDARD, or NON_STANDARD with its identifier (FFF). `stated_points`: NumberOfControlPoints.
    `boluses` are ROI numbers; -1 of one that the beam has without a structure. `stated_wedges`, `stated_boluses` and
    `stated_range_shifters` are their numbers (NumberOfWedges, NumberOfBoli, NumberOfRangeShifters).
    """

    number: int
    name: str = ""
    description: str = ""
    type: str = ""
    radiation: str = ""
    delivery: str = ""
    machine: str = ""
    meterset_unit: str = ""
    meterset: float | None = None
    dose_gy: float | None = None
    final_weight: float | None = None
    stated_points: int | None = None
    source_distance_mm: float | None = None
    fluence_modes: tuple[str, ...] = ()
    wedges: tuple[str, ...] = ()
    boluses: tuple[int, ...] = ()
    stated_wedges: int | None = None
    stated_boluses: int | None = None
    stated_range_shifters: int | None = None
    blocks: int = 0
    compensators: int = 0
    applicator: str = ""
    tolerance_table: int | None = None
    setup: int | None = None
    range_shifters: tuple[str, ...] = ()
    snout: str = ""
    devices: tuple[LimitingDevice, ...] = ()
    points: tuple[ControlPoint, ...] = ()

    @property
    def is_treating(self) -> bool:
        return self.delivery not in ("OPEN_PORTFILM", "TRMT_PORTFILM", "SETUP")

    @property
    def label(self) -> str:
        """ "beam 2 (G180)": how a sentence names it."""
        return f"beam {self.number} ({self.name})" if self.name else f"beam {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """One fraction group: how often, with which beams, setups of brachytherapy and dose references."""

    number: int | None = None
    fractions: int | None = None
    stated_beams: int | None = None
    beams: tuple[int, ...] = ()
    setups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """An RT Plan as its file has it. `kind`: "beams", "ions" or "brachy"."""

    kind: str = "beams"
    made_at: datetime | None = None
    description: str = ""
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    intent: str = ""
    approval: str = ""
    beams: tuple[BeamFacts, ...] = ()
    groups: tuple[GroupFacts, ...] = ()
    tolerance_tables: tuple[tuple[int | None, str], ...] = ()
    setups: tuple[tuple[int | None, str], ...] = ()
    dose_uids: tuple[str, ...] = ()

    @property
    def treating(self) -> tuple[BeamFacts, ...]:
        """The beams that treat: setup and imaging fields are none."""
        return tuple(beam for beam in self.beams if beam.is_treating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """What one level of a file states, by the DICOM keywords of its elements: texts, numbers and sequences."""

    values: Mapping[str, "str | tuple[float, ...]"] = field(default_factory=dict)
    items: Mapping[str, "tuple[Elements, ...]"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanElements:
    """What a plan states of its delivery beyond its `PlanFacts`; `beams` are in the order of theirs.

    `setups` and `tolerance_tables` are those that each beam refers to.
    """

    plan: Elements
    beams: tuple[Elements, ...] = ()
    setups: tuple[Elements, ...] = ()
    tolerance_tables: tuple[Elements, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFacts:
    """What a dose file states beside its dose."""

    made_at: datetime | None = None
    type: str = ""
    heterogeneity: tuple[str, ...] = ()
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    comment: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityOverride:
    """A physical property that is set for a whole ROI instead of being taken from the image."""

    roi_number: int
    property: str
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureSetFacts:
    """What a structure set states beside its contours. `image_uids` are the images that contours refer to.

    `has_observations`: it describes its structures (RTROIObservationsSequence), densities among that.
    """

    made_at: datetime | None = None
    approval: str = ""
    densities: tuple[DensityOverride, ...] = ()
    has_observations: bool = False
    image_uids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """One image slice: `place_mm` is its z where it lies in an axial plane."""

    sop_instance_uid: str = ""
    series_uid: str = ""
    place_mm: float | None = None
    thickness_mm: float | None = None
    taken_at: datetime | None = None
    position: str = ""
    manufacturer: str = ""
    model: str = ""
    pixel_mm: tuple[float, ...] = ()
    corner_mm: tuple[float, ...] = ()
    shape: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stated:
    """What reads the facts of each file, once; None where there is no such file, or several plans were added."""

    load_plan: Callable[[], PlanFacts] | None = None
    load_elements: Callable[[], PlanElements] | None = None
    load_doses: Callable[[], tuple[DoseFacts, ...]] | None = None
    load_structures: Callable[[], StructureSetFacts] | None = None
    load_images: Callable[[], tuple[ImageFacts, ...]] | None = None
