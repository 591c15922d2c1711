// Three planes through one point: CT, dose wash, isodoses and outlines; scrolled by wheel and keys, read by a click.

import { CallError, post } from "./api.js";
import { curveKey, curves } from "./curves.js";
import { isHidden, litCurves } from "./dvh.js";
import { contains, doseAt, drawWash, isolines, planeDose } from "./plane.js";
import { h, s } from "./dom.js";
import { asked, sentQuestion, state } from "./state.js";
import { tableRows } from "./table.js";
import { doseText, statedDose, unit } from "./unit.js";

const PLANES = ["axial", "coronal", "sagittal"];
const AXES = { axial: [0, 1, 2], coronal: [0, 2, 1], sagittal: [1, 2, 0] };
const LETTERS = { axial: ["A", "P", "R", "L"], coronal: ["S", "I", "R", "L"], sagittal: ["S", "I", "A", "P"] };
const LEVELS = [20, 50, 80, 95, 100, 107];
const WASH = [[68, 61, 171], [122, 63, 192], [180, 74, 158], [224, 93, 103], [245, 143, 58], [252, 210, 60]];
const MOST_HELD = 120;

const held = new Map(); // plane and place -> slice
const view = { root: null, point: null, zoom: 1, pan: Object.fromEntries(PLANES.map((plane) => [plane, [0, 0]])), active: "axial", for: "", shows: { ct: true, wash: true, lines: true, outlines: true }, said: "" };
const waiting = new Set();

export function slicesView() {
  if (!view.root) build();
  if (view.for !== curveKey() && curves()) startAt();
  paint();
  return view.root;
}

function build() {
  view.canvas = {};
  const cell = (plane) => {
    const canvas = h("canvas", { tabindex: 0, role: "img", data_f: `slice:${plane}`, aria_label: `${plane} slice` });
    listen(canvas, plane);
    view.canvas[plane] = canvas;
    return h("div", { class: `cell ${plane === "axial" ? "ax" : ""}` }, canvas);
  };
  const toggle = (key, text) => h("label", {}, h("input", { type: "checkbox", checked: view.shows[key], data_f: `shows:${key}`, onchange: (event) => { view.shows[key] = event.target.checked; paint(); } }), text);
  view.place = h("span", { class: "nw" });
  view.levels = h("span", { class: "iso-lg" });
  view.read = h("span", { class: "r", role: "status" });
  const axial = cell("axial");
  view.root = h("div", { class: "slw" },
    h("div", { class: "slh" }, view.place,
      h("span", { class: "seg" }, h("button", { class: "btn", data_f: "slice-back", title: "One slice back ([)", aria_label: "One slice back", onclick: () => scroll(-1) }, "‹"), h("button", { class: "btn", data_f: "slice-on", title: "One slice on (])", aria_label: "One slice on", onclick: () => scroll(1) }, "›")),
      toggle("ct", "CT"), toggle("wash", "dose"), toggle("lines", "isodoses"), toggle("outlines", "outlines")),
    h("div", { class: "sl" }, axial, h("div", { class: "col" }, cell("coronal"), cell("sagittal"))),
    h("div", { class: "slh" }, view.levels, view.read));
  new ResizeObserver(() => paint()).observe(view.root);
}

// The first place: where a limit is missed, else the hottest point of what matters most.
function startAt() {
  view.for = curveKey();
  view.said = "";
  held.clear();
  const missed = tableRows().find((row) => row.numbers?.place && row.told.word.kind === "over");
  const { curves: list, box } = curves();
  const first = missed?.numbers.place.position_mm ?? list.find((curve) => curve.hottest_mm)?.hottest_mm;
  if (!box) return;
  view.point = [...(first ?? box.low_mm.map((low, axis) => (low + box.high_mm[axis]) / 2))];
}

export function goTo(position) {
  if (!position) return;
  view.point = [...position];
  view.pan = Object.fromEntries(PLANES.map((plane) => [plane, [0, 0]]));
  readPoint();
  paint();
}

