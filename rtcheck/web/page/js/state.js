// What the page holds: the question that is asked of the server, its history, and the latest answer.

export const isPhone = () => matchMedia("(max-width: 720px)").matches;

export const state = {
  server: null, // what the server says of itself
  plan: null, // the opened case
  second: null, // the plan beside it, with its own answer
  answer: null, // the latest answer to a check
  failure: null, // why the latest check gave none
  plans: null, // the served folder's list
  protocols: null,
  ui: { view: "start", tab: isPhone() ? "rows" : "dose", filter: "all", selected: null, hover: null, editing: null, search: "" },
};

const EMPTY = {
  protocol: "",
  edits: null, // null: the protocol as it is
  aliases: {},
  facts: {},
  require_eligibility: false,
  reference_date: null,
  waivers: [],
  override: {},
  dose_scale: 1,
  drawn_only: false,
  unit: "Gy",
  own_colours: false,
};

let question = { ...EMPTY };
let series = 0; // of plan and protocol: what was begun under another one does not go on
const names = new Map(); // what each protocol is called
let past = [];
let future = [];
let nextId = 1;
const listeners = new Set();

export const asked = () => question;
export const onChange = (listener) => listeners.add(listener);
const changed = (why) => listeners.forEach((listener) => listener(why));

export const newId = () => `e${nextId++}`;

// A protocol is asked for by its id; people know it by its name.
export const nameProtocol = (id, name) => names.set(id, name);
export const protocolName = () => names.get(question.protocol) ?? question.protocol;

// An answer holds for its protocol only: its rows are those that edits begin with.
function become(next, { isAfresh = false } = {}) {
  if (isAfresh || next.protocol !== question.protocol) {
    series += 1;
    state.ui.editing = null;
  }
  if (next.protocol !== question.protocol) Object.assign(state, { answer: null, failure: null });
  question = next;
}

// Another question: everything that can be undone goes through here.
export function ask(change, { keep = true } = {}) {
  if (keep) {
    past = [...past.slice(-199), question];
    future = [];
  }
  become({ ...question, ...change });
  changed("question");
}

// How doses and structures are shown is no step of the history.
const looks = () => ({ unit: question.unit, own_colours: question.own_colours });

export function undo() {
  if (!past.length) return false;
  future = [question, ...future];
  become({ ...past.at(-1), ...looks() });
  past = past.slice(0, -1);
  changed("question");
  return true;
}

export function redo() {
  if (!future.length) return false;
  past = [...past, question];
  become({ ...future[0], ...looks() });
  future = future.slice(1);
  changed("question");
  return true;
}

// What was given by hand and is nowhere but in this page.
export function isUnsaved() {
  const { edits, aliases, facts, waivers, override, reference_date: date } = question;
  return Boolean(edits || waivers.length || date || [aliases, facts, override].some((given) => Object.values(given).some(Boolean)));
}

export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

// A new plan or protocol: nothing of the old question holds but how doses and structures are shown and what applies.
export function startAfresh(change) {
  const { drawn_only, unit, own_colours } = question;
  become({ ...EMPTY, drawn_only, unit, own_colours, ...change }, { isAfresh: true });
  past = [];
  future = [];
  changed("question");
}

// Only the view: nothing is asked anew.
export function show(change) {
  Object.assign(state.ui, change);
  changed("view");
}

// The edits as a list that can be changed; the protocol's own constraints where nothing was edited yet.
export function editsOrOriginal() {
  if (question.edits) return question.edits;
  return (state.answer?.bases ?? []).map((base) => ({ id: `b${base}`, base, goal: "", priority: "", structure: "" }));
}

export const isChanged = (edit) => edit.base === null || edit.removed || edit.goal || edit.priority || edit.copy;

// Edits that say nothing are no edits: the verdict is then the protocol's again.
export function setEdits(edits, options) {
  ask({ edits: edits.some(isChanged) ? edits : null }, options);
}

export function changeEdit(id, change, options) {
  setEdits(editsOrOriginal().map((edit) => (edit.id === id ? { ...edit, ...change } : edit)), options);
}

// What is sent: without what is removed, and without what only the page needs.
export function sentQuestion(number) {
  const sent = question.edits?.filter((edit) => !edit.removed) ?? null;
  return {
    body: {
      ...question,
      number,
      edits: sent?.map(({ base, goal, priority, structure }) => ({ base, goal, priority, structure })) ?? null,
    },
    ids: sent?.map((edit) => edit.id) ?? null,
    goals: new Map(sent?.map((edit) => [edit.id, edit.goal])),
    // The protocol's own constraints, those that are removed as well: undo may bring them back before the next answer.
    bases: question.edits ? [...new Set(question.edits.map((edit) => edit.base))].filter((base) => base !== null) : null,
  };
}

// A movement that asks again and again (typing, dragging) is one step of the history: `begin` before it, then
// `settle` or `revertGoal`, unless it `isOver` since plan or protocol are others by now.
export const begin = () => ({ question, series });
export const isOver = (before) => before.series !== series;

export function settle(before) {
  if (isOver(before) || question === before.question) return;
  past = [...past.slice(-199), before.question];
  future = [];
  changed("question");
}

// Of all that was changed since then only the goal of that limit: another one may have been edited meanwhile.
export function revertGoal(id, before) {
  if (isOver(before) || question === before.question) return;
  const goal = before.question.edits?.find((edit) => edit.id === id)?.goal ?? "";
  const edits = editsOrOriginal().map((edit) => (edit.id === id ? { ...edit, goal } : edit));
  const next = { ...question, edits: edits.some(isChanged) ? edits : null };
  question = JSON.stringify(next) === JSON.stringify(before.question) ? before.question : next;
  changed("question");
}
