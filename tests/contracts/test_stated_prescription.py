"""What is stated on the command line: one reading of --dose-rx in every command, and the same number in each.

The target receives 57 Gy where the plan prescribes 50 Gy to it: 114 % of that, 95 % of 60 Gy, 100 % of 57 Gy.
"""

import csv
import io
import json
import sqlite3
import zlib
from types import SimpleNamespace

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

from rtcheck.batch.run import jobs_of
from rtcheck.batch.work import Question
from rtcheck.checking.terms import Terms
from rtcheck.conformance.phantom import ROOT, item
from rtcheck.dicom.finding.patients import plan_sets
from rtcheck.errors import UsageError
from rtcheck.protocol.clinical.facts import Facts

TARGET = box("PTV_60", type="PTV")
LINES = ("PTV_60: D95% >= 90 %",)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One plan, and a protocol with a limit in percent that prescribes 57 Gy."""
    folder = tmp_path_factory.mktemp("stated")
    write_plan(folder / "plan", [TARGET], dose_gy=57.0)
    text = constraints(*LINES, more="prescription: {dose: 57 Gy}")
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return folder


def of_check(place, *options):
    return run(place / "plan", "-p", place / "mine.yaml", "-f", "json", *options).json()


def of_compare(place, *options):
    told = run("compare", place / "plan", place / "plan", "-p", place / "mine.yaml", "-f", "csv", *options).out
    return list(csv.DictReader(io.StringIO(told)))


def of_batch(place, out, *options):
    """The JSON report that a batch keeps of its one plan."""
    ran = run("batch", place / "plan", "-p", place / "mine.yaml", "-o", out, "-j", "1", "-q", *options)
    assert ran.err == ""
    with sqlite3.connect(out / "results.sqlite") as store:
        ((report,),) = store.execute("SELECT report FROM plans")
    return json.loads(zlib.decompress(report))


STATED = [
    (("--dose-rx", "60"), 60.0),
    (("--dose-rx", "PTV_60=60"), 60.0),
    (("--dose-rx", "protocol"), 57.0),
    (("--dose-rx", "50", "--dose-rx", "ptv 60 = 60 Gy"), 60.0),
]


def test_a_dose_without_a_name_is_that_of_the_targets_of_the_highest_level(tmp_path):
    """The plan prescribes 60 Gy to PTV_60 and 50 Gy to PTV_50, by their names alone; the user 57 Gy."""

    def change(files):
        files.plan.DoseReferenceSequence = [
            item(
                DoseReferenceNumber=number, DoseReferenceStructureType="SITE", DoseReferenceType="TARGET",
                DoseReferenceDescription=name, TargetPrescriptionDose=dose_gy,
            )
            for number, (name, dose_gy) in enumerate((("PTV_60", 60.0), ("PTV_50", 50.0)), 1)
        ]  # fmt: skip

    targets = [TARGET, box("PTV_50", 2, at_mm=(-50.0, 0.0, 0.0), type="PTV")]
    plan = write_plan(tmp_path / "plan", targets, dose_gy=57.0, change=change)
    ran = check(plan, constraints("PTV_60: D95% >= 90 %", "PTV_50: D95% >= 90 %"), "--dose-rx", "57")
    assert [found["reference_gy"] for found in ran.json()["constraints"]] == [57.0, 50.0]


@pytest.mark.parametrize(("options", "reference_gy"), STATED)
def test_each_form_of_the_option_gives_the_reference_dose(place, options, reference_gy):
    (found,) = of_check(place, *options)["constraints"]
    assert found["reference_gy"] == reference_gy
    assert found["value"] == pytest.approx(100 * 57 / reference_gy, rel=1e-6)


def numbers(value, reference_gy):
    return float(value), float(reference_gy)


def test_every_command_gives_the_number_of_check(place, tmp_path, monkeypatch):
    stated = ("--dose-rx", "PTV_60=60")
    (found,) = of_check(place, *stated)["constraints"]
    expected = numbers(found["value"], found["reference_gy"])
    assert expected == (pytest.approx(95.0), 60.0)
    row = of_compare(place, *stated)[0]
    assert numbers(row[f"{place / 'plan'} value"], row[f"{place / 'plan'} reference_gy"]) == expected
    (batched,) = of_batch(place, tmp_path / "out", *stated)["constraints"]
    assert numbers(batched["value"], batched["reference_gy"]) == expected
    told = run("dvh", place / "plan", "-m", "D95%[%]", "-f", "csv", *stated).out
    (measured,) = csv.DictReader(io.StringIO(told))
    assert numbers(measured["value"], measured["reference_gy"]) == expected
    (pulled,) = of_pull(place, monkeypatch, *stated)["constraints"]
    assert numbers(pulled["value"], pulled["reference_gy"]) == expected
    (received,) = of_listen(place, tmp_path / "inbox", monkeypatch, *stated)["constraints"]
    assert numbers(received["value"], received["reference_gy"]) == expected


def of_pull(place, monkeypatch, *options):
    import rtcheck.network.servers as servers

    found = [dcmread(path) for path in (place / "plan").iterdir()]
    monkeypatch.setattr(servers, "server_at", lambda url: url)
    monkeypatch.setattr(servers, "parts_of", lambda server, wanted: found)
    return run("pull", "http://x", "-p", place / "mine.yaml", "--patient", "1", "-f", "json", *options).json()


def of_listen(place, out, monkeypatch, *options):
    """The report on the plan, received by the judge that the command makes; no port is opened."""
    pytest.importorskip("pynetdicom")
    import rtcheck.network.listener as listener
    from rtcheck.batch.store import open_store

    class Received:
        port = 0

        def __init__(self, *, door, judge, say):
            judge.inbox.open()
            for path in (place / "plan").iterdir():
                uid = str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)
                judge.inbox.add(path.read_bytes()[132:], sop_instance_uid=uid, at=0.0)
            judge.out.mkdir(parents=True, exist_ok=True)
            with open_store(judge.out) as store:
                judge.look(store, judge._run_id(store), now=1e9)
            raise UsageError("enough")

    monkeypatch.setattr(listener, "Listener", Received)
    run("listen", "-p", place / "mine.yaml", "-o", out, *options)
    (report,) = out.rglob("report.json")
    return json.loads(report.read_text("utf-8"))


def test_the_isotoxic_prescription_starts_from_the_stated_one(place):
    told = run("isotoxic", place / "plan", "-p", place / "mine.yaml", "-f", "json", "--dose-rx", "protocol").json()
    assert told["planned_gy"] == 57.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["2750"], "did you mean 27.5?"),
        (["2750cGy"], "did you mean 27.5?"),
        (["PTV_60=6000"], "did you mean 60?"),
        (["27,5"], "with a decimal point: 27.5"),
        (["PTV_60=27,5"], "with a decimal point: 27.5"),
        (["fifty"], "expected a dose in Gy such as 50"),
        (["PTV_60=protocol"], "expected a dose in Gy such as 50"),
        (["0"], "must be a dose above 0 Gy"),
        (["nan"], "expected a dose in Gy such as 50"),
        (["=50"], "no target before the equals sign"),
        (["50", "60"], "given twice"),
        (["50", "protocol"], "given twice"),
        (["PTV_60=60", "PTV_60=50"], "PTV_60 is given twice"),
    ],
)
@pytest.mark.parametrize("command", ["check", "batch", "listen"])
def test_what_is_not_a_dose_is_a_usage_error_with_a_sentence(place, tmp_path, command, options, sentence):
    words = [word for text in options for word in ("--dose-rx", text)]
    where = {"check": [place / "plan"], "batch": [place / "plan", "-o", tmp_path], "listen": ["-o", tmp_path]}[command]
    ran = run(command, *where, "-p", place / "mine.yaml", *words)
    assert ran.status == 2
    assert sentence in ran.err
    assert "\n" not in ran.err.strip()


def test_the_prescription_of_a_protocol_must_be_one_number(place, tmp_path):
    for more, what in (
        ("prescription: {dose: 50 to 60 Gy}", "prescribes 50 to 60 Gy"),
        ("", "does not prescribe a dose"),
    ):
        (tmp_path / "other.yaml").write_text(constraints(*LINES, more=more), encoding="utf-8")
        ran = run(place / "plan", "-p", tmp_path / "other.yaml", "--dose-rx", "protocol")
        assert (ran.status, what in ran.err) == (2, True)
    assert run("dvh", place / "plan", "--dose-rx", "protocol").status == 2
    assert "Name the protocol" in run(place / "plan", "-p", "auto", "--dose-rx", "protocol").err


@pytest.mark.parametrize(
    "beam_doses_only",
    [
        lambda files: files.plan.__delattr__("DoseReferenceSequence"),
        lambda files: files.plan.DoseReferenceSequence[0].__delattr__("TargetPrescriptionDose"),
    ],
)
def test_with_a_stated_dose_no_warning_says_that_there_is_none(tmp_path, beam_doses_only):
    plan = write_plan(tmp_path / "plan", [TARGET], dose_gy=57.0, change=beam_doses_only)
    without = check(plan, constraints(*LINES))
    assert outcomes(without) == ["not_evaluated"]
    assert "plan.prescription-from-beams" in codes(without)
    given = check(plan, constraints(*LINES), "--dose-rx", "60")
    assert outcomes(given) == ["met"]
    assert codes(given) == {"prescription.given"}


def test_a_name_that_could_be_two_structures_gives_no_reference_dose(tmp_path):
    """ "ptv 1" and "PTV_1" are one name after folding: which of the two is meant cannot be known."""
    both = [box("ptv 1", 1, type="PTV"), box("PTV_1", 2, at_mm=(40.0, 0.0, 0.0), type="PTV")]
    plan = write_plan(tmp_path / "plan", both, dose_gy=50.0)
    ran = check(plan, constraints("PTV-1: D95% >= 90 %"), "--dose-rx", "PTV-1=50")
    (found,) = ran.json()["constraints"]
    assert (found["reference_gy"], found["outcome"], ran.status) == (None, "not_evaluated", 3)
    (doubt,) = (each for each in ran.json()["warnings"] if each["code"] == "prescription.unknown-target")
    assert doubt["doubt"] is True
    assert "could be several structures" in doubt["text"]


def test_a_dose_level_of_an_unknown_name_is_not_what_the_dose_is_compared_with(place):
    """The plan's 57 Gy fit its own 50 Gy; of 80 Gy they would be 71 %, but no ROI is called PTV_X."""
    ran = run(place / "plan", "-p", place / "mine.yaml", "-f", "json", "--dose-rx", "PTV_X=80")
    found = {each["code"] for each in ran.json()["warnings"]}
    assert "prescription.unknown-target" in found
    assert "dose.far-below-prescription" not in found