export function scroll(steps, plane = view.active) {
  const box = curves()?.box;
  if (!box || !view.point) return;
  const axis = AXES[plane][2];
  const at = view.point[axis] + steps * box.step_mm[plane];
  view.point[axis] = Math.min(Math.max(at, box.low_mm[axis]), box.high_mm[axis]);
  view.said = "";
  paint();
  for (const ahead of [1, 2]) fetchSlice(plane, view.point[axis] + Math.sign(steps) * ahead * box.step_mm[plane]);
}

// Slices from the server ---------------------------------------------------------------------------------------------

const nameOf = (plane, at) => `${plane}:${at.toFixed(2)}`;

async function fetchSlice(plane, at) {
  const box = curves()?.box;
  const axis = AXES[plane][2];
  if (!box || !state.plan || at < box.low_mm[axis] - 1e-6 || at > box.high_mm[axis] + 1e-6) return;
  const name = nameOf(plane, at);
  const key = curveKey();
  const asked = `${key} ${name}`;
  if (waiting.has(asked) || (held.has(name) && held.get(name).ct !== "reading")) return;
  waiting.add(asked);
  try {
    const values = await post(`api/cases/${state.plan.case}/slice`, { ...sentQuestion(0).body, plane, at_mm: at });
    if (key !== curveKey()) return;
    keep(name, values);
    if (values.ct === "reading") setTimeout(() => fetchSlice(plane, at), 400);
    paint();
  } catch (error) {
    if (error instanceof CallError) view.said = error.message;
  } finally {
    waiting.delete(asked);
  }
}

function keep(name, values) {
  while (held.size >= MOST_HELD) held.delete(held.keys().next().value);
  const slice = { ...values, dose: values.dose && planeDose(values.dose), picture: null };
  if (values.ct?.url) {
    slice.picture = new Image();
    slice.picture.addEventListener("load", () => paint());
    slice.picture.src = values.ct.url;
  }
  held.set(name, slice);
}

// Drawing ------------------------------------------------------------------------------------------------------------

let isDue = false;

export function paint() {
  if (isDue || !view.root) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const plane of PLANES) paintPlane(plane);
    readAtRest();
    headline();
  });
}

function headline() {
  const box = curves()?.box;
  view.root.classList.toggle("none", Boolean(curves()) && !box);
  if (!box) {
    view.place.textContent = curves() ? "There is no dose to show." : "";
    view.read.textContent = "";
    view.levels.replaceChildren();
    view.legendFor = "";
    return;
  }
  const axis = AXES[view.active][2];
  const at = view.point ? `${"xyz"[axis]} ${view.point[axis] >= 0 ? "+" : "−"}${Math.abs(view.point[axis]).toFixed(1)} mm` : "";
  view.place.textContent = `${view.active[0].toUpperCase()}${view.active.slice(1)} ${at}`;
  legend(box);
  view.read.textContent = view.said || (box.has_images ? "" : hasBody() ? "No CT: the body's outline is shown." : "No CT.");
}

const hasBody = () => [...held.values()].some((slice) => slice.body.length);

// What each colour stands for: the levels as shares of the prescription, and what that is.
function legend(box) {
  const reference = box.reference_gy * asked().dose_scale;
  const key = `${reference} ${box.is_of_maximum} ${unit()}`;
  if (view.legendFor === key) return;
  view.legendFor = key;
  const swatch = (n) => s("svg", { viewBox: "0 0 10 10", aria_hidden: "true" }, s("rect", { width: 10, height: 10, rx: 2, fill: `rgb(${WASH[n].join(",")})` }));
  view.levels.replaceChildren(...LEVELS.map((percent, n) => h("span", { title: doseText((percent / 100) * reference, 1) }, swatch(n), String(percent))), h("span", {}, `% of ${box.is_of_maximum ? "the maximum, " : ""}${statedDose(Number(reference.toFixed(2)))}`));
}

