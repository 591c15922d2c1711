"""One test for each row of the list of DICOM RT pitfalls, by its number; defects with a sign are mutants of the kit."""

import copy
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.phantom_case import read_phantom, warnings_of, write_phantom

from rtcheck.case import Case
from rtcheck.conformance.kit import SPECIMENS, write_specimen
from rtcheck.conformance.phantom import (
    ROOT,
    PhantomSet,
    beam_share,
    dose_dataset,
    item,
    plan_dataset,
    structures_dataset,
    write_file,
)
from rtcheck.conformance.shapes import LIVER, PTV
from rtcheck.conformance.verdicts import Finding, judge
from rtcheck.dicom import read_case
from rtcheck.dicom.encoding.text import decode_text
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.errors import DicomError, UsageError
from rtcheck.geometry.build import build_solid


def _found(name: str, folder: Path) -> Finding:
    """What rtcheck finds for one specimen of the kit."""
    (specimen,) = (specimen for specimen in SPECIMENS if specimen.name == name)
    return judge(specimen, write_specimen(specimen, folder))


def _refusal(name: str, folder: Path) -> str:
    return _found(name, folder).refusal


def _mean_gy(case: Case, number: int = 1) -> float:
    assert case.structures is not None
    assert case.dose is not None
    return compute_dvh(build_solid(case.structures.load(number)), case.dose).mean_gy


def _set(dataset: str, **elements: Any) -> Any:
    """A change of one of the phantom's data sets."""

    def change(phantom: PhantomSet) -> None:
        for keyword, value in elements.items():
            setattr(getattr(phantom, dataset), keyword, value)

    return change


def test_row_01_summation_types_mean_what_dicom_says(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "fraction", _set("dose", DoseSummationType="FRACTION"))
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)
    assert warnings_of(case) == {"dose.fraction-group"}
    several = read_phantom(tmp_path / "multi", _set("dose", DoseSummationType="MULTI_PLAN"))
    assert _mean_gy(several) > 49
    assert warnings_of(several) == {"dose.several-plans"}, "it refers to one of them"
    assert _refusal("one-beam-of-two", tmp_path) == "dose.incomplete"
    assert _refusal("summation-record", tmp_path) == "dose.summation-type"


def test_row_01_complete_beams_are_summed_and_kept(tmp_path: Path) -> None:
    (summed,) = (specimen for specimen in SPECIMENS if specimen.name == "beams-summed")
    case = read_case(write_specimen(summed, tmp_path))
    assert warnings_of(case) == {"dose.summed"}
    assert dict(case.beam_doses).keys() == {1, 2}
    assert case.dose is not None
    assert case.beam_doses[1].dose_gy == pytest.approx(case.dose.dose_gy * 0.6, rel=1e-5)


def test_row_02_one_fractions_dose_is_refused_until_the_user_says_what_it_is(tmp_path: Path) -> None:
    one_fraction = _set("dose", DoseGridScaling=0.002 / 25)
    with pytest.raises(DicomError, match="--dose-is course or --dose-is per-fraction") as refusal:
        read_phantom(tmp_path / "ask", one_fraction)
    assert refusal.value.code == "dose.one-fraction"
    multiplied = read_phantom(tmp_path / "multiplied", one_fraction, dose_is="per-fraction")
    assert _mean_gy(multiplied) == pytest.approx(PTV.mean_gy, rel=1e-4)
    assert "dose.multiplied" in warnings_of(multiplied)
    course = read_phantom(tmp_path / "course", one_fraction, dose_is="course")
    assert _mean_gy(course) == pytest.approx(PTV.mean_gy / 25, rel=1e-4)
    assert "dose.far-below-prescription" in warnings_of(course)


def test_row_02_without_a_target_the_maximum_decides(tmp_path: Path) -> None:
    def no_target(phantom: PhantomSet) -> None:
        phantom.dose.DoseGridScaling = 0.002 / 25
        phantom.structures = structures_dataset(boxes=(LIVER,))

    with pytest.raises(DicomError) as refusal:
        read_phantom(tmp_path / "set", no_target)
    assert refusal.value.code == "dose.one-fraction"


