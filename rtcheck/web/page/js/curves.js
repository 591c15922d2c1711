// The curves and outlines of a plan's structures: asked for when the structures change, and not for each limit.

import { post } from "./api.js";
import { asked, sentQuestion, state } from "./state.js";

const held = { key: "", of: "", values: null, loading: "" };
const listeners = new Set();

export const onCurves = (listener) => listeners.add(listener);
// Those of another plan, or of the same with another prescription, are none of this one.
const planNow = () => JSON.stringify([state.plan?.case, asked().override]);
export const curves = () => (held.of === planNow() ? held.values : null);
// What the pictures depend on; colours and bands of the curves do not matter to them.
export const curveKey = () => held.key.replace(/(,(true|false)){2}\]$/, "]");

// What the structures depend on: the plan, the dose as it was given, and what each name was matched to.
function keyOf() {
  if (!state.answer || !state.plan) return "";
  const { matches } = state.answer.structures;
  const rows = state.answer.numbers.map((row) => row.structure);
  return JSON.stringify([state.plan.case, asked().override, rows, matches.map((match) => [match.asked, match.rois]), asked().own_colours, state.answer.is_waiting]);
}

export async function loadCurves() {
  const key = keyOf();
  if (!key || key === held.loading) return;
  held.loading = key === held.key ? "" : key; // what is still on its way for other structures is not taken any more
  if (!held.loading) return;
  const of = planNow();
  try {
    const values = await post(`api/cases/${state.plan.case}/dvh`, sentQuestion(0).body);
    if (held.loading !== key) return;
    Object.assign(held, { key, of, values, loading: "" });
    listeners.forEach((listener) => listener());
  } catch {
    if (held.loading === key) held.loading = "";
  }
}

export const colour = (style) => (document.documentElement.dataset.theme === "dark" ? style.dark : style.light);