// How a plane lies on its canvas: millimetres to pixels; z grows upward.
function frameOf(plane, canvas) {
  const { box } = curves();
  const [across, down] = AXES[plane];
  const width = canvas.clientWidth || 1;
  const height = canvas.clientHeight || 1;
  const size = [box.high_mm[across] - box.low_mm[across], box.high_mm[down] - box.low_mm[down]];
  const k = Math.min(width / size[0], height / size[1]) * view.zoom;
  const middle = view.zoom > 1 ? [view.point[across], view.point[down]] : [(box.low_mm[across] + box.high_mm[across]) / 2, (box.low_mm[down] + box.high_mm[down]) / 2];
  const sign = plane === "axial" ? 1 : -1;
  const [px, py] = view.pan[plane];
  return { width, height, k, sign, x: (u) => (u - middle[0]) * k + width / 2 + px, y: (v) => sign * (v - middle[1]) * k + height / 2 + py,
    u: (x) => (x - width / 2 - px) / k + middle[0], v: (y) => (sign * (y - height / 2 - py)) / k + middle[1] };
}

function paintPlane(plane) {
  const canvas = view.canvas[plane];
  if (!canvas.clientWidth) return;
  const ratio = window.devicePixelRatio || 1;
  const [w, t] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== w || canvas.height !== t) [canvas.width, canvas.height] = [w, t];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  if (!curves()?.box || !view.point) return; // black, and not the plan before
  const at = view.point[AXES[plane][2]];
  const slice = held.get(nameOf(plane, at));
  const frame = frameOf(plane, canvas);
  if (slice) paintSlice(pen, frame, plane, slice);
  if (!slice || slice.ct === "reading") fetchSlice(plane, at);
  marks(pen, frame, plane);
}

function paintSlice(pen, frame, plane, slice) {
  const { box } = curves();
  const scale = asked().dose_scale;
  const levels = LEVELS.map((percent) => (percent / 100) * box.reference_gy * scale);
  if (slice.picture?.complete && view.shows.ct) ctPicture(pen, frame, slice);
  else if (slice.body.length) fillLines(pen, frame, slice.body, "#23282e");
  if (slice.dose && view.shows.wash) drawWash(pen, frame, slice, levels.map((level) => level / scale), WASH, slice.picture && view.shows.ct ? 0.42 : 0.7);
  if (slice.dose && view.shows.lines) {
    levels.forEach((level, n) => strokeSegments(pen, frame, isolines(slice, level / scale), `rgb(${WASH[n].map((c) => Math.min(c + 60, 255)).join(",")})`, 1, []));
    const limit = limitDose();
    if (limit) strokeSegments(pen, frame, isolines(slice, limit / scale), "#fff", 1.5, [5, 4]);
  }
  if (view.shows.outlines) outlines(pen, frame, slice);
}

function ctPicture(pen, frame, slice) {
  const { left_mm: left, top_mm: top, width_mm: width, height_mm: height } = slice.ct;
  pen.save();
  pen.imageSmoothingEnabled = true;
  const y = frame.y(frame.sign > 0 ? top : top + height);
  if (frame.sign > 0) pen.drawImage(slice.picture, frame.x(left), y, width * frame.k, height * frame.k);
  else {
    pen.translate(0, y + height * frame.k);
    pen.scale(1, -1);
    pen.drawImage(slice.picture, frame.x(left), 0, width * frame.k, height * frame.k);
  }
  pen.restore();
}

function tracePath(pen, frame, lines) {
  pen.beginPath();
  for (const line of lines) {
    line.forEach(([u, v], n) => (n ? pen.lineTo(frame.x(u), frame.y(v)) : pen.moveTo(frame.x(u), frame.y(v))));
    pen.closePath();
  }
}

function fillLines(pen, frame, lines, colour) {
  tracePath(pen, frame, lines);
  pen.fillStyle = colour;
  pen.fill("evenodd");
}

function strokeSegments(pen, frame, segments, colour, width, dash) {
  pen.beginPath();
  for (let n = 0; n < segments.length; n += 4) {
    pen.moveTo(frame.x(segments[n]), frame.y(segments[n + 1]));
    pen.lineTo(frame.x(segments[n + 2]), frame.y(segments[n + 3]));
  }
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.stroke();
  pen.setLineDash([]);
}

