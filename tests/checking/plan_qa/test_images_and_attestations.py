"""Checks of the images with a plan, what a person attests, and waivers of checks."""

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, write_plan

from rtcheck.conformance.phantom import image_dataset, write_file

ALL = """name: mine
image_checks:
  {thickness: 3 mm, number: '>= 20', age: <= 21 days, position: HFS, scanner: rtcheck, contours: on slices,
   outline: not cut}
"""
BOXES = (box("PTV", type="PTV"), box("External", 2, type="EXTERNAL", size_mm=(60, 60, 30)))


@pytest.fixture
def plan(tmp_path):
    """A plan with 20 slices of 3 mm, from -28.5 to 28.5 mm, 160 mm wide."""
    return write_plan(tmp_path / "case", BOXES)


def with_images(folder, change=lambda image: None, number=20):
    for index in range(number):
        image = image_dataset(-28.5 + 3 * index, index)
        image.PatientPosition, image.ManufacturerModelName, image.AcquisitionDate = "HFS", "CT", "20251230"
        change(image)
        write_file(image, folder / f"ct{index:02}.dcm")
    return folder


def checked(plan, text, *options):
    path = plan.parent / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    ran = run(plan, "--protocol", path, "--format", "json", *options)
    return ran, {item["code"]: item for item in ran.json()["plan_checks"]}


def between_slices(image):
    image.ImagePositionPatient[2] += 1


def test_images_that_are_as_asked_meet_every_check(plan):
    ran, items = checked(with_images(plan), ALL)
    assert {code: item["outcome"] for code, item in items.items() if item["outcome"] != "met"} == {}
    assert ran.status == 0


@pytest.mark.parametrize(
    ("change", "code", "found"),
    [
        (lambda image: setattr(image, "SliceThickness", 5), "images.thickness", "5 mm"),
        (lambda image: setattr(image, "AcquisitionDate", "20251101"), "images.age", "62 days"),
        (lambda image: setattr(image, "PatientPosition", "HFP"), "images.position", "HFP"),
        (lambda image: setattr(image, "Manufacturer", "Other"), "images.scanner", "Other CT"),
        (between_slices, "images.contours", "not"),
        (lambda image: setattr(image, "PixelSpacing", [4, 4]), "images.outline", "cut on 10 slices"),
    ],
)  # fmt: skip
def test_images_that_are_not_are_found(plan, change, code, found):
    _, items = checked(with_images(plan, change), ALL)
    assert (items[code]["outcome"], items[code]["found"][: len(found)]) == ("violated", found)


def test_without_images_nothing_is_evaluated(plan):
    ran, items = checked(plan, ALL)
    assert {item["outcome"] for item in items.values()} == {"not_evaluated"}
    assert ran.status == 3


def test_a_record_of_image_checks_is_repeated_with_the_images(plan):
    record = plan.parent / "record.json"
    checked(with_images(plan), ALL)
    assert run(plan, "--protocol", plan.parent / "mine.yaml", "--format", "json", "-o", record).status == 0
    assert run("verify", record).status == 0


ATTEST = (
    "name: mine\nattest: {hu_curve: The HU curve is that of the scanner., advisory: {second: Second calculation}}\n"
)
SIGNED = "{by: A. Physicist, on: 2026-01-05"


@pytest.mark.parametrize(
    ("facts", "outcome", "status"),
    [
        ("", "not_evaluated", 3),
        (f"attested: {{hu_curve: {SIGNED}}}}}\n", "met", 0),
        (f"attested: {{hu_curve: {SIGNED}, answer: no}}}}\n", "violated", 1),
        (f"attested: {{hu_curve: {SIGNED}, answer: no, because: same model}}}}\n", "waived", 0),
    ],
    ids=["open", "yes", "no", "no, justified"],
)
def test_an_attestation_is_open_until_the_facts_answer_it(plan, facts, outcome, status):
    (plan.parent / "facts.yaml").write_text(facts or "ecog: 1\n", encoding="utf-8")
    ran, items = checked(plan, ATTEST, "--facts", plan.parent / "facts.yaml")
    assert (items["attest.hu_curve"]["outcome"], ran.status) == (outcome, status)
    assert items["attest.second"]["outcome"] == "not_evaluated"


