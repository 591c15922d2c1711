// The verdict of the protocol, and beneath it the one under what was changed: dashed, never a filled stamp.

import { counted, glyph, h } from "./dom.js";
import { asked, show, state, undo } from "./state.js";

const KINDS = [["over", "not met"], ["ne", "not evaluated"], ["var", "variation"], ["edge", "borderline"], ["met", "met"], ["waived", "waived"], ["na", "not applicable"]];

export const sentence = (pieces) => pieces.map((piece) => (piece.is_strong ? h("em", {}, piece.text) : piece.text));
export const plainSentence = (pieces) => pieces.map((piece) => piece.text).join("");

export function verdictStrip() {
  const { answer, failure } = state;
  if (!answer) return h("section", { class: "vd wait", role: "status" }, failure ? failed(failure) : h("div", { class: "why" }, h("p", {}, "Checking …"), h("progress", { aria_label: "Checking" })));
  const { verdict, sentence: pieces, summary, doubts } = answer.plain;
  return h("section", { class: `vd ${verdict.kind}`, aria_label: "Verdict" },
    h("div", { class: `stamp ${verdict.kind}${verdict.text.length > 9 ? " long" : ""}` }, glyph(verdict.kind), h("span", {}, verdict.text)),
    h("div", { class: "why" }, h("p", {}, sentence(pieces)), h("p", {}, summary.join(" "))),
    h("div", { class: "vr" }, tally(answer.counts), also(answer, doubts ?? [])));
}

// What is shown is still that of the question before: the one that was asked cannot be answered.
export function failedStrip() {
  const { answer, failure } = state;
  if (!answer || !failure || failure.id || failure.gone) return null;
  return h("section", { class: "wi bad", role: "alert" }, h("span", { class: "tag" }, "No result"), h("p", { class: "pre" }, failure.text), h("span", { class: "r" }, h("button", { class: "btn", data_f: "failed-undo", onclick: () => undo() }, "Undo")));
}

function failed(failure) {
  return h("div", { class: "why", role: "alert" }, h("p", {}, failure.gone ? "The server does not answer." : "The check returned no result."), h("p", { class: "pre" }, failure.text));
}

function tally(counts) {
  return h("div", { class: "tally" }, KINDS.filter(([kind]) => counts[kind]).map(([kind, word]) =>
    h("button", { class: kind, data_f: `tally-${kind}`, title: `Show those that are ${word}`, aria_pressed: String(state.ui.filter === kind),
      onclick: () => show({ filter: state.ui.filter === kind ? "all" : kind }) },
    glyph(kind, "s"), h("b", {}, String(counts[kind])), h("span", {}, word))));
}

function also(answer, doubts) {
  const warnings = answer.telling.warnings.filter((each) => each.kind === "edge").length;
  const prescription = answer.telling.prescription.filter((item) => item.word.kind === "over").length;
  const checks = answer.telling.plan_checks.filter((item) => item.word.kind === "over").length;
  const open = answer.telling.plan_checks.filter((item) => item.word.kind === "ne" && item.is_required).length;
  const go = (tab) => () => show({ tab, wide: false });
  return h("div", { class: "also" },
    doubts.length ? h("button", { class: "edge", data_f: "also-doubts", onclick: go("remarks") }, glyph("edge", "s"), counted(doubts.length, "doubt")) : "",
    prescription ? h("button", { class: "over", data_f: "also-rx", onclick: go("remarks") }, glyph("over", "s"), "prescription") : "",
    checks ? h("button", { class: "over", data_f: "also-checks", onclick: go("remarks") }, glyph("over", "s"), counted(checks, "plan check")) : "",
    open ? h("button", { class: "ne", data_f: "also-open", title: "Required, and not evaluated", onclick: go("remarks") }, glyph("ne", "s"), `${counted(open, "plan check")} open`) : "",
    answer.is_waiting ? h("span", { title: "Limits near a value are being computed under other conventions" }, "refining …") : "",
    h("button", { data_f: "also-warnings", onclick: go("remarks") }, warnings ? counted(warnings, "warning") : "no warnings"));
}

export function whatIfStrip(actions) {
  const { answer } = state;
  const isWhatIf = answer?.what_if.is;
  const removed = asked().edits?.some((edit) => edit.removed);
  if (!answer || (!isWhatIf && !removed)) return h("div", { hidden: true });
  const { verdict, sentence: pieces } = answer.telling;
  return h("section", { class: "wi", aria_label: "What-if" },
    h("span", { class: "tag" }, "What-if"),
    h("p", { title: plainSentence(pieces) }, h("span", { class: `w ${verdict.kind}` }, glyph(verdict.kind, "s"), ` ${verdict.text}`), ` · ${answer.what_if.reasons.join(", ")} · `, h("span", {}, plainSentence(pieces))),
    h("span", { class: "r" },
      h("button", { class: "btn", data_f: "wi-reset", onclick: actions.reset }, "Reset"),
      asked().edits ? h("button", { class: "btn", data_f: "wi-save", onclick: actions.save }, "Save as protocol") : ""));
}

