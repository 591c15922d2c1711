"""Everything behind the constraints, in Chromium: plot, slices, scale, structures, facts, exports, folder."""

import json
import re
import signal
from math import inf
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from pydicom import dcmread
from support.brachytherapy import PROTOCOL, fraction
from support.command_line import run
from support.real_browser import expect, needs_real_browser, open_page, serious_faults
from support.samples import PASSES, STOMACH_FAILS
from support.workbench import until, workbench
from support.workbench_page import Bench, control, stomach_flag
from support.workbench_schema import faults_of, published

pytestmark = needs_real_browser()


def read_out(page: Any) -> str:
    return str(page.locator(".slh .r").last.inner_text())


def pointed(page: Any, place: tuple[float, float]) -> str:
    """The read-out under a pointer that trembles, as hands do: a slice that was still loading missed the first move."""
    page.mouse.move(place[0] + 1, place[1])
    page.mouse.move(*place)
    return read_out(page)


def test_a_limit_is_dragged_on_the_plot_as_one_step_and_moved_by_keys(bench: Bench):
    page = bench.check()
    page.locator("tr.row.over .nmb").click()
    plot = control(page, "dvh").bounding_box()
    page.mouse.move(plot["x"] + 40, plot["y"] + 40)
    assert control(page, "dvh").bounding_box() == plot, "the plot stays where it is while it is read"
    hit = stomach_flag(page).locator(".hit").bounding_box()
    x, y = hit["x"] + hit["width"] / 2, hit["y"] + hit["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=3)
    page.mouse.move(x + 40, y, steps=3)
    page.mouse.up()
    page.locator(".wi .w.met").wait_for()
    assert page.evaluate("document.querySelector('.work').clientWidth") == 1280, "a long sentence widens nothing"
    expect(page.locator("tr.chg .nmb"), "not the limit that lies under it").to_have_text(["Stomach"])
    dragged = re.fullmatch(r"Dmax < ([\d.]+) Gy", page.locator("tr.chg .gb").inner_text())
    assert dragged is not None
    end_gy = 54 * plot["width"] / (x - plot["x"])
    assert float(dragged[1]) == pytest.approx(54 + 40 / plot["width"] * end_gy, abs=1.5)
    page.keyboard.press("u")
    page.locator(".wi").wait_for(state="detached")
    stomach_flag(page).focus()
    page.keyboard.press("Shift+ArrowRight")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator('.flag.chg:focus[aria-valuetext="Dmax < 55.3 Gy"]').wait_for()
    expect(page.locator("tr.chg .gb")).to_have_text("Dmax < 55.3 Gy")


def test_slices_are_scrolled_read_and_taken_to_the_hottest_point(bench: Bench):
    page = bench.check()
    place = page.locator(".slh .nw").first
    assert until(lambda: place.inner_text().startswith("Axial z"))
    start = place.inner_text()
    box = control(page, "slice:axial").bounding_box()
    middle = box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.55
    assert until(lambda: pointed(page, middle).startswith("At the pointer"))
    assert re.search(r"[\d.]+ Gy, in ", read_out(page))
    page.mouse.wheel(0, -100)
    assert until(lambda: place.inner_text() != start)
    page.mouse.wheel(0, 100)
    assert until(lambda: place.inner_text() == start)
    page.mouse.click(*middle)
    assert until(lambda: read_out(page).startswith("x "))
    assert "BODY" in read_out(page), "the structures at the point, not only those of the protocol"
    page.keyboard.press("PageDown")
    assert until(lambda: place.inner_text() != start)
    page.locator("tr.row.over .nmb").focus()
    page.keyboard.press("w")
    assert until(lambda: "57.35 Gy" in read_out(page))
    assert "stomach" in read_out(page)
    levels = page.locator(".iso-lg").inner_text().split()
    assert " ".join(levels) == "20 50 80 95 100 107 % of 56 Gy"


def test_the_dose_scale_moves_by_keys_and_keeps_the_focus(bench: Bench):
    page = bench.check()
    turns = page.locator(".track .t-o").text_content()
    assert turns == "Stomach 94.1 %", "54 / 57.35 = 0.9416, never rounded to the side where it fails"
    control(page, "dose-scale").focus()
    page.keyboard.press("PageDown")
    page.locator(".now", has_text="96.0 % of the dose").wait_for()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.locator(".now", has_text="94.0 % of the dose").wait_for()
    page.locator(".wi .w.met").wait_for()
    assert page.evaluate("document.activeElement.dataset.f") == "dose-scale"
    expect(page.locator(".stamp")).to_have_text("FAIL")
    control(page, "scale-isotoxic").click()
    page.locator(".now b", has_text="90.0 %").wait_for()
    control(page, "scale-planned").click()
    page.locator(".wi").wait_for(state="detached")


def test_a_deviation_is_waived_and_the_export_repeats_and_verifies(bench: Bench, tmp_path, monkeypatch):
    page = bench.check()
    page.keyboard.press("x")
    page.locator("#command").wait_for()
    control(page, "tab-facts").click()
    for key, text in (("reason", "Tumour board"), ("who", "Dr A"), ("until", "2999-12-31")):
        control(page, f"waiver:{key}").fill(text)
    control(page, "waiver:sign").click()
    page.locator(".stamp", has_text="PASS").wait_for()
    control(page, "tab-export").click()
    page.locator("#command", has_text="--waivers waivers.yaml").wait_for()
    monkeypatch.chdir(tmp_path)
    for key in ("export:json", "file:waivers.yaml"):
        with page.expect_download() as download:
            control(page, key).click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    assert f"plan: {dcmread(STOMACH_FAILS / 'plan.dcm').SOPInstanceUID}" in (tmp_path / "waivers.yaml").read_text()
    control(page, "copy-command").click()
    page.locator(".toast", has_text="Copied").wait_for()
    command = page.evaluate("navigator.clipboard.readText()")
    record = tmp_path / "rtcheck_report.json"
    repeated = run(*command.split()[1:], "-f", "json").json()
    assert repeated["constraints"] == json.loads(record.read_text())["constraints"]
    assert run("verify", record).status == 0


def test_a_protocol_is_exported_for_another_program_and_what_is_lost_is_listed(bench: Bench):
    page = bench.check()
    control(page, "tab-export").click()
    with page.expect_download() as download:
        control(page, "form:proknow").click()
    metrics = json.loads(Path(download.value.path()).read_text("utf-8"))["computed"]
    names = [each["roi_name"] for each in metrics]
    assert names == ["Liver-GTV", "Kidney_L", "Kidney_R", "Stomach", "Bowel_Small", "SpinalCord"]
    page.get_by_text("eligibility items: 29").wait_for()


def test_robustness_is_computed_on_request(bench: Bench):
    page = bench.check()
    control(page, "tab-robust").click()
    control(page, "robust-start").click()
    page.locator(".panel .items li").first.wait_for()
    expect(page.locator(".panel .items li")).to_have_count(7)
    control(page, "vary-samples").click()
    control(page, "systematic").fill("1.5 wide")
    control(page, "robust-start").click()
    expect(page.locator(".panel [role=alert]"), "what is no size is not sent").to_contain_text("1.5 wide")


def test_a_name_that_was_not_found_is_chosen_and_kept_in_an_alias_file(bench: Bench):
    page = bench.check("apatinib_incomplete")
    control(page, "tab-structures").click()
    asked = page.locator("tr.ask select").first
    name = asked.get_attribute("data-f").removeprefix("match:")
    asked.select_option("Lung_L")
    page.wait_for_function("name => document.querySelector(`[data-f='match:${name}']`).value === 'Lung_L'", arg=name)
    page.locator('[data-f="save-aliases"]:not([disabled])').wait_for()
    with page.expect_download() as download:
        control(page, "save-aliases").click()
    text = Path(download.value.path()).read_text()
    assert download.value.suggested_filename == "aliases.yaml"
    assert name in text
    assert "Lung_L" in text


def test_a_protocol_is_searched_drafted_or_begun_empty(bench: Bench, tmp_path):
    own = tmp_path / "mine.yaml"
    own.write_text("name: mine\nconstraints: [{structure: Stomach, goal: Dmax < 60 Gy}]\n")
    page = bench.check()
    page.keyboard.press("2")
    page.locator("tr.grp", has_text="Fit this plan").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("hcc rapidarc")
    page.locator("table.pp .lnk2").nth(1).wait_for(state="detached")
    page.keyboard.press("Enter")
    page.locator("[data-f=crumb-protocol]", has_text="hcc_rapidarc_2011").wait_for()
    page.locator("tr.row .val b").first.wait_for()
    page.keyboard.press("2")
    control(page, "protocol-draft").click()
    page.locator(".stamp", has_text="NOT EVALUATED").wait_for()
    page.keyboard.press("2")
    page.locator("#protocol-input").set_input_files(str(own))
    page.locator(".stamp", has_text="PASS").wait_for()
    page.keyboard.press("2")
    control(page, "protocol-empty").click()
    control(page, "new-row").wait_for()
    page.keyboard.press("n")
    page.keyboard.type("Stomach Dmax < 60 Gy")
    page.locator("[data-f=new-row][aria-invalid=false]").wait_for()
    page.keyboard.press("Enter")
    page.locator(".wi .w.met").wait_for()
    with page.expect_download() as download:
        control(page, "wi-save").click()
    assert "Dmax < 60 Gy" in Path(download.value.path()).read_text()


def test_two_plans_are_compared_and_the_folder_is_checked(bench: Bench):
    page = bench.check()
    page.keyboard.press("c")
    control(page, "add-second").click()
    control(page, "served:apatinib_50gy_passes/plan.dcm").click()
    page.locator(".cmp tr.chg", has_text="Stomach").wait_for()
    expect(page.locator(".cmp .stamp")).to_have_text(["FAIL", "PASS"])
    expect(control(page, "difference-start")).to_be_enabled()
    expect(control(page, "sum-start")).to_be_enabled()
    expect(page.locator(".cmp fieldset")).to_contain_text("No registration was found")
    control(page, "sum-start").click()
    expect(page.locator(".cmp .bad")).to_contain_text("Choose a registration")
    page.keyboard.press("1")
    control(page, "check-all").click()
    page.locator("table.pick .w.ne").wait_for()
    control(page, "view-plans").click()
    page.locator(".batch tbody tr").nth(4).wait_for()
    control(page, "sort-dose").click()
    expect(page.locator(".batch tbody tr").first).to_contain_text("45")
    control(page, "chip-over").click()
    expect(page.locator(".batch tbody tr")).to_have_count(3)
    control(page, "batch-search").fill("stomach_fails")
    page.locator(".batch tbody tr").nth(1).wait_for(state="detached")
    page.locator(".batch tbody .lnk2").click()
    page.locator(".stamp", has_text="FAIL").wait_for()


def test_the_page_asks_as_the_schema_says_and_keeps_nothing(bench: Bench):
    page = bench.check()
    page.locator("tr.row.over .gb").click()
    page.keyboard.type("Dmax < 60 Gy")
    page.keyboard.press("Enter")
    page.locator(".wi .w.met").wait_for()
    control(page, "tab-export").click()
    page.locator("#command").wait_for()
    kept = page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]")
    assert kept == [[], [], ""]
    assert not re.search("SAMPLE|Liver|stomach", page.url)
    for call, body in bench.asked:
        assert call, "every address that the page asks is in the schema"
        request = published()["calls"][call].get("request", {})
        if "$ref" in request:
            assert faults_of(json.loads(body), request) == [], call
    assert {"POST /api/goals/parse", "POST /api/cases/{case}/slice"} <= {call for call, _ in bench.asked}


