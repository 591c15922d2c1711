// The page: what is shown, when it is drawn anew, and what the keys and the bar do.

import { CallError, GoneError, get, post, setSession } from "./api.js";
import { batchView, prepareBatch } from "./batch_view.js";
import { checkView } from "./check_view.js";
import { recheck, whenAnswered } from "./checker.js";
import { byId, giveFocus, h, renew, toast, wantFocus } from "./dom.js";
import { prepareExport, saveProtocol } from "./export_panel.js";
import { prepareKeys } from "./keys.js";
import { compareView, prepareCompare } from "./compare_view.js";
import { curves } from "./curves.js";
import { prepareDifference } from "./difference_panel.js";
import { loadProtocols, prepareProtocols, protocolView } from "./protocols.js";
import { prepareRobust } from "./robust_panel.js";
import { goTo, scroll } from "./slices.js";
import { loadServed, openFor, openServed, prepareStart, startView } from "./start.js";
import { settleScale } from "./scale.js";
import { asked, ask, canRedo, canUndo, isUnsaved, nameProtocol, onChange, protocolName, redo, setEdits, show, startAfresh, state, undo } from "./state.js";
import { prepareSum } from "./sum_panel.js";
import { edit, prepareTable, remove, shownRows } from "./table.js";
import { toggleTheme } from "./theme_toggle.js";
import { addPart, prepareValues } from "./values_panel.js";

const VIEWS = [["start", "Open"], ["protocol", "Protocol"], ["check", "Check"], ["compare", "Compare"], ["plans", "Plans"]];
const BUILDERS = { start: startView, protocol: protocolView, check: () => checkView(actions), compare: compareView, plans: batchView };
const PAGE = crypto.getRandomValues(new Uint32Array(3)).join("-"); // tabs that were duplicated share a session
let isDrawn = false;
let session = "";

// What is pressed or open stays as it is until it is let go: a new drawing would swallow a click, close a list of choices
// and wipe half a date.
const hand = { holds: null, isDue: false };

function hold(target) {
  hand.holds = target;
}

function letGo() {
  hand.holds = null;
  if (!hand.isDue) return;
  hand.isDue = false;
  draw();
}

function watchHand() {
  const isChoice = () => hand.holds?.matches("select,input[type=date]");
  document.addEventListener("pointerdown", (event) => hold(event.target.closest("button,a,label,select")), true);
  document.addEventListener("keydown", (event) => event.target.matches("select,input[type=date]") && hold(event.target), true);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, () => isChoice() || setTimeout(letGo, 0), true);
  document.addEventListener("click", () => isChoice() || letGo()); // what it opened is drawn, and has the focus, before a key comes
  document.addEventListener("pointermove", (event) => hand.holds && !isChoice() && !event.buttons && letGo(), true);
  document.addEventListener("change", (event) => event.target.matches("select") && letGo(), true);
  document.addEventListener("focusout", () => isChoice() && setTimeout(letGo, 0), true);
  window.addEventListener("blur", letGo);
}

// Drawing is put off to the end of what is going on, so that many changes draw once.
export function draw() {
  if (hand.holds?.isConnected) {
    hand.isDue = true;
    return;
  }
  if (isDrawn) return;
  isDrawn = true;
  queueMicrotask(() => {
    isDrawn = false;
    drawNow();
  });
}

function drawNow() {
  renew(byId("main"), BUILDERS[state.ui.view]);
  renew(byId("crumb"), crumb);
  renew(byId("views"), views);
  byId("undo").disabled = !canUndo();
  byId("redo").disabled = !canRedo();
  document.title = [state.plan?.plan, "rtcheck workbench"].filter(Boolean).join(" · ");
  giveFocus();
  document.dispatchEvent(new CustomEvent("drawn"));
}

function crumb() {
  const { plan } = state;
  if (!plan) return [];
  return [
    h("button", { data_f: "crumb-plan", title: "Open another plan", onclick: () => view("start") }, h("b", {}, plan.plan || "a dose without a plan"), h("span", { class: "mut" }, ` ${plan.patient}`)),
    h("span", { class: "sep", aria_hidden: "true" }, "›"),
    h("button", { data_f: "crumb-protocol", title: "Choose another protocol", onclick: () => view("protocol") }, asked().protocol ? protocolName() : "choose a protocol"),
  ];
}

