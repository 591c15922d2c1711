// Questions -> answers: one is on its way at a time, the newest wins, and a lost one does no harm.

import { CallError, GoneError, post } from "./api.js";
import { announce } from "./dom.js";
import { asked, sentQuestion, state } from "./state.js";

const REFINED_MS = 700; // after so long the convention bands that were left out may be there

let isRunning = false;
let again = false;
let number = 0;
let said = "";
let after = () => {};

export const whenAnswered = (listener) => {
  after = listener;
};

export function recheck() {
  if (!state.plan || !asked().protocol) return;
  if (isRunning) {
    again = true;
    return;
  }
  run();
}

async function run() {
  isRunning = true;
  state.isChecking = true;
  const { plan } = state;
  const { protocol } = asked();
  const isWanted = () => plan === state.plan && protocol === asked().protocol;
  const sent = sentQuestion(++number);
  try {
    const answer = await post(`api/cases/${plan.case}/check`, sent.body);
    if (isWanted()) take(answer, sent);
  } catch (error) {
    if (isWanted()) state.failure = failureOf(error, sent.ids);
  } finally {
    isRunning = false;
    state.isChecking = again;
  }
  after();
  if (again) {
    again = false;
    run();
  } else if (isWanted() && state.answer?.is_waiting && !state.failure) {
    setTimeout(() => sent.body.number === number && recheck(), REFINED_MS);
  }
}

function take(answer, { ids, goals, bases }) {
  const ofRows = answer.constraints.map((row) => row.base);
  state.answer = { ...answer, ids: ids ?? ofRows.map((base) => `b${base}`), goals, bases: bases ?? ofRows };
  state.failure = null;
  const { verdict } = answer.telling;
  const words = answer.what_if.is ? `What-if: ${verdict.text}` : verdict.text;
  if (said && said !== words) announce(words);
  said = words;
}

function failureOf(error, ids) {
  if (error instanceof GoneError) return { gone: error, text: error.message };
  if (error instanceof CallError) return { text: error.message, code: error.code, details: error.details, id: ids?.[error.details.row] };
  throw error;
}
