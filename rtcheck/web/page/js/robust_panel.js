// The check again under setup shifts, contour margins and random errors, on request; and under the planning system's scenarios.

import { glyph, h } from "./dom.js";
import { compute } from "./jobs.js";
import { sentQuestion, state } from "./state.js";

const view = { mode: "shifts", shift: "3", margin: "", random: "2", systematic: "1.5", samples: "200", running: null, progress: null, answer: null, error: "", of: "", case: "" };
let redraw = () => {};

export const prepareRobust = (renewed) => {
  redraw = renewed;
};

const question = () => JSON.stringify([state.plan?.case, sentQuestion(0).body]);

const NONE = [];
// The ranges of the DVHs under the samples, if they are of what is shown now.
export const sampledBands = () => (view.answer && view.case === state.plan?.case && view.of === question() ? view.answer.bands : NONE);

const MODES = {
  shifts: {
    label: "Shifts",
    how: "Repeats every constraint with the dose distribution shifted as a whole (static dose cloud) and with expanded and contracted contours. The verdict does not change.",
    fields: [["shift", "Shift in mm"], ["margin", "Contours ± mm"]],
    step: "Scenario",
  },
  samples: {
    label: "Random errors",
    how: "The probability of meeting each constraint, over setup errors drawn at random (standard deviations; static dose cloud). The verdict does not change.",
    fields: [["systematic", "Systematic in mm"], ["random", "Random in mm"], ["margin", "Contours ± mm"], ["samples", "Samples"]],
    step: "Sample",
  },
};

export function robustPanel() {
  if (view.case !== state.plan.case && !view.running) Object.assign(view, { answer: null, error: "" }); // of another plan
  const isOld = view.answer && view.of !== question();
  const mode = MODES[view.mode];
  const { shifts, under_shifts: scenarios } = state.answer.telling;
  return h("div", { class: "panel", data_scroll: "robust" },
    scenarios.length ? h("section", {}, h("h2", {}, shifts), lines(scenarios)) : "",
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Robustness"), h("span", { class: "r seg", role: "group", aria_label: "What is varied" }, Object.entries(MODES).map(([id, each]) =>
        h("button", { class: ["btn", id === view.mode && "on"], data_f: `vary-${id}`, aria_pressed: String(id === view.mode), onclick: () => { view.mode = id; redraw(); } }, each.label)))),
      h("p", {}, mode.how),
      h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); start(); } },
        mode.fields.map(([id, label]) => [h("label", { for: id }, label), h("input", { id, type: "text", data_f: id, value: view[id], placeholder: id === "margin" ? "none" : null, aria_describedby: "vary-how", oninput: (event) => { view[id] = event.target.value; } })]),
        h("small", { class: "wide", id: "vary-how" }, "One number, or three for x, y, z as in 3, 3, 5"),
        h("div", { class: "wide bs" }, h("button", { class: "btn pri", data_f: "robust-start", disabled: Boolean(view.running) }, "Compute"), view.running ? h("button", { class: "btn", type: "button", data_f: "robust-stop", onclick: () => view.running?.stop() }, "Stop") : "")),
      view.running ? h("div", { role: "status" }, h("p", {}, view.case !== state.plan.case ? "Another plan is being computed." : view.progress?.total ? `${view.step} ${Math.min(view.progress.done + 1, view.progress.total)} of ${view.progress.total}` : "Reading …"), h("progress", view.progress?.total ? { max: view.progress.total, value: view.progress.done, aria_label: "Progress" } : { aria_label: "Reading" })) : "",
      view.error ? h("p", { class: "bad", role: "alert" }, view.error) : ""),
    view.answer && view.case === state.plan.case ? h("section", { class: isOld ? "old" : "" },
      h("h2", {}, view.answer.shifts),
      isOld ? h("p", { class: "mut" }, "The settings have changed: compute again.") : "",
      !isOld && view.answer.bands.length ? h("p", { class: "mut" }, "The plot on the tab Dose shows the range of 90 % of the samples around the curves.") : "",
      lines(view.answer.under_shifts)) : "");
}

const lines = (each) => h("ul", { class: "items" }, each.map((line) => h("li", {}, glyph(line.kind, "s"), h("span", {}, h("b", {}, line.constraint), h("small", {}, ` ${line.said}`)), line.flips ? h("span", { class: "w over" }, "changes") : h("span", {}))));

// Sizes along x, y and z: of one number all are the same; null of what is none.
function sizes(text) {
  const found = text.split(/[\s,;x/]+/).filter(Boolean).map((each) => Number(each.replace("mm", "")));
  if (![0, 1, 3].includes(found.length) || found.some((each) => !Number.isFinite(each) || each < 0)) return null;
  return found.length === 3 ? found : [found[0] ?? 0, found[0] ?? 0, found[0] ?? 0];
}

const along = (kind, [x, y, z]) => ({ [`${kind}_x_mm`]: x, [`${kind}_y_mm`]: y, [`${kind}_z_mm`]: z });

async function start() {
  const kinds = view.mode === "shifts" ? ["shift"] : ["systematic", "random"];
  const given = kinds.map((kind) => sizes(view[kind]));
  const margin = sizes(view.margin)?.[0] ?? null;
  const wrong = kinds.find((kind, n) => !given[n]) ?? (margin === null ? "margin" : null);
  const samples = Number(view.samples);
  if (wrong) view.error = `“${view[wrong]}” is not a size: write 3, or 3, 3, 5.`;
  else if (view.mode === "samples" && !Number.isInteger(samples)) view.error = `“${view.samples}” is not a number of samples.`;
  else {
    const values = { ...sentQuestion(0).body, margin_mm: margin, ...Object.assign({}, ...kinds.map((kind, n) => along(kind, given[n]))), ...(view.mode === "samples" ? { samples } : {}) };
    await compute(view, `api/cases/${state.plan.case}/robust`, values, { of: question(), case: state.plan.case, step: MODES[view.mode].step }, redraw);
    return;
  }
  redraw();
}
