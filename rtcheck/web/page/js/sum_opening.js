// Asks the server for a sum and opens it; `sum` shows meanwhile that it is busy, and then what went wrong.

import { CallError, post } from "./api.js";

export async function openSum(sum, path, body, { isWanted, opened, redraw }) {
  Object.assign(sum, { isBusy: true, error: "" });
  redraw();
  try {
    const answer = await post(path, body);
    if (isWanted()) opened(answer);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    sum.error = error.message;
  } finally {
    sum.isBusy = false;
    redraw();
  }
}
