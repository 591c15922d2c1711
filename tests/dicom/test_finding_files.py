"""Finding and linking: paths, folders, archives, data sets in memory; the first errors that a newcomer makes."""

import os
import zipfile
from pathlib import Path

import pytest
from support.phantom_case import read_phantom, warnings_of, write_phantom

from rtcheck.case import Case
from rtcheck.conformance.phantom import ROOT, PhantomSet, image_dataset, phantom_set, plan_dataset, write_file
from rtcheck.dicom import plan_sets, read_case
from rtcheck.dicom.finding import sources
from rtcheck.dicom.finding.folder import scan
from rtcheck.errors import DicomError, RtcheckError, UsageError


def _is_complete(case: Case) -> bool:
    return None not in (case.plan, case.dose, case.structures)


@pytest.mark.parametrize("name", ["plan.dcm", "dose.dcm", "struct.dcm", ""])
def test_from_any_of_the_three_files_or_their_folder_the_rest_is_found(name: str, tmp_path: Path) -> None:
    case = read_case(write_phantom(tmp_path / "set") / name)
    assert _is_complete(case)
    assert case.notices == ()
    assert all(source.why for source in case.sources)


def test_a_source_says_its_path_hash_size_and_why_it_was_chosen(tmp_path: Path) -> None:
    import hashlib

    folder = write_phantom(tmp_path / "set")
    plan, dose, structures = read_case(folder).sources
    assert [source.role for source in (plan, dose, structures)] == ["plan", "dose", "structures"]
    content = (folder / "dose.dcm").read_bytes()
    assert (dose.path, dose.size_bytes) == (folder / "dose.dcm", len(content))
    assert dose.sha256 == hashlib.sha256(content).hexdigest()
    assert (dose.why, structures.why) == ("it refers to the plan", "the plan refers to it")


