"""The workbench in Chromium, by mouse and by keyboard: from a dropped plan to an edited limit."""

from base64 import b64encode

import pytest
from support.real_browser import expect, needs_real_browser, serious_faults
from support.samples import PASSES
from support.workbench_page import Bench

pytestmark = needs_real_browser()


def test_a_served_plan_is_opened_and_checked_by_mouse(bench: Bench):
    page = bench.check()
    expect(page.locator(".stamp")).to_have_text("FAIL")
    expect(page.locator("tr.row")).to_have_count(7)
    expect(page.locator("tr.row.over .nmb")).to_have_text("Stomach")
    assert "SAMPLE" not in page.url
    assert "Liver" not in page.url


def test_a_plan_is_chosen_from_the_disk_and_checked(bench: Bench):
    page = bench.start()
    page.locator("#pick-files").set_input_files([str(path) for path in sorted(PASSES.glob("*.dcm"))])
    page.locator(".stamp").wait_for()
    expect(page.locator(".stamp")).to_have_text("PASS")


# The drop event as a browser makes it of a folder that is dragged in: entries that are read step by step.
DROP = """
(parts) => {
  const file = (name) => new File([Uint8Array.from(atob(parts[name]), (letter) => letter.charCodeAt(0))], name);
  const entry = (name) => ({ isFile: true, fullPath: `/export/deep/${name}`, file: (good) => good(file(name)) });
  const folder = (fullPath, steps) => ({ isFile: false, fullPath, createReader: () => ({ readEntries: (good) => good(steps.shift() ?? []) }) });
  const names = Object.keys(parts);
  const deep = folder("/export/deep", [names.slice(0, 1).map(entry), names.slice(1).map(entry)]);
  const items = [{ webkitGetAsEntry: () => folder("/export", [[deep]]) }];
  const drop = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(drop, "dataTransfer", { value: { items, files: [] } });
  document.getElementById("dropzone").dispatchEvent(drop);
}
"""  # noqa: E501


def test_a_folder_that_is_dropped_is_read_with_all_folders_in_it(bench: Bench):
    page = bench.start()
    names = ("plan.dcm", "dose.dcm", "struct.dcm")
    page.evaluate(DROP, {name: b64encode((PASSES / name).read_bytes()).decode() for name in names})
    page.locator(".stamp", has_text="PASS").wait_for()
    page.locator("#tab-remarks").click()
    for name in names:
        page.locator(".files li", has_text=name).wait_for()


def test_a_limit_is_edited_by_keyboard_alone_and_undone(bench: Bench):
    page = bench.check()
    for _ in range(4):
        page.keyboard.press("j")
    expect(page.locator(":focus")).to_have_text("Stomach")
    page.keyboard.press("e")
    page.locator("input.gi:focus").wait_for()
    page.keyboard.type("Dmax < 60")
    page.locator(".pop .msg", has_text='expected a unit after "Dmax < 60"').wait_for()
    assert page.locator(".pop .car").inner_text().rstrip("\n") == " " * 9 + "^"
    page.keyboard.type(" Gy")
    page.locator(".wi .w.met").wait_for()
    page.keyboard.press("Enter")
    page.locator("tr.chg").wait_for()
    expect(page.locator("tr.chg .was")).to_have_text("was Dmax < 54 Gy")
    expect(page.locator(".stamp"), "the protocol's verdict stays beside the what-if").to_have_text("FAIL")
    expect(page.locator(".wi .tag")).to_have_text("What-if")
    page.keyboard.press("u")
    page.locator(".wi").wait_for(state="detached")
    expect(page.locator("tr.row.over .nmb")).to_have_text("Stomach")
    page.keyboard.press("Shift+U")
    page.locator(".wi .w.met").wait_for()


def test_escape_restores_a_limit_and_a_text_that_is_no_goal_is_never_applied(bench: Bench):
    page = bench.check()
    page.locator("tr.row.over .gb").click()
    page.keyboard.type("Dmax < 70 Gy")
    page.locator(".wi").wait_for()
    page.keyboard.press("Escape")
    page.locator(".wi").wait_for(state="detached")
    expect(page.locator("tr.row.over .gb")).to_have_text("Dmax < 54 Gy")
    page.locator("tr.row.over .gb").click()
    page.keyboard.type("nonsense")
    page.locator(".pop .msg").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("input.gi.bad")).to_have_count(1)
    expect(page.locator("tr.stale .w"), "the last outcome stays, greyed").to_have_text("Violated")


def test_tab_goes_from_goal_to_goal_and_on_to_a_new_row(bench: Bench):
    page = bench.check()
    page.locator(".gb").last.click()
    page.locator("input.gi:focus").first.wait_for()
    page.keyboard.press("Tab")
    page.locator("[data-f=new-row]:focus").wait_for()
    page.keyboard.type("Liv")
    page.get_by_role("option", name="Liver").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("Dmean < 9 Gy")
    page.locator("[data-f=new-row][aria-invalid=false]").wait_for()
    page.keyboard.press("Enter")
    page.locator("tr.row").nth(7).wait_for()
    page.locator("tr.row").nth(7).locator(".val b").wait_for()
    expect(page.locator(".wi p")).to_contain_text("1 limit changed or added")


@pytest.mark.parametrize("size", ["laptop", "desk", "phone"])
def test_axe_finds_no_serious_fault_in_any_view(bench: Bench, size):
    page = bench.start()
    bench.look(size=size)

    def faults() -> list[str]:
        """In the light theme all rules; the dark one shows the same with other colours."""
        found = serious_faults(page)
        bench.look(size=size, scheme="dark")
        found += serious_faults(page, rules=("color-contrast",))
        bench.look(size=size)
        return found

    page.locator("table.pick tbody tr").first.wait_for()
    assert faults() == []
    bench.check()
    page.keyboard.press("2")
    page.get_by_role("button", name="Check with this protocol").wait_for()
    assert faults() == []
    page.get_by_role("button", name="Check with this protocol").click()
    page.locator(".stamp").wait_for()
    if size == "phone":
        page.locator("#tab-rows").click()
    page.locator("tr.row.over .nmb").click()
    page.locator("tr.dt").wait_for()
    assert faults() == []
    for tab in ("structures", "facts", "robust", "export", "remarks") if size == "laptop" else ():
        page.locator(f"#tab-{tab}").click()
        page.locator(f"#panel[aria-labelledby=tab-{tab}]").wait_for()
        assert faults() == [], tab
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
