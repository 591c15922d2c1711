"""A trial -> query letters: for each plan that needs one a page with what was found and what the site must mend."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from unicodedata import normalize

from rtcheck.batch.trial.analysis import Trial
from rtcheck.batch.trial.plans import Item, TrialPlan
from rtcheck.batch.trial.telling import off_text
from rtcheck.errors import UsageError
from rtcheck.report.charts.glyphs import glyph_svg
from rtcheck.report.formats.page import page_style, rendered_page, running_foot
from rtcheck.report.formats.typesetting import letterhead_values, typeset_pdf
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.telling.outcomes import LOOKS, Kind
from rtcheck.report.telling.words import counted, sentence, typeset
from rtcheck.values import dataclass

TITLE = "Query letters"
_UNFIT = re.compile(r"[^\w.-]+", re.ASCII)
_ACCENTS = re.compile("[\u0300-\u036f]")
_LONGEST_NAME = 80
_NUMBERED = "[0-9][0-9][0-9]_*.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One thing to mend: what the protocol requires, what was found, and what to do."""

    kind: Kind
    item: str
    found: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The letter on one plan."""

    plan: TrialPlan
    queries: tuple[Query, ...]

    @property
    def subject(self) -> str:
        return f"{self.plan.name}: {counted(len(self.queries), 'query', 'queries')}"


def letters_of(trial: Trial) -> tuple[Letter, ...]:
    """The letters in the order of site and plan; none for a plan without queries, or for an excluded one."""
    asked = ((plan, tuple(_queries(plan))) for plan in trial.plans if plan.status != "excluded")
    letters = [Letter(plan=plan, queries=(*queries, *_not_given(plan))) for plan, queries in asked if queries]
    return tuple(sorted(letters, key=lambda letter: (letter.plan.site, letter.plan.name)))


def letter_files(
    trial: Trial, target: Path, *, made: str, letterhead: Letterhead | None = None
) -> dict[Path, str | bytes]:
    """The letters in one file (.html, .pdf), or each in a page of its own in a folder."""
    letters = letters_of(trial)
    suffix = target.suffix.lower()
    if suffix == ".pdf":
        return {target: typeset_pdf("letters.typ", _pdf_values(letters, trial, letterhead), made=made)}
    if suffix in (".html", ".htm"):
        return {target: _page(letters, trial, letterhead)}
    if suffix and not target.is_dir():
        raise UsageError(f"{target}: letters are a folder, or a file ending in .html or .pdf.")
    names = (f"{number:03d}_{file_name(letter.plan)}.html" for number, letter in enumerate(letters, 1))
    return {target / name: _page([letter], trial, letterhead) for name, letter in zip(names, letters, strict=True)}


def earlier_letters(written: Iterable[Path]) -> list[Path]:
    """Letters next to those that were written, of plans that no longer need one or had another number."""
    written = set(written)
    return sorted(
        path for folder in {path.parent for path in written} for path in folder.glob(_NUMBERED) if path not in written
    )


def file_name(plan: TrialPlan) -> str:
    """A name for a plan's letter that every system takes."""
    letters = _ACCENTS.sub("", normalize("NFKD", "_".join(filter(None, (plan.site, plan.name)))))
    return _UNFIT.sub("_", letters).strip("._")[:_LONGEST_NAME]


def _queries(plan: TrialPlan) -> Iterator[Query]:
    if not plan.is_checked:
        request = "Send the plan, its dose and its structure set, or state why the plan is not sent."
        yield Query(kind="ne", item="The plan could not be checked", found=plan.reason, request=request)
        return
    for item in plan.items:
        if item.outcome == "violated":
            found = ", ".join(filter(None, (item.found, off_text(item))))
            request = "Correct the plan, or send the reason for the deviation to have it reviewed."
            yield Query(kind="over", item=typeset(item.name), found=found, request=request)
        elif item.outcome == "not_evaluated":
            yield Query(kind="ne", item=typeset(item.name), found=item.why or "not evaluated", request=_request(item))

    if plan.doubts:
        request = "Confirm or correct this: the verdict depends on it."
        yield Query(kind="edge", item="The verdict is in doubt", found=sentence(plan.doubts), request=request)


def _not_given(plan: TrialPlan) -> tuple[Query, ...]:
    """One query for all clinical facts that are missing: alone they are no reason for a letter."""
    names = [typeset(item.name) for item in plan.items if item.outcome == "not_given"]
    request = "Send these clinical data with the answer."
    return (Query(kind="ne", item="Not given", found="; ".join(names), request=request),) if names else ()


def _request(item: Item) -> str:
    if "no ROI" in item.why or "could each be" in item.why or "cannot be formed" in item.why:
        return "Contour the structure, or state which ROI it is, and send the structure set again."
    return "Send the files again with what is missing here."


def _page(letters: Sequence[Letter], trial: Trial, letterhead: Letterhead | None) -> str:
    return rendered_page(
        "letters.html.j2",
        style=page_style("letterhead.css", "letters.css")
        + running_foot(f"rtcheck {TITLE.lower()} · {trial.data_hash[:12]}"),
        script="",
        title=letters[0].subject if len(letters) == 1 else TITLE,
        page_kind="query letter",
        sections=[("letters", "Letters")],
        letters=[(each, facts_of(each.plan)) for each in letters],
        letterhead=letterhead,
    )


def _pdf_values(letters: Sequence[Letter], trial: Trial, letterhead: Letterhead | None) -> dict[str, object]:
    return {
        "title": TITLE,
        "page_kind": "query letters",
        "verdict": "",
        "foot": f"Data {trial.data_hash[:16]}",
        "inks": {kind: look.ink for kind, look in LOOKS.items()},
        "glyphs": {kind: glyph_svg(kind) for kind in ("over", "ne", "edge")},
        "letterhead": letterhead_values(letterhead),
        "letters": [
            {
                "facts": facts_of(each.plan),
                "subject": each.subject,
                "queries": list(map(asdict, each.queries)),
            }
            for each in letters
        ],
    }


def facts_of(plan: TrialPlan) -> list[tuple[str, str]]:
    """What identifies the plan to its site."""
    told = {"Site": plan.site, "Plan": plan.name, "Label": plan.label, "Arm": plan.arm, "Protocol": plan.protocol}
    return [(label, text) for label, text in told.items() if text]
