// The clinical facts that the protocol asks for, and deviations that are signed off.

import { glyph, h } from "./dom.js";
import { ask, asked, state } from "./state.js";
import { tableRows } from "./table.js";
import { goalText } from "./unit.js";

export function factsPanel() {
  const { facts, telling } = state.answer;
  const found = new Map(telling.eligibility.map((item) => [item.item, item]));
  return h("div", { class: "panel", data_scroll: "facts" },
    h("section", {},
      h("div", { class: "ph" }, h("h2", {}, "Clinical facts"), telling.eligibility.length ? h("span", { class: `w ${telling.eligibility_word.kind}` }, telling.eligibility_word.text) : ""),
      facts.length ? "" : h("p", { class: "mut" }, "The protocol requires no clinical facts."),
      facts.map((fact) => factRow(fact, found)),
      facts.length ? h("label", { class: "fact" }, glyph("na", "s"), h("span", {}, "Reference date", h("small", {}, "for ages and intervals; without it the plan's date")),
        h("span", { class: "in" }, h("input", { type: "date", data_f: "reference-date", value: asked().reference_date ?? "", onchange: (event) => ask({ reference_date: event.target.value || null }) }))) : "",
      facts.length ? h("label", { class: "fact" }, h("input", { type: "checkbox", data_f: "require", checked: asked().require_eligibility, onchange: (event) => ask({ require_eligibility: event.target.checked }) }), h("span", {}, "Include in the verdict", h("small", {}, "unmet or missing facts then count"))) : ""),
    waivers());
}

function factRow(fact, found) {
  const item = found.get(fact.label) ?? [...found.values()].find((each) => each.item.toLowerCase() === fact.label.toLowerCase());
  const kind = item?.word.kind ?? "na";
  return h("div", { class: "fact" }, glyph(kind, "s"),
    h("span", {}, fact.label, h("small", {}, [fact.is, fact.unit, fact.only_if ? `only if ${fact.only_if}` : "", fact.from_dicom && !fact.value ? `DICOM: ${fact.from_dicom}` : ""].filter(Boolean).join(" · "))),
    h("span", { class: "in" }, field(fact), fact.uln ? ["ULN", text(`${fact.name}_uln`, `Upper limit of normal of ${fact.label}`, fact.uln_value)] : ""));
}

function field(fact) {
  if (fact.kind === "flag") {
    return h("select", { data_f: `fact:${fact.name}`, aria_label: fact.label, onchange: (event) => setFact(fact.name, event.target.value) },
      [["", "–"], ["yes", "yes"], ["no", "no"]].map(([value, word]) => h("option", { value, selected: value === fact.value }, word)));
  }
  if (fact.kind === "date") {
    const isNever = fact.value === "never";
    return [h("input", { type: "date", data_f: `fact:${fact.name}`, aria_label: fact.label, value: isNever ? "" : fact.value, disabled: isNever, onchange: (event) => setFact(fact.name, event.target.value) }),
      h("label", { class: "in" }, h("input", { type: "checkbox", data_f: `never:${fact.name}`, checked: isNever, onchange: (event) => setFact(fact.name, event.target.checked ? "never" : "") }), "never")];
  }
  if (fact.choices.length) {
    return h("select", { data_f: `fact:${fact.name}`, aria_label: fact.label, onchange: (event) => setFact(fact.name, event.target.value) },
      ["", ...fact.choices].map((value) => h("option", { value, selected: value === fact.value }, value || "–")));
  }
  return text(fact.name, fact.label, fact.value);
}

const text = (name, label, value) => h("input", { type: "text", data_typed: "", data_f: `fact:${name}`, aria_label: label, value, onchange: (event) => setFact(name, event.target.value.trim()) });

function setFact(name, value) {
  const { [name]: _, ...rest } = asked().facts;
  ask({ facts: value ? { ...rest, [name]: value } : rest });
}

// Waivers ------------------------------------------------------------------------------------------------------------

const fresh = { of: null, constraint: "", reason: "", who: "", until: "" };

function waivers() {
  const given = asked().waivers;
  if (fresh.of !== state.plan) Object.assign(fresh, { of: state.plan, reason: "", who: "", until: "" }); // of one patient
  const violated = tableRows().filter((row) => row.told?.word?.kind === "over").map((row) => ({ name: `${row.told.structure} ${row.constraint.goal.text}`, shown: `${row.told.structure} ${goalText(row.constraint.goal.text)}` }));
  if (!violated.some((each) => each.name === fresh.constraint)) fresh.constraint = violated[0]?.name ?? "";
  const warned = (each) => state.answer.telling.warnings.filter((one) => one.code.startsWith("waiver.") && one.code !== "waiver.applied" && one.text.includes(`of ${goalText(each.constraint)} `)).map((one) => one.text);
  const input = (key, label, type = "text") => [h("label", { for: `waiver-${key}` }, label), h("input", { id: `waiver-${key}`, type, data_f: `waiver:${key}`, value: fresh[key], required: true, oninput: (event) => { fresh[key] = event.target.value; } })];
  return h("section", {},
    h("div", { class: "ph" }, h("h2", {}, "Waivers"), h("span", { class: "mut" }, "signed-off deviations")),
    given.length ? h("ul", { class: "items" }, given.map((each, n) => h("li", {}, glyph(warned(each).length ? "edge" : "waived", "s"), h("span", {}, h("b", {}, goalText(each.constraint)), h("small", {}, ` ${each.reason} (${each.who}, until ${each.until})`), warned(each).map((text) => h("small", { class: "cl w edge" }, text))),
      h("button", { class: "lnk", data_f: `unwaive:${n}`, onclick: () => ask({ waivers: given.filter((_, m) => m !== n) }) }, "Remove")))) : "",
    violated.length ? h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); sign(); } },
      h("label", { for: "waiver-constraint" }, "Constraint"), h("select", { id: "waiver-constraint", data_f: "waiver:constraint", onchange: (event) => { fresh.constraint = event.target.value; } }, violated.map(({ name, shown }) => h("option", { value: name, selected: name === fresh.constraint }, shown))),
      input("reason", "Reason"), input("who", "Signed by"), input("until", "Holds until", "date"),
      h("div", { class: "wide" }, h("button", { class: "btn", data_f: "waiver:sign" }, "Waive")))
      : h("p", { class: "mut" }, "Nothing is violated that could be waived."));
}

function sign() {
  const { constraint, reason, who, until } = fresh;
  const { plan_uid: plan } = state.plan; // it is signed for this plan, whatever its file is used for later
  ask({ waivers: [...asked().waivers, { constraint, reason, who, until, ...(plan ? { plan } : {}) }] });
  Object.assign(fresh, { reason: "", who: "", until: "" });
}
