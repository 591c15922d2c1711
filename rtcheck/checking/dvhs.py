"""A case's structures -> their metrics with no limits: what `rtcheck dvh` shows and `rtcheck.compute_dvh` computes."""

from collections.abc import Sequence
from functools import partial

from rtcheck.case import Case, Roi
from rtcheck.checking.arguments import CaseLike, MetricLike, as_case, as_metrics, as_names
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import asked_of, measure_structure, volume_cc
from rtcheck.checking.prescribed.stated_levels import with_known_targets
from rtcheck.checking.structures.anatomy import Anatomy, Find
from rtcheck.checking.structures.competing import notices_of_competitors
from rtcheck.checking.structures.discrepancies import (
    notices_of_coverage,
    notices_of_stated_volumes,
    notices_of_zero_dose,
)
from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.laterality import notices_of_sides
from rtcheck.checking.structures.zeros import with_zeros_in_doubt
from rtcheck.codes import all_held_against
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.indices import whole_grid
from rtcheck.dosimetry.metric_terms import Measurement, Metric, Quantity
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.errors import UsageError
from rtcheck.geometry.expression import parse_expression
from rtcheck.notices import Notice
from rtcheck.progress import Progress, counted
from rtcheck.protocol.clinical.values import Facts
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import Aliases
from rtcheck.results import Match
from rtcheck.side_by_side import ahead
from rtcheck.values import dataclass

GRID = "whole dose grid"
DEFAULT_METRICS = (
    Metric(text="Dmean", kind="Dmean", unit="Gy"),
    Metric(text="Dmin", kind="Dmin", unit="Gy"),
    Metric(text="Dmax", kind="Dmax", unit="Gy"),
    Metric(text="D98%", kind="D", unit="Gy", at=Quantity(amount=98.0, unit="%")),
    Metric(text="D50%", kind="D", unit="Gy", at=Quantity(amount=50.0, unit="%")),
    Metric(text="D2%", kind="D", unit="Gy", at=Quantity(amount=2.0, unit="%")),
)
"""What is shown of a structure unless metrics are requested; not parsed, since that takes as long as 20 imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureMetrics:
    """One structure's metrics by their text as asked. `number` is None for what several ROIs make."""

    name: str
    number: int | None
    volume_cc: float | None
    metrics: dict[str, Measurement]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDose:
    """The whole dose grid: its highest dose and where it lies (LPS), and its integral dose, mean dose times volume."""

    max_gy: float
    position_mm: tuple[float, float, float]
    integral_gy_cc: float
    volume_cc: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhTable:
    """The metrics of all structures that were asked for, with what was odd; `grid` where it was asked for."""

    structures: tuple[StructureMetrics, ...]
    notices: tuple[Notice, ...]
    grid: GridDose | None = None


def measure_structures(
    case: CaseLike,
    metrics: MetricLike | Sequence[MetricLike],
    *,
    names: str | Sequence[str] = (),
    settings: EngineSettings = DEFAULT_SETTINGS,
    aliases: Aliases | None = None,
    uncertainty: bool = False,
    band: bool = False,
    grid: bool = False,
    progress: Progress | None = None,
) -> DvhTable:
    """The metrics of the named structures (names as drawn, of TG-263, or expressions), or of all that are drawn.

    A metric may be given as its text, "D95%", and a case by its path. With `grid` the whole dose grid comes first,
    alone where no structure is named. Raises UsageError for a grid without a dose.
    """
    case, asked, names = as_case(case), as_metrics(metrics), as_names(names)
    evidence = evidence_without_protocol(case, settings=settings, aliases=aliases)
    finds = [find for name in names for find in finds_as_asked(evidence.anatomy, name)]
    if grid:
        finds.insert(0, _find_grid(evidence))
    elif not names:
        finds = _all(evidence)
    wanted = ahead(evidence.dvh, (find(evidence.anatomy) for find in finds))
    rows = tuple(
        _row(find, asked, evidence, uncertainty=uncertainty, band=band)
        for find in counted("Measuring structures", finds, progress)
    )
    doubtful = with_zeros_in_doubt(evidence, wanted, asked)
    if doubtful is not evidence.case:
        return measure_structures(
            doubtful, metrics, names=names, settings=settings, aliases=aliases, uncertainty=uncertainty, band=band,
            grid=grid, progress=progress,
        )  # fmt: skip
    missing = tuple(
        Notice(code="structure.not-found", text=f"{row.name}: {row.reason}", structures=(row.name,))
        for row in rows
        if row.reason and names
    )
    odd = (
        *evidence.case.notices,
        *evidence.anatomy.notices,
        *notices_of_sides(wanted, evidence.anatomy),
        *notices_of_competitors(
            (found for found in wanted if found.match.rois != (found.match.asked,)), evidence.anatomy
        ),
        *notices_of_coverage(wanted, evidence),
        *notices_of_zero_dose(wanted, evidence),
        *notices_of_stated_volumes(wanted, evidence),
        *missing,
    )
    return DvhTable(
        structures=rows,
        notices=all_held_against(odd, case.ignored_codes, case.error_codes),
        grid=_grid_dose(finds[0](evidence.anatomy), evidence) if grid else None,
    )


