// What each name was matched to and why; a choice where it is open, and the dose levels of the targets.

import { counted, glyph, h, saveFile, toast } from "./dom.js";
import { post } from "./api.js";
import { ask, asked, sentQuestion, state } from "./state.js";
import { inUnit, statedDose, unit } from "./unit.js";

const KINDS = { matched: "met", derived: "met", surrogate: "edge", ambiguous: "ne", missing: "ne" };
const WORDS = { matched: "", derived: "derived", surrogate: "surrogate", ambiguous: "ambiguous", missing: "not found" };

export const openMatches = () => (state.answer?.structures.matches ?? []).filter((match) => match.state === "ambiguous" || match.state === "missing").length;

export function structuresPanel() {
  const { matches, rois, levels } = state.answer.structures;
  const open = openMatches();
  const ordered = [...matches].sort((a, b) => Number(KINDS[b.state] === "ne") - Number(KINDS[a.state] === "ne"));
  return h("div", { class: "panel", data_scroll: "structures" },
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Structures"), h("span", { class: "mut" }, open ? `${counted(open, "name")} to settle` : "every name is matched"),
        h("button", { class: "btn r", data_f: "save-aliases", disabled: !Object.keys(asked().aliases).length, onclick: saveAliases }, "Save as alias file")),
      h("table", { class: "list" },
        h("thead", {}, h("tr", {}, ["Protocol", "Structure in this plan", "How"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, ordered.map((match) => matchRow(match, rois)))),
      h("label", { class: "opt3" }, h("input", { type: "checkbox", data_f: "drawn-only", checked: asked().drawn_only, onchange: (event) => ask({ drawn_only: event.target.checked }) }), h("span", {}, "Only what is contoured", h("small", {}, "Limits on organs that are not contoured do not apply; targets and required structures stay required.")))),
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Dose levels"), h("span", { class: "mut" }, "what percentages refer to")),
      h("table", { class: "list" },
        h("thead", {}, h("tr", {}, ["Target", "Prescribed", `Given here [${unit()}]`].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", {}, levels.map(levelRow), fractionsRow(), doseRow()))));
}

function matchRow(match, rois) {
  const kind = KINDS[match.state];
  return h("tr", { class: kind === "ne" ? "ask" : "" },
    h("th", { scope: "row" }, h("span", { class: "gn" }, glyph(kind, "s"), h("span", {}, match.asked))),
    h("td", {}, match.can_choose ? choice(match, rois) : match.rois.join(", ") || "–"),
    h("td", {}, WORDS[match.state] ? h("span", { class: `w ${kind}` }, WORDS[match.state]) : "", h("small", {}, (match.reason || match.how).replace(/^derived: /, ""))));
}

function choice(match, rois) {
  const drawn = rois.filter((roi) => roi.contours);
  const candidates = match.candidates.filter((name) => drawn.some((roi) => roi.name === name));
  const others = drawn.map((roi) => roi.name).filter((name) => !candidates.includes(name));
  const automatic = match.chosen ? "as matched by rtcheck" : match.rois.join(", ") || "choose …";
  const options = (names) => names.map((name) => h("option", { value: name, selected: name === match.chosen }, name));
  return h("select", { data_f: `match:${match.asked}`, aria_label: `Structure for ${match.asked}`, onchange: (event) => choose(match.asked, event.target.value) },
    h("option", { value: "" }, automatic),
    candidates.length ? h("optgroup", { label: "Likely" }, options(candidates)) : "",
    h("optgroup", { label: candidates.length ? "All others" : "All structures" }, options(others)));
}

function choose(name, roi) {
  const { [name]: _, ...rest } = asked().aliases;
  ask({ aliases: roi ? { ...rest, [name]: roi } : rest });
}

function levelRow(level) {
  const label = level.target || "the plan";
  const given = asked().override.dose_rx?.[level.target];
  return h("tr", {},
    h("th", { scope: "row" }, label, level.target ? h("small", {}, level.kind) : ""),
    h("td", {}, level.dose_gy === null ? "not stated" : statedDose(level.dose_gy), level.source ? h("small", {}, level.source) : ""),
    h("td", {}, number(`level:${level.target}`, `Dose level of ${label} in ${unit()}`, given && Number(inUnit(given).toPrecision(12)), doseGy, `a dose such as ${inUnit(50)} ${unit()}`, (gy) => {
      const { [level.target]: _, ...rest } = asked().override.dose_rx ?? {};
      override({ dose_rx: gy === null ? rest : { ...rest, [level.target]: gy } });
    })));
}

function fractionsRow() {
  return h("tr", {}, h("th", { scope: "row" }, "Fractions"), h("td", {}, state.plan.fractions ?? "not stated"),
    h("td", {}, number("fractions", "Number of fractions", asked().override.fractions, whole, "a whole number of fractions", (value) => override({ fractions: value ?? undefined }))));
}

// What the dose is of, where the file states it wrongly.
function doseRow() {
  const given = asked().override.dose_is ?? "";
  return h("tr", {}, h("th", { scope: "row" }, "Dose"), h("td", {}, "as the file states"),
    h("td", {}, h("select", { data_f: "dose-is", aria_label: "What the dose is of", onchange: (event) => override({ dose_is: event.target.value || undefined }) },
      [["", "–"], ["course", "whole course"], ["per-fraction", "one fraction"]].map(([value, text]) => h("option", { value, selected: value === given }, text)))));
}

const override = (change) => ask({ override: { ...asked().override, ...change } });

// A dose in Gy; without a unit it is in the one that is read.
function doseGy(text) {
  const [, number, given = unit()] = /^([\d.]+(?:e\d+)?)\s*(c?gy)?$/i.exec(text) ?? [];
  return Number(number) / (given.toLowerCase() === "cgy" ? 100 : 1);
}

const whole = (text) => (/^\d+$/.test(text) ? Number(text) : NaN);

// A field that is taken once it is left; what cannot be read is marked and said, and what was given before still applies.
function number(key, label, value, read, expected, set) {
  return h("input", { type: "text", data_typed: "", inputmode: "decimal", data_f: key, aria_label: label, value: value ?? "", size: 6,
    onchange: (event) => {
      const text = event.target.value.trim().replace(",", ".");
      const given = text === "" ? null : read(text);
      const isRight = given === null || (Number.isFinite(given) && given > 0);
      event.target.setAttribute("aria-invalid", String(!isRight));
      if (isRight) set(given);
      else toast(`“${text}” is not ${expected}. It was not applied.`);
    } });
}

async function saveAliases() {
  const { files } = await post(`api/cases/${state.plan.case}/command`, sentQuestion(0).body);
  const found = files.find((each) => each.name === "aliases.yaml");
  if (found) saveFile(found.text, found.name, "application/yaml");
}

