// Long work: begun, followed by events, ended.

import { CallError, post } from "./api.js";

const MOST_LOST = 3; // connections in a row

// `onProgress` is told steps done and how many there are; the answer, or an error with a text, comes in `onEnd`.
export function follow(job, onProgress, onEnd) {
  const source = new EventSource(`api/jobs/${encodeURIComponent(job)}/events`);
  let lost = 0; // the browser asks again by itself, for ever
  source.addEventListener("progress", (event) => {
    lost = 0;
    onProgress(JSON.parse(event.data));
  });
  source.addEventListener("end", (event) => {
    source.close();
    onEnd(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED && ++lost < MOST_LOST) return;
    source.close();
    onEnd({ status: 500, error: { text: "The server has stopped." } });
  });
  return {
    stop: () => {
      post(`api/jobs/${encodeURIComponent(job)}/cancel`).catch(() => {});
    },
  };
}

// Long work whose view shows it: `running` until it has ended, then its `answer` or an `error`. `about` is what it is of.
export async function compute(view, path, values, about, redraw) {
  try {
    const { job } = await post(path, values);
    Object.assign(view, { progress: null, answer: null, error: "", ...about });
    view.running = follow(job, (told) => { view.progress = told; redraw(); }, (end) => {
      view.running = null;
      if (end.status === 200) view.answer = end;
      else view.error = end.error.text;
      redraw();
    });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    view.error = error.message;
  }
  redraw();
}
