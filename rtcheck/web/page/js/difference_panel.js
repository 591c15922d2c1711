// What two plans allow besides their limits: the difference of their doses point by point, and gamma.

import { h } from "./dom.js";
import { compute } from "./jobs.js";
import { sentQuestion, state } from "./state.js";

const view = { gamma: "", running: null, answer: null, error: "", of: "" };
let redraw = () => {};

export const prepareDifference = (renewed) => {
  redraw = renewed;
};

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
