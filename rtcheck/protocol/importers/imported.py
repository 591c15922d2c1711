"""Imported: what an import gives, and the Draft in which an importer gathers it constraint by constraint."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace
from math import inf
from typing import Any

from rtcheck.dosimetry.metric_terms import VOLUMES
from rtcheck.errors import GoalSyntaxError, UsageError
from rtcheck.geometry.expression import Expression, parse_expression
from rtcheck.protocol.file.model import Constraint, Goal, PrescriptionRule, Protocol, Range, Source, StructureDefinition
from rtcheck.protocol.importers.reading import OTHER_DOSE, UNREADABLE, Keys, number, shown
from rtcheck.protocol.importers.yaml_writer import in_one_line, protocol_to_yaml
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.lint.goals import always_holds
from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.folding import folded
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.values import dataclass

MOST_GY = 1000  # no course goes beyond, not even within seeds
MOST_FRACTIONS = 200


class NothingImportedError(UsageError):
    """Not one criterion of the file could be carried over; the text names every loss."""

    exit_status = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A protocol from another program's file; `losses` name whatever could not be carried over, one sentence each."""

    protocol: Protocol
    losses: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """That limits of a lower rank than 1 are advisory here, as the other program may not have it; "" for none."""
        constraints = self.protocol.constraints
        ranked = sum(one.priority.isdigit() and not one.is_required for one in constraints)
        if not ranked:
            return ""
        how_many = f"{ranked} of {len(constraints)} limits"
        return f"{how_many} have a priority of 2 or more: they are reported, and never fail a plan."

    @property
    def yaml(self) -> str:
        """The protocol file, its losses as comments at the top."""
        sources = self.protocol.sources
        header = [f"Imported from {sources[0].citation}." if sources else "Imported."]
        header += ["", self.remark] if self.remark else []
        if self.losses:
            header += ["", "Not converted:", *(f"- {loss}" for loss in self.losses)]
        return protocol_to_yaml(self.protocol, header=header)


