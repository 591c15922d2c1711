"""One window on a workbench for many tests: a plan is opened in it by mouse once, and each test begins at its check."""

import time
from typing import Any

from support.real_browser import PATIENCE_MS, SIZES, Watched
from support.workbench_schema import call_of

LAPTOP = SIZES["laptop"]
FAILS = "apatinib_56gy_stomach_fails"

# What a new page would begin with, set in the modules of this one: a plan that was opened before, and its protocol.
BEGIN = """
async ({ plan, view }) => {
  const { state, startAfresh, show } = await import(new URL("page/js/state.js", document.baseURI));
  document.activeElement?.blur();
  window.opened ??= {};
  if (view === "check") window.opened[plan] ??= state.plan;
  Object.assign(state, { plan: view === "check" ? window.opened[plan] : null, second: null, answer: null, failure: null, protocols: null });
  Object.assign(state.ui, { tab: "dose", filter: "all", selected: null, hover: null, editing: null, search: "" });
  startAfresh({ protocol: "apatinib", drawn_only: false, unit: "Gy", own_colours: false });
  show({ view });
}
"""  # noqa: E501


def control(page: Any, key: str) -> Any:
    """The control that the page knows by this key."""
    return page.locator(f'[data-f="{key}"]')


def stomach_flag(page: Any) -> Any:
    """The limit of the stomach on the plot."""
    return page.locator('.flag[aria-label*="Stomach"]')


class Bench:
    """A window that stays open. `asked` is every call of the server that it made, with its body."""

    def __init__(self, watched: Watched, address: str) -> None:
        self.watched, self.page = watched, watched.page
        self.asked: list[tuple[str, Any]] = []
        self._address = address
        self._opened: set[str] = set()
        self.page.on("request", self._note)

    def _note(self, request: Any) -> None:
        if request.url.startswith(f"{self._address}api/"):
            path = request.url.removeprefix(self._address)
            self.asked.append((call_of(request.method, path), request.post_data))

    def check(self, plan: str = FAILS) -> Any:
        """The page at the check of a served plan by apatinib, with its curves."""
        if plan in self._opened:
            self._begin(plan, "check")
        else:
            self._open(plan)
        self.page.locator(".stamp").wait_for()
        self.page.locator(".flag").first.wait_for()
        return self.page

    def turn_to(self, plan: str) -> Any:
        """The page right after a plan was opened, before anything of its check has come."""
        self._begin(plan, "check")
        return self.page

    def hold(self, call: str) -> "Held":
        """From now on the answers of this call come when they are let go."""
        return Held(self.page, call)

    def start(self) -> Any:
        """The page where a plan is opened, to be checked by apatinib."""
        if not self._opened:
            self.check()
        self._begin(FAILS, "start")
        self.page.locator(".drop").wait_for()
        return self.page

    def look(self, *, size: str = "laptop", scheme: str = "light") -> None:
        """Another size of the window, and another theme of the system."""
        width, height = SIZES[size]
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)

    def put_back(self) -> None:
        """What a test changed of the window itself."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.mouse.up()
        self.page.mouse.move(1, 1)
        if self.page.viewport_size != {"width": LAPTOP[0], "height": LAPTOP[1]}:
            self.look()

    def _begin(self, plan: str, view: str) -> None:
        self.page.evaluate(BEGIN, {"plan": plan, "view": view})

    def _open(self, plan: str) -> None:
        """By mouse, as a user does."""
        if self._opened:
            self.start()
        else:
            self.page.goto(self._address)
        self.page.locator(f'[data-f="served:{plan}/plan.dcm"]').click()
        if not self._opened:
            self.page.get_by_role("button", name="Check with this protocol").click()
        self.page.locator("[data-f=view-check][aria-current=page]").wait_for()
        self._begin(plan, "check")
        self._opened.add(plan)


class Held:
    """Requests of one kind that wait to be sent on."""

    def __init__(self, page: Any, call: str) -> None:
        self._page, self._call, self._routes = page, call, []
        page.route(f"**/{call}", lambda route: self._routes.append(route))

    def next(self) -> Any:
        """The first one that waits, to be sent on by `continue_`."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while not self._routes:
            assert time.monotonic() < end, f"the page did not ask for {self._call}"
            self._page.wait_for_timeout(10)
        return self._routes.pop(0)

    def let_all_go(self) -> None:
        """Send on all that wait, and those that come until none does."""
        self._routes.insert(0, self.next())
        while self._routes:
            while self._routes:
                self._routes.pop(0).continue_()
            self._page.wait_for_timeout(200)

    def let_go(self) -> None:
        """Send on the next one and wait until the page has its answer."""
        route = self.next()
        with self._page.expect_event("requestfinished", lambda request: request == route.request):
            route.continue_()
        self._page.evaluate("() => new Promise(requestAnimationFrame)")