def test_when_the_server_has_gone_the_page_says_so_and_still_saves_the_protocol(browser, tmp_path):
    with workbench(tmp_path, STOMACH_FAILS) as running, open_page(browser) as watched:
        page = watched.page
        page.goto(running.client.address)
        control(page, "served:plan.dcm").click()
        page.get_by_role("button", name="Check with this protocol").click()
        page.locator("tr.row.over .gb").click()
        page.keyboard.type("Dmax < 60 Gy")
        page.locator(".wi .w.met").wait_for()
        page.keyboard.press("Enter")
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        control(page, "dose-scale").focus()
        page.keyboard.press("ArrowLeft")
        page.locator("#gone", has_text="The server has stopped").wait_for()
        with page.expect_download() as download:
            control(page, "wi-save").click()
        assert 'goal: "Dmax < 60 Gy"' in Path(download.value.path()).read_text()
        watched.complaints.clear()  # the browser reports every request that nobody answers


def test_several_doses_of_a_plan_are_chosen_by_hand_and_added(bench: Bench, tmp_path):
    for name in ("plan.dcm", "struct.dcm", "dose.dcm"):
        (tmp_path / name).write_bytes((PASSES / name).read_bytes())
    tenth = dcmread(PASSES / "dose.dcm")
    tenth.SOPInstanceUID = tenth.file_meta.MediaStorageSOPInstanceUID = f"{tenth.SOPInstanceUID}.1"
    tenth.DoseGridScaling = float(tenth.DoseGridScaling) / 10
    tenth.save_as(tmp_path / "tenth.dcm")
    page = bench.start()
    page.locator("#pick-files").set_input_files(sorted(map(str, tmp_path.glob("*.dcm"))))
    page.get_by_text("There are 2 doses of the same plan.").wait_for()
    page.locator("[data-f='dose:dose.dcm']:focus").wait_for()
    expect(page.locator("input[name=dose]:checked"), "nothing is guessed").to_have_count(0)
    for dose in ("dose.dcm", "tenth.dcm"):
        control(page, f"dose:{dose}").check()
    control(page, "open-chosen").click()
    liver = page.locator("tr.row", has_text="Liver-GTV").locator(".val b")
    liver.filter(has_text="22.96 Gy").wait_for()  # 1.1 x 20.87 Gy
    bench.watched.complaints.clear()  # the browser reports the answer that asked for a choice


