"""Real sets of planning systems: REAL_SETS.md row by row, and Eclipse's own DVHs."""

import json

import pytest
from support.phantom_case import warnings_of
from support.real_data import REAL_DICOM, needs_real_dicom

from rtcheck.case import Case
from rtcheck.dicom import read_case
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.errors import DicomError
from rtcheck.geometry.build import build_solid

pytestmark = needs_real_dicom


def _structures_with(case: Case, code: str) -> int:
    assert case.structures is not None
    loaded = [case.structures.load(roi.number) for roi in case.structures.rois]
    return sum(any(notice.code == code for notice in structure.notices) for structure in loaded)


@pytest.mark.parametrize("name", ["Breast", "Heart", "Lt Lung"])
def test_breast_eclipse_agrees_with_eclipse_to_one_percent(name: str) -> None:
    case = read_case(REAL_DICOM / "breast_eclipse")
    assert case.structures is not None
    assert case.dose is not None
    (roi,) = (roi for roi in case.structures.rois if roi.name == name)
    dvh = compute_dvh(build_solid(case.structures.load(roi.number)), case.dose)
    stored = json.loads((REAL_DICOM / "breast_eclipse" / "tps_dvh.json").read_text())["dvh"]
    (theirs,) = (entry["from_data"] for entry in stored if entry["roi_name"] == [name])
    assert dvh.volume_cc == pytest.approx(theirs["volume"], rel=0.01)
    assert dvh.mean_gy == pytest.approx(theirs["Dmean_mid"], rel=0.01)


def test_the_stored_dvhs_are_read_as_an_independent_reader_read_them() -> None:
    case = read_case(REAL_DICOM / "breast_eclipse")
    assert case.load_tps_dvhs is not None
    ours = {each.roi_number: each.dvh for each in case.load_tps_dvhs()}
    for entry in json.loads((REAL_DICOM / "breast_eclipse" / "tps_dvh.json").read_text())["dvh"]:
        dvh = ours[entry["roi_number"][0]]
        assert dvh.volume_cc == pytest.approx(entry["from_data"]["volume"], rel=1e-6)
        assert dvh.mean_gy == pytest.approx(entry["from_data"]["Dmean_mid"], abs=0.006)  # bins of 0.01 Gy


def test_breast_eclipse_has_one_prescription_a_calculation_point_s_dose_and_nine_stored_dvhs() -> None:
    case = read_case(REAL_DICOM / "breast_eclipse")
    assert case.plan is not None
    assert [p.dose_gy for p in case.plan.prescriptions] == [14.0]
    assert [round(point.dose_gy, 2) for point in case.plan.dose_points] == [11.31]
    assert case.plan.fractions == 7
    assert warnings_of(case) == {"plan.unapproved"}
    assert case.load_tps_dvhs is not None
    assert len(case.load_tps_dvhs()) == 9


def test_prostate_pinnacle_is_linked_by_its_frame_of_reference() -> None:
    case = read_case(REAL_DICOM / "prostate_pinnacle")
    assert case.plan is None
    assert warnings_of(case) == {"link.by-frame"}
    assert _structures_with(case, "contour.left-out") == 15


def test_brain_pinnacle_states_no_prescription_only_beam_doses() -> None:
    case = read_case(REAL_DICOM / "brain_pinnacle")
    assert case.plan is not None
    assert case.plan.prescription is None
    assert case.plan.beam_dose_total_gy == pytest.approx(5 * (3.21741 + 2.98305))
    assert case.plan.fractions == 5
    assert warnings_of(case) == {"plan.unapproved", "plan.prescription-from-beams", "dose.fraction-group"}


def test_headneck_pinnacle_was_computed_in_water() -> None:
    case = read_case(REAL_DICOM / "headneck_pinnacle")
    assert case.plan is not None
    assert case.plan.fractions == 22
    assert warnings_of(case) == {"plan.unapproved", "plan.prescription-from-beams"}
    assert "dose.heterogeneity" in {notice.code for notice in case.notices}


def test_a_folder_of_several_patients_links_nothing_across_them() -> None:
    case = read_case(REAL_DICOM / "odd_files")
    assert (case.dose, case.structures) == (None, None)
    assert warnings_of(case) == {"folder.damaged", "link.no-dose", "link.no-structures", "plan.unapproved"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rtdose.dcm", "dose.relative-units"),
        ("rtdose_rle.dcm", "dose.relative-units"),
        ("rtdose_expb.dcm", "dose.relative-units"),
        ("rtdose_1frame.dcm", "dose.relative-units"),
        ("badVR.dcm", "dose.relative-units"),
        ("single_frame_dose.dcm", "dose.single-plane"),
        ("rtplan_truncated.dcm", "file.truncated"),
        ("../breast_eclipse/ct.0.dcm", "file.not-rt"),
    ],
)
def test_odd_files_are_refused_with_their_code(name: str, code: str) -> None:
    with pytest.raises(DicomError) as refusal:
        read_case(REAL_DICOM / "odd_files" / name)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("name", "code"), [("effective_dose.dcm", "dose.effective-unclear"), ("rtplan.dcm", "link.no-dose")]
)
def test_odd_files_that_can_be_read_say_what_is_odd(name: str, code: str) -> None:
    assert code in warnings_of(read_case(REAL_DICOM / "odd_files" / name))


def test_a_structure_set_without_file_meta_is_read() -> None:
    case = read_case(REAL_DICOM / "odd_files" / "rtstruct.dcm")
    assert case.structures is not None
    assert [len(case.structures.load(roi.number).contours) for roi in case.structures.rois] == [3, 0, 0]
