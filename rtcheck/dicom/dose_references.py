"""RTPLAN data set -> what it prescribes to which target, from its dose references.

A reference at a point (COORDINATES or POINT) next to one to a site or a volume holds the dose that was computed there,
which vendors write into TargetPrescriptionDose all the same: 54 Gy at a calculation point of a plan of 50 Gy. It
counts only where no site or volume has a dose.
"""

from rtcheck.case import DoseLimits, DosePoint, Prescription, Target
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.values import dataclass

_POINTS = ("COORDINATES", "POINT")
_OF_TARGETS = {
    "TargetMinimumDose": tags.TARGET_MINIMUM_DOSE,
    "TargetPrescriptionDose": tags.TARGET_PRESCRIPTION_DOSE,
    "TargetMaximumDose": tags.TARGET_MAXIMUM_DOSE,
    "TargetUnderdoseVolumeFraction": tags.TARGET_UNDERDOSE_VOLUME_FRACTION,
}
_OF_ORGANS = {
    "OrganAtRiskFullVolumeDose": tags.ORGAN_AT_RISK_FULL_VOLUME_DOSE,
    "OrganAtRiskLimitDose": tags.ORGAN_AT_RISK_LIMIT_DOSE,
    "OrganAtRiskMaximumDose": tags.ORGAN_AT_RISK_MAXIMUM_DOSE,
    "OrganAtRiskOverdoseVolumeFraction": tags.ORGAN_AT_RISK_OVERDOSE_VOLUME_FRACTION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescribed:
    """The plan's prescriptions, highest first, the targets that it lists without a dose, and doses stated at points."""

    prescriptions: tuple[Prescription, ...]
    targets_without_dose: tuple[Target, ...]
    points: tuple[DosePoint, ...]


def read_dose_references(dataset: DataSet) -> Prescribed:
    """What the plan prescribes; a TargetPrescriptionDose of 0 is none."""
    targets = [
        item for item in dataset.items(tags.DOSE_REFERENCE_SEQUENCE) if item.code(tags.DOSE_REFERENCE_TYPE) == "TARGET"
    ]
    dosed = [item for item in targets if _dose_gy(item)]
    counting = [item for item in dosed if not _is_at_point(item)] or dosed
    prescriptions = [
        Prescription(
            dose_gy=_dose_gy(item),
            target=item.text(tags.DOSE_REFERENCE_DESCRIPTION),
            roi_number=item.whole_number(tags.REFERENCED_ROI_NUMBER),
            source="TargetPrescriptionDose",
        )
        for item in counting
    ]
    return Prescribed(
        prescriptions=tuple(sorted(prescriptions, key=lambda prescription: -prescription.dose_gy)),
        targets_without_dose=tuple(
            Target(
                name=item.text(tags.DOSE_REFERENCE_DESCRIPTION),
                roi_number=item.whole_number(tags.REFERENCED_ROI_NUMBER),
            )
            for item in targets
            if not _dose_gy(item)
        ),
        points=tuple(point for item in dosed for point in _point(item)),
    )


def read_dose_limits(dataset: DataSet) -> tuple[DoseLimits, ...]:
    """What the plan allows each dose reference; a prescription alone is no limit."""
    return tuple(limits for item in dataset.items(tags.DOSE_REFERENCE_SEQUENCE) if (limits := _limits(item)))


def _limits(item: DataSet) -> DoseLimits | None:
    known = _OF_TARGETS if item.code(tags.DOSE_REFERENCE_TYPE) == "TARGET" else _OF_ORGANS
    stated = {name: item.number(tag) for name, tag in known.items()}
    amounts = tuple((name, amount) for name, amount in stated.items() if amount is not None)
    if not {name for name, _ in amounts} - {"TargetPrescriptionDose"}:
        return None
    return DoseLimits(
        name=item.text(tags.DOSE_REFERENCE_DESCRIPTION),
        roi_number=item.whole_number(tags.REFERENCED_ROI_NUMBER),
        is_volume=not _is_at_point(item),
        amounts=amounts,
    )


def _dose_gy(item: DataSet) -> float:
    """The item's TargetPrescriptionDose, 0 where it has none. [Gy]"""
    return max(item.number(tags.TARGET_PRESCRIPTION_DOSE) or 0.0, 0.0)


def _is_at_point(item: DataSet) -> bool:
    return item.code(tags.DOSE_REFERENCE_STRUCTURE_TYPE) in _POINTS


def _point(item: DataSet) -> tuple[DosePoint, ...]:
    position_mm = item.numbers(tags.DOSE_REFERENCE_POINT_COORDINATES)
    if len(position_mm) != 3:
        return ()
    x, y, z = position_mm
    return (DosePoint(position_mm=(x, y, z), dose_gy=_dose_gy(item)),)
