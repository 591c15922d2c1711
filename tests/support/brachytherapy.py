"""Brachytherapy fractions as phantoms, and a protocol for the sum of their values."""

from support.known_plans import box, write_plan

TARGET, BLADDER = box("CTV_HR", type="CTV"), box("Bladder", 2, at_mm=(40.0, 0.0, 0.0))
PROTOCOL = """
name: mine
constraints:
  - {structure: CTV_HR, goal: 'EQD2[10] D90% >= 83 Gy'}
  - {structure: Bladder, goal: 'EQD2[3] D2cc <= 80 Gy', variation: 'EQD2[3] D2cc <= 90 Gy'}
  - {structure: Bladder, goal: V5Gy <= 10 cc}
"""


def fraction(folder, target_gy, bladder_gy, number, *, fractions=1):
    """A plan on its own images (one fraction): one dose in the target, another on the side of the bladder."""

    def change(files):
        for each in (files.plan, files.dose, files.structures):
            each.SOPInstanceUID += f".{number}"
        files.dose.FrameOfReferenceUID = files.plan.FrameOfReferenceUID = f"2.25.{number}"
        files.structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = f"2.25.{number}"
        for roi in files.structures.StructureSetROISequence:
            roi.ReferencedFrameOfReferenceUID = f"2.25.{number}"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        files.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = files.structures.SOPInstanceUID
        files.plan.RTPlanLabel = f"BT{number}"
        files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = fractions
        files.plan.FractionGroupSequence[0].ReferencedBeamSequence[0].BeamDose = target_gy / fractions

    def dose_gy(x, y, z):
        return (x < 25) * target_gy + (x >= 25) * bladder_gy + 0 * y * z

    return write_plan(folder, [TARGET, BLADDER], dose_gy=dose_gy, prescribed_gy=target_gy, change=change)
