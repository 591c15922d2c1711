"""An opened case and a Question -> a Report: the check of the library, with what earlier checks left."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import Any

from rtcheck.case import Case
from rtcheck.checking.courses.by_values import values_added
from rtcheck.checking.terms import Terms
from rtcheck.checking.what_if.dose_scale import scaled_case
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.editing.edits import Edit, EditError, edited
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.results import Report
from rtcheck.values import dataclass
from rtcheck.web.desk.beside import texts_of
from rtcheck.web.desk.desk import Beside, Desk, Opened, beside_of
from rtcheck.web.desk.question import EMPTY, Question, Recipe, ValueSum
from rtcheck.web.refusals import Refusal

NO_PROTOCOL = Protocol(name="empty", title="An empty protocol", constraints=())
MOST_DRAWN = 4
MOST_ASKED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A report with what it was made of. `original` is the protocol before it was edited."""

    opened: Opened
    case: Case
    original: Protocol
    protocol: Protocol
    beside: Beside
    question: Question
    report: Report
    left_out: frozenset[Solid]

    @property
    def is_waiting(self) -> bool:
        """Whether this check left out convention bands, be they there by now or not: the next one may have them."""
        return bool(self.left_out)

    @property
    def can_be_refined(self) -> bool:
        """Whether the bands that this check left out are there by now."""
        return self.is_waiting and self.left_out <= self.opened.kept.banded

    @property
    def is_edited(self) -> bool:
        return self.protocol is not self.original


def checked(desk: Desk, recipe: Recipe, question: Question, *, defers_bands: bool = False, **options: Any) -> Checked:
    """The answer to a question about a case; `options` go to the check as they are (robust_mm, command, ...).

    With `defers_bands` convention bands that are not there yet are made aside, for the next check.
    """
    opened = desk.opened(recipe)
    case = opened.case(question.override)
    original = protocol_of(desk, question.protocol)
    protocol = _with_known_limits(edited_protocol(original, question), original, question, opened)
    beside = beside_of(recipe.place, texts_of(question))
    terms = Terms(
        facts=beside.facts,
        aliases=beside.aliases,
        waivers=beside.waivers,
        require_eligibility=question.require_eligibility,
        reference_date=question.reference_date,
        drawn_only=question.drawn_only,
    )
    if recipe.values:
        report, left_out = _values_report(opened, recipe.values, protocol, terms, question, options), set[Solid]()
    else:
        live = _asked_besides_limits(question, case, opened) if defers_bands and not options else None
        kept = replace(opened.kept, defers_bands=defers_bands, left_out=set(), asked=live).at_scale(question.dose_scale)
        report = terms.report_on(scaled_case(case, question.dose_scale), protocol, kept=kept, **options)
        left_out = kept.left_out
        opened.make_bands(case)
    return Checked(
        opened=opened,
        case=case,
        original=original,
        protocol=protocol,
        beside=beside,
        question=question,
        report=report,
        left_out=frozenset(left_out),
    )


def _values_report(
    opened: Opened, values: ValueSum, protocol: Protocol, terms: Terms, question: Question, options: dict[str, Any]
) -> Report:
    """The report on the values of the plans, added: each plan is checked by itself, in its own structures."""
    if question.dose_scale != 1.0 or not options.keys() <= {"command", "progress"}:
        text = "Values of several plans were added: there is no dose of them together to scale or to shift."
        raise Refusal(409, "web.choose", text)
    reports = [
        terms.report_on(part.case(question.override), protocol, kept=replace(part.kept, defers_bands=False), **options)
        for part in opened.parts
    ]
    return values_added(reports, external=values.external, fractions_left=values.fractions_left)


def _with_known_limits(protocol: Protocol, original: Protocol, question: Question, opened: Opened) -> Protocol:
    """The protocol with each edited limit as the object that it was before: results are kept by it."""
    if protocol is original or question.edits is None:
        return protocol
    constraints, repeated, taken = [], Counter[Edit](), set[int]()
    for edit, constraint in zip(question.edits, protocol.constraints, strict=True):
        key = (edit, repeated[edit])  # of a limit that is there twice each is an object of its own
        known = opened.limits.of(original, key, partial(_itself, constraint))
        if id(known) in taken:  # two edits that say the same in other words
            known = opened.limits.of(original, (*key, "apart"), partial(replace, constraint))
        constraints.append(known)
        taken.add(id(known))
        repeated[edit] += 1
    return replace(protocol, constraints=tuple(constraints))


def _itself(constraint: Constraint) -> Constraint:
    return constraint


def _asked_besides_limits(question: Question, case: Case, opened: Opened) -> Hashable:
    """Whatever the result of a limit depends on but the limit itself; None where limits depend on each other.

    The same object for the same, since objects are told apart at once and questions are not.
    """
    if case.dose_sum is not None:
        return None
    asked = replace(question, number=0, edits=None, saved_as="", waivers=(), unit="Gy", own_colours=False)
    if len(opened.asked) >= MOST_ASKED:
        opened.asked.clear()
    return opened.asked.setdefault(asked, object())


def drawn(desk: Desk, recipe: Recipe, question: Question) -> Checked:
    """A check of the dose as planned of which only structures are drawn; the latest few are kept as they are.

    A slice after a slice asks for the same one, and what facts or waivers say changes no picture.
    """
    kept = desk.opened(recipe).drawn
    key = (question.protocol, question.edits, question.aliases, question.override)
    if key not in kept or kept[key].can_be_refined:
        bare = Question(
            protocol=question.protocol, edits=question.edits, aliases=question.aliases, override=question.override
        )
        kept[key] = checked(desk, recipe, bare, defers_bands=True)
        while len(kept) > MOST_DRAWN:
            kept.popitem(last=False)
    kept.move_to_end(key)
    found: Checked = kept[key]
    return found


def as_planned(desk: Desk, done: Checked) -> Checked:
    """The same check without what-if: the protocol as it is, of the dose as it was planned.

    It stays the same while limits are edited and the dose is scaled, so that the latest ones are kept.
    """
    planned, kept = replace(done.question, number=0, edits=None, saved_as="", dose_scale=1.0), done.opened.planned
    if not done.is_edited and done.question.dose_scale == 1.0:
        kept[planned] = done
    elif planned not in kept or kept[planned].can_be_refined:
        kept[planned] = checked(desk, done.opened.recipe, planned, defers_bands=True)
    while len(kept) > MOST_DRAWN:
        kept.popitem(last=False)
    found: Checked = kept[planned]
    return found


def protocol_of(desk: Desk, name: str) -> Protocol:
    """The protocol of a question; "empty" is one that asks for nothing."""
    if not name:
        raise Refusal(400, "web.no-protocol", "No protocol chosen.")
    return NO_PROTOCOL if name == EMPTY else desk.protocol(name)


def edited_protocol(original: Protocol, question: Question) -> Protocol:
    """The protocol as edited; an edit that cannot be made is a Refusal with its row and the underlined place."""
    if question.edits is None:
        return original
    try:
        return edited(original, question.edits, name=question.saved_as)
    except EditError as error:
        underlined = {"of": error.text, "start": error.start, "end": error.end}
        raise Refusal(422, "web.bad-edit", error.reason, row=error.index, **underlined) from None