def test_doses_are_read_and_edited_in_cgy_and_the_protocol_stays_in_gy(bench: Bench):
    page = bench.check()
    control(page, "tab-export").click()
    control(page, "unit:cGy").click()
    stomach = page.locator("tr.row", has_text="Stomach")
    stomach.locator(".val b", has_text="5735 cGy").wait_for()
    expect(stomach.locator(".gb")).to_have_text("Dmax < 5400 cGy")
    page.locator("#command", has_text="--unit cGy").wait_for()
    stomach.locator(".gb").click()
    page.keyboard.type("Dmax < 6000 cGy")
    page.keyboard.press("Enter")
    page.locator(".wi .w.met").wait_for()
    expect(stomach.locator(".was")).to_have_text("was Dmax < 5400 cGy")
    with page.expect_download() as download:
        control(page, "wi-save").click()
    assert "goal: Dmax < 60 Gy" in Path(download.value.path()).read_text()
    page.keyboard.press("u")
    page.locator(".wi").wait_for(state="detached")
    control(page, "tab-dose").click()
    stomach_flag(page).focus()
    page.keyboard.press("ArrowRight")
    page.locator('.flag.chg:focus[aria-valuetext="Dmax < 5410 cGy"]').wait_for()
    expect(page.locator(".now")).to_contain_text("5600 cGy in 28 fractions")
    expect(page.locator(".plot .unit.x")).to_have_text("Dose [cGy]")


