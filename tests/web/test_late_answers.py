"""Answers of the server that come late, in Chromium: what the user holds, types or sees is not disturbed by them."""

from typing import Any

from support.real_browser import expect, needs_real_browser
from support.workbench_page import FAILS, Bench, control, stomach_flag

pytestmark = needs_real_browser()


def test_what_is_typed_or_pressed_outlives_an_answer_that_comes_meanwhile(bench: Bench):
    held: list[Any] = []

    def answer(page: Any) -> None:
        """Let the server's answers come, those of refined checks too, and the page take them."""
        with page.expect_response("**/check"):
            while not held:
                page.wait_for_timeout(20)
            held.pop().continue_()
        page.wait_for_timeout(100)

    page = bench.check()
    control(page, "tab-facts").click()
    page.route("**/check", lambda route: held.append(route))
    control(page, "require").check()
    field = page.locator("input[data-typed]").nth(1)
    field.click()
    page.keyboard.type("3.")
    while page.locator(".check.busy").count():
        answer(page)
    expect(field).to_have_value("3.")
    page.keyboard.type("5")
    page.keyboard.press("Tab")
    tab = control(page, "tab-structures").bounding_box()
    page.mouse.move(tab["x"] + 9, tab["y"] + 9)
    page.mouse.down()
    answer(page)
    page.mouse.up()
    page.locator("#panel[aria-labelledby=tab-structures]").wait_for()
    page.unroute("**/check")


def test_a_late_answer_is_not_taken_for_that_of_the_next_protocol(bench: Bench):
    page = bench.check()
    held = bench.hold("check")
    control(page, "new-row").fill("Stomach Dmax < 60 Gy")
    page.locator("[data-f=new-row][aria-invalid=false]").wait_for()
    control(page, "new-row").press("Enter")
    of_the_old = held.next()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    control(page, "protocol-empty").click()
    page.locator(".vd.wait").wait_for()
    of_the_old.continue_()
    of_the_new = held.next()
    expect(page.locator("tr.row"), "the rows of the old protocol under the name of the new one").to_have_count(0)
    expect(control(page, "new-row"), "a limit added now would replace all those of the protocol").to_have_count(0)
    of_the_new.continue_()
    control(page, "new-row").wait_for()
    expect(page.locator("tr.row")).to_have_count(0)


def test_late_curves_are_never_those_of_the_plan_before(bench: Bench):
    page = bench.check("apatinib_50gy_passes")
    bench.check()
    held = bench.hold("dvh")
    bench.turn_to("apatinib_50gy_passes")
    page.locator(".stamp", has_text="PASS").wait_for()
    page.locator(".lg", has_text="Computing the curves").wait_for()
    expect(page.locator(".flag").first).not_to_be_visible()
    expect(page.locator(".slh .nw").first).to_have_text("")
    held.let_go()
    page.locator(".flag").first.wait_for()


def test_curves_that_come_late_do_not_replace_those_of_the_plan_that_is_shown_again(bench: Bench):
    """They took the plot with them, and with it the flag that was held, until something else was done."""
    bench.check("apatinib_50gy_passes")
    page = bench.check()
    held = bench.hold("dvh")
    bench.turn_to("apatinib_50gy_passes")
    page.locator(".stamp", has_text="PASS").wait_for()
    page.locator(".lg", has_text="Computing the curves").wait_for()
    bench.turn_to(FAILS)
    page.locator(".stamp", has_text="FAIL").wait_for()
    stomach_flag(page).wait_for()
    stomach_flag(page).focus()
    held.let_go()
    page.keyboard.press("ArrowRight")
    page.locator('.flag.chg:focus[aria-valuetext="Dmax < 54.1 Gy"]').wait_for()