function isOpen(id) {
  if (id === "plans") return Boolean(state.server?.served);
  return id === "start" || id === "protocol" || Boolean(state.plan && asked().protocol);
}

function views() {
  return VIEWS.map(([id, text]) => h("a", { href: `#${id}`, data_f: `view-${id}`, aria_current: state.ui.view === id ? "page" : null, aria_disabled: isOpen(id) ? null : "true",
    onclick: (event) => { event.preventDefault(); view(id); } }, text));
}

export function view(id) {
  if (!isOpen(id)) return;
  if (state.ui.view !== id) history.pushState(null, "", fragment(id));
  enter(id);
}

function enter(id) {
  openFor("first");
  show({ view: id, editing: null });
  if (id === "protocol") loadProtocols().catch(complain);
}

// What a reload needs to find the same place again; random names only.
function fragment(id) {
  const parts = new URLSearchParams({ s: session });
  if (state.plan) parts.set("c", state.plan.case);
  if (asked().protocol) parts.set("p", asked().protocol);
  if (state.ui.filter !== "all") parts.set("f", state.ui.filter);
  return `#${id}?${parts}`;
}

const actions = {
  undo: () => settleScale() || undo() || toast("Nothing to undo"),
  redo: () => settleScale() || redo() || toast("Nothing to redo"),
  u: () => settleScale() || undo(),
  j: () => step(1),
  k: () => step(-1),
  e: () => state.ui.view === "check" && edit(current()),
  n: () => state.ui.view === "check" && wantFocus("new-row"),
  remove: () => state.ui.view === "check" && current() && !current().isGone && remove(current()),
  "/": () => (byId("search") ?? document.querySelector("input[type=search]"))?.focus(),
  w: () => state.ui.view === "check" && current() && showWhere(current()),
  "[": (event) => scroll(event.shiftKey ? -5 : -1),
  "]": (event) => scroll(event.shiftKey ? 5 : 1),
  "{": () => scroll(-5),
  "}": () => scroll(5),
  s: () => state.ui.view === "check" && show({ tab: "structures" }),
  x: () => state.ui.view === "check" && show({ tab: "export" }),
  c: () => view("compare"),
  b: () => view("plans"),
  1: () => view("start"),
  2: () => view("protocol"),
  3: () => view("check"),
  4: () => view("compare"),
  5: () => view("plans"),
  reset: () => ask({ edits: null, dose_scale: 1 }),
  save: saveProtocol,
};

// The slices at the place of a row's limit; without one at the hottest point of its structure.
function showWhere(row) {
  show({ tab: "dose" });
  const place = row.numbers?.place?.position_mm ?? curves()?.curves.find((curve) => row.numbers?.curves.includes(curve.name))?.hottest_mm;
  if (place) goTo(place);
}

const current = () => shownRows().find((row) => row.key === (state.ui.selected ?? state.ui.hover?.key)) ?? shownRows()[0];

function step(by) {
  if (state.ui.view !== "check") return;
  const rows = shownRows();
  const place = rows.findIndex((row) => row.key === (document.activeElement?.dataset.f ?? "").replace(/^row:/, ""));
  const next = rows[Math.min(Math.max(place + by, 0), rows.length - 1)];
  if (next) wantFocus(`row:${next.key}`);
}

function opened(plan, purpose) {
  if (purpose === "second") {
    state.second = plan;
    view("compare");
    return;
  }
  if (purpose === "part") {
    addPart(plan);
    view("check");
    show({ tab: "courses" });
    return;
  }
  const { protocol: keep, edits } = asked();
  Object.assign(state, { plan, answer: null, failure: null, protocols: null });
  state.ui.selected = null;
  const protocol = keep || state.server.protocol;
  startAfresh({ protocol });
  if (protocol) view("check");
  else view("protocol");
  if (edits) toast("The edited limits of the plan before do not apply to this one", { label: "Apply them", do: () => asked().protocol === keep && setEdits(edits) });
}

function protocolChosen(id, name) {
  nameProtocol(id, name);
  if (asked().protocol !== id || asked().edits) {
    state.answer = null;
    state.ui.selected = null;
    if (asked().protocol) ask({ protocol: id, edits: null });
    else startAfresh({ protocol: id }); // undo goes back to another protocol, and not to none
  }
  view(state.plan ? "check" : "start");
}

