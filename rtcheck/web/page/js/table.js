// The constraints: a row for each result, whose limit is edited in place; and a row for a new one.

import { bar, barAxis } from "./bar.js";
import { byId, glyph, h, toast, wantFocus } from "./dom.js";
import { editorView, openEditor, read } from "./goal_editor.js";
import { safeLink } from "./protocols.js";
import { goalText } from "./unit.js";
import { begin, changeEdit, editsOrOriginal, isChanged, isOver, isPhone, newId, revertGoal, setEdits, settle, show, state, undo } from "./state.js";

const MOST_APART = 15; // of more rows, those of one structure that follow each other are a group
const EMPTY_ROW = { share: null, low: null, high: null, bounds: null, uncertainty: null, is_upper: true };
let redraw = () => {};
let goTo = () => {};

export function prepareTable(renewed, onWhere) {
  redraw = renewed;
  goTo = onWhere;
}

// Rows as they stand: each edit with the results that the latest answer has for it.
export function tableRows() {
  const { answer } = state;
  const byEdit = new Map();
  answer?.numbers.forEach((numbers, n) => {
    const id = answer.ids[numbers.constraint];
    if (!byEdit.has(id)) byEdit.set(id, []);
    byEdit.get(id).push({ numbers, told: answer.telling.rows[n], constraint: answer.constraints[numbers.constraint] });
  });
  return editsOrOriginal().flatMap((edit) => {
    const found = edit.removed ? [] : (byEdit.get(edit.id) ?? []);
    if (!found.length) return [{ id: edit.id, key: edit.id, edit, ...(edit.last ?? {}), isGone: Boolean(edit.removed) }];
    return found.map((each, n) => ({ id: edit.id, key: `${edit.id}-${n}`, edit, ...each, isGone: false }));
  });
}

export const shownRows = () => tableRows().filter(isShown);

function isShown(row) {
  const { filter } = state.ui;
  if (filter === "all" || row.isGone || !row.told || state.ui.editing?.id === row.id) return true;
  if (filter === "open") return !["met", "na", "waived"].includes(row.told.word.kind);
  return row.told.word.kind === filter;
}

export function constraintTable() {
  const rows = shownRows();
  return h("table", { class: ["ct", rows.length > MOST_APART && "many"] },
    h("caption", { class: "sr" }, "Constraints"),
    h("thead", {}, h("tr", {},
      h("th", { class: "c1", scope: "col" }, filterChoice()), h("th", { class: "c2", scope: "col" }, "Goal"), h("th", { class: "c3 num", scope: "col" }, "Value"),
      h("th", { class: "c4", scope: "col" }, h("span", { class: "sr" }, "Share of the limit"), h("span", { class: "axis" }, barAxis())), h("th", { class: "c5", scope: "col" }, "Outcome"))),
    h("tbody", {}, rows.map((row, n) => [tableRow(row, rows.length > MOST_APART && isSame(row, rows[n - 1])), state.ui.selected === row.key ? details(row) : ""]), newRow()));
}

function filterChoice() {
  const pick = (filter, text) => h("button", { class: "btn", aria_pressed: String(state.ui.filter === filter), data_f: `filter-${filter}`, onclick: () => show({ filter }) }, text);
  return h("span", { class: "seg", role: "group", aria_label: "Filter" }, pick("all", "All"), pick("open", "Not met"));
}

const isSame = (row, before) => Boolean(row.told && row.told.structure === before?.told?.structure);

function tableRow(row, isRepeated) {
  const { told, numbers, constraint, edit } = row;
  const kind = row.isGone ? "na" : (told?.word.kind ?? "na");
  const isSelected = state.ui.selected === row.key;
  const changed = isChanged(edit) || (constraint && !constraint.original);
  return h("tr", {
    class: ["row", kind, isSelected && "sel", row.isGone && "gone", changed && "chg", isStale(row) && "stale", isRepeated && "same"], data_row: row.key,
    onmouseenter: () => hover(row), onmouseleave: () => hover(null), onfocusin: () => hover(row),
    onclick: (event) => { if (!event.target.closest("button,input,a,.pop")) show({ selected: isSelected ? null : row.key }); },
  },
  h("th", { class: "c1", scope: "row" }, h("div", { class: "nm" }, glyph(kind), h("span", {},
    h("b", {}, h("button", { class: "nmb", data_f: `row:${row.key}`, aria_expanded: String(isSelected), onclick: () => show({ selected: isSelected ? null : row.key }) }, told?.structure ?? edit.structure)),
    isRepeated ? "" : matched(row)))),
  h("td", { class: "c2" }, goalCell(row)),
  h("td", { class: "c3 num val" }, row.isGone ? "" : told?.value ? valueText(told.value) : h("span", { class: "mut" }, told ? "no value" : "…"), told?.uncertainty ? h("small", { class: "unc" }, told.uncertainty) : ""),
  h("td", { class: "c4 barc" }, bar(numbers ?? EMPTY_ROW, kind)),
  h("td", { class: "c5" }, outcome(row)));
}

// Bounds are longer than a value: they are smaller, and stay on one line.
export const valueText = (text) => h("b", { class: text.includes(" to ") ? "rng" : null }, text);