def test_row_03_relative_doses_need_the_users_word_and_a_reference_dose(tmp_path: Path) -> None:
    def relative(phantom: PhantomSet) -> None:
        phantom.dose.DoseUnits = "RELATIVE"
        phantom.dose.DoseGridScaling = 0.002 * 2  # 100 for the prescribed 50 Gy

    folder = write_phantom(tmp_path / "set", relative)
    with pytest.raises(DicomError, match="RELATIVE"):
        read_case(folder)
    with pytest.raises(DicomError, match="--dose-rx"):
        read_case(folder, ignore={"dose.relative-units"})
    case = read_case(folder, ignore={"dose.relative-units"}, dose_rx_gy=50)
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)
    assert any("100 in the file is interpreted as 50 Gy" in notice.text for notice in case.notices)


def test_row_04_effective_dose_is_warned_of_and_error_dose_refused(tmp_path: Path) -> None:
    assert _found("type-effective", tmp_path).codes == ("dose.effective-unclear",)
    assert _refusal("type-error", tmp_path) == "dose.type-error"


def test_row_01_a_dose_that_refers_to_a_part_of_the_beams_is_warned_of(tmp_path: Path) -> None:
    codes = _found("plan-dose-of-some-beams", tmp_path).codes
    assert codes == ("dose.some-beams", "dose.target-off-prescription")
    for summation in ("PLAN", "FRACTION"):
        both = dose_dataset(summation=summation, beam=1)
        group = both.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence[0]
        group.ReferencedBeamSequence.append(item(ReferencedBeamNumber=2))
        case = read_phantom(tmp_path / summation, lambda s, dose=both: setattr(s, "dose", dose))  # type: ignore[misc]
        assert "dose.some-beams" not in warnings_of(case)


def test_row_01_beam_2_for_group_2_is_all_of_that_group_but_not_of_the_plan(tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        first = phantom.plan.FractionGroupSequence[0]
        beams = list(first.ReferencedBeamSequence)
        first.ReferencedBeamSequence = beams[:1]
        second = item(FractionGroupNumber=2, NumberOfFractionsPlanned=5, ReferencedBeamSequence=beams[1:])
        phantom.plan.FractionGroupSequence.append(second)
        phantom.dose = dose_dataset(beam=1)

    assert warnings_of(read_phantom(tmp_path, change)) == {"plan.fraction-groups", "dose.some-beams"}


def test_row_02_one_beams_dose_is_refused(tmp_path: Path) -> None:
    for name in ("dose-of-one-beam-called-plan", "one-fraction-of-one-beam-called-plan"):
        assert _refusal(name, tmp_path) == "dose.far-below-prescription"


@pytest.mark.parametrize("name", ["scaling-missing", "scaling-zero", "scaling-negative"])
def test_row_05_a_scaling_that_is_missing_or_not_above_zero_is_refused(name: str, tmp_path: Path) -> None:
    assert _refusal(name, tmp_path) == "dose.scaling"


def test_row_05_each_summed_file_has_its_own_scaling(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "dose.dcm").unlink()
    for beam, share, scaling in ((1, 0.6, 1e-3), (2, 0.4, 2e-3)):
        dose = dose_dataset(
            summation="BEAM", beam=beam, uid=f"{ROOT}.3.{beam}", dose_at=beam_share(share), scaling=scaling
        )
        write_file(dose, folder / f"dose_{beam}.dcm")
    assert _mean_gy(read_case(folder)) == pytest.approx(PTV.mean_gy, rel=1e-4)


@pytest.mark.parametrize("offsets", ["relative", "absolute", "descending"])
def test_row_06_relative_absolute_and_descending_offsets_are_one_grid(offsets: Any, tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        phantom.dose = dose_dataset(offsets=offsets)

    case = read_phantom(tmp_path / "set", change)
    assert case.dose is not None
    assert case.dose.z_mm == pytest.approx(np.arange(-60, 61, 4))
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)


def test_row_06_shuffled_frames_are_sorted_with_a_warning(tmp_path: Path) -> None:
    def shuffle(phantom: PhantomSet) -> None:
        order = np.roll(np.arange(phantom.dose.NumberOfFrames), 7)
        order = np.concatenate([[0], order[order != 0]])
        frames = np.frombuffer(phantom.dose.PixelData, "<u2").reshape(len(order), -1)
        phantom.dose.PixelData = frames[order].tobytes()
        phantom.dose.GridFrameOffsetVector = [4.0 * int(place) for place in order]

    case = read_phantom(tmp_path / "set", shuffle)
    assert warnings_of(case) == {"dose.frames-unsorted"}
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)


