"""What every constraint of one check is judged by: the case, its anatomy, its DVHs, the prescription and the facts."""

from collections.abc import Callable, Hashable
from dataclasses import field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rtcheck.case import Case, negligible_dose_gy
from rtcheck.checking.kept import Kept
from rtcheck.checking.prescribed.dose_levels import DoseLevels, Reference
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.isodoses import Isodoses
from rtcheck.dosimetry.curve import volume_at_dose_cc
from rtcheck.dosimetry.dvh import Dvh, compute_dvh, known_dvh
from rtcheck.dosimetry.extremes_only import extremes_within, mean_gy_within
from rtcheck.dosimetry.indices import whole_grid
from rtcheck.dosimetry.metric_terms import Metric
from rtcheck.dosimetry.outside import beyond_any_side_gy
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.solid import Solid
from rtcheck.results import Match
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.checking.structures.presence import Presence
    from rtcheck.protocol.clinical.values import Facts
    from rtcheck.protocol.file.model import Protocol

# Dose in the air next to the skin, and in voxels that the outline cuts: less than this part of an isodose volume.
BEYOND_OUTLINE = 0.02
BEYOND_OUTLINE_CC = 0.02


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Evidence:
    """All that one check may look at. `dvhs` keeps what was computed: a solid is integrated once.

    `drawn_only`: limits apply to drawn structures alone, as the user asks. `only_outcomes` leaves out uncertainties,
    places and headroom: other readings and scenarios of shifts show none. `fall_off` is the part of the dose that is
    lost with every mm from a target, for the lowest value that the geometry allows; 0 leaves that out.
    Where the same solids meet a dose that moves again and again, `single_doses` names the structures of which all that
    is asked is a maximum, minimum or mean. `in_effect` keeps the same structures under other doses.
    """

    case: Case
    protocol: "Protocol"
    anatomy: Anatomy
    settings: EngineSettings
    facts: "Facts"
    reference_date: date | None = None
    reference_words: str = ""
    wants_band: bool = False
    omits_bands: bool = False
    only_outcomes: bool = False
    drawn_only: bool = False
    fall_off: float = 0.0
    single_doses: frozenset[str] = frozenset()
    kept: Kept = field(default_factory=Kept)
    dvhs: dict[Solid, Dvh] = field(default_factory=dict)
    finer_dvhs: dict[Solid, Dvh] = field(default_factory=dict)
    others: dict[EngineSettings, "Evidence"] = field(default_factory=dict)
    in_effect: dict[Hashable, "Evidence"] = field(default_factory=dict)

    @property
    def fractions(self) -> int | None:
        """Planned fractions, or None where nobody says."""
        return self.case.plan.fractions if self.case.plan else None

    @property
    def negligible_gy(self) -> float | None:
        """The dose on the grid's faces below which it may be taken to end there; None where no rule says so. [Gy]"""
        return negligible_dose_gy(self.case)

    @cached_property
    def lowest_dose_gy(self) -> float:
        """The lowest dose above 0 at any point of the grid, infinite where there is none. [Gy]"""
        assert self.case.dose is not None
        frames = self.case.dose.dose_gy
        return min(float(np.min(frame, where=frame > 0, initial=np.inf)) for frame in frames)

    @property
    def is_dose_scalable(self) -> bool:
        """Whether a scale of the monitor units scales this dose: not of doses that were converted to EQD2."""
        return self.case.dose_sum is None or self.case.dose_sum.eqd2_alpha_beta_gy is None

    def dvh(self, found: Found) -> Dvh | None:
        """The DVH of a structure that was found; None without a dose."""
        if self.case.dose is None or found.solid is None:
            return None
        return self.dvh_of(found.solid, drawn=found.drawn)

    def dvh_of(self, solid: Solid, *, drawn: Solid | None = None) -> Dvh | None:
        """The DVH of a solid; None without a dose."""
        if self.case.dose is None:
            return None
        if solid not in self.dvhs:
            dose, settings, negligible_gy = self.case.dose, self.settings, self.negligible_gy
            known = self.kept.dvhs(settings, negligible_gy=negligible_gy)
            if solid not in known:
                known[solid] = compute_dvh(solid, dose, settings=settings, drawn=drawn, negligible_gy=negligible_gy)
            self.dvhs[solid] = known[solid]
        return self.dvhs[solid]

    def single_dose_gy(self, metric: Metric, found: Found) -> float | None:
        """Dmax, Dmin or Dmean where they are all that is asked of the structure; None where its DVH has to say."""
        if found.match.asked not in self.single_doses or self.case.dose is None or found.solid is None:
            return None
        if not found.solid.is_certain:
            return None
        key = ("single dose", metric.kind, found.solid, found.drawn, self.settings)
        return self.kept.answer(key, lambda: self._single_dose_gy(metric, found))

    def _single_dose_gy(self, metric: Metric, found: Found) -> float | None:
        assert self.case.dose is not None, "the caller has made sure"
        assert found.solid is not None, "the caller has made sure"
        if metric.kind == "Dmean":
            return mean_gy_within(found.solid, self.case.dose, settings=self.settings)
        extremes = extremes_within(found.solid, self.case.dose, settings=self.settings, drawn=found.drawn)
        if extremes is None:
            return None
        return extremes.max_gy if metric.kind == "Dmax" else extremes.min_gy

    def finer_dvh(self, found: Found) -> Dvh | None:
        """The DVH on cells and slabs of half the size, to see how much the histogram depends on them."""
        if self.case.dose is None or found.solid is None:
            return None
        if found.solid not in self.finer_dvhs:
            known = self.kept.dvhs(self.settings, refinement=2)
            if found.solid not in known:
                known[found.solid] = known_dvh(
                    found.solid, self.case.dose, settings=self.settings, drawn=found.drawn, refinement=2
                )
            self.finer_dvhs[found.solid] = known[found.solid]
        return self.finer_dvhs[found.solid]

    def under(self, settings: EngineSettings) -> "Evidence":
        """The same evidence under other engine settings; made once, and reading no contour twice."""
        if settings not in self.others:
            anatomy = self.anatomy.under(settings)
            self.others[settings] = replace(
                self, anatomy=anatomy, settings=settings, dvhs={}, finer_dvhs={}, others={}, in_effect={}
            )
        return self.others[settings]

    def with_dose(self, key: Hashable, case: Callable[[], Case]) -> "Evidence":
        """The same structures under another dose of the same patient, made once for each `key`."""
        key = (key, self.only_outcomes)
        if key not in self.in_effect:
            self.in_effect[key] = replace(
                self, case=case(), kept=self.kept.of_another_dose(), dvhs={}, finer_dvhs={}, others={}, in_effect={},
                single_doses=frozenset(),
            )  # fmt: skip
        return self.in_effect[key]

    def under_dose(self, case: Case, kept: Kept | None = None) -> "Evidence":
        """The same structures, isodoses apart, under another dose of the plan: nothing that is known of this one.

        `kept` is what is known of that dose.
        """
        moved = replace(self, case=case, dvhs={}, in_effect={}, kept=kept or Kept())
        return replace(moved, anatomy=self.anatomy.with_isodoses(moved.isodoses()))

    def isodoses(self) -> Isodoses:
        """The isodoses of this dose."""

        def prescribed() -> tuple[float | None, str]:
            reference = self.levels.reference(Match(asked="Isodose"))
            return reference.dose_gy, reference.reason

        return Isodoses(dose=self.case.dose, outside=self.settings.outside, reference=prescribed)

    @cached_property
    def body(self) -> Solid:
        """The External where one is drawn, else the box of the whole dose grid."""
        return self._external.solid if self._external.solid is not None else self._grid_box

    @cached_property
    def _grid_box(self) -> Solid:
        return whole_grid(self.case.dose) if self.case.dose else Solid()

    @cached_property
    def _external(self) -> Found:
        return self.anatomy.external()

    @property
    def outline(self) -> str:
        """The names of the ROIs that outline the body; "" where none is drawn."""
        return " and ".join(self._external.match.rois) if self._external.solid is not None else ""

    def beyond_outline_cc(self, dose_gy: float) -> float:
        """The volume of at least this dose that lies outside the body outline; 0 where it is none to speak of. [cc]

        Such an outline is not that of the body, or only of a part of it.
        """
        body, grid = self.dvh_of(self.body), self.dvh_of(self._grid_box)
        if not self.outline or body is None or grid is None:
            return 0.0
        inside_cc = volume_at_dose_cc(body, dose_gy)
        beyond_cc = volume_at_dose_cc(grid, dose_gy) - inside_cc
        return beyond_cc if beyond_cc > BEYOND_OUTLINE * inside_cc + BEYOND_OUTLINE_CC else 0.0

    @property
    def beyond_grid_gy(self) -> float:
        """The most that the dose can be outside its grid, on any side, by the rule of the settings. [Gy]"""
        if self.case.dose is None:
            return 0.0
        return beyond_any_side_gy(self.case.dose, self.settings.outside, negligible_gy=self.negligible_gy)

    @cached_property
    def presence(self) -> "Presence":
        """Which structures are not drawn, where that makes a limit not applicable."""
        from rtcheck.checking.structures.presence import Presence

        return Presence(anatomy=self.anatomy, protocol=self.protocol, drawn_only=self.drawn_only)

    @cached_property
    def levels(self) -> DoseLevels:
        """The dose levels that percentages can be of."""
        plan, rule = self.case.plan, self.protocol.prescription
        return DoseLevels(plan, rule, self.anatomy)

    def reference_of(self, metric: Metric, match: Match, *, target: str = "") -> Reference | None:
        """The dose that the metric is relative to; None for a metric that is not relative to a prescription."""
        return self.levels.reference(match, target) if metric.is_of_prescription else None
