// Reports in every format, and the command line that repeats the check as it stands, with the files that it names.

import { CallError, file, post } from "./api.js";
import { announce, h, saveFile, toast } from "./dom.js";
import { ask, asked, protocolName, sentQuestion, state } from "./state.js";

const FORMATS = [["html", "HTML", "one page, with pictures"], ["pdf", "PDF", "to print and sign"], ["json", "JSON", "the record; rtcheck verify repeats it"], ["csv", "CSV", "one row per constraint"], ["xlsx", "XLSX", "for spreadsheets"], ["markdown", "Markdown", "for notes"], ["junit", "JUnit", "for pipelines"], ["table", "Text", "as in the terminal"], ["sr", "DICOM SR", "for the archive"], ["fhir", "FHIR", "for record systems"], ["zip", "All files", "page, record, table, command"]];
const FORMS = [["planscorecard", "PlanScoreCard", "JSON"], ["proknow", "ProKnow", "JSON"], ["raystation", "RayStation", "goals, CSV"], ["clearplan", "ClearPlan", "CSV"], ["csv", "Table", "of goals, CSV"]];
const view = { key: "", of: "", command: null, error: "", anonymous: false, busy: "", exported: null };
let redraw = () => {};

export const prepareExport = (renewed) => {
  redraw = renewed;
};

document.addEventListener("again", () => view.isLost && Object.assign(view, { key: "", isLost: false }));

const key = () => JSON.stringify([state.plan?.case, sentQuestion(0).body]);

export function exportPanel() {
  if (view.key !== key()) loadCommand();
  const isOld = view.of !== key(); // a command that repeats another check is not to be copied
  const isWhatIf = state.answer.what_if.is;
  return h("div", { class: "panel", data_scroll: "export" },
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Reports"), state.server.has_letterhead ? h("span", { class: "mut" }, "with the letterhead") : ""),
      looks(),
      isWhatIf && asked().edits ? h("p", { class: "mut" }, "Reports use the edited protocol, under its own name.") : "",
      view.error ? h("p", { class: "bad", role: "alert" }, view.error) : "",
      h("div", { class: "exp" }, FORMATS.map(([name, label, what]) => h("button", { data_f: `export:${name}`, disabled: Boolean(view.busy), aria_busy: String(view.busy === name), onclick: () => save(name) }, h("b", {}, label), h("small", {}, what))))),
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Protocol for other programs")),
      h("div", { class: "exp" }, FORMS.map(([form, label, what]) => h("button", { data_f: `form:${form}`, disabled: Boolean(view.busy), aria_busy: String(view.busy === form), onclick: () => saveForm(form) }, h("b", {}, label), h("small", {}, what)))),
      view.exported ? h("div", { class: "losses", role: "status" },
        h("p", {}, view.exported.losses.length ? `${view.exported.name} does not hold:` : `${view.exported.name} holds the whole protocol.`),
        h("ul", {}, view.exported.losses.map((loss) => h("li", {}, loss)))) : ""),
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "The same from the command line")),
      view.command && view.of.startsWith(`["${state.plan.case}"`) ? [
        h("pre", { class: ["cmd", isOld && "old"] }, h("code", { id: isOld ? null : "command" }, words(view.command.command)), h("button", { class: "btn", data_f: "copy-command", disabled: isOld, onclick: copy }, "Copy")),
        view.command.files.length ? [h("p", {}, "It needs these files; save them where you run it:"), h("ul", { class: "filebtns" }, view.command.files.map((each) => h("li", {}, h("button", { class: "btn", data_f: `file:${each.name}`, disabled: isOld, onclick: () => saveFile(each.text, each.name, "application/yaml") }, `Save ${each.name}`))))] : ""]
        : h("p", { class: "mut" }, view.error ? "" : "…")));
}

// How doses and structures are shown: here and in the reports.
function looks() {
  const pick = (unit) => h("button", { class: "btn", data_f: `unit:${unit}`, aria_pressed: String(asked().unit === unit), onclick: () => ask({ unit }, { keep: false }) }, unit);
  const tick = (key, text, checked, set) => h("label", {}, h("input", { type: "checkbox", data_f: key, checked, onchange: (event) => set(event.target.checked) }), ` ${text}`);
  return h("div", { class: "looks" },
    h("span", { class: "seg", role: "group", aria_label: "Unit of doses" }, pick("Gy"), pick("cGy")),
    tick("own-colours", "colours of the structure set", asked().own_colours, (own_colours) => ask({ own_colours }, { keep: false })),
    tick("anonymous", "anonymous", view.anonymous, (anonymous) => { view.anonymous = anonymous; redraw(); }));
}

// A command breaks between its words, and within one only where it must.
const words = (command) => command.split(" ").flatMap((word, n) => [n ? " " : "", h("span", {}, word)]);

async function loadCommand() {
  const wanted = key();
  view.key = wanted;
  view.exported = null;
  try {
    const command = await post(`api/cases/${state.plan.case}/command`, sentQuestion(0).body);
    if (view.key !== wanted) return;
    Object.assign(view, { command, of: wanted, error: "", isLost: false });
  } catch (error) {
    if (!(error instanceof CallError)) {
      view.isLost = true;
      throw error;
    }
    if (view.key !== wanted) return;
    Object.assign(view, { command: null, error: error.message });
  }
  redraw();
}

async function save(format) {
  view.busy = format;
  redraw();
  try {
    const made = await file(`api/cases/${state.plan.case}/export`, { ...sentQuestion(0).body, format, anonymous: view.anonymous });
    saveFile(made.blob, made.name);
    view.error = "";
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    view.error = error.message;
  } finally {
    view.busy = "";
    redraw();
  }
}

async function saveForm(form) {
  view.busy = form;
  redraw();
  try {
    const made = await post("api/protocols/export", { ...sentQuestion(0).body, form });
    saveFile(made.text, made.name, made.name.endsWith(".json") ? "application/json" : "text/csv");
    Object.assign(view, { exported: made, error: "" });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    Object.assign(view, { exported: null, error: error.message });
  } finally {
    view.busy = "";
    redraw();
  }
}

async function copy() {
  try {
    await navigator.clipboard.writeText(view.command.command);
    toast("Copied");
    announce("Copied");
  } catch {
    const range = document.createRange();
    range.selectNodeContents(document.getElementById("command"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    toast("Press Ctrl+C to copy");
  }
}

// The protocol as edited, as a file that extends the original. Without the server it is written here.
export async function saveProtocol() {
  const name = `${state.answer?.what_if.name ?? protocolName()}_edited`;
  try {
    const made = await file("api/protocols/save", { ...sentQuestion(0).body, saved_as: name });
    saveFile(made.blob, made.name);
    toast(`${made.name} saved`);
  } catch (error) {
    if (error instanceof CallError) toast(error.message);
    else saveFile(editedProtocolText(name), `${name}.yaml`, "application/yaml");
  }
}

export function editedProtocolText(name) {
  const quoted = (text) => JSON.stringify(text);
  const isTable = (row) => / by volume( of .+)?$/.test(row.goal.text); // its rows are known to the server alone
  const told = (row) => `  # ${row.structures.join(", ")} ${row.goal.text}: not saved, copy it from the original`;
  const rows = (state.answer?.constraints ?? []).map((row) => isTable(row) ? told(row) : `  - {structure: [${row.structures.map(quoted).join(", ")}], goal: ${quoted(row.goal.text)}${row.priority === "required" ? "" : `, priority: ${quoted(row.priority)}`}}`);
  return [`# Saved by the workbench after its server had stopped: the constraints as edited.`, `name: ${name}`, "constraints:", ...rows, ""].join("\n");
}