def test_a_file_in_a_folder_of_two_plans_chooses_its_own(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    other = plan_dataset()
    other.SOPInstanceUID = f"{ROOT}.1.2"
    write_file(other, folder / "other.dcm")
    with pytest.raises(UsageError, match="2 plans") as question:
        read_case(folder)
    assert '"Phantom"' in str(question.value)
    assert "--plan FILE" in str(question.value)
    assert read_case(folder / "dose.dcm").sources[0].path == folder / "plan.dcm"
    assert read_case(folder, plan=folder / "plan.dcm").dose is not None
    assert read_case(folder / "other.dcm").dose is None  # the dose belongs to the first plan


def test_a_dose_of_another_plan_that_is_there_is_refused_where_both_are_named(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    other = plan_dataset()
    other.SOPInstanceUID = f"{ROOT}.1.2"
    write_file(other, folder / "other.dcm")
    with pytest.raises(DicomError) as refusal:
        read_case(folder, plan=folder / "other.dcm", dose=folder / "dose.dcm")
    assert refusal.value.code == "dose.other-plan"
    lifted = read_case(folder, plan=folder / "other.dcm", dose=folder / "dose.dcm", ignore={"dose.other-plan"})
    assert "dose.other-plan" in warnings_of(lifted)


def test_files_named_outright_need_no_path(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    case = read_case(plan=folder / "plan.dcm", dose=folder / "dose.dcm", structures=folder / "struct.dcm")
    assert _is_complete(case)
    assert [source.why for source in case.sources] == ["named by option"] * 3


def test_a_file_named_for_the_wrong_role_is_a_usage_error(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    with pytest.raises(UsageError, match="--plan expects an RTPLAN"):
        read_case(folder, plan=folder / "dose.dcm")


def test_data_sets_in_memory_make_the_same_case(tmp_path: Path) -> None:
    phantom = phantom_set()
    case = read_case([phantom.plan, phantom.dose, phantom.structures])
    from_files = read_phantom(tmp_path / "set")
    assert _is_complete(case)
    assert case.plan == from_files.plan
    assert case.dose is not None
    assert from_files.dose is not None
    assert (case.dose.dose_gy == from_files.dose.dose_gy).all()
    assert [source.path for source in case.sources] == [None] * 3


@pytest.mark.parametrize("where", ["", "deep/export/"])
def test_a_zip_archive_is_read_in_place_by_its_path_or_its_members(where: str, tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in ("plan.dcm", "dose.dcm", "struct.dcm"):
            archive.write(folder / name, where + name)
    assert _is_complete(read_case(tmp_path / "export.zip"))
    member = tmp_path / "export.zip" / f"{where}plan.dcm"
    case = read_case(member)
    assert _is_complete(case)
    assert case.sources[0].path == member
    assert sorted(os.listdir(tmp_path)) == ["export.zip", "set"]  # nothing was unpacked


def test_a_damaged_or_encrypted_archive_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    (folder / "broken.zip").write_bytes(b"PK\3\4 nothing")
    assert warnings_of(read_case(folder)) == {"folder.damaged"}


def test_images_of_the_same_frame_of_reference_are_listed(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    for number in range(3):
        write_file(image_dataset(3.0 * number, number), folder / f"ct_{number}.dcm")
    stranger = image_dataset(0.0, 9)
    stranger.FrameOfReferenceUID = "1.2.3"
    write_file(stranger, folder / "ct_9.dcm")
    assert [path.name for path in read_case(folder).images] == ["ct_0.dcm", "ct_1.dcm", "ct_2.dcm"]


def test_a_wrong_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        read_case(tmp_path / "missing")


def test_an_empty_folder_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match=r"is empty\. Give the folder that"):
        read_case(tmp_path)


def test_an_image_says_what_to_give(tmp_path: Path) -> None:
    write_file(image_dataset(0.0, 1), tmp_path / "ct.dcm")
    with pytest.raises(DicomError, match=r"modality CT, not of a plan\. Give the RTPLAN"):
        read_case(tmp_path / "ct.dcm")


def test_a_text_file_is_no_dicom_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DicomError, match=r"notes\.txt: is not a DICOM file"):
        read_case(tmp_path / "notes.txt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "set")
    os.mkfifo(folder / "pipe")
    assert _is_complete(read_case(folder))
    with pytest.raises(RtcheckError, match="not a regular file"):
        read_case(folder / "pipe")


def test_links_are_followed_and_loops_of_links_end(tmp_path: Path) -> None:
    real = write_phantom(tmp_path / "real")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "link").symlink_to(real)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    assert _is_complete(read_case(folder))
    assert len(scan(folder).headers) == 3


def test_a_scan_tells_its_progress_and_reads_no_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_phantom(tmp_path / "set")
    largest = 0

    def count(path: Path, limit_bytes: int) -> bytes:
        nonlocal largest
        largest = max(largest, limit_bytes)
        return path.read_bytes()[:limit_bytes]

    monkeypatch.setattr(sources, "_read_ordinary_file", count)
    told: list[tuple[int, int]] = []
    scan(folder, progress=lambda _, done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert largest < (folder / "dose.dcm").stat().st_size


def test_plan_sets_are_every_plan_below_a_folder_also_the_incomplete_and_the_damaged(tmp_path: Path) -> None:
    write_phantom(tmp_path / "a")

    def second_patient(phantom: PhantomSet) -> None:
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset.PatientID = "SECOND"
            dataset.SOPInstanceUID += ".2"
        phantom.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID += ".2"
        phantom.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID += ".2"

    second = write_phantom(tmp_path / "b", second_patient)
    (second / "struct.dcm").unlink()
    content = (tmp_path / "a" / "plan.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(content[: len(content) // 2])
    first, incomplete, damaged = plan_sets(tmp_path)
    assert _is_complete(first.read())
    assert first.paths == tuple(tmp_path / "a" / name for name in ("plan.dcm", "dose.dcm", "struct.dcm"))
    assert "link.no-structures" in {notice.code for notice in incomplete.read().notices}
    assert damaged.path == tmp_path / "cut.dcm"
    with pytest.raises(DicomError, match="claims"):
        damaged.read()


def _renamed(phantom: PhantomSet) -> None:
    for dataset in (phantom.plan, phantom.dose, phantom.structures):
        dataset.PatientID = dataset.PatientName = "SECOND"


def _of_40_gy(phantom: PhantomSet) -> None:
    phantom.plan.DoseReferenceSequence[0].TargetPrescriptionDose = 40.0


def test_plans_of_two_patients_with_one_uid_are_two_plan_sets(tmp_path: Path) -> None:
    write_phantom(tmp_path / "a")
    write_phantom(tmp_path / "b", _renamed)
    assert [plan_set.path.parent.name for plan_set in plan_sets(tmp_path)] == ["a", "b"]


def test_two_plans_of_one_patient_with_one_uid_are_refused_not_taken_for_one(tmp_path: Path) -> None:
    write_phantom(tmp_path / "a")
    write_phantom(tmp_path / "b", _of_40_gy)
    (plan_set,) = plan_sets(tmp_path)
    with pytest.raises(DicomError) as caught:
        plan_set.read()
    assert caught.value.code == "file.duplicate-uid"
    (tmp_path / "b" / "plan.dcm").write_bytes((tmp_path / "a" / "plan.dcm").read_bytes())
    (plan_set,) = plan_sets(tmp_path)
    assert _is_complete(plan_set.read())


def test_files_that_give_the_patient_by_id_or_by_name_alone_are_of_one_plan_set(tmp_path: Path) -> None:
    def incomplete(phantom: PhantomSet) -> None:
        phantom.dose.PatientName = ""
        phantom.structures.PatientID = ""

    write_phantom(tmp_path, incomplete)
    (plan_set,) = plan_sets(tmp_path)
    assert _is_complete(plan_set.read())