def compute_dvh(case: CaseLike, name: str, *, settings: EngineSettings = DEFAULT_SETTINGS) -> Dvh:
    """The DVH of one structure of a case (or of the case at a path), by name or expression.

    Raises:
        UsageError: the structure or the dose is not there, or several structures bear the name.
    """
    (name,) = as_names((name,))
    evidence = evidence_without_protocol(as_case(case), settings=settings)
    first, *others = finds_as_asked(evidence.anatomy, name)
    if others:
        raise UsageError(f"{name}: {len(others) + 1} structures have this name.")
    found = first(evidence.anatomy)
    dvh = evidence.dvh(found)
    doubtful = with_zeros_in_doubt(evidence, [found], ())
    if doubtful is not evidence.case:
        return compute_dvh(doubtful, name, settings=settings)
    if dvh is None:
        raise UsageError(f"{name}: {found.match.reason or 'there is no dose'}")
    return dvh


def evidence_without_protocol(case: Case, *, settings: EngineSettings, aliases: Aliases | None = None) -> Evidence:
    """Evidence for questions that no protocol asks."""
    anatomy = Anatomy(case.structures, aliases=aliases, settings=settings)
    nothing = Protocol(name="", constraints=())
    known = with_known_targets(case, anatomy)
    return Evidence(case=known, protocol=nothing, anatomy=anatomy, settings=settings, facts=Facts())


def finds_as_asked(anatomy: Anatomy, name: str) -> tuple[Find, ...]:
    """How to find the ROIs that bear exactly this name (several can), else whatever the name is matched to.

    Raises GoalSyntaxError for a text that is no ROI's name and cannot be read as a name or an expression either.
    """
    same = tuple(_find_roi(roi) for roi in anatomy.rois if roi.name == name)
    if not same:
        parse_expression(name)
    return same or (partial(Anatomy.find, name=name),)


def _all(evidence: Evidence) -> list[Find]:
    return [_find_roi(roi) for roi in evidence.anatomy.rois]


def _find_grid(evidence: Evidence) -> Find:
    """The whole dose grid as a structure."""
    if evidence.case.dose is None:
        raise UsageError("--grid needs a dose, but none was found.")
    found = Found(match=Match(asked=GRID, how="the dose grid"), solid=whole_grid(evidence.case.dose))
    return lambda _: found


def _grid_dose(found: Found, evidence: Evidence) -> GridDose | None:
    dvh = evidence.dvh(found)
    if dvh is None or dvh.max_position_mm is None:
        return None
    return GridDose(
        max_gy=dvh.max_gy,
        position_mm=dvh.max_position_mm,
        integral_gy_cc=dvh.mean_gy * dvh.volume_cc,
        volume_cc=dvh.volume_cc,
    )


def _find_roi(roi: Roi) -> Find:
    return partial(Anatomy.of_rois, numbers=(roi.number,), asked=roi.name, how="exact match")


def _row(
    find: Find, metrics: Sequence[Metric], evidence: Evidence, *, uncertainty: bool, band: bool
) -> StructureMetrics:
    found = find(evidence.anatomy)
    match = found.match
    measured: dict[str, Measurement] = {}
    for metric in metrics:
        asked = asked_of(metric, match, evidence)
        value = measure_structure(asked, found, evidence)
        if uncertainty or band:
            from rtcheck.checking.uncertain import with_spread

            value = with_spread(value, asked, find, evidence, band=band)
        measured[metric.text] = value
    dvh = evidence.dvh(found)
    volume = dvh.volume_cc if dvh is not None else volume_cc(found.solid) if found.solid is not None else None
    return StructureMetrics(
        name=match.asked,
        number=match.numbers[0] if len(match.numbers) == 1 else None,
        volume_cc=volume,
        metrics=measured,
        reason=match.reason if found.solid is None else "",
    )
