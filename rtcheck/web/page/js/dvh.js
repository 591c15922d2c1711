// The dose-volume histogram: curves, the limits on them, which can be dragged, and a line to read by.

import { curves, colour } from "./curves.js";
import { h, s } from "./dom.js";
import { sampledBands } from "./robust_panel.js";
import { asked, begin, changeEdit, editsOrOriginal, isOver, settle, show, state } from "./state.js";
import { tableRows } from "./table.js";
import { doseText, goalText, inUnit, unit } from "./unit.js";

const MOVE_EVERY_MS = 40;
const LIMIT = /([<>]=?\s*)([\d.]+)/; // in the text of a goal
const hidden = new Set();
const view = { root: null, svg: null, legend: null, drawnFor: null, drawnScale: 0, cursor: null, end: 1 };

export function dvhPlot() {
  if (!view.root) build();
  update();
  return view.root;
}

function build() {
  view.svg = s("svg", { role: "application", tabindex: 0, data_f: "dvh", aria_label: "Dose volume histogram. Arrow keys move the reading line; Tab goes to the limits, which arrow keys move." });
  view.svg.addEventListener("pointermove", (event) => readAt(event));
  view.svg.addEventListener("pointerleave", () => setCursor(null));
  view.svg.addEventListener("keydown", readByKey);
  view.text = h("span", { class: "cur-t", aria_live: "polite" });
  view.legend = h("div", { class: "lg", role: "group", aria_label: "Structures" });
  view.plot = h("div", { class: "plot" }, (view.volume = h("span", { class: "unit y" })), view.text, view.svg, (view.axis = h("span", { class: "unit x" })));
  view.root = h("div", { class: "plotw" }, view.plot, view.legend);
}

export function update() {
  const data = curves();
  if (!view.root) return;
  view.plot.classList.toggle("none", !data?.curves.length);
  if (!data?.curves.length) {
    const why = state.plan?.values ? "The values of several plans were added: each has its own dose and structures." : state.plan?.has_dose === false ? "There is no dose, so there are no curves." : data ? "No structure of this plan has a curve." : "Computing the curves …";
    view.drawnFor = null;
    view.legend.replaceChildren(h("span", { class: "mut" }, why));
    return;
  }
  const focused = document.activeElement?.closest?.(".flag")?.dataset.f;
  const scale = asked().dose_scale;
  const bands = sampledBands();
  if (view.drawnFor !== data || view.bands !== bands || view.drawnScale !== scale || view.drawnUnit !== unit() || view.theme !== document.documentElement.dataset.theme) drawAll(data, scale, bands);
  drawFlags(data, focused);
  light();
}

function drawAll(data, scale, bands) {
  view.axis.textContent = `Dose [${unit()}]`;
  view.volume.textContent = `Volume [%]${bands.length ? " · shaded, with a dotted edge: 90 % of the samples" : ""}`;
  Object.assign(view, { drawnFor: data, bands, drawnScale: scale, drawnUnit: unit(), theme: document.documentElement.dataset.theme, end: roundUp(data.end_gy * Math.max(scale, 1)) });
  const inner = s("svg", { class: "cv", width: "100%", height: "100%", viewBox: `0 -100 ${view.end} 100`, preserveAspectRatio: "none" });
  for (const curve of [...data.curves].reverse()) {
    const sampled = bands.find((band) => band.structure === curve.name);
    if (sampled) inner.append(painted(s("path", { class: "bnd smp", d: sampledPath(sampled), data_curve: curve.name }), curve));
    if (curve.high) inner.append(painted(s("path", { class: "bnd", d: bandPath(curve, data.step_gy * scale), data_curve: curve.name }), curve));
  }
  for (const curve of [...data.curves].reverse()) {
    inner.append(painted(s("path", { class: curve.is_target ? "t" : "", d: linePath(curve.percent, data.step_gy * scale), stroke_dasharray: curve.style.dash || null, data_curve: curve.name }), curve));
  }
  view.flags = s("g", {});
  view.line = s("line", { class: "curl", y2: "100%", visibility: "hidden" });
  view.svg.replaceChildren(grid(), inner, view.line, view.flags);
  view.legend.replaceChildren(...data.curves.map((curve) => legendEntry(curve)));
}