@dataclass(slots=True, kw_only=True)
class Draft:
    """What an importer has read so far. `program` and `stem` tell where it comes from."""

    program: str
    stem: str
    constraints: list[Constraint] = field(default_factory=list)
    structures: dict[str, StructureDefinition] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)
    cited: dict[str, str] = field(default_factory=dict)
    _alike: dict[Hashable, list[Constraint]] = field(default_factory=dict)

    def lose(self, place: str, text: str) -> None:
        """Note, in one line, that something at `place` is not carried over."""
        self.losses.append(in_one_line(f"{place}: {text}"))

    def entry(self, place: str, stated: object, known: Keys) -> Mapping[str, Any] | None:
        """`stated` where it is a mapping of known keys only; else None, and a loss that names what is unknown."""
        if not isinstance(stated, Mapping):
            self.lose(place, f"expected keys with values, found {shown(stated)}")
            return None
        unknown = known.unknown(stated)
        if unknown:
            told = ", ".join(f'"{shown(key)}": {shown(stated[key])}' for key in unknown)
            self.lose(place, f"omitted, because it has keys that this importer does not know ({told})")
            return None
        return stated

    def source(self, text: str) -> str:
        """The id of the source that the file cites as `text`; "" for none."""
        text = in_one_line(text)
        return self.cited.setdefault(text, f"source{len(self.cited) + 1}") if text else ""

    def head(self, stated: Mapping[str, Any], known: Keys) -> None:
        """Lose the keys of the whole file that are not known."""
        for key in known.unknown(stated):
            self.lose("the file", f'"{shown(key)}": {shown(stated[key])}')

    def structure(self, place: str, spelled: str, *, codes: Sequence[str] = (), aliases: Sequence[str] = ()) -> str:
        """The protocol's name for a structure: of TG-263 where its code or its spelling says which, else as spelled."""
        spelled, *aliases = (in_one_line(each) for each in (spelled, *aliases))
        if UNREADABLE in spelled:
            self.lose(place, f'the name "{shown(spelled)}" has signs that cannot be read; save the file as UTF-8')
        name = self._tg263_name(place, spelled, codes) or spelled
        other_names = self._other_names(place, name, (spelled, *aliases))
        known = self.structures.get(name)
        if known is not None:
            other_names = [*known.also_named, *other_names]
        if other_names or not tg263.is_tg263(name):
            definition = known or StructureDefinition(name=name)
            self.structures[name] = replace(definition, also_named=tuple(dict.fromkeys(other_names)))
        return name

    def derived(self, place: str, spelled: str, text: str, stated: str) -> str | None:
        """The protocol's name for a structure that is derived by the expression `text`.

        None, and a loss, where `text` is empty (`stated` cannot be carried over) or the file derives it in two ways: a
        limit on whatever is drawn under that name would be a limit on another structure.
        """
        name = self.structure(place, spelled)
        known = self.structures.get(name, StructureDefinition(name=name))
        derive = _expression(text)
        if derive is None or known.derive_text not in ("", text):
            why = "which cannot be converted" if derive is None else f"but elsewhere it is {known.derive_text}"
            self.lose(place, f'omitted: the structure is "{shown(stated)}", {why}')
            return None
        self.structures[name] = replace(known, derive=derive, derive_text=text)
        return name

    def prescribed(
        self, stated: Mapping[str, Any], fractions: str, per_fraction: str
    ) -> tuple[float | None, float | None]:
        """(fractions, dose in Gy) of the whole file under these keys; what is not a positive number is a loss."""
        amounts = [number(stated.get(key)) for key in (fractions, per_fraction)]
        for key, amount in zip((fractions, per_fraction), amounts, strict=True):
            if stated.get(key) is not None and not (amount and amount > 0):
                self.lose("the file", f'"{key}": {shown(stated[key])}')
        count, gy = (amount if amount and amount > 0 else None for amount in amounts)
        return count, float(number_text(round(count * gy, 6))) if count and gy and count * gy < inf else None

    def goal(self, place: str, text: str) -> Goal | None:
        """The goal that `text` states; None, and a loss, where the goal language cannot say it."""
        try:
            goal = parse_goal(text)
        except GoalSyntaxError:
            self.lose(place, f'"{shown(text)}" cannot be expressed in the goal language')
            return None
        why = "is met by any plan" if _is_met_by_any_plan(goal) else _too_high(goal)
        if why:
            self.lose(place, f'"{shown(text)}" {why}')
            return None
        return goal

    def looser(self, place: str, goal: Goal, text: str) -> Goal | None:
        """The variation that `text` states; None, and a loss, where it is not looser than `goal`."""
        variation = self.goal(place, text)
        if variation is None or variation == goal:
            return None
        if variation.metric != goal.metric or variation.is_upper_limit != goal.is_upper_limit:
            self.lose(place, f'the variation "{variation.text}" is not on the same metric as the goal "{goal.text}"')
            return None
        gap = variation.limit - goal.limit if goal.is_upper_limit else goal.limit - variation.limit
        if gap < 0 or (gap == 0 and "=" not in variation.operator):
            self.lose(place, f'the variation "{variation.text}" is stricter than the goal "{goal.text}"')
            return None
        return variation

    def add(self, place: str, constraint: Constraint) -> None:
        """Add a constraint, unless it stands there already, or is of a structure whose name has no visible sign."""
        if not all(constraint.structures):
            self.lose(place, f'"{constraint.goal.text}" has no structure')
            return
        constraint = replace(constraint, note=constraint.note.strip())
        if OTHER_DOSE.search(constraint.note) and constraint.goal.metric.biology == "physical":
            why = f'its note "{shown(constraint.note)}" may state that another dose than the physical one is meant'
            self.lose(place, f'"{constraint.goal.text}" is omitted: {why}')
            return
        alike = self._alike.setdefault((constraint.structures, constraint.goal.metric.kind, constraint.goal.limit), [])
        if constraint in alike:
            self.lose(place, f'"{constraint.goal.text}" is given twice; kept once')
        else:
            alike.append(constraint)
            self.constraints.append(constraint)

    def imported(
        self, *, title: str, site: str = "", dose_gy: float | None = None, fractions: float | None = None
    ) -> Imported:
        """All that was read, as a protocol.

        Raises:
            NothingImportedError: not one criterion could be carried over.
        """
        if fractions is not None and not (fractions == int(fractions) and 0 < fractions <= MOST_FRACTIONS):
            self.lose("the file", f"{number_text(fractions)} fractions")
            fractions = dose_gy = None
        if dose_gy is not None and not 0 < dose_gy <= MOST_GY:
            self.lose("the file", f"its prescribed dose is above {MOST_GY} Gy; it may be in cGy")
            dose_gy = None
        if not self.constraints:
            raise NothingImportedError("nothing in the file could be converted:\n" + "\n".join(self.losses))
        protocol = Protocol(
            name=_slug(self.stem),
            title=in_one_line(title) or in_one_line(self.stem),
            site=in_one_line(site),
            sources=(
                Source(id="imported", citation=in_one_line(f"{self.stem} ({self.program})")),
                *(_source(id_, text) for text, id_ in self.cited.items()),
            ),
            fractions=_exactly(fractions, ""),
            prescription=PrescriptionRule(dose_gy=_exactly(dose_gy, " Gy")) if dose_gy else None,
            structures=tuple(self.structures.values()),
            constraints=tuple(replace(one, source=one.source or "imported") for one in self.constraints),
        )
        return Imported(protocol=protocol, losses=tuple(dict.fromkeys(self.losses)))

    def _tg263_name(self, place: str, spelled: str, codes: Sequence[str]) -> str:
        """The TG-263 name that code and spelling agree on, or ""; a code that says something else is a loss."""
        meaning = meaning_of(spelled)
        meant = meaning.name if meaning is not None and not meaning.is_sided_stem else ""
        coded = {tg263.name_of_fma(code) for code in codes} - {""}
        if meant:
            if coded and meant not in coded:
                self.lose(place, f"its codes stand for {', '.join(sorted(coded))}; the name {meant} was kept")
            return meant
        if len(coded) == 1:
            return coded.pop()
        if coded:
            self.lose(place, f"its codes stand for several structures ({', '.join(sorted(coded))}); its name was kept")
        return ""

    def _other_names(self, place: str, name: str, spellings: Sequence[str]) -> list[str]:
        """The spellings worth keeping beside `name`; one that means another structure is a loss."""
        kept = []
        for spelled in filter(None, spellings):
            meaning = meaning_of(spelled)
            if spelled == name or (meaning is not None and meaning.name == name):
                continue
            if meaning is not None and tg263.is_tg263(name) and not meaning.is_sided_stem:
                self.lose(place, f"its alias {spelled!r} means another structure, {meaning.name}")
                continue
            kept.append(spelled)
        return kept