function outlines(pen, frame, slice) {
  const styles = new Map(curves().curves.map((curve) => [curve.name, curve.style]));
  const lit = litCurves();
  const some = slice.outlines.some((each) => lit.includes(each.name));
  const ordered = [...slice.outlines].filter((each) => !isHidden(each.name)).sort((a, b) => Number(lit.includes(a.name)) - Number(lit.includes(b.name)));
  for (const { name, lines } of ordered) {
    const style = styles.get(name);
    if (!style) continue;
    const isLit = lit.includes(name);
    pen.globalAlpha = some && !isLit ? 0.55 : 1;
    tracePath(pen, frame, lines);
    pen.strokeStyle = "rgba(0,0,0,.6)";
    pen.lineWidth = isLit ? 5 : 3;
    pen.stroke();
    pen.setLineDash(style.dash ? style.dash.split(" ").map(Number) : []);
    pen.strokeStyle = style.on_black;
    pen.lineWidth = isLit ? 3 : 1.5;
    pen.stroke();
    pen.setLineDash([]);
  }
  pen.globalAlpha = 1;
}

// The dose that the lit row's limit speaks of.
function limitDose() {
  const row = tableRows().find((each) => each.key === (state.ui.hover?.key ?? state.ui.selected));
  return row?.numbers?.mark?.dose_gy ?? null;
}

function marks(pen, frame, plane) {
  const [across, down, through] = AXES[plane];
  const [x, y] = [frame.x(view.point[across]), frame.y(view.point[down])];
  cross(pen, x, y);
  for (const row of tableRows()) {
    const place = row.numbers?.place;
    if (!place || !(row.key === state.ui.hover?.key || row.key === state.ui.selected)) continue;
    if (Math.abs(place.position_mm[through] - view.point[through]) > curves().box.step_mm[plane]) continue;
    pen.beginPath();
    pen.arc(frame.x(place.position_mm[across]), frame.y(place.position_mm[down]), 9, 0, 2 * Math.PI);
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2;
    pen.stroke();
  }
  pen.font = "600 11px system-ui, sans-serif";
  pen.fillStyle = "#fff";
  pen.shadowColor = "#000";
  pen.shadowBlur = 3;
  const [top, bottom, left, right] = LETTERS[plane];
  pen.textAlign = "center";
  pen.fillText(top, frame.width / 2, 13);
  if (plane === "axial") pen.fillText(bottom, frame.width / 2, frame.height - 5);
  pen.textAlign = "left";
  pen.fillText(left, 5, frame.height / 2 + 4);
  pen.textAlign = "right";
  pen.fillText(right, frame.width - 5, frame.height / 2 + 4);
  scaleBar(pen, frame);
  pen.shadowBlur = 0;
}

function cross(pen, x, y) {
  for (const [colour, width] of [["rgba(0,0,0,.7)", 3], ["#fff", 1.25]]) {
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 5 * dx, y + 5 * dy);
      pen.lineTo(x + 16 * dx, y + 16 * dy);
    }
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  }
}

function scaleBar(pen, frame) {
  if (frame.height < 90) return; // the letters need the room
  const mm = frame.width / frame.k > 180 ? 50 : 20;
  const [x, y] = [8, frame.height - 8];
  pen.fillRect(x, y, mm * frame.k, 2);
  pen.textAlign = "left";
  pen.fillText(`${mm / 10} cm`, x, y - 4);
}

// Hands --------------------------------------------------------------------------------------------------------------

function listen(canvas, plane) {
  let start = null;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.active = plane;
    if (event.ctrlKey) {
      view.zoom = Math.min(Math.max(view.zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2), 1), 12);
      if (view.zoom === 1) view.pan[plane] = [0, 0];
      paint();
    } else scroll((event.deltaY < 0 ? 1 : -1) * (event.shiftKey ? 5 : 1), plane);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    view.active = plane;
    start = { x: event.clientX, y: event.clientY, pan: [...view.pan[plane]], moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!start) return hoverRead(event, plane);
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.hypot(dx, dy) > 4) start.moved = true;
    if (start.moved) {
      view.pan[plane] = [start.pan[0] + dx, start.pan[1] + dy];
      paint();
    }
    return null;
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start && !start.moved) setPoint(event, plane);
    start = null;
  });
  canvas.addEventListener("pointerleave", () => {
    view.rest = null;
    if (!start && view.said.startsWith("At ")) {
      view.said = "";
      headline();
    }
  });
  canvas.addEventListener("focus", () => {
    view.active = plane;
    headline();
  });
  canvas.addEventListener("keydown", (event) => byKey(event, plane));
}

