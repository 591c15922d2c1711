// The choice of a protocol: searchable, those that fit the plan first, with a preview; or one from a file.

import { CallError, get, post, send } from "./api.js";
import { byId, counted, h } from "./dom.js";
import { asked, state } from "./state.js";

const view = { search: "", chosen: "", shown: null, title: "", error: "", losses: [] };
let onChosen = () => {};
let redraw = () => {};

export function prepareProtocols(chosen, renewed) {
  onChosen = chosen;
  redraw = renewed;
}

// The list in the order in which it fits the plan; what is chosen meanwhile stays chosen.
export async function loadProtocols() {
  const { plan } = state;
  if (!state.protocols) view.chosen = "";
  const before = view.chosen;
  const { protocols } = await get(`api/protocols${plan ? `?case=${encodeURIComponent(plan.case)}` : ""}`);
  if (plan !== state.plan) return;
  state.protocols = protocols;
  if (view.chosen === before) view.chosen = asked().protocol || protocols[0]?.id || "";
  redraw();
  await preview();
}

async function preview() {
  const name = view.chosen;
  if (!name || view.shown?.id === name) return;
  const shown = await get(`api/protocols/${encodeURIComponent(name)}`);
  view.shown = { id: name, ...shown };
  redraw();
}

export function protocolView() {
  return h("div", { class: "view prot" },
    h("section", { data_scroll: "protocols", aria_label: "Protocols" }, ...choice()),
    h("section", { class: "pv", data_scroll: "preview", aria_label: "Preview" }, ...shownProtocol()));
}

function choice() {
  const rows = filtered();
  const groups = [["Your own", rows.filter((row) => row.is_own)], ["Fit this plan", rows.filter((row) => !row.is_own && row.fits)], [state.plan ? "Others" : "In the library", rows.filter((row) => !row.is_own && !row.fits)]];
  return [
    h("div", { class: "tb" }, h("h1", { class: "h" }, "Protocol"),
      h("input", { type: "search", id: "search", placeholder: "Search protocols", aria_label: "Search protocols", data_f: "protocol-search", value: view.search,
        oninput: (event) => { view.search = event.target.value; redraw(); },
        onkeydown: (event) => searchKey(event, rows) }),
      h("span", { class: "r bsr" },
        state.plan ? h("button", { class: "btn", data_f: "protocol-draft", onclick: draft }, "Draft from this plan") : "",
        h("button", { class: "btn", data_f: "protocol-empty", onclick: () => onChosen("empty", "an empty protocol") }, "Empty"),
        state.server?.read_only ? "" : h("button", { class: "btn", data_f: "protocol-file", onclick: () => byId("protocol-input").click() }, "From a file"),
        h("input", { type: "file", id: "protocol-input", hidden: true, accept: ".yaml,.yml,.json,.csv,.txt,.xml,.xlsx", onchange: (event) => fromFile(event.target) }))),
    view.error && h("div", { class: "card bad", role: "alert" }, h("h2", {}, view.title), h("pre", {}, view.error)),
    view.losses.length ? h("div", { class: "card" }, h("h2", {}, "Not converted"), h("ul", { class: "dots" }, view.losses.map((text) => h("li", {}, text)))) : "",
    state.protocols ? h("table", { class: "pick pp" },
      h("thead", {}, h("tr", {}, ["Protocol", "Site", "Limits", state.plan ? "This plan" : ""].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, groups.map(([name, some]) => [some.length ? h("tr", { class: "grp" }, h("td", { colspan: 4 }, name)) : "", some.map(row)])))
      : h("progress", { aria_label: "Reading the protocols" }),
  ];
}

function filtered() {
  const words = view.search.toLowerCase().split(/\s+/).filter(Boolean);
  return (state.protocols ?? []).filter((row) => {
    const text = [row.name, row.title, row.site, row.version].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function searchKey(event, rows) {
  if (event.key !== "Enter" || !rows.length) return;
  onChosen(rows[0].id, rows[0].name);
}

function row(each) {
  const select = () => {
    view.chosen = each.id;
    redraw();
    preview().catch(failed);
  };
  return h("tr", { class: each.id === view.chosen ? "on" : "", onclick: select, ondblclick: () => onChosen(each.id, each.name) },
    h("th", { scope: "row" }, h("button", { class: "lnk2", data_f: `protocol:${each.id}`, aria_pressed: String(each.id === view.chosen), onclick: (event) => { event.stopPropagation(); select(); } }, each.name),
      h("small", {}, each.title)),
    h("td", {}, each.site), h("td", { class: "nw" }, each.limits), h("td", {}, each.why.join(", ")));
}

function shownProtocol() {
  const shown = view.shown?.id === view.chosen ? view.shown : null; // never the one chosen before
  if (!shown && view.chosen) return [h("p", { class: "mut" }, "Reading …")];
  if (!shown) return [h("p", { class: "mut" }, "Choose a protocol to see its limits.")];
  return [
    h("h2", {}, `${shown.name} ${shown.version}`.trim()),
    shown.title && h("p", {}, shown.title),
    h("div", { class: "bs" }, h("button", { class: "btn pri", data_f: "protocol-use", onclick: () => onChosen(shown.id, shown.name) }, state.plan ? "Check with this protocol" : "Use this protocol")),
    h("ul", { class: "lims" }, shown.constraints.map((each) => h("li", {}, h("span", {}), h("span", {}, each.structure, each.priority === "required" ? "" : h("small", {}, ` ${each.priority}`)), h("code", {}, each.goal)))),
    shown.eligibility ? h("p", { class: "mut" }, counted(shown.eligibility, "eligibility item")) : "",
    shown.note && h("p", { class: "mut" }, shown.note),
    h("ul", { class: "srcs" }, shown.sources.map((source) => h("li", {}, source.citation, " ", safeLink(source.url)))),
  ];
}

// An address of a source; only addresses of the web become links.
export function safeLink(url) {
  if (!/^https?:\/\//i.test(url ?? "")) return url ? h("span", {}, url) : "";
  return h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, new URL(url).host);
}

// Who has gone on to another plan or view is not called back by a late answer.
const isStillHere = (plan) => plan === state.plan && state.ui.view === "protocol";

function failed(error, title = "Not read") {
  if (!(error instanceof CallError)) throw error;
  Object.assign(view, { title, error: error.message });
  redraw();
}

async function draft() {
  const { plan } = state;
  try {
    const made = await post("api/protocols/draft", { case: plan.case });
    if (isStillHere(plan)) onChosen(made.id, made.name);
  } catch (error) {
    failed(error, "No draft");
  }
}

async function fromFile(input) {
  const [file] = input.files;
  const { plan } = state;
  if (!file) return;
  view.error = "";
  view.losses = [];
  const form = new FormData();
  form.append("file", file, file.name);
  try {
    const added = await send("api/protocols", form, () => {});
    view.losses = added.losses;
    await loadProtocols();
    if (!added.losses.length && isStillHere(plan)) onChosen(added.id, added.name);
  } catch (error) {
    failed(error, "This protocol cannot be read");
  }
}