def _expression(text: str) -> Expression | None:
    try:
        return parse_expression(text)
    except GoalSyntaxError:
        return None


def _is_met_by_any_plan(goal: Goal) -> bool:
    """Whether a volume in % may be as large as it likes, or has to be no more than 0."""
    return goal.metric.kind in VOLUMES and goal.metric.unit == "%" and always_holds(goal)


def _too_high(goal: Goal) -> str:
    """Why a dose in Gy was most likely one in cGy; "" where no dose is that high."""
    metric = goal.metric
    doses_gy = [each.amount for each in (metric.at, metric.until) if each is not None and each.unit == "Gy"]
    doses_gy += [goal.limit] if metric.unit == "Gy" and metric.biology == "physical" else []
    return f"has a dose above {MOST_GY} Gy; it may be in cGy" if max(doses_gy, default=0.0) > MOST_GY else ""


def as_volume_below(goal: Goal) -> Goal:
    """`DC700cc <= 15 Gy` as what it means for an organ: `CV15Gy >= 700 cc`. Other goals stay as they are."""
    metric = goal.metric
    if metric.kind != "DC" or not goal.is_upper_limit or metric.at is None or metric.biology != "physical":
        return goal
    if metric.unit not in ("Gy", "%") or metric.per_fraction:
        return goal
    return parse_goal(f"CV{number_text(goal.limit)}{metric.unit} >= {number_text(metric.at.amount)} {metric.at.unit}")


def as_dose_to_the_coldest(goal: Goal) -> Goal:
    """`CV15Gy >= 700 cc` as a limit on a dose, the reverse of `as_volume_below`. Other goals stay as they are."""
    metric = goal.metric
    if metric.kind != "CV" or goal.is_upper_limit or metric.at is None or metric.biology != "physical":
        return goal
    if metric.per_fraction:
        return goal
    return parse_goal(f"DC{number_text(goal.limit)}{metric.unit} <= {number_text(metric.at.amount)} {metric.at.unit}")


def _source(id_: str, text: str) -> Source:
    """A source as a file cites it: an address at the end of the text is its address."""
    words = text.split()
    has_address = words[-1].startswith(("http://", "https://"))
    return Source(id=id_, citation=" ".join(words[:-1] if has_address else words), url=words[-1] if has_address else "")


def _exactly(number: float | None, unit: str) -> Range | None:
    return Range(low=number, high=number, text=number_text(number) + unit) if number else None


def _slug(stem: str) -> str:
    """A protocol name made of a file's name: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", folded(stem)).strip("_") or "imported"