def test_a_flag_that_leaves_the_plot_keeps_the_focus(bench: Bench):
    page = bench.check()
    stomach_flag(page).focus()
    for _ in range(30):
        page.keyboard.press("Shift+ArrowRight")
    page.locator('.flag.chg:focus[aria-valuetext="Dmax < 84 Gy"][x="100%"]').wait_for()
    for _ in range(29):
        page.keyboard.press("Shift+ArrowLeft")
    page.locator('.flag.chg:focus[aria-valuetext="Dmax < 55 Gy"]').wait_for()


def test_a_change_right_after_undo_is_one_of_all_limits_as_they_are_again(bench: Bench):
    """The answer that is shown is still that of the limits before undo: without the one that was removed."""
    page = bench.check()
    page.locator("tr.row.over .nmb").focus()
    page.keyboard.press("Delete")
    page.locator(".wi .w.met").wait_for()
    held = bench.hold("check")
    page.keyboard.press("u")
    page.locator("tr.row", has_text="Kidney_L").locator(".nmb").focus()
    page.keyboard.press("Delete")
    held.let_go()
    held.let_go()
    expect(page.locator("tr.row.gone .nmb")).to_have_text(["Kidney_L"])
    expect(page.locator("tr.row.over .nmb")).to_have_text(["Stomach"])
    page.locator(".wi .w.over").wait_for()


def test_a_flag_that_is_still_that_of_another_goal_moves_nothing(bench: Bench):
    page = bench.check()
    page.locator("tr.row.over .gb").click()
    page.keyboard.type("D2cc < 50 Gy")
    page.keyboard.press("Enter")
    page.locator('.flag.chg[aria-valuetext="D2cc < 50 Gy"]').wait_for()
    held = bench.hold("check")
    page.keyboard.press("u")
    stomach_flag(page).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#redo"), "nothing was changed since").to_be_enabled()
    held.let_go()
    page.locator(".wi").wait_for(state="detached")
    page.locator('.flag:focus[aria-valuetext="Dmax < 54 Gy"]').wait_for()


def test_a_limit_that_is_still_being_read_is_not_of_the_next_protocol_and_names_follow_undo(bench: Bench):
    page = bench.check()
    held = bench.hold("goals/parse")
    page.locator("tr.row.over .gb").click()
    held.let_go()
    page.locator("tr.row input.gi").fill("Dmax < 60 Gy")
    page.keyboard.press("Enter")
    late = held.next()
    control(page, "crumb-protocol").click()
    control(page, "protocol-search").fill("axitinib")
    control(page, "protocol:axitinib").click()
    page.locator(".pv h2", has_text="axitinib").wait_for()
    control(page, "protocol-search").fill("")  # the window is shared
    page.get_by_role("button", name="Check with this protocol").click()
    page.locator("[data-f=crumb-protocol]", has_text="axitinib").wait_for()
    page.locator(".stamp").wait_for()
    with page.expect_event("requestfinished", lambda request: request == late.request):
        late.continue_()
    page.unroute_all()
    page.locator(".check:not(.busy)").wait_for()
    expect(page.locator("tr.chg, .wi")).to_have_count(0)
    control(page, "view-check").focus()
    page.keyboard.press("u")
    page.locator("[data-f=crumb-protocol]", has_text="apatinib").wait_for()
    page.locator("tr.row.over .nmb", has_text="Stomach").wait_for()


def test_a_command_is_copied_only_when_it_repeats_what_is_shown(bench: Bench):
    page = bench.check()
    control(page, "tab-export").click()
    page.locator("#command:not(:has-text('--unit'))").wait_for()
    held = bench.hold("command")
    control(page, "unit:cGy").click()
    late = held.next()
    control(page, "unit:Gy").click()
    held.let_go()
    with page.expect_event("requestfinished", lambda request: request == late.request):
        late.continue_()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator("#command"), "a late answer is not taken").not_to_contain_text("--unit")
    control(page, "unit:cGy").click()
    control(page, "copy-command").wait_for()
    expect(control(page, "copy-command")).to_be_disabled()
    expect(page.locator(".cmd code"), "greyed until the next one is there").not_to_contain_text("--unit")
    held.let_go()
    page.locator("#command", has_text="--unit cGy").wait_for()
