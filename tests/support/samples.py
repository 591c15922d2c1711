"""The five sample patients of sample_dicom/, and the script that makes them."""

from pathlib import Path

SAMPLE_DICOM = Path(__file__).resolve().parents[2] / "sample_dicom"
MAKER = SAMPLE_DICOM / "make_samples.py"

PASSES = SAMPLE_DICOM / "apatinib_50gy_passes"
STOMACH_FAILS = SAMPLE_DICOM / "apatinib_56gy_stomach_fails"
INCOMPLETE = SAMPLE_DICOM / "apatinib_incomplete"
SMALL_LIVER = SAMPLE_DICOM / "apatinib_liver_under_700cc"
AXITINIB_PASSES = SAMPLE_DICOM / "axitinib_45gy_passes"
SAMPLES = (PASSES, STOMACH_FAILS, INCOMPLETE, SMALL_LIVER, AXITINIB_PASSES)


def protocol_of(sample: Path) -> str:
    """The protocol that a sample is for: the first word of its folder's name."""
    return sample.name.partition("_")[0]
