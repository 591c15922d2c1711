"""A case -> a draft protocol: its targets with their dose levels, its organs with what is planned and common goals.

Coverage of a target is required where the plan or the target's name states its dose. Whatever is only "as planned" is
advisory, so that no plan passes by what it is itself; common goals of included protocols are comments to choose from.
"""

import math
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from rtcheck.case import Case, Roi
from rtcheck.checking.kept import Kept
from rtcheck.checking.prescribed.dose_levels import DoseLevels
from rtcheck.checking.prescribed.reference_doubts import doses_in_name
from rtcheck.checking.proposing.common_goals import CommonGoals, common_goals
from rtcheck.checking.proposing.likeness import like_constraints, like_definitions, like_rois, like_sources
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.dosimetry.dvh import Dvh, compute_dvh
from rtcheck.errors import RtcheckError, UsageError, harmless
from rtcheck.geometry.expression import parse_expression, quoted
from rtcheck.protocol.file.model import Constraint, Protocol, StructureDefinition
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.names.aliases import alias_line
from rtcheck.protocol.names.folding import TARGET_KINDS
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.results import Match
from rtcheck.values import dataclass

DRAFT_HEADER = (
    "A draft from the structures of one plan. Limits noted as planned are what the plan has, rounded up: no clinical",
    "limits. Replace them, and remove `priority: advisory` where a limit is required. Goals in comments are those of",
    "included protocols on the same structure: check each against its source before you use it.",
)
MOST_STRUCTURES = 60
SERIAL = (
    "SpinalC",
    "Brainstem",
    "Optic",
    "Lens",
    "Eye",
    "Cochlea",
    "Bowel",
    "Stomach",
    "Duodenum",
    "Esophagus",
    "Rectum",
)
_NOT_ORGANS = ("EXTERNAL", "SUPPORT", "BOLUS", "MARKER", "ISOCENTER", "REGISTRATION", "CONTRAST_AGENT", "FIXATION")
LEAST_OF_OWN_DOSE = 0.5
"""A target that gets less than this part of the plan's only dose on average is probably not the one it is for."""

_AS_PLANNED = "As planned; a draft, to be replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A drafted protocol with comments: `header` above it, `remarks` behind its constraints in their order.

    `aliases` are lines of an alias file, one for each structure that the plan calls otherwise.
    """

    protocol: Protocol
    header: tuple[str, ...]
    remarks: tuple[tuple[str, ...], ...]
    aliases: tuple[str, ...]

    @property
    def as_advice(self) -> "Draft":
        """The same with nothing required."""
        constraints = tuple(replace(each, priority="advisory") for each in self.protocol.constraints)
        return replace(self, protocol=replace(self.protocol, constraints=constraints))

    @property
    def text(self) -> str:
        """The protocol file."""
        return protocol_to_yaml(self.protocol, header=self.header, remarks=self.remarks)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A ROI to be drafted: its name in the protocol, and its one constraint."""

    roi: Roi
    name: str
    constraint: Constraint

    @property
    def is_renamed(self) -> bool:
        """Whether the protocol calls it otherwise than the plan."""
        return self.name not in (self.roi.name, quoted(self.roi.name))


def draft_of(
    case: Case,
    *,
    library: Iterable[Protocol] = (),
    site: str = "",
    like: Protocol | None = None,
    kept: Kept | None = None,
) -> Draft:
    """The draft for a plan; `library` are the protocols to quote from, `like` is one whose limits are taken over.

    Limits of `like` keep the number of fractions that they are meant for: for another one they are not evaluated.
    Raises UsageError for a plan without structures, and for one of which nothing can be drafted.
    """
    if case.structures is None:
        raise UsageError("A draft needs the structures of a plan, but no structure set was found.")
    anatomy = Anatomy(case.structures, kept=kept)
    drawn = _all_drawn(case, anatomy)
    taken = like_constraints(like, anatomy) if like else ()
    limited = {name for constraint in taken for name in constraint.structures}
    if not drawn and not taken:
        raise UsageError("No draft: no contoured structure is a target or receives a dose.")
    own = tuple(each.constraint for each in drawn if each.name not in limited or _is_target(each.roi))
    fractions = case.plan.fractions if case.plan else None
    goals = common_goals(library, fractions=fractions, site=site)
    definitions = tuple(
        StructureDefinition(name=each.name, also_named=(each.roi.name,)) for each in drawn if each.is_renamed
    )
    limited_rois = {each.roi.number for each in drawn} | (like_rois(like, taken, anatomy) if like else frozenset())
    protocol = Protocol(
        name="draft",
        title="Draft from the structures of a plan" + (f", with the limits of {like.name}" if like else ""),
        site=site or (like.site if like else ""),
        sources=like_sources(like, taken) if like else (),
        structures=like_definitions(like, taken, definitions) if like else definitions,
        constraints=(*own, *taken),
    )
    return Draft(
        protocol=protocol,
        header=(*DRAFT_HEADER, *_about_plan(case, limited_rois)),
        remarks=(*(_quoted_goals(constraint, goals) for constraint in own), *(() for _ in taken)),
        aliases=tuple(alias_line(each.name, each.roi.name) for each in drawn if each.is_renamed),
    )


