// Values of several plans added, with external beams: brachytherapy fractions, each in its own structures.

import { h } from "./dom.js";
import { state } from "./state.js";
import { openSum } from "./sum_opening.js";

// `plans` are those whose values are to be added; they were begun with the case `of`.
const sum = { of: "", plans: [], external: "", left: "", error: "", isBusy: false };
let redraw = () => {};
let addPlan = () => {};
let onOpened = () => {};

export function prepareValues(renewed, onAdd, opened) {
  redraw = renewed;
  addPlan = onAdd;
  onOpened = opened;
}

// What the open case begins with: its own parts if it is such a sum, otherwise itself.
function begin() {
  const { plan } = state;
  if (sum.of === plan.case) return;
  const { plans, external, fractions_left: left } = plan.values ?? { plans: [plan], external: [], fractions_left: null };
  Object.assign(sum, { of: plan.case, plans, external: external.join(", "), left: left === null ? "" : String(left), error: "" });
}

export function addPart(plan) {
  begin();
  Object.assign(sum, { plans: [...sum.plans, plan], error: "" });
}

export function valuesPanel() {
  begin();
  return h("section", {},
    h("h2", {}, "Brachytherapy: sum of values"),
    h("p", { class: "mut" }, "Each brachytherapy fraction has its own images, so the values (D2cc, D90%) are added in EQD2 and not the doses. External beams count as a uniform dose."),
    h("ul", { class: "items", aria_label: "Plans whose values are added" }, sum.plans.map(row)),
    h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); add(); } },
      h("div", { class: "wide bs" }, h("button", { class: "btn", type: "button", data_f: "add-part", onclick: addPlan }, "Add a plan")),
      h("label", { for: "external" }, "External, Gy/fractions"), h("input", { id: "external", type: "text", data_f: "external", value: sum.external, placeholder: "none, or 45/25, 10/5", oninput: (event) => { sum.external = event.target.value; } }),
      h("label", { for: "fractions-left" }, "Fractions still to come"), h("input", { id: "fractions-left", type: "text", inputmode: "numeric", data_f: "fractions-left", value: sum.left, placeholder: "not stated", oninput: (event) => { sum.left = event.target.value; } }),
      h("div", { class: "wide bs" }, h("button", { class: "btn", data_f: "values-start", disabled: sum.isBusy }, sum.isBusy ? "Adding …" : "Add the values"))),
    sum.error ? h("p", { class: "bad pre", role: "alert" }, sum.error) : "");
}

function row(plan, n) {
  const drop = () => {
    sum.plans = sum.plans.filter((_, place) => place !== n);
    redraw();
  };
  return h("li", {}, h("span", { class: "ab" }, String(n + 1)), h("span", {}, h("b", {}, plan.plan || "without a label"), h("small", { class: "cl" }, plan.prescription)),
    sum.plans.length > 1 ? h("button", { class: "lnk", type: "button", data_f: `drop-part-${n}`, onclick: drop }, "Remove") : h("span", {}));
}

async function add() {
  const left = sum.left.trim() ? Number(sum.left) : null;
  const external = sum.external.split(/[,;\s]+/).filter(Boolean);
  const wrong = external.find((each) => !/^\d+(\.\d+)?\/\d+$/.test(each));
  if (wrong) return complain(`“${wrong}” is not a dose in Gy and its fractions: write 45/25.`);
  if (left !== null && !(Number.isInteger(left) && left > 0)) return complain(`“${sum.left}” is not a number of fractions.`);
  if (sum.plans.length + external.length < 2) return complain("Add another plan, or state the external dose.");
  const { plan } = state;
  const body = { cases: sum.plans.map((each) => each.case), external, fractions_left: left };
  return openSum(sum, "api/sums/values", body, { isWanted: () => state.plan === plan, opened: onOpened, redraw });
}

function complain(text) {
  sum.error = text;
  redraw();
}
