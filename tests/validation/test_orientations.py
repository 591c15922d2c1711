"""However the patient lies, the same dose and structures give the same numbers, through DICOM files and back."""

import pytest
from validation.phantom import values_of

from rtcheck.conformance.phantom import dose_dataset, phantom_set
from rtcheck.dicom import read_case
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.build import build_solid


def values_from_files(folder, orientation):
    files = phantom_set()
    files.dose = dose_dataset(orientation=orientation, bits=32)
    case = read_case(files.write(folder))
    found = {}
    for roi in case.structures.rois:
        structure = case.structures.load(roi.number)
        for shape in ("slabs", "interpolated"):
            found[roi.name, shape] = values_of(compute_dvh(build_solid(structure, shape=shape), case.dose))
    return found


@pytest.fixture(scope="module")
def head_first_supine(tmp_path_factory):
    return values_from_files(tmp_path_factory.mktemp("HFS"), "HFS")


@pytest.mark.parametrize("orientation", ["HFP", "FFS", "FFP", "HFDL", "HFDR", "FFDL", "FFDR"])
def test_every_orientation_gives_the_numbers_of_head_first_supine(orientation, head_first_supine, tmp_path):
    found = values_from_files(tmp_path, orientation)
    assert len(found) >= 2
    for name, values in head_first_supine.items():
        assert found[name] == pytest.approx(values, rel=1e-6), name
