"""What the limits of a check will need besides DVHs, computed on the cores that there are before they are checked: the
finer DVHs that show how sure a value is, and those of the bands.

A first round goes through the limits for their outcomes alone, with an anatomy of its own, so that nothing but what is
kept of the case remains of it. Whatever it finds to need a finer DVH, or one under another convention, is meanwhile
integrated.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.places import place_of
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.checking.uncertain import conventions_of_band, is_read_from_histogram, needs_band
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.results import Result
from rtcheck.side_by_side import ahead, has_cores
from rtcheck.timing import timed

Work = Callable[[], object]


def make_bands_ahead(evidence: Evidence) -> None:
    """Integrate what uncertainties and bands need, if several cores are there; not for one who changes limits one by
    one."""
    kept = evidence.kept
    if kept.defers_bands or kept.asked is not None or not has_cores():
        return
    ahead(_done, _work(_with_own(evidence.anatomy.again(), replace(evidence, only_outcomes=True))))


@timed("bands")
def _done(work: Work) -> None:
    work()


def _work(scout: Evidence) -> Iterator[Work]:
    """What the limits need besides the DVHs, which are made on the way: each once."""
    known: set[tuple[object, ...]] = set()
    for constraint in scout.protocol.constraints:
        for result in evaluate_constraint(constraint, scout):
            for key, work in _work_of(result, scout):
                if key not in known:
                    known.add(key)
                    yield work


def _work_of(result: Result, scout: Evidence) -> Iterator[tuple[tuple[object, ...], Work]]:
    """What a result needs, each with what makes it one and the same."""
    value, goal = result.measurement.value, result.goal
    if value is None:
        return
    for found in _measured(result, scout):
        numbers = found.match.numbers
        if needs_band(value, goal, scout):
            for convention in conventions_of_band(found, scout.settings):
                yield (numbers, convention.settings), partial(_integrate, found, convention.settings, scout)
        if is_read_from_histogram(goal.metric):
            yield (numbers, "finer"), partial(scout.finer_dvh, found)
        if result.outcome in ("violated", "variation") or result.is_borderline:
            yield (numbers, "place", goal.is_coverage), partial(_find_place, result, found, scout)


def _measured(result: Result, scout: Evidence) -> Iterator[Found]:
    """The structures of a result that are drawn: of derived ones threads would share the expressions."""
    for found in scout.anatomy.found:
        if found.match in result.matched and found.solid in scout.dvhs and _is_drawn(found):
            yield found


def _is_drawn(found: Found) -> bool:
    return found.derived is None and bool(found.match.numbers) and not found.match.how.startswith("derived")


def _integrate(found: Found, settings: EngineSettings, scout: Evidence) -> None:
    """The DVH of the same ROIs under other settings, in an anatomy of this thread alone."""
    anatomy, match = scout.anatomy.under(settings), found.match
    other = _with_own(anatomy, replace(scout, settings=settings))
    other.dvh(anatomy.of_rois(match.numbers, asked=match.asked, how=match.how))


def _find_place(result: Result, found: Found, scout: Evidence) -> None:
    """The place of a limit that is not met; what the structure shares with targets takes the time."""
    place_of(result.goal, result.measurement, found, _with_own(scout.anatomy.again(), scout))


def _with_own(anatomy: Anatomy, evidence: Evidence) -> Evidence:
    """The evidence with an anatomy of its own, and nothing measured of it so far."""
    own = replace(evidence, anatomy=anatomy, dvhs={}, finer_dvhs={}, others={}, in_effect={})
    anatomy.isodoses = own.isodoses()
    return own
