"""The metric grammar: "V20Gy[%]" -> what is asked, before the unit of the answer is known.

    metric  = [biology] body ["[" unit "]"]            (a body may be a dose range: V10-20Gy)

A number that could be a dose or a volume always needs its unit: other programs read a bare `V20` or `D5` in different
ways.
"""

import re
from typing import NamedTuple, NoReturn

from rtcheck.dosimetry.metric_terms import INDICES, INTEGRALS, LENGTHS, Biology, MetricKind, Quantity
from rtcheck.patterns import pattern
from rtcheck.protocol.language.scanner import Scanner, did_you_mean
from rtcheck.protocol.language.units import WrittenUnit, read_unit
from rtcheck.values import dataclass

# Names that stand alone, each with what it means. "HI" and "CI" alone are the commonest definitions.
NAMED: dict[str, MetricKind] = {
    "dmean": "Dmean", "mean": "Dmean", "dmax": "Dmax", "max": "Dmax", "dmin": "Dmin", "min": "Dmin", "dpoint": "Dpoint",
    "dmedian": "D", "median": "D", "volume": "Volume",
    "hi": "HI_ICRU83", "hi_icru83": "HI_ICRU83", "hi_rtog": "HI_RTOG",
    "ci": "CI_RTOG", "ci_rtog": "CI_RTOG", "ci_paddick": "CI_Paddick", "cn": "CN", "gi": "GI", "r50": "R50",
    "r50%": "R50", "coverage": "Coverage", "isocentredistance": "IsocentreDistance",
    "isocenterdistance": "IsocentreDistance", "integraldose": "IntegralDose",
}  # fmt: skip
KNOWN_NAMES = (
    "Dmean", "Dmax", "Dmin", "Dpoint", "Dmedian", "Mean", "Max", "Min", "Median", "Volume", "gEUD[a]", "HI_ICRU83",
    "HI_RTOG", "CI_RTOG", "CI_Paddick", "CN", "GI", "R50", "Coverage", "D0.03cc", "D95%", "V20Gy", "V95%", "V10-20Gy",
    "CV15Gy", "DC700cc",
    "NTCP[model]", "TCP[model]", "Plugin[name]", "IsocentreDistance", "IntegralDose",
)  # fmt: skip

_NAMES = "|".join(sorted(NAMED, key=len, reverse=True))
_NAMED = pattern(rf"(?:{_NAMES})(?![A-Za-z0-9_%.])", re.IGNORECASE)
_MODEL = pattern(r"(?P<kind>NTCP|TCP|Plugin)(?![A-Za-z0-9_])", re.IGNORECASE)
_MODEL_NAME = pattern(r"\w[\w .-]*")
_GEUD = pattern(r"gEUD(?![A-Za-z0-9_])", re.IGNORECASE)
_BIOLOGY = pattern(r"(?:EQD2|BED)(?![A-Za-z0-9_])", re.IGNORECASE)
_LETTER = pattern(r"(?:CV|DC|D|V)(?=\s*\.?[0-9])", re.IGNORECASE)
_MINUS = pattern(r"-")
_TO = pattern(r"[-–−]")
_GRAY = pattern(r"Gy", re.IGNORECASE)
_OPEN, _CLOSE = pattern(r"\["), pattern(r"\]")


