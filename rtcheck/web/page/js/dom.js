// Elements from values. Text is only ever text: nothing from a file is read as markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else if (name === "checked" || name === "indeterminate") node[name] = Boolean(value);
    else node.setAttribute(name.replaceAll("_", "-"), value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

export function h(tag, properties, ...children) {
  return filled(document.createElement(tag), properties, children);
}

export function s(tag, properties, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

// The shape of an outcome; its word always stands beside it.
export function glyph(kind, size = "") {
  return s("svg", { class: `g ${size} ${kind}`, aria_hidden: "true" }, s("use", { href: `#g-${kind}` }));
}

export const byId = (id) => document.getElementById(id);

// Puts what `build` makes in place of the old content without losing the focus, the text cursor or the scroll position.
// It is built after these are noted: what is built may take along elements that are in the page already.
export function renew(container, build) {
  const active = document.activeElement;
  const key = container.contains(active) ? active.dataset.f : undefined;
  const selection = key && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  const scrolled = [...container.querySelectorAll("[data-scroll]")].map((e) => [e.dataset.scroll, e.scrollTop, e.scrollLeft]);
  container.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  for (const [name, top, left] of scrolled.filter(([, top, left]) => top || left)) { // each makes the browser lay out all
    const again = container.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
    if (again) [again.scrollTop, again.scrollLeft] = [top, left];
  }
  if (!key) return;
  const again = container.querySelector(`[data-f="${CSS.escape(key)}"]`);
  if (!again) {
    container.focus({ preventScroll: true }); // what had the focus has gone: the keys go on from here
    return;
  }
  again.focus({ preventScroll: true });
  if (again.dataset.typed !== undefined) again.value = active.value; // not yet taken: it is as it was being typed
  if (selection && again.setSelectionRange && again.type !== "range" && again.type !== "date") {
    try {
      again.setSelectionRange(...selection);
    } catch {
      // a kind of input without a text cursor
    }
  }
}

// The focus that is wanted once the next drawing is done, by the key of the control.
let wanted = null;

export function wantFocus(key, { select = false } = {}) {
  wanted = { key, select };
  giveFocus();
}

export function giveFocus() {
  if (!wanted) return;
  const found = document.querySelector(`[data-f="${CSS.escape(wanted.key)}"]`);
  if (!found) return;
  found.focus();
  if (wanted.select) found.select?.();
  wanted = null;
}

let announced = 0;

// Said to screen readers when nothing else is being said.
export function announce(text) {
  const live = byId("live");
  clearTimeout(announced);
  announced = setTimeout(() => {
    live.textContent = text;
  }, 250);
}

let toasted = 0;

export function toast(text, action) {
  const box = byId("toast");
  box.replaceChildren(h("span", {}, text), action ? h("button", { onclick: () => { box.hidden = true; action.do(); } }, action.label) : "");
  box.hidden = false;
  clearTimeout(toasted);
  toasted = setTimeout(() => {
    box.hidden = true;
  }, 6000);
}

export const counted = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

export function saveFile(content, name, type = "text/plain") {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
