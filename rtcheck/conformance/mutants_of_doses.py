"""Mutants of what a dose means and what it belongs to, one defect each."""

import numpy as np

from rtcheck.conformance.phantom import ROOT, PhantomSet, beam_share, dose_dataset, reference
from rtcheck.conformance.registry import refused, warns
from rtcheck.conformance.shapes import CORD, FRACTIONS, dose_gy


@refused("dose.relative-units")
def units_relative(s: PhantomSet) -> None:
    """DoseUnits is RELATIVE."""
    s.dose.DoseUnits = "RELATIVE"


@refused("dose.units")
def units_missing(s: PhantomSet) -> None:
    """DoseUnits is missing."""
    del s.dose.DoseUnits


@refused("dose.units")
def units_unknown(s: PhantomSet) -> None:
    """DoseUnits is CGY, which is not defined in DICOM."""
    s.dose.DoseUnits = "CGY"


@refused("dose.type-error")
def type_error(s: PhantomSet) -> None:
    """DoseType is ERROR: a difference of doses."""
    s.dose.DoseType = "ERROR"


@warns("dose.effective-unclear")
def type_effective(s: PhantomSet) -> None:
    """DoseType is EFFECTIVE."""
    s.dose.DoseType = "EFFECTIVE"


@warns("dose.effective")
def type_effective_of_ions(s: PhantomSet) -> None:
    """DoseType is EFFECTIVE and the plan an ion plan."""
    s.dose.DoseType = "EFFECTIVE"
    s.plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"


@warns("dose.type-missing")
def type_missing(s: PhantomSet) -> None:
    """DoseType is missing."""
    del s.dose.DoseType


@refused("dose.summation-type")
def summation_missing(s: PhantomSet) -> None:
    """DoseSummationType is missing."""
    del s.dose.DoseSummationType


@refused("dose.summation-type")
def summation_record(s: PhantomSet) -> None:
    """DoseSummationType is RECORD: the dose delivered so far."""
    s.dose.DoseSummationType = "RECORD"


@refused("dose.summation-type")
def summation_control_point(s: PhantomSet) -> None:
    """DoseSummationType is CONTROL_POINT."""
    s.dose.DoseSummationType = "CONTROL_POINT"


@refused("dose.incomplete")
def one_beam_of_two(s: PhantomSet) -> None:
    """The only dose is that of one of two beams."""
    s.dose = dose_dataset(summation="BEAM", beam=1, dose_at=beam_share(0.6))


@refused("dose.incomplete")
def one_fraction_group_of_two(s: PhantomSet) -> None:
    """The plan has two fraction groups and the dose is that of one."""
    from copy import deepcopy

    second = deepcopy(s.plan.FractionGroupSequence[0])
    second.FractionGroupNumber = 2
    s.plan.FractionGroupSequence.append(second)
    s.dose.DoseSummationType = "FRACTION"


@warns("dose.fraction-group")
def lone_fraction_dose(s: PhantomSet) -> None:
    """DoseSummationType is FRACTION: software may mistake it for one fraction."""
    s.dose.DoseSummationType = "FRACTION"


@warns("dose.transformed")
def moved_by_registration(s: PhantomSet) -> None:
    """SpatialTransformOfDose is NON_RIGID."""
    s.dose.SpatialTransformOfDose = "NON_RIGID"


@refused("dose.scaling")
def scaling_missing(s: PhantomSet) -> None:
    """DoseGridScaling is missing."""
    del s.dose.DoseGridScaling


@refused("dose.scaling")
def scaling_zero(s: PhantomSet) -> None:
    """DoseGridScaling is 0."""
    s.dose.DoseGridScaling = 0


@refused("dose.scaling")
def scaling_negative(s: PhantomSet) -> None:
    """DoseGridScaling is below 0."""
    s.dose.DoseGridScaling = -0.002


@warns("dose.far-above-prescription")
def scaling_in_centigray(s: PhantomSet) -> None:
    """The values are in cGy although DoseUnits is GY."""
    s.dose.DoseGridScaling = 0.2


@refused("dose.one-fraction")
def dose_of_one_fraction(s: PhantomSet) -> None:
    """DoseSummationType is PLAN, but the values are those of one fraction."""
    s.dose.DoseGridScaling = 0.002 / FRACTIONS


@refused("dose.far-below-prescription")
def dose_of_one_beam_called_plan(s: PhantomSet) -> None:
    """DoseSummationType is PLAN, but the values are those of the weaker beam."""
    s.dose.DoseGridScaling = 0.002 * 0.4


