"""Several doses of one plan -> the nominal dose and the names of the others, by the texts in the files."""

import re
from collections.abc import Sequence

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.finding.sources import DicomFile
from rtcheck.errors import harmless
from rtcheck.patterns import pattern

_OF_A_SCENARIO = pattern(
    r"perturb|uncertain|scenario|worst|\bset-?up\b|\bshift|\brange\b|\bdensity\b|\b(iso|rho|hu)\s*[+-]", re.IGNORECASE
)
_NOMINAL = pattern(r"\bnominal\b|\bunperturbed\b", re.IGNORECASE)
LONGEST_NAME = 64


def nominal_and_scenarios(
    files: Sequence[DicomFile],
) -> tuple[DicomFile, tuple[tuple[str, DicomFile], ...]] | None:
    """The nominal one of several doses of a plan, and the others by name; None where their texts do not tell.

    The texts are SeriesDescription and DoseComment. All doses but one must be called a scenario there (perturbed,
    uncertainty, shift, range, density, ...), each with another text.
    """
    texts = {file: _text(file) for file in files}
    nominal = [file for file, text in texts.items() if _NOMINAL.search(text) or not _OF_A_SCENARIO.search(text)]
    names = [(text[:LONGEST_NAME].strip(), file) for file, text in texts.items() if file not in nominal]
    if len(nominal) != 1 or len({name.casefold() for name, _ in names}) < len(names):
        return None
    return nominal[0], tuple(names)


def _text(file: DicomFile) -> str:
    parts = (file.dataset.text(tag).strip() for tag in (tags.SERIES_DESCRIPTION, tags.DOSE_COMMENT))
    return harmless("; ".join(dict.fromkeys(filter(None, parts))))