def of_patient(number):
    """The files of another patient."""

    def change(files):
        for dataset in (files.plan, files.dose, files.structures):
            dataset.PatientID = f"patient {number}"
            dataset.SOPInstanceUID += f".{number}"
        files.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = files.structures.SOPInstanceUID
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID

    return change


def test_facts_of_one_patient_put_the_plans_of_several_in_doubt(tmp_path):
    for number in (1, 2):
        write_plan(tmp_path / "plans" / str(number), [TARGET], dose_gy=50.0, change=of_patient(number))
    (tmp_path / "mine.yaml").write_text(constraints("PTV_60: Dmax < 60 Gy"), encoding="utf-8")
    (tmp_path / "facts.yaml").write_text("ecog: 0\n", encoding="utf-8")
    words = ("-p", tmp_path / "mine.yaml", "-o", tmp_path / "out", "-j", "1", "--facts", tmp_path / "facts.yaml")
    run("batch", tmp_path / "plans", *words)
    with sqlite3.connect(tmp_path / "out" / "results.sqlite") as store:
        reports = [json.loads(zlib.decompress(text)) for (text,) in store.execute("SELECT report FROM plans")]
    assert [[each["code"] for each in report["doubts"]].count("facts.several-patients") for report in reports] == [1, 1]
    question = Question(protocols=(), terms=Terms(facts=Facts()))
    nothing_known = SimpleNamespace(fingerprints=dict)
    (own,) = plan_sets(tmp_path / "plans" / "1")
    (job,) = jobs_of([("1", own, question)], nothing_known)
    assert not job.plan_set.notices


