// A limit edited in place: the text is read as it is typed, with what it could go on with, and with the parser's caret
// where it cannot be read.

import { CallError, post } from "./api.js";
import { h } from "./dom.js";

let serial = 0;

// One open editor. `names` are structures that a new row may begin with; `onGoal` is told each readable goal, and
// `onDone` how it ended: "enter", "tab", "back", "escape" or "blur".
export function openEditor({ text, names, label, key, isNew = false, onGoal, onDone, onRead }) {
  const editor = { text, names, label, key, isNew, onGoal, onDone, onRead, parsed: null, selected: -1, isOffering: true, serial: 0, input: null };
  return editor;
}

export function editorView(editor) {
  const { parsed } = editor;
  const isBad = Boolean(parsed?.error) && editor.text.trim() !== "";
  const options = editor.isOffering ? (parsed?.completions ?? []) : [];
  const list = `${editor.key}-list`;
  const isOpen = options.length > 0 || isBad;
  editor.input = h("input", {
    class: `gi${isBad ? " bad" : ""}`, type: "text", value: editor.text, aria_label: editor.label, data_f: editor.key, spellcheck: "false", autocomplete: "off",
    role: "combobox", aria_autocomplete: "list", aria_expanded: String(isOpen), aria_controls: list, aria_invalid: String(isBad),
    aria_activedescendant: editor.selected >= 0 ? `${list}-${editor.selected}` : null, aria_describedby: isBad ? `${editor.key}-why` : null,
    oninput: (event) => typed(editor, event.target.value),
    onkeydown: (event) => pressed(editor, event, options),
    onblur: () => setTimeout(() => leave(editor), 0),
  });
  return [editor.input, isOpen ? popup(editor, options, list, isBad) : ""];
}

function popup(editor, options, list, isBad) {
  const { parsed } = editor;
  return h("div", { class: "pop" },
    isBad && h("div", { class: "car", aria_hidden: "true" }, `${" ".repeat(parsed.error.start)}${"^".repeat(Math.max(1, parsed.error.end - parsed.error.start))}`),
    isBad && h("div", { class: "msg", id: `${editor.key}-why`, role: "status" }, parsed.error.reason),
    h("ul", { id: list, role: "listbox", aria_label: "Completions" }, options.map((option, n) =>
      h("li", { id: `${list}-${n}`, role: "option", aria_selected: String(n === editor.selected), onmousedown: (event) => { event.preventDefault(); accept(editor, option); } },
        h("code", {}, option.text), h("small", {}, option.meaning)))),
    h("div", { class: "ft" }, editor.isNew ? "Enter adds, Escape clears" : "Enter applies, Escape restores, Tab continues"));
}

async function typed(editor, text) {
  editor.text = text;
  editor.selected = -1;
  editor.isOffering = true;
  await read(editor);
}

// The parse of the newest text; what comes late is dropped. Whether the newest text has been tried.
export async function read(editor) {
  const number = (editor.serial = ++serial);
  const place = editor.input?.selectionStart ?? editor.text.length;
  const text = editor.text;
  const parsed = await post("api/goals/parse", { text, place, names: editor.names ?? [] }).catch((error) => {
    if (error instanceof CallError) return null;
    throw error;
  });
  if (editor.serial !== number) return false;
  if (!parsed || editor.isClosed) return true;
  editor.parsed = parsed;
  editor.parsedText = text;
  if (!parsed.error) editor.onGoal?.(parsed, text);
  editor.onRead();
  return true;
}

function accept(editor, option) {
  editor.text = editor.text.slice(0, option.start) + option.text + editor.text.slice(option.end);
  editor.selected = -1;
  if (editor.input) {
    editor.input.value = editor.text;
    const end = option.start + option.text.length;
    editor.input.setSelectionRange(end, end);
  }
  read(editor);
}

function pressed(editor, event, options) {
  event.stopPropagation();
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    editor.selected = (editor.selected + step + options.length + (editor.selected < 0 && step < 0 ? 1 : 0)) % options.length;
    editor.onRead();
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (editor.selected >= 0 && options[editor.selected]) accept(editor, options[editor.selected]);
    else finish(editor, "enter");
  } else if (event.key === "Escape") {
    event.preventDefault();
    finish(editor, "escape");
  } else if (event.key === "Tab" && !editor.isNew) { // from a new row on to whatever comes next
    event.preventDefault();
    finish(editor, event.shiftKey ? "back" : "tab");
  }
}

// Ends the editing, once the newest text has been read; what is no goal, or could not be read, is not applied. Who is
// away by then is not called back.
async function finish(editor, how) {
  if (editor.isClosed || (editor.isEnding && how !== "escape")) return;
  if (how !== "escape" && !(await hasRead(editor))) return;
  if (editor.isClosed) return;
  if (how === "enter" && editor.parsed?.error) {
    leave(editor);
    return;
  }
  editor.isClosed = true;
  editor.onDone(how, editor.parsed, isAway(editor));
}

async function hasRead(editor) {
  editor.isEnding = true;
  try {
    while (!editor.isClosed && editor.parsedText !== editor.text) {
      if ((await read(editor)) && editor.parsedText !== editor.text) return false;
    }
    return true;
  } finally {
    editor.isEnding = false;
  }
}

const isAway = (editor) => document.activeElement !== editor.input && document.activeElement?.dataset.f !== editor.key;

function leave(editor) {
  if (!editor.isClosed && isAway(editor)) finish(editor, "blur");
}
