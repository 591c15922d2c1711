// What is said besides the constraints: prescription, doubts and warnings, eligibility, files and how it was made.

import { glyph, h } from "./dom.js";
import { ask, asked, state } from "./state.js";

const item = (each) => h("li", {}, glyph(each.word.kind, "s"), h("span", {}, h("b", {}, each.item), ` ${each.found}`, h("small", {}, ` expected ${each.expected}${each.note ? `; ${each.note}` : ""}${each.place ? `; ${each.place}` : ""}`)), h("span", { class: `w ${each.word.kind}` }, each.word.text));
const setIgnored = (ignore) => ask({ override: { ...asked().override, ignore } });
const ignored = () => asked().override.ignore ?? [];
// As `--ignore`: it stays listed, and the report records that it was ignored.
const warning = (each) => h("li", {}, glyph(each.kind, "s"), h("span", {}, each.text, " ", h("code", {}, each.code)),
  ignored().includes(each.code) || each.kind !== "edge" ? h("span", {}) : h("button", { class: "lnk", data_f: `ignore:${each.code}`, title: `--ignore ${each.code}`, onclick: () => setIgnored([...ignored(), each.code]) }, "Ignore"));
const ignoredCode = (code) => h("li", {}, glyph("na", "s"), h("code", {}, code), h("button", { class: "lnk", data_f: `heed:${code}`, onclick: () => setIgnored(ignored().filter((each) => each !== code)) }, "Restore"));
const section = (title, ...content) => (content.flat().length ? h("section", {}, h("h2", {}, title), content) : "");
// What is not met comes first.
const isOpen = (each) => each.is_required && ["over", "ne"].includes(each.word.kind);
const items = (list) => (list.length ? [h("ul", { class: "items" }, [...list.filter(isOpen), ...list.filter((each) => !isOpen(each))].map(item))] : []);

// What wants to be looked at: doubts, and what is required of plan and prescription and is not met or not evaluated.
export function openRemarks() {
  const { doubts, prescription, plan_checks: checks } = state.answer?.telling ?? { doubts: [], prescription: [], plan_checks: [] };
  return (doubts ?? []).length + [...prescription, ...checks].filter(isOpen).length;
}

export function remarksPanel() {
  const { telling } = state.answer;
  const doubts = telling.doubts ?? [];
  const others = telling.warnings.filter((each) => !doubts.some((doubt) => doubt.text === each.text));
  return h("div", { class: "panel", data_scroll: "remarks" },
    section("Doubts about the verdict", doubts.length ? [h("ul", { class: "items" }, doubts.map(warning))] : []),
    section("Ignored", ignored().length ? [h("ul", { class: "items" }, ignored().map(ignoredCode))] : []),
    section("Prescription", items(telling.prescription)),
    section("Plan and structure checks", items(telling.plan_checks)),
    section("Warnings and remarks", others.length ? [h("ul", { class: "items" }, others.map(warning))] : []),
    section(`Eligibility: ${telling.eligibility_word.text}`, items(telling.eligibility)),
    section("Other programs", (telling.checks ?? []).length ? [h("ul", { class: "items" }, telling.checks.map((each) => h("li", {}, h("span", {}), h("span", {}, `${each.structure} ${each.metric}: ${each.value}`, ...each.others.map(([name, value]) => h("small", {}, ` ${name} ${value}`))), h("span", {}))))] : []),
    section("Reserve", [telling.tightest, ...(telling.reach ? [...telling.reach.allowed, ...telling.reach.advice] : [])].filter(Boolean).map((text) => h("p", {}, text))),
    section("Plan", [h("dl", { class: "facts" }, telling.cards.map((card) => [h("dt", {}, card.label), h("dd", {}, h("b", {}, card.title), card.lines.map((line) => h("small", {}, line)))]))]),
    section("Files", [h("ul", { class: "files" }, telling.files.map((each) => h("li", {}, h("b", {}, each.role), " ", each.name, h("small", {}, [each.uid, each.why].filter(Boolean).join(" · ")), h("small", { class: "id" }, each.sha256))))]),
    section("How it was made", [h("dl", { class: "facts" }, telling.provenance.map(([label, text]) => [h("dt", {}, label), h("dd", {}, text)]))]));
}
