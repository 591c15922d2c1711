"""`rtcheck verify`: a record is repeated, and what differs is told apart: program, protocol, data, numbers."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from jsonschema import Draft202012Validator
from support.samples import SAMPLE_DICOM, STOMACH_FAILS

import rtcheck
from rtcheck.checking.courses.sums import summed
from rtcheck.cli.main import main
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.records.verifying import verify
from rtcheck.report.schemas import schema_names, schema_text

YESTERDAY = Path(__file__).with_name("version_0.1.0")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STOMACH_FAILS, tmp_path / "plan", ignore=shutil.ignore_patterns("ct_*")))


def record_of(folder: Path, protocol: str | Path = "apatinib", **options: Any) -> dict[str, Any]:
    return rtcheck.check(rtcheck.read_case(folder), rtcheck.load_protocol(protocol), **options).to_dict()


@pytest.fixture
def stomach_alone(tmp_path: Path) -> Path:
    """The trial's protocol with the limit of the stomach alone: what is dear is done once."""
    whole = rtcheck.load_protocol("apatinib")
    (limit,) = (each for each in whole.constraints if each.structures == ("Stomach",))
    (tmp_path / "stomach.yaml").write_text(protocol_to_yaml(replace(whole, constraints=(limit,))), encoding="utf-8")
    return tmp_path / "stomach.yaml"


def kinds(record: dict[str, Any], **where: Any) -> set[str]:
    return {each.kind for each in verify(record, **where).differences}


def test_a_check_that_is_repeated_at_once_agrees(plan: Path) -> None:
    done = verify(record_of(plan))
    assert (done.numbers_agree, done.differences, done.exit_status) == (True, (), 0)


def test_inputs_that_were_moved_are_found_by_their_hashes(plan: Path, tmp_path: Path) -> None:
    record = record_of(plan)
    plan.rename(tmp_path / "archive")
    assert verify(record).numbers_agree is None
    assert verify(record).exit_status == 3
    assert verify(record, files=tmp_path).numbers_agree is True


def test_one_changed_byte_of_the_dose_is_a_difference_of_the_data(plan: Path) -> None:
    record = record_of(plan)
    dose = bytearray((plan / "dose.dcm").read_bytes())
    dose[-1] ^= 1
    (plan / "dose.dcm").write_bytes(dose)
    done = verify(record)
    assert done.numbers_agree is None
    assert "dose" in done.differences[0].text
    assert kinds(record) == {"data"}


def test_a_record_that_was_doctored_is_told_by_its_numbers(plan: Path) -> None:
    record = record_of(plan)
    stomach = next(each for each in record["constraints"] if each["structure"] == "Stomach")
    stomach["value"], stomach["outcome"], record["verdict"] = 53.0, "met", "pass"
    done = verify(record)
    assert done.numbers_agree is False
    assert {each.kind for each in done.differences} == {"record", "number"}
    assert len(done.differences) == 4
    assert done.exit_status == 1


def test_shifts_are_repeated_with_the_check(plan: Path, stomach_alone: Path) -> None:
    record = record_of(plan, stomach_alone, robust_mm=(2.0, 2.0, 3.0), robust_margin_mm=1.0)
    assert verify(record).numbers_agree is True
    record["robustness"]["constraints"][0]["worst"] += 0.001
    done = verify(record)
    assert [each.kind for each in done.differences] == ["record", "number"]
    assert "under shifts" in done.differences[1].text


def test_a_sum_of_plans_is_repeated_as_a_sum(plan: Path, tmp_path: Path) -> None:
    boost = Path(shutil.copytree(plan, tmp_path / "boost"))
    for name in ("plan.dcm", "dose.dcm"):
        dataset = pydicom.dcmread(boost / name)
        dataset.SOPInstanceUID += ".7"
        if name == "dose.dcm":
            dataset.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID += ".7"
        dataset.save_as(boost / name)
    case = summed([rtcheck.read_case(plan), rtcheck.read_case(boost)])
    record = rtcheck.check(case, rtcheck.load_protocol("apatinib")).to_dict()
    stomach = next(each for each in record["constraints"] if each["structure"] == "Stomach")
    once = next(each for each in record_of(plan)["constraints"] if each["structure"] == "Stomach")
    assert stomach["value"] == pytest.approx(2 * once["value"], rel=1e-6)
    assert verify(record).numbers_agree is True
    with pytest.raises(rtcheck.UsageError, match="counted twice"):
        summed([rtcheck.read_case(plan), rtcheck.read_case(plan)])


def test_another_program_and_another_protocol_are_told(plan: Path) -> None:
    record = record_of(plan)
    record["provenance"]["program"] = "rtcheck 0.0.9"
    assert kinds(record) == {"program"}
    assert verify(record).exit_status == 0
    record["provenance"]["protocol"]["sha256"] = "0" * 64
    assert kinds(record) == {"program", "protocol"}


def test_the_settings_and_options_of_the_record_are_used(plan: Path, stomach_alone: Path) -> None:
    settings = rtcheck.EngineSettings(end_caps="full", dose_interpolation="cubic")
    protocol = rtcheck.load_protocol(stomach_alone)
    case = rtcheck.read_case(plan, dose_rx_gy=52.0, fractions=26)
    record = rtcheck.check(case, protocol, settings=settings, require_eligibility=True).to_dict()
    assert verify(record).numbers_agree is True
    record["provenance"]["settings"]["end_caps"] = "none"
    assert verify(record).numbers_agree is False


def test_yesterdays_record_is_still_read_and_still_agrees() -> None:
    record = json.loads((YESTERDAY / "report.json").read_text("utf-8"))
    done = verify(record, files=SAMPLE_DICOM)
    assert done.numbers_agree is True, done


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(rtcheck.UsageError, match="Not a report that can be verified"):
        verify({"schema": "rtcheck.dvh/1"})
    with pytest.raises(rtcheck.UsageError, match="rtcheck schema report"):
        verify({"schema": "rtcheck.report/1"})


@pytest.mark.parametrize("name", schema_names())
def test_yesterdays_outputs_are_still_what_the_schemas_say(name: str) -> None:
    told = json.loads((YESTERDAY / f"{name}.json").read_text("utf-8"))
    Draft202012Validator(json.loads(schema_text(name))).validate(told)


@pytest.mark.parametrize("name", schema_names())
def test_every_published_schema_is_a_schema_with_a_version(name: str) -> None:
    schema = json.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    assert schema["title"].partition("/")[2] == "1"


def test_the_command_tells_it_for_people_and_for_machines(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps(record_of(plan)), "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["verify", str(report)])
    assert left.value.code == 0
    assert "The numbers agree: 7 constraints" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["verify", str(report), "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(schema_text("verification"))).validate(told)
    assert told["numbers_agree"] is True
