"""What identifies a patient -> nothing: names, numbers, dates, UIDs and paths are taken out of a report's texts."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    words = {word for word in _identifying(case) if word and word.casefold() not in _COMMON}
    structures = {roi.name for roi in case.structures or () if roi.name}
    words = {word for word in words if word.casefold() not in {name.casefold() for name in structures}}
    known = re.compile(f"(?P<kept>{_any_of(structures)})|{_any_of(words)}", re.IGNORECASE)

    def scrub(text: str) -> str:
        text = known.sub(lambda found: found["kept"] or LEFT_OUT, text)
        for identifying in (_PATH, _UID, _DATE):
            text = identifying.sub(LEFT_OUT, text)
        return text

    return scrub


def _any_of(words: Iterable[str]) -> str:
    """A pattern of these words, longest first: "Smith" is found in "Smith_1" and "Smith2", not in "Smithers"."""
    patterns = [
        "".join((
            r"(?<![^\W_])" if word[0].isdigit() else r"(?<![^\W\d_])",
            re.escape(word),
            r"(?![^\W_])" if word[-1].isdigit() else r"(?![^\W\d_])",
        ))
        for word in sorted(words, key=len, reverse=True)
    ]  # fmt: skip
    return "|".join(patterns) or r"(?!)"


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
        option, sign, value = word.partition("=")
        if word.startswith("--") and sign:
            kept.append(f"{option}={_harmless(option, value)}")
        elif not kept or word.startswith("-") or word in _COMMANDS:
            kept.append(word)
        else:
            kept.append(_harmless(before, word))
    return join(kept)


def _harmless(option: str, value: str) -> str:
    """The value of an option that names no file, PATH for any other."""
    is_file = "/" in value or "\\" in value or value.lower().endswith((".yaml", ".yml"))
    return value if option in _PLAIN_OPTIONS and not is_file else "PATH"


_COMMANDS: Final = {"check", "isotoxic", "dvh"}
_PLAIN_OPTIONS: Final = {
    "--protocol", "--format", "--shape", "--end-caps", "--dose-interpolation", "--gaps", "--outside", "--dose-rx",
    "--fractions", "--reference-date", "--dose-is", "--ignore", "--error", "--robust", "--margin",
}  # fmt: skip
