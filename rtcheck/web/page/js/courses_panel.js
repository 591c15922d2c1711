// The courses of a sum: what each gives to every limit, what they give together, and what is left; and how to add values.

import { glyph, h, s } from "./dom.js";
import { state } from "./state.js";
import { valuesPanel } from "./values_panel.js";

export function coursesPanel() {
  return h("div", { class: "panel", data_scroll: "courses" }, state.answer.telling.courses ? courses() : "", valuesPanel());
}

function courses() {
  const { telling: { courses: text, over_courses: lines }, courses: drawn } = state.answer;
  const [head, ...how] = text.split(". ");
  return h("section", {}, h("h2", {}, head), how.length ? h("p", { class: "mut" }, how.join(". ")) : "",
    h("ul", { class: "items" }, lines.map((line, n) => h("li", {}, glyph(line.kind, "s"),
      h("span", {}, h("b", {}, line.constraint), bars(drawn, n), [line.own, [line.together, line.left], [line.may_add]].map((texts) => texts.filter(Boolean).join(" · ")).filter(Boolean).map((each) => h("small", { class: "cl" }, each)))))));
}

const ROW = 9; // px of one bar

// Values that are added as one bar, each part beginning where the one before ends; otherwise a bar for each course and
// one for all together. The limit is the same vertical line in every row.
function bars(drawn, n) {
  const { parts, together } = drawn.limits[n];
  if (parts.includes(null) || together === null) return "";
  const end = Math.max(1.12, ...parts, together);
  const at = (share) => `${((100 * share) / end).toFixed(2)}%`;
  const starts = parts.map((_, part) => (drawn.is_added ? parts.slice(0, part).reduce((sum, share) => sum + share, 0) : 0));
  const line = (part) => (drawn.is_added ? 0 : part * ROW);
  const height = drawn.is_added ? 2 * ROW : (parts.length + 1) * ROW;
  const marks = parts.map((share, part) => [
    s("rect", { class: "cb1", x: at(starts[part]), y: line(part) + 1, width: at(share), height: (drawn.is_added ? 2 : 1) * ROW - 2 }),
    drawn.is_added && share / end > 0.04 ? s("text", { x: at(starts[part] + share / 2), y: 1.5 * ROW }, String(part + 1)) : "",
  ]);
  if (!drawn.is_added) marks.push(s("rect", { class: together > 1 ? "b-over" : "b-met", x: 0, y: parts.length * ROW + 1, width: at(together), height: ROW - 2 }));
  const names = parts.map((share, part) => `${drawn.labels[part]} ${(100 * share).toFixed(0)} %`).join(", ");
  return s("svg", { class: "cbs", role: "img", aria_label: `Of the limit: ${names}; together ${(100 * together).toFixed(0)} %`, height }, marks.flat(),
    s("line", { class: "lim", x1: at(1), x2: at(1), y2: height }));
}
