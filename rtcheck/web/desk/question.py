"""The JSON of a request -> a Question: which case, which protocol with which edits, and what else is given."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rtcheck.checking.courses.by_values import External
from rtcheck.protocol.editing.edits import MOST_EDITS, Edit
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass
from rtcheck.web.refusals import Refusal

MOST_NAMES, MOST_CHARACTERS = 500, 400
LEAST_SCALE, MOST_SCALE = 0.1, 3.0
MOST_GY, MOST_WHOLE = 1e6, 10**9
FARTHEST_MM = 1e5

EMPTY = "empty"
"""The name of the protocol that asks for nothing yet."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a case is read: a path below `root`, files named outright, and what the user gave in place of the plan's.

    `private` is the folder of an upload, which texts leave out; None where the files are the user's own. `shown` is
    what a command line calls the path; `place` is a private folder for what is edited beside the case. `scenarios` are
    files of doses by their names. A sum has the recipes of its `parts` instead of files; `structures_of` is the place
    of the one whose structures it has, `delivered` are the fractions given of each (None: all). `registrations` are
    files that were chosen for it, each by root and path; without any, those next to the plans are used. With `values`
    not the doses of the parts are added but their values.
    """

    case: str
    root: Path
    path: str
    place: Path = field(compare=False)
    shown: str = ""
    plan: str = ""
    doses: tuple[str, ...] = ()
    structures: str = ""
    ignore: tuple[str, ...] = ()
    private: Path | None = None
    scenarios: tuple[tuple[str, str], ...] = ()
    parts: tuple["Recipe", ...] = ()
    eqd2_alpha_beta_gy: float | None = None
    structures_of: int | None = None
    delivered: tuple[int | None, ...] = ()
    registrations: tuple["Recipe", ...] = ()
    values: "ValueSum | None" = None

    @property
    def value_parts(self) -> tuple["Recipe", ...]:
        """The plans whose values are added; none of a sum of doses."""
        return self.parts if self.values else ()

    @property
    def private_folders(self) -> tuple[Path, ...]:
        """The folders that texts leave out, those within others first."""
        inner = [folder for each in (*self.parts, *self.registrations) for folder in each.private_folders]
        return tuple(dict.fromkeys([*inner, *([self.private] if self.private else [])]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSum:
    """What is added to the values of plans: uniform external doses, and how many fractions are still to come."""

    external: tuple[External, ...] = ()
    fractions_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What is given in place of the plan's: dose levels by target ("" for the plan's), fractions, what a dose is of."""

    dose_rx: tuple[tuple[str, float], ...] = ()
    fractions: int | None = None
    dose_is: Literal["course", "per-fraction"] | None = None
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One check as it is asked for. `protocol` is a name of the library or a file; `edits` None leaves it as it is.

    `aliases` gives ROIs to names; `facts` are texts by name, as a facts file holds them; `waivers` are entries of a
    waiver file. `dose_scale` is of the whole dose. `unit` and `own_colours` are those of what people read: every number
    here is in Gy.
    """

    number: int = 0
    protocol: str = ""
    edits: tuple[Edit, ...] | None = None
    saved_as: str = ""
    aliases: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    require_eligibility: bool = False
    reference_date: date | None = None
    waivers: tuple[tuple[tuple[str, str], ...], ...] = ()
    override: Override = field(default_factory=Override)
    dose_scale: float = 1.0
    drawn_only: bool = False
    unit: DoseUnit = "Gy"
    own_colours: bool = False


def question_of(values: Values) -> Question:
    """The question; a Refusal that names the field where the JSON is not as the schema says."""
    edits, unit = values.get("edits"), values.get("unit") or "Gy"
    if not isinstance(unit, str) or unit not in PER_GY:
        raise _wrong("unit", " or ".join(PER_GY))
    return Question(
        number=_whole(values, "number", least=0) or 0,
        protocol=_text(values, "protocol"),
        edits=None if edits is None else tuple(_edit(each, n) for n, each in enumerate(_listed(values, "edits"))),
        saved_as=_text(values, "saved_as"),
        aliases=_pairs(values, "aliases"),
        facts=_pairs(values, "facts"),
        require_eligibility=bool(values.get("require_eligibility", False)),
        reference_date=_day(values, "reference_date"),
        waivers=tuple(_waiver(each, n) for n, each in enumerate(_listed(values, "waivers"))),
        override=_override(values.get("override") or {}),
        dose_scale=_number(values, "dose_scale", LEAST_SCALE, MOST_SCALE) or 1.0,
        drawn_only=bool(values.get("drawn_only", False)),
        unit=unit,
        own_colours=bool(values.get("own_colours", False)),
    )


def millimetres(values: Values, key: str) -> float:
    """A coordinate or a length in mm; a Refusal where it is not one."""
    given = _number(values, key, -FARTHEST_MM, FARTHEST_MM)
    if given is None:
        raise _wrong(key, "a length in millimetres")
    return given


def _edit(values: Any, index: int) -> Edit:
    if not isinstance(values, Mapping):
        raise _wrong(f"edits[{index}]", "an object")
    return Edit(
        base=_whole(values, "base", least=0),
        structure=_text(values, "structure"),
        goal=_text(values, "goal"),
        priority=_text(values, "priority"),
    )


def _waiver(values: Any, index: int) -> tuple[tuple[str, str], ...]:
    if not isinstance(values, Mapping):
        raise _wrong(f"waivers[{index}]", "an object")
    keys = ("constraint", "reason", "who", "until", "plan")
    return tuple((key, text) for key in keys if (text := _text(values, key)))


def _override(values: Any) -> Override:
    if not isinstance(values, Mapping):
        raise _wrong("override", "an object")
    levels = values.get("dose_rx") or {}
    if not isinstance(levels, Mapping) or len(levels) > MOST_NAMES:
        raise _wrong("override.dose_rx", "doses in Gy by the target's name")
    dose_is = _text(values, "dose_is")
    if dose_is not in ("", "course", "per-fraction"):
        raise _wrong("override.dose_is", '"course" or "per-fraction"')
    return Override(
        dose_rx=tuple((_name(name), _number(levels, name, 0.0, MOST_GY) or 0.0) for name in levels),
        fractions=_whole(values, "fractions", least=1),
        dose_is="course" if dose_is == "course" else "per-fraction" if dose_is else None,
        ignore=tuple(_name(code) for code in _listed(values, "ignore")),
    )


def _pairs(values: Values, key: str) -> tuple[tuple[str, str], ...]:
    """An object of texts as pairs; what is empty is left out."""
    given = values.get(key) or {}
    if not isinstance(given, Mapping) or len(given) > MOST_NAMES:
        raise _wrong(key, "an object of texts")
    return tuple((_name(name), text) for name in given if (text := _text(given, name)))


def _listed(values: Values, key: str) -> list[Any]:
    given = values.get(key) or []
    if not isinstance(given, list) or len(given) > MOST_EDITS:
        raise _wrong(key, f"a list of at most {MOST_EDITS}")
    return given


def _text(values: Values, key: str) -> str:
    given = values.get(key)
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > MOST_CHARACTERS:
        raise _wrong(key, f"text of at most {MOST_CHARACTERS} characters")
    return given.strip()


def _name(given: Any) -> str:
    if not isinstance(given, str) or len(given) > MOST_CHARACTERS:
        raise _wrong("a name", f"text of at most {MOST_CHARACTERS} characters")
    return given


def _number(values: Values, key: str, low: float, high: float) -> float | None:
    given = values.get(key)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not low < given < high:
        raise _wrong(key, f"a number between {low:g} and {high:g}")
    return float(given)


def _whole(values: Values, key: str, *, least: int) -> int | None:
    given = values.get(key)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= MOST_WHOLE:
        raise _wrong(key, f"a whole number from {least} up")
    return given


def _day(values: Values, key: str) -> date | None:
    text = _text(values, key)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _wrong(key, "a date such as 2026-11-21") from None


def _wrong(where: str, expected: str) -> Refusal:
    return Refusal(400, "web.bad-request", f"{where}: expected {expected}.", where=where)
