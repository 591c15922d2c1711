"""A comparison -> a plain table: a column for each plan, differences, `*` where outcomes are not the same."""

from rtcheck.report.formats.columns import aligned, folded
from rtcheck.report.pages.comparison.compared import Comparison
from rtcheck.report.telling.amounts import reference_text
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_text import text_in
from rtcheck.units import DoseUnit


def comparison_text(comparison: Comparison) -> str:
    """The table; below it why a plan does not pass, doubts and warnings."""
    plans = comparison.plans
    others = comparison.headings
    lines = [("", "Constraint", *(plan.name for plan in plans), *others)]
    lines += [
        (
            "*" if row.differs else "",
            f"{row.structure} {row.goal}",
            *(cell(each, comparison.unit) for each in row.rows),
            *row.differences,
        )
        for row in comparison.rows
    ]
    lines.append(("", "Verdict", *(f"{word.look.sign} {word.text}" for word in comparison.words), *[""] * len(others)))
    differences = comparison.difference_lines
    below = [f"Dose of {plans[1].name} less that of {plans[0].name}:"] if differences else []
    below += [f"  {line}" for line in differences]
    below += [f"{plan.name}: score {plan.score}" for plan in plans if plan.score]
    below += [f"{plan.name}: {plan.telling.reason}" for plan in plans if plan.report.verdict != "pass"]
    below += [f"! {plan.name}: {line}" for plan in plans for line in plan.telling.doubt_lines]
    below += [f"! {each.text} [{each.code}]" for each in comparison.warnings]
    below += [f"! {plan.name}: {line.text} [{line.code}]" for plan in plans for line in plan.warnings]
    return "\n".join([*aligned(lines), *([""] if below else []), *folded(below)]) + "\n"


def cell(row: Row | None, unit: DoseUnit = "Gy") -> str:
    """ "✗ 55.20 Gy", "? not evaluated"; "-" where a plan has no such limit."""
    if row is None:
        return "-"
    reference = "" if row.result.measurement.is_share_of_reference else reference_text(row.result.measurement)
    of = f" ({text_in(reference.strip(), unit)})" if row.value and reference else ""
    return f"{row.word.look.sign} {row.value or row.word.text.lower()}{of}"
