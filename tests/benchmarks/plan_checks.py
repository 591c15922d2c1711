"""What the default checks add to a check of the clinical set: `python -m tests.benchmarks.plan_checks`.

A limit on each of the 40 structures, from the files to the report, without and with the checks of `rtcheck qa`, and a
plan of two arcs with 178 control points and 60 leaf pairs each. Processor seconds: each round measures both, and the
median of their ratios is printed, as other work on the machine slows both down.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage

from .clinical_set import new_file

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as rtcheck's command line sets it

HERE = Path(__file__).resolve().parent
ROUNDS = 15
GOAL = 0.20
POINTS, PAIRS = 178, 60


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subprocess.run([sys.executable, str(HERE / "clinical_set.py"), place], check=True)
        two_arcs().save_as(folder / "rp.dcm", enforce_file_format=True)
        limits_s, all_s, share = measured(folder)
    print(f"limits on 40 structures   {limits_s:7.3f} s")
    print(f"  with the default checks {all_s:7.3f} s   {100 * share:+.0f} % (goal: below {100 * GOAL:.0f} %)")


def measured(folder: Path, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """The least processor seconds of a check without and with plan checks, and the median of what these add."""
    from rtcheck.checking.check import check
    from rtcheck.dicom import read_case
    from rtcheck.protocol.file.load import load_protocol, read_protocol

    names = [roi.name for roi in read_case(folder).structures.rois]
    path = folder / "limits.yaml"
    rows = "".join(f"  - {{structure: '\"{name}\"', goal: Dmean < 99 Gy}}\n" for name in names)
    path.write_text(f"name: limits\nconstraints:\n{rows}", encoding="utf-8")
    limits = read_protocol(path)
    both = replace(limits, checks=load_protocol("qa").checks)

    def seconds(protocol: object) -> float:
        start = time.process_time()
        check(read_case(folder), protocol)
        return time.process_time() - start

    pairs = [(seconds(limits), seconds(both)) for _ in range(rounds)]
    least = [min(own) for own in zip(*pairs, strict=True)]
    return least[0], least[1], median(with_s / without_s - 1 for without_s, with_s in pairs)


def two_arcs() -> Dataset:
    """A plan of 66 Gy in 33 fractions by two arcs whose leaves move."""
    plan = new_file(RTPlanStorage, "RTPLAN")
    plan.RTPlanLabel, plan.ApprovalStatus, plan.PlanIntent = "Benchmark", "APPROVED", "CURATIVE"
    group, target = Dataset(), Dataset()
    group.FractionGroupNumber, group.NumberOfFractionsPlanned = 1, 33
    group.NumberOfBeams, group.ReferencedBeamSequence = 2, []
    target.DoseReferenceNumber, target.DoseReferenceStructureType, target.DoseReferenceType = 1, "SITE", "TARGET"
    target.TargetPrescriptionDose = 66
    plan.DoseReferenceSequence, plan.FractionGroupSequence, plan.BeamSequence = [target], [group], []
    for number in (1, 2):
        referred = Dataset()
        referred.ReferencedBeamNumber, referred.BeamMeterset, referred.BeamDose = number, 300, 1
        group.ReferencedBeamSequence.append(referred)
        plan.BeamSequence.append(_arc(number))
    return plan


def _arc(number: int) -> Dataset:
    beam, device = Dataset(), Dataset()
    beam.BeamNumber, beam.BeamName, beam.TreatmentMachineName = number, f"Arc{number}", "Linac"
    beam.BeamType, beam.RadiationType, beam.TreatmentDeliveryType = "DYNAMIC", "PHOTON", "TREATMENT"
    beam.PrimaryDosimeterUnit, beam.NumberOfControlPoints, beam.FinalCumulativeMetersetWeight = "MU", POINTS, 1
    device.RTBeamLimitingDeviceType, device.NumberOfLeafJawPairs = "MLCX", PAIRS
    device.LeafPositionBoundaries = [5 * leaf - 150 for leaf in range(PAIRS + 1)]
    beam.BeamLimitingDeviceSequence = [device]
    beam.ControlPointSequence = [_point(number, index) for index in range(POINTS)]
    return beam


def _point(beam: int, index: int) -> Dataset:
    point, leaves = Dataset(), Dataset()
    point.ControlPointIndex, point.CumulativeMetersetWeight = index, f"{index / (POINTS - 1):.10g}"
    turned = 2 * index if beam == 1 else -2 * index
    point.GantryAngle, point.GantryRotationDirection = (181 + turned) % 360, "CW" if beam == 1 else "CC"
    if not index:
        point.NominalBeamEnergy, point.DoseRateSet, point.IsocenterPosition = 6, 600, [10, -5, 0]
        point.BeamLimitingDeviceAngle, point.PatientSupportAngle = 30 * beam, 0
    open_mm = [abs((7 * leaf + 3 * index) % 40 - 20) + 10 for leaf in range(PAIRS)]
    leaves.RTBeamLimitingDeviceType = "MLCX"
    leaves.LeafJawPositions = [-each for each in open_mm] + open_mm
    point.BeamLimitingDevicePositionSequence = [leaves]
    return point


if __name__ == "__main__":
    main()
