// The first view: drop a plan, or pick one of the served folder; and what comes between a drop and an opened case.

import { CallError, get, post } from "./api.js";
import { checkAll, checkedBy, isChecking, loadVerdicts, verdictOf } from "./batch_view.js";
import { byId, counted, glyph, h, s, toast, wantFocus } from "./dom.js";
import { asked, protocolName, state } from "./state.js";
import { filesOfDrop, filesOfInput, upload } from "./upload.js";

const flow = { step: "idle", progress: null, plans: [], files: [], error: null, upload: "", purpose: "first" };
let turn = 0; // of drops and choices: the latest one counts
let onOpened = () => {};
let redraw = () => {};

export function prepareStart(opened, renewed) {
  onOpened = opened;
  redraw = renewed;
}

export const openFor = (purpose) => {
  flow.purpose = purpose;
};

export function startView() {
  const canUpload = state.server && !state.server.read_only;
  return h(
    "div",
    { class: "view start" + (canUpload ? "" : " alone") },
    canUpload && h("section", { class: "drop", aria_label: "Open files", data_scroll: "drop" }, dropped(), ...between(), safety()),
    h("section", { class: "served", aria_label: "Plans of the served folder", data_scroll: "served" }, ...(canUpload ? [] : between()), ...servedList()),
  );
}

function dropped() {
  const choose = (isFolder) =>
    h("input", { type: "file", multiple: true, webkitdirectory: isFolder, hidden: true, id: isFolder ? "pick-folder" : "pick-files",
      onchange: (event) => take(filesOfInput(event.target)) });
  const button = (id, text) => h("button", { class: "btn", data_f: id, onclick: () => byId(id).click() }, text);
  const over = (event, on) => {
    event.preventDefault();
    zone.classList.toggle("on", on);
  };
  const zone = h(
    "div",
    {
      class: "dz", id: "dropzone",
      ondragenter: (event) => over(event, true),
      ondragover: (event) => over(event, true),
      ondragleave: (event) => over(event, false),
      ondrop: async (event) => {
        over(event, false);
        take(await filesOfDrop(event.dataTransfer));
      },
    },
    s("svg", { viewBox: "0 0 40 40", aria_hidden: "true" }, s("path", { d: "M20 27V7m-8 8 8-8 8 8M6 26v7h28v-7" })),
    h("b", {}, { second: "Drop the second plan here", part: "Drop the next plan here" }[flow.purpose] ?? "Drop a plan here"),
    h("p", {}, "A folder, a zip archive or files: RT Plan, Dose, Structure Set, CT"),
    h("div", { class: "bs" }, button("pick-files", "Choose files"), button("pick-folder", "Choose a folder")),
    choose(false),
    choose(true),
  );
  return zone;
}

const safety = () =>
  h("p", { class: "safe" },
    s("svg", { viewBox: "0 0 20 20", aria_hidden: "true" }, s("path", { d: "M5 9V6.5a5 5 0 0 1 10 0V9M4 9h12v8H4Z" })),
    h("span", {}, "Files stay on this computer: they go to rtcheck's own server, into a private folder that is removed when this page or the server ends."));

// What is between a drop and an opened case: progress, a choice, or a refusal.
function between() {
  if (flow.error) return [refusal()];
  if (flow.step === "sending" || flow.step === "reading") return [progress()];
  if (flow.step === "plans") return [planChoice()];
  if (flow.step === "files") return [fileChoice()];
  return [];
}

function progress() {
  const told = flow.progress;
  const mb = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  const sending = flow.step === "sending";
  return h("div", { class: "card", role: "status" },
    h("p", {}, sending ? `Sending ${told.files} of ${counted(told.of, "file")}: ${mb(told.bytes)} of ${mb(told.total)} MB` : flow.reading),
    h("progress", sending ? { max: Math.max(told.total, 1), value: told.bytes, aria_label: "Sent" } : { aria_label: "Reading" }));
}

function refusal() {
  return h("div", { class: "card bad", role: "alert" },
    h("h2", {}, flow.error.code && !flow.error.code.startsWith("web.") ? `Not readable (${flow.error.code})` : "Not opened"),
    h("p", { class: "pre" }, flow.error.text),
    h("div", { class: "bs" },
      flow.error.again ? h("button", { class: "btn", data_f: "open-anyway", title: `--ignore ${flow.error.code}`, onclick: flow.error.again }, `Ignore ${flow.error.code} and open`) : "",
      h("button", { class: "btn", data_f: "start-over", onclick: () => { reset(); redraw(); } }, "Start over")));
}

function planChoice() {
  return h("div", { class: "card" },
    h("h2", {}, `${counted(flow.plans.length, "plan")} found`),
    h("p", {}, "Choose the plan to check"),
    h("ul", { class: "choices" }, flow.plans.map((plan, n) =>
      h("li", {}, h("button", { class: "opt2", data_f: `plan-${n}`, disabled: plan.kind === "damaged", onclick: () => chosen(plan) },
        h("b", {}, plan.label || plan.name || "without a label"),
        h("small", {}, [plan.patient_id, day(plan.date), plan.name, parts(plan), plan.problem.split("\n")[0]].filter(Boolean).join(" · ")))))));
}