def test_an_attestation_older_than_the_plan_is_shown_as_such(plan):
    for file in plan.glob("*.dcm"):
        dataset = dcmread(file)
        if dataset.Modality == "RTPLAN":
            dataset.RTPlanDate = "20260106"
            dataset.save_as(file)
    for day, is_older in (("2026-01-05", True), ("2026-01-06", False)):
        text = f"attested: {{hu_curve: {{by: A, on: {day}}}}}\n"
        (plan.parent / "facts.yaml").write_text(text, encoding="utf-8")
        _, items = checked(plan, ATTEST, "--facts", plan.parent / "facts.yaml")
        found = items["attest.hu_curve"]["found"]
        assert found == f"A, {day}" + (", before the date of the plan, 2026-01-06" if is_older else "")


@pytest.mark.parametrize(("named", "outcome"), [("label", "met"), ("uid", "met"), ("Another plan", "not_evaluated")])
def test_an_attestation_for_another_plan_leaves_the_item_open(plan, named, outcome):
    (file,) = (dcmread(path) for path in plan.glob("plan.dcm"))
    name = {"label": file.RTPlanLabel, "uid": file.SOPInstanceUID}.get(named, named)
    text = f"attested:\n  hu_curve: {{by: A, on: 2026-01-05, plan: '{name}'}}\n"
    (plan.parent / "facts.yaml").write_text(text, encoding="utf-8")
    ran, items = checked(plan, ATTEST, "--facts", plan.parent / "facts.yaml")
    assert (items["attest.hu_curve"]["outcome"], ran.status) == (outcome, 0 if outcome == "met" else 3)
    assert ("attested for another plan" in items["attest.hu_curve"]["note"]) == (outcome != "met")


def test_an_attestation_without_a_name_is_a_fault_with_its_line(plan):
    (plan.parent / "facts.yaml").write_text("ecog: 1\nattested:\n  hu_curve: {on: 2026-01-05}\n", encoding="utf-8")
    path = plan.parent / "mine.yaml"
    path.write_text(ATTEST, encoding="utf-8")
    ran = run(plan, "--protocol", path, "--facts", plan.parent / "facts.yaml")
    assert ran.status == 2
    assert 'facts.yaml:3: attested.hu_curve: an attestation needs "by"' in ran.err


def test_a_waiver_names_a_check_by_its_code(plan):
    waivers = plan.parent / "waivers.yaml"
    waivers.write_text(
        "waivers: [{constraint: plan.dose_grid, reason: replanned, who: A. Physicist, until: 2999-12-31}]\n", "utf-8"
    )
    ran, items = checked(plan, "name: mine\nplan_checks: {dose_grid: <= 2 mm}\n", "--waivers", waivers)
    assert (items["plan.dose_grid"]["outcome"], ran.status) == ("waived", 0)
    assert "waiver.applied" in {each["code"] for each in ran.json()["warnings"]}


def test_the_template_of_facts_lists_what_is_to_be_attested_and_gives_nothing(plan):
    path = plan.parent / "mine.yaml"
    path.write_text(ATTEST, encoding="utf-8")
    template = run("facts", path).out
    assert "  hu_curve:" in template
    (plan.parent / "facts.yaml").write_text(template, encoding="utf-8")
    _, items = checked(plan, ATTEST, "--facts", plan.parent / "facts.yaml")
    assert {item["outcome"] for item in items.values()} == {"not_evaluated"}


@pytest.mark.parametrize(("asks", "outcome"), [("30 to 50 HU", "met"), ("-900 to -600 HU", "violated")])
def test_the_mean_of_a_structure_in_hounsfield_units_is_that_of_its_pixels(plan, asks, outcome):
    def forty(image):
        image.RescaleIntercept = 40
        image.PixelSpacing = [10.0, 10.0]

    text = f"name: mine\nimage_checks: {{hu: {{PTV: {asks}}}}}\n"
    _, items = checked(with_images(plan, forty), text)
    assert (items["images.hu"]["outcome"], items["images.hu"]["value"]) == (outcome, 40.0)
    assert "standard deviation 0.0 HU" in items["images.hu"]["note"]


def test_a_structure_beyond_the_images_has_no_mean(plan):
    _, items = checked(with_images(plan, number=8), "name: mine\nimage_checks: {hu: {PTV: 30 to 50 HU}}\n")
    assert items["images.hu"]["outcome"] == "not_evaluated"


def test_a_slice_that_is_missing_is_a_large_distance(plan):
    with_images(plan)
    asks = "name: mine\nimage_checks: {spacing: <= 3 mm}\n"
    assert checked(plan, asks)[1]["images.spacing"]["outcome"] == "met"
    (plan / "ct05.dcm").unlink()
    item = checked(plan, asks)[1]["images.spacing"]
    assert (item["outcome"], item["found"]) == ("violated", "6 mm")