@pytest.mark.parametrize(
    "name",
    ["offsets-of-neither-kind", "offsets-absolute-of-a-prone-grid", "offsets-repeated", "offsets-too-few"],
)
def test_row_06_offsets_of_no_legal_kind_are_refused(name: str, tmp_path: Path) -> None:
    assert _refusal(name, tmp_path) == "dose.offsets"


@pytest.mark.parametrize("orientation", ["HFS", "HFP", "FFS", "FFP", "HFDL", "HFDR", "FFDL", "FFDR"])
def test_row_07_every_orientation_along_the_axes_gives_the_same_dose(orientation: str, tmp_path: Path) -> None:
    assert _found(f"dose-{orientation}", tmp_path) == Finding()


def test_row_07_a_tilted_grid_is_refused(tmp_path: Path) -> None:
    assert _refusal("orientation-tilted", tmp_path) == "dose.oblique"


def test_row_08_pixel_spacing_is_between_rows_first(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "set")
    assert case.dose is not None
    assert (np.diff(case.dose.y_mm)[0], np.diff(case.dose.x_mm)[0]) == (3.0, 5.0)
    assert _found("spacing-swapped", tmp_path).has_sign


@pytest.mark.parametrize("name", ["dose-in-another-frame", "plan-in-another-frame", "structures-in-another-frame"])
def test_row_09_other_frames_of_reference_are_refused(name: str, tmp_path: Path) -> None:
    assert _refusal(name, tmp_path) == "frame.mismatch"


def test_row_09_one_structure_in_another_frame_has_no_value_while_others_have(tmp_path: Path) -> None:
    found = _found("target-in-another-frame", tmp_path)
    assert (found.missing, found.wrong) == (("PTV",), ())


def test_row_10_a_grid_beside_every_structure_gives_no_values(tmp_path: Path) -> None:
    found = _found("grid-beside-every-structure", tmp_path)
    assert found.codes == ("dose.partial-coverage",)
    assert len(found.missing) == 5


def test_row_10_what_lies_outside_the_grid_is_warned_of(tmp_path: Path) -> None:
    assert "dose.partial-coverage" in _found("grid-cuts-an-organ", tmp_path).codes


def test_row_10_a_dose_that_no_structure_reaches_is_read_and_measures_nothing(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "set", _set("dose", ImagePositionPatient=[-100.0, -75.0, -6080.0]))
    assert case.dose is not None
    assert np.isnan(_mean_gy(case, PTV.number))


@pytest.mark.parametrize(
    "name", ["big-endian", "big-endian-of-32-bits", "run-length-coded", "deflated", "dose-32-bits", "implicit-vr"]
)
def test_row_11_every_lossless_storage_gives_the_same_numbers(name: str, tmp_path: Path) -> None:
    assert _found(name, tmp_path) == Finding()


def test_row_11_lossy_and_unknown_storage_is_refused(tmp_path: Path) -> None:
    assert _refusal("lossy-transfer-syntax", tmp_path) == "dose.lossy"
    assert _refusal("compressed-with-loss", tmp_path) == "dose.lossy"


def test_row_12_saturated_and_negative_numbers(tmp_path: Path) -> None:
    assert "dose.saturated" in _found("saturated", tmp_path).codes
    assert _refusal("negative-doses", tmp_path) == "dose.negative"


def test_row_12_noise_below_zero_counts_as_zero_with_a_warning(tmp_path: Path) -> None:
    def noise(phantom: PhantomSet) -> None:
        phantom.dose = dose_dataset(bits=32)
        phantom.dose.PixelRepresentation = 1
        pixels = np.frombuffer(phantom.dose.PixelData, "<i4").copy()
        pixels[0] = -1000
        phantom.dose.PixelData = pixels.tobytes()

    case = read_phantom(tmp_path / "set", noise)
    assert case.dose is not None
    assert case.dose.dose_gy.min() == 0
    assert warnings_of(case) == {"dose.signed", "dose.negative"}


