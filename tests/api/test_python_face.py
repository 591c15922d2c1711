"""The Python face: the same numbers from files, from data sets in memory and from many threads; reprs for notebooks."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pydicom
import pytest
from support.samples import PASSES, SAMPLES, STOMACH_FAILS, protocol_of

import rtcheck


def numbers_of(report: rtcheck.Report) -> list[tuple[str, str, float | None]]:
    return [(result.structure, result.outcome, result.measurement.value) for result in report.results]


def test_every_name_of_the_face_is_there() -> None:
    for name in rtcheck.__all__:
        assert getattr(rtcheck, name) is not None, name


def test_data_sets_in_memory_give_the_same_numbers_as_their_files() -> None:
    protocol = rtcheck.load_protocol("apatinib")
    datasets = [pydicom.dcmread(STOMACH_FAILS / name) for name in ("plan.dcm", "dose.dcm", "struct.dcm")]
    from_memory = rtcheck.check(rtcheck.read_case(datasets), protocol)
    from_files = rtcheck.check(rtcheck.read_case(STOMACH_FAILS), protocol)
    assert from_memory.verdict == from_files.verdict == "fail"
    assert numbers_of(from_memory) == numbers_of(from_files)


def test_many_threads_get_the_numbers_that_one_gets() -> None:
    def checked(sample: Path) -> list[tuple[str, str, float | None]]:
        case = rtcheck.read_case(sample)
        return numbers_of(rtcheck.check(case, rtcheck.load_protocol(protocol_of(sample))))

    alone = [checked(sample) for sample in SAMPLES]
    with ThreadPoolExecutor(max_workers=5) as threads:
        together = list(threads.map(checked, SAMPLES * 2))
    assert together == alone * 2


def test_one_case_may_be_checked_by_several_threads_at_once() -> None:
    case, protocol = rtcheck.read_case(PASSES), rtcheck.load_protocol("apatinib")
    with ThreadPoolExecutor(max_workers=4) as threads:
        answers = [numbers_of(report) for report in threads.map(lambda _: rtcheck.check(case, protocol), range(4))]
    assert answers == [answers[0]] * 4


def test_reprs_are_short_and_name_no_patient() -> None:
    case = rtcheck.read_case(PASSES)
    report = rtcheck.check(case, rtcheck.load_protocol("apatinib"))
    assert repr(report).startswith(
        "<Report pass by apatinib 2022.1: All 10 requirements are met; the smallest margin is that of "
    )
    assert len(repr(case)) < 100
    for text in (repr(case), repr(case.patient), repr(report), str(report)):
        assert not any(word in text for word in (case.patient.id, *case.patient.name.split("^"), "1962"))


def test_a_printed_report_is_the_table_of_the_command_line() -> None:
    report = rtcheck.check(rtcheck.read_case(PASSES), rtcheck.load_protocol("apatinib"))
    assert str(report).splitlines()[0].startswith("Protocol      apatinib 2022.1;")
    assert "Verdict: ✓ PASS" in str(report)


def test_a_metric_of_a_dvh_is_that_of_the_table() -> None:
    case, metric = rtcheck.read_case(PASSES), rtcheck.parse_metric("D95%")
    (row,) = rtcheck.measure_structures(case, [metric], names=["PTV"]).structures
    assert rtcheck.measure(metric, rtcheck.compute_dvh(case, "PTV")).value == row.metrics["D95%"].value


def test_facts_given_as_whole_numbers_count_like_those_of_a_file() -> None:
    facts = rtcheck.Facts(values={"ecog": 1, "hiv": False})
    report = rtcheck.check(rtcheck.read_case(PASSES), rtcheck.load_protocol("apatinib"), facts=facts)
    outcomes = {item.item: item.outcome for item in report.eligibility}
    assert (outcomes["ECOG performance score"], outcomes["HIV positive"]) == ("met", "met")


def test_nothing_is_printed() -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        report = rtcheck.check(rtcheck.read_case(PASSES), rtcheck.load_protocol("apatinib"))
        report.to_json(), report.to_html()
    assert (out.getvalue(), err.getvalue()) == ("", "")


def test_a_report_writes_itself_in_every_text_format(tmp_path: Path) -> None:
    report = rtcheck.check(rtcheck.read_case(STOMACH_FAILS), rtcheck.load_protocol("apatinib"))
    assert json.loads(report.to_json())["verdict"] == report.to_dict()["verdict"] == "fail"
    assert report.to_html().startswith("<!doctype html>") or report.to_html().startswith("<!DOCTYPE html>")
    assert "Stomach" in report.to_csv()
    assert "<testsuite" in report.to_junit()
    assert "Stomach" in report.to_markdown()
    saved = report.save(tmp_path / "out" / "report.json")
    assert json.loads(saved.read_text("utf-8")) == report.to_dict()


def test_saving_under_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    report = rtcheck.check(rtcheck.read_case(PASSES), rtcheck.load_protocol("apatinib"))
    with pytest.raises(rtcheck.UsageError, match=r"known: .*\.html, \.pdf"):
        report.save(tmp_path / "report.xyz")


def test_in_a_notebook_a_report_is_a_table_of_its_constraints_and_a_plot() -> None:
    report = rtcheck.check(rtcheck.read_case(STOMACH_FAILS), rtcheck.load_protocol("apatinib"))
    shown = report._repr_html_()
    assert shown.count("<tr") == 1 + len(report.results)
    assert "<svg" in shown
    assert "<b>FAIL</b>" in shown


def test_in_a_notebook_a_dvh_is_a_plot_under_its_numbers() -> None:
    dvh = rtcheck.compute_dvh(rtcheck.read_case(PASSES), "Stomach")
    shown = dvh._repr_html_()
    assert f"mean {dvh.mean_gy:.4g} Gy" in shown
    assert "<svg" in shown


def test_a_protocol_by_its_name_and_a_metric_by_its_text_are_taken() -> None:
    case = rtcheck.read_case(STOMACH_FAILS)
    by_name = rtcheck.check(case, "apatinib")
    assert numbers_of(by_name) == numbers_of(rtcheck.check(case, rtcheck.load_protocol("apatinib")))
    (stomach,) = rtcheck.measure_structures(case, ["Dmax"], names=["Stomach"]).structures
    assert stomach.metrics["Dmax"].value == next(
        result.measurement.value for result in by_name.results if result.structure == "Stomach"
    )


def test_an_engine_setting_that_there_is_not_is_refused() -> None:
    with pytest.raises(rtcheck.UsageError, match="expected one of slabs, interpolated, auto, not 'cube'"):
        rtcheck.EngineSettings(shape="cube")  # type: ignore[arg-type]


def test_a_case_is_read_from_a_list_of_its_files() -> None:
    files = [str(STOMACH_FAILS / "plan.dcm"), STOMACH_FAILS / "dose.dcm", STOMACH_FAILS / "struct.dcm"]
    from_folder = rtcheck.check(rtcheck.read_case(STOMACH_FAILS), "apatinib")
    assert numbers_of(rtcheck.check(rtcheck.read_case(files), "apatinib")) == numbers_of(from_folder)
    mixed = [files[0], pydicom.dcmread(files[1]), files[2]]
    assert numbers_of(rtcheck.check(rtcheck.read_case(mixed), "apatinib")) == numbers_of(from_folder)


def test_a_list_of_files_is_all_that_is_read() -> None:
    case = rtcheck.read_case([STOMACH_FAILS / "plan.dcm", STOMACH_FAILS / "struct.dcm"])
    assert case.dose is None
    assert rtcheck.check(case, "apatinib").verdict == "not_evaluated"


@pytest.mark.parametrize("path", [STOMACH_FAILS, str(STOMACH_FAILS)])
def test_a_folder_is_taken_for_its_case(path: Path | str) -> None:
    assert rtcheck.check(path, "apatinib").verdict == "fail"
    assert rtcheck.compute_dvh(path, "Stomach").max_gy == rtcheck.compute_dvh(rtcheck.read_case(path), "Stomach").max_gy
    (stomach,) = rtcheck.measure_structures(path, "Dmax", names="Stomach").structures
    assert stomach.metrics["Dmax"].value == rtcheck.measure("Dmax", rtcheck.compute_dvh(path, "Stomach")).value


def test_facts_aliases_and_waivers_are_taken_by_their_paths(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("ecog: 1\n")
    report = rtcheck.check(PASSES, "apatinib", facts=facts)
    assert {item.item: item.outcome for item in report.eligibility}["ECOG performance score"] == "met"
    for option in ("facts", "aliases", "waivers"):
        with pytest.raises(rtcheck.UsageError, match=r"absent\.yaml: no such file"):
            rtcheck.check(PASSES, "apatinib", **{option: tmp_path / "absent.yaml"})


@pytest.mark.parametrize(
    "mistaken",
    [
        lambda: rtcheck.check(7, "apatinib"),
        lambda: rtcheck.check([STOMACH_FAILS], "apatinib"),
        lambda: rtcheck.check(None, "apatinib"),
        lambda: rtcheck.check(PASSES, 7),
        lambda: rtcheck.check(PASSES, "apatinib", facts=["ecog"]),
        lambda: rtcheck.read_case([]),
        lambda: rtcheck.read_case([7]),
        lambda: rtcheck.read_case(7),
        lambda: rtcheck.read_case([STOMACH_FAILS]),
        lambda: rtcheck.compute_dvh(None, "Stomach"),
        lambda: rtcheck.compute_dvh(PASSES, 7),
        lambda: rtcheck.measure("D95", rtcheck.compute_dvh(PASSES, "Stomach")),
        lambda: rtcheck.measure("D95%", "Stomach"),
        lambda: rtcheck.measure(95, rtcheck.compute_dvh(PASSES, "Stomach")),
        lambda: rtcheck.measure_structures(PASSES, [95]),
        lambda: rtcheck.measure_structures(PASSES, 95),
        lambda: rtcheck.measure_structures(PASSES, "D95%", names=[7]),
        lambda: rtcheck.parse_metric(7),
        lambda: rtcheck.parse_goal(None),
        lambda: rtcheck.load_protocol(None),
    ],
)
def test_what_cannot_be_taken_is_an_error_of_rtcheck(mistaken) -> None:
    with pytest.raises(rtcheck.RtcheckError):
        mistaken()
