// Keys: what each does, and the sheet that lists them.

import { byId, h } from "./dom.js";

const SHEET = [
  ["?", "these keys"], ["/", "search: protocol, structure, plan"], ["j, k", "next and previous row"], ["Enter", "details of the row"], ["e", "edit the goal"], ["n", "new constraint"],
  ["Delete", "remove the constraint"], ["u, Shift+u", "undo, redo"], ["w", "show where"], ["s", "structures"], ["c", "compare with another plan"], ["b", "plans"], ["x", "export"],
  ["[ and ]", "one slice back and on; Shift for five"], ["1 to 5", "views"], ["Esc", "close, restore"],
];

export function prepareKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=range]):not([type=checkbox]):not([type=radio]),textarea,select");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      (event.shiftKey ? actions.redo : actions.undo)();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (!byId("keys").hidden) toggleSheet(false);
      else if (typing) event.target.blur();
      return;
    }
    if (typing) return;
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    const named = { U: actions.redo, Delete: actions.remove, "?": () => toggleSheet() }[event.key];
    if (named ?? action) {
      event.preventDefault();
      (named ?? action)(event);
    }
  });
  byId("help").addEventListener("click", () => toggleSheet());
}

export function toggleSheet(open = byId("keys").hidden) {
  const sheet = byId("keys");
  sheet.hidden = !open;
  byId("help").setAttribute("aria-expanded", String(open));
  if (!open) {
    byId("help").focus();
    return;
  }
  sheet.replaceChildren(
    h("div", { class: "ph" }, h("h2", {}, "Keys"), h("button", { class: "btn r", id: "keys-close", onclick: () => toggleSheet(false) }, "Close")),
    h("dl", { class: "keys" }, SHEET.map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])));
  byId("keys-close").focus();
}