def test_row_13_two_doses_of_a_plan_are_listed_and_asked_for(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    write_file(dose_dataset(uid=f"{ROOT}.3.2"), folder / "dose_2.dcm")
    with pytest.raises(UsageError, match="--dose FILE") as question:
        read_case(folder)
    assert "dose_2.dcm" in str(question.value)
    assert "dose.dcm" in str(question.value)
    assert _mean_gy(read_case(folder, dose=folder / "dose.dcm")) == pytest.approx(PTV.mean_gy, rel=1e-4)


def test_row_13_doses_of_two_plans_are_summed_on_request_and_their_prescriptions_too(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    boost = plan_dataset()
    boost.SOPInstanceUID = f"{ROOT}.1.2"
    boost.DoseReferenceSequence[0].TargetPrescriptionDose = 10.0
    boost.FractionGroupSequence[0].NumberOfFractionsPlanned = 5
    write_file(boost, folder / "boost.dcm")
    dose = dose_dataset(uid=f"{ROOT}.3.2", dose_at=beam_share(0.2))
    dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = f"{ROOT}.1.2"
    write_file(dose, folder / "boost_dose.dcm")
    with pytest.raises(UsageError, match="--plan FILE"):
        read_case(folder)
    case = read_case(folder, dose=[folder / "dose.dcm", folder / "boost_dose.dcm"])
    assert case.plan is not None
    assert case.plan.prescription is not None
    assert (case.plan.prescription.dose_gy, case.plan.fractions) == (60.0, 30)
    assert _mean_gy(case) == pytest.approx(1.2 * PTV.mean_gy, rel=1e-4)
    assert {"dose.summed", "plan.summed"} <= warnings_of(case)


def test_row_13_a_dose_of_several_plans_takes_the_prescriptions_of_all_that_are_there(tmp_path: Path) -> None:
    boost = plan_dataset()
    boost.SOPInstanceUID = f"{ROOT}.1.2"
    boost.DoseReferenceSequence[0].TargetPrescriptionDose = 5.0
    boost.FractionGroupSequence[0].NumberOfFractionsPlanned = 5

    def change(phantom: PhantomSet) -> None:
        phantom.dose.DoseSummationType = "MULTI_PLAN"
        other = item(ReferencedSOPInstanceUID=boost.SOPInstanceUID)
        phantom.dose.ReferencedRTPlanSequence.append(other)

    folder = write_phantom(tmp_path / "set", change)
    alone = read_case(folder)
    assert warnings_of(alone) == {"dose.several-plans"}
    write_file(boost, folder / "boost.dcm")
    both = read_case(folder / "dose.dcm")
    assert warnings_of(both) == {"plan.summed"}
    assert both.plan is not None
    assert both.plan.prescription is not None
    assert (both.plan.prescription.dose_gy, both.plan.fractions) == (55.0, 30)


def test_row_13_grids_that_differ_are_not_summed(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    other = dose_dataset(uid=f"{ROOT}.3.2")
    other.PixelSpacing = [3.1, 5.0]
    write_file(other, folder / "dose_2.dcm")
    with pytest.raises(DicomError, match="different grids"):
        read_case(folder, dose=[folder / "dose.dcm", folder / "dose_2.dcm"])


@pytest.mark.parametrize("kind", ["CUMULATIVE", "DIFFERENTIAL", "NATURAL"])
def test_row_14_the_planning_systems_dvhs_of_every_kind_have_one_mean(kind: str, tmp_path: Path) -> None:
    """Four bins of 0.5 Gy with 1, 2, 3, 2 cc: the mean is (0.25 + 2 * 0.75 + 3 * 1.25 + 2 * 1.75) / 8 = 1.125 Gy."""
    volumes = {"CUMULATIVE": (8, 7, 5, 2), "DIFFERENTIAL": (1, 2, 3, 2), "NATURAL": (2, 4, 6, 4)}[kind]

    def with_dvh(phantom: PhantomSet) -> None:
        phantom.dose.DVHSequence = [
            item(DVHType=kind, DoseUnits="GY", DoseType="PHYSICAL", DVHDoseScaling=0.5, DVHVolumeUnits="CM3",
                 DVHNumberOfBins=4, DVHData=[number for volume in volumes for number in (1.0, volume)],
                 DVHReferencedROISequence=[item(ReferencedROINumber=1, DVHROIContributionType="INCLUDED")])
        ]  # fmt: skip

    case = read_phantom(tmp_path / "set", with_dvh)
    assert case.load_tps_dvhs is not None
    (stored,) = case.load_tps_dvhs()
    assert (stored.roi_number, stored.dvh.volume_cc) == (1, pytest.approx(8))
    assert stored.dvh.mean_gy == pytest.approx(1.125)
    assert list(stored.dvh.volume_at_least_cc) == pytest.approx([8, 7, 5, 2, 0])


def test_row_14_a_dose_of_dvhs_only_leaves_the_case_without_dose(tmp_path: Path) -> None:
    found = _found("no-pixels", tmp_path)
    assert "dose.no-pixels" in found.codes
    assert len(found.missing) == 5


def test_row_15_points_and_open_contours_are_left_out_and_said(tmp_path: Path) -> None:
    assert "contour.left-out" in _found("open-contours", tmp_path).codes
    points = _found("points-among-contours", tmp_path)
    assert (points.codes, points.wrong) == (("contour.left-out",), ())
    assert "contour.mixed-types" in _found("types-mixed", tmp_path).codes


@pytest.mark.parametrize("spelling", ["CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"])
def test_row_15_both_spellings_of_xor_are_even_odd(spelling: str, tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        phantom.structures = structures_dataset(holes="xor")
        for contour in phantom.structures.ROIContourSequence[1].ContourSequence:
            contour.ContourGeometricType = spelling

    case = read_phantom(tmp_path / "set", change)
    assert case.structures is not None
    assert all(contour.is_xor for contour in case.structures.load(2).contours)


def test_row_16_a_hole_drawn_in_three_ways_is_one_volume(tmp_path: Path) -> None:
    for name in ("dose-HFS", "holes-nested", "holes-by-even-odd"):  # the first has keyholes
        assert _found(name, tmp_path) == Finding()
    assert "structure.overlapping-contours" in _found("loops-overlap", tmp_path).codes


def test_row_17_doubled_contours_and_missing_slices(tmp_path: Path) -> None:
    doubled = _found("contour-twice", tmp_path)
    assert (doubled.codes, doubled.wrong) == (("structure.duplicate-contours",), ())
    missing = _found("slices-missing", tmp_path)
    assert "structure.missing-slices" in missing.codes
    assert _found("planes-unsorted", tmp_path) == Finding()


def test_row_17_planes_apart_by_rounding_are_one(tmp_path: Path) -> None:
    found = _found("planes-apart-by-rounding", tmp_path)
    assert (found.codes, found.wrong) == (("structure.planes-joined",), ())


def test_row_17_an_offset_of_contours_leaves_that_structure_without_value(tmp_path: Path) -> None:
    found = _found("contours-with-an-offset", tmp_path)
    assert (found.codes, found.missing, found.wrong) == (("contour.offset",), ("PTV",), ())


def test_row_18_contours_out_of_axial_planes_leave_that_structure_without_value(tmp_path: Path) -> None:
    for name in ("plane-tilted", "planes-sagittal"):
        found = _found(name, tmp_path)
        assert (found.missing, found.wrong) == (("PTV",), ())


def test_row_18_points_off_their_plane_by_less_than_a_tenth_of_a_millimetre_are_projected(tmp_path: Path) -> None:
    def lift(phantom: PhantomSet) -> None:
        contour = phantom.structures.ROIContourSequence[0].ContourSequence[4]
        contour.ContourData[2] = f"{float(contour.ContourData[2]) + 0.05:.2f}"

    case = read_phantom(tmp_path / "set", lift)
    assert case.structures is not None
    heights_mm = case.structures.load(1).contours[4].vertices_mm[:, 2]
    assert set(heights_mm) == {PTV.planes_mm[4]}


def _thickness_mm(case: Case) -> float:
    """Of the one plane of the target."""
    assert case.structures is not None
    (slab,) = build_solid(case.structures.load(1)).slabs
    return round(slab.z_high_mm - slab.z_low_mm, 9)


def test_row_19_a_single_plane_takes_the_stated_thickness_else_the_sets_slices(tmp_path: Path) -> None:
    def one_plane(phantom: PhantomSet) -> None:
        del phantom.structures.ROIContourSequence[0].ContourSequence[1:]

    def with_thickness(phantom: PhantomSet) -> None:
        one_plane(phantom)
        phantom.structures.ROIContourSequence[0].ContourSequence[0].ContourSlabThickness = 1.25

    plain = read_phantom(tmp_path / "plain", one_plane)
    stated = read_phantom(tmp_path / "stated", with_thickness)
    assert plain.structures is not None
    assert stated.structures is not None
    assert _thickness_mm(plain) == 3.0  # half-way to the slices below and above
    assert _thickness_mm(stated) == 1.25


def test_planes_apart_by_rounding_are_no_slices_of_their_own(tmp_path: Path) -> None:
    """All planes of the other structures are written twice, 0.02 mm apart: their slices are 3 mm apart all the same."""

    def double(phantom: PhantomSet) -> None:
        first, *others = phantom.structures.ROIContourSequence
        del first.ContourSequence[1:]
        for entry in others:
            for number, drawn in enumerate(list(entry.ContourSequence)):
                again = copy.deepcopy(drawn)
                again.ContourData[2::3] = [round(float(z) + 0.02, 3) for z in again.ContourData[2::3]]
                entry.ContourSequence.insert(2 * number, again)

    assert _thickness_mm(read_phantom(tmp_path / "set", double)) == 3.0


def test_row_20_empty_and_doubled_entries_never_have_a_value(tmp_path: Path) -> None:
    empty = _found("no-contours", tmp_path)
    assert (empty.missing, empty.wrong) == (("PTV",), ())
    doubled = _found("number-twice", tmp_path)
    assert "structures.duplicate-number" in doubled.codes
    assert "PTV" in doubled.missing


@pytest.mark.parametrize(
    "name", ["a-number-missing", "letters-for-a-number", "not-a-number", "a-coordinate-missing", "kilometres-away"]
)
def test_row_21_bad_coordinates_refuse_their_structure_only(name: str, tmp_path: Path) -> None:
    found = _found(name, tmp_path)
    assert "contour.bad-data" in found.codes
    assert (found.missing, found.wrong) == (("PTV",), ())


def test_row_21_decimal_commas_and_wrong_counts_are_read_with_a_warning(tmp_path: Path) -> None:
    assert _found("decimal-commas", tmp_path) == Finding(codes=("contour.decimal-comma",))
    assert _found("point-count-wrong", tmp_path) == Finding(codes=("contour.point-count",))


def test_row_21_long_and_padded_decimal_strings_are_read(tmp_path: Path) -> None:
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    def lengthen(phantom: PhantomSet) -> None:
        tag = Tag("ContourData")
        for contour in phantom.structures.ROIContourSequence[0].ContourSequence:
            value = "\\".join(f"  {float(number):.20f}" for number in contour.ContourData).encode() + b" \0"
            value += b" " * (len(value) % 2)
            contour[tag] = RawDataElement(tag, "UN", len(value), value, 0, False, True)

    assert _mean_gy(read_phantom(tmp_path / "set", lengthen)) == pytest.approx(PTV.mean_gy, rel=1e-4)


def test_row_22_a_stated_volume_that_is_not_the_drawn_one_is_warned_of(tmp_path: Path) -> None:
    assert _found("stated-volume-differs", tmp_path) == Finding(codes=("structure.stated-volume",))


def test_row_23_types_and_identification_codes_are_read(tmp_path: Path) -> None:
    def with_code(phantom: PhantomSet) -> None:
        code = item(CodeValue="7197", CodingSchemeDesignator="FMA", CodeMeaning="Liver")
        phantom.structures.RTROIObservationsSequence[1].RTROIIdentificationCodeSequence = [code]

    case = read_phantom(tmp_path / "set", with_code)
    assert case.structures is not None
    ptv, liver = case.structures.rois[:2]
    assert (ptv.type, liver.codes) == ("PTV", (("FMA", "7197"),))


def test_row_24_unknown_fractions_are_none_and_groups_are_added(tmp_path: Path) -> None:
    unknown = read_phantom(tmp_path / "unknown", lambda p: _set_fractions(p, None))
    assert unknown.plan is not None
    assert unknown.plan.fractions is None
    assert "--fractions" in unknown.notices[0].text
    given = read_phantom(tmp_path / "given", lambda p: _set_fractions(p, None), fractions=25)
    assert given.plan is not None
    assert given.plan.fractions == 25
    groups = _found("two-fraction-groups", tmp_path)
    assert "plan.fraction-groups" in groups.codes


def _set_fractions(phantom: PhantomSet, count: int | None) -> None:
    phantom.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = count


def test_row_25_the_prescription_is_the_users_then_the_targets_and_never_the_beams(tmp_path: Path) -> None:
    def two_targets(phantom: PhantomSet) -> None:
        second = item(DoseReferenceNumber=2, DoseReferenceType="TARGET", TargetPrescriptionDose=45.0)
        organ = item(DoseReferenceNumber=3, DoseReferenceType="ORGAN_AT_RISK", TargetPrescriptionDose=80.0)
        phantom.plan.DoseReferenceSequence = [second, *phantom.plan.DoseReferenceSequence, organ]

    plan = read_phantom(tmp_path / "targets", two_targets).plan
    assert plan is not None
    assert [prescription.dose_gy for prescription in plan.prescriptions] == [50.0, 45.0]
    given = read_phantom(tmp_path / "given", two_targets, dose_rx_gy=54).plan
    assert given is not None
    assert given.prescriptions[0].dose_gy == 54
    assert _found("prescription-missing", tmp_path) == Finding(codes=("plan.prescription-from-beams",))


def test_row_25_setup_beams_without_a_dose_do_not_hide_the_sum_of_the_others(tmp_path: Path) -> None:
    def change(phantom: PhantomSet) -> None:
        phantom.plan = plan_dataset(beam_doses_gy=(1.2, 0.8, 0.0), has_prescription=False)
        phantom.plan.BeamSequence[2].TreatmentDeliveryType = "SETUP"
        del phantom.plan.FractionGroupSequence[0].ReferencedBeamSequence[2].BeamDose

    plan = read_phantom(tmp_path / "set", change).plan
    assert plan is not None
    assert plan.beam_dose_total_gy == pytest.approx(50)
    assert plan.prescription is None  # what the beams give to their own points is not a prescription


def test_row_26_other_structure_sets_approval_and_geometry(tmp_path: Path) -> None:
    assert _refusal("dose-on-another-structure-set", tmp_path) == "structures.plan-and-dose-differ"
    assert "structures.not-referenced" in _found("refers-to-another-structure-set", tmp_path).codes
    assert _found("unapproved", tmp_path).codes == ("plan.unapproved",)
    assert _found("rejected", tmp_path).codes == ("plan.rejected",)
    assert _found("geometry-of-a-device", tmp_path).codes == ("plan.no-patient-geometry",)


def test_row_27_brachytherapy_and_ions_are_warned_of(tmp_path: Path) -> None:
    assert "plan.brachy" in _found("brachytherapy", tmp_path).codes
    assert "plan.ion" in _found("ions", tmp_path).codes


@pytest.mark.parametrize(
    ("declared", "written"),
    [("GB18030", "gb18030"), ("ISO_IR 192", "utf-8"), ("ISO_IR 100", "gb18030"), (None, "gb18030"), ("GBK", "gbk")],
)
def test_row_28_a_chinese_name_is_read_or_among_the_alternatives(
    declared: str | None, written: str, tmp_path: Path
) -> None:
    name = "肝脏".encode(written)
    stand_in = "X" * len(name)

    def rename(phantom: PhantomSet) -> None:
        phantom.structures.StructureSetROISequence[1].ROIName = stand_in
        phantom.structures.SpecificCharacterSet = declared

    folder = write_phantom(tmp_path / "set", rename)
    path = folder / "struct.dcm"
    path.write_bytes(path.read_bytes().replace(stand_in.encode(), name))
    case = read_case(folder)
    assert case.structures is not None
    liver = case.structures.rois[1]
    assert "肝脏" in (liver.name, *liver.name_alternatives)
    if declared in ("GB18030", "ISO_IR 192", "GBK"):
        assert liver.name == "肝脏"


def test_row_28_japanese_with_escape_sequences_is_read(tmp_path: Path) -> None:
    def rename(phantom: PhantomSet) -> None:
        phantom.structures.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
        phantom.structures.StructureSetROISequence[1].ROIName = "肝臓"

    case = read_phantom(tmp_path / "set", rename)
    assert case.structures is not None
    assert case.structures.rois[1].name == "肝臓"


@pytest.mark.parametrize(
    ("declared", "raw", "name"),
    [
        ("ISO 2022 IR 58", b"\x1b$)A\xb8\xce\xd4\xe0", "肝脏"),  # PS3.5 K.3: GB 2312 in G1
        ("ISO 2022 IR 149", b"\x1b$)C\xb0\xa3", "간"),  # PS3.5 I.2: KS X 1001 in G1
        ("ISO 2022 IR 87", b"GTV \x1b$B4NB!\x1b(B a", "GTV 肝臓 a"),
    ],
)
def test_row_28_code_extensions_leave_no_escape_sequence_in_the_name(declared: str, raw: bytes, name: str) -> None:
    assert decode_text(raw, ("", declared)) == name


@pytest.mark.parametrize("written", ["", "19000101", "19011301", "unknown", "1970"])
def test_row_29_birth_dates_that_are_none_are_unknown(written: str, tmp_path: Path) -> None:
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    def change(phantom: PhantomSet) -> None:
        tag = Tag("PatientBirthDate")
        value = written.encode() + b" " * (len(written) % 2)
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset[tag] = RawDataElement(tag, "DA", len(value), value, 0, False, True)

    assert read_phantom(tmp_path / written, change).patient.birth_date is None
    assert read_phantom(tmp_path / "plain").patient.birth_date == date(1970, 1, 1)


def test_row_30_broken_references_fall_back_on_the_frame_of_reference_with_a_warning(tmp_path: Path) -> None:
    def anonymise(phantom: PhantomSet) -> None:
        phantom.plan.SOPInstanceUID, phantom.structures.SOPInstanceUID = "1.2.1", "1.2.2"

    case = read_phantom(tmp_path / "set", anonymise)
    assert {"link.by-frame", "dose.not-referenced", "structures.not-referenced"} <= warnings_of(case)
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)


def test_row_30_one_uid_for_everything_does_not_hide_a_file(tmp_path: Path) -> None:
    def anonymise(phantom: PhantomSet) -> None:
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset.SOPInstanceUID = "1.2.3"

    case = read_phantom(tmp_path / "set", anonymise)
    assert None not in (case.plan, case.dose, case.structures)


def test_row_31_bare_data_sets_zip_archives_and_junk(tmp_path: Path) -> None:
    for name in ("without-preamble", "without-meta-group", "zipped", "in-subfolders-with-strangers"):
        assert _found(name, tmp_path) == Finding()


def test_row_31_a_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    assert read_case(folder / "DICOMDIR").dose is not None


def test_row_32_private_elements_change_nothing(tmp_path: Path) -> None:
    def add_private(phantom: PhantomSet) -> None:
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            block = dataset.private_block(0x3005, "SOME VENDOR", create=True)
            block.add_new(0x01, "DS", "99.9")
            block.add_new(0x02, "UN", b"\1\2\3\4")

    case = read_phantom(tmp_path / "set", add_private)
    assert case.notices == ()
    assert _mean_gy(case) == pytest.approx(PTV.mean_gy, rel=1e-4)


def test_row_33_a_dose_computed_in_water_is_remarked_on(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "set", _set("dose", TissueHeterogeneityCorrection="WATER"))
    assert [(notice.code, notice.severity) for notice in case.notices] == [("dose.heterogeneity", "info")]


def test_row_34_other_patients_are_refused_without_naming_them(tmp_path: Path) -> None:
    with pytest.raises(DicomError) as refusal:
        read_phantom(tmp_path / "set", _set("dose", PatientID="SECRET-77", PatientName="Doe^Jane"))
    assert refusal.value.code == "patient.mismatch"
    assert not re.search("SECRET|Doe|Jane|PHANTOM", str(refusal.value))
    assert _refusal("plan-of-another-patient", tmp_path) == "patient.mismatch"


def test_row_34_spaces_capitals_and_carets_are_no_other_patient(tmp_path: Path) -> None:
    case = read_phantom(tmp_path / "set", _set("dose", PatientID="phantom ", PatientName="PHANTOM^^"))
    assert case.notices == ()


def test_row_35_copies_are_one_file_and_different_content_is_refused(tmp_path: Path) -> None:
    assert _found("copies-of-every-file", tmp_path) == Finding()
    assert _refusal("one-uid-for-two-doses", tmp_path) == "file.duplicate-uid"


def test_row_36_a_dose_moved_by_registration_is_warned_of(tmp_path: Path) -> None:
    assert _found("moved-by-registration", tmp_path).codes == ("dose.transformed",)


def test_every_row_has_a_test() -> None:
    rows = {int(match[1]) for name in globals() if (match := re.match(r"test_row_(\d+)_", name))}
    assert rows == set(range(1, 37))
