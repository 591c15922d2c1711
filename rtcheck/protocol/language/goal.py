"""The goal language: "D0.03cc <= 45 Gy" -> Goal, "V20Gy[%]" -> Metric, and both back to text.

    goal    = metric operator number [unit]

The unit in the metric's brackets is the form of TG-263 (after Mayo); it may stand for the unit behind the number.
"""

from dataclasses import replace
from typing import NoReturn

from rtcheck.dosimetry.metric_terms import (
    DOSES,
    INDICES,
    INTEGRALS,
    LENGTHS,
    LYMAN_MODELS,
    PROBABILITIES,
    VOLUMES,
    Metric,
    MetricKind,
    Unit,
)
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Goal, Operator
from rtcheck.protocol.language.metric_grammar import Asked, read_metric
from rtcheck.protocol.language.scanner import OPERATOR, OPERATORS, Scanner, number_text
from rtcheck.protocol.language.units import WrittenUnit, move_point, read_unit

_WRONG_OPERATOR = pattern(r"[=!≠]+[<>=]*")


def parse_metric(text: str) -> Metric:
    """The metric that `text` asks for, e.g. "D0.03cc", "V20Gy[%]", "EQD2[3] Dmax".

    Without a bracket a dose is asked in Gy and a volume in cc. The metric keeps the text as asked.

    Raises:
        GoalSyntaxError: the text is no metric; the message underlines the place.
    """
    scanner = Scanner(text)
    asked = read_metric(scanner, default_alpha_beta_gy=None)
    scanner.end()
    return _finish(scanner, asked, asked.unit, text=scanner.text)


def parse_goal(text: str, *, alpha_beta_gy: float | None = None) -> Goal:
    """The goal that `text` states, e.g. "Dmean < 24 Gy"; its own text is the canonical form.

    `alpha_beta_gy` is what EQD2 and BED mean where the text does not say: the structure's, from the protocol.

    Raises:
        GoalSyntaxError: the text is no goal; the message underlines the place.
    """
    scanner = Scanner(text)
    asked = read_metric(scanner, default_alpha_beta_gy=alpha_beta_gy)
    operator = _operator(scanner)
    amount = scanner.number("a number")
    unit = _goal_unit(scanner, asked)
    scanner.end()
    metric = _finish(scanner, asked, unit, text="")
    limit = unit.convert(amount) if unit else amount
    if metric.kind == "Coverage" and unit:
        limit = move_point(limit, -2)  # coverage is a ratio; 95 % and 0.95 say the same
    return make_goal(metric, operator, limit)


def make_goal(metric: Metric, operator: Operator, limit: float) -> Goal:
    """The goal in canonical form, e.g. "V20Gy <= 30 %": the unit stands behind the number, not in brackets."""
    name = _body(metric)
    unit = f" {metric.unit}" if metric.unit else ""
    per_fraction = "/fx" if metric.per_fraction and metric.kind in DOSES else ""
    text = f"{name} {operator} {number_text(limit)}{unit}{per_fraction}"
    return Goal(text=text, metric=replace(metric, text=name), operator=operator, limit=limit)


def metric_text(metric: Metric) -> str:
    """The shortest text that `parse_metric` reads as this metric, e.g. "V20Gy[%]"."""
    if metric.per_fraction and metric.kind in DOSES:
        return f"{_body(metric)}[Gy/fx]"
    if metric.plugin and metric.unit:
        return f"{_body(metric)}[{metric.unit}]"
    return f"{_body(metric)}[%]" if metric.unit == "%" and metric.kind not in PROBABILITIES else _body(metric)


def _operator(scanner: Scanner) -> Operator:
    """operator = "<" | "<=" | ">" | ">=" """
    sign = scanner.accept(OPERATOR)
    if sign is None:
        if scanner.next_is(_WRONG_OPERATOR):
            scanner.fail_at_next("expected <, <=, > or >=", _WRONG_OPERATOR)
        limit = " and a limit" if scanner.is_at_end else ""
        scanner.fail_after_last(f'expected <, <=, > or >={limit} after "{scanner.taken()}"')
    return OPERATORS[sign]


def _goal_unit(scanner: Scanner, asked: Asked) -> WrittenUnit | None:
    """The unit behind the limit, or the one in brackets; an index has none."""
    unit = read_unit(scanner)
    if unit and asked.unit and unit != asked.unit:
        scanner.fail_at_last("the unit is given twice, and differently; remove one")
    unit = unit or asked.unit
    if unit is None and asked.kind not in INDICES and asked.kind != "Plugin":
        scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": {_expected_units(asked.kind)}')
    return unit