function matched(row) {
  const { told } = row;
  if (row.isGone) return "";
  const problem = told && !told.value && !row.numbers.curves.length && row.numbers.outcome === "not_evaluated";
  if (problem) return h("button", { class: "fix", data_f: `fix:${row.key}`, onclick: () => show({ tab: "structures" }) }, "not found: choose");
  const text = [told?.priority, told?.drawn].filter(Boolean).join(" · ");
  return text ? h("small", { title: told?.matched || text }, text) : "";
}

// What stands beside a limit is not of it: it cannot be read, or it is not yet answered.
const isBehind = (row) => Boolean(row.told) && (row.edit.goal || "") !== (state.answer.goals.get(row.id) ?? "");
const isStale = (row) => isBehind(row) || state.failure?.id === row.id || (state.ui.editing?.id === row.id && state.ui.editing.editor.parsed?.error);

function goalCell(row) {
  const { editing } = state.ui;
  if (editing?.id === row.id && editing.key === row.key) return h("div", { class: "gc" }, editorView(editing.editor));
  const text = row.edit.goal || row.constraint?.goal.text || "";
  const was = row.constraint?.was;
  if (row.isGone) return h("div", { class: "gc" }, h("span", { class: "gb" }, typeset(text || was || "")), h("button", { class: "lnk", data_f: `back:${row.key}`, onclick: () => changeEdit(row.id, { removed: false }) }, "restore"));
  const error = state.failure?.id === row.id ? h("small", { class: "bad" }, state.failure.text) : "";
  return h("div", { class: "gc" },
    h("button", { class: "gb", data_f: `goal:${row.key}`, title: "Edit the goal (e)", onclick: () => edit(row) }, typeset(text)),
    was && row.constraint && was !== row.constraint.goal.text ? h("small", { class: "was" }, "was ", h("s", {}, typeset(was))) : error);
}

export const typeset = (text) => goalText(text).replace("<=", "≤").replace(">=", "≥");

function outcome(row) {
  if (row.isGone) return h("div", { class: "out" }, h("span", { class: "w na" }, "Removed"));
  if (!row.told) return h("div", { class: "out" }, h("span", { class: "w na" }, state.failure?.id === row.id ? "Not read" : "…"));
  const { word, margin } = row.told;
  return h("div", { class: "out" }, h("span", { class: `w ${word.kind}` }, word.text), margin ? h("small", {}, margin) : "");
}

function hover(row) {
  const curves = row?.numbers?.curves ?? [];
  if ((state.ui.hover?.key ?? null) === (row?.key ?? null)) return;
  state.ui.hover = row ? { key: row.key, curves } : null;
  document.dispatchEvent(new CustomEvent("lit"));
}

// Editing ------------------------------------------------------------------------------------------------------------

export function edit(row) {
  if (!row || row.isGone || isPhone()) return;
  const before = begin();
  const text = goalText(row.edit.goal || row.constraint?.goal.text || "");
  const editor = openEditor({
    text, key: `edit:${row.key}`, label: `Goal for ${row.told?.structure ?? row.edit.structure}`,
    onGoal: (parsed, typed) => isOver(before) || applyGoal(row, parsed, typed),
    onRead: redraw,
    onDone: (how, parsed, isAway) => done(row, before, editor, how, parsed, isAway),
  });
  show({ editing: { id: row.id, key: row.key, editor } });
  wantFocus(editor.key, { select: true });
  read(editor);
}

function applyGoal(row, parsed, typed) {
  const text = parsed.goal?.text ?? typed.trim();
  const goal = text === row.constraint?.was ? "" : text;
  const current = editsOrOriginal().find((each) => each.id === row.id);
  if (current && current.goal !== goal) changeEdit(row.id, { goal }, { keep: false });
}

function done(row, before, editor, how, parsed, isAway) {
  if (isOver(before)) return null;
  const isLast = state.ui.editing?.editor === editor; // its text may be read late, when another limit is being edited
  if (isLast) state.ui.editing = null;
  if (how === "escape" || parsed?.error) revertGoal(row.id, before);
  else settle(before);
  redraw();
  if (!isLast || isAway) return null;
  if (how === "tab" || how === "back") return editNext(row, how === "tab" ? 1 : -1);
  if (how !== "blur") wantFocus(`goal:${row.key}`);
  return null;
}

function editNext(row, step) {
  const rows = shownRows().filter((each) => !each.isGone);
  const place = rows.findIndex((each) => each.key === row.key);
  const next = rows[place + step];
  if (next) edit(next);
  else wantFocus(step > 0 ? "new-row" : `goal:${row.key}`);
}

export function remove(row) {
  const edits = editsOrOriginal();
  const last = { told: { structure: row.told?.structure ?? row.edit.structure }, constraint: row.constraint }; // no value: it gets old
  setEdits(edits.map((each) => (each.id === row.id ? { ...each, removed: true, last } : each)));
  toast(`${row.told?.structure ?? row.edit.structure} ${goalText(row.constraint?.goal.text ?? "")} removed`, { label: "Undo", do: undo });
}