@pytest.mark.parametrize(
    ("plans", "plan", "doubts"),
    [(2, "", [1, 1]), (2, "plan: Phantom", [1, 1]), (2, f"plan: {ROOT}.1.0", [0]), (1, "", [0])],
)
def test_a_waiver_that_names_no_plan_by_uid_puts_the_plans_of_several_patients_in_doubt(tmp_path, plans, plan, doubts):
    """It was signed for one of them, and waived the same limit of all others in silence."""
    for number in range(plans):
        write_plan(tmp_path / "plans" / str(number), [TARGET], dose_gy=50.0, change=of_patient(number))
    (tmp_path / "mine.yaml").write_text(constraints("PTV_60: Dmax < 45 Gy"), encoding="utf-8")
    waiver = (
        "constraint: PTV_60 Dmax < 45 Gy",
        "reason: tumour board",
        "who: Dr A",
        "until: 2999-12-31",
        plan,
    )
    (tmp_path / "waivers.yaml").write_text(f"waivers:\n  - {{{', '.join(filter(None, waiver))}}}\n", encoding="utf-8")
    words = ("-p", tmp_path / "mine.yaml", "-o", tmp_path / "out", "-j", "1", "--waivers", tmp_path / "waivers.yaml")
    run("batch", tmp_path / "plans", *words)
    with sqlite3.connect(tmp_path / "out" / "results.sqlite") as store:
        reports = [json.loads(zlib.decompress(text)) for (text,) in store.execute("SELECT report FROM plans")]
    waived = [report for report in reports if report["constraints"][0]["outcome"] == "waived"]
    found = [[each["code"] for each in report["doubts"]].count("waiver.several-patients") for report in waived]
    assert found == doubts


