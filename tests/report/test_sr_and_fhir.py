"""A structured report and a FHIR bundle: valid by other programs, and read back with the same numbers."""

import io
import json
import re
import subprocess

import pytest
from pydicom import dcmread
from support.phantom_case import read_phantom, write_phantom
from support.programs import needs_program

from rtcheck.checking.check import check
from rtcheck.dicom import read_case
from rtcheck.errors import UsageError
from rtcheck.protocol.file.load import parse_protocol
from rtcheck.report import render

PROTOCOL = """
name: p
prescription: {dose: 50 Gy, fractions: 25}
constraints:
  - {structure: PTV, goal: Dmean < 40 Gy}
  - {structure: PTV, goal: V20Gy > 10 cc}
  - {structure: PTV, goal: V20Gy >= 95 %}
  - {structure: Stomach, goal: Dmax < 54 Gy}
"""
NAMES = ("Dmean", "V20Gy", "V20Gy")  # of the values, in the order of the constraints


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return check(read_case(write_phantom(tmp_path_factory.mktemp("plan"))), parse_protocol(PROTOCOL))


@pytest.fixture(scope="module")
def document(report):
    pytest.importorskip("highdicom")
    return dcmread(io.BytesIO(render(report, "sr")))


def items(item):
    yield item
    for each in item.get("ContentSequence", ()):
        yield from items(each)


def test_the_structured_report_has_every_value_with_its_ucum_unit_and_outcome(report, document):
    found = [
        (
            each.ConceptNameCodeSequence[0].CodeMeaning,
            each.MeasuredValueSequence[0].FloatingPointValue,
            each.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue,
        )
        for each in items(document)
        if each.get("ValueType") == "NUM"
    ]
    values = [each.measurement.value for each in report.results if each.measurement.value is not None]
    assert [each for each in found if not each[0].startswith("Limit")] == list(
        zip(NAMES, values, ("Gy", "cm3", "%"), strict=True)
    )
    assert ("Limit (<)", 54.0, "Gy") in found
    outcomes = [
        each.ConceptCodeSequence[0].CodeValue
        for each in items(document)
        if each.get("ValueType") == "CODE" and each.ConceptNameCodeSequence[0].CodeMeaning in ("Verdict", "Outcome")
    ]
    assert outcomes == ["fail", "violated", "met", "met", "not evaluated", "met", "met"]


def test_the_structured_report_refers_to_plan_dose_and_structures(report, document):
    (study,) = document.CurrentRequestedProcedureEvidenceSequence
    referred = {
        file.ReferencedSOPInstanceUID for each in study.ReferencedSeriesSequence for file in each.ReferencedSOPSequence
    }
    assert referred == {source.sop_instance_uid for source in report.case.sources}


@needs_program("dciodvfy")
def test_dciodvfy_finds_no_error_in_the_structured_report(document, tmp_path):
    document.save_as(tmp_path / "sr.dcm")
    told = subprocess.run(["dciodvfy", tmp_path / "sr.dcm"], capture_output=True, text=True, check=False).stderr
    assert "ComprehensiveSR" in told.splitlines()
    assert [line for line in told.splitlines() if line.startswith("Error")] == []


def test_texts_that_the_plans_character_set_has_not_are_written(tmp_path):
    pytest.importorskip("highdicom")

    def latin(phantom):
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 100", "Müller^Jürgen"

    text = "name: γ\nconstraints: [{structure: Ψ" + 40 * "Γ" + ", goal: Dmean < 24 Gy}]"
    document = dcmread(io.BytesIO(render(check(read_phantom(tmp_path, latin), parse_protocol(text)), "sr")))
    assert str(document.PatientName) == "Müller^Jürgen"
    meanings = [each.ConceptCodeSequence[0].CodeMeaning for each in items(document) if "ConceptCodeSequence" in each]
    assert "Ψ" + 31 * "Γ" in meanings  # 64 bytes


def test_what_is_tracked_is_of_one_patient(document, tmp_path):
    def tracked(each):
        return {
            item.UID for item in items(each) if "UID" in item and item.ConceptNameCodeSequence[0].CodeValue == "112040"
        }

    def of_another(phantom):
        for dataset in (phantom.plan, phantom.dose, phantom.structures):
            dataset.StudyInstanceUID = "1.2.3"

    another = check(read_phantom(tmp_path, of_another), parse_protocol(PROTOCOL))
    assert len(tracked(document)) == 7  # the verdict, four limits and two items of the prescription
    assert not tracked(document) & tracked(dcmread(io.BytesIO(render(another, "sr"))))


def test_an_anonymous_structured_report_is_an_error(report):
    with pytest.raises(UsageError, match="cannot be anonymous"):
        render(report, "sr", anonymous=True)


def test_the_fhir_bundle_is_valid_and_has_the_same_numbers(report):
    bundle_of = pytest.importorskip("fhir.resources.R4B.bundle").Bundle
    bundle = bundle_of.model_validate(json.loads(render(report, "fhir")))
    verdict, *members = [entry.resource for entry in bundle.entry]
    assert verdict.valueCodeableConcept.text == "fail"
    assert [each.reference for each in verdict.hasMember] == [entry.fullUrl for entry in bundle.entry[1:]]
    found = [(float(each.valueQuantity.value), each.valueQuantity.code) for each in members if each.valueQuantity]
    values = [each.measurement.value for each in report.results[:3]]
    assert found == list(zip(values, ("Gy", "cm3", "%"), strict=True))
    assert members[3].dataAbsentReason.coding[0].code == "unknown"
    assert [each.interpretation[0].text.lower() for each in members[:4]] == ["violated", "met", "met", "not evaluated"]


def test_an_anonymous_bundle_identifies_no_one(report):
    text = render(report, "fhir", anonymous=True)
    patient, plan = report.case.patient, report.case.plan
    assert not re.search("|".join(map(re.escape, (patient.id, plan.sop_instance_uid))), text)
