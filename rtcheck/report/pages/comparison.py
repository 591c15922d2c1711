"""Several reports of one patient, side by side: constraint by constraint, and the DVHs over each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.notices import Notice
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.palette import DASHES
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH, small_grid
from rtcheck.report.charts.svg import element
from rtcheck.report.formats.columns import aligned, folded
from rtcheck.report.formats.json_text import doubt_values, notice_values, to_json
from rtcheck.report.formats.page import page_style, rendered_page
from rtcheck.report.telling.amounts import bounds_text, reference_text, value_text
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.outcomes import result_word, verdict_word
from rtcheck.results import Report, Result

SCHEMA = "rtcheck.comparison/1"
_COLOURS = ("#1769d2", "#cf4400", "#00806f", "#8146c4", "#c8005f", "#5f6f00")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One constraint in every plan; None where a plan has no such result."""

    structure: str
    goal: str
    results: tuple[Result | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the plans come out differently."""
        return len({result.outcome for result in self.results if result}) > 1


def compared_rows(reports: Sequence[Report]) -> tuple[ComparedRow, ...]:
    """Every constraint that any of the reports has, in the order in which they first come."""
    by_key = [_by_key(report) for report in reports]
    keys = dict.fromkeys(key for results in by_key for key in results)
    return tuple(
        ComparedRow(structure=key[0], goal=key[1], results=tuple(results.get(key) for results in by_key))
        for key in keys
    )


def _by_key(report: Report) -> dict[tuple[str, str, int], Result]:
    """The results by structure, goal and how often both came before: one limit may be set for each of two targets."""
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for result in report.results:
        asked = (result.structure, result.goal.text)
        found[*asked, seen[asked]] = result
        seen[asked] += 1
    return found


def warnings_on(reports: Sequence[Report]) -> tuple[Notice, ...]:
    """What is odd about the comparison itself; a patient without a number is told by the name."""
    patients = {report.case.patient.id or report.case.patient.name for report in reports}
    text = "The plans are not all of one patient."
    return (Notice(code="comparison.several-patients", text=text),) if len(patients) > 1 else ()


def comparison_text(reports: Sequence[Report], names: Sequence[str]) -> str:
    """A plain table: a column for each plan, `*` where outcomes differ; why a plan does not pass; the warnings."""
    lines = [("", "Constraint", *names)]
    lines += [
        ("*" if row.differs else "", f"{row.structure} {row.goal}", *map(_cell, row.results))
        for row in compared_rows(reports)
    ]
    lines.append(("", "Verdict", *(verdict_word(report).text for report in reports)))
    below = [f"{name}: {report.reason}" for name, report in _not_passing(reports, names)]
    below += [f"! {name}: {line}" for name, line in _doubts(reports, names)]
    below += [f"! {each.text} [{each.code}]" for each in warnings_on(reports)]
    below += [f"! {name}: {each.text} [{each.code}]" for name, each in _warned(reports, names)]
    return "\n".join([*aligned(lines), *([""] if below else []), *folded(below)]) + "\n"


def _not_passing(reports: Sequence[Report], names: Sequence[str]) -> list[tuple[str, Report]]:
    return [(name, report) for name, report in zip(names, reports, strict=True) if report.verdict != "pass"]


def _doubts(reports: Sequence[Report], names: Sequence[str]) -> list[tuple[str, str]]:
    """What puts a plan's verdict in doubt, each with the plan's name."""
    return [(name, line) for name, report in zip(names, reports, strict=True) for line in doubt_lines(report)]


def _warned(reports: Sequence[Report], names: Sequence[str]) -> list[tuple[str, Notice]]:
    """Every plan's own warnings, each with the plan's name."""
    return [
        (name, each)
        for name, report in zip(names, reports, strict=True)
        for each in report.notices
        if each.is_for_everyone
    ]


def comparison_json(reports: Sequence[Report], names: Sequence[str]) -> str:
    """The same as JSON of the schema `rtcheck.comparison/1`."""
    plans = [
        {
            "name": name,
            "verdict": report.verdict,
            "reason": report.reason,
            "doubts": doubt_values(report.notices),
            "warnings": _told(report.notices),
        }
        for name, report in zip(names, reports, strict=True)
    ]
    rows = [
        {"structure": row.structure, "goal": row.goal, "differs": row.differs, "plans": [*map(_values, row.results)]}
        for row in compared_rows(reports)
    ]
    return to_json({"schema": SCHEMA, "plans": plans, "constraints": rows, "warnings": _told(warnings_on(reports))})


def _told(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    return [notice_values(each) for each in notices]


def comparison_page(reports: Sequence[Report], names: Sequence[str]) -> str:
    """A self-contained page with the table and an overlaid plot for each structure."""
    curves: dict[str, list[tuple[int, Dvh]]] = {}
    for number, report in enumerate(reports):
        for drawing in report.drawings():
            curves.setdefault(drawing.name, []).append((number, drawing.dvh))
    asked = {result.structure for report in reports for result in report.results}
    plots = [
        {"name": name, "svg": _overlay(name, dvhs)} for name, dvhs in curves.items() if name in asked and len(dvhs) > 1
    ]
    style = page_style("cohort.css")
    return rendered_page(
        "comparison.html.j2", style=style, script="", title="rtcheck comparison of " + ", ".join(names), names=names,
        verdicts=[verdict_word(report).text for report in reports], rows=compared_rows(reports), cell=_cell,
        plots=plots, keys=[_key(number) for number in range(len(names))], warnings=warnings_on(reports),
        warned=_warned(reports, names), not_passing=_not_passing(reports, names),
        doubts=_doubts(reports, names),
    )  # fmt: skip


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    word = result_word(result)
    if result.measurement.value is None:
        return f"{word.look.sign} {word.text.lower()}"
    measured = result.measurement
    value = bounds_text(measured) or value_text(measured, limit=result.goal.limit)
    reference = "" if measured.is_share_of_reference else reference_text(measured)
    return f"{word.look.sign} {value}{f' ({reference.strip()})' if reference else ''}"


def _values(result: Result | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "value": result.measurement.value,
        "unit": result.goal.unit,
        "reference_gy": result.measurement.reference_gy,
        "margin": result.margin,
        "outcome": result.outcome,
    }


def _overlay(name: str, dvhs: Sequence[tuple[int, Dvh]]) -> Markup:
    """The curves of one structure, one for each plan, told apart by colour and dash."""
    end = round_up(max(dvh.max_gy for _, dvh in dvhs))
    paths = [
        element(
            "path", class_="curve", d=_path(dvh, end), fill="none", stroke=_COLOURS[number % len(_COLOURS)],
            stroke_dasharray=DASHES[number % len(DASHES)] or None,
        )
        for number, dvh in dvhs
    ]  # fmt: skip
    return element(
        "svg", *small_grid(end), *paths, viewBox=VIEW_BOX, class_="bandplot", role="img",
        aria_label=f"DVHs of {name} in {len(dvhs)} plans, 0 to {end:g} Gy",
    )  # fmt: skip


def _path(dvh: Dvh, end: float) -> str:
    doses = np.linspace(0.0, dvh.max_gy, 160)
    shares = np.interp(doses, dvh.dose_gy, dvh.volume_at_least_cc / dvh.volume_inside_cc, left=1.0, right=0.0)
    points = zip((doses / end * WIDTH).tolist(), ((1 - shares) * HEIGHT).tolist(), strict=True)
    return "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _key(number: int) -> Markup:
    line = element(
        "line", class_="curve", x2=26, y1=6, y2=6, stroke=_COLOURS[number % len(_COLOURS)],
        stroke_dasharray=DASHES[number % len(DASHES)] or None,
    )  # fmt: skip
    return element("svg", line, width=28, height=12, aria_hidden="true")