function byKey(event, plane) {
  const [across, down] = AXES[plane];
  const sign = plane === "axial" ? 1 : -1;
  const by = event.shiftKey ? 10 : 1;
  const moves = { ArrowLeft: [across, -by], ArrowRight: [across, by], ArrowUp: [down, -sign * by], ArrowDown: [down, sign * by] };
  if (event.key === "PageUp" || event.key === "PageDown") scroll((event.key === "PageUp" ? 1 : -1) * (event.shiftKey ? 5 : 1), plane);
  else if (moves[event.key]) {
    const [axis, step] = moves[event.key];
    view.point[axis] += step;
    paint();
    readPoint();
  } else if (event.key === "Enter" || event.key === " ") readPoint();
  else if (event.key === "+" || event.key === "-") {
    view.zoom = Math.min(Math.max(view.zoom * (event.key === "+" ? 1.25 : 0.8), 1), 12);
    paint();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function placeAt(event, plane) {
  const canvas = view.canvas[plane];
  const frame = frameOf(plane, canvas);
  const box = canvas.getBoundingClientRect();
  const [across, down] = AXES[plane];
  const place = [...view.point];
  place[across] = frame.u(event.clientX - box.left);
  place[down] = frame.v(event.clientY - box.top);
  return place;
}

// A pointer that rests on a plane reads each slice that comes under it; what a click has read stays.
function readAtRest() {
  if (view.rest && (!view.said || view.said.startsWith("At "))) readUnder(view.rest, view.rest.plane);
}

function hoverRead({ clientX, clientY }, plane) {
  view.rest = { clientX, clientY, plane };
  readUnder(view.rest, plane);
  headline();
}

// At once, from what the page holds: the dose between the nodes and the outlines around the place.
function readUnder(event, plane) {
  if (!curves()?.box || !view.point) return;
  const place = placeAt(event, plane);
  const [across, down, through] = AXES[plane];
  const slice = held.get(nameOf(plane, view.point[through]));
  if (!slice) return;
  const dose = slice.dose ? doseAt(slice.dose, place[across], place[down]) : null;
  const inside = slice.outlines.filter((each) => contains(each.lines, place[across], place[down])).map((each) => each.name);
  view.said = told(dose === null ? null : dose * asked().dose_scale, inside, "At the pointer");
}

function setPoint(event, plane) {
  if (!curves()?.box) return;
  view.point = placeAt(event, plane);
  paint();
  readPoint();
}

async function readPoint() {
  const { plan } = state;
  const { point } = view;
  const [x, y, z] = point;
  const isWanted = () => plan === state.plan && point === view.point && [x, y, z].every((each, n) => each === point[n]);
  try {
    const values = await post(`api/cases/${state.plan.case}/point`, { ...sentQuestion(0).body, x_mm: x, y_mm: y, z_mm: z });
    if (!isWanted()) return;
    const dose = values.dose_gy === null ? null : values.dose_gy * asked().dose_scale;
    view.said = told(dose, values.structures, `x ${x.toFixed(0)}, y ${y.toFixed(0)}, z ${z.toFixed(0)} mm`);
    headline();
  } catch (error) {
    if (!(error instanceof CallError) || !isWanted()) return;
    view.said = error.message;
    headline();
  }
}

function told(dose, structures, where) {
  const inside = structures.length ? `in ${structures.join(", ")}` : "in no structure";
  return `${where}: ${dose === null ? "no dose" : doseText(dose, 2)}, ${inside}`;
}

document.addEventListener("lit", paint);
document.addEventListener("hidden-curves", paint);
