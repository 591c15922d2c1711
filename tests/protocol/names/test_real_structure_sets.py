"""The structure sets of real planning systems: every organ in them is found, and no other name is matched."""

from functools import cache

import pydicom
import pytest
from support.real_data import REAL_DICOM, needs_real_dicom

from rtcheck.case import Roi
from rtcheck.protocol.names import tg263
from rtcheck.protocol.names.match import match_name

# Read off the lists of ROI names by hand. What is left out of them must not be matched by any TG-263 name.
EXPECTED = {
    "breast_eclipse/rtss.dcm": {
        "Body": "BODY",
        "External": "BODY",
        "Heart": "Heart",
        "Lung_L": "Lt Lung",
        "Scar": "Scar",
        "TumorBed": "Tumor Bed",
    },
    "prostate_pinnacle/rtss.dcm": {
        "Anus": "Anus",
        "Bladder": "Bladder",
        "Bowel": "Bowel",
        "Femur_Head_L": "Lt_Fem_Head",
        "Femur_Head_R": "Rt_Fem_Head",
        "GTV": "GTV",
        "PenileBulb": "Penile_Bulb",
        "Prostate": "Prostate",
        "Rectum": "Rectum",
        "SeminalVes": "SVs",
        "Urethra": "Urethra",
    },
    "headneck_pinnacle/RS.dcm": {
        "Body": "Ext",
        "Brain": "Brain",
        "Brainstem": "Brainstem",
        "Cochlea_L": "Lt cochlea",
        "Cochlea_R": "Rt cochlea",
        "External": "Ext",
        "GTV": "GTV",
        "PTV": "H&N PTV_55 Gy",
        "Parotid_R": "Rt Parotid",
        "Skin": "Skin",
        "SpinalCord": "Spinal Cord",
    },
    "brain_pinnacle/RS.dcm": {
        "Brain": "Brain",
        "Brainstem": "Brainstem",
        "Brainstem_PRV": "Brainstem PRV",
        "Brainstem_PRVxx": "Brainstem PRV",
        "External": "External",
        "GTV": "GTV",
        "OpticChiasm": "Chiasm",
        "OpticNrv_L": "Optic nerve L",
        "OpticNrv_R": "Optic Nerve R",
        "PTV": "PTV 1mm (off brainstem)",
    },
}


@cache
def rois(path: str) -> tuple[Roi, ...]:
    dataset = pydicom.dcmread(REAL_DICOM / path, force=True)
    types = {seen.ReferencedROINumber: seen.RTROIInterpretedType for seen in dataset.RTROIObservationsSequence}
    return tuple(
        Roi(number=roi.ROINumber, name=roi.ROIName, type=types.get(roi.ROINumber) or "", contours=1)
        for roi in dataset.StructureSetROISequence
    )


@needs_real_dicom
@pytest.mark.parametrize("path", EXPECTED)
def test_all_organs_of_a_real_structure_set_are_found_and_nothing_else(path):
    matches = {name: match_name(name, rois(path)) for name in tg263.names()}
    found = {name: match.rois for name, match in matches.items() if match.is_matched}
    pairs = {name for name, names in found.items() if len(names) > 1}
    assert {name: names[0] for name, names in found.items() if name not in pairs} == EXPECTED[path]
    for name in pairs:
        assert found[name] == tuple(EXPECTED[path][side] for side in tg263.both_sides(name) or ())