def _expected_units(kind: MetricKind) -> str:
    if kind in DOSES:
        return "Gy, cGy or % (of the prescription)"
    if kind in PROBABILITIES:
        return "%"
    if kind in LENGTHS:
        return "mm"
    if kind in INTEGRALS:
        return "Gy L or Gy cc"
    return "cc or % (of the structure)" if kind in VOLUMES else "cc"


def _finish(scanner: Scanner, asked: Asked, unit: WrittenUnit | None, *, text: str) -> Metric:
    """The metric with the unit of its answer, once the two are found to go together."""
    body = asked.body
    per_fraction = bool(unit and unit.per_fraction) if body.kind in DOSES else body.per_fraction
    if per_fraction and asked.biology != "physical":
        scanner.fail(f"{asked.biology} refers to the whole course and cannot be given per fraction", 0, scanner.place)
    # Of a model only the included ones are known here; a protocol's own are filled in where it is read.
    return Metric(
        text=text, kind=body.kind, unit=_answer_unit(scanner, asked, unit), at=body.at, until=body.until,
        biology=asked.biology, alpha_beta_gy=asked.alpha_beta_gy, parameter=body.parameter, per_fraction=per_fraction,
        model_name=body.model_name, model=LYMAN_MODELS.get(body.model_name),
        plugin=body.plugin,
    )  # fmt: skip


def _answer_unit(scanner: Scanner, asked: Asked, unit: WrittenUnit | None) -> Unit:
    """The plain unit of the metric's answer; a unit of another dimension is a fault."""
    name = scanner.text[: asked.start].rstrip()
    if asked.kind in INDICES:
        if unit and not (asked.kind == "Coverage" and unit.dimension == "percent"):
            _fail_unit(scanner, asked, f"{asked.kind} is a ratio without a unit")
        return ""
    if asked.kind in DOSES:
        if unit and unit.dimension not in ("dose", "percent"):
            _fail_unit(scanner, asked, f"{name} is a dose: expected {_expected_units(asked.kind)}, found {unit.plain}")
        return unit.plain if unit else "Gy"
    if asked.kind in LENGTHS:
        if unit and unit.dimension != "length":
            _fail_unit(scanner, asked, f"{asked.kind} is a distance: expected mm")
        return "mm"
    if asked.kind in INTEGRALS:
        if unit and unit.dimension != "dose-volume":
            _fail_unit(scanner, asked, f"{asked.kind} is a dose times a volume: expected Gy L or Gy cc")
        return "Gy·L"
    if asked.kind in PROBABILITIES:
        if unit and (unit.dimension != "percent" or unit.of_prescription):
            _fail_unit(scanner, asked, f"{asked.kind} is a probability: expected %")
        return "%"
    if asked.kind == "Plugin":
        return unit.plain if unit else ""
    is_of_structure = unit is None or (unit.dimension in ("volume", "percent") and not unit.of_prescription)
    if not is_of_structure or (asked.kind == "Volume" and unit and unit.dimension == "percent"):
        _fail_unit(scanner, asked, f"{name} is a volume: expected {_expected_units(asked.kind)}")
    return unit.plain if unit else "cc"


def _fail_unit(scanner: Scanner, asked: Asked, reason: str) -> NoReturn:
    """Fails at the bracketed unit where there is one, else at the unit behind the limit."""
    if asked.unit is not None:
        scanner.fail(reason, asked.start, asked.end)
    scanner.fail_at_last(reason)


def _body(metric: Metric) -> str:
    """The metric's canonical name without the unit of its answer: "EQD2[3] D0.03cc", "V3Gy/fx"."""
    biology = "" if metric.biology == "physical" else f"{metric.biology}[{number_text(metric.alpha_beta_gy or 0)}] "
    if metric.kind == "gEUD":
        return f"{biology}gEUD[{number_text(metric.parameter or 0)}]"
    if metric.kind in PROBABILITIES:
        return f"{metric.kind}[{metric.model_name}]"
    if metric.plugin:
        return f"{metric.kind}[{metric.plugin}]"
    at = f"{number_text(metric.at.amount)}{metric.at.unit}" if metric.at else ""
    if metric.until and metric.at:
        at = f"{number_text(metric.at.amount)}-{number_text(metric.until.amount)}{metric.until.unit}"
    per_fraction = "/fx" if metric.per_fraction and metric.kind in VOLUMES else ""
    return f"{biology}{metric.kind.removesuffix('range')}{at}{per_fraction}"
