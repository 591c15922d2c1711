// A value against its limit: the limits of all rows stand on one vertical line, as in the report.

import { s } from "./dom.js";

const END = 1.12; // of the limit
const at = (share) => `${(100 * Math.min(Math.max(share / END, 0), 1)).toFixed(2)}%`;
const LIMIT = at(1);

function box(kind, from, to, height = 10) {
  const [a, b] = [parseFloat(at(from)), parseFloat(at(to))];
  return s("rect", { class: kind, x: `${a}%`, width: `${Math.max(b - a, 0.4)}%`, y: "50%", height, transform: `translate(0,-${height / 2})` });
}

export function bar(row, kind) {
  const { share, low, high, bounds, uncertainty, is_upper: isUpper } = row;
  const marks = [
    isUpper ? s("rect", { class: "zone", x: LIMIT, width: `${100 - parseFloat(LIMIT)}%`, height: "100%" }) : s("rect", { class: "zone", width: LIMIT, height: "100%" }),
    s("line", { class: "base", x1: 0, x2: 0, y2: "100%" }),
  ];
  if (bounds && bounds[1] > bounds[0]) marks.push(box("hatch", 0, bounds[1]));
  if (low !== null && high !== null) marks.push(box("cb", low, high, 20));
  if (share !== null) {
    marks.push(box(kind === "edge" ? "b-edge" : "b-met", 0, isUpper ? Math.min(share, 1) : share));
    if (isUpper && share > 1) marks.push(box("b-over", 1, share));
    if (!isUpper && share < 1) marks.push(box("b-short", share, 1));
    if (uncertainty) marks.push(s("line", { class: "un", x1: at(share - uncertainty), x2: at(share + uncertainty), y1: "50%", y2: "50%" }));
    if (share > END) marks.push(s("svg", { x: "100%", y: "50%", overflow: "visible" }, s("path", { class: "more", d: "M-9-5-3 0-9 5" })));
  }
  marks.push(s("line", { class: "lim", x1: LIMIT, x2: LIMIT, y2: "100%" }));
  return s("svg", { aria_hidden: "true", focusable: "false" }, marks);
}

export function barAxis() {
  const marks = [[0, "0", "start"], [0.5, "50 %", "middle"], [1, "limit", "middle"]];
  return s("svg", { aria_hidden: "true" }, marks.map(([share, text, anchor]) => s("text", { x: at(share), y: 12, text_anchor: anchor }, text)));
}