def test_what_is_stated_against_the_files_is_what_the_command_line_states(bench: Bench):
    page = bench.check("apatinib_incomplete")
    control(page, "tab-facts").click()
    control(page, "reference-date").fill("2024-03-20")
    control(page, "tab-structures").click()
    control(page, "dose-is").select_option("course")
    control(page, "tab-remarks").click()
    button = page.locator("[data-f^='ignore:']").first
    code = button.get_attribute("data-f").removeprefix("ignore:")
    button.click()
    control(page, f"heed:{code}").wait_for()
    control(page, "tab-export").click()
    page.locator("#command", has_text="--reference-date 2024-03-20").wait_for()
    page.locator("#command", has_text=f"--dose-is course --ignore {code}").wait_for()
    page.evaluate("import(new URL('page/js/state.js', document.baseURI)).then(m => m.ask({override: {ignore: ['x']}}))")
    page.locator(".wi.bad", has_text="--ignore x: unknown code").wait_for()
    control(page, "failed-undo").click()
    page.locator(".wi.bad").wait_for(state="detached")
    bench.watched.complaints.clear()  # the browser reports the question that was refused


def late(route: Any) -> None:
    sleep(0.5)
    route.continue_()


def test_a_pointer_at_rest_reads_the_slice_that_comes_under_it(bench: Bench):
    page = bench.check()
    page.route("**/slice", late)
    box = control(page, "slice:axial").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.55)
    page.mouse.wheel(0, -100)
    read = page.locator(".slh .r").last
    read.filter(has_text=re.compile(r"At the pointer: [\d.]+ Gy, in ")).wait_for()
    page.mouse.move(5, 5)
    assert until(lambda: not read.inner_text())


