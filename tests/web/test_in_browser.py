"""The workbench in Chromium, by mouse and by keyboard: from a dropped plan to an edited limit."""

from typing import Any

import pytest
from support.real_browser import needs_real_browser, open_page, serious_faults
from support.samples import PASSES
from support.workbench import Running

pytestmark = needs_real_browser()


def opened_check(page: Any, served: Running, plan: str = "Liver 56 Gy") -> None:
    """The page at the check of a served plan by apatinib."""
    page.goto(served.client.address)
    page.get_by_role("button", name=plan).first.click()
    page.get_by_role("button", name="Check with this protocol").click()
    page.locator(".stamp").wait_for()


def test_a_served_plan_is_opened_and_checked_by_mouse(browser, served: Running):
    with open_page(browser) as watched:
        page = watched.page
        opened_check(page, served)
        assert page.locator(".stamp").inner_text() == "FAIL"
        assert page.locator("tr.row").count() == 7
        assert page.locator("tr.row.over .nmb").inner_text() == "Stomach"
        assert "SAMPLE" not in page.url
        assert "Liver" not in page.url


def test_a_plan_is_chosen_from_the_disk_and_checked(browser, served: Running):
    with open_page(browser) as watched:
        page = watched.page
        page.goto(served.client.address)
        page.locator("#pick-files").set_input_files([str(path) for path in sorted(PASSES.glob("*.dcm"))])
        page.get_by_role("button", name="Check with this protocol").click()
        page.locator(".stamp").wait_for()
        assert page.locator(".stamp").inner_text() == "PASS"


def test_a_limit_is_edited_by_keyboard_alone_and_undone(browser, served: Running):
    with open_page(browser) as watched:
        page = watched.page
        opened_check(page, served)
        for _ in range(4):
            page.keyboard.press("j")
        assert page.locator(":focus").inner_text() == "Stomach"
        page.keyboard.press("e")
        page.locator("input.gi:focus").wait_for()
        page.keyboard.type("Dmax < 60")
        page.locator(".pop .msg", has_text='expected a unit after "Dmax < 60"').wait_for()
        assert page.locator(".pop .car").inner_text().rstrip("\n") == " " * 9 + "^"
        page.keyboard.type(" Gy")
        page.locator(".wi .w.met").wait_for()
        page.keyboard.press("Enter")
        page.locator("tr.chg").wait_for()
        assert page.locator("tr.chg .was").inner_text() == "was Dmax < 54 Gy"
        assert page.locator(".stamp").inner_text() == "FAIL", "the protocol's verdict stays beside the what-if"
        assert page.locator(".wi .tag").inner_text() == "What-if"
        page.keyboard.press("u")
        page.locator(".wi").wait_for(state="detached")
        assert page.locator("tr.row.over .nmb").inner_text() == "Stomach"
        page.keyboard.press("Shift+U")
        page.locator(".wi .w.met").wait_for()


def test_escape_restores_a_limit_and_a_text_that_is_no_goal_is_never_applied(browser, served: Running):
    with open_page(browser) as watched:
        page = watched.page
        opened_check(page, served)
        page.locator("tr.row.over .gb").click()
        page.keyboard.type("Dmax < 70 Gy")
        page.locator(".wi").wait_for()
        page.keyboard.press("Escape")
        page.locator(".wi").wait_for(state="detached")
        assert page.locator("tr.row.over .gb").inner_text() == "Dmax < 54 Gy"
        page.locator("tr.row.over .gb").click()
        page.keyboard.type("nonsense")
        page.locator(".pop .msg").wait_for()
        page.keyboard.press("Enter")
        assert page.locator("input.gi.bad").count() == 1
        assert page.locator("tr.stale .w").inner_text() == "Violated", "the last outcome stays, greyed"


def test_tab_goes_from_goal_to_goal_and_on_to_a_new_row(browser, served: Running):
    with open_page(browser) as watched:
        page = watched.page
        opened_check(page, served)
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
        assert "1 limit changed or added" in page.locator(".wi p").inner_text()


@pytest.mark.parametrize("size", ["laptop", "desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_view(browser, served: Running, size, scheme):
    with open_page(browser, size=size, scheme=scheme) as watched:
        page = watched.page
        page.goto(served.client.address)
        page.locator("table.pick tbody tr").first.wait_for()
        assert serious_faults(page) == []
        page.get_by_role("button", name="Liver 56 Gy").click()
        page.get_by_role("button", name="Check with this protocol").wait_for()
        assert serious_faults(page) == []
        page.get_by_role("button", name="Check with this protocol").click()
        page.locator(".stamp").wait_for()
        page.locator("tr.row.over .nmb").click()
        page.locator("tr.dt").wait_for()
        assert serious_faults(page) == []
        for tab in ("structures", "facts", "robust", "export", "remarks") if size == "laptop" else ():
            page.locator(f"#tab-{tab}").click()
            page.locator(f"#panel[aria-labelledby=tab-{tab}]").wait_for()
            assert serious_faults(page) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
