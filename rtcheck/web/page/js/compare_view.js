// A second plan beside the first: each constraint with both values and the difference, the curves over each other.

import { CallError, post } from "./api.js";
import { colour, curves, loadCurves, onCurves } from "./curves.js";
import { differencePanel } from "./difference_panel.js";
import { counted, glyph, h, s } from "./dom.js";
import { asked, sentQuestion, state } from "./state.js";
import { sumPanel } from "./sum_panel.js";
import { inUnit, unit } from "./unit.js";
import { sentence } from "./verdict.js";
import { valueText } from "./table.js";

const view = { key: "", of: "", answered: "", isLost: false, answer: null, error: "", second: null };
let redraw = () => {};
let addPlan = () => {};

export function prepareCompare(renewed, onAdd) {
  redraw = renewed;
  addPlan = onAdd;
  onCurves(() => state.ui.view === "compare" && redraw());
}

// What an answer and its curves are of: those of another pair, or by another protocol, are not shown.
const pairNow = () => JSON.stringify([state.plan.case, state.second.case, asked().protocol]);

document.addEventListener("again", () => view.isLost && Object.assign(view, { key: "", isLost: false }));

const keyNow = () => JSON.stringify([state.plan.case, state.second.case, sentQuestion(0).body]);

export function compareView() {
  if (!state.second) {
    return h("div", { class: "view batch" }, h("div", { class: "bh" }, h("h1", {}, "Compare")), h("p", {}, "Open a second plan to see both side by side, under the same protocol and the same edits."),
      h("div", { class: "bs" }, h("button", { class: "btn pri", data_f: "add-second", onclick: addPlan }, "Open a second plan")));
  }
  load();
  loadCurves();
  const answer = view.of === pairNow() ? view.answer : null;
  const isOld = answer && view.answered !== keyNow(); // other limits, another scale: what is shown is not of them
  return h("div", { class: `view cmp${isOld ? (view.isLost ? " failed" : " busy") : ""}` },
    h("div", { class: "cmph" }, answer ? answer.plans.map((plan, n) => planHead(plan, n, answer.is_what_if)) : [h("p", { class: "wait", role: "status" }, view.error || "Checking both plans …"), h("span", {})],
      h("button", { class: "ad", data_f: "other-second", onclick: addPlan }, "Another plan")),
    answer ? h("div", { class: "work" },
      h("div", { class: "left", data_scroll: "compare" }, warnings(answer), table(answer)),
      h("div", { class: "right" }, h("div", { class: "tabs" }), h("div", { class: "panel dose", tabindex: 0 }, overlay(), h("p", { class: "mut" }, "First plan solid, second plan dashed."), differencePanel(), sumPanel())))
      : h("div", {}));
}

async function load() {
  const key = keyNow();
  if (view.key === key) return;
  const of = pairNow();
  const { second } = state;
  Object.assign(view, { key, error: "" });
  try {
    const answer = await post(`api/cases/${state.plan.case}/compare`, { ...sentQuestion(0).body, with: second.case });
    if (view.key !== key) return;
    Object.assign(view, { answer, of, answered: key, isLost: false });
    redraw();
    if (view.second?.of === of) return;
    const drawn = await post(`api/cases/${second.case}/dvh`, { ...sentQuestion(0).body, override: {} });
    if (state.second === second && of === pairNow()) view.second = { of, ...drawn };
  } catch (error) {
    if (!(error instanceof CallError)) {
      view.isLost = true;
      redraw();
      throw error;
    }
    if (view.key !== key) return;
    Object.assign(view, { answer: null, error: error.message });
  }
  redraw();
}

function planHead(plan, n, isWhatIf) {
  return h("section", { class: "pc", aria_label: n ? "Second plan" : "First plan" },
    h("div", { class: `stamp ${isWhatIf ? "outline" : ""} ${plan.verdict.kind}${plan.verdict.text.length > 9 ? " long" : ""}` }, glyph(plan.verdict.kind), h("span", {}, plan.verdict.text)),
    h("div", { class: "why" }, h("p", {}, h("span", { class: `ab ${n ? "b" : ""}` }, n ? "B" : "A"), ` ${plan.label || "without a label"} `, h("span", { class: "mut" }, plan.patient), isWhatIf ? h("span", { class: "w wiw" }, " what-if") : ""), h("p", {}, sentence(plan.sentence))));
}

