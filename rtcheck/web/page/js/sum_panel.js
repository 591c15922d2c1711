// The sum of two plans: as physical dose or EQD2, of the fractions that were delivered, and over a registration where
// the plans are on different images.

import { CallError, post } from "./api.js";
import { byId, h } from "./dom.js";
import { state } from "./state.js";
import { filesOfDrop, filesOfInput, upload } from "./upload.js";

const sum = { ratio: "", structures: "0", delivered: ["", ""], error: "", isBusy: false };
// `files` null: not looked for yet. `chosen` null: those next to the plans, as without `--registration`.
const found = { key: "", of: "", isNeeded: false, files: null, chosen: null, uploads: [], error: "", isSending: false };
let redraw = () => {};
let onOpened = () => {};
let onValues = () => {};

export function prepareSum(renewed, opened, values) {
  redraw = renewed;
  onOpened = opened;
  onValues = values;
}

const PLANS = ["A", "B"];

export function sumPanel() {
  look();
  return h("section", {},
    h("h2", {}, "Sum of both plans"),
    h("p", { class: "mut" }, "Adds the doses, as for a boost or a second course, and checks the sum like a plan."),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); add(); } },
      h("label", { for: "ratio" }, "EQD2, α/β in Gy"), h("input", { id: "ratio", type: "text", data_f: "ratio", value: sum.ratio, placeholder: "physical dose", oninput: (event) => { sum.ratio = event.target.value; } }),
      h("label", { for: "sum-structures" }, "Structures of"), h("select", { id: "sum-structures", data_f: "sum-structures", onchange: (event) => { sum.structures = event.target.value; redraw(); } }, PLANS.map((name, n) => h("option", { value: String(n), selected: String(n) === sum.structures || null }, name))),
      PLANS.map((name, n) => [h("label", { for: `delivered-${n}` }, `Delivered fractions of ${name}`), h("input", { id: `delivered-${n}`, type: "text", inputmode: "numeric", data_f: `delivered-${n}`, value: sum.delivered[n], placeholder: "all", oninput: (event) => { sum.delivered[n] = event.target.value; } })]),
      registrations(),
      h("div", { class: "wide bs" }, h("button", { class: "btn", data_f: "sum-start", disabled: sum.isBusy }, sum.isBusy ? "Adding …" : "Add the doses"),
        h("button", { class: "btn", type: "button", data_f: "sum-values", title: "Brachytherapy fractions, each in its own structures", onclick: onValues }, "Add values instead"))),
    sum.error ? h("p", { class: "bad pre", role: "alert" }, sum.error) : "");
}

// The registrations of the pair that is shown; asked for once, and again with each file that is added.
async function look() {
  const { plan, second } = state;
  const of = JSON.stringify([plan.case, second.case]);
  if (found.of !== of) Object.assign(found, { of, files: null, chosen: null, uploads: [], error: "", key: "" });
  const key = JSON.stringify([of, found.uploads]);
  if (found.key === key) return;
  found.key = key;
  try {
    const answer = await post("api/sums/registrations", { cases: [plan.case, second.case], uploads: found.uploads });
    if (found.key !== key) return;
    const added = answer.files.filter((file) => found.uploads.includes(file.upload) && !file.problem && !known(file)).map(id);
    if (found.files && added.length) found.chosen = [...(found.chosen ?? []), ...added];
    const rank = (file) => (file.problem ? 2 : file.is_of_plans ? 0 : 1);
    Object.assign(found, { files: answer.files.toSorted((a, b) => rank(a) - rank(b)), isNeeded: answer.is_needed });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (found.key !== key) return;
    found.error = error.message;
  }
  redraw();
}

const id = (file) => JSON.stringify([file.upload, file.name]);
const known = (file) => found.files?.some((each) => id(each) === id(file));
const isUsed = (file) => (found.chosen ? found.chosen.includes(id(file)) : file.is_next_to_plan && !file.problem);

