"""How a half-written goal could go on: metrics, signs, units and the names of structures, each with what it means."""

import re
from collections.abc import Iterator, Sequence

from rtcheck.errors import GoalSyntaxError
from rtcheck.patterns import pattern
from rtcheck.protocol.language.goal import parse_goal, parse_metric
from rtcheck.values import dataclass

MOST = 8

METRICS = (
    ("Dmean", "mean dose"),
    ("Dmax", "highest dose"),
    ("D0.03cc", "dose to the hottest 0.03 cc"),
    ("D95%", "dose that 95 % of the volume receives at least"),
    ("V20Gy", "volume that receives at least 20 Gy"),
    ("V95%", "volume that receives at least 95 % of the prescription"),
    ("V10-20Gy", "volume that receives at least 10 and less than 20 Gy"),
    ("Dmin", "lowest dose"),
    ("D2%", "dose to the hottest 2 %"),
    ("D50%", "median dose"),
    ("CV15Gy", "volume that receives less than 15 Gy"),
    ("DC700cc", "highest dose in the coldest 700 cc"),
    ("Volume", "volume of the structure"),
    ("gEUD[8]", "generalised equivalent uniform dose"),
    ("NTCP[model]", "complication probability by a model of the protocol"),
    ("TCP[model]", "tumour control probability by a model of the protocol"),
    ("EQD2[3] Dmax", "converted to 2 Gy per fraction, alpha/beta 3 Gy"),
    ("BED[10] D95%", "biologically effective dose, alpha/beta 10 Gy"),
    ("HI_ICRU83", "homogeneity index, ICRU 83"),
    ("CI_Paddick", "conformity index of Paddick"),
    ("CI_RTOG", "conformity index, RTOG"),
    ("GI", "gradient index"),
    ("Coverage", "coverage of the target"),
    ("IntegralDose", "mean dose times volume"),
    ("IsocentreDistance", "from the structure's centre to the isocentre"),
)
SIGNS = (("<", "below"), ("<=", "at most"), (">", "above"), (">=", "at least"))
DOSE_UNITS = (("Gy", "dose"), ("%", "of the prescription"), ("cGy", "dose"))
VOLUME_UNITS = (("cc", "volume"), ("%", "of the structure"))

SIGN = pattern(r"[<>]=?|≤|≥")
_LIMIT = pattern(r"\s*(?P<number>\d*\.?\d*)\s*(?P<unit>[A-Za-z%/0-9]*)$")
_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_BARE = pattern(rf"(?P<letter>CV|DC|D|V)(?P<number>{_NUMBER})$|(?P<range>V){_NUMBER}[-–]{_NUMBER}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """`text` in place of the columns `start..end`."""

    text: str
    start: int
    end: int
    meaning: str


def completions(text: str, place: int, *, names: Sequence[str] = ()) -> tuple[Completion, ...]:
    """What could stand at `place`, the likeliest first; with `names` a structure comes before the goal."""
    before = text[:place]
    found = dict.fromkeys((*_of_names(before, names), *_of_goal(before, place, can_begin=not names)))
    return tuple(found)[:MOST]


def split_structure(text: str) -> tuple[str, int]:
    """The structure that a text begins with, and where its goal begins: "Liver - GTV Dmean < 24 Gy" at "Dmean".

    Where nothing can be read as a goal, the goal begins behind the first word that a metric follows, or at the end.
    """
    starts = [found.end() for found in re.finditer(r"\S\s+", text)]
    for start in starts:
        if _is_goal(text[start:]):
            return text[:start].strip(), start
    for start in starts:
        if _begins_with_metric(text[start:]):
            return text[:start].strip(), start
    return (text[: starts[0]].strip(), starts[0]) if starts else (text.strip(), len(text))


def _of_names(before: str, names: Sequence[str]) -> Iterator[Completion]:
    """Structures whose name holds what was typed, those that begin with it first."""
    typed = before.strip().casefold()
    if not names or SIGN.search(before) or _begins_with_metric(before[split_structure(before)[1] :]):
        return
    matching = [name for name in names if typed in name.casefold() and name.casefold() != typed]
    for name in sorted(matching, key=lambda name: not name.casefold().startswith(typed)):
        yield Completion(text=f"{name} ", start=0, end=len(before), meaning="structure")


def _of_goal(before: str, place: int, *, can_begin: bool) -> Iterator[Completion]:
    signs = list(SIGN.finditer(before))
    if signs:
        yield from _of_limit(before, signs[-1].end(), place)
        return
    start = 0 if can_begin else split_structure(before)[1]
    if not can_begin and not before[:start].endswith(" "):
        return  # still in the structure's name
    yield from _of_metric(before[start:], start, place)


def _of_metric(typed: str, start: int, place: int) -> Iterator[Completion]:
    word = typed.strip()
    bare = _BARE.fullmatch(word)
    if bare is not None:
        units = VOLUME_UNITS if (bare["letter"] or "V").upper() in ("D", "DC") else DOSE_UNITS
        for unit, meaning in units:
            yield Completion(text=f"{word}{unit}", start=start, end=place, meaning=meaning)
        return
    if word and _is_metric(word):
        for sign, meaning in SIGNS:
            yield Completion(text=f"{word} {sign} ", start=start, end=place, meaning=meaning)
    for name, meaning in METRICS:
        if name.casefold().startswith(word.casefold()) and name.casefold() != word.casefold():
            yield Completion(text=name, start=start, end=place, meaning=meaning)


def _of_limit(before: str, start: int, place: int) -> Iterator[Completion]:
    """Units behind the number of a limit, those that make a goal with what stands before."""
    found = _LIMIT.match(before, start)
    if found is None or not found["number"]:
        return
    head = before[: found.start("number")]
    _, offset = split_structure(before)
    is_dose = any(_is_goal(f"{before[at : found.start('number')]}1 Gy") for at in (0, offset))
    for unit, meaning in DOSE_UNITS if is_dose else (*VOLUME_UNITS, ("mm", "distance"), ("Gy·L", "dose times volume")):
        whole = f"{head}{found['number']} {unit}"
        if unit != found["unit"] and unit.casefold().startswith(found["unit"].casefold()):
            goal = whole if _is_goal(whole) else whole[offset:]
            if _is_goal(goal):
                yield Completion(
                    text=f"{found['number']} {unit}", start=found.start("number"), end=place, meaning=meaning
                )


def _is_goal(text: str) -> bool:
    try:
        parse_goal(text, alpha_beta_gy=3.0)
    except GoalSyntaxError:
        return False
    return True


def _is_metric(text: str) -> bool:
    try:
        parse_metric(text)
    except GoalSyntaxError:
        return False
    return True


def _begins_with_metric(text: str) -> bool:
    """Whether the first word, or the first two, are a metric."""
    words = text.split()
    return any(_is_metric(" ".join(words[:count])) for count in (1, 2) if len(words) >= count)