const warnings = (answer) => (answer.warnings.length ? h("p", { class: "note", role: "note" }, glyph("edge", "s"), ` ${answer.warnings.map((each) => each.text).join(" ")}`) : "");

function table(answer) {
  const differing = answer.rows.filter((row) => row.differs).length;
  return h("table", { class: "ct" },
    h("caption", { class: "cap" }, differing ? `${counted(differing, "constraint")} with different outcomes` : "The same outcomes in both plans"),
    h("thead", {}, h("tr", {}, [["c1", "Constraint"], ["c2", "Goal"], ["cA num", "A"], ["cB num", "B"], ["c5 num", "B − A"]].map(([name, text]) => h("th", { class: name, scope: "col" }, text)))),
    h("tbody", {}, answer.rows.map((row) => h("tr", { class: ["row", row.differs && "chg"] },
      h("th", { class: "c1", scope: "row" }, h("div", { class: "nm" }, row.differs ? h("span", { class: "diff", title: "different outcomes" }, "≠") : h("span", {}), h("span", {}, h("b", {}, row.structure)))),
      h("td", { class: "c2" }, h("code", {}, row.goal)),
      row.cells.map((cell, n) => h("td", { class: `${n ? "cB" : "cA"} num val` }, cell ? [h("span", { class: `ab ponly${n ? " b" : ""}`, aria_hidden: "true" }, n ? "B" : "A"), glyph(cell.word.kind, "s"), h("span", { class: "sr" }, cell.word.text), " ", valueText(cell.value), h("small", { class: "unc" }, cell.margin || cell.word.text)] : "–")),
      h("td", { class: "c5 num" }, row.difference)))));
}

function overlay() {
  const [first, second] = [curves(), view.second];
  if (!first || second?.of !== pairNow()) return h("p", { class: "mut" }, "Computing the curves …");
  const scale = asked().dose_scale;
  const end = Math.ceil((Math.max(first.end_gy, second.end_gy) * scale) / 5) * 5;
  const path = (data, curve, className) => {
    const drawn = s("path", { class: className, data_curve: curve.name, d: `M${curve.percent.map((value, n) => `${(n * data.step_gy * scale).toFixed(3)},${(-value).toFixed(2)}`).join(" ")}` });
    drawn.style.setProperty("--c", colour(curve.style));
    return drawn;
  };
  const both = first.curves.filter((curve) => second.curves.some((other) => other.name === curve.name));
  const inner = s("svg", { class: "cv", width: "100%", height: "100%", viewBox: `0 -100 ${end} 100`, preserveAspectRatio: "none" },
    both.map((curve) => [path(first, curve, "pa"), path(second, { ...second.curves.find((other) => other.name === curve.name), style: curve.style }, "pb")]));
  const lines = [0, 25, 50, 75, 100].map((share) => s("g", {}, s("line", { y1: `${100 - share}%`, y2: `${100 - share}%`, x2: "100%" }), s("text", { y: `${100 - share}%`, dx: -7, dy: 4, text_anchor: "end" }, String(share))));
  for (let dose = 0; dose <= end; dose += end > 40 ? 10 : 5) lines.push(s("g", {}, s("line", { x1: `${(100 * dose) / end}%`, x2: `${(100 * dose) / end}%`, y2: "100%" }), dose / end > 0.84 ? "" : s("text", { x: `${(100 * dose) / end}%`, y: "100%", dy: 15, text_anchor: "middle" }, String(inUnit(dose)))));
  const legend = both.map((curve) => {
    const sample = s("svg", { viewBox: "0 0 22 8", aria_hidden: "true" }, s("line", { x2: 22, y1: 4, y2: 4 }));
    sample.style.setProperty("--c", colour(curve.style));
    return h("span", { class: "lge" }, sample, curve.name);
  });
  return h("div", { class: "plotw" },
    h("div", { class: "plot" }, h("span", { class: "unit y" }, "Volume [%]"), s("svg", { role: "img", aria_label: `DVHs of ${counted(both.length, "structure")} in both plans` }, s("g", { class: "gr" }, lines), inner), h("span", { class: "unit x" }, `Dose [${unit()}]`)),
    h("div", { class: "lg" }, legend));
}
