// What two plans allow besides their limits: the difference of their doses point by point, gamma, and their sum.

import { CallError, post } from "./api.js";
import { h } from "./dom.js";
import { compute } from "./jobs.js";
import { sentQuestion, state } from "./state.js";

const view = { gamma: "", running: null, answer: null, error: "", of: "" };
const sum = { ratio: "", structures: "0", error: "", isBusy: false };
let redraw = () => {};
let onOpened = () => {};

export function prepareDifference(renewed, opened) {
  redraw = renewed;
  onOpened = opened;
}

const pairNow = () => JSON.stringify([state.plan.case, state.second.case, sentQuestion(0).body]);

export function differencePanel() {
  const isOld = view.of !== pairNow();
  return h("section", {},
    h("h2", {}, "Dose difference, B − A"),
    h("p", { class: "mut" }, "Point by point in each structure, for recalculated doses on the same image."),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); begin(); } },
      h("label", { for: "gamma" }, "Gamma"), h("input", { id: "gamma", type: "text", data_f: "gamma", value: view.gamma, placeholder: "none, or 3%/2mm", oninput: (event) => { view.gamma = event.target.value; } }),
      h("div", { class: "wide bs" }, h("button", { class: "btn", data_f: "difference-start", disabled: Boolean(view.running) }, "Compute"), view.running ? h("button", { class: "btn", type: "button", data_f: "difference-stop", onclick: () => view.running?.stop() }, "Stop") : "")),
    view.running ? h("div", { role: "status" }, h("p", {}, "Comparing the doses …"), h("progress", { aria_label: "Comparing" })) : "",
    view.error ? h("p", { class: "bad", role: "alert" }, view.error) : "",
    view.answer ? h("div", { class: isOld ? "old" : "" },
      isOld ? h("p", { class: "mut" }, "The settings have changed: compute again.") : "",
      h("ul", { class: "items difs" }, view.answer.lines.map((line) => {
        const [name, said] = [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)];
        return h("li", {}, h("span", {}, h("b", {}, name), h("small", { class: "cl" }, said)));
      }))) : "");
}

const begin = () => compute(view, `api/cases/${state.plan.case}/difference`, { ...sentQuestion(0).body, with: state.second.case, gamma: view.gamma }, { of: pairNow() }, redraw);

export function sumPanel() {
  return h("section", {},
    h("h2", {}, "Sum of both plans"),
    h("p", { class: "mut" }, "Adds the doses, as for a boost or a second course, and checks the sum like a plan."),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); add(); } },
      h("label", { for: "ratio" }, "EQD2, α/β in Gy"), h("input", { id: "ratio", type: "text", data_f: "ratio", value: sum.ratio, placeholder: "physical dose", oninput: (event) => { sum.ratio = event.target.value; } }),
      h("label", { for: "sum-structures" }, "Structures of"), h("select", { id: "sum-structures", data_f: "sum-structures", onchange: (event) => { sum.structures = event.target.value; } }, ["A", "B"].map((name, n) => h("option", { value: String(n), selected: String(n) === sum.structures || null }, name))),
      h("div", { class: "wide bs" }, h("button", { class: "btn", data_f: "sum-start", disabled: sum.isBusy }, sum.isBusy ? "Adding …" : "Add the doses"))),
    sum.error ? h("p", { class: "bad", role: "alert" }, sum.error) : "");
}

async function add() {
  const ratio = sum.ratio.trim() ? Number(sum.ratio.replace(",", ".").replace(/\s*Gy$/i, "")) : null;
  if (Number.isNaN(ratio)) {
    sum.error = `“${sum.ratio}” is not a number of Gy.`;
    redraw();
    return;
  }
  const { plan, second } = state;
  Object.assign(sum, { isBusy: true, error: "" });
  redraw();
  try {
    const opened = await post("api/sums", { cases: [plan.case, second.case], eqd2_alpha_beta_gy: ratio, structures_of: Number(sum.structures) });
    if (state.plan === plan && state.second === second) onOpened(opened);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    sum.error = error.message;
  }
  sum.isBusy = false;
  redraw();
}
