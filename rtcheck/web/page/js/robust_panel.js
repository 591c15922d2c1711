// The check again under setup shifts and contour margins, on request.

import { CallError, post } from "./api.js";
import { glyph, h } from "./dom.js";
import { follow } from "./jobs.js";
import { sentQuestion, state } from "./state.js";

const view = { shift: "3", margin: "", running: null, progress: null, answer: null, error: "", of: "", case: "" };
let redraw = () => {};

export const prepareRobust = (renewed) => {
  redraw = renewed;
};

const question = () => JSON.stringify([state.plan?.case, sentQuestion(0).body]);

export function robustPanel() {
  if (view.case !== state.plan.case && !view.running) Object.assign(view, { answer: null, error: "" }); // of another plan
  const isOld = view.answer && view.of !== question();
  return h("div", { class: "panel", data_scroll: "robust" },
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Robustness")),
      h("p", {}, "Repeats every constraint with the dose distribution shifted as a whole (static dose cloud) and with expanded and contracted contours. The verdict does not change."),
      h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); start(); } },
        h("label", { for: "shift" }, "Shift in mm"), h("input", { id: "shift", type: "text", data_f: "shift", value: view.shift, aria_describedby: "shift-how", oninput: (event) => { view.shift = event.target.value; } }),
        h("label", { for: "margin" }, "Contours ± mm"), h("input", { id: "margin", type: "text", data_f: "margin", value: view.margin, placeholder: "none", oninput: (event) => { view.margin = event.target.value; } }),
        h("small", { class: "wide", id: "shift-how" }, "One number, or three for x, y, z as in 3, 3, 5"),
        h("div", { class: "wide bs" }, h("button", { class: "btn pri", data_f: "robust-start", disabled: Boolean(view.running) }, "Compute"), view.running ? h("button", { class: "btn", type: "button", data_f: "robust-stop", onclick: () => view.running?.stop() }, "Stop") : "")),
      view.running ? h("div", { role: "status" }, h("p", {}, view.case !== state.plan.case ? "Another plan is being computed." : view.progress?.total ? `Scenario ${Math.min(view.progress.done + 1, view.progress.total)} of ${view.progress.total}` : "Reading …"), h("progress", view.progress?.total ? { max: view.progress.total, value: view.progress.done, aria_label: "Scenarios" } : { aria_label: "Reading" })) : "",
      view.error ? h("p", { class: "bad", role: "alert" }, view.error) : ""),
    view.answer && view.case === state.plan.case ? h("section", { class: isOld ? "old" : "" },
      h("h2", {}, view.answer.shifts),
      isOld ? h("p", { class: "mut" }, "The settings have changed: compute again.") : "",
      h("ul", { class: "items" }, view.answer.under_shifts.map((each) => h("li", {}, glyph(each.kind, "s"), h("span", {}, h("b", {}, each.constraint), h("small", {}, ` ${each.said}`)), each.flips ? h("span", { class: "w over" }, "changes") : h("span", {}))))) : "");
}

async function start() {
  const shifts = view.shift.split(/[\s,;x]+/).filter(Boolean).map((each) => Number(each.replace("mm", "")));
  const margin = view.margin.trim() ? Number(view.margin.replace("mm", "")) : 0;
  view.error = "";
  if (![1, 3].includes(shifts.length) || [...shifts, margin].some((each) => !Number.isFinite(each) || each < 0)) {
    view.error = `“${view.shift}” is not a shift: write 3, or 3, 3, 5.`;
    redraw();
    return;
  }
  const [x, y, z] = shifts.length === 3 ? shifts : [shifts[0], shifts[0], shifts[0]];
  const of = question();
  const { plan } = state;
  try {
    const { job } = await post(`api/cases/${plan.case}/robust`, { ...sentQuestion(0).body, shift_x_mm: x, shift_y_mm: y, shift_z_mm: z, margin_mm: margin });
    Object.assign(view, { progress: null, answer: null, case: plan.case });
    view.running = follow(job, (told) => { view.progress = told; redraw(); }, (end) => {
      view.running = null;
      if (end.status === 200) Object.assign(view, { answer: end, of });
      else view.error = end.error.text;
      redraw();
    });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    view.error = error.message;
  }
  redraw();
}