def test_every_panel_is_reached_on_a_phone(bench: Bench):
    page = bench.check("apatinib_incomplete")
    bench.look(size="phone")
    control(page, "tab-rows").click()
    page.locator("tr.row").first.wait_for()
    expect(control(page, "slice:axial")).not_to_be_visible()
    for tab, shown in (
        ("structures", "save-aliases"), ("facts", "waiver:sign"), ("export", "export:html"),
        ("robust", "robust-start"), ("dose", "slice:axial"), ("remarks", None),
    ):  # fmt: skip
        control(page, f"tab-{tab}").click()
        page.locator(f"#panel[aria-labelledby=tab-{tab}]").wait_for()
        expect(page.locator("tr.row").first).not_to_be_visible()
        assert shown is None or control(page, shown).count() == 0 or control(page, shown).is_visible()
        panel = page.locator("#panel").bounding_box
        assert until(lambda panel=panel: (panel() or {"y": inf})["y"] < 500), "at once, not below all rows"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert tab in ("robust", "dose", "remarks") or serious_faults(page) == [], tab
    control(page, "tab-structures").click()
    control(page, "drawn-only").check()
    page.locator("tr.ask select").first.select_option("Lung_L")
    control(page, "tab-export").click()
    page.locator("#command", has_text="--drawn-only").wait_for()
    control(page, "tab-rows").click()
    page.locator("tr.row").first.wait_for()


def test_hostile_names_are_shown_as_text(bench: Bench, tmp_path):
    folder = tmp_path / "<img src=x onerror=document.title=1>"
    folder.mkdir()
    for name in ("plan.dcm", "dose.dcm", "struct.dcm"):
        (folder / name).write_bytes((PASSES / name).read_bytes())
    page = bench.start()
    page.locator("#pick-folder").set_input_files(str(folder))
    page.locator(".stamp", has_text="PASS").wait_for()
    expect(page.locator("img")).to_have_count(0)


def test_values_of_brachytherapy_fractions_are_added_by_keyboard_and_drawn(bench: Bench, tmp_path):
    """43.2 + 10.8 + 8.0 Gy EQD2[3] of 80: what `--sum-values --external 45/25` gives."""
    for number, organ_gy in ((1, 6.0), (2, 5.0)):
        fraction(tmp_path / f"bt{number}", 7.0, organ_gy, number)
    (tmp_path / "mine.yaml").write_text(PROTOCOL, encoding="utf-8")
    page = bench.start()
    page.locator("#pick-files").set_input_files(sorted(map(str, (tmp_path / "bt1").glob("*.dcm"))))
    page.locator(".stamp").wait_for()
    page.keyboard.press("2")
    page.locator("#protocol-input").set_input_files(str(tmp_path / "mine.yaml"))
    page.locator("tr.row .nmb", has_text="CTV_HR").wait_for()
    control(page, "tab-courses").focus()
    page.keyboard.press("Enter")
    control(page, "values-start").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel [role=alert]")).to_contain_text("Add another plan")
    control(page, "add-part").focus()
    page.keyboard.press("Enter")
    page.locator("#pick-files").set_input_files(sorted(map(str, (tmp_path / "bt2").glob("*.dcm"))))
    control(page, "drop-part-1").wait_for()
    control(page, "external").fill("45")
    control(page, "external").press("Enter")
    expect(page.locator(".panel [role=alert]")).to_contain_text("write 45/25")
    control(page, "external").fill("45/25")
    control(page, "fractions-left").fill("3")
    control(page, "fractions-left").press("Enter")
    drawn = page.locator(".cbs")
    drawn.nth(1).wait_for()
    expect(drawn.nth(1)).to_have_attribute("aria-label", re.compile("together 78 %"))  # 62.0 of 80
    assert drawn.nth(1).locator("rect").count() == 3
    expect(page.locator(".panel .items").first).to_contain_text("3 more fractions: up to 4.17 Gy each")
    bench.look(size="phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert serious_faults(page) == []
    bench.look()
    control(page, "tab-export").click()
    page.locator("#command", has_text="--sum-values --external 45/25 --fractions-left 3").wait_for()
