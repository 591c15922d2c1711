// The check: verdict, constraints on the left, what is behind them on the right.

import { coursesPanel } from "./courses_panel.js";
import { dosePanel } from "./dose_panel.js";
import { h } from "./dom.js";
import { exportPanel } from "./export_panel.js";
import { factsPanel } from "./facts_panel.js";
import { openRemarks, remarksPanel } from "./remarks.js";
import { robustPanel } from "./robust_panel.js";
import { scaleFoot } from "./scale.js";
import { isPhone, show, state } from "./state.js";
import { openMatches, structuresPanel } from "./structures_panel.js";
import { constraintTable } from "./table.js";
import { failedStrip, verdictStrip, whatIfStrip } from "./verdict.js";

const ROWS = { id: "rows", label: "Constraints", panel: dosePanel }; // on a phone: the rows, with the curves below
const TABS = [
  { id: "dose", label: "Dose", panel: dosePanel },
  { id: "structures", label: "Structures", panel: structuresPanel, count: openMatches },
  { id: "facts", label: "Facts", panel: factsPanel },
  { id: "courses", label: "Courses", panel: coursesPanel },
  { id: "robust", label: "Robustness", panel: robustPanel },
  { id: "export", label: "Export", panel: exportPanel },
  { id: "remarks", label: "Remarks", panel: remarksPanel, count: openRemarks },
];

export function checkView(actions) {
  const { answer } = state;
  return h("div", { class: `view check${answer?.what_if.is ? " whatif" : ""}${state.isChecking ? " busy" : ""}${failedStrip() || state.failure?.gone ? " failed" : ""} on-${currentTab().id}` },
    verdictStrip(), failedStrip() ?? whatIfStrip(actions),
    answer ? h("div", { class: "work" },
      h("div", { class: "left", id: "rows", data_scroll: "left" }, h("p", { class: "ponly" }, "To edit limits, open this page on a larger screen."), constraintTable()),
      h("div", { class: "right" }, tabs(), panel()))
      : h("div", {}),
    scaleFoot() ?? "");
}

function tabs() {
  const [all, current] = [allTabs(), currentTab()];
  const move = (event, n) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[(n + step + all.length) % all.length];
    show({ tab: next.id });
    document.querySelector(`[data-f="tab-${next.id}"]`)?.focus();
  };
  return h("div", { class: "tabs", role: "tablist", data_scroll: "tabs", aria_label: "Behind the constraints" }, all.map((tab, n) => {
    const count = tab.count?.() ?? 0;
    return h("button", { role: "tab", id: `tab-${tab.id}`, data_f: `tab-${tab.id}`, aria_selected: String(tab === current), aria_controls: tab === ROWS ? "rows" : "panel", tabindex: tab === current ? 0 : -1,
      onclick: () => show({ tab: tab.id }), onkeydown: (event) => move(event, n) }, tab.label, count ? h("span", { class: "n" }, String(count)) : "");
  }));
}

// On a narrow page the tabs scroll: the one that was chosen comes into view.
let inView = "";
document.addEventListener("drawn", () => {
  const chosen = document.querySelector(".tabs [aria-selected=true]");
  if (!chosen || chosen.id === inView) return;
  inView = chosen.id;
  const bar = chosen.parentElement;
  const left = chosen.offsetLeft - bar.offsetLeft;
  if (left < bar.scrollLeft || left + chosen.offsetWidth > bar.scrollLeft + bar.clientWidth) bar.scrollLeft = left - (bar.clientWidth - chosen.offsetWidth) / 2;
});

const allTabs = () => [...(isPhone() ? [ROWS] : []), ...TABS];
const currentTab = () => allTabs().find((tab) => tab.id === state.ui.tab) ?? TABS[0];

function panel() {
  const made = currentTab().panel();
  made.id = "panel";
  made.setAttribute("role", "tabpanel");
  made.setAttribute("aria-labelledby", `tab-${currentTab().id}`);
  if (!made.hasAttribute("tabindex")) made.tabIndex = 0;
  return made;
}
