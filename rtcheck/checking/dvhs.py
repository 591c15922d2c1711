"""A case's structures -> their metrics with no limits: what `rtcheck dvh` shows and `rtcheck.compute_dvh` computes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rtcheck.case import Case
from rtcheck.checking.comparing import notices_of_coverage
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.matching import Anatomy, Found
from rtcheck.checking.measuring import Asked, measure_structure, volume_cc
from rtcheck.checking.uncertain import with_every_uncertainty
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import Measurement, Metric
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.errors import UsageError
from rtcheck.notices import Notice
from rtcheck.protocol.facts import Facts
from rtcheck.protocol.model import Protocol
from rtcheck.protocol.names import Aliases

DEFAULT_METRICS = ("Dmean", "Dmin", "Dmax", "D98%", "D50%", "D2%")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureMetrics:
    """One structure's metrics by their text as asked. `number` is None for what several ROIs make."""

    name: str
    number: int | None
    volume_cc: float | None
    metrics: dict[str, Measurement]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhTable:
    """The metrics of all structures that were asked for, with what was odd."""

    structures: tuple[StructureMetrics, ...]
    notices: tuple[Notice, ...]


def measure_structures(
    case: Case,
    metrics: Sequence[Metric],
    *,
    names: Sequence[str] = (),
    settings: EngineSettings = DEFAULT_SETTINGS,
    aliases: Aliases | None = None,
    uncertainty: bool = False,
    band: bool = False,
) -> DvhTable:
    """The metrics of the named structures (names as drawn, of TG-263, or expressions), or of all that are drawn."""
    evidence = evidence_without_protocol(case, settings=settings, aliases=aliases)
    wanted = [each for name in names for each in find_as_asked(evidence.anatomy, name)] if names else _all(evidence)
    rows = tuple(_row(found, metrics, evidence, uncertainty=uncertainty, band=band) for found in wanted)
    missing = tuple(
        Notice(code="structure.not-found", text=f"{row.name}: {row.reason}", structure=row.name)
        for row in rows
        if row.reason and names
    )
    odd = (*case.notices, *evidence.anatomy.notices, *notices_of_coverage(wanted, evidence), *missing)
    return DvhTable(structures=rows, notices=tuple(dict.fromkeys(odd)))


def compute_dvh(case: Case, name: str, *, settings: EngineSettings = DEFAULT_SETTINGS) -> Dvh:
    """The DVH of one structure of a case, by name or expression.

    Raises:
        UsageError: the structure or the dose is not there, or several structures bear the name.
    """
    evidence = evidence_without_protocol(case, settings=settings)
    found = find_as_asked(evidence.anatomy, name)[0]
    dvh = evidence.dvh(found)
    if dvh is None:
        raise UsageError(f"{name}: {found.match.reason or 'there is no dose'}")
    return dvh


def evidence_without_protocol(case: Case, *, settings: EngineSettings, aliases: Aliases | None = None) -> Evidence:
    """Evidence for questions that no protocol asks."""
    anatomy = Anatomy(case.structures, aliases=aliases, settings=settings)
    nothing = Protocol(name="", constraints=())
    return Evidence(case=case, protocol=nothing, anatomy=anatomy, settings=settings, facts=Facts())


def find_as_asked(anatomy: Anatomy, name: str) -> tuple[Found, ...]:
    """The ROIs that bear exactly this name (several can); else what the name is matched to, or why nothing is."""
    same = [roi for roi in anatomy.rois if roi.name == name]
    if same:
        return tuple(anatomy.of_rois((roi.number,), asked=name, how="the very name") for roi in same)
    return (anatomy.find(name),)


def _all(evidence: Evidence) -> list[Found]:
    rois = evidence.anatomy.rois
    return [evidence.anatomy.of_rois((roi.number,), asked=roi.name, how="the very name") for roi in rois]


def _row(
    found: Found, metrics: Sequence[Metric], evidence: Evidence, *, uncertainty: bool, band: bool
) -> StructureMetrics:
    match = found.match
    prescription = evidence.prescription
    measured: dict[str, Measurement] = {}
    for metric in metrics:
        asked = Asked(
            metric=metric,
            prescription_gy=prescription.dose_gy if prescription else None,
            fractions=evidence.fractions,
        )
        value = measure_structure(asked, found, evidence)
        if uncertainty or band:
            value = with_every_uncertainty(value, asked, found, evidence, band=band)
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