def renumbered(number, label):
    """The files of another plan on the same structures: UIDs and references of their own."""

    def change(files):
        files.plan.SOPInstanceUID += f".{number}"
        files.dose.SOPInstanceUID += f".{number}"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        files.plan.RTPlanLabel = label

    return change


def sum_of_two(folder, *options, change=lambda files: None):
    first = write_plan(folder / "first", [TARGET], dose_gy=50.0, prescribed_gy=50.0, change=change)
    boost = write_plan(folder / "boost", [TARGET], dose_gy=16.0, prescribed_gy=16.0, change=renumbered(7, "boost"))
    (folder / "mine.yaml").write_text(constraints("PTV_60: D95% >= 90 %"), encoding="utf-8")
    return run(first, boost, "--sum", "-p", folder / "mine.yaml", "-f", "json", *options)


def test_a_prescription_that_is_stated_of_a_sum_is_that_of_the_sum(tmp_path):
    """66 Gy in the target: 100 % of the two prescriptions, 110 % of a stated 60 Gy."""
    of_plans, stated = sum_of_two(tmp_path / "a"), sum_of_two(tmp_path / "b", "--dose-rx", "60", "--fractions", "33")
    (found,), (given,) = of_plans.json()["constraints"], stated.json()["constraints"]
    assert (found["value"], found["reference_gy"]) == (pytest.approx(100.0), 66.0)
    assert (given["value"], given["reference_gy"]) == (pytest.approx(110.0), 60.0)
    assert stated.json()["case"]["plan"]["fractions"] == 33
    named = sum_of_two(tmp_path / "c", "--dose-rx", "PTV_60=55").json()["constraints"][0]
    assert (named["value"], named["reference_gy"]) == (pytest.approx(120.0), 55.0)


@pytest.mark.parametrize(
    ("keyword", "values", "what"),
    [
        ("PatientName", ("One^A", "Two^B"), "names"),
        ("PatientName", ("One^A", "ONE^A^"), ""),
        ("PatientName", ("One^A", ""), ""),
        ("PatientBirthDate", ("19620514", "19620515"), "birth dates"),
        ("PatientSex", ("M", "F"), "sexes"),
    ],
)
@pytest.mark.parametrize("way", ["--sum", "--sum-values"])
def test_plans_of_one_patient_id_that_differ_in_the_patient_are_in_doubt(tmp_path, keyword, values, what, way):
    folders = []
    for number, value in enumerate(values, 1):

        def change(files, number=number, value=value):
            for each in (files.plan, files.dose, files.structures):
                setattr(each, keyword, value)
            renumbered(number, f"plan {number}")(files)

        folders.append(
            write_plan(
                tmp_path / str(number), [TARGET], dose_gy=20.0 * number, prescribed_gy=20.0 * number, change=change
            )
        )
    (tmp_path / "mine.yaml").write_text(constraints("PTV_60: Dmax < 90 Gy"), encoding="utf-8")
    told = run(*folders, way, "-p", tmp_path / "mine.yaml", "-f", "json").json()
    texts = [each["text"] for each in told["doubts"] if each["code"] == "sum.patients-differ"]
    assert texts == ([f"The plans that are added have one patient ID, but different {what}"] if what else [])