class Body(NamedTuple):
    """What is asked, without biology and without the unit of the answer."""

    kind: MetricKind
    at: Quantity | None = None
    until: Quantity | None = None
    parameter: float | None = None
    per_fraction: bool = False
    model_name: str = ""
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric before its unit is known: `unit` is the bracketed one, `start..end` its columns."""

    body: Body
    biology: Biology
    alpha_beta_gy: float | None
    unit: WrittenUnit | None
    start: int
    end: int

    @property
    def kind(self) -> MetricKind:
        return self.body.kind


def read_metric(scanner: Scanner, *, default_alpha_beta_gy: float | None) -> Asked:
    """metric = [("EQD2" | "BED") ["[" number "]"]] body ["[" unit "]"]"""
    named = _by_name(scanner)
    if named is not None:
        return named
    biology, alpha_beta_gy = _biology(scanner, default_alpha_beta_gy)
    body = _kind(scanner)
    name_end = scanner.place
    if biology != "physical" and (body.kind in INDICES | LENGTHS | INTEGRALS or body.kind == "Volume"):
        scanner.fail(f"{biology} applies to doses and volumes at a dose, not to {body.kind}", 0, name_end)
    start = scanner.place
    unit = _bracketed_unit(scanner)
    return Asked(body, biology, alpha_beta_gy, unit, start, scanner.place)


def _by_name(scanner: Scanner) -> Asked | None:
    """named = ("NTCP" | "TCP") "[" model "]" ["[" "%" "]"] | "Plugin" "[" name "]" ["[" unit "]"]"""
    word = scanner.accept(_MODEL)
    if word is None:
        return None
    kinds: dict[str, MetricKind] = {"NTCP": "NTCP", "TCP": "TCP", "PLUGIN": "Plugin"}
    kind = kinds[word.upper()]
    what = "plug-in" if kind == "Plugin" else "model"
    if scanner.accept(_OPEN) is None:
        scanner.fail_after_last(f"expected the name of a {what} after {kind}: write {kind}[NAME]")
    name = scanner.accept(_MODEL_NAME)
    if name is None:
        scanner.fail_at_next(f"expected the name of a {what} in the brackets")
    _close(scanner)
    start = scanner.place
    unit = _bracketed_unit(scanner)
    named = Body(kind, plugin=name.strip()) if kind == "Plugin" else Body(kind, model_name=name.strip())
    return Asked(named, "physical", None, unit, start, scanner.place)


def _biology(scanner: Scanner, default_alpha_beta_gy: float | None) -> tuple[Biology, float | None]:
    """biology = ("EQD2" | "BED") ["[" alpha/beta "]"]"""
    word = scanner.accept(_BIOLOGY)
    if word is None:
        return "physical", None
    biology: Biology = "EQD2" if word.upper() == "EQD2" else "BED"
    if scanner.accept(_OPEN) is None:
        if default_alpha_beta_gy is None:
            scanner.fail_after_last(f"expected alpha/beta after {biology}: write {biology}[3]")
        return biology, default_alpha_beta_gy
    alpha_beta_gy = scanner.number(f"alpha/beta in Gy, as in {biology}[3]")
    if alpha_beta_gy <= 0:
        scanner.fail_at_last("alpha/beta must be more than 0 Gy")
    scanner.accept(_GRAY)
    _close(scanner)
    return biology, alpha_beta_gy


def _kind(scanner: Scanner) -> Body:
    """body = name | "gEUD" "[" number "]" | ("D" | "DC") volume | "V" (dose | range) | "CV" dose"""
    if scanner.accept(_GEUD):
        return Body("gEUD", parameter=_geud_parameter(scanner))
    name = scanner.accept(_NAMED)
    if name is not None:
        at: Quantity | None = Quantity(amount=50.0, unit="%") if "median" in name.lower() else None
        return Body(NAMED[name.lower()], at)
    letter = scanner.accept(_LETTER)
    if letter is None:
        _fail_unknown_metric(scanner)
    kind: MetricKind = letter.upper()  # type: ignore[assignment]  # the pattern allows only CV, DC, D and V
    return Body(kind, _volume(scanner, kind)) if kind in ("D", "DC") else _dose(scanner, kind)


def _fail_unknown_metric(scanner: Scanner) -> NoReturn:
    word = scanner.next_word()
    if word.upper() in ("D", "V", "CV", "DC"):
        example = {"D": "D0.03cc or D95%", "V": "V20Gy or V95%", "CV": "CV15Gy", "DC": "DC700cc"}[word.upper()]
        scanner.accept(re.compile(re.escape(word)))
        scanner.fail_after_last(f'expected a number and a unit after "{word}", as in {example}')
    if not word:
        scanner.fail_at_next("expected a metric, such as Dmean, D0.03cc or V20Gy")
    scanner.fail_at_next(f'"{word}" is not a metric{did_you_mean(word, KNOWN_NAMES)}')


def _geud_parameter(scanner: Scanner) -> float:
    if scanner.accept(_OPEN) is None:
        scanner.fail_after_last("expected the parameter a after gEUD: write gEUD[8]")
    sign = -1.0 if scanner.accept(_MINUS) else 1.0
    a = sign * scanner.number("the parameter a, as in gEUD[8]")
    if a == 0:
        scanner.fail_at_last("the parameter a of gEUD cannot be 0")
    _close(scanner)
    return a


def _volume(scanner: Scanner, kind: MetricKind) -> Quantity:
    """volume = number ("cc" | "%"): at which volume a dose is asked."""
    amount = scanner.number("a number")
    start = scanner.token_start
    if amount == 0:
        scanner.fail_at_last(f'"{kind}0" is not defined; the maximum dose is Dmax')
    if scanner.next_is(_TO):
        scanner.fail_at_next(f"{kind} takes one volume; the volume in a dose range is V10-20Gy", _TO)
    unit = read_unit(scanner)
    if unit is None:
        scanner.fail_after_last(
            f'expected a unit after "{scanner.taken()}": cc or % (of the volume);'
            " other programs read it in different ways"
        )
    if unit.dimension not in ("volume", "percent") or unit.of_prescription:
        twin = "V" if kind == "D" else "CV"
        scanner.fail(f"{kind} takes a volume (cc or %); the volume at a dose is {twin}20Gy", start, scanner.place)
    return Quantity(amount=unit.convert(amount), unit=unit.plain)


def _dose(scanner: Scanner, kind: MetricKind) -> Body:
    """dose = number ("Gy" | "cGy" | "Gy/fx" | "%"): at which dose a volume is asked; % is of the prescription.

    range = number [unit] "-" dose
    """
    amount = scanner.number("a number")
    start = scanner.token_start
    unit = read_unit(scanner)
    if scanner.next_is(_TO):
        return _range(scanner, kind, amount, unit, start)
    unit = _dose_unit(scanner, kind, unit, start)
    return Body(kind, Quantity(amount=unit.convert(amount), unit=unit.plain), per_fraction=unit.per_fraction)


def _range(scanner: Scanner, kind: MetricKind, low: float, low_unit: WrittenUnit | None, start: int) -> Body:
    """The range of doses that begins at `low`; a unit that stands only behind its upper end is that of both."""
    if kind != "V":
        scanner.fail_at_next(f"{kind} takes one dose; the volume in a dose range is V10-20Gy", _TO)
    scanner.accept(_TO)
    high = scanner.number("the upper end of the dose range")
    unit = _dose_unit(scanner, kind, read_unit(scanner), start)
    low_unit = low_unit or unit
    if (low_unit.plain, low_unit.per_fraction) != (unit.plain, unit.per_fraction):
        scanner.fail("both ends of a dose range need the same kind of unit", start, scanner.place)
    at, until = (Quantity(amount=each.convert(n), unit=unit.plain) for each, n in ((low_unit, low), (unit, high)))
    if at.amount >= until.amount:
        scanner.fail("the dose range is empty: its upper end is not above its lower end", start, scanner.place)
    return Body("Vrange", at, until, per_fraction=unit.per_fraction)


def _dose_unit(scanner: Scanner, kind: MetricKind, unit: WrittenUnit | None, start: int) -> WrittenUnit:
    """The unit of the dose that begins at `start`; fails where there is none, or one of volume."""
    if unit is None:
        scanner.fail_after_last(
            f'expected a unit after "{scanner.taken()}": Gy, cGy or % (of the prescription);'
            " other programs read it in different ways"
        )
    if unit.dimension not in ("dose", "percent"):
        twin = "D" if kind == "V" else "DC"
        scanner.fail(f"{kind} takes a dose (Gy or %); the dose to a volume is {twin}2cc", start, scanner.place)
    return unit


def _bracketed_unit(scanner: Scanner) -> WrittenUnit | None:
    if scanner.accept(_OPEN) is None:
        return None
    unit = read_unit(scanner)
    if unit is None:
        scanner.fail_at_next("expected a unit in the brackets: Gy, cGy, cc or %")
    _close(scanner)
    return unit


def _close(scanner: Scanner) -> None:
    if scanner.accept(_CLOSE) is None:
        scanner.fail_after_last('expected "]"')
