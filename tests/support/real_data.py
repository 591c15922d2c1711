"""Public plans from real planning systems, where they are at hand: RTCHECK_REAL_DICOM, or beside the checkout."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL_DICOM = Path(os.environ.get("RTCHECK_REAL_DICOM", ROOT.parent / "shared" / "real_dicom"))
CLINICAL = Path(os.environ.get("RTCHECK_CLINICAL", ROOT.parent / "shared" / "clinical"))

needs_real_dicom = pytest.mark.skipif(not REAL_DICOM.is_dir(), reason="the real DICOM sets are not at hand")
