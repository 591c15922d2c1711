"""Plan and dose files -> where, by whom and with what the plan was made."""

from collections.abc import Callable, Sequence

from rtcheck.case import Equipment
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.errors import DicomError


def read_equipment(plan: DataSet | None, doses: Sequence[DataSet]) -> Equipment:
    """What the files state, each item from the plan first, then from the dose. Nothing depends on it.

    DICOM has no element for the dose algorithm; some planning systems name it in DoseComment.
    """
    sets = (*((plan,) if plan else ()), *doses)
    system = next((found for each in sets if (found := _planning_system(each))), "")
    return Equipment(
        institution=_first(sets, lambda each: each.text(tags.INSTITUTION_NAME)),
        planner=_first(sets[:1], lambda each: each.text(tags.OPERATORS_NAME)) if plan else "",
        reviewer=_first(sets[:1], lambda each: each.text(tags.REVIEWER_NAME)) if plan else "",
        machines=_machines(plan) if plan else (),
        planning_system=system,
        dose_comment=_first(doses, lambda each: each.text(tags.DOSE_COMMENT)),
        heterogeneity=_first(doses, lambda each: each.text(tags.TISSUE_HETEROGENEITY_CORRECTION)),
    )


def _first(sets: Sequence[DataSet], read: Callable[[DataSet], str]) -> str:
    return next((found for each in sets if (found := " ".join(_read(each, read).split()))), "")


def _read(dataset: DataSet, read: Callable[[DataSet], str]) -> str:
    try:
        return read(dataset)
    except DicomError:  # for information only: a malformed text is treated as missing
        return ""


def _planning_system(dataset: DataSet) -> str:
    """ "Pinnacle3 9.10 (ADAC)": model, versions and manufacturer."""
    model = _read(dataset, lambda each: each.text(tags.MANUFACTURER_MODEL_NAME))
    versions = _read(dataset, lambda each: each.text(tags.SOFTWARE_VERSIONS)).split("\\")
    maker = _read(dataset, lambda each: each.text(tags.MANUFACTURER))
    named = " ".join(filter(None, (model, ", ".join(dict.fromkeys(filter(None, map(str.strip, versions)))))))
    if not named:
        return maker
    return named if not maker or maker.casefold() in named.casefold() else f"{named} ({maker})"


def _machines(plan: DataSet) -> tuple[str, ...]:
    """The names of the treatment machines of all beams, or of a brachytherapy plan, each once."""
    sequences = (tags.BEAM_SEQUENCE, tags.ION_BEAM_SEQUENCE, tags.TREATMENT_MACHINE_SEQUENCE)
    try:
        names = [item.text(tags.TREATMENT_MACHINE_NAME) for tag in sequences for item in plan.items(tag)]
    except DicomError:
        return ()
    return tuple(dict.fromkeys(filter(None, names)))