const parts = (plan) =>
  [plan.kind === "dose" ? "dose without a plan" : "", plan.doses > 1 ? counted(plan.doses, "dose") : plan.doses ? "" : "no dose", plan.structures ? "" : "no structures"].filter(Boolean).join(", ");

function fileChoice() {
  const of = (role) => flow.files.filter((file) => file.role === role);
  const pick = (role, legend, kind, none, files = of(role)) =>
    h("fieldset", { class: "fs" }, h("legend", {}, legend),
      none && option(role, kind, { name: "", label: none }, flow.chosen[role].length === 0),
      files.map((file) => option(role, kind, file, flow.chosen[role].includes(file.name))));
  const others = of("dose").filter((file) => !flow.chosen.dose.includes(file.name));
  return h("form", { class: "card", onsubmit: (event) => { event.preventDefault(); openChosen(); } },
    h("h2", {}, "Choose the files"),
    h("p", { role: "status" }, `${flow.why} `, h("span", { class: "mut" }, "rtcheck does not guess which of these files belong together.")),
    of("plan").length ? pick("plan", "Plan", "radio", "without a plan") : "",
    pick("dose", "Doses (several are added)", "checkbox"),
    flow.chosen.dose.length && others.length ? pick("scenario", "Scenarios (doses of the plan under its uncertainties)", "checkbox", undefined, others) : "",
    of("structures").length ? pick("structures", "Structure set", "radio", "without structures") : "",
    h("div", { class: "bs" }, h("button", { class: "btn pri", data_f: "open-chosen" }, "Open"),
      h("button", { class: "btn", type: "button", data_f: "start-over", onclick: () => { reset(); redraw(); } }, "Start over")));
}

function option(role, kind, file, isChosen) {
  const change = (event) => {
    if (kind === "radio") flow.chosen[role] = file.name ? [file.name] : [];
    else if (event.target.checked) flow.chosen[role].push(file.name);
    else flow.chosen[role] = flow.chosen[role].filter((name) => name !== file.name);
    redraw();
  };
  return h("label", { class: "opt" },
    h("input", { type: kind, name: role, checked: isChosen, data_f: `${role}:${file.name}`, onchange: change }),
    h("span", {}, file.label || file.name, h("small", {}, [file.name && file.label ? file.name : "", day(file.date), file.summation].filter(Boolean).join(" · "))));
}

export const day = (date) => (/^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : date);

