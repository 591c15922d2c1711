// The dose: the histogram above the slices, both lit by the row under the mouse.

import { loadCurves, onCurves } from "./curves.js";
import { h } from "./dom.js";
import { dvhPlot, update } from "./dvh.js";
import { paint, slicesView } from "./slices.js";

let root = null;

export function dosePanel() {
  loadCurves();
  const [plot, slices] = [dvhPlot(), slicesView()];
  root ??= h("div", { class: "panel dose" }, plot, slices);
  return root;
}

onCurves(() => {
  if (!root) return;
  update();
  slicesView();
  paint();
});
