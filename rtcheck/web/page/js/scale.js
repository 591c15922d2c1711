// The dose scale: a slider under the check, with where each limit turns and where the prescription may go.

import { h, s } from "./dom.js";
import { ask, asked, begin, settle, state } from "./state.js";
import { tableRows } from "./table.js";
import { doseText, statedDose } from "./unit.js";

const EVERY_MS = 40;
const view = { root: null, before: null, last: 0, pending: null, go: null, ended: null };

export function scaleFoot() {
  const told = state.answer?.scale;
  if (!told) return null;
  if (!view.root) build();
  update(told);
  return view.root;
}

function build() {
  view.now = h("div", { class: "now" });
  view.svg = s("svg", { aria_hidden: "true" });
  view.input = h("input", { type: "range", min: 50, max: 150, step: 0.1, data_f: "dose-scale", aria_label: "Dose scale in per cent",
    oninput: (event) => move(Number(event.target.value) / 100), onchange: finish, onpointerdown: () => { view.before = begin(); },
    onkeydown: (event) => {
      if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].includes(event.key)) return;
      view.before ??= begin();
      event.stopPropagation(); // they move the slider; other keys are the page's
    }, onkeyup: finish });
  view.buttons = h("div", { class: "r" });
  view.root = h("footer", { class: "scale", aria_label: "Dose scale" }, view.now, h("div", { class: "track" }, view.svg, view.input), view.buttons);
}

function move(scale) {
  view.before ??= begin();
  clearTimeout(view.pending);
  view.go = () => {
    view.last = performance.now();
    view.pending = null;
    ask({ dose_scale: Math.round(scale * 1000) / 1000 }, { keep: false });
  };
  const wait = view.last + EVERY_MS - performance.now();
  if (wait <= 0) view.go();
  else view.pending = setTimeout(view.go, wait);
}

function finish() {
  if (!view.before) return;
  view.ended = { before: view.before, timer: setTimeout(settleScale, EVERY_MS + 5) };
  view.before = null;
}

// The move that has ended becomes a step of the history, with its last place: at once where undo does not wait for it.
export function settleScale() {
  if (!view.ended) return;
  const { before, timer } = view.ended;
  view.ended = null;
  clearTimeout(timer);
  if (view.pending !== null) {
    clearTimeout(view.pending);
    view.go();
  }
  settle(before);
}

// The scale at which a limit turns, rounded to the side on which it still holds, as in the report.
const percentAt = (row) => {
  const round = row.numbers.flips_upward ? Math.floor : Math.ceil;
  return `${(round(1000 * row.numbers.flips_at) / 10).toFixed(1)} %`;
};

const setTo = (scale) => ask({ dose_scale: scale });

function rangeOf(told) {
  const marks = [0.8, 1.2, asked().dose_scale - 0.05, asked().dose_scale + 0.05, told.allowed_gy ? told.allowed_gy / told.planned_gy : 1, told.low_gy ? told.low_gy / told.planned_gy : 1, told.high_gy ? told.high_gy / told.planned_gy : 1];
  return { low: Math.max(0.2, Math.floor(10 * Math.min(...marks)) / 10), high: Math.min(2.5, Math.ceil(10 * Math.max(...marks)) / 10) };
}

function update(told) {
  const scale = asked().dose_scale;
  const { low, high } = rangeOf(told);
  view.input.min = (100 * low).toFixed(1);
  view.input.max = (100 * high).toFixed(1);
  // While a step waits to be asked the slider is ahead of the question, and stays there.
  if (view.pending === null && Math.abs(Number(view.input.value) - 100 * scale) > 0.05) view.input.value = (100 * scale).toFixed(1);
  const dose = told.planned_gy * scale;
  view.input.setAttribute("aria-valuetext", `${(100 * scale).toFixed(1)} per cent, ${doseText(dose, 2)}`);
  view.now.replaceChildren(h("b", {}, `${(100 * scale).toFixed(1)} %`), ` of the dose`, h("small", {}, `${doseText(dose, 2)} in ${told.fractions} fractions`));
  const x = (at) => `${((100 * (at - low)) / (high - low)).toFixed(2)}%`;
  const inRange = (at) => at >= low && at <= high;
  const parts = [s("line", { class: "tk", x1: 0, x2: "100%", y1: 27, y2: 27 })];
  if (told.low_gy || told.high_gy) {
    const [from, to] = [Math.max(low, (told.low_gy ?? 0) / told.planned_gy), Math.min(high, (told.high_gy ?? 1e9) / told.planned_gy)];
    if (to > from) parts.push(s("rect", { class: "rngb", x: x(from), width: `${(100 * (to - from)) / (high - low)}%`, y: 24, height: 6 }));
  }
  const turning = tableRows().filter((row) => row.numbers?.flips_at && row.numbers.is_required && inRange(row.numbers.flips_at));
  for (const row of turning) {
    const at = row.numbers.flips_at;
    parts.push(s("line", { class: row.numbers.flips_upward ? "bl" : "lw", x1: x(at), x2: x(at), y1: 15, y2: 39 }, s("title", {}, `${row.told.structure} ${row.told.goal} changes at ${percentAt(row)}`)));
  }
  const nearest = turning.filter((row) => row.numbers.flips_upward).sort((a, b) => a.numbers.flips_at - b.numbers.flips_at)[0];
  if (nearest) parts.push(s("text", { class: "t-o", x: x(nearest.numbers.flips_at), y: 50, text_anchor: "middle" }, `${nearest.told.structure} ${percentAt(nearest)}`));
  const allowed = told.allowed_gy ? told.allowed_gy / told.planned_gy : null;
  const isNear = allowed !== null && Math.abs(allowed - 1) <= 0.04; // one label for both marks
  parts.push(s("line", { class: "pl", x1: x(1), x2: x(1), y1: 15, y2: 39 }), s("text", { class: "t-p", x: x(1), y: 10, text_anchor: "middle" }, isNear ? `planned, isotoxic ${statedDose(told.allowed_gy)}` : "planned"));
  if (allowed !== null && !isNear && inRange(allowed)) {
    parts.push(s("svg", { x: x(allowed), y: 27, overflow: "visible" }, s("path", { class: "iso", d: "M0-12 6-20H-6Z" })));
    const isLeft = allowed < 1 && (allowed - low) / (high - low) > 0.15; // away from the planned one, where there is room
    parts.push(s("text", { class: "t-i", x: x(allowed), y: 10, dx: isLeft ? -10 : 10, text_anchor: isLeft ? "end" : "start" }, `isotoxic ${statedDose(told.allowed_gy)}`));
  }
  view.svg.replaceChildren(...parts);
  view.buttons.replaceChildren(
    h("button", { class: "btn", data_f: "scale-planned", disabled: scale === 1, onclick: () => setTo(1) }, "As planned"),
    h("button", { class: "btn", data_f: "scale-isotoxic", disabled: allowed === null || Math.abs(scale - allowed) < 1e-9, title: told.advice.join(" "), onclick: () => setTo(allowed) }, told.allowed_gy ? `Isotoxic ${statedDose(told.allowed_gy)}` : "Isotoxic: unknown"));
}
