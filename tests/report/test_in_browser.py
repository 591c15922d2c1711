"""The pages in a real browser: nothing complains, reading and toggling work, axe finds no serious fault."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import Page, chromium
from support.programs import needs_program
from support.real_browser import axe_source
from support.reports import phantom_report

from rtcheck.report.formats import html
from rtcheck.report.pages.batch_index import IndexRow, index_row, render_index

pytestmark = needs_program("chromium")

SIZES = {"phone": (390, 844), "laptop": (1280, 900)}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        here = Path(made)
        report = phantom_report()
        (here / "report.html").write_text(html.render(report), encoding="utf-8")
        failing, broken = index_row(report, name="A-1", href="report.html"), IndexRow(
            name="B-2", kind="ne", word="Error", reason="no dose"
        )  # fmt: skip
        passing = IndexRow(name="C-3", kind="met", word="Pass", marks=failing.marks[:3], dose_gy=50.0)
        (here / "index.html").write_text(
            render_index([passing, broken, failing], protocol="apatinib"), encoding="utf-8"
        )
        yield here


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def page(browser: Page, folder: Path) -> Page:
    browser.complaints.clear()
    browser.open(folder / "report.html")
    return browser


def test_nothing_complains_at_any_size_or_scheme(browser: Page, folder: Path) -> None:
    browser.complaints.clear()
    for name in ("report.html", "index.html"):
        for width, height in SIZES.values():
            for scheme in ("light", "dark"):
                browser.open(folder / name, width=width, height=height, scheme=scheme)
    assert browser.complaints == []


@pytest.mark.parametrize("name", ["report.html", "index.html"])
def test_no_page_scrolls_sideways_on_a_phone(browser: Page, folder: Path, name: str) -> None:
    browser.open(folder / name, width=390, height=844)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 390


def plot_box(page: Page) -> dict[str, Any]:
    page.evaluate("document.getElementById('dvh').scrollIntoView({block: 'center'})")
    box: dict[str, Any] = page.evaluate("document.getElementById('dvh').getBoundingClientRect().toJSON()")
    return box


def readings(page: Page) -> dict[str, str]:
    row = "[r.querySelector('button').textContent.trim(), r.querySelector('.at').textContent]"
    script = f"Object.fromEntries([...document.querySelectorAll('.lg tbody tr')].map(r => {row}))"
    found: dict[str, str] = page.evaluate(script)
    return found


def test_pointing_at_the_plot_reads_every_curve(page: Page) -> None:
    box = plot_box(page)
    page.mouse("mouseMoved", box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found = readings(page)
    assert len(found) == 9
    assert all(text.endswith(" %") for text in found.values())
    assert float(found["PTV"].split()[0]) == pytest.approx(100, abs=0.5)  # every part of it has more than 30 Gy
    assert float(found["Heart"].split()[0]) == 0
    assert page.evaluate("document.getElementById('at').textContent") == "at 30.0 Gy"


def test_arrow_keys_move_the_reading_line_without_a_mouse(page: Page) -> None:
    page.evaluate("document.getElementById('dvh').focus()")
    page.key("ArrowRight")
    first = page.evaluate("document.getElementById('at').textContent")
    page.key("ArrowRight")
    assert first.startswith("at ")
    assert first != page.evaluate("document.getElementById('at').textContent")


def test_a_name_hides_its_curve_and_shows_it_again(page: Page) -> None:
    hidden = "document.querySelector('.cv .f').classList.contains('off')"  # the failing stomach
    button = "[...document.querySelectorAll('.lg button')].find(b => b.textContent.trim() == 'Stomach')"
    page.evaluate(f"{button}.click()")
    assert page.evaluate(hidden)
    assert page.evaluate(f"{button}.getAttribute('aria-pressed')") == "false"
    page.evaluate(f"{button}.click()")
    assert not page.evaluate(hidden)


def test_dragging_zooms_and_escape_shows_all_again(page: Page) -> None:
    view = "document.querySelector('.cv').getAttribute('viewBox')"
    whole = page.evaluate(view)
    box = plot_box(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.drag((x, y), (x + 100, y + 80))
    assert page.evaluate(view) != whole
    assert not page.evaluate("document.getElementById('rz').hidden")
    page.evaluate("document.getElementById('dvh').focus()")
    page.key("Escape")
    assert page.evaluate(view) == whole


def test_the_axes_switch_between_absolute_and_relative(page: Page) -> None:
    page.evaluate("document.querySelectorAll('#volume-axis .btn')[1].click()")
    page.evaluate("document.querySelectorAll('#dose-axis .btn')[1].click()")
    assert page.evaluate("document.getElementById('yu').textContent") == "Volume [cc]"
    assert page.evaluate("document.getElementById('xu').textContent") == "Dose [% of 54 Gy]"
    box = plot_box(page)
    page.mouse("mouseMoved", box["x"] + 1, box["y"] + 100)
    assert readings(page)["Heart"].endswith(" cc")


# How far the box of each name is from each curve, in pixels: {name: {curve: distance}}.
DISTANCES = """(() => {
  const gap = (low, high, at) => Math.max(low - at, at - high, 0);
  const curves = Object.fromEntries([...document.querySelectorAll('.cv [data-n]')]
    .filter(path => !path.classList.contains('off')).map(path => {
      const length = path.getTotalLength(), screen = path.getScreenCTM();
      const points = [...Array(600).keys()].map(n => path.getPointAtLength(length * n / 599).matrixTransform(screen));
      return [path.dataset.n, points];
    }));
  return Object.fromEntries([...document.querySelectorAll('.lb0:not(.off)')].map(label => {
    const box = label.querySelector('text').getBoundingClientRect();
    const from = point => Math.hypot(gap(box.left, box.right, point.x), gap(box.top, box.bottom, point.y));
    const far = points => Math.min(...points.map(from));
    const own = label.classList[1];
    return [own, Object.fromEntries(Object.entries(curves).map(([name, points]) => [name, far(points)]))];
  }));
})()"""


@pytest.mark.parametrize("state", ["as it opens", "cc", "% dose", "zoomed"])
def test_each_name_stands_by_its_own_curve(page: Page, state: str) -> None:
    if state == "zoomed":
        box = plot_box(page)
        page.drag((box["x"] + 0.1 * box["width"], box["y"] + 20), (box["x"] + 0.5 * box["width"], box["y"] + 300))
    elif state != "as it opens":
        axis = "volume-axis" if state == "cc" else "dose-axis"
        page.evaluate(f"document.querySelectorAll('#{axis} .btn')[1].click()")
    found = page.evaluate(DISTANCES)
    assert len(found) >= 3
    for own, distances in found.items():
        assert distances[own] <= 30, (own, distances)  # the farthest seat of a name is 22 px aside and 14 up
        # where two curves cross the name may touch a few pixels of the other
        assert distances[own] <= min(distances.values()) + 12, (own, distances)


def test_only_this_one_hides_all_others_until_all_are_shown_again(page: Page) -> None:
    shown = "[...document.querySelectorAll('.cv [data-n]')].filter(p => !p.classList.contains('off')).length"
    page.evaluate("document.querySelector('.lg .one').click()")
    assert page.evaluate(shown) == 1
    page.evaluate("document.getElementById('sh').click()")
    assert page.evaluate(shown) == 9


LETTERS_COVERED = """[...document.querySelectorAll('.sl svg')].flatMap(svg => {
  const boxes = what => [...svg.querySelectorAll(what)].map(text => [text.textContent, text.getBoundingClientRect()]);
  return boxes('.nm').flatMap(([name, a]) => boxes('.ol').filter(([, b]) =>
    a.left < b.right - 1 && a.right > b.left + 1 && a.top + 3 < b.bottom - 3 && a.bottom - 3 > b.top + 3)
    .map(([letter]) => name + ' over ' + letter));
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_name_covers_an_orientation_letter(browser: Page, folder: Path, width: int) -> None:
    browser.open(folder / "report.html", width=width)
    browser.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert browser.evaluate("document.querySelectorAll('.sl .nm').length") > 20
    assert browser.evaluate(LETTERS_COVERED) == []


def test_names_in_the_legend_stay_on_one_line(page: Page) -> None:
    heights = page.evaluate("[...document.querySelectorAll('.lg tbody tr')].map(row => row.offsetHeight)")
    assert max(heights) == min(heights)


SHOWN_ROWS = "[...document.querySelectorAll('.ct tbody')].filter(b => !b.hidden && b.id).map(b => b.id)"


def choose(page: Page, control: str, value: str) -> None:
    select = f"document.getElementById('{control}')"
    page.evaluate(f"{select}.value = '{value}'; {select}.dispatchEvent(new Event('change'))")


def test_the_table_shows_only_what_is_not_met(page: Page) -> None:
    """Of the phantom's eleven limits five are met and one does not apply."""
    page.evaluate("document.getElementById('only').click()")
    assert page.evaluate(SHOWN_ROWS) == ["c4", "c5", "c6", "c8", "c10"]
    assert page.evaluate("document.getElementById('shown').textContent") == "5 of 11 constraints shown"
    page.evaluate("document.getElementById('only').click()")
    assert len(page.evaluate(SHOWN_ROWS)) == 11


def test_the_table_sorts_by_what_is_least_to_spare_and_back(page: Page) -> None:
    """Heart is 13 % beyond its limit, the stomach 2.2 %, the PTV 1.9 % short; what has no value comes last."""
    choose(page, "sort", "margin")
    assert page.evaluate(SHOWN_ROWS)[:4] == ["c10", "c4", "c8", "c6"]
    assert page.evaluate(SHOWN_ROWS)[-2:] == ["c5", "c11"]
    choose(page, "sort", "order")
    assert page.evaluate(SHOWN_ROWS) == [f"c{number}" for number in range(1, 12)]


def test_the_table_groups_by_structure_and_by_priority(page: Page) -> None:
    heads = "[...document.querySelectorAll('.gh')].map(h => h.textContent)"
    choose(page, "group", "structure")
    assert "Stomach 2 limits, 1 not met" in page.evaluate(heads)
    rows = page.evaluate(SHOWN_ROWS)
    assert rows.index("c11") == rows.index("c4") + 1  # both of the stomach
    choose(page, "group", "priority")
    assert page.evaluate(heads) == [
        "required 8 limits, 3 not met",
        "priority 2 1 limit, 1 not met",
        "advisory 2 limits, 1 not met",
    ]


def test_details_open_by_keyboard(page: Page) -> None:
    button = "document.querySelector('#c1 .tg')"
    shown = "getComputedStyle(document.querySelector('#c1 .dt')).display != 'none'"
    assert not page.evaluate(shown)
    page.evaluate(f"{button}.focus()")
    page.key("Enter")
    assert page.evaluate(shown)
    assert page.evaluate(f"{button}.getAttribute('aria-expanded')") == "true"


def test_the_source_of_a_limit_shows_on_hover(page: Page) -> None:
    place = page.evaluate("document.querySelector('#c4 .src').getBoundingClientRect().toJSON()")
    page.mouse("mouseMoved", place["x"] + 5, place["y"] + 5)
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert page.evaluate("getComputedStyle(document.querySelector('#c4 .tip')).visibility") == "visible"


def test_without_script_all_details_are_there(browser: Page, folder: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(folder / "report.html")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.evaluate(
        "[...document.querySelectorAll('.dt')].every(row => getComputedStyle(row).display != 'none')"
    )


@pytest.mark.parametrize(("name", "width", "height"), [("A4", 8.27, 11.69), ("Letter", 8.5, 11.0)])
def test_it_prints_on_a_handful_of_pages(page: Page, tmp_path: Path, name: str, width: float, height: float) -> None:
    page.print_pdf(tmp_path / f"{name}.pdf", width_inch=width, height_inch=height)
    printed = (tmp_path / f"{name}.pdf").read_bytes()
    assert 3 <= printed.count(b"/Type /Page\n") <= 10


def shown_names(page: Page) -> list[str]:
    script = "[...document.querySelectorAll('.pt tbody tr')].filter(r => !r.hidden).map(r => r.dataset.id)"
    found: list[str] = page.evaluate(script)
    return found


def test_the_index_sorts_and_filters(browser: Page, folder: Path) -> None:
    browser.open(folder / "index.html")
    assert shown_names(browser) == ["A-1", "B-2", "C-3"]  # the failing plan first
    browser.evaluate("document.querySelector('.so[data-k=\"0\"]').click()")
    browser.evaluate("document.querySelector('.so[data-k=\"0\"]').click()")
    assert shown_names(browser) == ["C-3", "B-2", "A-1"]
    browser.evaluate("[...document.querySelectorAll('.chip')].find(c => c.dataset.f == 'Error').click()")
    assert shown_names(browser) == ["B-2"]
    assert browser.evaluate("document.getElementById('n').textContent") == "1 of 3 plans"


@pytest.mark.parametrize("name", ["report.html", "index.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_serious_fault(browser: Page, folder: Path, name: str, scheme: str, size: str) -> None:
    browser.call("Page.setBypassCSP", enabled=True)
    browser.open(folder / name, width=SIZES[size][0], height=SIZES[size][1], scheme=scheme)
    browser.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.evaluate(axe_source())
    told = "v.impact + ' ' + v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).slice(0, 3).join(' | ')"
    faults = browser.evaluate(f"axe.run().then(found => found.violations.map(v => {told}))")
    assert [fault for fault in faults if fault.startswith(("serious", "critical"))] == []
