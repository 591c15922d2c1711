"""DVHs that a planning system exported as text -> cumulative DVHs by structure name, for comparison only.

Eclipse: sections `Structure: NAME` with volume and doses, then a table whose headings name the columns. RayStation:
sections `#RoiName:NAME` with `#Unit:` or `#Dose unit:`, then dose and volume in %. Monaco: one line of units, then
lines of name, dose and volume. Differential DVHs, and doses in % of a prescription that is not stated, are omitted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from rtcheck.dicom.tps_dvh import dvh_of_bins
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.errors import UsageError
from rtcheck.geometry.contours import FloatArray
from rtcheck.protocol.importers.reading import decoded
from rtcheck.values import dataclass

MOST_BYTES = 100_000_000
_NUMBER = r"[-+]?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?"
_ROW = re.compile(rf"\s*{_NUMBER}(?:\s+{_NUMBER})+\s*")
_TO_GY = {"gy": 1.0, "cgy": 0.01}
_HEADING = re.compile(
    r"(relative dose|dose|structure volume|ratio of total structure volume)\s*\[([^\]]+)\]", re.IGNORECASE
)
_MONACO_ROW = re.compile(rf"(?P<name>.+?)\s+(?P<dose>{_NUMBER})\s+(?P<volume>{_NUMBER})\s*")
_MONACO_UNITS = re.compile(r"Dose Units:\s*(?P<dose>\S+).*?Volume Units:\s*(?P<volume>\S+)")
_ROUNDING = 1e-4  # of the volume: by how much a cumulative DVH in rounded numbers may rise


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDvh:
    """One DVH of a text; `is_relative_volume`: its volumes are in percent."""

    name: str
    dvh: Dvh
    is_relative_volume: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DvhText:
    """The DVHs of one file by name, each name once, and the names of structures whose DVH cannot be used."""

    program: str
    dvhs: tuple[TextDvh, ...]
    omitted: tuple[str, ...] = ()

    def of(self, name: str) -> TextDvh | None:
        """The DVH of that very name."""
        return next((each for each in self.dvhs if each.name == name), None)


def read_dvh_text(path: Path) -> DvhText:
    """The DVHs in a text export.

    Raises:
        UsageError: the file cannot be read, or has no known form.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB: not a text of DVHs.")
        lines = decoded(path.read_bytes()).splitlines()
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    for program, form in (("Eclipse", _eclipse), ("RayStation", _raystation), ("Monaco", _monaco)):
        found = list(form(lines))
        if found:
            return _gathered(program, found)
    raise UsageError(f"{path}: not a DVH text of Eclipse, RayStation or Monaco.")


def _gathered(program: str, found: Sequence[tuple[str, TextDvh | None]]) -> DvhText:
    names = [name for name, _ in found]
    usable = tuple(dvh for name, dvh in found if dvh is not None and names.count(name) == 1)
    return DvhText(
        program=f"{program} (text)",
        dvhs=usable,
        omitted=tuple(dict.fromkeys(name for name in names if name not in {each.name for each in usable})),
    )


def _sections(lines: Sequence[str], start: str) -> list[Sequence[str]]:
    """The lines in sections that begin with `start`; what stands before the first is none."""
    starts = [number for number, line in enumerate(lines) if line.startswith(start)]
    return [lines[first:end] for first, end in pairwise([*starts, len(lines)])]


def _eclipse(lines: Sequence[str]) -> Iterator[tuple[str, TextDvh | None]]:
    sections = _sections(lines, "Structure:")
    head = lines[: len(lines) - sum(map(len, sections))]
    is_cumulative = not any(re.match(r"Type\s*:\s*Differential", line) for line in head)
    for section in sections:
        yield _after_colon(section[0]), _of_eclipse(section, _prescribed_gy(head)) if is_cumulative else None


def _of_eclipse(section: Sequence[str], prescribed_gy: float | None) -> TextDvh | None:
    place = next((number for number, line in enumerate(section) if len(_HEADING.findall(line)) >= 2), None)
    if place is None:
        return None
    columns = [(name.lower(), unit.lower()) for name, unit in _HEADING.findall(section[place])]
    rows = _rows(section[place + 1 :], len(columns))
    dose = next((n for n, (name, unit) in enumerate(columns) if name == "dose" and unit in _TO_GY), None)
    relative = next((n for n, (name, unit) in enumerate(columns) if "dose" in name and unit == "%"), None)
    absolute = next((n for n, (name, unit) in enumerate(columns) if name == "structure volume" and unit != "%"), None)
    volume = (
        absolute
        if absolute is not None
        else next((n for n, (_, unit) in enumerate(columns) if unit == "%" and n not in (dose, relative)), None)
    )
    if rows is None or volume is None:
        return None
    if dose is not None:
        dose_gy = rows[:, dose] * _TO_GY[columns[dose][1]]
    elif relative is not None and prescribed_gy is not None:
        dose_gy = rows[:, relative] / 100 * prescribed_gy
    else:
        return None
    found = _dvh(_after_colon(section[0]), dose_gy, rows[:, volume], is_relative=absolute is None)
    return _with_stated_doses(found, section) if found else None