const painted = (element, curve) => {
  element.style.setProperty("--c", colour(curve.style));
  return element;
};

const linePath = (percent, step) => `M${percent.map((value, n) => `${(n * step).toFixed(3)},${(-value).toFixed(2)}`).join(" ")}`;

function bandPath(curve, step) {
  const side = (values) => values.map((value, n) => `${(n * step).toFixed(3)},${(-value).toFixed(2)}`);
  return `M${[...side(curve.high), ...side(curve.low).reverse()].join(" ")}Z`;
}

// Of shares of the volume at doses; the plot's dose is scaled already, as that of the samples was.
function sampledPath({ dose_gy: doses, low, high }) {
  const side = (shares) => shares.map((share, n) => `${doses[n].toFixed(3)},${(-100 * share).toFixed(2)}`);
  return `M${[...side(high), ...side(low).reverse()].join(" ")}Z`;
}

function roundUp(value) {
  const step = [0.5, 1, 2, 5, 10, 20].find((each) => value / each <= 8) ?? 50;
  return Math.ceil((value * 1.005) / step) * step;
}

function grid() {
  const step = [0.5, 1, 2, 5, 10, 20].find((each) => view.end / each <= 8) ?? 50;
  const lines = [];
  for (let dose = 0; dose <= view.end + 1e-6; dose += step) {
    const x = `${(100 * dose) / view.end}%`;
    lines.push(s("line", { x1: x, x2: x, y2: "100%" }), dose / view.end > 0.84 ? "" : s("text", { x, y: "100%", dy: 15, text_anchor: "middle" }, String(Math.round(inUnit(dose) * 10) / 10)));
  }
  for (const share of [0, 25, 50, 75, 100]) {
    const y = `${100 - share}%`;
    lines.push(s("line", { y1: y, y2: y, x2: "100%", class: share === 0 ? "a" : null }), s("text", { y, dx: -7, dy: 4, text_anchor: "end" }, String(share)));
  }
  return s("g", { class: "gr", aria_hidden: "true" }, lines.filter(Boolean));
}

function legendEntry(curve) {
  const value = h("b", {});
  const button = h("button", { data_f: `curve:${curve.name}`, data_curve: curve.name, aria_pressed: String(!hidden.has(curve.name)), title: "Show or hide",
    onclick: () => {
      if (!hidden.delete(curve.name)) hidden.add(curve.name);
      button.setAttribute("aria-pressed", String(!hidden.has(curve.name)));
      light();
      document.dispatchEvent(new CustomEvent("hidden-curves"));
    },
    onmouseenter: () => lightOne(curve.name), onmouseleave: () => lightOne(null) },
  painted(s("svg", { viewBox: "0 0 22 8", aria_hidden: "true" }, s("line", { x2: 22, y1: 4, y2: 4, stroke_dasharray: curve.style.dash || null })), curve),
  h("span", {}, curve.name), value);
  return button;
}

export const isHidden = (name) => hidden.has(name);

function lightOne(name) {
  state.ui.hover = name ? { key: null, curves: [name] } : null;
  document.dispatchEvent(new CustomEvent("lit"));
}

// What is lit: the curves of the row under the mouse, or of the selected one; the others step back.
export function litCurves() {
  const hovered = state.ui.hover?.curves;
  if (hovered?.length) return hovered;
  const selected = state.ui.selected && tableRows().find((row) => row.key === state.ui.selected);
  return selected?.numbers?.curves ?? [];
}