def test_of_a_sum_without_a_prescription_nothing_is_known_until_it_is_stated(tmp_path):
    def unprescribed(files):
        del files.plan.DoseReferenceSequence

    without = sum_of_two(tmp_path / "a", change=unprescribed)
    (found,) = without.json()["constraints"]
    assert found["outcome"] == "not_evaluated"
    assert "not every plan of the sum states a prescription" in found["undefined"]
    given = sum_of_two(tmp_path / "b", "--dose-rx", "66", change=unprescribed)
    assert given.json()["constraints"][0]["reference_gy"] == 66.0
    assert "plan.prescription-from-beams" not in codes(given)


def test_a_record_lists_what_was_stated_and_is_repeated_with_it(place, tmp_path):
    options = ("--dose-rx", "50", "--dose-rx", "PTV_60=60", "--fractions", "30", "--ignore", "dose.one-beam")
    record = tmp_path / "report.json"
    run(place / "plan", "-p", place / "mine.yaml", "-o", record, *options)
    ran = run("verify", record)
    listed = "--dose-rx 50, --dose-rx PTV_60=60, --fractions 30, --ignore dose.one-beam"
    assert ran.out.splitlines()[0] == f"Stated in the record: {listed}"
    assert "The numbers agree" in ran.out
    assert run("verify", record, "-f", "json").json()["stated"] == listed.split(", ")


def test_a_sum_is_repeated_with_what_was_stated_of_it(tmp_path):
    sum_of_two(tmp_path, "--dose-rx", "60", "-o", tmp_path / "report.json")
    assert "The numbers agree" in run("verify", tmp_path / "report.json").out


def test_a_level_of_a_structure_that_is_not_there_is_not_taken_for_the_prescription(place):
    """A typing error: 80 Gy to PTV_6O. The plan's own 50 Gy stay what percentages are of."""
    told = of_check(place, "--dose-rx", "PTV_6O=80")
    assert told["constraints"][0]["reference_gy"] == 50.0
    assert [each["dose_gy"] for each in told["case"]["plan"]["prescriptions"]] == [50.0]
    assert "prescription.unknown-target" in {each["code"] for each in told["doubts"]}
    assert "Prescribed dose: 50.00 Gy" in told["reason"]


@pytest.mark.parametrize(
    ("stated", "found", "verdict"),
    [
        ((), 50, "pass"),
        (("PTV_60=45",), 45, "fail"),
        (("PTV_60=50",), 50, "pass"),
        (("PTV_60=57",), 57, "fail"),
        (("Other=45",), 50, "pass"),  # of another target: what the plan prescribes to PTV_60 stays
    ],
)
def test_a_level_stated_for_the_plans_target_is_also_its_prescription(tmp_path, stated, found, verdict):
    """The protocol's 50 Gy were found in the plan, and the percentages were of 45 Gy: the plan passed."""

    def of_the_target(files):
        files.plan.DoseReferenceSequence[0].ReferencedROINumber = 1

    boxes = [TARGET, box("Other", 2, at_mm=(40, 0, 0), type="CTV")]
    plan = write_plan(tmp_path / "plan", boxes, dose_gy=50.0, prescribed_gy=50.0, change=of_the_target)
    text = constraints("PTV_60: D95% >= 80 %", more="prescription: {dose: 50 Gy}")
    told = check(plan, text, *(word for each in stated for word in ("--dose-rx", each))).json()
    assert [(item["item"], item["value"]) for item in told["prescription"]] == [("Prescribed dose", found)]
    assert told["verdict"] == verdict


def test_a_stated_dose_is_that_of_the_only_target_of_a_plan_and_of_none_of_two(tmp_path):
    def listing(*names):
        def change(files):
            files.plan.DoseReferenceSequence = [
                item(
                    DoseReferenceNumber=number, DoseReferenceStructureType="SITE", DoseReferenceType="TARGET",
                    DoseReferenceDescription=name,
                )
                for number, name in enumerate(names, 1)
            ]  # fmt: skip

        return write_plan(tmp_path / str(len(names)), [TARGET], dose_gy=57.0, change=change)

    alone, two = (
        check(listing(*names), constraints(*LINES), "--dose-rx", "60") for names in (["PTV_60"], ["PTV_60", "PTV_50"])
    )
    assert alone.json()["constraints"][0]["reference_gy"] == 60.0
    assert two.json()["constraints"][0]["reference_gy"] is None
    assert "--dose-rx PTV_60=GY" in two.json()["constraints"][0]["undefined"]