function servedList() {
  const { server, plans } = state;
  if (!server) return [];
  if (server.served === null) {
    return [h("div", { class: "hint" }, h("h2", {}, "No folder is served"),
      h("p", {}, "Start the workbench with ", h("code", {}, "rtcheck serve FOLDER"), " to list the plans of a folder here."))];
  }
  const head = h("div", { class: "ph" }, h("h1", { class: "h" }, `Plans in ${server.served}`),
    plans && h("span", { class: "mut" }, counted(plans.plans.length, "plan") + (plans.omitted ? `, ${plans.omitted} more not listed` : "")),
    h("span", { class: "r bsr" }, plans?.plans.length && asked().protocol ? h("button", { class: "btn", data_f: "check-all", disabled: isChecking(), onclick: checkAll }, isChecking() ? "Checking …" : `Check all by ${protocolName()}`) : "",
      plans && h("input", { type: "search", placeholder: "Filter", aria_label: "Filter the plans", data_f: "plan-filter", value: flow.filter ?? "",
      oninput: (event) => { flow.filter = event.target.value; redraw(); } })));
  if (!plans) return [head, h("p", { role: "status" }, "Reading the files …"), h("progress", { aria_label: "Looking at the files" })];
  const wanted = (flow.filter ?? "").trim().toLowerCase();
  const rows = plans.plans.filter((plan) => !wanted || [plan.name, plan.label, plan.patient_id].join(" ").toLowerCase().includes(wanted));
  return [head, h("table", { class: "pick sv" },
    h("thead", {}, h("tr", {}, ["Plan", "Patient ID", "Date", "System", "Files"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col" }, "Verdict", checkedBy() ? h("small", {}, `by ${checkedBy()}`) : ""))),
    h("tbody", {}, rows.map((plan) => servedRow(plan))))];
}

function servedRow(plan) {
  const open = () => plan.open && openCase({ ...plan.open }, plan);
  return h("tr", { class: plan.open ? "" : "off", onclick: open },
    h("th", { scope: "row" }, plan.open
      ? h("button", { class: "lnk2", data_f: `served:${plan.name}`, onclick: (event) => { event.stopPropagation(); open(); } }, plan.label || plan.name)
      : plan.name,
    h("small", {}, plan.label ? plan.name : "")),
    h("td", {}, plan.patient_id), h("td", { class: "nw" }, day(plan.date)), h("td", {}, plan.system),
    h("td", {}, plan.problem ? plan.problem.split("\n")[0] : parts(plan) || "complete", plan.open && h("small", {}, plan.images ? `CT, ${counted(plan.images, "slice")}` : "no CT")),
    h("td", { class: "nw" }, verdictCell(plan)));
}

function verdictCell(plan) {
  const row = verdictOf(plan.name);
  if (row) return [glyph(row.kind, "s"), " ", h("span", { class: `w ${row.kind}` }, row.word)];
  return plan.open && isChecking() ? h("span", { class: "mut" }, "…") : "";
}

function reset() {
  Object.assign(flow, { step: "idle", progress: null, plans: [], files: [], error: null, upload: "" });
}

async function take(files) {
  if (!files.length) return;
  const mine = ++turn;
  reset();
  try {
    flow.step = "sending";
    flow.progress = { bytes: 0, total: 1, files: 0, of: files.length };
    redraw();
    const name = await upload(files, (told) => {
      if (mine === turn) flow.progress = told;
      redraw();
    });
    if (mine !== turn) return;
    flow.upload = name;
    reading("Searching for plans …");
    const { plans } = await post(`api/uploads/${name}/plans`);
    if (mine !== turn) return;
    flow.plans = plans;
    const openable = flow.plans.filter((plan) => plan.open);
    if (flow.plans.length === 1 && openable.length === 1) await chosen(openable[0]);
    else flow.step = "plans";
  } catch (error) {
    if (mine !== turn) return;
    fail(error);
  }
  redraw();
}

function reading(text) {
  flow.step = "reading";
  flow.reading = text;
  redraw();
}

async function chosen(plan) {
  await openCase({ ...plan.open, upload: flow.upload }, plan);
}

async function openChosen() {
  const { plan, dose, structures } = flow.chosen;
  const scenarios = flow.chosen.scenario.filter((name) => !dose.includes(name));
  await openCase({ upload: flow.upload, path: flow.path ?? "", plan: plan[0] ?? "", doses: dose, structures: structures[0] ?? "", scenarios: named(scenarios) }, null);
}

async function openCase(recipe, plan) {
  const mine = ++turn;
  const from = state.ui.view;
  const { purpose } = flow;
  reading(`Reading ${plan?.label || plan?.name || "the files"} …`);
  try {
    const opened = await post("api/cases", recipe);
    if (mine !== turn) return;
    reset();
    flow.purpose = "first";
    const go = () => onOpened(opened, purpose);
    if (state.ui.view === from) go();
    else toast(`${opened.plan || "The plan"} has been read`, { label: "Show", do: go }); // who has gone on is not called back
  } catch (error) {
    if (mine !== turn) return;
    await offerFiles(error, recipe);
    if (!flow.files.length) fail(error, () => {
      flow.error = null;
      openCase({ ...recipe, ignore: [...(recipe.ignore ?? []), error.code] }, plan);
    });
    else wantFocus(`dose:${flow.files.find((file) => file.role === "dose")?.name}`);
  }
  redraw();
}

// Scenarios by what their files call them, by the file where that is nothing of its own. A command line has NAME=FILE.
function named(files) {
  const label = (name) => (flow.files.find((file) => file.name === name)?.label ?? "").replaceAll("=", " ").trim();
  const isOwn = (name) => label(name) && files.filter((other) => label(other).toLowerCase() === label(name).toLowerCase()).length === 1;
  return Object.fromEntries(files.map((name) => [isOwn(name) ? label(name) : name.replaceAll("=", " "), name]));
}

// Where only a person can tell which files belong together, all of them are offered.
async function offerFiles(error, recipe) {
  if (!(error instanceof CallError) || error.status !== 409) return;
  flow.upload = recipe.upload ?? "";
  flow.path = recipe.path;
  const asked = flow.upload ? post(`api/uploads/${flow.upload}/files`) : post("api/plans/files", { path: recipe.path });
  const { files } = await asked.catch(() => ({ files: [] }));
  if (files.length) Object.assign(flow, { files, step: "files", why: error.message.split("\n")[0].replace(/\. .*/, ".") });
  flow.chosen = { plan: recipe.plan ? [recipe.plan] : [], dose: [], structures: [], scenario: [] };
}

// `again` opens in spite of an error that may be ignored, as `--ignore` does; the report records it.
function fail(error, again) {
  if (!(error instanceof CallError)) {
    reset(); // nothing is being read any more
    redraw();
    throw error;
  }
  flow.error = { code: error.code, text: error.message, again: error.details.can_ignore ? again : null };
}

// A plan of the served folder by its name there, as the table of plans calls it.
export async function openServed(name) {
  if (!state.plans) await loadServed();
  const plan = state.plans.plans.find((each) => each.name === name);
  if (plan?.open) await openCase({ ...plan.open }, plan);
}

export async function loadServed() {
  if (!state.server?.served) return;
  try {
    state.plans = await get("api/plans");
    loadVerdicts();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    state.plans = { plans: [], omitted: 0 };
    flow.error = { code: error.code, text: error.message };
  }
  redraw();
}

