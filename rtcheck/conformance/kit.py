"""The kit as a whole: its sets written to a folder, run, and told in a table."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from rtcheck.conformance import (  # noqa: F401 - they register their specimens
    legal_forms,
    mutants_of_checks,
    mutants_of_doses,
    mutants_of_files,
    mutants_of_grids,
    mutants_of_plans,
    mutants_of_structures,
    questions_of_bounds,
    questions_of_contours,
    questions_of_doubt,
    questions_of_names,
    questions_of_plans,
    questions_of_prescription,
    questions_of_slices,
    questions_of_spellings,
    questions_of_zeros,
)
from rtcheck.conformance.phantom import phantom_set
from rtcheck.conformance.registry import LEGAL, MUTANTS, Specimen
from rtcheck.conformance.verdicts import PROTOCOL_FILE, Verdict, judge, judge_dicompyler

SPECIMENS: tuple[Specimen, ...] = (*LEGAL, *MUTANTS)


def folder_of(specimen: Specimen, out: Path) -> Path:
    """Where a specimen is kept below the kit's folder."""
    return out / ("legal" if specimen.is_legal else "mutants") / specimen.name


def write_specimen(specimen: Specimen, out: Path) -> Path:
    """Writes one set afresh; returns its folder."""
    folder = folder_of(specimen, out)
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    specimen.build(phantom_set(), folder)
    if specimen.questions:
        (folder / PROTOCOL_FILE).write_text(specimen.protocol_text, encoding="utf-8")
    return folder


def write_kit(out: Path) -> None:
    """Writes all sets, each into a folder of its own, with a list of what each is and what is expected."""
    for specimen in SPECIMENS:
        write_specimen(specimen, out)
    lines = ["set\texpected\tcodes\tdescription"]
    lines += [f"{folder_of(s, Path())}\t{_expected(s)}\t{' or '.join(s.codes)}\t{s.sentence}" for s in SPECIMENS]
    (out / "README.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _expected(specimen: Specimen) -> str:
    """What is right: the numbers, a sign, or the outcome of each limit of the set's own protocol."""
    if not specimen.questions:
        return specimen.expected
    return "; ".join(f"{each.structure} {each.goal}: {each.outcome}".lstrip() for each in specimen.questions)


def run_kit(
    out: Path, *, with_dicompyler: bool = False, progress: Callable[[int, int], None] | None = None
) -> tuple[Verdict, ...]:
    """Every set of a written kit through rtcheck, and through dicompyler-core if requested."""
    verdicts = []
    for number, specimen in enumerate(SPECIMENS, start=1):
        folder = folder_of(specimen, out)
        other = judge_dicompyler(folder) if with_dicompyler else ""
        verdicts.append(Verdict(specimen=specimen, rtcheck=judge(specimen, folder), dicompyler=other))
        if progress:
            progress(number, len(SPECIMENS))
    return tuple(verdicts)


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as text: set, expected, found; then how many are as expected, and how many are silently wrong."""
    lines = []
    for verdict in verdicts:
        specimen = verdict.specimen
        codes = " or ".join(specimen.codes)
        sign = f"{_expected(specimen)}{', with ' if specimen.questions and codes else ': ' if codes else ''}{codes}"
        expected = "the phantom's numbers" if specimen.expected == "agree" else sign
        lines.append(f"{'ok ' if verdict.is_as_expected else 'BAD'} {specimen.name}")
        lines.append(f"      expected    {expected}")
        lines.append(f"      found       {verdict.rtcheck.describe()}")
        if verdict.dicompyler:
            lines.append(f"      dicompyler  {verdict.dicompyler}")
    good = sum(verdict.is_as_expected for verdict in verdicts)
    silent = sum(verdict.is_silent_error for verdict in verdicts)
    lines.append(f"\n{len(verdicts)} sets, {good} as expected, {silent} with a wrong number and no warning.")
    asked = [v.dicompyler for v in verdicts if v.dicompyler and v.dicompyler != "not run"]
    if asked:
        wrong = sum("WRONG" in found for found in asked)
        lines.append(f"dicompyler-core: {len(asked)} sets, {wrong} with a wrong number and no warning.")
    return "\n".join(lines) + "\n"
