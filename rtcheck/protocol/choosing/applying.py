"""The protocols whose `applies_to` a plan meets, with the reasons: `rtcheck PATH --protocol auto`.

What a plan does not state is never met: a protocol for 5 fractions does not fit a plan without a number of fractions.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from rtcheck.errors import UsageError, harmless
from rtcheck.protocol.choosing.selecting import allowed_fractions
from rtcheck.protocol.choosing.words import contains_words
from rtcheck.protocol.file.library import SUFFIXES
from rtcheck.protocol.file.load import read_protocol
from rtcheck.protocol.file.model import AppliesTo, Protocol
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.names.folding import folded
from rtcheck.values import dataclass

DOSE_DECIMALS = 2  # prescriptions are compared in cGy: sums of beam doses are rarely round


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutline:
    """What a plan says of itself. `labels` are ("plan label", "BreL_FF"), ("structure set label", ...), as stated."""

    labels: tuple[tuple[str, str], ...] = ()
    plan_label: str = ""
    dose_gy: float | None = None
    fractions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a plan meets one protocol's `applies_to`: what holds, and what does not."""

    protocol: Protocol
    met: tuple[str, ...]
    unmet: tuple[str, ...]
    is_for_site: bool

    @property
    def why(self) -> str:
        return ", ".join(self.met)


@dataclass(frozen=True, slots=True)
class _Test:
    key: str
    holds: bool
    told: str


def the_one_that_applies(protocols: Iterable[Protocol], outline: PlanOutline, *, quotes_labels: bool = True) -> Fit:
    """The only protocol that the plan calls for; `quotes_labels`: an error may quote the plan's labels.

    Raises:
        UsageError: none applies, or several do; the text states what each requires and what the plan has.
    """
    fits = [fit_of(protocol, outline) for protocol in protocols if protocol.applies_to is not None]
    found = [fit for fit in fits if not fit.unmet]
    names = {(fit.protocol.name, fit.protocol.sha256) for fit in found}
    if len(names) == 1:
        return found[0]
    if found:
        told = "; ".join(f"{fit.protocol.name} ({fit.why})" for fit in found)
        raise UsageError(f"{len(names)} protocols apply to this plan: {told}. Choose one with --protocol NAME.")
    raise UsageError(
        f"None of {len(fits)} protocols with applies_to applies to this plan: {_outline_text(outline, quotes_labels)}. "
        f"{_nearest_text(fits)}Choose one with --protocol NAME (rtcheck protocols list)."
    )


def protocols_in(folder: Path) -> tuple[Protocol, ...]:
    """The protocol files of a folder that state what they apply to; other YAML files are not read.

    Raises:
        UsageError: there is no such folder, or no such file in it.
        ProtocolError: a file has faults.
    """
    if not folder.is_dir():
        raise UsageError(f"auto:{folder} is not a folder of protocol files.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    found = tuple(read_protocol(path) for path in files if b"applies_to" in path.read_bytes())
    if not found:
        raise UsageError(f"auto:{folder}: no protocol file in this folder has applies_to.")
    return found


def fit_of(protocol: Protocol, outline: PlanOutline) -> Fit:
    """How the plan meets the protocol's `applies_to`."""
    tests = tuple(_tests(protocol, protocol.applies_to or AppliesTo(), outline))
    return Fit(
        protocol=protocol,
        met=tuple(test.told for test in tests if test.holds),
        unmet=tuple(test.told for test in tests if not test.holds),
        is_for_site=any(test.holds and test.key in ("site", "label") for test in tests),
    )


def _tests(protocol: Protocol, asked: AppliesTo, outline: PlanOutline) -> Iterator[_Test]:
    if asked.site:
        where = next(((w, n) for n, t in outline.labels for w in asked.site if contains_words(t, w)), None)
        told = f'"{where[0]}" in the {where[1]}' if where else f"no label contains {' or '.join(asked.site)}"
        yield _Test("site", where is not None, told)
    if asked.label:
        pattern = next((p for p in asked.label if fnmatchcase(folded(outline.plan_label), folded(p))), None)
        patterns = " or ".join(asked.label)
        told = f"plan label matches {pattern}" if pattern else f"the plan label does not match {patterns}"
        yield _Test("label", pattern is not None, told)
    if asked.dose_gy is not None:
        dose = outline.dose_gy
        holds = dose is not None and asked.dose_gy.contains(round(dose, DOSE_DECIMALS))
        has = "prescription unknown" if dose is None else f"{number_text(dose)} Gy"
        yield _Test("dose", holds, has if holds else f"{has}, not {asked.dose_gy.text}")
    allowed = asked.fractions or allowed_fractions(protocol)
    if allowed is not None:
        number = outline.fractions
        holds = number is not None and allowed.contains(number)
        has = "number of fractions unknown" if number is None else f"{number} fractions"
        yield _Test("fractions", holds, has if holds else f"{has}, not {allowed.text}")


def _outline_text(outline: PlanOutline, quotes_labels: bool) -> str:
    labels = ", ".join(f"{name} {harmless(text) if quotes_labels else '(omitted)'}" for name, text in outline.labels)
    labels = labels or "no label"
    dose = "prescription unknown" if outline.dose_gy is None else f"{number_text(outline.dose_gy)} Gy"
    number = "unknown" if outline.fractions is None else str(outline.fractions)
    return f"{labels}; {dose}; fractions {number}"


def _nearest_text(fits: list[Fit]) -> str:
    """Those for the plan's site, and what keeps each from applying; "" where there is none."""
    near = sorted((fit for fit in fits if fit.is_for_site), key=lambda fit: len(fit.unmet))[:3]
    return "".join(f"{fit.protocol.name}: {', '.join(fit.unmet)}. " for fit in near)
