"""The TG-263 nomenclature: which names it has, their FMA codes, and the nearest one to a name that it has not."""

import re
from functools import cache
from pathlib import Path

from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import joined, spelling

TABLES = Path(__file__).with_name("tables")

_TARGET = pattern(
    r"(?:I?GTV|CTV|ITV|PTV)(?:[npv]|par|sb|vas)?\d{0,2}(?:_[A-Za-z0-9]+)*(?:x\d+)?(?:-\d{2}|!)?", re.ASCII
)
_PRV = pattern(r"_PRV(?:\d{2}|x{1,2})?(?=_[LR]$|$)")
_SNOMED_SCHEMES = frozenset({"SCT", "SRT", "SNM3", "99SDM"})
_DERIVED = pattern(r"(?<=[A-Za-z_])-(?:GTV|CTV|ITV|PTV)$")


@cache
def names() -> dict[str, str]:
    """Every name of the table with its FMA code ("" where TG-263 gives none)."""
    return {name: fma for name, fma, _ in _rows("tg263.csv")}


@cache
def reverse_names() -> dict[str, str]:
    """The names in reverse order (`L_Kidney`) -> the name (`Kidney_L`)."""
    return {reverse or "_".join(reversed(name.split("_"))): name for name, _, reverse in _rows("tg263.csv")}


@cache
def sided_stems() -> dict[str, str]:
    """The stems that have both sides ("Kidney" of Kidney_L and Kidney_R) -> the name of both together, or ""."""
    table = names()
    stems = [name[:-2] for name in table if name.endswith("_L") and name[:-2] + "_R" in table]
    return {stem: next((both for both in _plurals(stem) if both in table), "") for stem in stems}


def is_tg263(name: str) -> bool:
    """Whether `name` is of TG-263: in the table, or made by its rules for PRV, partial, custom and target names."""
    name = name.partition("^")[0]
    if name in names() or name in reverse_names() or _TARGET.fullmatch(name):
        return True
    bare = _DERIVED.sub("", _PRV.sub("", name.replace("~", "")))
    return bare != name and (bare in names() or bare in sided_stems())


def nearest_tg263(name: str, count: int = 3) -> tuple[str, ...]:
    """The TG-263 names that `name` most likely means, best first: by synonym, else by spelling. A suggestion only."""
    from difflib import get_close_matches

    from rtcheck.protocol.names.synonyms import hinted_names, meaning_of

    meaning = meaning_of(name)
    if meaning is not None and is_tg263(meaning.name):
        return (meaning.name,)
    hinted = hinted_names(name)
    folded_names = {joined(known): known for known in names()}
    close = get_close_matches(joined(name), folded_names, n=count, cutoff=0.75)
    return tuple(dict.fromkeys((*hinted, *(folded_names[word] for word in close))))[:count]


def fma_code(name: str) -> str:
    """The FMA code of a TG-263 name that no other name shares, or ""."""
    code = names().get(name, "")
    return code if code in _names_by_fma() else ""


def name_of_fma(code: str) -> str:
    """The one TG-263 name with this FMA code ("7197" or "FMA7197"), or "" (some codes stand for several names)."""
    return _names_by_fma().get(re.sub(r"^FMA:?\s*", "", code.strip(), flags=re.IGNORECASE), "")


def name_of_code(scheme: str, code: str) -> str:
    """The one TG-263 name that an identification code of DICOM stands for, or ""; by FMA or SNOMED CT, also as SRT."""
    scheme = scheme.strip().upper()
    if scheme.startswith("FMA"):
        return name_of_fma(code)
    return _names_by_snomed().get(code.strip().upper(), "") if scheme in _SNOMED_SCHEMES else ""


@cache
def _names_by_fma() -> dict[str, str]:
    table = names()
    codes = list(table.values())
    return {code: name for name, code in table.items() if code and codes.count(code) == 1}


@cache
def _names_by_snomed() -> dict[str, str]:
    """SNOMED CT and SRT codes -> names. Codes of paired organs carry their side elsewhere, so they are not in it."""
    return {code: name for name, *codes in _rows("snomed.csv") for code in codes if code}


@cache
def _rows(table: str) -> tuple[list[str], ...]:
    text = TABLES.joinpath(table).read_text("utf-8")
    return tuple(line.split(",") for line in text.splitlines()[1:])


def _plurals(stem: str) -> tuple[str, ...]:
    return (stem + "s", stem[:-1] + "ies", stem[:-2] + "i")


def both_sides(name: str) -> tuple[str, str] | None:
    """`Lungs` -> (`Lung_L`, `Lung_R`); None where TG-263 has no such pair."""
    for stem, both in sided_stems().items():
        if both == name:
            return f"{stem}_L", f"{stem}_R"
    return None


def side_of(name: str) -> str:
    """ "L" or "R" where TG-263 has `name` for both sides (also with PRV or a part cut away), else ""."""
    parts = spelling(name)
    return parts.side if parts.side in ("L", "R") else ""