def _with_stated_doses(found: TextDvh, section: Sequence[str]) -> TextDvh:
    """The DVH with the minimum, maximum and mean dose that the text states beside the table, where in Gy or cGy."""
    dvh = found.dvh
    stated = {"min": dvh.min_gy, "max": dvh.max_gy, "mean": dvh.mean_gy}
    for line in section:
        match = re.match(rf"(Min|Max|Mean) Dose \[(c?Gy)\]:\s*({_NUMBER})\s*$", line)
        if match:
            stated[match[1].lower()] = _float(match[3]) * _TO_GY[match[2].lower()]
    return replace(found, dvh=replace(dvh, min_gy=stated["min"], max_gy=stated["max"], mean_gy=stated["mean"]))


def _prescribed_gy(head: Sequence[str]) -> float | None:
    """The dose that 100 % stands for, of a text of one plan; None where it is not stated."""
    doses = [m for line in head if (m := re.match(r"(?:Prescribed|Total) dose \[(c?Gy)\]:\s*(\S.*)$", line))]
    shares = [m for line in head if (m := re.match(r"% for dose \(%\):\s*(\S.*)$", line))]
    if len(doses) != 1 or len(shares) != 1:
        return None
    numbers = [re.fullmatch(_NUMBER, text.strip()) for text in (doses[0][2], shares[0][1])]
    if None in numbers or _float(shares[0][1]) <= 0:
        return None
    return _float(doses[0][2]) * _TO_GY[doses[0][1].lower()] / _float(shares[0][1]) * 100


def _raystation(lines: Sequence[str]) -> Iterator[tuple[str, TextDvh | None]]:
    for section in _sections(lines, "#RoiName:"):
        name = _after_colon(section[0])
        units = [
            m[1].lower() for line in section if (m := re.match(r"#(?:Dose )?unit:\s*(c?Gy)\b", line, re.IGNORECASE))
        ]
        rows = _rows([line for line in section if not line.startswith("#")], 2)
        if rows is None or len(units) != 1:
            yield name, None
        else:
            yield name, _dvh(name, rows[:, 0] * _TO_GY[units[0]], rows[:, 1], is_relative=True)


def _monaco(lines: Sequence[str]) -> Iterator[tuple[str, TextDvh | None]]:
    units = _MONACO_UNITS.search(lines[0]) if lines else None
    if units is None:
        return
    scale = _TO_GY.get(units["dose"].lower())
    tables: dict[str, list[tuple[float, float]]] = {}
    for line in lines[1:]:
        found = _MONACO_ROW.fullmatch(line)
        if found:
            tables.setdefault(found["name"].strip(), []).append((_float(found["dose"]), _float(found["volume"])))
    for name, rows in tables.items():
        table = np.array(rows)
        is_relative = units["volume"] == "%"
        yield name, _dvh(name, table[:, 0] * scale, table[:, 1], is_relative=is_relative) if scale else None


def _rows(lines: Sequence[str], columns: int) -> FloatArray | None:
    """The numbers of a table, up to the first line that is no row; None without two rows of that many columns, and
    where that line begins like a row: the table goes on in numbers of another form."""
    rows: list[list[float]] = []
    for line in lines:
        if not line.strip() and not rows:
            continue
        if not _ROW.fullmatch(line) or len(line.split()) != columns:
            if line.strip()[:1].isdigit():
                return None
            break
        rows.append(list(map(_float, line.split())))
    return np.array(rows) if len(rows) >= 2 else None


def _float(text: str) -> float:
    """A number with a decimal point or a decimal comma."""
    return float(text.replace(",", "."))


def _dvh(name: str, dose_gy: FloatArray, volume: FloatArray, *, is_relative: bool) -> TextDvh | None:
    """The DVH of volumes with at least each dose; None where it is not cumulative or has no volume."""
    rises = np.diff(volume, append=0.0) > _ROUNDING * volume.max()
    is_usable = np.isfinite(dose_gy).all() and np.isfinite(volume).all() and volume[0] > 0 and not rises.any()
    if not is_usable or (np.diff(dose_gy) <= 0).any() or dose_gy[0] < 0 or (volume < 0).any():
        return None
    if dose_gy[0] > 0:
        dose_gy, volume = np.insert(dose_gy, 0, 0.0), np.insert(volume, 0, volume[0])
    in_bin = np.maximum(-np.diff(volume, append=0.0), 0.0)
    edges_gy = np.append(dose_gy, 2 * dose_gy[-1] - dose_gy[-2])
    return TextDvh(name=name, dvh=dvh_of_bins(edges_gy, in_bin), is_relative_volume=is_relative)


def _after_colon(line: str) -> str:
    return line.partition(":")[2].strip()