@refused("dose.far-below-prescription")
def one_fraction_of_one_beam_called_plan(s: PhantomSet) -> None:
    """DoseSummationType is PLAN, but the dose is one fraction of beam 1."""
    s.dose = dose_dataset(dose_at=beam_share(0.6 / FRACTIONS))


@warns("dose.some-beams")
def plan_dose_of_some_beams(s: PhantomSet) -> None:
    """DoseSummationType is PLAN, but the dose refers to beam 1 of 2, which gives nine tenths of it."""
    s.dose = dose_dataset(dose_at=beam_share(0.9), beam=1)


@warns("dose.target-off-prescription")
def plan_dose_without_one_of_seven_beams(s: PhantomSet) -> None:
    """DoseSummationType is PLAN, but a beam that gives a seventh of the dose is not in it."""
    s.dose = dose_dataset(dose_at=beam_share(6 / 7))


@warns("dose.several-plans")
def dose_of_two_plans(s: PhantomSet) -> None:
    """The dose belongs to two plans, one of which is missing."""
    s.dose.DoseSummationType = "MULTI_PLAN"
    s.dose.ReferencedRTPlanSequence = [reference("RTPLAN"), reference("RTPLAN", f"{ROOT}.1.2")]


@refused("dose.scaling")
def scaling_beyond_reason(s: PhantomSet) -> None:
    """DoseGridScaling gives doses of 1e100 Gy."""
    s.dose.DoseGridScaling = "1e96"


@warns("dose.target-off-prescription", "dose.one-beam")
def dose_upside_down(s: PhantomSet) -> None:
    """Frames are stored in reverse order with ascending offsets; the dose is steep along z."""
    s.dose = dose_dataset(dose_at=lambda x, y, z: dose_gy(x, y, z) - 0.8 * (z + 30))
    frames = np.frombuffer(s.dose.PixelData, "<u2").reshape(s.dose.NumberOfFrames, -1)
    s.dose.PixelData = frames[::-1].tobytes()


@warns("dose.saturated")
def saturated(s: PhantomSet) -> None:
    """The dose is clipped at the highest 16-bit value."""
    s.dose = dose_dataset(scaling=60 / 65535)


@warns("dose.zero")
def low_doses_cut_off(s: PhantomSet) -> None:
    """Doses below 45 Gy are 0, as an export with a threshold writes them."""
    s.dose = dose_dataset(dose_at=lambda x, y, z: dose if (dose := dose_gy(x, y, z)) >= 45 else 0.0)


@warns("dose.zero")
def not_calculated_around_the_cord(s: PhantomSet) -> None:
    """The dose is 0 around the spinal cord, as where nothing was calculated."""
    low, high = CORD.low_mm, CORD.high_mm
    s.dose = dose_dataset(
        dose_at=lambda x, y, z: (
            0.0 if low[0] - 6 < x < high[0] + 6 and low[1] - 4 < y < high[1] + 4 else dose_gy(x, y, z)
        )
    )


@refused("dose.empty")
def zeros(s: PhantomSet) -> None:
    """The dose is 0 everywhere."""
    s.dose.PixelData = bytes(len(s.dose.PixelData))


@warns("dose.no-pixels")
def no_pixels(s: PhantomSet) -> None:
    """The RTDOSE has no dose grid."""
    del s.dose.PixelData


@warns("dose.not-referenced", "link.by-frame")
def refers_to_an_unknown_plan(s: PhantomSet) -> None:
    """The dose refers to a missing plan."""
    s.dose.ReferencedRTPlanSequence = [reference("RTPLAN", f"{ROOT}.99")]


@refused("frame.mismatch")
def dose_in_another_frame(s: PhantomSet) -> None:
    """The dose is in another frame of reference."""
    s.dose.FrameOfReferenceUID = f"{ROOT}.98"


@warns("frame.missing")
def dose_without_frame(s: PhantomSet) -> None:
    """The dose has no frame of reference."""
    del s.dose.FrameOfReferenceUID


@refused("patient.mismatch")
def dose_of_another_patient(s: PhantomSet) -> None:
    """The dose has another PatientID."""
    s.dose.PatientID = "SOMEONE"


@refused("patient.mismatch")
def dose_of_another_name(s: PhantomSet) -> None:
    """The dose has another PatientName."""
    s.dose.PatientName = "Someone"


@refused("structures.plan-and-dose-differ")
def dose_on_another_structure_set(s: PhantomSet) -> None:
    """The dose refers to another structure set than the plan."""
    s.dose.ReferencedStructureSetSequence = [reference("RTSTRUCT", f"{ROOT}.97")]
