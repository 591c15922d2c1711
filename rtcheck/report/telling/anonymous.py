"""What identifies a patient -> nothing: names, numbers, dates, UIDs and paths are taken out of a report's texts."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rtcheck.case import Case
from rtcheck.patterns import pattern

LEFT_OUT: Final = "[omitted]"
_UID: Final = pattern(r"\b\d+(?:\.\d+){4,}\b")
_PATH: Final = pattern(r"(?:[A-Za-z]:)?(?:[\\/][^\s\\/,;:\"']+){2,}[\\/]?")
_DATE: Final = pattern(r"\b(?:19|20)\d\d-\d\d-\d\d\b(?!T)")
_SHORTEST_NAME_PART: Final = 2
# Words of file and folder names that name nobody; taking them out would leave no sense in a sentence.
_COMMON: Final = frozenset(
    [
        "plan",
        "dose",
        "struct",
        "structs",
        "structure",
        "structures",
        "rtplan",
        "rtdose",
        "rtstruct",
        "rp",
        "rd",
        "rs",
        "ct",
        "data",
        "dicom",
        "dcm",
        "export",
        "test",
    ]
)


def scrubber(case: Case) -> Callable[[str], str]:
    """A function that takes out of any text what identifies this case: longest words first, whatever their case.

    Names of structures stay, even where a patient, a plan or a folder is called alike: no result could be read without.
    """
    kept = _COMMON | {roi.name.casefold() for roi in case.structures or ()}
    words = sorted({word for word in _identifying(case) if word and word.casefold() not in kept}, key=len, reverse=True)
    known = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words) or r"(?!)", re.IGNORECASE)

    def scrub(text: str) -> str:
        for identifying in (known, _PATH, _UID, _DATE):
            text = identifying.sub(LEFT_OUT, text)
        return text

    return scrub


def _identifying(case: Case) -> Iterator[str]:
    patient, plan = case.patient, case.plan
    yield from (patient.id, patient.name, patient.name.replace("^", " ").strip())
    yield from (part for part in re.split(r"[\^=\s,]+", patient.name) if len(part) >= _SHORTEST_NAME_PART)
    dates = [patient.birth_date, plan.planned_on if plan else None]
    for date in filter(None, dates):
        yield from (date.isoformat(), date.strftime("%Y%m%d"))
    if plan:
        yield from (plan.label, plan.name, plan.sop_instance_uid, plan.structure_set_uid)
    yield from plan.label.split(" + ") if plan else ()  # of the plans of a sum
    yield from (scenario.name for scenario in case.scenarios)
    for source in case.sources:
        yield source.sop_instance_uid
        if source.path:
            yield from (str(source.path), source.path.name, source.path.stem, source.path.parent.name)


def anonymous_command(words: Sequence[str]) -> str:
    """The command with PATH for every word but options, commands and the values of options that name no file."""
    from shlex import join

    kept: list[str] = []
    for word in words:
        before = kept[-1] if kept else ""
        names_no_file = before in _PLAIN_OPTIONS or word.startswith("-")
        kept.append(word if not kept or names_no_file or word in _COMMANDS else "PATH")
    return join(kept)


_COMMANDS: Final = {"check", "isotoxic", "dvh"}
_PLAIN_OPTIONS: Final = {
    "--protocol", "--format", "--shape", "--end-caps", "--dose-interpolation", "--gaps", "--outside", "--dose-rx",
    "--fractions", "--reference-date", "--dose-is", "--ignore", "--error", "--robust", "--margin",
}  # fmt: skip