function complain(error) {
  if (error instanceof GoneError) {
    showGone(error);
  } else if (error instanceof CallError) {
    toast(error.message);
  } else {
    throw error;
  }
}

// What was changed is held by this page alone: it is not reloaded before somebody wants that.
function showGone(error) {
  const strip = byId("gone");
  const button = { ask: ["Try again", askAgain], reload: ["Reload", () => location.reload()] }[error.again];
  strip.replaceChildren(h("span", {}, error.message, isUnsaved() ? " Your changes are still here." : ""),
    asked().edits ? h("button", { class: "btn", data_f: "gone-save", onclick: saveProtocol }, "Save as protocol") : "",
    button ? h("button", { class: "btn", data_f: "gone-again", onclick: button[1] }, button[0]) : "");
  strip.hidden = false;
}

function askAgain() {
  if (!state.server) location.reload();
  else post(`api/here?page=${PAGE}`).catch(complain);
}

async function begin() {
  const wanted = new URLSearchParams(location.hash.split("?")[1] ?? "");
  state.server = await get("api/state");
  session = wanted.get("s") ?? "";
  setSession(session);
  const isKnown = session && (await post(`api/here?page=${PAGE}`).then(() => true, () => false));
  if (!isKnown) {
    setSession("");
    ({ session } = await post(`api/sessions?page=${PAGE}`));
    setSession(session);
  }
  const { drawn_only, unit, own_colours } = state.server;
  startAfresh({ drawn_only, unit, own_colours });
  state.ui.filter = wanted.get("f") ?? "all";
  if (isKnown && wanted.get("c")) await again(wanted);
  if (!asked().protocol && state.server.protocol) startAfresh({ protocol: state.server.protocol });
  if (!state.plan) history.replaceState(null, "", fragment("start"));
  draw();
  loadServed().catch(complain);
}

// After a reload: the case that the page had.
async function again(wanted) {
  const plan = await get(`api/cases/${encodeURIComponent(wanted.get("c"))}`).catch(() => null);
  if (!plan) return;
  state.plan = plan;
  const protocol = wanted.get("p") ?? state.server.protocol;
  startAfresh({ protocol });
  show({ view: protocol ? "check" : "protocol" });
  if (!protocol) loadProtocols().catch(complain);
}

onChange((why) => {
  if (why === "question") {
    recheck();
  }
  // Browsers refuse hundreds of these in half a minute: only where it says something new.
  if (session && fragment(state.ui.view) !== location.hash) history.replaceState(null, "", fragment(state.ui.view));
  draw();
});
whenAnswered(() => {
  if (state.failure?.gone) complain(state.failure.gone);
  if (state.answer && protocolName() === asked().protocol) nameProtocol(asked().protocol, state.answer.what_if.name);
  draw();
});
document.addEventListener("again", () => {
  if (state.failure?.gone) recheck();
  draw();
});
watchHand();
prepareStart(opened, draw);
prepareProtocols(protocolChosen, draw);
prepareTable(draw, showWhere);
prepareRobust(draw);
prepareExport(draw);
const openAnother = (purpose) => () => {
  view("start");
  openFor(purpose);
};
prepareCompare(draw, openAnother("second"));
prepareDifference(draw);
prepareSum(draw, (plan) => opened(plan, "first"), () => opened(state.second, "part"));
prepareValues(draw, openAnother("part"), (plan) => opened(plan, "first"));
prepareBatch(draw, openServed);
prepareKeys(actions);
byId("undo").addEventListener("click", actions.undo);
byId("redo").addEventListener("click", actions.redo);
byId("theme").addEventListener("click", () => {
  toggleTheme();
  draw(); // curves have a colour for each ground
});
window.addEventListener("popstate", () => {
  const id = location.hash.slice(1).split("?")[0];
  if (id in BUILDERS && isOpen(id)) enter(id);
});
matchMedia("(max-width: 720px)").addEventListener("change", draw);
window.addEventListener("pagehide", () => navigator.sendBeacon(`api/sessions/${session}/leave?page=${PAGE}`));
window.addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault();
});
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => event.preventDefault());
setInterval(() => post(`api/here?page=${PAGE}`).catch(() => {}), 5 * 60 * 1000);
window.addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof GoneError)) return;
  event.preventDefault();
  complain(event.reason);
});
begin().catch(complain);

