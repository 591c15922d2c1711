// The served folder as a table: every plan checked by the protocol in hand, sorted, filtered, opened by a click.

import { CallError, get, post } from "./api.js";
import { counted, glyph, h, s } from "./dom.js";
import { follow } from "./jobs.js";
import { asked, protocolName, sentQuestion, state } from "./state.js";
import { statedDose, unit } from "./unit.js";

const KINDS = ["over", "ne", "var", "edge", "met"];
const WORDS = { over: "fail", ne: "not evaluated", var: "variation", edge: "borderline or in doubt", met: "pass" };
const view = { rows: [], protocol: "", running: null, progress: null, error: "", sort: "kind", down: false, kind: "", search: "", loaded: false, unit: "", last: 0, turn: 0, of: "" };
let redraw = () => {};
let openPlan = () => {};

export function prepareBatch(renewed, onOpen) {
  redraw = renewed;
  openPlan = onOpen;
}

// What the start page shows of the same work: a plan's verdict once it is computed, how far it is, and the way to begin.
export const verdictOf = (name) => view.rows.find((row) => row.key === name);
export const checkedBy = () => (view.rows.length ? view.protocol : "");
export const isChecking = () => Boolean(view.running);
export const checkAll = () => (view.running ? null : run());
export const loadVerdicts = () => (view.loaded ? null : loadRows());

export function batchView() {
  if (!view.loaded || view.unit !== unit()) loadRows();
  const rows = sorted(view.rows.filter(isWanted));
  const name = protocolName();
  const isSame = view.rows.length > 0 && view.of === questionNow();
  return h("div", { class: "view batch", data_scroll: "batch" },
    h("div", { class: "bh" }, h("div", {}, h("h1", {}, `Plans in ${state.server.served}`), h("p", { class: "mut" }, view.protocol ? `checked by ${view.protocol}` : "not yet checked")),
      h("div", { class: "r" },
        h("input", { type: "search", id: "search", placeholder: "Filter", aria_label: "Filter the plans", data_f: "batch-search", value: view.search, oninput: (event) => { view.search = event.target.value; redraw(); } }),
        h("button", { class: "btn pri", data_f: "batch-run", disabled: Boolean(view.running) || !asked().protocol, onclick: run }, isSame ? "Check again what changed" : asked().protocol ? `Check all by ${name}` : "Choose a protocol first"),
        view.running ? h("button", { class: "btn", data_f: "batch-stop", onclick: () => view.running.stop() }, "Stop") : "")),
    view.running ? h("div", { role: "status" }, h("p", {}, view.progress?.total ? `${view.progress.done} of ${counted(view.progress.total, "plan")}` : "Reading the files …"), h("progress", view.progress?.total ? { max: view.progress.total, value: view.progress.done, aria_label: "Plans" } : { aria_label: "Looking at the files" })) : "",
    view.error ? h("p", { class: "bad", role: "alert" }, view.error) : "",
    view.rows.length ? [summary(), chips(), table(rows)] : "");
}

function isWanted(row) {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [row.name, row.plan, row.key, row.reason, row.word].join(" ").toLowerCase();
  return (!view.kind || row.kind === view.kind) && words.every((word) => text.includes(word));
}

function sorted(rows) {
  const value = { kind: (row) => KINDS.indexOf(row.kind), name: (row) => row.name, plan: (row) => row.plan, dose: (row) => row.dose_gy ?? -1, tightest: (row) => row.tightest?.margin ?? 9 }[view.sort];
  const by = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
  return [...rows].sort((a, b) => (view.down ? -by(a, b) : by(a, b)) || (a.name < b.name ? -1 : 1));
}

function summary() {
  let from = 0;
  const parts = KINDS.map((kind) => {
    const share = (100 * view.rows.filter((row) => row.kind === kind).length) / view.rows.length;
    const part = s("rect", { class: `s-${kind}`, x: `${from}%`, width: `${share}%`, height: 6 });
    from += share;
    return part;
  });
  return s("svg", { class: "sum", aria_hidden: "true" }, parts);
}

function chips() {
  return h("div", { class: "tb", role: "group", aria_label: "Filter by verdict" }, KINDS.map((kind) => {
    const count = view.rows.filter((row) => row.kind === kind).length;
    return count ? h("button", { class: `chip ${kind}`, data_f: `chip-${kind}`, aria_pressed: String(view.kind === kind), onclick: () => { view.kind = view.kind === kind ? "" : kind; redraw(); } }, glyph(kind, "s"), `${count} ${WORDS[kind]}`) : "";
  }));
}

function table(rows) {
  const head = (key, text, className = "") => h("th", { scope: "col", class: className, aria_sort: view.sort === key ? (view.down ? "descending" : "ascending") : null },
    h("button", { class: "sb", data_f: `sort-${key}`, onclick: () => { view.down = view.sort === key ? !view.down : false; view.sort = key; redraw(); } }, text, view.sort === key ? (view.down ? " ↓" : " ↑") : ""));
  return h("table", { class: "pick bt" },
    h("thead", {}, h("tr", {}, head("kind", "Verdict"), head("name", "Plan"), head("plan", "Label"), head("dose", "Dose", "num"), h("th", { scope: "col" }, "Constraints"), head("tightest", "Tightest"), h("th", { scope: "col" }, "Why"))),
    h("tbody", {}, rows.map((row) => h("tr", { onclick: () => openPlan(row.key) },
      h("td", { class: "nw" }, glyph(row.kind, "s"), " ", h("span", { class: `w ${row.kind}` }, row.word)),
      h("th", { scope: "row" }, h("button", { class: "lnk2", data_f: `batch:${row.key}`, onclick: (event) => { event.stopPropagation(); openPlan(row.key); } }, row.name)),
      h("td", {}, row.plan), h("td", { class: "num nw" }, row.dose_gy === null ? "" : statedDose(Number(row.dose_gy.toFixed(2)))),
      h("td", { class: "marks" }, KINDS.map((kind) => { const count = row.marks.filter((mark) => mark.kind === kind).length; return count ? h("span", { class: "mk" }, glyph(kind, "s"), String(count), " ") : ""; })),
      h("td", {}, row.tightest ? [`${row.tightest.structure} ${row.tightest.goal}`, h("small", {}, row.tightest.margin_text)] : ""),
      h("td", { class: "why2" }, row.reason)))));
}

// The folder is checked by the protocol as edited, whatever is said of the one plan that is open.
function questionNow() {
  const { protocol, edits, aliases, require_eligibility: eligible, drawn_only: drawn } = sentQuestion(0).body;
  return JSON.stringify([protocol, edits, aliases, eligible, drawn]);
}

async function loadRows() {
  const turn = ++view.turn;
  view.loaded = true;
  view.last = performance.now();
  const wanted = unit();
  view.unit = wanted;
  try {
    const { rows, protocol } = await get(`api/batch?unit=${wanted}`);
    if (view.unit === wanted && view.turn === turn) Object.assign(view, { rows, protocol });
    redraw();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
  }
}

async function run() {
  view.error = "";
  try {
    const of = questionNow();
    const { job } = await post("api/batch", sentQuestion(0).body);
    Object.assign(view, { progress: null, of });
    view.running = follow(job, (told) => {
      view.progress = told;
      if (performance.now() - view.last > 700) loadRows();
      redraw();
    }, (end) => {
      view.running = null;
      if (end.status !== 200) view.error = end.error.text;
      loadRows();
      redraw();
    });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    view.error = error.message;
  }
  redraw();
}
