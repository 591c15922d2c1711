"""What is interrupted: an editor by another, a page by Back or a reload, a server by its end, a tab by its copy."""

from typing import Any

from support.real_browser import expect, needs_real_browser, open_page
from support.samples import STOMACH_FAILS
from support.workbench import Client, workbench
from support.workbench_page import Bench, control

from rtcheck.web.limits import Limits
from rtcheck.web.sessions import Sessions

pytestmark = needs_real_browser()
PASSES = "apatinib_50gy_passes"


def lose_the_server(page: Any) -> None:
    """No request gets an answer: a single one would bring the page back."""
    page.route("**/api/**", lambda route: route.abort())


def try_again(page: Any) -> None:
    """By the button, be it that the page has come back by itself meanwhile."""
    page.unroute_all()
    control(page, "gone-again").dispatch_event("click")


def row(page: Any, structure: str) -> Any:
    return page.locator("tr.row", has=page.locator(".nmb", has_text=structure))


def test_a_limit_whose_text_is_read_late_closes_no_other_editor_and_outlives_its_escape(bench: Bench):
    page = bench.check()
    row(page, "Stomach").locator(".gb").click()
    held = bench.hold("goals/parse")
    page.keyboard.type("Dmax < 60 Gy")
    row(page, "SpinalCord").locator(".gb").click()
    expect(row(page, "SpinalCord").locator("input")).to_be_focused()
    held.let_all_go()
    page.unroute_all()
    page.locator(".wi .w.met").wait_for()
    expect(row(page, "SpinalCord").locator("input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("tr.row input")).to_have_count(0)
    expect(row(page, "Stomach").locator(".gb")).to_have_text("Dmax < 60 Gy")
    expect(row(page, "SpinalCord").locator(".gb")).to_have_text("Dmax < 45 Gy")
    expect(page.locator("tr.chg")).to_have_count(1)


def test_a_removed_limit_shows_no_value_of_this_plan_or_of_the_one_before(bench: Bench):
    page = bench.check()
    control(page, "tab-facts").click()
    row(page, "Stomach").locator(".nmb").click()
    page.keyboard.press("Delete")
    gone = page.locator("tr.row.gone")
    gone.wait_for()
    page.locator(".wi .w.met").wait_for()
    expect(gone.locator(".c3")).to_have_text("")
    page.get_by_text("Nothing is violated that could be waived.").wait_for()
    page.keyboard.press("1")
    control(page, f"served:{PASSES}/plan.dcm").click()
    page.locator(".toast button", has_text="Apply them").click()
    gone.wait_for()
    expect(gone.locator(".nmb")).to_have_text("Stomach")
    expect(gone.locator(".c3")).to_have_text("")


def test_back_to_the_protocols_lists_them_for_the_plan_that_was_opened_since(bench: Bench):
    page = bench.check()
    page.keyboard.press("2")
    page.locator("tr.grp", has_text="Fit this plan").wait_for()
    page.keyboard.press("1")
    control(page, f"served:{PASSES}/plan.dcm").click()
    page.locator(".stamp").wait_for()
    page.go_back()
    page.locator(".drop").wait_for()
    page.go_back()
    page.locator("tr.grp", has_text="Fit this plan").wait_for()


def test_what_was_given_by_hand_is_not_left_without_a_question(browser, served):
    with open_page(browser) as watched:
        page = watched.page
        asked: list[str] = []

        def leave(dialog: Any) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", leave)
        page.goto(served.client.address)
        control(page, "served:apatinib_56gy_stomach_fails/plan.dcm").click()
        page.get_by_role("button", name="Check with this protocol").click()
        page.locator(".stamp").wait_for()
        page.reload()
        page.locator(".stamp").wait_for()
        assert asked == []
        control(page, "tab-facts").click()
        control(page, "fact:ecog").fill("1")
        page.keyboard.press("Tab")
        page.locator(".check:not(.busy)").wait_for()
        page.reload()
        page.locator(".stamp").wait_for()
        assert asked == ["beforeunload"]


def test_a_server_that_answers_again_is_asked_again_without_a_reload(bench: Bench):
    page = bench.check()
    lose_the_server(page)
    control(page, "dose-scale").focus()
    page.keyboard.press("PageDown")
    page.locator("#gone", has_text="The server has stopped").wait_for()
    page.locator(".check.failed").wait_for()
    try_again(page)
    page.locator(".check:not(.failed):not(.busy)").wait_for()
    expect(page.locator("#gone")).to_be_hidden()
    expect(page.locator(".now")).to_contain_text("96.0 %")
    expect(row(page, "Stomach").locator(".val b")).to_have_text("55.05 Gy")  # 0.96 x 57.346 Gy
    bench.watched.complaints.clear()  # the browser reports every request that nobody answers


def test_a_server_that_was_started_anew_is_told_from_the_one_of_the_page(browser, tmp_path):
    with workbench(tmp_path, STOMACH_FAILS) as first, open_page(browser) as watched:
        page = watched.page
        page.goto(first.client.address)
        control(page, "served:plan.dcm").click()
        page.get_by_role("button", name="Check with this protocol").click()
        row(page, "Stomach").locator(".gb").click()
        page.keyboard.type("Dmax < 60 Gy")
        page.keyboard.press("Enter")
        page.locator(".wi .w.met").wait_for()
        page.route("**/api/**", lambda route: route.fulfill(status=403, content_type="text/plain", body="no token"))
        control(page, "dose-scale").focus()
        page.keyboard.press("ArrowLeft")
        page.locator("#gone", has_text="Open the address that rtcheck serve printed").wait_for()
        with page.expect_download() as download:
            control(page, "gone-save").click()
        assert download.value.suggested_filename == "apatinib_edited.yaml"
        watched.complaints.clear()


def test_a_session_stays_while_one_of_its_tabs_is_open(tmp_path):
    clock = [0.0]
    worker: Any = type("Worker", (), {"sessions": 0})()
    sessions = Sessions(root=tmp_path, limits=Limits(), choose_worker=lambda: worker, now=lambda: clock[0])
    session = sessions.open()
    for tab in ("1", "2"):
        sessions.arrive(session, tab)
    sessions.leave(session.id, "2")
    clock[0] = 100.0
    sessions.sweep()
    assert len(sessions) == 1, "the other tab is still there"
    sessions.leave(session.id, "1")
    clock[0] = 200.0
    sessions.sweep()
    assert len(sessions) == 0


def test_a_tab_says_which_of_the_session_it_is(page: Client):
    assert page.post("api/here?page=a").status == 200
    assert page.post(f"api/sessions/{page.session}/leave?page=b").status == 200


def test_between_phone_and_laptop_no_limit_is_cut_off_and_doubts_are_shown(bench: Bench):
    page = bench.check()
    page.set_viewport_size({"width": 800, "height": 1000})
    cut = """() => [...document.querySelectorAll(".gb, .nmb, .out small")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent)"""
    assert page.evaluate(cut) == []
    expect(control(page, "also-warnings")).to_be_visible()
    assert page.evaluate("document.querySelector('.work').scrollWidth") <= 800


def test_a_number_that_cannot_be_read_is_said_and_not_applied(bench: Bench):
    page = bench.check()
    control(page, "tab-structures").click()
    control(page, "fractions").fill("2.6")
    page.keyboard.press("Tab")
    page.locator(".toast", has_text="“2.6” is not a whole number of fractions").wait_for()
    expect(control(page, "fractions")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".now small")).to_have_text("56.00 Gy in 28 fractions")
    control(page, "level:").fill("5040 cGy")
    page.keyboard.press("Tab")
    page.locator(".now small", has_text="50.40 Gy in 28 fractions").wait_for()


def test_undo_never_leaves_the_check_without_a_protocol(browser, served):
    with open_page(browser) as watched:
        page = watched.page
        page.goto(served.client.address)
        control(page, "served:apatinib_56gy_stomach_fails/plan.dcm").click()
        page.get_by_role("button", name="Check with this protocol").click()
        page.locator(".stamp").wait_for()
        expect(page.locator("#undo")).to_be_disabled()


def test_a_waiver_without_effect_says_so_where_it_is_listed(bench: Bench):
    page = bench.check()
    control(page, "tab-facts").click()
    for key, text in (("reason", "Tumour board"), ("who", "Dr A"), ("until", "2001-12-31")):
        control(page, f"waiver:{key}").fill(text)
    control(page, "waiver:sign").click()
    page.locator(".items", has_text="expired on 2001-12-31 and has no effect").wait_for()
    expect(page.locator(".stamp")).to_have_text("FAIL")


def test_tab_goes_through_the_new_row_to_everything_behind_it(bench: Bench):
    page = bench.check()
    control(page, "new-row").focus()
    page.keyboard.type("Heart Dmax")
    page.keyboard.press("Tab")
    expect(control(page, "tab-dose")).to_be_focused()
    expect(control(page, "new-row"), "what was typed stays").to_have_value("Heart Dmax")
    page.keyboard.press("Shift+Tab")
    expect(control(page, "new-row")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_focused()
    expect(control(page, "new-row")).to_have_value("")


def test_curves_of_a_comparison_follow_the_theme_and_outcomes_are_said(bench: Bench):
    page = bench.check()
    page.keyboard.press("c")
    control(page, "add-second").click()
    control(page, f"served:{PASSES}/plan.dcm").click()
    cord = page.locator('.cmp path.pa[data-curve="SpinalCord"]')
    cord.wait_for()
    light = cord.evaluate("(each) => getComputedStyle(each).stroke")
    page.locator("#theme").click()
    changed = (
        "light => getComputedStyle(document.querySelector('.cmp path.pa[data-curve=SpinalCord]')).stroke !== light"
    )
    page.wait_for_function(changed, arg=light)
    page.locator("#theme").click()
    expect(page.locator(".cmp tr.chg .cA .sr")).to_have_text("Violated")


def test_a_comparison_of_other_limits_is_marked_until_its_answer_comes_and_asked_again_when_it_was_lost(bench: Bench):
    page = bench.check()
    page.keyboard.press("c")
    control(page, "add-second").click()
    control(page, f"served:{PASSES}/plan.dcm").click()
    stomach = page.locator(".cmp tr.row", has_text="Stomach")
    stomach.wait_for()
    page.keyboard.press("3")
    row(page, "Stomach").locator(".gb").click()
    page.keyboard.type("Dmax < 60 Gy")
    page.keyboard.press("Enter")
    page.locator(".wi .w.met").wait_for()
    held = bench.hold("compare")
    page.keyboard.press("4")
    page.locator(".cmp.busy").wait_for()
    held.let_go()
    stomach.locator("code", has_text="Dmax < 60 Gy").wait_for()
    expect(page.locator(".cmp.busy")).to_have_count(0)
    page.unroute_all()
    lose_the_server(page)
    page.keyboard.press("u")
    page.locator(".cmp.failed").wait_for()
    try_again(page)
    stomach.locator("code", has_text="Dmax < 54 Gy").wait_for()
    expect(page.locator(".cmp.failed")).to_have_count(0)
    bench.watched.complaints.clear()  # the browser reports every request that nobody answers


def test_undo_is_a_key_of_the_dose_scale_too(bench: Bench):
    page = bench.check()
    control(page, "dose-scale").focus()
    page.keyboard.press("PageDown")
    page.locator(".now", has_text="96.0 %").wait_for()
    page.locator(".wi").wait_for()
    page.keyboard.press("u")
    page.locator(".now", has_text="100.0 %").wait_for()


def test_a_limit_is_applied_though_the_next_click_comes_before_its_text_was_read(bench: Bench):
    page = bench.check()
    row(page, "Stomach").locator(".gb").click()
    page.locator("tr.row input[aria-expanded]").wait_for()
    page.wait_for_timeout(300)  # the text that was there has been read, and is a goal
    held = bench.hold("goals/parse")
    page.keyboard.type("Dmax < 60 Gy")
    page.keyboard.press("Enter")
    control(page, "tab-facts").click()
    held.let_all_go()
    page.unroute_all()
    page.locator(".wi .w.met").wait_for()
    expect(row(page, "Stomach").locator(".gb")).to_have_text("Dmax < 60 Gy")
    expect(control(page, "tab-facts"), "who has gone on is not called back").to_be_focused()