export function duplicate(row) {
  const copy = { ...row.edit, id: newId(), copy: true, goal: row.edit.goal || (row.edit.base === null ? row.edit.goal : ""), last: undefined };
  setEdits(editsOrOriginal().flatMap((each) => (each.id === row.id ? [each, copy] : [each])));
}

function togglePriority(row) {
  const now = row.constraint?.priority ?? "required";
  const other = now === "required" || now === "1" ? "advisory" : "required";
  changeEdit(row.id, { priority: other === row.constraint?.was_priority ? "" : other });
}

// The new row --------------------------------------------------------------------------------------------------------

const fresh = { editor: null, before: null };

function openNew(text = "") {
  fresh.before = begin();
  fresh.editor = openEditor({ text, names: structureNames(), key: "new-row", isNew: true, label: "New constraint: structure and goal", onRead: redraw, onDone: added });
}

function newRow() {
  if (!state.answer) return ""; // until its limits are known a new one would stand alone
  if (!fresh.editor) {
    openNew();
    fresh.editor.isOffering = false;
  } else if (isOver(fresh.before)) {
    fresh.editor.isClosed = true; // what was typed stays, but is not added to another protocol
    openNew(fresh.editor.text);
  }
  fresh.editor.names = structureNames();
  const isActive = document.activeElement?.dataset.f === "new-row";
  if (!isActive) fresh.editor.isOffering = false;
  const view = editorView(fresh.editor);
  view[0].placeholder = goalText("Add: Stomach Dmax < 54 Gy");
  return h("tr", { class: "add" }, h("td", { colspan: 5 }, h("label", {}, h("span", { class: "plus", aria_hidden: "true" }, "+"), view)));
}

function structureNames() {
  const known = state.answer?.structures;
  if (!known) return ["Body"];
  return [...new Set([...known.matches.map((match) => match.asked), ...known.rois.filter((roi) => roi.contours).map((roi) => roi.name)])];
}

function added(how, parsed, isAway) {
  const { text } = fresh.editor;
  if (isOver(fresh.before)) return redraw();
  fresh.editor = null;
  if (how === "enter" && parsed && !parsed.error && parsed.structure) {
    const goal = parsed.goal?.text ?? text.slice(text.indexOf(parsed.structure) + parsed.structure.length).trim();
    setEdits([...editsOrOriginal(), { id: newId(), base: null, structure: parsed.structure, goal, priority: "" }]);
    redraw();
    return isAway ? null : wantFocus("new-row");
  }
  if (how !== "escape" && text.trim()) {
    openNew(text);
    if (how === "enter") fresh.editor.parsed = parsed?.structure ? parsed : { error: { reason: goalText("expected a structure and a goal, as in Stomach Dmax < 54 Gy"), start: 0, end: text.length }, completions: [] };
  }
  redraw();
  if (how === "escape") byId("main").focus({ preventScroll: true });
  return null;
}

// Details ------------------------------------------------------------------------------------------------------------

function details(row) {
  const { told } = row;
  const list = (title, texts) => (texts?.length ? [h("h3", {}, title), texts.map((text) => h("p", {}, text))] : []);
  const readings = (told?.readings ?? []).map((each) => h("p", {}, `${each.label}: ${each.goal}, ${each.value}, `, h("span", { class: `w ${each.word.kind}` }, each.word.text), each.changes_outcome ? " (would change the outcome)" : ""));
  return h("tr", { class: `dt ${told?.word.kind ?? ""}` }, h("td", { colspan: 5 },
    h("div", { class: "dg" },
      h("div", {}, list("Where", told?.where), list("Why", told?.remarks), told?.band ? list("Convention band", [told.band]) : [], told?.variation ? list("Acceptable variation", [told.variation]) : []),
      h("div", {}, readings.length ? [h("h3", {}, "Other readings"), readings] : [], told?.sentence ? list("Wording of the source", [`“${told.sentence}”`]) : [], told?.citation ? [h("h3", {}, "Source"), h("p", {}, told.citation, " ", safeLink(told.url))] : [])),
    h("div", { class: "acts" },
      row.numbers?.place ? h("button", { class: "lnk", data_f: `where:${row.key}`, onclick: () => goTo(row) }, row.numbers.place.is_cold ? "Show the coldest point" : "Show the hottest point") : "",
      h("button", { class: "lnk", data_f: `editbtn:${row.key}`, onclick: () => edit(row) }, "Edit"),
      h("button", { class: "lnk", data_f: `dup:${row.key}`, onclick: () => duplicate(row) }, "Duplicate"),
      row.constraint ? h("button", { class: "lnk", data_f: `prio:${row.key}`, onclick: () => togglePriority(row) }, row.numbers?.is_required ? "Make advisory" : "Make required") : "",
      isChanged(row.edit) && row.edit.base !== null ? h("button", { class: "lnk", data_f: `reset:${row.key}`, onclick: () => changeEdit(row.id, { goal: "", priority: "" }) }, "Reset this limit") : "",
      h("button", { class: "lnk", data_f: `del:${row.key}`, onclick: () => remove(row) }, "Remove"))));
}