def _all_drawn(case: Case, anatomy: Anatomy) -> tuple[_Drawn, ...]:
    levels = DoseLevels(case.plan, None, anatomy)
    found: dict[str, _Drawn] = {}
    for roi in case.structures or ():
        if not roi.contours or roi.type in _NOT_ORGANS or helper_sign(roi.name) or len(found) >= MOST_STRUCTURES:
            continue
        name = _name(roi)
        if name in found or not _can_be_written(name):
            continue
        if constraint := _constraint(roi, name, case, anatomy, levels):
            found[name] = _Drawn(roi, name, constraint)
    return tuple(found.values())


def _name(roi: Roi) -> str:
    """The TG-263 name that the ROI's name means, else its own, in quotes where an expression would need them."""
    meaning = meaning_of(roi.name)
    if meaning is not None and not meaning.is_sided_stem and not kind_of_target_name(roi.name):
        return meaning.name
    return quoted(roi.name)


def _can_be_written(name: str) -> bool:
    """Whether a protocol can name the structure: not with both kinds of quotes, nor as blanks alone."""
    try:
        parse_expression(name)
    except RtcheckError:
        return False
    return True


def _constraint(roi: Roi, name: str, case: Case, anatomy: Anatomy, levels: DoseLevels) -> Constraint | None:
    """The structure's constraint; None for an organ that gets no dose worth a limit."""
    dvh = _dvh(roi, anatomy, case)
    if _is_target(roi):
        return _coverage(roi, name, levels, dvh)
    goal = _as_planned(name, dvh)
    if not goal:
        return None
    return Constraint(structures=(name,), goal=parse_goal(goal), priority="advisory", note=_AS_PLANNED)


def _is_target(roi: Roi) -> bool:
    return bool(kind_of_target_name(roi.name)) or roi.type in TARGET_KINDS


def _coverage(roi: Roi, name: str, levels: DoseLevels, dvh: Dvh | None) -> Constraint:
    """Coverage by the target's own dose, else that in its name, else the plan's only one.

    Advisory without any, and where the plan's only dose is far from what the target gets: it may be another target's.
    """
    whole = Match(asked=name, rois=(roi.name,), numbers=(roi.number,))
    stated, named = levels.reference(whole), doses_in_name(roi.name)
    if named and (stated.dose_gy is None or not levels.is_tied_to(whole)):
        goal = parse_goal(f"D95% >= {number_text(round(0.95 * named[-1], 3))} Gy")
        note = f"95 % of {named[-1]:g} Gy, the dose in the target's name; a draft"
        return Constraint(structures=(name,), goal=goal, note=note)
    if stated.dose_gy is not None:
        note = f"The plan prescribes {stated.dose_gy:g} Gy; a draft"
        constraint = Constraint(structures=(name,), goal=parse_goal("D95% >= 95 %"), note=note)
        if levels.is_tied_to(whole) or dvh is None or dvh.mean_gy >= LEAST_OF_OWN_DOSE * stated.dose_gy:
            return constraint
        note = f"Mean dose {dvh.mean_gy:.1f} Gy: the plan's {stated.dose_gy:g} Gy may be for another target; a draft"
        return replace(constraint, note=note, priority="advisory")
    note = "The dose of this target is unknown; a draft"
    return Constraint(structures=(name,), goal=parse_goal("D95% >= 95 %"), priority="advisory", note=note)


def _dvh(roi: Roi, anatomy: Anatomy, case: Case) -> Dvh | None:
    if case.dose is None:
        return None
    try:
        found = anatomy.of_rois((roi.number,), asked=roi.name, how="")
        return compute_dvh(found.solid, case.dose) if found.solid is not None else None
    except RtcheckError:
        return None


def _as_planned(name: str, dvh: Dvh | None) -> str:
    """The goal that the plan meets as it is; "" for a structure that gets no dose worth a limit."""
    if dvh is None or not dvh.max_gy > 0.5:
        return ""
    if name.startswith(SERIAL):
        return f"Dmax < {_rounded_up(dvh.max_gy)} Gy"
    return f"Dmean < {_rounded_up(dvh.mean_gy)} Gy"


def _rounded_up(dose_gy: float) -> str:
    """A whole number above the dose, or a tenth where it is small."""
    step = 1.0 if dose_gy >= 2 else 0.1
    return number_text(round((math.floor(dose_gy / step) + 1) * step, 1))


def _quoted_goals(constraint: Constraint, goals: CommonGoals) -> tuple[str, ...]:
    return goals.lines(constraint.structures[0])


def _about_plan(case: Case, limited_rois: Set[int]) -> Iterator[str]:
    """What the plan prescribes, and which of its structures have no constraint."""
    plan = case.plan
    doses = ", ".join(f"{gy:g} Gy" for gy in dict.fromkeys(each.dose_gy for each in plan.prescriptions)) if plan else ""
    fractions = f"{plan.fractions} fractions" if plan and plan.fractions else "number of fractions unknown"
    yield ""
    yield f"Plan: {doses or 'no prescription'}; {fractions}. To require it: prescription: {{dose: ..., fractions: ...}}"
    left_out = [harmless(roi.name) for roi in case.structures or () if roi.number not in limited_rois]
    if left_out:
        yield f"No constraint for: {'; '.join(' '.join(name.split()) for name in left_out)}"