export function light() {
  if (!view.root) return;
  const lit = litCurves();
  const known = new Set((curves()?.curves ?? []).map((curve) => curve.name));
  const some = lit.some((name) => known.has(name));
  for (const element of view.root.querySelectorAll("[data-curve]")) {
    const name = element.dataset.curve;
    element.classList.toggle("hot", some && lit.includes(name));
    element.classList.toggle("dim", some && !lit.includes(name) && element.tagName === "path");
    if (element.tagName === "path") element.setAttribute("visibility", hidden.has(name) ? "hidden" : "visible");
  }
  const chosen = state.ui.hover ? state.ui.hover.key : state.ui.selected;
  // Where flags lie over each other the lit one is in front, so that it is the one that is taken hold of.
  const isHeld = view.flags?.matches(":hover") || view.flags?.contains(document.activeElement);
  for (const flag of view.root.querySelectorAll(".flag")) {
    const isHot = chosen === flag.dataset.row || document.activeElement === flag;
    flag.classList.toggle("hot", isHot);
    if (isHot && !isHeld) view.flags.append(flag);
  }
}

// Limits -------------------------------------------------------------------------------------------------------------

function drawFlags(data, focused) {
  const byName = new Map(data.curves.map((curve) => [curve.name, curve]));
  const flags = tableRows().filter((row) => row.numbers?.mark && !row.isGone).map((row) => {
    const curve = byName.get(row.numbers.curves[0]) ?? byName.get(row.numbers.structure);
    return curve && !hidden.has(curve.name) ? flagOf(row, curve, { isHeld: focused === `flag:${row.key}` }) : null;
  });
  view.flags.replaceChildren(...flags.filter(Boolean));
  if (focused && document.activeElement?.dataset?.f !== focused) view.flags.querySelector(`[data-f="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function placeOf(mark, curve) {
  const share = mark.volume === null ? 0 : mark.volume_unit === "%" ? mark.volume : (100 * mark.volume) / curve.volume_cc;
  return { dose: mark.dose_gy, percent: mark.volume === null ? 0 : mark.of === "spared" ? 100 - share : share };
}

// A limit beyond the ends of the plot is not drawn, unless it has the focus: then it waits there for the next key.
function flagOf(row, curve, { isHeld }) {
  const { mark } = row.numbers;
  const place = placeOf(mark, curve);
  const [dose, percent] = [Math.min(place.dose, view.end), Math.min(Math.max(place.percent, 0), 100)];
  if (!isHeld && (dose !== place.dose || percent !== place.percent)) return null;
  const isUpper = row.numbers.is_upper;
  const vertical = mark.drag === "volume";
  const shape = mark.volume === null
    ? s("path", { d: isUpper ? "M0 0V-20L-10-15.5 0-11" : "M0 0V-20L10-15.5 0-11" })
    : s("path", { d: vertical ? (isUpper ? "M-6-2H6L0 7Z" : "M-6 2H6L0-7Z") : isUpper ? "M2-6V6L-7 0Z" : "M-2-6V6L7 0Z" });
  const goal = goalText(row.constraint.goal.text);
  const label = `${row.told?.structure ?? curve.name} ${goal}`;
  const node = s("svg", {
    class: ["flag", vertical && "v", row.constraint && !row.constraint.original && "chg"], x: `${(100 * dose) / view.end}%`, y: `${100 - percent}%`, overflow: "visible",
    tabindex: 0, role: "slider", data_f: `flag:${row.key}`, data_row: row.key, aria_label: `Limit: ${label}`, aria_valuenow: row.constraint.goal.limit, aria_valuetext: goal,
    onpointerdown: (event) => drag(event, row, curve), onkeydown: (event) => nudge(event, row),
    onpointerenter: () => { state.ui.hover = { key: row.key, curves: row.numbers.curves }; document.dispatchEvent(new CustomEvent("lit")); },
    onfocus: () => { state.ui.hover = { key: row.key, curves: row.numbers.curves }; document.dispatchEvent(new CustomEvent("lit")); },
  }, s("rect", { class: "hit", x: -11, y: mark.volume === null ? -22 : -11, width: 22, height: 24 }), shape,
  s("text", { x: dose > 0.5 * view.end ? 4 : -4, y: percent < 12 ? -28 : -14, text_anchor: dose > 0.5 * view.end ? "end" : "start" }, label));
  return painted(node, curve);
}

const shown = (limit, step) => String(Number((Math.round(limit / step) * step).toFixed(3)));

// Everything of a goal but its limit.
const withoutLimit = (text) => text.replace(LIMIT, "$1");

function setLimit(row, limit, options) {
  const before = goalNow(row);
  if (withoutLimit(before) !== withoutLimit(row.constraint.goal.text)) return; // the flag is still that of another goal
  const text = before.replace(LIMIT, (_, sign) => sign + shown(Math.max(limit, 0), 0.1));
  const goal = text === row.constraint.was ? "" : text;
  const current = editsOrOriginal().find((edit) => edit.id === row.id);
  if (current && current.goal !== goal) changeEdit(row.id, { goal }, options);
}

function drag(event, row, curve) {
  event.preventDefault();
  const before = begin();
  const box = view.svg.getBoundingClientRect();
  const { mark } = row.numbers;
  const node = event.currentTarget;
  node.focus({ preventScroll: true });
  let last = 0;
  let pending = null;
  const limitAt = (at) => {
    if (mark.drag === "dose") return ((at.clientX - box.left) / box.width) * view.end / (mark.gy_per_unit || 1);
    const share = Math.min(Math.max(100 * (1 - (at.clientY - box.top) / box.height), 0), 100);
    const percent = mark.of === "spared" ? 100 - share : share;
    return mark.volume_unit === "%" ? percent : (percent / 100) * curve.volume_cc;
  };
  const move = (at) => {
    const limit = limitAt(at);
    clearTimeout(pending);
    const go = () => {
      last = performance.now();
      if (!isOver(before)) setLimit(row, limit, { keep: false });
    };
    const wait = last + MOVE_EVERY_MS - performance.now();
    if (wait <= 0) go();
    else pending = setTimeout(go, wait);
  };
  const end = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    window.removeEventListener("pointercancel", end);
    settle(before);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", end);
}

function nudge(event, row) {
  const step = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1 }[event.key];
  if (event.key === "Enter") show({ selected: row.key });
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  setLimit(row, limitNow(row) + step * (event.shiftKey ? 10 : 1));
}

// The goal and its limit as last asked for: keys that are pressed faster than the server answers all count.
function goalNow(row) {
  const edit = editsOrOriginal().find((each) => each.id === row.id);
  return edit?.goal || (edit?.base === null ? "" : row.constraint.was) || row.constraint.goal.text;
}

function limitNow(row) {
  const found = LIMIT.exec(goalNow(row));
  return found ? Number(found[2]) : row.constraint.goal.limit;
}

// Reading ------------------------------------------------------------------------------------------------------------

function readAt(event) {
  const box = view.svg.getBoundingClientRect();
  const dose = ((event.clientX - box.left) / box.width) * view.end;
  setCursor(dose >= 0 && dose <= view.end ? dose : null);
}

function readByKey(event) {
  if (event.target !== view.svg) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.key === "Escape") setCursor(null);
  if (!step) return;
  event.preventDefault();
  setCursor(Math.min(Math.max((view.cursor ?? view.end / 2) + step * (event.shiftKey ? 5 : 0.5), 0), view.end));
}

function setCursor(dose) {
  const data = curves();
  view.cursor = dose;
  if (!data || !view.line) return;
  view.line.setAttribute("visibility", dose === null ? "hidden" : "visible");
  view.text.textContent = dose === null ? "" : `at ${doseText(dose, 1)}`;
  if (dose !== null) {
    const x = `${(100 * dose) / view.end}%`;
    view.line.setAttribute("x1", x);
    view.line.setAttribute("x2", x);
  }
  const step = data.step_gy * asked().dose_scale;
  for (const button of view.legend.children) {
    const curve = data.curves.find((each) => each.name === button.dataset.curve);
    const value = button.querySelector("b");
    if (curve && value) value.textContent = dose === null ? "" : shareText(percentAt(curve.percent, dose / step));
  }
}

// Never longer than "100 %": the legend keeps its lines, and the plot its height, while it is read.
const shareText = (percent) => `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;

function percentAt(percent, at) {
  const low = Math.floor(at);
  const [a, b] = [percent[low] ?? 0, percent[low + 1] ?? 0];
  return a + (b - a) * (at - low);
}

document.addEventListener("lit", light);
document.addEventListener("theme", () => update());
