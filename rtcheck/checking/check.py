"""Case x Protocol -> Report: the steps of a check, in their order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.case import Case
from rtcheck.checking.arguments import CaseLike, FileLike, as_case, as_read
from rtcheck.checking.bands_ahead import make_bands_ahead
from rtcheck.checking.courses.cumulative import course_list
from rtcheck.checking.courses.in_effect import notices_of_fraction_groups
from rtcheck.checking.eligibility import check_facts, check_volumes
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.kept import Kept
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.patient_facts import facts_of_case, notices_of_another_patient
from rtcheck.checking.plan_qa.evaluate import check_plan
from rtcheck.checking.prescribed.prescription import check_prescription, notices_of_items
from rtcheck.checking.prescribed.reference_doubts import notices_of_references
from rtcheck.checking.prescribed.stated_levels import with_known_targets
from rtcheck.checking.provenance import (
    FALL_OFF,
    BandChoice,
    Options,
    begin_digests,
    provenance_of,
    recorded_options,
    settings_taken,
)
from rtcheck.checking.readings import notices_of_derived_outcomes, notices_of_readings, with_readings
from rtcheck.checking.scoring import with_scores
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.competing import notices_of_competitors
from rtcheck.checking.structures.discrepancies import (
    notices_of_coverage,
    notices_of_derivations,
    notices_of_stated_volumes,
    notices_of_zero_at_points,
    notices_of_zero_dose,
)
from rtcheck.checking.structures.laterality import notices_of_sides
from rtcheck.checking.structures.not_drawn import notices_of_absence
from rtcheck.checking.structures.zeros import with_zeros_in_doubt
from rtcheck.checking.uncertain import dvhs_under_other_conventions
from rtcheck.checking.verdict import decide, decide_eligibility, strict_exit_status
from rtcheck.checking.what_if.isotoxic import isotoxic_prescription
from rtcheck.checking.what_if.scenarios import under_scenarios
from rtcheck.codes import all_held_against
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.notices import Notice
from rtcheck.progress import Progress, counted
from rtcheck.protocol.clinical.facts import Facts, read_facts, unused_facts
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.lint.goals import goal_messages
from rtcheck.protocol.names.match import Aliases, read_aliases
from rtcheck.records.waivers import Waivers, read_waivers, with_waived_checks, with_waivers
from rtcheck.results import CheckItem, Drawing, Match, Report, Result, Robustness, Samples

if TYPE_CHECKING:
    from rtcheck.checking.what_if.sampling import Sampling


def check(
    case: CaseLike,
    protocol: Protocol | str | Path,
    *,
    settings: EngineSettings = DEFAULT_SETTINGS,
    facts: Facts | FileLike | None = None,
    aliases: Aliases | FileLike | None = None,
    require_eligibility: bool = False,
    band: BandChoice = False,
    reference_date: date | None = None,
    waivers: Waivers | FileLike | None = None,
    robust_mm: tuple[float, float, float] | None = None,
    robust_margin_mm: float = 0.0,
    sampling: "Sampling | None" = None,
    strict: bool = False,
    drawn_only: bool = False,
    only_plan_checks: bool = False,
    fall_off: float = FALL_OFF,
    command: Sequence[str] = (),
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Report:
    """What the protocol says about the plan.

    A protocol may be given by its name or file, a case, facts, aliases and waivers by their paths.

    `facts` are the clinical facts of the patient; without them the facts are listed as not given, and they change the
    verdict only with `require_eligibility`. `band` asks for the convention band of every constraint, not only of those
    near their limit; "none" omits all, and then no value is borderline because of conventions. `robust_mm` asks for
    every constraint again under shifts of that size along x, y and z, and `robust_margin_mm` with contours grown and
    shrunk; neither changes the verdict. `sampling` asks for the probability of each under random setup errors.
    `waivers` are signed-off deviations: what they name is waived where violated. `strict` makes what puts the verdict
    in doubt (`report.doubts`) exit status 3. `drawn_only` makes limits on organs that are not drawn not applicable, as
    `if_drawn` in a protocol does; targets and required structures stay required. `only_plan_checks` omits limits,
    prescription and eligibility. `fall_off` is the part of the dose lost with every mm from a target that the lowest
    achievable value of a limit assumes; 0 omits it. `command` is what repeats the check, for the provenance. `kept` is
    what earlier checks of the same case left for this one, so that only what changed is computed. `progress` is called
    with what is being done (limits, shifts), how many are done and how many there are. What a plan lacks never raises:
    it becomes a result that is not evaluated, with its reason.
    """
    if not 0.0 <= fall_off < 1.0:
        raise UsageError("The fall-off of the dose must be a part from 0 to below 1 (--fall-off: percent per mm).")
    if band not in (True, False, "none"):
        raise UsageError(f'band: expected True (all), False (those near a limit) or "none", not {band!r}.')
    case = as_case(case)
    begin_digests(case.sources)
    facts, aliases = as_read(facts, Facts, read_facts), as_read(aliases, Aliases, read_aliases)
    waivers = as_read(waivers, Waivers, read_waivers)
    if not isinstance(protocol, Protocol):
        protocol = load_protocol(protocol)
    if only_plan_checks:
        protocol = replace(protocol, constraints=(), prescription=None, volume_eligibility=(), facts=())
    options = Options(
        band=band,
        require_eligibility=require_eligibility,
        reference_date=reference_date,
        robust_mm=robust_mm,
        robust_margin_mm=robust_margin_mm,
        sampling=sampling,
        strict=strict,
        drawn_only=drawn_only,
        only_plan_checks=only_plan_checks,
        fall_off=fall_off,
        has_image_checks=any(rule.code.startswith("images.") for rule in protocol.checks),
    )
    given = facts or Facts()
    anatomy = Anatomy(case.structures, definitions=protocol.structures, aliases=aliases, settings=settings, kept=kept)
    case = with_known_targets(case, anatomy)
    evidence = _evidence(case, protocol, anatomy, given, options)
    results = _results(evidence, progress)
    doubtful = with_zeros_in_doubt(evidence, anatomy.found, (result.goal.metric for result in results))
    if doubtful is not case:
        case = doubtful
        evidence = _evidence(case, protocol, anatomy.under_another_dose(), given, options)
        results = _results(evidence, progress)
    of_plan = results
    told = under_scenarios(of_plan, evidence, progress)
    results = told.results
    plan_checks = check_plan(evidence) if protocol.checks else ()
    waiver_notices: tuple[Notice, ...] = ()
    if waivers:
        plan_checks = with_waived_checks(plan_checks, waivers, case.plan)
        results, waiver_notices = with_waivers(results, waivers, case.plan, checks=plan_checks)
    results = with_scores(results)
    prescription = check_prescription(evidence)
    eligibility = (*check_volumes(evidence), *check_facts(evidence, are_required=require_eligibility))
    robustness, robust_notices = _robustness(of_plan, evidence, options, progress)
    decision = decide(results, (*prescription, *eligibility, *plan_checks))
    items = (*prescription, *plan_checks)
    said = (*_notices(evidence, results, items, given), *waiver_notices, *robust_notices)
    notices = all_held_against(said, case.ignored_codes, case.error_codes)
    taken = settings_taken(settings, anatomy.notices)
    report = Report(
        verdict=decision.verdict,
        eligibility_verdict=decide_eligibility(eligibility),
        exit_status=strict_exit_status(decision.exit_status, notices) if strict else decision.exit_status,
        case=case,
        protocol=protocol,
        results=results,
        prescription=prescription,
        eligibility=eligibility,
        notices=notices,
        settings=taken,
        provenance=provenance_of(
            case.sources,
            taken,
            protocol=protocol,
            command=command,
            options=recorded_options(case, options),
            beside={"facts": facts, "aliases": aliases, "waivers": waivers},
        ),
        drawings=cache(lambda: _drawings(evidence, results)),
        matches=_matches(results),
        plan_checks=plan_checks,
        robustness=robustness,
        scenarios=told.table,
        samples=_samples(of_plan, evidence, options, progress),
        courses=course_list(results, evidence),
        is_strict=strict,
    )
    return replace(report, isotoxic=isotoxic_prescription(report)) if _leaves_dose_open(evidence) else report


def _evidence(case: Case, protocol: Protocol, anatomy: Anatomy, given: Facts, options: Options) -> Evidence:
    known, reference_day, reference_words = facts_of_case(case, given, options.reference_date)
    evidence = Evidence(
        case=case,
        protocol=protocol,
        anatomy=anatomy,
        settings=anatomy.settings,
        facts=known,
        reference_date=reference_day,
        reference_words=reference_words,
        drawn_only=options.drawn_only,
        fall_off=options.fall_off,
        wants_band=options.band is True,
        omits_bands=options.band == "none",
        kept=anatomy.kept,
    )
    anatomy.isodoses = evidence.isodoses()
    return evidence


def _results(evidence: Evidence, progress: Progress | None) -> tuple[Result, ...]:
    make_bands_ahead(evidence)
    return tuple(
        result
        for constraint in counted("Checking limits", evidence.protocol.constraints, progress)
        for result in with_readings(constraint, evaluate_constraint(constraint, evidence), evidence)
    )


def _robustness(
    results: tuple[Result, ...], evidence: Evidence, options: Options, progress: Progress | None
) -> tuple[Robustness | None, tuple[Notice, ...]]:
    """The results under shifts where they are asked for, and what they turn."""
    if options.robust_mm is None:
        return None, ()
    from rtcheck.checking.what_if.robustness import notices_of_robustness, require_photons, robustness_of

    require_photons(evidence.case)
    found = robustness_of(
        results, evidence, shift_mm=options.robust_mm, margin_mm=options.robust_margin_mm, progress=progress
    )
    return found, notices_of_robustness(found)


def _samples(
    results: tuple[Result, ...], evidence: Evidence, options: Options, progress: Progress | None
) -> Samples | None:
    """The results under setup errors drawn at random, where they are asked for."""
    if options.sampling is None:
        return None
    from rtcheck.checking.what_if.robustness import require_photons
    from rtcheck.checking.what_if.sampling import sampled

    require_photons(evidence.case)
    return sampled(results, evidence, options.sampling, progress)


def _leaves_dose_open(evidence: Evidence) -> bool:
    """Whether the protocol leaves the prescription to the limits: a range, and one plan that could be scaled."""
    rule = evidence.protocol.prescription
    return rule is not None and rule.dose_gy is not None and evidence.case.dose_sum is None


def unreadable(error: RtcheckError, protocol: Protocol, *, settings: EngineSettings, command: Sequence[str]) -> Report:
    """The report of a plan that could not be read: no constraint, not evaluated, and the reason as a warning."""
    settings = settings_taken(settings, ())
    return Report(
        verdict="not_evaluated",
        eligibility_verdict="not_evaluated",
        exit_status=error.exit_status,
        failure=f"The input could not be read: {error}",
        case=Case(),
        protocol=protocol,
        results=(),
        prescription=(),
        eligibility=(),
        notices=(Notice(code=getattr(error, "code", "input.unreadable"), text=str(error)),),
        settings=settings,
        provenance=provenance_of((), settings, protocol=protocol, command=command),
        drawings=tuple,
    )


def _notices(
    evidence: Evidence, results: tuple[Result, ...], items: tuple[CheckItem, ...], given: Facts
) -> tuple[Notice, ...]:
    """All that was odd, in the order in which it came up."""
    differing = notices_of_derivations(evidence)
    return (
        *evidence.case.notices,
        *evidence.anatomy.notices,
        *notices_of_sides(evidence.anatomy.found, evidence.anatomy),
        *notices_of_competitors(evidence.anatomy.found, evidence.anatomy),
        *notices_of_coverage(evidence.anatomy.found, evidence),
        *notices_of_zero_dose(evidence.anatomy.found, evidence),
        *notices_of_zero_at_points(results),
        *notices_of_stated_volumes(evidence.anatomy.found, evidence),
        *differing,
        *notices_of_derived_outcomes(results, differing, evidence),
        *notices_of_references(results, evidence),
        *notices_of_items(items),
        *_notices_of_sources(evidence.protocol),
        *_notices_of_mistakes(evidence.protocol),
        *unused_facts(given, evidence.protocol),
        *notices_of_another_patient(evidence.case, given, evidence.reference_date),
        *notices_of_readings(results),
        *notices_of_fraction_groups(results, evidence),
        *notices_of_absence(results, evidence.presence),
    )


def _notices_of_sources(protocol: Protocol) -> tuple[Notice, ...]:
    """One line where limits were read in a transcription and not in the publication itself."""
    transcribed = {source.id for source in protocol.sources if source.read == "transcription"}
    default = protocol.sources[0].id if len(protocol.sources) == 1 else ""
    count = sum((constraint.source or default) in transcribed for constraint in protocol.constraints)
    if not count:
        return ()
    text = (
        f"{count} of {len(protocol.constraints)} limits were taken from a transcription of their source, not "
        f"from the source itself."
    )
    return (Notice(code="protocol.transcribed", text=text),)


def _notices_of_mistakes(protocol: Protocol) -> tuple[Notice, ...]:
    """What the linter calls an error: a limit that always holds proves nothing."""
    mistakes = [each for each in goal_messages(protocol) if each.severity == "error"]
    places = [f"{Path(each.file).name} (line {each.line}): " if each.file else "" for each in mistakes]
    return tuple(
        Notice(code="protocol.mistake", text=f"{place}{each.text}: {each.suggestion}.")
        for place, each in zip(places, mistakes, strict=True)
    )


def _matches(results: tuple[Result, ...]) -> tuple[Match, ...]:
    """What each name of the protocol was matched to, each once."""
    return tuple(dict.fromkeys(match for result in results for match in result.matched))


def _drawings(evidence: Evidence, results: tuple[Result, ...]) -> tuple[Drawing, ...]:
    """DVH and solid of every structure that the check asked for, and of the targets, for plots and pictures.

    Structures with a value that has a convention band get the DVHs under those conventions, which are computed already.
    """
    drawings = []
    banded = {result.structure for result in results if result.measurement.low is not None}
    asked = (*evidence.anatomy.found, *evidence.anatomy.targets_not_asked_for)
    for found in {(each.match.asked, each.match.numbers): each for each in asked}.values():  # a target by two ways
        dvh = evidence.dvh(found)
        if dvh is not None and found.solid is not None and not found.solid.is_empty:
            name, roi_type = found.match.asked, evidence.anatomy.type_of(found.match)
            others = dvhs_under_other_conventions(name, evidence) if name in banded else ()
            drawings.append(
                Drawing(
                    name=name,
                    roi_type=roi_type,
                    dvh=dvh,
                    solid=found.solid,
                    conventions=others,
                    display_colour=evidence.anatomy.colour_of(found.match),
                )
            )
    return tuple(drawings)