function registrations() {
  if (found.error) return h("p", { class: "wide bad", role: "alert" }, found.error);
  if (!found.files || !found.isNeeded) return h("small", { class: "wide" }, found.files ? "Both doses are in one frame of reference: no registration is used." : "Looking for registrations …");
  const canUpload = state.server && !state.server.read_only;
  const [here, moved] = sum.structures === "1" ? ["B", "A"] : ["A", "B"];
  return h("fieldset", { class: "fs wide", ondragover: (event) => event.preventDefault(), ondrop: async (event) => { event.preventDefault(); event.stopPropagation(); if (canUpload) take(await filesOfDrop(event.dataTransfer)); } },
    h("legend", {}, "Registration"),
    h("p", { class: "mut" }, `The plans are on different images: the dose of ${moved} is moved to ${here} by a DICOM registration (REG). Those next to the plans are used unless you choose others.`),
    found.files.length ? found.files.map((file, n) => row(file, n)) : h("p", {}, "No registration was found."),
    canUpload ? h("div", { class: "bs" },
      h("button", { class: "btn", type: "button", data_f: "pick-registration", disabled: found.isSending, onclick: () => byId("registration-files").click() }, found.isSending ? "Sending …" : "Choose a file"),
      h("input", { type: "file", multiple: true, hidden: true, id: "registration-files", onchange: (event) => take(filesOfInput(event.target)) })) : "",
    found.chosen && found.files.some((file) => file.is_next_to_plan) ? h("button", { class: "lnk2", type: "button", data_f: "registrations-found", onclick: () => { found.chosen = null; redraw(); } }, "Use those next to the plans") : "");
}

function row(file, n) {
  const said = [file.is_next_to_plan ? "next to a plan" : "", file.problem, file.problem || file.is_of_plans ? "" : "of other images"].filter(Boolean);
  const change = (event) => {
    const others = (found.chosen ?? found.files.filter(isUsed).map(id)).filter((each) => each !== id(file));
    found.chosen = event.target.checked ? [...others, id(file)] : others;
    sum.error = "";
    redraw();
  };
  return h("label", { class: ["opt", file.problem && "off"] },
    h("input", { type: "checkbox", checked: isUsed(file), disabled: Boolean(file.problem), data_f: `registration-${n}`, onchange: change }),
    h("span", {}, file.name, h("small", {}, said.join(" · "))));
}

async function take(files) {
  if (!files.length) return;
  found.isSending = true;
  sum.error = "";
  redraw();
  try {
    found.uploads = [...found.uploads, await upload(files, () => {})];
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    sum.error = error.message;
  }
  found.isSending = false;
  redraw();
}

async function add() {
  const ratio = sum.ratio.trim() ? Number(sum.ratio.replace(",", ".").replace(/\s*Gy$/i, "")) : null;
  const delivered = sum.delivered.map((text) => (text.trim() ? Number(text) : null));
  const wrong = delivered.findIndex((each) => each !== null && !(Number.isInteger(each) && each > 0));
  if (Number.isNaN(ratio)) return complain(`“${sum.ratio}” is not a number of Gy.`);
  if (wrong >= 0) return complain(`“${sum.delivered[wrong]}” is not a number of fractions.`);
  if (found.isNeeded && !found.files.some(isUsed)) return complain("Choose a registration (REG) that leads from one plan's images to the other's.");
  const { plan, second } = state;
  const files = found.isNeeded && found.chosen ? found.files.filter(isUsed).map(({ upload: of, name }) => ({ upload: of, name })) : null;
  const body = { cases: [plan.case, second.case], eqd2_alpha_beta_gy: ratio, structures_of: Number(sum.structures), delivered, registrations: files };
  return openSum(sum, "api/sums", body, { isWanted: () => state.plan === plan && state.second === second, opened: onOpened, redraw });
}

function complain(text) {
  sum.error = text;
  redraw();
}
